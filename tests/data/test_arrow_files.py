"""Parquet, Arrow and Feather files, and folders of parts: the same tables as CSV files hold."""

from __future__ import annotations

import builtins
import sys

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from gradcli.data.tables import open_table

pytestmark = pytest.mark.arrow


def save(table, path):
    if path.endswith(".parquet"):
        parquet.write_table(table, path, row_group_size=2)
    elif path.endswith(".feather"):
        feather.write_feather(table, path)
    else:
        maker = pa.ipc.new_stream if path.startswith("stream") else pa.ipc.new_file
        with maker(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
    return path


def read(path, *names, gaps="", **options):
    table = open_table([path])
    if gaps:
        table.allow_gaps()
    table.read(names, **options)
    if gaps:
        table.fill(gaps)
    return table


KINDS = pytest.mark.parametrize("path", ["d.parquet", "d.arrow", "d.feather", "stream.arrow"])
X = [0.1, -0.0, float("inf"), 1e-320, 2.5]
KIND = ["oak", "ash", "elm é", "oak", "ash"]


def trees():
    return pa.table(
        {
            "x": X,
            "n": pa.array([1, 2, 2**53 + 1, 4, 5], pa.int64()),
            "b": [True, False, True, True, False],
            "half": pa.array([1, 2, 3, 4, 5], pa.float32()),
            "kind": KIND,
            "code": pa.array(KIND).dictionary_encode(),
            "day": pa.array([1, 2, 3, 4, 5], pa.date32()),
        }
    )


@KINDS
def test_every_kind_of_column(here, path):
    table = read(save(trees(), path), "code", "x", "n", "b", "half", "kind")
    assert table.rows == 5
    assert table.column("x").tobytes() == np.array(X).tobytes()
    assert table.column("n").tolist() == [1, 2, float(2**53 + 1), 4, 5]
    assert table.column("b").tolist() == [1, 0, 1, 1, 0]
    assert table.column("half").tolist() == [1, 2, 3, 4, 5]
    for name in ("kind", "code"):
        assert table.classes[name] == ["ash", "elm é", "oak"]
        assert table.column(name).tolist() == [2, 0, 1, 2, 0]
    assert table.names == trees().column_names
    assert open_table([path]).read_numeric() == ["x", "n", "b", "half"]
    assert table.place("x", 3) == f"{path}: row 3, column 'x'"


@KINDS
def test_columns_that_are_none(here, refused, path):
    save(trees(), path)
    assert refused(read, path, "day").startswith(f"{path}: column 'day' holds date32[day], not num")
    assert refused(read, path, "kind", numeric=["kind"]).startswith(
        f"{path}: column 'kind' holds text, not numbers"
    )
    assert "holds numbers, not names" in refused(read, path, "x", classes={"x": ["a"]})
    said = refused(read, path, "kind", classes={"kind": ["oak", "ash", "elm"]})
    assert said.startswith(f"{path}: row 2, column 'kind': 'elm é' is not one of the classes")
    assert "did you mean 'kind'" in refused(read, path, "kin")


def test_known_classes_keep_their_order(here):
    path = save(trees(), "d.parquet")
    table = read(path, "kind", classes={"kind": ["yew", "oak", "elm é", "ash"]})
    assert table.column("kind").tolist() == [1, 3, 2, 1, 3]
    assert table.classes["kind"] == ["yew", "oak", "elm é", "ash"]


@KINDS
def test_nulls_are_missing_cells(here, refused, path):
    gappy = pa.table({"x": [1.0, None, 3.0, 5.0], "k": ["a", "b", None, "c"], "o": [None] * 4})
    save(gappy, path)
    for name, row in (("x", 1), ("k", 2), ("o", 0)):
        said = refused(read, path, name)
        assert said == (
            f"{path}: row {row}, column '{name}': the cell is empty\n"
            "hint: --missing drop leaves such rows out"
        )
    table = read(path, "x", "k", gaps="drop")
    assert table.columns["x"].tolist() == [1, 5]
    assert table.columns["k"].tolist() == [0, 2]
    assert table.classes["k"] == ["a", "b", "c"]
    assert read(path, "x", gaps="mean").columns["x"].tolist() == [1, 3, 3, 5]


@pytest.mark.parametrize(
    ("path", "kind"), [("d.parquet", "Parquet"), ("d.arrow", "Arrow"), ("d.feather", "Feather")]
)
def test_damage_is_a_message(here, refused, path, kind):
    whole = (here / save(trees(), path)).read_bytes()
    damaged = f"{path} is no {kind} file, or a damaged one"
    for content in (b"", b"x,y\n1,2\n", whole[:-9], whole[: len(whole) // 2], whole[40:]):
        (here / path).write_bytes(content)
        assert refused(read, path, "x", "kind").startswith(damaged)
    assert refused(read, f"no.{path}", "x").startswith(f"no.{path}: no such file")


def test_any_flipped_byte_is_a_table_or_a_message(here, attempt):
    for path in ("d.parquet", "d.arrow"):
        whole = (here / save(trees(), path)).read_bytes()
        for place in range(0, len(whole), 7):
            content = bytearray(whole)
            content[place] ^= 0xFF
            (here / path).write_bytes(content)
            found = attempt(read, path, "x", "kind")
            assert not isinstance(found, str) or path in found


def test_an_empty_table(here, refused):
    assert refused(open_table, [save(trees().slice(0, 0), "d.parquet")]) == "d.parquet has no rows"


def test_without_pyarrow(here, refused, monkeypatch):
    path = save(trees(), "d.parquet")
    imported = builtins.__import__

    def without(name, *others):
        if name.split(".")[0] == "pyarrow":
            raise ModuleNotFoundError(name=name)
        return imported(name, *others)

    for name in [name for name in sys.modules if name.split(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    assert 'hint: pip install "gradcli[parquet]"' in refused(open_table, [path])


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet", ".arrow"])
def test_a_folder_of_parts(here, refused, ending):
    (here / "parts").mkdir()
    (here / "parts" / "_SUCCESS").write_text("")
    (here / "parts" / ".hidden.csv").write_text("z\n")
    parts = {"b": ([3.0, 4.0], ["oak", "ash"]), "a": ([1.0, 2.0], ["elm", "elm"])}
    for name, (numbers, words) in parts.items():
        path = f"parts/{name}{ending}"
        mark = "\t" if ending == ".tsv" else ","
        if ending in (".csv", ".tsv"):
            lines = [f"x{mark}k", *(f"{x!r}{mark}{k}" for x, k in zip(numbers, words))]
            (here / path).write_text("\n".join(lines))
        else:
            save(pa.table({"x": numbers, "k": words}), path)
    table = read("parts", "x", "k")
    assert table.rows == 4
    assert table.column("x").tolist() == [1, 2, 3, 4]
    assert table.classes["k"] == ["ash", "elm", "oak"]
    assert table.column("k").tolist() == [1, 1, 2, 0]
    assert f"parts/b{ending}: " in table.place("k", 3)
    assert read("parts/", "k", classes={"k": ["oak", "elm", "ash"]}).column("k").tolist() == [
        1, 1, 0, 2,
    ]  # fmt: skip
    assert "'ash' is not one of the classes" in refused(
        read, "parts", "k", classes={"k": ["oak", "elm"]}
    )


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "parts holds no data\nhint: its parts end in .csv, .tsv, .parquet"),
        ({"a.txt": "x\n1\n"}, "parts holds no data"),
        ({"a.csv": "x\n1\n", "b.tsv": "x\n1\n"}, "parts holds .csv, .tsv files, and a table has"),
        (
            {"a.csv": "x\n1\n", "b.csv": "y\n1\n"},
            "parts/b.csv has the columns 'y', and parts/a.csv",
        ),
        (
            {"a.csv": "x\n1\n", "b.csv": "x\noak\n"},
            "column 'x' is text in parts/b.csv, and numbers",
        ),
        ({"a.csv": "x\n1\n", "b.csv": "x\n1,\n"}, "parts/b.csv: line 2 has 2 cells"),
    ],
)
def test_folders_that_are_none(here, refused, files, said):
    (here / "parts").mkdir()
    for name, text in files.items():
        (here / "parts" / name).write_text(text)
    assert refused(read, "parts", "x").startswith(said)


def test_missing_cells_in_parts(here):
    (here / "parts").mkdir()
    (here / "parts" / "1.csv").write_text("x,k\n1,a\n,b\n")
    (here / "parts" / "2.csv").write_text("x,k\n3,\n7,c\n")
    table = read("parts", "x", "k", gaps="drop")
    assert table.columns["x"].tolist() == [1, 7]
    assert table.columns["k"].tolist() == [0, 2]
