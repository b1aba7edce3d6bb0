"""A drawing in numbers: boxes, arrows and texts with their places, whatever draws them.

Lengths are in pixels, y grows downwards. Every text is of a monospaced font, whose characters take
no more than `EM` of their size; so it is known how wide a text is before there is a font.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gradcli.errors import visible, width
from gradcli.pictures.layered import Point, Stroke

EM = 0.61
FONTS = '"DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace'


@dataclass
class Words:
    """One line of text; `role` says what it tells, and so its colour: name, formula, value, grad,
    local, flow or note."""

    text: str
    x: float
    y: float
    """Of its start, or of its middle where it is `centred`; of its baseline."""
    role: str
    size: float
    bold: bool = False
    centred: bool = False

    @property
    def span(self) -> tuple[float, float]:
        """Where it begins and ends."""
        wide = measured(self.text, self.size)
        left = self.x - wide / 2 if self.centred else self.x
        return left, left + wide


@dataclass
class Box:
    """What stands for a node: `lines` drawn inside its outline tell kinds apart."""

    node: int
    """Its place in the figure; -1 for a box of the legend."""
    kind: str
    """literal, const, variable, param, data, operation, output or folded: its colour."""
    x: float
    y: float
    width: float
    height: float
    outline: Stroke
    lines: list[Stroke] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    title: str = ""
    """The whole of what is cut in the words."""


@dataclass
class Arrow:
    """What stands for an edge; its label, if any, lies around a level piece of the path."""

    edge: int
    path: Stroke
    head: list[Point]
    label: tuple[float, float, float, float] | None = None
    """x, y, width, height."""
    words: list[Words] = field(default_factory=list)
    title: str = ""


@dataclass
class Drawing:
    """All of a picture; `words` are its notes, `legend` says what its shapes mean."""

    width: float
    height: float
    title: str
    description: str
    boxes: list[Box]
    arrows: list[Arrow]
    legend: list[Box]
    words: list[Words]

    def all_words(self) -> Iterator[Words]:
        for box in (*self.boxes, *self.legend):
            yield from box.words
        for arrow in self.arrows:
            yield from arrow.words
        yield from self.words


def measured(text: str, size: float) -> float:
    """The width of a text in a font of that size."""
    return width(text) * EM * size


def cut(text: str, most: int) -> str:
    """A text on one line, with … for what is more than so many columns."""
    text = " ".join(visible(text).split())
    if width(text) <= most:
        return text
    while width(text) >= most:
        text = text[: min(len(text) - 1, most)]
    return text + "…"


def cut_inside(text: str, most: int) -> str:
    """A name of no more than so many columns, with … in its middle: names that begin alike often
    end unlike."""
    text = " ".join(visible(text).split())
    if width(text) <= most:
        return text
    room = most - 1
    end = _fitting(text[::-1], room // 2)[::-1]
    return _fitting(text, room - width(end)) + "…" + end


def _fitting(text: str, most: int) -> str:
    """The beginning of a text, of no more than so many columns."""
    text = text[:most]
    while width(text) > most:
        text = text[:-1]
    return text


def outlined(kind: str, x: float, y: float, w: float, h: float) -> tuple[Stroke, list[Stroke]]:
    """The outline of a kind of node in a frame, and the lines in it."""
    right, bottom = x + w, y + h
    if kind in ("variable", "param"):
        outer = _rounded_frame(x, y, w, h, h / 2 if h < 40 else 18)
        inner = [_rounded_frame(x + 3, y + 3, w - 6, h - 6, (h / 2 if h < 40 else 18) - 3)]
        return outer, inner if kind == "param" else []
    if kind == "const":
        c = 8.0
        return _polygon(
            (x + c, y), (right - c, y), (right, y + c), (right, bottom - c),
            (right - c, bottom), (x + c, bottom), (x, bottom - c), (x, y + c),
        ), []  # fmt: skip
    if kind == "data":
        slant = 8.0
        return _polygon((x + slant, y), (right, y), (right - slant, bottom), (x, bottom)), []
    if kind == "literal":
        return _polygon((x, y), (right, y), (right, bottom), (x, bottom)), []
    inner = []
    if kind == "output":
        inner = [_rounded_frame(x + 3, y + 3, w - 6, h - 6, 3)]
    elif kind == "folded":
        inner = [[((x + 5, y),), ((x + 5, bottom),)], [((right - 5, y),), ((right - 5, bottom),)]]
    return _rounded_frame(x, y, w, h, 5), inner


def _polygon(*corners: Point) -> Stroke:
    return [(corner,) for corner in (*corners, corners[0])]


def _rounded_frame(x: float, y: float, w: float, h: float, r: float) -> Stroke:
    right, bottom, k = x + w, y + h, r * 0.4477  # a quarter of a circle, as a cubic curve
    return [
        ((x + r, y),),
        ((right - r, y),),
        ((right - k, y), (right, y + k), (right, y + r)),
        ((right, bottom - r),),
        ((right, bottom - k), (right - k, bottom), (right - r, bottom)),
        ((x + r, bottom),),
        ((x + k, bottom), (x, bottom - k), (x, bottom - r)),
        ((x, y + r),),
        ((x, y + k), (x + k, y), (x + r, y)),
    ]
