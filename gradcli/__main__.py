"""The way in, for the command `gradcli` and for `python -m gradcli`."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any


def main() -> None:
    """Runs the command line with the garbage collector off.

    A graph holds no cycles, and looking for some among millions of nodes takes a third of the time;
    so does a start, which makes thousands of objects that stay. A descent turns it on again.
    """
    gc.disable()
    sys.unraisablehook = _tell
    try:
        shell = os.environ.get("GRADCLI_COMPLETE")
        if shell and len(sys.argv) == 3 and sys.argv[1] == "completion":
            from gradcli.completion.answer import write_answer

            # someone waits, and the command line would take its time
            sys.exit(write_answer(shell, sys.argv[2]))
        from gradcli.cli import main as run

        run()
    except KeyboardInterrupt:  # during the imports, which nothing is lost by
        sys.exit(130)
    finally:
        gc.freeze()  # the last collection, at the exit, has nothing to look at


def _tell(lost: Any) -> None:
    """Tells of an exception that nobody can catch, but for want of memory, which is told once."""
    if not issubclass(lost.exc_type, MemoryError):
        sys.__unraisablehook__(lost)


if __name__ == "__main__":
    main()
