"""One side of a race in a process of its own: it prepares once, and runs whenever it is asked to.

    python worker.py MODULE FUNCTION '{"option": value}'

`FUNCTION(**options)` of MODULE, a file beside this one, gives a job: a function without arguments.
Every line on standard input runs it once; the answer is a line of JSON: `wall` and `cpu` seconds,
the process's peak of memory so far in bytes, and under `found` what the job returned.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from pathlib import Path

PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


def peak() -> int:
    """The most memory that this process has held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PEAK_UNIT


def main() -> None:
    """Runs the job, a line of answer for each line of input."""
    module, function, options = sys.argv[1:]
    sys.path.insert(0, str(Path(__file__).parent))
    job = getattr(importlib.import_module(module), function)(**json.loads(options))
    for _ in sys.stdin:
        cpu, wall = time.process_time(), time.perf_counter()
        found = job()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak(), "found": found}), flush=True)


if __name__ == "__main__":
    main()
