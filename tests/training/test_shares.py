"""Data that several processes read together, here threads that play them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from gradcli.data.later import Later
from gradcli.data.tables import Table, open_table
from gradcli.errors import DataError, GradError
from gradcli.hosts import Hosts, hosts, together
from gradcli.question.frame import Frame
from gradcli.training.split import refuse_gaps

T = TypeVar("T")


class Played(Hosts):
    """One of several threads that exchange as processes do."""

    def __init__(self, place: int, count: int, meet: threading.Barrier, board: list[Any]) -> None:
        self.place, self.count = place, count
        self._meet, self._board = meet, board

    def own(self, rows: int) -> slice:
        each = -(-rows // self.count)
        return slice(min(self.place * each, rows), min((self.place + 1) * each, rows))

    def exchanged(self, what: str, mine: bytes) -> list[bytes]:
        self._board[self.place] = (what, mine)
        self._meet.wait(60)
        found = list(self._board)
        self._meet.wait(60)
        assert len({what for what, _ in found}) == 1
        return [mine for _, mine in found]


def played(count: int, work: Callable[[], T]) -> list[T | GradError]:
    """What the work comes to in each of several processes."""
    meet, board = threading.Barrier(count), [None] * count
    found: list[Any] = [None] * count

    def one(place: int) -> None:
        with together(Played(place, count, meet, board)):
            try:
                found[place] = work()
            except GradError as error:
                found[place] = error

    threads = [threading.Thread(target=one, args=(place,), daemon=True) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """Parts of 3, 10, 1, 7 and 5 rows, of which the words differ."""
    number = 0
    words = ["pear", "apple", "fig", "plum"]
    for part, rows in enumerate((3, 10, 1, 7, 5)):
        lines = [f"{number + at},{words[(part + at) % 4]},{at / 8}" for at in range(rows)]
        number += rows
        (tmp_path / f"{part}.csv").write_text("n,word,x\n" + "\n".join(lines) + "\n", "utf-8")
    return str(tmp_path)


def read(folder: str) -> Table:
    table = open_table([folder])
    table.read(["n", "word", "x"])
    return table


@pytest.mark.parametrize("count", [2, 3, 4, 5, 7])
def test_all_rows_are_there_wherever_they_are_read(folder: str, count: int) -> None:
    whole = read(folder)
    places = np.array([25, 0, 12, 13, 14, 2, 3, 25])

    def look() -> list[Any]:
        table = read(folder)
        assert isinstance(table.columns["n"], Later)
        return [
            table.classes,
            *(table.take(name, rows).tolist() for name in ("n", "word", "x")
              for rows in (slice(None), slice(2, 15), slice(20, 20), slice(1, 20, 3), places)),
        ]  # fmt: skip

    expected = [
        whole.classes,
        *(whole.take(name, rows).tolist() for name in ("n", "word", "x")
          for rows in (slice(None), slice(2, 15), slice(20, 20), slice(1, 20, 3), places)),
    ]  # fmt: skip
    assert played(count, look) == [expected] * count


@pytest.mark.parametrize("count", [2, 3, 7])
def test_the_fingerprint_is_that_of_one_process(folder: str, count: int) -> None:
    names = ["n", "word", "x"]
    expected = read(folder).fingerprint(names)
    assert played(count, lambda: read(folder).fingerprint(names)) == [expected] * count


@pytest.mark.parametrize("some", [slice(None), np.array([1, 4, 5, 9, 20, 25])], ids=str)
def test_means_and_deviations(folder: str, some: Any) -> None:
    columns = {"x": ["x"], "both": ["n", "x"]}

    def scales() -> dict[str, Any]:
        frame = Frame(read(folder), columns)
        frame.standardize(columns, some)
        return frame.scales

    expected = scales()
    for found in played(3, scales):
        assert isinstance(found, dict)
        for name, (mean, deviation) in expected.items():
            assert np.allclose(found[name][0], mean, rtol=1e-14)
            assert np.allclose(found[name][1], deviation, rtol=1e-14)


def test_a_process_takes_its_own_rows_and_no_others(folder: str) -> None:
    """Of gaps, means and the fingerprint, counted by the rows that are taken."""

    def taken() -> list[int]:
        frame = Frame(read(folder), {"x": ["x"]})
        seen: set[int] = set()
        read_before = frame.table.take

        def noted(name: str, rows: Any) -> Any:
            seen.update(np.arange(frame.rows)[rows].tolist())
            return read_before(name, rows)

        frame.table.take = noted  # type: ignore[method-assign]
        column = frame.table.columns["x"]
        given = column.__class__.__getitem__

        class Watched(Later):
            def __getitem__(self, rows: Any) -> Any:
                seen.update(np.arange(len(self))[rows].tolist())
                return given(column, rows)

        frame.table.columns["x"] = Watched(column.shape, column._read)
        refuse_gaps(frame)
        frame.standardize(["x"], slice(None))
        frame.table.fingerprint(["x"])
        own = hosts().own(frame.rows)
        assert seen == set(range(own.start, own.stop))
        return sorted(seen)

    found = played(3, taken)
    assert sorted(row for rows in found for row in rows) == list(range(26))  # type: ignore[union-attr]


@pytest.mark.parametrize(("cells", "message"), [
    ("1,fig,maybe", "line 2, column 'x': 'maybe' is no number"),
    ("one,fig,1", "column 'n' is text in"),
])  # fmt: skip
def test_what_is_wrong_in_one_part_is_told_by_all(folder: str, cells: str, message: str) -> None:
    path = Path(folder) / "4.csv"
    path.write_text(f"n,word,x\n{cells}\n" + "1,fig,2\n" * (message[0] == "l"), "utf-8")
    for error in played(3, lambda: read(folder)):
        assert isinstance(error, DataError)
        assert message in str(error)


def test_an_array_without_a_process_of_its_own(tmp_path: Path) -> None:
    """Fewer rows than processes."""
    np.save(tmp_path / "x.npy", [3.0, 5.0])

    def scales() -> Any:
        table = open_table([f"x={tmp_path / 'x.npy'}"])
        frame = Frame(table, {"x": ["x"]})
        refuse_gaps(frame)
        frame.standardize(["x"], slice(None))
        return frame.scales["x"]

    assert played(4, scales) == [(4.0, 1.0)] * 4
