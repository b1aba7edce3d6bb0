"""Tables: what is read, and the exact words for what is not."""

from __future__ import annotations

import gzip
import math
import os
import random
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradcli.data.tables import open_table
from gradcli.errors import DataError

QUIET = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(path, *names, **options):
    table = open_table([path])
    table.read(names, **options)
    return table


def lists(table):
    return {name: array.tolist() for name, array in table.columns.items()}


def test_a_header_names_columns_of_float64(write):
    table = read(write("d.csv", "x,y,z\n1,-2.5,7\n3,4e-3,8\n"), "y", "x")
    assert table.names == ["x", "y", "z"]
    assert lists(table) == {"y": [-2.5, 0.004], "x": [1.0, 3.0]}
    assert table.column("x").dtype == np.float64
    assert table.rows == 2
    assert table.classes == {}


@pytest.mark.parametrize(
    "text",
    [
        "x,y\r\n1,2\r\n3,4\r\n",
        "x,y\r1,2\r3,4\r",
        "\ufeffx,y\n1,2\n3,4\n",
        "x,y\n1,2\n3,4",
        "x,y\n1,2\n3,4\n\n\n",
        "x,y\n1,2\n3,4\r\n  \r\n",
        '"x","y"\n"1","2"\n3,"4"\n',
        " x , y \n 1 , 2\n3,4 \n",
    ],
)
def test_spellings_of_one_table(write, text):
    assert lists(read(write("d.csv", text), "x", "y")) == {"x": [1, 3], "y": [2, 4]}


def test_tabs_and_names_that_need_quotes(write):
    table = read(write("d.TSV", 'sepal length (cm)\t"a\tb"\n1\t2\n'), "sepal length (cm)", "a\tb")
    assert lists(table) == {"sepal length (cm)": [1], "a\tb": [2]}


def test_quotes_hold_delimiters_newlines_and_quotes(write):
    text = 'kind,x\n"a, b",1\n"two\nlines",2\n"5"" pipe",3\n'
    table = read(write("d.csv", text), "kind", "x")
    assert table.classes == {"kind": ['5" pipe', "a, b", "two\nlines"]}
    assert lists(table) == {"kind": [1, 2, 0], "x": [1, 2, 3]}


def test_text_becomes_class_numbers_sorted_by_name(write):
    table = read(write("d.csv", "k\nb\nc\n a\nb \n"), "k")
    assert table.classes == {"k": ["a", "b", "c"]}
    assert lists(table) == {"k": [1, 2, 0, 1]}
    assert table.column("k").dtype == np.float64


def test_words_for_numbers_that_are_not_finite(write):
    text = "x,y,z\nnan,NaN,nan\n-Infinity,1,Infinity\n+inf,inf,word\n"
    table = read(write("d.csv", text), "x", "y", "z")
    assert math.isnan(table.column("x")[0])
    assert table.column("x")[1:].tolist() == [-math.inf, math.inf]
    assert table.column("y")[1:].tolist() == [1, math.inf]
    assert table.classes == {"z": ["Infinity", "nan", "word"]}
    assert table.column("z").tolist() == [1, 0, 2]


def test_nan_words_wait_over_chunks_for_what_the_column_is(write):
    head = "nan,nan,nan\n" * 5000
    table = read(write("d.csv", "x,y,z\n" + head + "1,word,inf\n"), "x", "y", "z")
    assert np.isnan(table.column("x")[:-1]).all()
    assert table.column("x")[-1] == 1
    assert table.classes == {"y": ["nan", "word"]}
    assert table.column("y").tolist() == [0] * 5000 + [1]
    assert table.column("z")[-1] == math.inf


def test_a_column_nobody_uses_is_not_read(write):
    assert lists(read(write("d.csv", "x,y\n1,\n2,two\n3,4\n"), "x")) == {"x": [1, 2, 3]}


def test_columns_without_a_name_are_left_out(write, refused):
    path = write("d.csv", ",x,\n0,1,2\n1,3,4\n")
    table = read(path, "x")
    assert table.names == ["x"]
    assert lists(table) == {"x": [1, 3]}
    said = refused(table.read, [""])
    assert said == "d.csv: a column is known by its name, not by a blank one"


BAD = {
    "ragged": ("x,y\n1,2\n3\n", "bad.csv: line 3 has 1 cell, the header has 2: '3'"),
    "ragged, long": ("x,y\n1,2,3\n", "bad.csv: line 2 has 3 cells, the header has 2: '1,2,3'"),
    "a comma at the end": ("x,y\n1,2,\n", "bad.csv: line 2 has 3 cells, the header has 2: '1,2,'"),
    "a comment": (
        "x,y\n1,2\n# by hand, 2\n3,4\n",
        "bad.csv: line 3, column 'x': '# by hand' is no number\n"
        "hint: a column is all numbers or all text, and line 2 has the number '1'",
    ),
    "a comment of another width": (
        "x,y\n1,2\n# by hand\n",
        "bad.csv: line 3 has 1 cell, the header has 2: '# by hand'\n"
        'hint: line 3 begins with #: leave comments out, as grep -v "^#" does',
    ),
    "decimal commas": (
        "x,y\n1,5,2,5\n",
        "bad.csv: line 2 has 4 cells, the header has 2: '1,5,2,5'\n"
        "hint: where commas begin decimals, write points: 1.5",
    ),
    "four cells that are no decimals": (
        "x,y\n1,a,2,5\n",
        "bad.csv: line 2 has 4 cells, the header has 2: '1,a,2,5'",
    ),
    "a word above a number": (
        "x,y\n1,two\n3,4\n",
        "bad.csv: line 2, column 'y': 'two' is no number\n"
        "hint: a column is all numbers or all text, and line 3 has the number '4'",
    ),
    "a word below a number": (
        "x,y\n1,2\n3,four\n",
        "bad.csv: line 3, column 'y': 'four' is no number\n"
        "hint: a column is all numbers or all text, and line 2 has the number '2'",
    ),
    "a word between": (
        "x,y\n1,nan\n3,four\n5,6\n",
        "bad.csv: line 3, column 'y': 'four' is no number\n"
        "hint: a column is all numbers or all text, and line 4 has the number '6'",
    ),
    "lines inside quotes count": (
        'x,y\n1,"2\n"\n"\r\n3",4\n5,six\n',
        "bad.csv: line 6, column 'y': 'six' is no number\n"
        "hint: a column is all numbers or all text, and line 2 has the number '2'",
    ),
    "an underscore": (
        "x,y\n1,1_000\n2,3\n",
        "bad.csv: line 2, column 'y': '1_000' is no number\nhint: write 1000",
    ),
    "digits that look alike": (
        "x,y\n1,١\n2,3\n",
        "bad.csv: line 2, column 'y': '١' has other digits than 0 to 9\nhint: write 1",
    ),
    "a no-break space": (
        "x,y\n1,2\n3,\xa04\n",
        "bad.csv: line 3, column 'y': '\xa04' has U+00A0 in it\nhint: write 4",
    ),
    "a decimal comma": (
        'x,y\n1,"1,5"\n2,3\n',
        "bad.csv: line 2, column 'y': '1,5' is no number\nhint: write 1.5",
    ),
    "control characters": (
        "x,y\n1,\x1b[31m\n2,3\n",
        "bad.csv: line 2, column 'y': '\\x1b[31m' is no number\n"
        "hint: a column is all numbers or all text, and line 3 has the number '3'",
    ),
    "an empty cell": (
        "x,y\n1,2\n3,\n",
        "bad.csv: line 3, column 'y': the cell is empty\nhint: --missing drop leaves such rows out",
    ),
    "a blank cell": (
        "x,y\n1, \n3,4\n",
        "bad.csv: line 2, column 'y': the cell is empty\nhint: --missing drop leaves such rows out",
    ),
    "an empty cell among words": (
        "x,y\n1,a\n3,\n",
        "bad.csv: line 3, column 'y': the cell is empty\nhint: --missing drop leaves such rows out",
    ),
    "a blank line": (
        "x,y\n1,2\n\n3,4\n",
        "bad.csv: line 3 is blank\nhint: blank lines may only stand at the end",
    ),
    "a blank first line": (
        "\nx,y\n1,2\n",
        "bad.csv: line 1 is blank\nhint: blank lines may only stand at the end",
    ),
    "empty": ("", "bad.csv is empty"),
    "only newlines": ("\n \r\n\n", "bad.csv is empty"),
    "only a mark": ("\ufeff", "bad.csv is empty"),
    "a header only": ("x,y\n", "bad.csv has a header and no rows"),
    "a header and blank lines": ("x,y\n\n\n", "bad.csv has a header and no rows"),
    "a missing column": (
        "a,b\n1,2\n",
        "bad.csv has no column 'x'\nhint: the columns are 'a', 'b'",
    ),
    "a missing column that is near": (
        "X,y\n1,2\n",
        "bad.csv has no column 'x'\nhint: did you mean 'X'?",
    ),
    "no header": (
        "1,2\n3,4\n",
        "bad.csv has no column 'x'\nhint: its first line must name the columns",
    ),
    "a name twice": ("x,x\n1,2\n", "bad.csv has two columns named 'x'"),
    "semicolons and decimal commas": (
        "x;y\n2;2\n1,5;2\n",
        "bad.csv: line 3, column 'x': '1,5' is no number\nhint: write 1.5",
    ),
    "bars": (
        "x|y\n1|2\n",
        "bad.csv has one column, 'x|y': its cells are separated by bars\nhint: save it with commas",
    ),
    "an open quote": (
        'x,y\n1,2\n3,"4\n5,6\n',
        "bad.csv: the quote opened in line 3 is never closed",
    ),
    "a quote open after one over two lines": (
        'x,y\n"1\n","2"\n"""\n",",\n',
        "bad.csv: the quote opened in line 5 is never closed",
    ),
    "a quote that pairs with a later one": (
        'x,y\n1,"2\n3,"4"\n',
        "bad.csv: the quote opened in line 2 is closed in the middle of a cell\n"
        'hint: inside quotes a quote is doubled: "5"" pipe"',
    ),
    "a quote open over a long text": (
        "x,y\n" + '1,"' + "2,3\n" * 50_000,
        "bad.csv: line 2 begins a cell of more than 131072 characters\nhint: is a quote left open?",
    ),
    "UTF-16": ("x,y\n1,2\n".encode("utf-16"), "bad.csv is UTF-16 text\nhint: save it as UTF-8"),
    "UTF-32": ("x,y\n1,2\n".encode("utf-32"), "bad.csv is UTF-32 text\nhint: save it as UTF-8"),
    "UTF-16 without a mark": (
        "x,y\n1,2\n".encode("utf-16-le"),
        "bad.csv has a NUL byte at offset 1 (line 1)\n"
        "hint: is it binary, or UTF-16? save it as UTF-8 text",
    ),
    "Latin-1": (
        b"x,y\n1,2\n3,caf\xe9\n",
        "bad.csv is not UTF-8: byte 0xe9 at offset 13 (line 3)\nhint: save it as UTF-8",
    ),
    "Latin-1 after a mark": (
        b"\xef\xbb\xbfx,y\n1,\xe9\n",
        "bad.csv is not UTF-8: byte 0xe9 at offset 9 (line 2)\nhint: save it as UTF-8",
    ),
    "NUL": (
        "x,y\n1,2\n3,\0\n",
        "bad.csv has a NUL byte at offset 10 (line 3)\n"
        "hint: is it binary, or UTF-16? save it as UTF-8 text",
    ),
    "gzip": (
        b"\x1f\x8b\x08\0",
        "bad.csv is a gzip file, not text\nhint: end its name in .gz",
    ),
    "Excel": (
        b"PK\x03\x04\x14\0",
        "bad.csv is a zip file or an Excel workbook (.xlsx), not text\nhint: save the sheet as CSV",
    ),
    "Parquet": (
        b"PAR1\x15\0",
        "bad.csv is a Parquet file, not text\nhint: end its name in .parquet",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_text_says_where(write, refused, case):
    content, said = BAD[case]
    assert refused(read, write("bad.csv", content), "x", "y") == said


def test_errors_far_down_name_their_line(write, refused):
    rows = "".join(f"{i},{i}\n" for i in range(10_000))
    path = write("bad.csv", f'x,y\n{rows}"\n1",1\n2,two\n')
    said = refused(read, path, "y")
    assert said.splitlines()[0] == "bad.csv: line 10004, column 'y': 'two' is no number"
    path = write("bad.csv", f"x,y\n{rows}1\n{rows}")
    assert refused(read, path, "y") == "bad.csv: line 10002 has 1 cell, the header has 2: '1'"
    path = write("bad.csv", f"x,y\n{rows}\n{rows}")
    assert refused(read, path, "y").splitlines()[0] == "bad.csv: line 10002 is blank"
    path = write("bad.csv", f'x,y\n{rows}1,"2\n')
    assert refused(read, path, "y") == "bad.csv: the quote opened in line 10002 is never closed"


def test_a_long_cell_is_cut_in_the_message(write, refused):
    path = write("bad.csv", "x\n1\n" + "a" * 500 + "\n")
    assert f"'{'a' * 60}…' is no number" in refused(read, path, "x")


def test_files_that_are_none(here, refused):
    assert refused(open_table, ["no.csv"]) == "no.csv: no such file\nhint: check the path"
    assert refused(open_table, [""]) == "'' is no name of a file"
    (here / "dir.csv").mkdir()
    assert refused(open_table, ["dir.csv"]).startswith("dir.csv holds no data")
    os.mkfifo("pipe.npz")
    expected = "pipe.npz is no regular file\nhint: save the data to a file first"
    assert refused(open_table, ["pipe.npz"]) == expected
    said = refused(open_table, ["iris.xlsx"])
    assert said.startswith("iris.xlsx: data is read from .csv, .tsv, .parquet, .arrow, .feather, ")
    said = refused(open_table, ["x.npy"])
    assert said == "x.npy is one array, which needs a name\nhint: --data x=x.npy"


def test_an_equals_sign_in_the_name_of_a_file(write, refused):
    assert lists(read(write("lr=0.1.csv", "x\n1\n"), "x")) == {"x": [1]}
    write("d.csv", "x\n1\n")
    expected = "X=d.csv: only a .npy array is given a name\nhint: --data d.csv brings its own names"
    assert refused(open_table, ["X=d.csv"]) == expected


def test_the_home_folder(write, here, monkeypatch):
    monkeypatch.setenv("HOME", str(here))
    write("d.csv", "x\n1\n")
    np.save("x.npy", np.arange(1.0))
    table = open_table(["~/d.csv", "z=~/x.npy"])
    table.read(["x", "z"])
    assert lists(table) == {"x": [1], "z": [0]}


def test_known_classes_number_new_data(write, refused):
    known = {"kind": ["a", "b", "c"]}
    path = write("new.csv", "x,kind\n1,c\n2,a\n")
    table = read(path, "kind", classes=known)
    assert lists(table) == {"kind": [2, 0]}
    assert table.classes == known
    path = write("new.csv", "x,kind\n1,setosa\n2,setos\n")
    said = refused(read, path, "kind", classes={"kind": ["setosa", "virginica"]})
    assert said == (
        "new.csv: line 3, column 'kind': 'setos' is not one of the classes\n"
        "hint: did you mean 'setosa'?"
    )
    path = write("new.csv", "x,kind\n1,7\n")
    assert refused(read, path, "kind", classes=known) == (
        "new.csv: line 2, column 'kind': '7' is not one of the classes\n"
        "hint: the classes are 'a', 'b', 'c'"
    )
    path = write("new.csv", "x,kind\n1,\n")
    said = refused(read, path, "kind", classes=known)
    assert (
        said == "new.csv: line 2, column 'kind': the cell is empty\n"
        "hint: --missing drop leaves such rows out"
    )


def test_a_column_that_was_numbers_must_be_again(write, refused):
    path = write("new.csv", "x,y\na,1\nb,2\n")
    said = refused(read, path, "x", numeric={"x"})
    assert said == "new.csv: line 2, column 'x': 'a' is no number"
    assert lists(read(path, "y", numeric=["y"])) == {"y": [1, 2]}


def test_columns_of_text_share_one_list_of_classes(write):
    path = write("d.csv", "a,b,c,n,d\nx,y,q,1,x\nz,x,y,2,y\n")
    table = read(path, "a", "b", "c", "n", "d")
    table.share_classes(["a", "n", "b"])
    assert table.classes["a"] == table.classes["b"] == ["x", "y", "z"]
    assert lists(table) == {"a": [0, 2], "b": [1, 0], "c": [0, 1], "n": [1, 2], "d": [0, 1]}
    table.share_classes(["c", "b"])
    assert table.classes["a"] == table.classes["b"] == table.classes["c"] == ["q", "x", "y", "z"]
    assert lists(table) == {"a": [1, 3], "b": [2, 1], "c": [0, 2], "n": [1, 2], "d": [0, 1]}
    table.share_classes(["n"])
    assert table.classes["d"] == ["x", "y"]


def test_columns_that_share_equal_classes_stay_together(write):
    table = read(write("d.csv", "a,b,c\nx,y,z\ny,x,z\n"), "a", "b", "c")
    table.share_classes(["a", "b"])
    table.share_classes(["b", "c"])
    assert table.classes["a"] == ["x", "y", "z"]
    assert lists(table) == {"a": [0, 1], "b": [1, 0], "c": [2, 2]}


def test_every_column_of_numbers(write):
    table = open_table([write("d.csv", "a,b,k,c\n1,2,u,3\n4,5,v,6\n")])
    assert table.read_numeric({"b"}) == ["a", "c"]
    assert lists(table) == {"a": [1, 4], "c": [3, 6]}
    assert table.classes == {}
    table.read(["k"])
    assert table.read_numeric() == ["a", "b", "c"]
    assert table.classes == {"k": ["u", "v"]}


def test_arrays_of_an_archive(here, refused):
    np.savez(
        "d.npz", X=np.arange(6, dtype=np.float32).reshape(3, 2), y=np.array([1, 0, 1]),
        k=np.array(["b", "a", "b"]), s=np.float64(4), z=np.arange(2), c=np.array([1j] * 3),
        o=np.array([None] * 3), e=np.empty((0, 2)), t=np.array([True, False, True]),
    )  # fmt: skip
    table = read("d.npz", "X", "y", "k", "t")
    assert table.rows == 3
    assert table.names[:3] == ["X", "y", "k"]
    assert lists(table) == {
        "X": [[0, 1], [2, 3], [4, 5]], "y": [1, 0, 1], "k": [1, 0, 1], "t": [True, False, True],
    }  # fmt: skip
    assert table.classes == {"k": ["a", "b"]}
    taken = table.take("X", np.array([2, 0]))
    assert taken.dtype == np.float64
    assert taken.tolist() == [[4, 5], [0, 1]]
    assert table.place("X", 1) == "d.npz['X'][1]"
    assert refused(table.read, ["s"]) == "d.npz['s'] is a single number, a column has rows"
    assert refused(table.read, ["e"]) == "d.npz['e'] has no rows"
    assert refused(table.read, ["c"]) == "d.npz['c'] holds complex numbers, not numbers"
    assert refused(table.read, ["o"]) == "d.npz['o'] holds Python objects, which are never loaded"
    assert refused(table.read, ["z"]) == "d.npz['X'] has 3 rows, d.npz['z'] has 2"
    assert refused(table.read, ["XX"]) == "d.npz has no column 'XX'\nhint: did you mean 'X'?"
    assert refused(read, "d.npz", "k", numeric={"k"}) == "d.npz['k'] holds text, not numbers"
    assert refused(read, "d.npz", "k", classes={"k": ["a"]}) == (
        "d.npz['k'][0]: 'b' is not one of the classes\nhint: the classes are 'a'"
    )
    assert refused(read, "d.npz", "y", classes={"y": ["a"]}) == (
        "d.npz['y'] holds numbers, not names of classes"
    )
    known = {"k": ["c", "b", "a"]}
    assert lists(read("d.npz", "k", classes=known)) == {"k": [1, 2, 1]}


def test_an_archive_tells_its_numeric_columns_by_their_headers(here):
    others = {"s": np.float64(1), "o": np.array([None, 1]), "k": np.array(["u", "v"])}
    np.savez("d.npz", a=np.arange(2), **others)
    table = open_table(["d.npz"])
    assert table.read_numeric() == ["a"]
    assert table.rows == 2


def test_an_empty_archive(here, refused):
    np.savez("d.npz")
    assert refused(open_table, ["d.npz"]) == "d.npz is empty"


def test_arrays_stay_on_disk(here, refused):
    np.save("x.npy", np.arange(12, dtype=">i4").reshape(4, 3))
    np.save("y.npy", np.arange(4.0))
    np.save("z.npy", np.arange(5.0))
    table = open_table(["X=x.npy", "y=y.npy"])
    assert table.names == ["X", "y"]
    assert table.rows == 4
    table.read(["X", "y"])
    assert isinstance(table.column("X"), np.memmap)
    assert not table.column("y").flags.writeable
    assert table.take("X", slice(1, 3)).tolist() == [[3, 4, 5], [6, 7, 8]]
    assert table.take("X", np.array([3, 0])).dtype == np.float64
    assert table.place("y", 2) == "y.npy[2]"
    both = open_table(["y=y.npy", "z=z.npy"])
    assert refused(both.read, ["y", "z"]) == "y.npy has 4 rows, z.npy has 5"
    assert refused(open_table, ["y=y.npy", "y=z.npy"]) == "two data files have a column named 'y'"
    assert refused(both.read, ["w"]) == "the data has no column 'w'\nhint: the columns are 'y', 'z'"


def test_one_row_of_an_array_larger_than_the_memory_it_may_take(here):
    """32 GiB in a sparse file: whoever read it whole would not come back."""
    array = np.lib.format.open_memmap("big.npy", mode="w+", dtype=np.float32, shape=(2**20, 4))
    array[12345] = 7
    array.flush()
    del array
    header = Path("big.npy").read_bytes()[:128]
    grown = header.replace(b"(1048576, 4), }" + b" " * 8, b"(2147483648, 4), }" + b" " * 5)
    assert len(grown) == 128
    with open("big.npy", "r+b") as stream:
        stream.write(grown)
        stream.truncate(128 + 2**31 * 16)
    table = open_table(["X=big.npy"])
    assert table.rows == 2**31
    assert table.take("X", np.array([12345, 2**31 - 1])).tolist() == [[7] * 4, [0] * 4]
    assert len(table.fingerprint(["X"])) == 32


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.float64(1), "x.npy is a single number, a column has rows"),
        (np.empty((0, 3)), "x.npy has no rows"),
        (np.array([None]), "x.npy holds Python objects, which are never loaded"),
        (np.array([1j]), "x.npy holds complex numbers, not numbers"),
        (np.array(["2020-01-01"], "M8[D]"), "x.npy holds dates, not numbers"),
        (np.array([(1, 2)], "i4,i4"), "x.npy holds records, not numbers"),
    ],
)
def test_arrays_that_are_no_columns(here, refused, array, said):
    np.save("x.npy", array, allow_pickle=True)
    assert refused(lambda: open_table(["X=x.npy"]).read(["X"])) == said


def test_names_in_a_mapped_array_are_classes(here):
    np.save("k.npy", np.array([["b", "a"], ["a", "c"]]))
    table = open_table(["k=k.npy"])
    table.read(["k"])
    assert table.classes == {"k": ["a", "b", "c"]}
    assert lists(table) == {"k": [[1, 0], [0, 2]]}


def test_files_of_several_kinds_side_by_side(write, refused):
    write("d.csv", "x,k\n1,a\n2,b\n")
    np.savez("e.npz", E=np.eye(2))
    np.save("y.npy", np.arange(2))
    table = open_table(["d.csv", "e.npz", "y=y.npy"])
    table.read(table.names)
    assert lists(table) == {"x": [1, 2], "k": [0, 1], "E": [[1, 0], [0, 1]], "y": [0, 1]}
    np.savez("e.npz", E=np.eye(3))
    assert refused(open_table(["d.csv", "e.npz"]).read, ["x", "E"]) == (
        "d.csv has 2 rows, e.npz['E'] has 3"
    )


def test_the_place_of_a_cell(write):
    path = write("d.csv", 'x,y\n1,2\n"3\n",4\n' + "5,nan\n" * 5000)
    table = read(path, "y")
    assert table.place("y", 0) == "d.csv: line 2, column 'y'"
    assert table.place("y", 1) == "d.csv: line 3, column 'y'"
    assert table.place("y", 2) == "d.csv: line 5, column 'y'"
    assert table.place("y", 4711) == "d.csv: line 4714, column 'y'"


def test_a_fingerprint_tells_data_apart(write):
    def fingerprint(text, *names, name="d.csv"):
        return read(write(name, text), *names).fingerprint(names)

    one = fingerprint("x,k\n1,a\n2,b\n", "x", "k")
    assert fingerprint("k,x,z\na,1,0\nb,2.0,0\n", "k", "x", name="e.csv") == one
    others = [
        fingerprint("x,k\n1,a\n2.0000000000000004,b\n", "x", "k"),
        fingerprint("x,k\n2,b\n1,a\n", "x", "k"),
        fingerprint("x,k\n1,a\n2,c\n", "x", "k"),
        fingerprint("x,j\n1,a\n2,b\n", "x", "j"),
    ]
    assert len({one, *others}) == 5


def test_a_file_that_is_read_twice_says_the_same(write, refused):
    path = write("bad.csv", "x,y\n1,2\n3\n")
    table = open_table([path])
    assert refused(lambda: table.rows) == refused(table.read, ["x"])


CELLS = st.floats(width=64) | st.integers(-(10**30), 10**30)


@QUIET
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=30))
def test_numbers_come_back_bit_for_bit(write, rows):
    path = write("d.csv", "x,y\n" + "".join(f"{a!r},{b!r}\n" for a, b in rows))
    table = read(path, "x", "y")
    expected = np.array([[float(a), float(b)] for a, b in rows])
    got = np.stack([table.column("x"), table.column("y")], axis=1)
    np.testing.assert_array_equal(got, expected)
    assert (np.isnan(expected) | (np.signbit(got) == np.signbit(expected))).all()


CELL = st.sampled_from(["1", " 2.5", "nan", "-inf ", "a", "b ", "\xa03", "1_0", "٣", "é", "\x1c4"])


KNOWN = ("1", "2.5", "nan", "-inf")


def spelled(cell):
    """The number of a cell, judged apart from the code under test."""
    return float(cell) if cell.isascii() and cell.strip(" ") in KNOWN else None


@QUIET
@given(cells=st.lists(CELL, min_size=1, max_size=6))
def test_a_column_is_all_numbers_or_all_text(write, attempt, cells):
    def read_column(path):
        table = read(path, "k")
        return table.column("k").tolist(), table.classes.get("k")

    got = attempt(read_column, write("d.csv", "k\n" + "".join(f'"{cell}"\n' for cell in cells)))
    values = [spelled(cell) for cell in cells]
    if None not in values:
        np.testing.assert_array_equal(got[0], values)
        assert got[1] is None
    elif any(value is not None and math.isfinite(value) for value in values):
        line = values.index(None) + 2
        assert got.startswith(f"d.csv: line {line}, column 'k': ")
    else:
        words = [cell.strip(" ") for cell in cells]
        assert got[1] == sorted(set(words))
        assert [got[1][int(code)] for code in got[0]] == words


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(
    lambda word: word == word.strip(" \t\r\n\v\f") and not any(c.isdigit() for c in word)
)


@QUIET
@given(words=st.lists(WORDS, min_size=1, max_size=20), tab=st.booleans())
def test_any_words_are_classes(write, words, tab):
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    name, delimiter = ("d.tsv", "\t") if tab else ("d.csv", ",")
    text = "".join(f"{index}{delimiter}{word}\r\n" for index, word in enumerate(quoted))
    table = read(write(name, f"n{delimiter}k\r\n{text}"), "k", "n")
    if "k" in table.classes:
        classes = table.classes["k"]
        assert classes == sorted(set(words))
        assert [classes[int(code)] for code in table.column("k")] == words
    else:
        assert all(word.lower().lstrip("+-") in ("nan", "inf", "infinity") for word in words)


@settings(QUIET, max_examples=300)
@given(data=st.binary(max_size=60) | st.text('xy,;"\n\r\t 1.e\0é', max_size=40).map(str.encode))
def test_any_bytes_are_a_table_or_a_data_error(write, attempt, data):
    def read_all(path):
        table = open_table([path])
        table.read(table.names)
        return table.rows, [len(array) for array in table.columns.values()]

    got = attempt(read_all, write("any.csv", data))
    if isinstance(got, str):
        assert got.startswith("any.csv")
    else:
        rows, lengths = got
        assert rows > 0
        assert set(lengths) <= {rows}


def test_two_hundred_thousand_rows_take_little_more_than_their_arrays(here):
    rng = random.Random(0)
    numbers = [rng.gauss(0, 1) for _ in range(1000)]
    with open("d.csv", "w") as stream:
        stream.write("a,b,c,d,k\n")
        for i in range(200_000):
            x = numbers[i % 1000]
            stream.write(f"{x!r},{i},{x:.3f},not read,{'uvw'[i % 3]}\n")
    np.zeros(1)
    tracemalloc.start()
    table = open_table(["d.csv"])
    table.read(["a", "k"])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert table.rows == 200_000
    assert table.column("a").tolist() == numbers * 200
    assert table.column("k").tolist() == [0, 1, 2] * 66_666 + [0, 1]
    assert peak < 4 * 2 * 200_000 * 8


SETTLED = "x,y\n" + "1,2\n" * 12
"""More than the first block, so that both columns are known to hold numbers."""


@pytest.fixture
def blocks(monkeypatch):
    """Plain lines are read some 40 characters at a time."""
    monkeypatch.setattr("gradcli.data.delimited._BLOCK", 40)


@QUIET
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=30))
def test_plain_lines_come_back_bit_for_bit(blocks, write, rows):
    path = write("d.csv", SETTLED + "".join(f"{a!r},{b!r}\n" for a, b in rows))
    table = read(path, "y", "x")
    expected = np.array([[float(b), float(a)] for a, b in rows])
    got = np.stack([table.column("y"), table.column("x")], axis=1)[12:]
    np.testing.assert_array_equal(got, expected)
    assert (np.isnan(expected) | (np.signbit(got) == np.signbit(expected))).all()


@settings(QUIET, max_examples=300)
@given(tail=st.text('0123456789.,,,+-eEnaif_(); \t\n\n\r"é٣', max_size=60), tab=st.booleans())
@pytest.mark.parametrize("width", [1, 2])
def test_plain_lines_say_what_careful_reading_says(write, attempt, monkeypatch, tail, tab, width):
    """A block that holds the whole file is read cell by cell."""

    def read_all(path):
        table = read(path, *"xy"[:width])
        return {name: array.tolist() for name, array in table.columns.items()}, table.classes

    text = (SETTLED if width == 2 else "x\n" + "1\n" * 30) + tail
    path = write("d.tsv", text.replace(",", "\t")) if tab else write("d.csv", text)
    found = []
    for size in (40, 1 << 16):
        monkeypatch.setattr("gradcli.data.delimited._BLOCK", size)
        found.append(repr(attempt(read_all, path)))
    assert found[0] == found[1]


@pytest.mark.parametrize("later", ["0", '"', '1,"2"3', "\n1,2", "1,\0"])
def test_of_two_faults_the_first_is_told(write, attempt, monkeypatch, later):
    """Whatever the size of the blocks, and also where the later one is of another kind."""
    path = write("d.csv", SETTLED + "3,\n" + "1,2\n" * 10 + later + "\n")
    for size in (40, 1 << 16):
        monkeypatch.setattr("gradcli.data.delimited._BLOCK", size)
        with pytest.raises(DataError, match="line 14, column 'y': the cell is empty"):
            read(path, "x", "y")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("3,4,5", "d.csv: line 14 has 3 cells, the header has 2: '3,4,5'"),
        ("3,", "d.csv: line 14, column 'y': the cell is empty"),
        ("3,nan(1)", "d.csv: line 14, column 'y': 'nan(1)' is no number"),
        ("1_0,4", "d.csv: line 14, column 'x': '1_0' is no number"),
        ("2024-01-02,4", "d.csv: line 14, column 'x': '2024-01-02' is no number"),
        ("٣,4", "d.csv: line 14, column 'x': '٣' has other digits than 0 to 9"),
        ("\n3,4", "d.csv: line 14 is blank"),
    ],
)
def test_errors_among_plain_lines_name_their_cell(blocks, write, refused, row, said):
    path = write("d.csv", SETTLED + row + "\n5,6\n")
    assert refused(read, path, "x", "y").startswith(said)


def test_quotes_after_plain_lines(blocks, write):
    table = read(write("d.csv", SETTLED + '"3","4"\n5,6\n'), "x", "y")
    assert table.column("x").tolist()[-2:] == [3, 5]
    assert table.place("x", 13) == "d.csv: line 15, column 'x'"


@pytest.mark.parametrize("separator", [";", "\t"])
def test_the_header_shows_what_separates_cells(write, separator):
    text = "x,y\n1,2\n3,4\n".replace(",", separator)
    assert lists(read(write("d.csv", text), "x", "y")) == {"x": [1, 3], "y": [2, 4]}
    quoted = f'"a,b"{separator}y\n1{separator}2\n'
    assert lists(read(write("d.csv", quoted), "a,b")) == {"a,b": [1]}


def test_a_packed_file(write, refused):
    packed = gzip.compress(b"x,y\n" + b"1,2\n" * 5000)
    assert read(write("d.csv.gz", packed), "y").columns["y"].sum() == 10_000
    assert lists(read(write("d.TSV.GZ", gzip.compress(b"x\ty\n1\t2\n")), "y")) == {"y": [2]}
    cut = refused(read, write("d.csv.gz", packed[: len(packed) // 2]), "y")
    assert cut == "d.csv.gz is cut off\nhint: pack it again"
    other = refused(read, write("d.csv.gz", b"x,y\n1,2\n"), "y")
    assert other == "d.csv.gz is damaged, or no gzip file\nhint: pack it again"
    damaged = bytearray(packed)
    damaged[len(damaged) // 2] ^= 0xFF
    assert refused(read, write("d.csv.gz", bytes(damaged)), "y").startswith("d.csv.gz is ")


def test_a_pipe_is_read_once_and_its_errors_still_have_a_line(here, refused):
    os.mkfifo("pipe")

    def fill(text):
        threading.Thread(target=lambda: Path("pipe").write_text(text), daemon=True).start()

    fill("x,y\n1,2\n3,4\n")
    table = open_table(["pipe"])
    table.read(["x"])
    table.read(["y"])
    assert lists(table) == {"x": [1, 3], "y": [2, 4]}
    assert table.place("y", 1) == "pipe: line 3, column 'y'"
    fill("x\n1\ntwo\n")
    assert refused(read, "pipe", "x").startswith("pipe: line 3, column 'x': 'two' is no number")


GAPS = "x,y,c\n0,1,a\n1,3,b\n,9,a\n2,5,\nNA,3,b\n4,nan,c\n"


def gaps(path, by, *names):
    table = open_table([path])
    table.allow_gaps()
    table.read(names)
    return table, table.fill(by)


def test_rows_with_missing_cells_are_left_out(write):
    table, found = gaps(write("d.csv", GAPS), "drop", "x", "y")
    assert lists(table) == {"x": [0, 1, 2], "y": [1, 3, 5]}
    assert str(found) == "3 of 6 rows have missing cells and are left out (x 2, y 1)"
    assert table.place("x", 2) == "d.csv: line 5, column 'x'"
    table, found = gaps(write("d.csv", GAPS), "drop", "c", "y")
    assert lists(table) == {"c": [0, 1, 0, 1], "y": [1, 3, 9, 3]}
    assert table.classes == {"c": ["a", "b", "c"]}
    assert found.columns == {"c": 1, "y": 1}


def test_missing_cells_get_the_mean_of_their_column(write, refused):
    table, found = gaps(write("d.csv", GAPS), "mean", "x", "y")
    assert lists(table)["x"] == [0, 1, 7 / 4, 2, 7 / 4, 4]
    assert lists(table)["y"] == [1, 3, 9, 5, 3, 21 / 5]
    assert "missing cells, which are given the mean of their column (x 2, y 1)" in str(found)
    said = refused(gaps, write("d.csv", GAPS), "mean", "c")
    assert said.splitlines()[0] == "d.csv: column 'c' is text, which has no mean"
    said = refused(gaps, write("d.csv", "x,y\n,1\nNA,2\n"), "mean", "x")
    assert said == "d.csv: column 'x' has no numbers to take the mean of"


def test_no_gap_and_nothing_but_gaps(write, refused):
    table, found = gaps(write("d.csv", "x,y\n1,2\n"), "drop", "x")
    assert (lists(table), str(found)) == ({"x": [1]}, "")
    said = refused(gaps, write("d.csv", "x,y\n,1\n1,\n"), "drop", "x", "y")
    assert said == "every row has a missing cell\nhint: use --missing mean"
