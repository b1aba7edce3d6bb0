"""Where a program comes from, in the order of preference."""

from __future__ import annotations

import io
import os
import sys

import pytest

from gradcli.errors import DataError
from gradcli.language import parse, read_source, sample_names, sample_text, sources


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def samples(tmp_path_factory, monkeypatch):
    """Two samples of the test's own."""
    path = tmp_path_factory.mktemp("samples")
    (path / "rosenbrock.grad").write_text("# a valley\n(1-x)^2\n", "utf-8")
    (path / "xor.grad").write_text("param w = 1\n", "utf-8")
    (path / "__init__.py").write_text("")
    monkeypatch.setattr(sources, "_samples", lambda: str(path))
    return path


def stdin(monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def refused(source):
    with pytest.raises(DataError) as caught:
        read_source(source)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_text_is_itself(folder):
    source = read_source("x^2 + 1")
    assert source == ("x^2 + 1", "", "text", None, "")
    assert source.suggestion == ""


def test_standard_input(monkeypatch):
    stdin(monkeypatch, "θ^2\r\n".encode())
    assert read_source("-") == ("θ^2\r\n", "standard input", "stdin", None, "")


def test_a_program_file(folder):
    (folder / "f.grad").write_text("x^2")
    assert read_source("f.grad") == ("x^2", "f.grad", "file", str(folder), "")
    path = str(folder / "f.grad")
    assert read_source(path) == ("x^2", path, "file", str(folder), "")


def test_another_file_comes_with_a_note(folder):
    (folder / "x").write_text("1 + 1")
    source = read_source("x")
    assert (source.text, source.kind, source.folder) == ("1 + 1", "file", str(folder))
    assert source.note == "reading the file 'x'; write \"(x)\" to mean the expression"


def test_the_home_folder(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    (folder / "f.grad").write_text("x^2\n", "utf-8")
    (folder / "f.txt").write_text("x^3\n", "utf-8")
    assert read_source("~/f.grad").text == "x^2\n"
    assert read_source("~/f.txt").text == "x^3\n"
    assert read_source("~/g").text == "~/g"
    assert str(folder) in refused("~/g.grad")


def test_a_folder_is_not_read(folder):
    (folder / "x").mkdir()
    assert read_source("x").kind == "text"


def test_a_sample(folder, samples):
    source = read_source("rosenbrock")
    assert source.text == "# a valley\n(1-x)^2\n"
    assert (source.origin, source.kind, source.folder) == (
        "rosenbrock.grad", "sample", str(samples),
    )  # fmt: skip


def test_a_file_comes_before_a_sample(folder, samples):
    (folder / "xor").write_text("1")
    assert read_source("xor").kind == "file"


@pytest.mark.parametrize("source", ["../rosenbrock", "./rosenbrock", "__init__", "rosenbrock\0"])
def test_only_the_name_of_a_sample_is_one(folder, samples, source):
    assert read_source(source).kind == "text"


def test_samples_are_sorted(samples):
    assert sample_names() == ["rosenbrock", "xor"]
    assert sample_text("xor") == "param w = 1\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("xxor", "there is no sample 'xxor'\nhint: did you mean 'xor'?"),
        ("xor.grad", "there is no sample 'xor.grad'\nhint: did you mean 'xor'?"),
        ("../xor", "there is no sample '../xor'\nhint: did you mean 'xor'?"),
        ("", "there is no sample ''\nhint: gradcli samples lists them"),
    ],
)
def test_no_sample(samples, name, message):
    with pytest.raises(DataError) as caught:
        sample_text(name)
    assert str(caught.value) == message


def test_every_shipped_sample_parses():
    for name in sample_names():
        assert parse(sample_text(name), name).statements


@pytest.mark.parametrize("length", [10, 300, 5_000, 3_000_000])
def test_a_text_of_any_length(folder, length):
    text = "+".join("x" * (length // 2))
    assert read_source(text).text == text


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("rosenbrok", "did you mean the sample 'rosenbrock'?"),
        ("Rosenbrock", "did you mean the sample 'rosenbrock'?"),
        ("rose", "did you mean the sample 'rosenbrock'?"),
        ("ros", ""),
        ("x", ""),
        ("y = x", ""),
        ("some", "'some' is a folder; give a file in it"),
        ("some/where.txt", "there is no file 'some/where.txt'"),
        ("data.csv", "there is no file 'data.csv'"),
        ("a/b", ""),
        ("x" * 100_000, ""),
    ],
)
def test_a_source_that_was_missed(folder, samples, text, suggestion):
    (folder / "some").mkdir()
    source = read_source(text)
    assert source.kind == "text"
    assert source.suggestion == suggestion


def test_data_in_place_of_a_program(folder):
    (folder / "iris.csv").write_text("a,b\n1,2\n")
    assert read_source("iris.csv").suggestion == (
        "give data with --data, and a program as SOURCE"
    )  # fmt: skip


def test_a_missing_file(folder, samples):
    check = "check the path: a text that ends in .grad is always a file"
    assert refused("f.grad") == f"there is no file 'f.grad'\nhint: {check}"
    assert refused("xor.grad") == (
        "there is no file 'xor.grad'\nhint: the sample is called 'xor', without .grad"
    )
    assert refused("no/f.grad") == (
        "there is no file 'no/f.grad'\nhint: there is no folder 'no' either"
    )
    (folder / "model.grad").write_text("x")
    assert refused("modle.grad") == (
        "there is no file 'modle.grad'\nhint: did you mean 'model.grad'?"
    )


def test_a_folder_where_a_file_belongs(folder):
    (folder / "f.grad").mkdir()
    assert refused("f.grad") == (
        "'f.grad' is a folder, not a file\nhint: give the path of a program in it"
    )


def test_a_file_that_may_not_be_read(folder, monkeypatch):
    def denied(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", denied)
    assert refused("f.grad") == (
        "cannot read 'f.grad': permission denied\nhint: give the path of a file that can be read"
    )


def test_a_name_too_long_for_a_file(folder):
    message = refused("x" * 5000 + ".grad")
    assert message.startswith("cannot read 'xxx")
    assert refused("x\0.grad").startswith("cannot read 'x\\x00.grad': embedded null")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("x".encode("utf-16"), "f.grad is in UTF-16, not UTF-8"),
        ("x".encode("utf-16-be"), "f.grad is no text: line 1 holds a zero byte"),
        (b"x\n\0", "f.grad is no text: line 2 holds a zero byte"),
        ("a\nx = é".encode("latin-1"), "f.grad is not UTF-8: line 2, column 5, byte 0xE9"),
        (b"\x89PNG\r\n", "f.grad is not UTF-8: line 1, column 1, byte 0x89"),
    ],
)
def test_what_is_not_utf8(folder, monkeypatch, content, what):
    (folder / "f.grad").write_bytes(content)
    assert refused("f.grad") == f"{what}\nhint: save it as UTF-8 text"
    stdin(monkeypatch, content)
    told = what.replace("f.grad", "standard input")
    assert refused("-") == f"{told}\nhint: save it as UTF-8 text"


def test_a_closed_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert refused("-") == "there is no standard input\nhint: give the program as an argument"


def test_a_pipe_is_a_file(folder):
    read_end, write_end = os.pipe()
    os.write(write_end, b"x^2")
    os.close(write_end)
    source = read_source(f"/dev/fd/{read_end}")
    os.close(read_end)
    assert (source.text, source.kind) == ("x^2", "file")
