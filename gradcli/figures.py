"""Pictures as plain numbers: what a verb hands over to be drawn, and nothing about how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class DrawnNode:
    """A node of a computational graph: what stands in its box."""

    name: str
    kind: str
    """literal, const, variable, param, data or operation, as in a report."""
    expression: str
    shape: Sequence[int]
    value: Any
    """A float, an array, or None where it is too long to show."""
    grad: Any = None
    """∂output/∂node; None before a backward pass, or where there is none."""


@dataclass
class DrawnEdge:
    """`source` goes into `target` as an argument; both are places in the list of nodes.

    After a backward pass `symbols` is the step's formula, and upstream · local = downstream its
    numbers; `local` is a text where the step is no multiplication entry by entry.
    """

    source: int
    target: int
    symbols: str = ""
    upstream: Any = None
    local: Any = None
    downstream: Any = None


@dataclass
class GraphFigure:
    """A computational graph in topological order, its last node the output."""

    nodes: list[DrawnNode]
    edges: list[DrawnEdge]
    backward: bool = False
    """Whether a backward pass was made."""
    notes: list[str] = field(default_factory=list)
    """What the picture itself must say, such as that nodes are folded into boxes."""


@dataclass(eq=False)
class Series:
    """`y` over `x` in one frame, in order; a value that is not finite is a gap."""

    name: str
    """Of a legend; "" stands in none."""
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    style: str = "line"
    """line, dashed, steps (a line with a dot a point), or points."""
    played: bool = False
    """Whether its points are the moments of a chart, one by one; it may end before these do."""


@dataclass
class Surface:
    """`z[row][column]` at `y[row]` and `x[column]`: a filled contour, or regions of classes."""

    x: Sequence[float]
    y: Sequence[float]
    z: Any
    logarithmic: bool = False
    """Whether its levels grow by factors."""
    z_range: tuple[float, float] | None = None
    """The levels lie within, where a few values lie far out; None for all of them."""
    classes: Sequence[str] = ()
    """Where z holds class numbers: their names. Points of a series of that name look like them."""


@dataclass
class Arrows:
    """Vectors (u, v) at the points (x, y), such as a gradient's."""

    x: Sequence[float]
    y: Sequence[float]
    u: Sequence[float]
    v: Sequence[float]
    name: str = ""


@dataclass
class Marker:
    """One point that has a name: start, end, minimum, or a word."""

    name: str
    x: float
    y: float
    kind: str = "point"
    """start, end, minimum or point."""


@dataclass
class Panel:
    """One frame with its axes."""

    x_label: str = ""
    y_label: str = ""
    log_x: bool = False
    log_y: bool = False
    y_range: tuple[float, float] | None = None
    """What is shown, where a few values lie far out; None for all of them."""
    series: list[Series] = field(default_factory=list)
    surface: Surface | None = None
    arrows: Arrows | None = None
    markers: list[Marker] = field(default_factory=list)


@dataclass
class Chart:
    """Panels one below the other, those of curves over one x axis."""

    title: str
    panels: list[Panel]
    notes: list[str] = field(default_factory=list)
    """What the picture itself must say, such as that values were left out."""
    moments: list[dict[str, Any]] = field(default_factory=list)
    """What a page plays one after the other: the numbers of each moment, by name."""
