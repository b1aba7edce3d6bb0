"""A chart as a page that plays the path of a descent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcli.figures import Chart


def player(chart: Chart, theme: str) -> str:
    """A chart as a page that plays the path of a descent."""
    raise NotImplementedError
