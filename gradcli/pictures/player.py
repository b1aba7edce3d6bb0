"""A chart as a page that plays the path of a descent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from gradcli.errors import visible
from gradcli.pictures.charts import Place, chart_svg
from gradcli.pictures.document import document, own
from gradcli.rounded import rounded

if TYPE_CHECKING:
    from gradcli.figures import Chart, Series

_STYLE = re.compile(r' style="([^"]*)"')
_RULES = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_SELECTOR = re.compile(r'\[style\*="([\w-]+): ([^"]*)"\]')

_DIGITS = 6

_MOST_ROWS = 2000
"""Of the table of numbers."""

_CONTROLS = """<div id="controls" role="group" aria-label="player" hidden>
<button id="first" aria-label="first step" title="Home">|◀</button>
<button id="back" aria-label="step back" title="←">◀</button>
<button id="play" aria-pressed="false" title="Space">▶ play</button>
<button id="forward" aria-label="step forward" title="→">▶</button>
<button id="last" aria-label="last step" title="End">▶|</button>
<input id="slider" type="range" min="0" value="0" aria-label="step">
</div>
<dl id="numbers" hidden></dl>
<p id="said" class="unseen" role="status"></p>
"""


def player(chart: Chart, theme: str) -> str:
    """A chart as a page that plays the path of a descent, or shows the numbers of its curves.

    The drawing is the one of the svg; what moves is laid over it by the places of its panels.
    """
    svg, places = chart_svg(chart, theme)
    picture, rules = _without_styles(svg)
    title = visible(chart.title)
    tables = [_table(chart.moments)] if chart.moments else list(_tables(chart))
    body = "\n".join(
        [
            "<main>",
            f'<h1 class="unseen">{escape(title)}</h1>',
            _CONTROLS if chart.moments else "",
            f'<div id="picture">{picture}</div>',
            *(f'<details class="wide"><summary>Numbers</summary>{t}</details>' for t in tables),
            "</main>",
        ]
    )
    data = {
        "moments": [
            {visible(name): _shown(value) for name, value in row.items()} for row in chart.moments
        ],
        "tracks": list(_tracks(chart, places)),
    }
    return document(title, body, theme, rules + own("player.css"), [own("player.js")], data)


def _without_styles(svg: str) -> tuple[str, str]:
    """The drawing with attributes in the place of styles, which the policy of a page forbids, and
    its rules apart."""
    rules = "\n".join(_RULES.findall(svg)) + "\n"
    drawing = _STYLE.sub(_attributes, _RULES.sub("", svg))
    return drawing, _SELECTOR.sub(r'[\1="\2"]', rules)


def _attributes(match: re.Match[str]) -> str:
    pairs = (part.partition(":") for part in match[1].split(";") if part.strip())
    return "".join(f' {name.strip()}="{value.strip()}"' for name, _, value in pairs)


def _tracks(chart: Chart, places: Sequence[Place]) -> Iterator[dict[str, Any]]:
    """The points of every curve that is played, in the units of the drawing."""
    for number, (panel, place) in enumerate(zip(chart.panels, places)):
        for at, series in enumerate(panel.series):
            if series.played:
                yield {
                    "line": f"panel-{number}-series-{at}",
                    "panel": f"panel-{number}",
                    "points": _points(series, place),
                    "box": [round(v, 2) for v in place[:4]],
                }


def _points(series: Series, place: Place) -> list[list[float] | None]:
    """None where a point cannot be drawn."""
    import numpy as np

    x, y = np.array(series.x, float), np.array(series.y, float)
    with np.errstate(all="ignore"):
        across = _part(x, place.x, place.log_x) * (place.right - place.left) + place.left
        up = place.bottom - _part(y, place.y, place.log_y) * (place.bottom - place.top)
    fine = (abs(across) < 1e6) & (abs(up) < 1e6)
    found = np.column_stack([across, up]).round(2).tolist()
    return [point if good else None for point, good in zip(found, fine.tolist())]


def _part(values: Any, ends: tuple[float, float], logarithmic: bool) -> Any:
    """Where values lie between the ends of an axis, 0 to 1."""
    import numpy as np

    low, high = ends
    if logarithmic:
        values, low, high = np.log(values), np.log(low), np.log(high)
    return (values - low) / (high - low)


def _tables(chart: Chart) -> Iterator[str]:
    """The numbers of the curves, those over the same places side by side."""
    groups: dict[tuple[str, ...], list[tuple[str, Series]]] = {}
    for panel in chart.panels:
        for series in panel.series:
            key = (panel.x_label, *map(repr, series.x))
            groups.setdefault(key, []).append((series.name or panel.y_label, series))
    for (x_label, *_), group in groups.items():
        columns = {x_label: group[0][1].x}
        for name, series in group:
            columns[name if name not in columns else f"{name} ({len(columns)})"] = series.y
        yield _table([dict(zip(columns, row)) for row in zip(*columns.values())])


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of numbers, thinned where they are very many."""
    kept = rows[:: max(1, -(-len(rows) // _MOST_ROWS))]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f'<th scope="col">{escape(visible(name))}</th>' for name in columns)
    lines = [f"<tr>{head}</tr>"]
    for row in kept:
        cells = (_shown(row[name]) if name in row else "" for name in columns)
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return "<table>" + "\n".join(lines) + "</table>"


def _shown(value: Any) -> str:
    return visible(value) if isinstance(value, str) else rounded(value, _DIGITS)
