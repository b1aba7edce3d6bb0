"""Figures → pictures: the layout of a graph, its spellings, the page, charts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gradcli.figures import Chart, GraphFigure


class Picture(NamedTuple):
    """A whole file, and what there is to say about it beside it."""

    content: str | bytes
    notes: list[str]


def drawn(
    graph: Callable[[], GraphFigure] | None,
    chart: Callable[[], Chart] | None,
    format: str,
    theme: str = "auto",
) -> Picture:
    """A chart, where there is one, or else a graph, as a picture of a format.

    The theme auto follows whoever looks at it, where the format can; else it is light.
    """
    if chart is not None:
        figure = chart()
        if format == "html":
            from gradcli.pictures.player import player

            return Picture(player(figure, theme), figure.notes)
        from gradcli.pictures.charts import chart_picture

        return Picture(chart_picture(figure, format, theme), figure.notes)
    assert graph is not None
    from gradcli.pictures.folding import folded

    whole = graph()
    network = folded(whole)
    if format == "html":
        from gradcli.pictures.page import page

        return Picture(page(whole, network, theme), network.notes)
    from gradcli.pictures.graphs import graph_picture

    return Picture(graph_picture(network, format, theme), network.notes)
