"""Coverage-guided fuzzing of the parser and the readers, by atheris.

    python -m pip install atheris
    python tests/fuzz/run.py [TARGET]... [--seconds 60] [--list]

Each target (all of them without one) runs in a process of its own for so many seconds, from its
folder of `corpus/` on. What breaks one is written to the current folder as crash-…, timeout-… or
oom-…, and the exit code is 1: mend it, and move the file into the target's folder of the corpus,
where `test_bytes.py` reads it from then on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

SLOWEST = 300
"""Seconds that one input may take, instrumented and on a machine that does other things too."""


def fuzz(name: str, seconds: int) -> None:
    """Fuzzes one target in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["gradcli"]):
        from targets import CORPUS, TARGETS

    with tempfile.TemporaryDirectory() as found:
        settings = [f"-max_total_time={seconds}", f"-timeout={SLOWEST}", "-rss_limit_mb=4096",
                    "-max_len=4096", "-print_final_stats=1"]  # fmt: skip
        seeds = CORPUS / name
        atheris.Setup([sys.argv[0], *settings, found, *([str(seeds)] if seeds.is_dir() else [])],
                      TARGETS[name])  # fmt: skip
        atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="of --list; all without one")
    parser.add_argument("--seconds", type=int, default=60, help="that each target is fuzzed")
    parser.add_argument("--list", action="store_true", help="name the targets")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:  # before anything of gradcli is imported, which is changed on the way
        fuzz(asked.targets[0], asked.seconds)
    from targets import TARGETS

    if unknown := [name for name in asked.targets if name not in TARGETS]:
        parser.error(f"there is no target {unknown[0]}: {', '.join(TARGETS)}")
    if asked.list:
        print("\n".join(TARGETS))
        return 0
    broken = []
    for name in asked.targets or TARGETS:
        command = [sys.executable, __file__, "--inside", name, "--seconds", str(asked.seconds)]
        print(f"== {name}", file=sys.stderr, flush=True)
        if subprocess.run(command).returncode:
            broken.append(name)
    print(f"broken: {', '.join(broken)}" if broken else "nothing broke", file=sys.stderr)
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
