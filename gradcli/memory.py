"""How much memory this machine has."""

from __future__ import annotations

import os


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return 16 << 30


MEMORY = _memory()
"""Bytes of this machine's memory."""
