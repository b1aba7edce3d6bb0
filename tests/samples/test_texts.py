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
    assert held["perplexity"] < 0.25 * held["unigram"]
    assert start["perplexity"] > held["unigram"]
    assert held["perplexity"] == pytest.approx(math.exp(found["validation_loss"]), rel=1e-9)


def test_the_unigram_is_that_of_the_text(summary):
    words = (DATA / "kingdom.txt").read_text().split()
    shares = [count / len(words) for count in Counter(words).values()]
    wanted = math.exp(-sum(share * math.log(share) for share in shares))
    assert summary("eval", "next_word", "--of", "unigram")["value"] == pytest.approx(wanted)


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
