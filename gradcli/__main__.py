"""The way in, for the command `gradcli` and for `python -m gradcli`."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Runs the command line with the garbage collector off.

    A graph holds no cycles, and looking for some among millions of nodes takes a third of the time;
    so does a start, which makes thousands of objects that stay. A descent turns it on again.
    """
    gc.disable()
    try:
        from gradcli.cli import main as run

        run()
    except KeyboardInterrupt:  # during the imports, which nothing is lost by
        sys.exit(130)
    finally:
        gc.freeze()  # the last collection, at the exit, has nothing to look at


if __name__ == "__main__":
    main()
