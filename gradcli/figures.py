"""Pictures as plain numbers: what a verb hands over to be drawn, and nothing about how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class DrawnNode:
    """A node of a computational graph: what stands in its box."""

    name: str
    kind: str
    """literal, const, variable, param, data or operation, as in a report; folded, of a box that
    stands for several nodes."""
    expression: str
    shape: Sequence[int]
    value: Any
    """A float, an array, or None where it is too long to show."""
    grad: Any = None
    """∂output/∂node; None before a backward pass, or where there is none."""
    named: bool = True
    """Whether the program gives it its name."""
    formula: str = ""
    """In terms of the nodes that the program names, where the graph is large."""


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
class DrawnStep:
    """A step of the backward pass, along an edge; its numbers stand in cells of a Walk."""

    edge: int
    """Its place in the figure."""
    upstream: int
    local: int | str
    """A text where the step is no multiplication entry by entry: `outer(·, x)`."""
    downstream: int
    total: int
    """The gradient of the receiver so far."""
    mask: int = -1
    """Where it is 0, nothing passes, whatever it is multiplied with; -1: everything does."""


@dataclass
class Walk:
    """Both passes through a graph, step by step, over numbers that lie in cells.

    `code` are assignments to the cells, written `v[0]`, in JavaScript: they follow from those of
    the `leaves`. Where they cannot be computed so, it is empty, and `fixed` says why.
    """

    cells: list[Any]
    values: list[int]
    """The cell of each node of the figure."""
    grads: list[int]
    """The cell of its gradient, or -1."""
    formulas: list[list[str | int]]
    """Each node in terms of its inputs: texts, and nodes of the figure."""
    forward: list[int]
    """The nodes in the order of evaluation."""
    backward: list[DrawnStep]
    products: dict[int, list[int]] = field(default_factory=dict)
    """Of arrays, for nodes of the figure, the cells of what the first paths to each bring: depth
    first, the steps in the order of the backward pass."""
    leaves: list[int] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    functions: str = ""
    """The functions that the code calls."""
    fixed: str = ""


@dataclass
class GraphFigure:
    """A computational graph in topological order, its last node the output."""

    nodes: list[DrawnNode]
    edges: list[DrawnEdge]
    backward: bool = False
    """Whether a backward pass was made."""
    notes: list[str] = field(default_factory=list)
    """What the picture itself must say, such as that nodes are folded into boxes."""
    boxes: list[int] = field(default_factory=list)
    """Of a folded graph, the box of each node of the whole one; -1 for one without a box."""
    walk: Callable[[], Walk] | None = None
    """What the page needs to step through it."""


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

    def y_ends(self) -> tuple[float, float] | None:
        """The ends of the y axis: those of its range and a little space."""
        if self.y_range is None:
            return None
        low, high = self.y_range
        space = 0.05 * (high - low)
        return low - space, high + space


@dataclass
class Chart:
    """Panels one below the other, those of curves over one x axis."""

    title: str
    panels: list[Panel]
    notes: list[str] = field(default_factory=list)
    """What the picture itself must say, such as that values were left out."""
    moments: list[dict[str, Any]] = field(default_factory=list)
    """What a page plays one after the other: the numbers of each moment, by name."""
