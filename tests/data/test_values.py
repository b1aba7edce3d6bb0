"""NAME=@file: what each kind of file gives, and the exact words for what it cannot give."""

from __future__ import annotations

import io
import json
import math
import os
import subprocess
import sys
import threading
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gradcli.data.values import read_value

QUIET = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)


def same(got, expected):
    """Equal in kind, shape and bits, every nan counting as one."""
    expected = np.asarray(expected, dtype=np.float64)
    assert type(got) is (np.ndarray if expected.ndim else float)
    array = np.asarray(got)
    assert array.dtype == np.float64
    assert array.shape == expected.shape
    np.testing.assert_array_equal(array, expected)
    sign = np.signbit(array) == np.signbit(expected)
    assert (sign | np.isnan(expected)).all()


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("v.csv", "2.5\n", 2.5),
        ("v.csv", "-0", -0.0),
        ("v.csv", "1,2,3\n", [1, 2, 3]),
        ("v.csv", "1\n2\n3", [1, 2, 3]),
        ("v.csv", "1,2\r\n3,4\r\n\r\n", [[1, 2], [3, 4]]),
        ("v.tsv", "1\t2\n3\t4\n", [[1, 2], [3, 4]]),
        ("v.CSV", '\ufeff"1", nan \n-inf,1e400\n', [[1, math.nan], [-math.inf, math.inf]]),
        ("v.json", "3", 3),
        ("v.json", '"-Infinity"', -math.inf),
        ("v.json", '[1, 2.5, "NaN"]', [1, 2.5, math.nan]),
        ("v.json", "[[1, 2], [3, 4]]", [[1, 2], [3, 4]]),
        ("v.json", "[[[1], [2]]]", [[[1], [2]]]),
        ("v.json", "[[-0.0]]", [[-0.0]]),
        ("v.json", "[]", []),
        ("v.json", "[[], []]", [[], []]),
        ("v.json", f"[{10**400}, -{10**400}, 1e400]", [math.inf, -math.inf, math.inf]),
    ],
)
def test_text_gives_numbers(write, name, text, expected):
    same(read_value(write(name, text)), expected)


@pytest.mark.parametrize("dtype", ["f8", ">f8", "f4", "f2", "i8", "u1", ">i2", "?"])
@pytest.mark.parametrize("array", [[[1, 0], [0, 1], [1, 1]], 1])
def test_arrays_become_float64(here, dtype, array):
    array = np.array(array, dtype=dtype)
    np.save("v.npy", array)
    same(read_value("v.npy"), array)
    np.savez_compressed("v.npz", W=array, b=array)
    same(read_value("v.npz", "W"), array)
    np.savez("one.npz", np.asarray(array, order="F"))
    same(read_value("one.npz"), array)


@QUIET
@given(array=arrays.arrays(np.float64, SHAPES))
def test_arrays_round_trip(here, array):
    np.save("v.npy", array)
    same(read_value("v.npy"), array)


@QUIET
@given(array=arrays.arrays(np.float64, arrays.array_shapes(min_dims=2, max_dims=2, min_side=2)))
def test_cells_round_trip(write, array):
    text = "\n".join("\t".join(map(repr, row)) for row in array.tolist())
    same(read_value(write("v.tsv", text)), array)


def test_the_home_folder(write, here, monkeypatch):
    monkeypatch.setenv("HOME", str(here))
    write("v.csv", "7")
    assert read_value("~/v.csv") == 7


def test_a_number_needs_no_numpy(write):
    write("v.json", "2.5")
    code = """
import sys
import gradcli.data.atomic, gradcli.data.checkpoint, gradcli.data.tables
from gradcli.data.values import read_value
assert read_value("v.json") == 2.5
assert "numpy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_pipe_is_read_once(here):
    os.mkfifo("v.csv")
    writer = threading.Thread(target=lambda: (here / "v.csv").write_text("1,2\n3,4\n"))
    writer.start()
    same(read_value("v.csv"), [[1, 2], [3, 4]])
    writer.join()


BAD = {
    ("v.csv", ""): "v.csv is empty",
    ("v.csv", "\n\n"): "v.csv is empty",
    ("v.csv", "1,2\n3\n"): "v.csv: line 2 has 1 cell, line 1 has 2: '3'",
    ("v.csv", "x,y\n1,2\n"): (
        "v.csv: line 1, cell 1: 'x' is no number\nhint: a file of values has no header"
    ),
    ("v.csv", "1,2\n3,4\n5,six\n"): "v.csv: line 3, cell 2: 'six' is no number",
    (
        "v.csv",
        '"1\n",2\n3, \n',
    ): "v.csv: line 3, cell 2: the cell is empty\nhint: leave such rows out",
    ("v.csv", ",1\n2,3\n"): "v.csv: line 1, cell 1: the cell is empty\nhint: leave such rows out",
    ("v.csv", "1_0\n2\n"): ("v.csv: line 1, cell 1: '1_0' is no number\nhint: write 10"),
    ("v.csv", "1\n٢\n"): ("v.csv: line 2, cell 1: '٢' has other digits than 0 to 9\nhint: write 2"),
    ("v.csv", "1\n\n2\n"): "v.csv: line 2 is blank\nhint: blank lines may only stand at the end",
    ("v.csv", '1\n"2\n'): "v.csv: the quote opened in line 2 is never closed",
    ("v.csv", b"1\n\xff\n"): (
        "v.csv is not UTF-8: byte 0xff at offset 2 (line 2)\nhint: save it as UTF-8"
    ),
    ("v.csv", "1\n2\0\n"): (
        "v.csv has a NUL byte at offset 3 (line 2)\n"
        "hint: is it binary, or UTF-16? save it as UTF-8 text"
    ),
    ("v.csv", b"\x1f\x8b"): "v.csv is a gzip file, not text\nhint: end its name in .gz",
    ("v.csv", b"\x93NUMPY"): "v.csv is a NumPy array, not text\nhint: name it .npy",
    ("v.json", ""): "v.json is empty",
    ("v.json", " \n"): "v.json is empty",
    ("v.json", "[1, 2"): "v.json is cut off: it ends in the middle of its JSON",
    ("v.json", '["Na'): "v.json is cut off: it ends in the middle of its JSON",
    ("v.json", "[1,\n two]"): "v.json is not JSON: line 2, column 2: expecting value",
    ("v.json", "[1] 2"): "v.json is not JSON: line 1, column 5: extra data",
    ("v.json", "[[1, 2], [3]]"): "v.json[1] has length 1, the first beside it 2",
    ("v.json", "[[[1], [2]], [[1], [2, 3]]]"): "v.json[1][1] has length 2, the first beside it 1",
    ("v.json", "[[1], 2]"): "v.json[1] is no list, and its neighbours are lists",
    ("v.json", "[1, [2]]"): "v.json[1] is a list, not a number",
    ("v.json", "[[1, 2], [3, null]]"): "v.json[1][1] is null, not a number",
    ("v.json", "[true]"): "v.json[0] is true, not a number",
    ("v.json", "false"): "v.json is false, not a number",
    ("v.json", '[1, "two"]'): "v.json[1] is the text 'two', not a number",
    ("v.json", '"inf"'): "v.json is the text 'inf', not a number",
    ("v.json", '{"x": 1}'): "v.json is an object, not a number",
    ("v.json", '{"x": 1, "x": 2}'): "v.json has the key 'x' twice in one object",
    ("v.json", "[" * 100_000): "v.json is nested too deeply",
    ("v.json", "[" * 40 + "]" * 40): "v.json is nested more than 32 lists deep",
    ("v.json", "9" * 5000): "v.json is not JSON: it has an integer of too many digits",
    ("v.json", "[1]".encode("utf-16")): "v.json is UTF-16 text\nhint: save it as UTF-8",
    ("v.npy", b""): "v.npy is no NumPy array, or a damaged one",
    ("v.npy", b"\x93NUMPY\x01\x00"): "v.npy is no NumPy array, or a damaged one",
    ("v.npy", b"1,2,3\n"): "v.npy is no NumPy array, or a damaged one",
    ("v.npy", b"\x93NUMPY\x09\x00" + b" " * 40): "v.npy is in version 9.0 of the NumPy format",
    ("v.npz", b""): "v.npz is no .npz file, or a damaged one",
    ("v.npz", b"PK\x03\x04 and no more"): "v.npz is no .npz file, or a damaged one",
    ("v.txt", "1"): "v.txt: a value is read from .csv, .tsv, .json, .npy or .npz\n"
    "hint: give the file the suffix that says what it holds",
    ("v", "1"): "v: a value is read from .csv, .tsv, .json, .npy or .npz\n"
    "hint: give the file the suffix that says what it holds",
}


@pytest.mark.parametrize("case", BAD, ids=lambda case: f"{case[0]} {case[1][:20]!r}")
def test_bad_files_say_where(write, refused, case):
    assert refused(read_value, write(*case)) == BAD[case]


@pytest.mark.parametrize("name", ["no.csv", "no.json", "no.npy", "no.npz", "~/no/such.csv"])
def test_missing_files(here, refused, name):
    assert refused(read_value, name) == f"{name}: no such file\nhint: check the path"


@pytest.mark.parametrize("name", ["d.csv", "d.json", "d.npy", "d.npz"])
def test_directories(here, refused, name):
    (here / name).mkdir()
    assert refused(read_value, name) == f"{name} is a directory, not a file"


def test_what_the_system_refuses(here, refused):
    os.symlink("loop.csv", "loop.csv")
    said = refused(read_value, "loop.csv")
    assert said == "cannot read loop.csv: too many levels of symbolic links"
    os.symlink("/proc/self/mem", "mem.csv")
    assert refused(read_value, "mem.csv") == "cannot read mem.csv: input/output error"
    assert refused(read_value, "a\0b.csv") == "'a\\x00b.csv' is no name of a file"


@pytest.mark.parametrize(
    ("array", "held"),
    [
        (np.array([1j]), "holds complex numbers, not numbers"),
        (np.array(["a"]), "holds text, not numbers"),
        (np.array([b"a"]), "holds bytes, not numbers"),
        (np.array([None]), "holds Python objects, which are never loaded"),
        (np.array(["2020-01-01"], "M8[D]"), "holds dates, not numbers"),
        (np.array([5], "m8[s]"), "holds times, not numbers"),
        (np.array([(1, 2.0)], "i4,f8"), "holds records, not numbers"),
        (np.array([(1, None)], "i4,O"), "holds Python objects, which are never loaded"),
    ],
)
def test_arrays_of_no_numbers(here, refused, array, held):
    np.save("v.npy", array, allow_pickle=True)
    np.savez("v.npz", W=array)
    assert refused(read_value, "v.npy") == f"v.npy {held}"
    assert refused(read_value, "v.npz", "W") == f"v.npz['W'] {held}"


class Planted:
    """Whoever unpickles this makes a folder."""

    def __reduce__(self):
        return os.mkdir, ("planted",)


def test_no_pickle_is_ever_loaded(here, refused):
    array = np.array([Planted()])
    np.save("v.npy", array, allow_pickle=True)
    np.savez("v.npz", W=array)
    refused(read_value, "v.npy")
    refused(read_value, "v.npz", "W")
    assert not os.path.exists("planted")


def test_keys(here, write, refused):
    np.savez("v.npz", weights=np.eye(2), bias=np.ones(2))
    assert refused(read_value, "v.npz", "weight") == (
        "v.npz has no array 'weight'\nhint: did you mean 'weights'?"
    )
    assert refused(read_value, "v.npz", "q") == (
        "v.npz has no array 'q'\nhint: it has 'weights', 'bias'"
    )
    assert refused(read_value, "v.npz") == (
        "v.npz has 2 arrays: name one as @v.npz:KEY\nhint: it has 'weights', 'bias'"
    )
    np.savez("none.npz")
    assert refused(read_value, "none.npz") == "none.npz has 0 arrays: name one as @none.npz:KEY"
    assert refused(read_value, "none.npz", "q") == "none.npz has no array 'q'"
    assert refused(read_value, write("v.csv", "1"), "q") == (
        "v.csv has no keys, only .npz files have\nhint: write @v.csv"
    )


def test_an_archive_with_one_name_twice(here, refused):
    with zipfile.ZipFile("v.npz", "w") as archive:
        archive.writestr("W.npy", b"")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("W.npy", b"")
    assert refused(read_value, "v.npz", "W") == "v.npz has 'W' twice"


def test_cut_off_arrays(here, refused):
    np.save("v.npy", np.arange(100.0))
    whole = (here / "v.npy").read_bytes()
    (here / "v.npy").write_bytes(whole[:-1])
    assert refused(read_value, "v.npy") == "v.npy is cut off: it has 927 bytes of 928"
    np.savez("v.npz", W=np.arange(100.0))
    whole = (here / "v.npz").read_bytes()
    (here / "v.npz").write_bytes(whole[:-30])
    assert refused(read_value, "v.npz", "W") == "v.npz is no .npz file, or a damaged one"


def test_a_claim_of_more_than_the_file_holds_is_refused_before_memory_is_taken(here, refused):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "<f8", "fortran_order": False, "shape": (10**12, 10**12)}
    )
    (here / "v.npy").write_bytes(stream.getvalue())
    cut_off = f"is cut off: it has 128 bytes of {128 + 8 * 10**24}"
    assert refused(read_value, "v.npy") == f"v.npy {cut_off}"
    with zipfile.ZipFile("v.npz", "w") as archive:
        archive.writestr("W.npy", stream.getvalue())
    assert refused(read_value, "v.npz", "W") == f"v.npz['W'] {cut_off}"


def damaged(whole: bytes) -> st.SearchStrategy[bytes]:
    """Some bytes of a file put in place of others, or its end cut off."""
    changes = st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=4)

    def apply(changed, cut):
        data = bytearray(whole)
        for index, byte in changed:
            data[index] = byte
        return bytes(data[:cut])

    return st.builds(apply, changes, st.integers(0, len(whole)) | st.just(len(whole)))


def saved(save) -> bytes:
    stream = io.BytesIO()
    save(stream, np.arange(6.0).reshape(2, 3))
    return stream.getvalue()


@pytest.mark.filterwarnings("ignore")
@settings(QUIET, max_examples=400)
@given(data=damaged(saved(np.save)))
def test_a_damaged_array_is_an_array_or_a_data_error(write, attempt, data):
    got = attempt(read_value, write("v.npy", data))
    assert got.startswith("v.npy") if isinstance(got, str) else np.asarray(got).dtype == np.float64


@pytest.mark.filterwarnings("ignore")
@settings(QUIET, max_examples=400)
@given(data=damaged(saved(np.savez)) | damaged(saved(np.savez_compressed)))
def test_a_damaged_archive_is_an_array_or_a_data_error(write, attempt, data):
    got = attempt(read_value, write("v.npz", data))
    assert got.startswith("v.npz") if isinstance(got, str) else np.asarray(got).dtype == np.float64


@settings(QUIET, max_examples=300)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=12,
    )
)
def test_any_json_is_an_array_or_a_data_error(write, attempt, value):
    got = attempt(read_value, write("v.json", json.dumps(value)))
    if isinstance(got, str):
        assert got.startswith("v.json")
    else:
        np.testing.assert_array_equal(got, np.array(value, dtype=np.float64))
