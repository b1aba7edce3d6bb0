"""What a command reads it never replaces, by whatever name the file goes."""

from __future__ import annotations

import os

import pytest

from gradcli.errors import UsageError
from gradcli.question.overwriting import refuse_overwriting


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in (
        ("d.csv", "x,y\n1,2\n"), ("p.json", '{"w": 1}'), ("v.csv", "2\n"), ("a=b.csv", "x\n1\n"),
        ("m.grad", 'data from "d.csv"\nparam w = 0\nmean((w*x - y)^2)\n'), ("x.npy", ""),
    ):  # fmt: skip
        (tmp_path / name).write_text(content)
    os.symlink("d.csv", "link.csv")
    os.link("d.csv", "hard.csv")
    os.symlink(tmp_path, "here")
    return tmp_path


def test_every_file_that_is_read(folder):
    for what, options in {
        "what --data reads": {"data": ["v.csv", "d.csv"]},
        "what --validate reads": {"validate": ["d.csv"]},
        "the value of x": {"values": ["y=1", "x=@d.csv"]},
        "the program": {"source": "d.csv"},
        "the data of the program": {"source": "m.grad"},
    }.items():
        for name in (
            "d.csv",
            "./d.csv",
            "link.csv",
            "hard.csv",
            "here/d.csv",
            str(folder / "d.csv"),
        ):
            for option, output, save in (("-o", name, ""), ("--save", "", name)):
                with pytest.raises(UsageError) as caught:
                    refuse_overwriting(output, {**options, "save": save})
                assert caught.value.what == f"{option} {name} would replace {what}"
                assert caught.value.hint == "write to another file"


@pytest.mark.parametrize("option", ["params", "resume"])
def test_parameters_may_become_those_of_the_save(folder, option):
    refuse_overwriting("", {option: "p.json", "save": "./p.json"})
    with pytest.raises(UsageError, match=f"-o p.json would replace what --{option} reads"):
        refuse_overwriting("p.json", {option: "./p.json", "save": "q.json"})


def test_arrays_by_name(folder):
    with pytest.raises(UsageError, match=r"-o x\.npy would replace what --data reads"):
        refuse_overwriting("x.npy", {"data": ["X=x.npy"]})
    with pytest.raises(UsageError, match=r"-o a=b\.csv would replace what --data reads"):
        refuse_overwriting("a=b.csv", {"data": ["a=b.csv"]})


@pytest.mark.parametrize("save", ["p.json", "./p.json", "new.json", "here/new.json"])
def test_one_file_cannot_hold_both(folder, save):
    output = os.path.basename(save)
    with pytest.raises(UsageError) as caught:
        refuse_overwriting(output, {"save": save})
    assert caught.value.what == f"-o {output} and --save {save} are one file"


def test_what_is_no_matter(folder):
    os.symlink("later.json", "dangling.json")
    for output, options in (
        ("new.csv", {"data": ["d.csv"], "source": "m.grad", "save": "q.json", "values": ["x=1"]}),
        ("rosenbrock", {"source": "rosenbrock"}),
        ("x", {"source": "x", "values": None, "data": None, "params": ""}),
        ("/dev/null", {"save": "/dev/null", "params": "/dev/null"}),
        ("/dev/stdout", {"source": "-", "save": "q.json"}),
        ("", {"source": "x +", "save": "q.json"}),
        ("dangling.json", {"save": "other.json", "values": ["x=@missing.json"]}),
    ):
        refuse_overwriting(output, options)
    with pytest.raises(UsageError, match="are one file"):
        refuse_overwriting("dangling.json", {"save": "later.json"})
