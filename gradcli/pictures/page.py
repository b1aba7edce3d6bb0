"""The page that steps through a computational graph, one file that needs no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcli.figures import GraphFigure


def page(graph: GraphFigure, theme: str) -> str:
    """The page that steps through a computational graph, one file that needs no network."""
    raise NotImplementedError
