"""Measures every promise on speed, and exits with 1 where a limit is broken.

    python tests/benchmarks/run.py [--short] [--only NAME] [--markdown] [--json FILE] [--readme]

It measures the gradcli of the Python that runs it, and the libraries of the extra `bench` that are
installed there. `--readme` writes the table into the README.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from harness import Bench, Row, as_json, markdown, shown  # noqa: E402  # the folder is no package
from suite import SUITE  # noqa: E402

README = HERE.parents[1] / "README.md"


def machine() -> str:
    """What the figures were measured on."""
    import numpy

    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.partition(": ")[2] for line in lines if "model name" in line), model)
    except OSError:
        pass
    return (
        f"{model}, {os.cpu_count()} cores; Python {platform.python_version()},"
        f" NumPy {numpy.__version__}"
    )


def other_work() -> float:
    """How many processes wanted a processor in the last minute; on a quiet machine, about one."""
    return os.getloadavg()[0]


def line(row: Row) -> str:
    """A row as it is measured."""
    mark = "" if row.limit is None else ("  ok" if row.kept else "  OVER")
    limit = "" if row.limit is None else f" of {row.limit:g}"
    others = "".join(f"\n      {n} {shown(v, row.unit)}" for n, v in row.peers.items())
    return (
        f"{row.ratio:8.2f}{limit}{'' if row.steady else ' ±'}{mark}  {row.name}:"
        f" {shown(row.ours, row.unit)}, {row.against} {shown(row.reference, row.unit)}{others}"
    )


def main(arguments: Sequence[str] | None = None, suite: dict = SUITE) -> int:  # type: ignore[type-arg]
    """Runs the suite; 1 where a row is over its limit, 2 where there is no such benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="less work: for orientation")
    parser.add_argument("--only", choices=list(suite), action="append", help="one of the suite")
    parser.add_argument("--markdown", action="store_true", help="a table on standard output")
    parser.add_argument("--json", metavar="FILE", help="all the numbers")
    parser.add_argument("--readme", action="store_true", help="the table goes into the README")
    options = parser.parse_args(arguments)
    before = other_work()
    bench = Bench(options.short)
    rows: list[Row] = []
    for name in options.only or suite:
        for row in suite[name](bench):
            rows.append(row)
            print(line(row), file=sys.stderr, flush=True)
    about = f"{machine()}; load {before:.1f} before, {other_work():.1f} after."
    if options.markdown:
        print(markdown(rows, about))
    if options.json:
        Path(options.json).write_text(as_json(rows, about), encoding="utf-8")
    if options.readme:
        write(README, markdown(rows, about))
    broken = [row for row in rows if not row.kept]
    for row in broken:
        print(f"over its limit of {row.limit:g}: {row.name} ({row.ratio:.2f})", file=sys.stderr)
    return 1 if broken else 0


INTRODUCTION = """
```sh
.venv/bin/pip install -q ".[bench]" && .venv/bin/python tests/benchmarks/run.py --markdown
```

measures every promise on speed, and other libraries beside it; it exits with 1 where a ratio is
over its limit, `--short` takes under a minute. The two sides of a row run in turns, each in a
process of its own, and their results are compared, but for batches, which each side shuffles its
own way; the ratio is the median of those of neighbours. Starts, descents, stages and written rows
are in processor time; `check`, gradients of many rows and what stands under "others" from the third
row on in the time that passes. A gradient of many rows is the second of two in a row, begun when
the other side's threads have come to rest. A library's own start is counted in the second row only,
and only gradcli starts from a text.
"""


def write(readme: Path, table: str) -> None:
    """Replaces what stands between the marks."""
    start, stop = "<!-- benchmarks -->\n", "<!-- /benchmarks -->"
    text = readme.read_text(encoding="utf-8")
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(stop)
    readme.write_text(f"{before}{start}{INTRODUCTION}\n{table}\n\n{stop}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
