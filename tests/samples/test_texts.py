"""The samples that start from a text learn from it: what they say of words is right."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import pytest


@pytest.fixture
def summary(command):
    """`summary("eval", "booth")` is that of its report."""

    def run(*args):
        return json.loads(command(*args, "--json"))["summary"]

    return run


DATA = Path(__file__).parents[2] / "samples" / "data"


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_king_without_man_and_with_woman_is_queen(command, tmp_path, seed):
    fit = str(tmp_path / "kingdom.json")
    options = ["--window", "2", "--lr", "1", "--epochs", "400", "--resample", "-q"]
    command("descend", "kingdom", *options, "--seed", seed, "--save", fit)
    assert command("eval", "kingdom", "--params", fit, "--of", "answer", "-q").strip() == "queen"


def test_the_next_word_is_better_known_than_by_its_share(summary):
    options = [
        "--window",
        "2",
        "--optimizer",
        "adam",
        "--lr",
        "0.02",
        "--epochs",
        "100",
        "--holdout",
        "0.2",
    ]
    found = summary("descend", "next_word", *options)
    held, start = found["validation_metrics"], found["start_validation_metrics"]
    assert held["perplexity"] < 0.25 * held["unigram"] < 0.25 * start["unigram"]
    assert start["perplexity"] > held["unigram"]
    logs = map(math.log, held.values())
    assert sum(logs) == pytest.approx(found["validation_loss"], rel=1e-9)


def test_the_unigram_judges_by_the_rows_learned_from(summary, tmp_path):
    """Its perplexity on another text is that of the shares in the first one."""
    lines = (DATA / "kingdom.txt").read_text().splitlines(keepends=True)
    learned, judged = tmp_path / "a.txt", tmp_path / "b.txt"
    known = {word for line in lines[:30] for word in line.split()}
    learned.write_text("".join(lines[:30]))
    judged.write_text("".join(line for line in lines[30:] if known.issuperset(line.split())))
    counts, words = Counter(learned.read_text().split()), judged.read_text().split()
    total = sum(counts.values())
    wanted = -sum(math.log(counts[word] / total) for word in words) / len(words)
    options = ["--of", "alone", "--wrt", "share", "--optimizer", "lbfgs", "--tol", "1e-7"]
    given = ["--data", str(learned), "--validate", str(judged), "--window", "2"]
    found = summary("descend", "next_word", *options, *given)
    assert words
    assert found["validation_loss"] == pytest.approx(wanted, rel=1e-6)


def test_a_place_that_was_never_read_is_tagged(command, summary, tmp_path):
    fit, text = str(tmp_path / "tagger.json"), tmp_path / "new.txt"
    lines = ["boats to lima are late", "snow falls in quito", "the mayor of accra returns"]
    text.write_text("\n".join([*lines, "the baker is old"]))
    options = ["--min-count", "2", "--optimizer", "adam", "--lr", "0.05", "--epochs", "200"]
    assert summary("descend", "tagger", *options, "--save", fit)["metrics"]["accuracy"] > 0.98
    given = ("--params", fit, "--data", str(text), "--of", "guess", "--per-row")
    rows = command("eval", "tagger", *given, "--format", "tsv").splitlines()[1:]
    words = text.read_text().split()
    places = [word for word, row in zip(words, rows, strict=True) if row.endswith("PLACE")]
    assert places == ["lima", "quito", "accra"]
