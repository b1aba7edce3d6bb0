"""What an op is: value, derivative, shape, printed form and domain in one entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gradcli.errors import ShapeError

Shape = tuple[int, ...]
Attr = tuple[Any, ...]
"""The static arguments of a node, such as an axis or a target shape."""

MISFIT = "shapes that do not fit together"
FILL = "give it at least one entry"
"""The hint where an array has no entries."""

Rule = Callable[..., Any]
Rules = tuple[Rule | None, ...] | Rule
"""A rule per argument; or one for all of them, which is given the position of one."""
Spelling = str | Callable[[Sequence[str], Attr, Sequence[Shape]], str]
ShapeRule = Callable[[Sequence[Shape], Attr], Shape]

Axes = Literal[
    "", "reduces", "along", "per row", "last", "averages", "products", "outer", "matrices",
    "diagonal", "reshapes", "expands", "sums to", "transposes", "joins", "stacks", "repeats",
    "indexes", "scatters", "appends",
]  # fmt: skip
"""How an op that is not elementwise treats the axes of its arguments:

reduces     makes one of the static `axis`, or of all; with `keepdims` it stays, as 1
along       works along the static `axis`, or over all entries in a row, and keeps the shape
per row     makes a number of each row of the first argument, along its last axis, and a target
last        elementwise with broadcasting, then the last axis is summed
averages    elementwise with broadcasting, then all entries are averaged
products    sums over the last axis of the one and the first but leading ones of the other, as @
outer       multiplies each entry of a vector with each of another
matrices    takes matrices, in the last two axes of the arrays that NumPy's functions take
diagonal    makes a matrix of a vector, or a vector of a matrix
reshapes    keeps the entries in their order, in the shape of the result
expands     repeats along new axes in front, and along those of size 1
sums to     the opposite of expands
transposes  puts the axes into the static order
joins       lies its arguments along the static `axis`, one behind the other
stacks      the same, along a new one
repeats     each entry so many times along the static `axis`, or as a vector
indexes     picks by static items, and by arrays of places
scatters    the opposite of indexes
appends     an axis at the end
(empty)     in a way of its own: it needs its arguments whole
"""


def one(y: Any, *args: Any) -> float:
    """The local derivative of a sum by a term; the sweep knows it, and passes on what comes."""
    return 1.0


def elementwise_shape(shapes: Sequence[Shape], attr: Attr) -> Shape:
    """The shape that NumPy broadcasts `shapes` to; ShapeError where they do not fit."""
    first = shapes[0]
    for shape in shapes:
        if shape != first:
            break
    else:
        return first
    rank = max(map(len, shapes))
    result = [1] * rank
    for shape in shapes:
        for axis, size in enumerate(shape, rank - len(shape)):
            if size != 1 and result[axis] not in (1, size):
                raise ShapeError(MISFIT)
            if size != 1:
                result[axis] = size
    return tuple(result)


@dataclass(eq=False, slots=True, kw_only=True)
class Op:
    """One operation of the language, or of the backward sweep.

    `signature` names the arguments as a call writes them: `"x, threshold=0"`; a last `*xs` takes
    any number. Those named in `static` are known when the graph is built (an axis, a shape) and
    become the node's attr, in that order; all others are nodes.

    `value` is an expression of the signature's names over the functions that the scalar and the
    array namespace share; `fast` is the same for scalars in plain Python, which may raise where
    IEEE has an answer, but never gives another one (of an op that takes any number of arguments, it
    is for two of them, a and b); `literal` holds cheaper values for a last argument that is that
    literal.

    Derivatives are rules per node argument; None says that nothing flows there. An op that takes
    any number of arguments has one rule for all, with their position in place of `*args`.
    `local(y, *args)` is the pointwise partial derivative of an elementwise op: the sweep
    multiplies, sums and undoes broadcasting. `vjp(g, y, *args)` maps the upstream g of an op that
    has no pointwise local. `mask(y, *args)` is 1 where the argument reaches the result at all: the
    sweep lets nothing pass elsewhere, not even 0·inf. `moves` says that the vjp moves, repeats or
    adds entries without mixing them with other numbers, so that a mask can travel with them.

    `partial` says that it may not be finite where its arguments are, of a moderate size; `demand`
    is then what it asks of its operands {0} and {1}. `steep` is said where it is finite and its
    derivative is not, `fitting` of shapes that do not fit, `others` of more arguments than it takes
    (the hint that drops them would be another number). From the position `classes` on, the
    arguments are places or classes (of a loss per row, unless the target has a row of its own).

    `sides` are the conditions, over the signature's names, between which the op takes its branches;
    for one that takes any number of arguments, `xs` in them is each of these, `y` the result.
    `axes` says what becomes of the axes of the arguments, and `blocks` how a reduction of all is
    made of those of parts: their sum, or their mean, weighted by the sizes; a count is a sum to
    which all parts of one size give the same. In its `linear` arguments the op is linear, one at a
    time; an `additive` op is so in all of them together. A nan in an argument of `hides` may be
    lost on the way, and the entries of a `truth` are 0 or 1.

    Other languages know fewer ops. `lower(y, *args)` makes an op of simpler ones, for a language
    that lacks it; without it an elementwise op is made of what its value says. `fold` is how a
    reduction starts and goes on: the start, and the function of a result and one more entry that
    makes the next. `code` holds what a language says in its own words: a format of the arguments,
    {0}, {1}, …, {*} for all, {0?} for one as a condition, {axis} and the like for static ones and
    {shape} for the shape of the result; or a function of the arguments' texts, the attr and their
    shapes. Its keys are a language, python for all that have its arrays, condition for what holds
    where an op is 1, entry for one entry of an array, by its indices.

    `domain` holds an interval per argument in which tests sample; `doc` is the function table's
    line, with the value chosen at a kink. `example` is a formula and the values of its names; of an
    op of nodes alone one is made of the signature and the domain.
    """

    name: str
    signature: str
    text: str | Callable[[Sequence[str], Attr], str] = ""
    level: int = 100
    value: str = ""
    fast: str = ""
    literal: dict[float, str] = field(default_factory=dict)
    local: Rules = ()
    vjp: Rules = ()
    mask: Rules = ()
    moves: bool = False
    sides: tuple[str, ...] = ()
    shape: ShapeRule = elementwise_shape
    static: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    random: bool = False
    group: str = ""
    doc: str = ""
    partial: bool = False
    demand: str = ""
    steep: str = ""
    fitting: str = ""
    others: str = ""
    classes: int | None = None
    axes: Axes = ""
    blocks: Literal["", "sum", "mean", "count"] = ""
    linear: tuple[int, ...] = ()
    additive: bool = False
    hides: tuple[int, ...] = ()
    lower: Rule | None = None
    fold: tuple[float, str] | None = None
    code: Mapping[str, Spelling] = field(default_factory=dict)
    truth: bool = False
    domain: tuple[tuple[float, float], ...] = ()
    example: tuple[str, ...] = ()
    hidden: bool = False

    @property
    def parameters(self) -> list[Parameter]:
        """The signature, taken apart."""
        found = _parameters.get(self.name)
        if found is None:
            found = _parameters[self.name] = [
                _parameter(part.strip()) for part in self.signature.split(",") if part.strip()
            ]
        return found

    @property
    def pointwise(self) -> bool:
        """Whether entry i of the result is made of entries i of the arguments alone."""
        return self.shape is elementwise_shape

    @property
    def rearranges(self) -> bool:
        """Whether every entry of the result is one of the first argument."""
        return self.axes in ("reshapes", "expands", "transposes", "indexes", "repeats")

    @property
    def free(self) -> bool:
        """Whether the result of one argument is a view of it, or itself."""
        moved = self.rearranges and self.axes != "repeats"
        return moved or self.value == f"+{self.parameters[0].name}"

    def __repr__(self) -> str:
        return f"<Op {self.name}>"


@dataclass(slots=True, frozen=True)
class Parameter:
    """One name of a signature; `default` is None where a call must give it."""

    name: str
    default: str | None
    variadic: bool


_parameters: dict[str, list[Parameter]] = {}


def _parameter(part: str) -> Parameter:
    name, _, default = part.partition("=")
    return Parameter(name.lstrip("*"), default or None, name.startswith("*"))
