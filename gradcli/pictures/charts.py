"""Curves, contours and paths as svg, png or pdf, by matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcli.figures import Chart


def chart_picture(chart: Chart, format: str, theme: str) -> str | bytes:
    """Curves, contours and paths as svg, png or pdf, by matplotlib."""
    raise NotImplementedError
