"""Races: two sides do the same work in turns, and the ratio of their times stays under a limit.

Every side is a process of its own, so that no library finds the settings of another. The sides run
one after the other, over and over; the ratio is the median of the ratios of neighbours, which the
load of the machine moves little, since it slows both of them.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

HERE = Path(__file__).parent

REST = 0.2
"""Seconds after which NumPy's threads have stopped to look for more work, at full speed."""

UNSTEADY = 0.25
"""A row is marked where the middle half of its ratios is spread over more than this share."""


def environment() -> dict[str, str]:
    """The user's, with the byte code of modules kept, as it is for a user."""
    kept = dict(os.environ)
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept


class MissingError(Exception):
    """A side that cannot run here: its library is not installed."""


class Worker:
    """A job of `worker.py`, which waits between its runs."""

    def __init__(self, name: str, module: str, function: str, **options: Any) -> None:
        self.name, self._job = name, [module, function, json.dumps(options)]

    def __enter__(self) -> Worker:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "worker.py"), *self._job], env=environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def sample(self) -> dict[str, Any]:
        """One run; MissingError where the library of the job is missing."""
        process: Any = self._process
        try:
            process.stdin.write("run\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            said = process.stderr.read()
            if "ModuleNotFoundError" in said and " 'gradcli" not in said:
                raise MissingError(self.name)
            raise RuntimeError(f"{self.name}, {' '.join(self._job)}:\n{said}")
        answer: dict[str, Any] = json.loads(line)
        return answer


class Command:
    """A command, started anew each time; at a terminal of its own if it looks at that."""

    def __init__(self, name: str, *words: str, terminal: bool = False) -> None:
        self.name, self.words, self._terminal = name, words, terminal

    def __enter__(self) -> Command:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def sample(self) -> dict[str, Any]:
        """One run, from its start to its end; MissingError where it fails."""
        out: Any = subprocess.DEVNULL
        if self._terminal:
            import pty

            ours, out = pty.openpty()
        began = time.perf_counter()
        process = subprocess.Popen(
            self.words, env=environment(), stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if self._terminal:
            os.close(out)
            os.close(ours)
        if process.returncode:
            raise MissingError(self.name)
        return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "found": None}


Side = Worker | Command
Measure = Callable[[dict[str, Any]], float]


@dataclass
class Row:
    """One comparison; `kept` says whether its ratio is within the limit, if it has one."""

    name: str
    ours: float
    against: str
    reference: float
    ratio: float
    limit: float | None
    unit: str = "s"
    low: float = math.nan
    high: float = math.nan
    peers: dict[str, float] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        """A ratio that is no number keeps no limit."""
        return self.limit is None or self.ratio <= self.limit

    @property
    def steady(self) -> bool:
        """Whether the ratios of the repeats lie close together."""
        return not self.high - self.low > UNSTEADY * self.ratio


class Bench:
    """How much to measure: `short` takes less work, and fewer repeats of it."""

    def __init__(self, short: bool = False, say: Callable[[str], None] = lambda text: None) -> None:
        self.short, self._say = short, say

    def choose(self, whole: int, short: int) -> int:
        """The size of a piece of work."""
        return short if self.short else whole

    def race(
        self,
        name: str,
        ours: Side,
        reference: Side,
        limit: float | None,
        *,
        units: int = 1,
        clock: str = "wall",
        repeats: int = 15,
        peers: Sequence[tuple[Side, int]] = (),
        same: float = 1e-9,
        settle: bool = False,
    ) -> Row:
        """Ours against the reference, in seconds a unit of the work.

        The clock `cpu` counts the processor's time, which a busy machine changes least, `wall` the
        time that passes, for work in several threads. Both sides must find the same numbers, up to
        the share `same`. A peer comes with the units of its own work. A ratio above the limit is
        measured once more, over twice the repeats. With `settle`, for work in several threads, a
        side starts when those of the other have come to rest, and its second run counts.
        """
        self._say(name)
        repeats = self.choose(repeats, 3)
        with ExitStack() as stack:
            sides = [stack.enter_context(side) for side in (ours, reference)]
            agree(sides, [side.sample()["found"] for side in sides], same)
            pairs = list(_in_turns(sides, clock, units, repeats, settle))
            if limit is not None and median(a / b for a, b in pairs) > limit:
                pairs += _in_turns(sides, clock, units, 2 * repeats, settle)
        found = {}
        for peer, its_units in peers:
            seconds = self._alone(peer, clock if isinstance(peer, Command) else "wall")
            if seconds is not None:
                found[peer.name] = seconds / its_units
        return row_of(name, reference.name, pairs, limit, peers=found)

    def _alone(self, side: Side, clock: str) -> float | None:
        """The median of some runs after a first one; None where the side is not there."""
        try:
            with side:
                side.sample()
                return float(median(side.sample()[clock] for _ in range(self.choose(5, 1))))
        except MissingError:
            return None


def _in_turns(
    sides: Sequence[Side], clock: str, units: int, repeats: int, settle: bool
) -> Iterator[tuple[float, float]]:
    for _ in range(repeats):
        ours, reference = (_settled(side, settle)[clock] / units for side in sides)
        yield ours, reference


def _settled(side: Side, settle: bool) -> dict[str, Any]:
    if settle:
        time.sleep(REST)
        side.sample()
    return side.sample()


def row_of(
    name: str,
    against: str,
    pairs: Sequence[tuple[float, float]],
    limit: float | None,
    unit: str = "s",
    peers: dict[str, float] | None = None,
) -> Row:
    """The row of what was measured side by side, ours first."""
    ratios = [ours / reference for ours, reference in pairs]
    low, _, high = quantiles(ratios, n=4) if len(ratios) > 1 else (math.nan,) * 3
    ours, reference = (median(side) for side in zip(*pairs, strict=True))
    return Row(
        name, ours, against, reference, median(ratios), limit, unit, low, high, peers or {}
    )  # fmt: skip


def agree(sides: Sequence[Side], found: Sequence[Any], same: float) -> None:
    """SystemExit where the sides found different numbers; one that says nothing is believed."""
    first, second = (one if isinstance(one, list) else [one] for one in found)
    for a, b in zip(first, second, strict=None not in found):
        if None not in (a, b) and not math.isclose(a, b, rel_tol=same):
            names = " and ".join(side.name for side in sides)
            raise SystemExit(f"{names} differ: {found}")


def shown(value: float, unit: str) -> str:
    """Three digits, in a unit that fits."""
    if not math.isfinite(value):
        return "–"
    scales = {"s": [(1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")]}.get(unit)
    if unit == "B":
        scales = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")]
    if scales is None:
        return f"{value:.3g} {unit}".strip()
    scale, name = next(((s, n) for s, n in scales if abs(value) >= s), scales[-1])
    text = f"{value / scale:.3g}"
    return f"{float(text):g} {name}"


def markdown(rows: Sequence[Row], machine: str) -> str:
    """A table of the rows, and a line on the machine."""
    columns = ["work", "gradcli", "against", "ratio", "limit", "others"]
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    for row in rows:
        others = ", ".join(f"{n} {shown(v, row.unit)}" for n, v in row.peers.items())
        limit = "" if row.limit is None else f"{row.limit:g}"
        ratio = f"{row.ratio:.2f}" + ("" if row.steady else " ±") + ("" if row.kept else " **!**")
        against = f"{row.against}, {shown(row.reference, row.unit)}"
        lines.append(
            f"| {row.name} | {shown(row.ours, row.unit)} | {against} | {ratio} | {limit}"
            f" | {others} |"
        )
    if not all(row.steady for row in rows):
        machine += " Ratios marked ± were unsteady: other work ran on the machine."
    return "\n".join([*lines, "", machine])


def as_json(rows: Sequence[Row], machine: str) -> str:
    """The rows with all their numbers."""
    listed = [{**asdict(row), "kept": row.kept} for row in rows]
    return json.dumps({"machine": machine, "rows": listed}, indent=1, ensure_ascii=False) + "\n"
