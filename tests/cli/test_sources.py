"""SOURCE is -, a .grad file, another file, a sample or the program itself, in this order."""

from __future__ import annotations

import os

import pytest

NOTE = "note: reading the file '{0}'; write \"({0})\" to mean the expression\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "square.grad").write_text("x^2\n")
    (tmp_path / "plain").write_text("x^3\n")
    (tmp_path / "rosenbrock").write_text("x^4\n")
    return tmp_path


@pytest.mark.parametrize(
    ("source", "value", "note"),
    [
        ("-", "10.0", ""),
        ("square.grad", "4.0", ""),
        ("plain", "8.0", NOTE.format("plain")),
        ("rosenbrock", "16.0", NOTE.format("rosenbrock")),
        ("x + 1", "3.0", ""),
        ("-x", "-2.0", ""),
        ("-x^2 + 1", "-3.0", ""),
        ("-3*x", "-6.0", ""),
        ("--x", "2.0", ""),
    ],
)
def test_source(answered, folder, source, value, note):
    before = ["--"] if source == "--x" else []
    run = answered("eval", "-q", *before, source, "x=2", stdin="5*x", cwd=folder)
    assert (run.out, run.err) == (value + "\n", note)


def test_a_sample(answered, tmp_path):
    assert answered("eval", "rosenbrock", "x=1", "y=1", "-q", cwd=tmp_path).out == "0.0\n"


def test_options_may_stand_anywhere(answered):
    runs = [
        answered("eval", *args).out
        for args in (
            ("-q", "-x^2", "x=3"),
            ("-x^2", "-q", "x=3"),
            ("-x^2", "x=3", "-q"),
            ("-x^2", "x=3", "--format", "tsv", "-q"),
        )
    ]
    assert runs == ["-9.0\n"] * 4


def test_a_program_with_windows_line_ends_and_a_byte_order_mark(answered, tmp_path):
    (tmp_path / "a.grad").write_bytes(b"\xef\xbb\xbfy = x^2\r\nz = y + 1\r\n")
    assert answered("eval", tmp_path / "a.grad", "x=2", "-q").out == "5.0\n"


def test_errors_in_a_file_name_it_and_the_line(answered, tmp_path):
    (tmp_path / "a.grad").write_text("y = 1\n\nz = 2y\n")
    run = answered("eval", "a.grad", code=2, cwd=tmp_path)
    assert run.err == (
        "error: expected an operator between '2' and 'y'\n"
        "  a.grad:3: z = 2y\n"
        "                ^^\n"
        "hint: write 2*y\n"
    )


def test_files_that_are_no_program(answered, tmp_path):
    (tmp_path / "bad.grad").write_bytes(b"x\n\xff")
    (tmp_path / "folder.grad").mkdir()
    for name, said in (
        ("bad.grad", "bad.grad is not UTF-8: line 2, column 1, byte 0xFF"),
        ("folder.grad", "'folder.grad' is a folder, not a file"),
        ("none.grad", "there is no file 'none.grad'"),
    ):
        run = answered("eval", name, code=2, cwd=tmp_path)
        assert run.err.startswith(f"error: {said}\nhint: ")
        assert run.raw == b""


def test_values_of_every_kind(answered, tmp_path):
    import numpy as np

    (tmp_path / "w.csv").write_text("1,2\n3,4\n")
    (tmp_path / "w.tsv").write_text("1\t2\n3\t4\n")
    (tmp_path / "w.json").write_text("[[1, 2], [3, 4]]")
    np.save(tmp_path / "w.npy", np.array([[1.0, 2.0], [3.0, 4.0]]))
    np.savez(tmp_path / "w.npz", W=np.array([[1, 2], [3, 4]]), other=np.zeros(2))
    home = {"HOME": str(tmp_path)}
    for value in (
        "@w.csv", "@w.tsv", "@w.json", "@w.npy", "@w.npz:W", "@~/w.csv", "[[1,2],[3,4]]",
        "1 + [[0, 1], [2, 3]]", f"@{tmp_path}{os.sep}w.csv",
    ):  # fmt: skip
        run = answered("eval", "W", f"W={value}", "-q", cwd=tmp_path, env=home)
        assert run.out == "[[1.0,2.0],[3.0,4.0]]\n", value


def test_only_an_answer_can_be_a_value_again(answered):
    x = 0.1 + 0.2
    printed = answered("eval", "x*[1, inf, nan, -1e-320]", f"x={x!r}", "-q", code=3).out.strip()
    again = answered("eval", "v", f"v={printed}", "--json", code=3).summary["value"]
    assert again == [x, "Infinity", "NaN", -1e-320 * x]


def test_no_pickle_is_loaded(answered, tmp_path):
    import pickle

    import numpy as np

    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    np.save(tmp_path / "w.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    (tmp_path / "p.npy").write_bytes(pickle.dumps(Trap()))
    (tmp_path / "p.npz").write_bytes(pickle.dumps(Trap()))
    for name in ("w.npy", "p.npy", "p.npz"):
        answered("eval", "W", f"W=@{tmp_path / name}", code=2)
    assert not (tmp_path / "sprung").exists()


def test_data_only_from_the_programs_own_folder(answered, tmp_path):
    (tmp_path / "secret.csv").write_text("x\n1\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "own.csv").write_text("x\n4\n")
    (inner / "link.csv").symlink_to(tmp_path / "secret.csv")
    for path, code in (
        ("own.csv", 0),
        ("../secret.csv", 2),
        (str(tmp_path / "secret.csv"), 2),
        ("link.csv", 2),
    ):
        (inner / "m.grad").write_text(f'data from "{path}"\nsum(x)\n')
        run = answered("eval", inner / "m.grad", "-q", code=code)
        assert run.out == ("4.0\n" if code == 0 else "")
    run = answered("eval", 'data from "own.csv"; sum(x)', code=2, cwd=inner)
    assert run.raw == b""
