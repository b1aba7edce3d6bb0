"""A graph as a drawing: what stands in its boxes and at its arrows, and where they stand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from gradcli.errors import width
from gradcli.figures import DrawnEdge, DrawnNode, GraphFigure
from gradcli.pictures.drawing import Arrow, Box, Drawing, Words, cut, cut_inside, measured, outlined
from gradcli.pictures.graphviz import placed
from gradcli.pictures.layered import Placement, Point, Stroke
from gradcli.pictures.ranks import Size
from gradcli.rounded import brief, rounded

_NAME, _LABEL, _NOTE = 13.0, 11.0, 12.0
"""Font sizes of a box, of a label and of a note."""

_LINE = 1.35
"""A line of text takes that much of its size."""

_PAD_X, _PAD_Y = 12.0, 7.0
_MARGIN = 16.0
_MOST_NAME, _MOST_LINE, _MOST_LABEL = 20, 28, 22
"""Columns of a name, of a line in a box, and of a label, before it is cut; a number never is."""

_MOST_TITLE = 400
_DIGITS, _ARRAY_DIGITS, _ENTRIES = 6, (4, 3, 2), 4
_LEAST = 14
"""Columns that the numbers of a line have at the least."""

Place = Callable[[Sequence[Size], Sequence[tuple[int, int]], Sequence[Size | None]], Placement]

_HEAD = 8.0, 3.6
"""Length and half the width of an arrow head."""

_MEANING = {
    "variable": "variable",
    "param": "parameter",
    "const": "constant",
    "data": "data",
    "literal": "number",
    "operation": "operation",
    "output": "output",
    "folded": "several nodes",
}


def shown_nodes(figure: GraphFigure) -> list[int]:
    """The nodes that have a box: a number without a name stands in the formulas that use it."""
    used = {edge.source for edge in figure.edges}
    return [
        number
        for number, node in enumerate(figure.nodes)
        if node.kind != "literal"
        or node.name != node.expression
        or node.grad is not None
        or number not in used
    ]


def value_text(value: Any, shape: Sequence[int] = (), room: int = _MOST_LINE) -> str:
    """A value in about so many columns: of an array its shape and the first entries.

    No number is cut: an array loses digits first, then entries.
    """
    if value is None:
        return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})" if shape else ""
    if isinstance(value, str):
        return cut(value, room)
    if getattr(value, "shape", ()) == ():
        return brief(value, _DIGITS)
    for digits in _ARRAY_DIGITS:
        text = brief(value, digits, _ENTRIES).replace("\n", "")
        if width(text) <= room:
            return text
    kept = text[:room].rfind(", ")
    return f"{text[:kept]}, …" if kept > 0 else text


def box_kind(figure: GraphFigure, number: int) -> str:
    """The kind of a node, or that it is the output."""
    node = figure.nodes[number]
    last = number == len(figure.nodes) - 1
    return "output" if last and node.kind in ("operation", "folded") else node.kind


def node_lines(figure: GraphFigure, node: DrawnNode) -> list[tuple[str, str]]:
    """What stands in a box, with its role: name and formula, value, gradient."""
    lines = [("name", cut_inside(node.name, _MOST_NAME))]
    if node.expression not in (node.name, ""):
        room = _MOST_LINE - len(lines[0][1]) - 3
        lines.append(("formula", f"= {cut(node.expression, max(room, 8))}"))
    if value := value_text(node.value, node.shape):
        lines.append(("value", value))
    if node.grad is not None:
        slope = f"∂{cut_inside(figure.nodes[-1].name, 8)}/∂{cut_inside(node.name, 8)} = "
        room = max(_MOST_LINE - width(slope), _LEAST)
        lines.append(("grad", slope + value_text(node.grad, room=room)))
    return lines


def edge_lines(figure: GraphFigure, edge: DrawnEdge) -> list[tuple[str, str]]:
    """What stands at an arrow after a backward pass: its local derivative, and what flowed back."""
    lines = []
    if isinstance(edge.local, str):
        lines.append(("local", cut(edge.local, _MOST_LABEL)))
    elif edge.local is not None:
        names = [figure.nodes[end].name for end in (edge.target, edge.source)]
        slope = f"∂{cut_inside(names[0], 6)}/∂{cut_inside(names[1], 6)} = "
        room = max(_MOST_LABEL - width(slope), _LEAST)
        lines.append(("local", slope + value_text(edge.local, room=room)))
    if edge.downstream is not None or edge.symbols:
        flow = value_text(edge.downstream, figure.nodes[edge.source].shape, _MOST_LABEL)
        lines.append(("flow", f"← {flow}"))
    return lines


def node_title(node: DrawnNode) -> str:
    """All that there is to say about a node, at some length."""
    formula = f" = {node.expression}" if node.expression not in (node.name, "") else ""
    parts = [node.name + formula, node.kind]
    if node.shape:
        parts.append(f"shape {value_text(None, node.shape)}")
    parts += [f"value {rounded_briefly(node.value)}"] if node.value is not None else []
    parts += [f"gradient {rounded_briefly(node.grad)}"] if node.grad is not None else []
    return "\n".join(cut(part, _MOST_TITLE) for part in parts)


def edge_title(figure: GraphFigure, edge: DrawnEdge) -> str:
    """The step along an edge in symbols and in numbers."""
    names = [figure.nodes[end].name for end in (edge.source, edge.target)]
    parts = [f"{names[0]} → {names[1]}"]
    if edge.symbols:
        parts.append(edge.symbols)
    if edge.downstream is not None:
        upstream, downstream = map(rounded_briefly, (edge.upstream, edge.downstream))
        if edge.local is None:
            parts.append(f"downstream {downstream}")
        elif isinstance(edge.local, str):
            parts.append(f"upstream {upstream}, downstream {downstream}")
        else:
            local = rounded_briefly(edge.local)
            parts.append(f"upstream {upstream} · local {local} = downstream {downstream}")
    return "\n".join(cut(part, _MOST_TITLE) for part in parts)


def rounded_briefly(value: Any) -> str:
    """A number with all of its digits, an array in brief."""
    return rounded(value, 17) if getattr(value, "shape", ()) == () else brief(value, _DIGITS)


def drawing_of(figure: GraphFigure, place: Place = placed) -> Drawing:
    """The drawing of a graph as laid out by `place`, its legend and its notes below it."""
    shown = shown_nodes(figure)
    places = {node: place for place, node in enumerate(shown)}
    edges = [n for n, e in enumerate(figure.edges) if e.source in places]
    boxes = [_box(figure, node) for node in shown]
    arrows = [_labelled(figure, number) for number in edges]
    entering = [0] * len(shown)
    for number in edges:
        entering[places[figure.edges[number].target]] += 1
    for box, count in zip(boxes, entering):  # a box is as high as its arrow heads need
        box.height = max(box.height, 8.0 * (count + 1))
    layout = place(
        [(box.width, box.height) for box in boxes],
        [(places[figure.edges[n].source], places[figure.edges[n].target]) for n in edges],
        [None if arrow.label is None else arrow.label[2:] for arrow in arrows],
    )
    for box, (x, y) in zip(boxes, layout.centres):
        _move_box(box, x - box.width / 2 + _MARGIN, y - box.height / 2 + _MARGIN)
    for arrow, route, spot in zip(arrows, layout.routes, layout.labels):
        _move_arrow(arrow, route, spot)
    return _framed(figure, boxes, arrows, layout.size)


def _framed(figure: GraphFigure, boxes: list[Box], arrows: list[Arrow], size: Size) -> Drawing:
    """The boxes and arrows with a legend and the notes below."""
    legend = _legend(boxes)
    words = [Words(text, 0, 0, "note", _NOTE) for text in _notes(figure, arrows)]
    wide = max([size[0], *(measured(w.text, w.size) for w in words), *(b.width for b in legend)])
    x, y = _MARGIN, size[1] + 2 * _MARGIN
    for box in legend:
        if x + box.width > wide + _MARGIN and x > _MARGIN:
            x, y = _MARGIN, y + box.height + 6
        _move_box(box, x, y)
        x += box.width + 8
    y += (legend[-1].height if legend else 0) + 4
    for line in words:
        y += _NOTE * _LINE
        line.x, line.y = _MARGIN, y
    output = figure.nodes[-1].name
    said = "values and gradients" if figure.backward else "values"
    return Drawing(
        wide + 2 * _MARGIN,
        y + _MARGIN,
        f"Computational graph of {cut(output, 60)}",
        f"{len(figure.nodes):,} nodes from left to right, with their {said}; the output"
        f" {cut(output, 60)} is on the right.",
        boxes,
        arrows,
        legend,
        words,
    )


def _notes(figure: GraphFigure, arrows: Sequence[Arrow]) -> list[str]:
    notes = list(figure.notes)
    if any(arrow.words for arrow in arrows):
        notes.insert(0, "on an arrow: its local derivative, and ← what flows back")
    return [cut(note, 120) for note in notes]


def _legend(boxes: Sequence[Box]) -> list[Box]:
    """A small box a kind, where there are several."""
    kinds = {box.kind for box in boxes}
    legend = []
    for kind, meaning in _MEANING.items():
        if kind in kinds and len(kinds) > 1:
            wide, high = measured(meaning, _LABEL) + 2 * _PAD_X, _LABEL * _LINE + 8
            words = Words(meaning, _PAD_X, high / 2 + _LABEL * 0.35, "note", _LABEL)
            legend.append(Box(-1, kind, 0, 0, wide, high, [], words=[words]))
    return legend


def _box(figure: GraphFigure, number: int) -> Box:
    """The box of a node, at the origin."""
    node = figure.nodes[number]
    kind = box_kind(figure, number)
    words: list[Words] = []
    y, wide = _PAD_Y, 0.0
    for role, text in node_lines(figure, node):
        x = 0.0
        if role == "formula":
            x = words[-1].span[1] + measured(" ", _NAME)
            y -= _NAME * _LINE
        size = _LABEL if role == "grad" else _NAME
        words.append(Words(text, x, y + _NAME, role, size, bold=role == "name"))
        wide = max(wide, words[-1].span[1])
        y += _NAME * _LINE
    for line in words:
        line.x += _PAD_X
    return Box(
        number, kind, 0, 0, max(wide + 2 * _PAD_X, 44), y + _PAD_Y, [], words=words,
        title=node_title(node),
    )  # fmt: skip


def _move_box(box: Box, x: float, y: float) -> None:
    """Puts a box that is at the origin where it belongs, and gives it its outline."""
    box.x, box.y = x, y
    box.outline, box.lines = outlined(box.kind, x, y, box.width, box.height)
    for line in box.words:
        line.x, line.y = line.x + x, line.y + y


def _labelled(figure: GraphFigure, number: int) -> Arrow:
    """The arrow of an edge with its label's texts, at the origin: the middle of its label."""
    edge = figure.edges[number]
    words = []
    for role, text in edge_lines(figure, edge):
        y = -4.0 if role == "local" else 3.0 + _LABEL * 0.95
        words.append(Words(text, 0, y, role, _LABEL, centred=True))
    label = None
    if words:
        wide = max(measured(line.text, _LABEL) for line in words) + 8
        label = (0.0, 0.0, wide, 2 * (_LABEL * _LINE + 2))
    return Arrow(number, [], [], label, words, edge_title(figure, edge))


def _move_arrow(arrow: Arrow, route: Stroke, spot: Point | None) -> None:
    """Gives an arrow its path, its head and the place of its label."""
    path = [tuple((x + _MARGIN, y + _MARGIN) for x, y in piece) for piece in route]
    x, y = path[-1][-1]
    before = path[-1][-2] if len(path[-1]) > 1 else path[-2][-1]
    length = math.dist((x, y), before) or 1.0
    along = (x - before[0]) / length, (y - before[1]) / length
    long, half = _HEAD
    neck = x - long * along[0], y - long * along[1]
    across = half * along[1], -half * along[0]
    arrow.head = [
        (x, y),
        (neck[0] + across[0], neck[1] + across[1]),
        (neck[0] - across[0], neck[1] - across[1]),
    ]
    path[-1] = (*path[-1][:-1], neck)
    arrow.path = path
    if spot is not None and arrow.label is not None:
        x, y = spot[0] + _MARGIN, spot[1] + _MARGIN
        wide, high = arrow.label[2:]
        arrow.label = (x - wide / 2, y - high / 2, wide, high)
        for line in arrow.words:
            line.x, line.y = line.x + x, line.y + y
