"""The second engine: the same op table under jax.jit, in float64, on every device there is."""

from __future__ import annotations

import os

COORDINATOR = "JAX_COORDINATOR_ADDRESS"
"""The variable that says where the processes of a run on several hosts meet."""


def is_there() -> bool:
    """Whether JAX is installed."""
    try:
        import jax  # noqa: F401
    except ImportError:
        return False
    return True


def processes() -> int:
    """How many processes run this command together, each with a part of the rows."""
    return int(os.environ.get("JAX_NUM_PROCESSES", "1")) if COORDINATOR in os.environ else 1


def process() -> int:
    """Which of them this is; the first reports and saves."""
    return int(os.environ.get("JAX_PROCESS_ID", "0")) if processes() > 1 else 0
