"""Every command that a sample's story shows runs, and answers what the story says."""

from __future__ import annotations

import re
import shlex
import sys

import pytest

from gradcli.cli import main
from gradcli.language.sources import sample_names, sample_text


def commands():
    """Every indented line of a story that is a command, and those after a colon."""
    for name in sample_names():
        for line in sample_text(name).splitlines():
            for text in re.findall(r"^#.*?(?:  |: )gradcli (.+)$", line):
                yield name, text


def expected(name, text):
    if text == "eval sinc x=0":
        return 3
    if name == "logistic_slip":
        return 1
    if name == "network_2_2_1" and "w3 =" in text:
        return 1
    if name == "ner_window" and "h*(1 - h^2)" in text:
        return 1
    return 0


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """A folder with new rows for iris, and a new text for the tagger."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.csv").write_text(
        "sepal_length,sepal_width,petal_length,petal_width\n5.0,3.4,1.5,0.2\n6.7,3.1,5.6,2.4\n"
    )
    (tmp_path / "new.txt").write_text("boats to lima are late\n")
    return tmp_path


@pytest.mark.parametrize(("name", "text"), list(commands()))
def test_command(prepared, monkeypatch, capfd, name, text):
    lines = [text]
    if "iris.json" in text and "--save" not in text:
        lines.insert(0, "descend iris --lr 0.05 --batch-size 16 --epochs 50 --save iris.json")
    elif "--params" in text:
        file = re.search(r"--params (\S+)", text)[1]
        lines.insert(0, next(t for n, t in commands() if n == name and f"--save {file}" in t))
    for line in lines:
        monkeypatch.setattr(sys, "argv", ["gradcli", *shlex.split(line)])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capfd.readouterr()
    assert end.value.code == expected(name, text), err
    assert out
