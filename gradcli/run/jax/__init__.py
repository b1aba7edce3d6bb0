"""The second engine: the same op table under jax.jit, in float64, on every device there is."""

from __future__ import annotations

import os

from gradcli.errors import UsageError

COORDINATOR = "JAX_COORDINATOR_ADDRESS"
"""The variable that says where the processes of a run on several hosts meet."""


WAIT = "GRADCLI_WAIT"
"""The variable that says for how many seconds they wait for each other."""


def is_there() -> bool:
    """Whether JAX is installed."""
    try:
        import jax  # noqa: F401
    except ImportError:
        return False
    return True


def processes() -> int:
    """How many processes run this command together, each with a part of the rows."""
    return _whole("JAX_NUM_PROCESSES", 1) if os.environ.get(COORDINATOR) else 1


def process() -> int:
    """Which of them this is; the first reports and saves."""
    return _whole("JAX_PROCESS_ID", 0) if processes() > 1 else 0


def seconds() -> float:
    """How long the processes wait for each other at the start."""
    return float(_whole(WAIT, 1)) if os.environ.get(WAIT) else 300.0


def _whole(variable: str, least: int) -> int:
    """The whole number that an environment variable holds; UsageError for anything else."""
    text = os.environ.get(variable, "")
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        what = f"{variable} is {text!r}, no whole number from {least} on"
        hint = f"give each process its {variable}, or unset {COORDINATOR}"
        if variable == WAIT:
            raise UsageError(what, hint=f"write {WAIT}=600, in seconds")
        raise UsageError(f"{COORDINATOR} is set, and {what}", hint=hint)
    return int(text)
