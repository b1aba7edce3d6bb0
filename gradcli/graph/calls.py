"""A call in the language → an op, its node arguments, and its static arguments as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, prod
from typing import Any

from gradcli.errors import LanguageError, ShapeError
from gradcli.graph.graph import INPUT, LITERAL, Graph
from gradcli.graph.node import TABLE
from gradcli.graph.ops import table
from gradcli.graph.ops.op import Attr, Op, Parameter, Shape
from gradcli.graph.ops.spell import scalar_function
from gradcli.words import counted

WHOLE = {"axis", "keepdims", "n", "m"}
"""Static arguments that are one whole number."""

WHOLES = {"shape", "axes"}
"""Static arguments that are whole numbers: one, several, or a list."""

LARGEST = 2**53
"""Above it, a float is no longer told apart from its neighbours."""

Resolved = tuple["Op | None", tuple[int, ...], "Attr | None"]


class Calls:
    """Resolves the calls of one program."""

    def __init__(
        self,
        graph: Graph,
        values: Mapping[str, Any],
        starts: Mapping[str, int],
        class_counts: Mapping[str, int],
    ) -> None:
        self.graph, self.values, self.starts = graph, values, starts
        self.class_counts = class_counts
        self.looked_at: set[str] = set()
        self.counts: dict[int, str] = {}
        """The literals that count the classes of a name of the data."""
        self.sizes: dict[int, str] = {}
        """The axes of what was resolved last that are as long as the classes of a name."""
        self.declares = False
        """Whether a param is being made, whose size is that of all the data."""

    def resolve(self, name: str, args: Sequence[int], named: Mapping[str, int]) -> Resolved:
        """What the call means; an op of None stands for its first argument itself.

        The attr of a random op lacks its last entry, the stream of the call.
        """
        graph = self.graph
        op = table.find(name)
        assert op is not None
        self.sizes = {}
        if name in ("max", "min") and len(args) > 1 and not named:
            op = TABLE[name + "imum"]
        elif op.axes in ("joins", "stacks") and len(args) == 1:
            return self._joined(op.name, args[0], named)
        elif name == "scatter":
            return self._scatter(args)
        elif name == "classes" and len(args) == 1 and (text := self._class_count(args[0])):
            return None, (text,), None
        if name == "dot" and not all(graph.shapes[a] for a in args):
            op = TABLE["mul"]
        bound = self._bind(op, name, args, named)
        nodes: list[int] = []
        statics: dict[str, Any] = {}
        for parameter in op.parameters:
            given = bound.get(parameter.name)
            if parameter.name in op.static:
                statics[parameter.name] = self._static(op, parameter.name, parameter.default, given)
            elif parameter.variadic:
                nodes += given or ()
            elif given is not None:
                nodes += given
            else:
                assert parameter.default is not None
                nodes.append(graph.literal(float(parameter.default), parameter.default))
        sizes = bound.get("shape", ()) if op.axes != "reshapes" else ()
        if len(sizes) == 1 and graph.ops[sizes[0]].axes == "stacks":
            sizes = graph.args[sizes[0]]
        self.sizes = {k: self.counts[n] for k, n in enumerate(sizes) if n in self.counts}
        if op.axes == "appends" and (count := bound["n"][0]) in self.counts:
            self.sizes = {len(graph.shapes[nodes[0]]): self.counts[count]}
        if op.name == "transpose":
            rank = len(graph.shapes[nodes[0]])
            axes = statics["axes"] or tuple(reversed(range(rank)))
            statics["axes"] = tuple(axis % rank if -rank <= axis < rank else axis for axis in axes)
        attr = tuple(statics[key] for key in op.static if key in statics) if op.static else None
        return op, tuple(nodes), attr

    def _class_count(self, node: int) -> int | None:
        """The number of classes of a column of text as a literal; None for anything else."""
        graph = self.graph
        name = graph.names.get(node, [""])[0]
        if graph.kind(node) != "data" or name not in self.class_counts:
            return None
        count = graph.twin(graph.literal(float(self.class_counts[name])))
        graph.texts[count] = f"classes({name})"
        self.counts[count] = name
        return count

    def _bind(
        self, op: Op, name: str, args: Sequence[int], named: Mapping[str, int]
    ) -> dict[str, tuple[int, ...]]:
        """Argument nodes by parameter name; LanguageError where they do not fit the signature."""
        bound: dict[str, tuple[int, ...]] = {}
        needed = _needed(op)
        left = list(args)
        required = 0
        for parameter in op.parameters:
            if parameter.variadic:
                bound[parameter.name], left = tuple(left), []
                required += not bound[parameter.name] and parameter in needed
            elif left:
                bound[parameter.name] = (left.pop(0),)
            elif parameter in needed and parameter.name not in named:
                required += 1
        known = {p.name for p in op.parameters if not p.variadic}
        form = f"{name}({op.signature})"
        for key, node in named.items():
            if key not in known:
                raise LanguageError(f"{name} has no argument '{key}'", hint=f"it is {form}")
            if key in bound:
                raise LanguageError(f"{name} got '{key}' twice", hint=f"it is {form}")
            bound[key] = (node,)
        if left or required:
            hint = op.others if left and op.others else f"write {form}"
            what = f"{name} takes {_counts(op)}, got {len(args) + len(named)}"
            raise LanguageError(what, hint=hint)
        return bound

    def _static(self, op: Op, name: str, default: str | None, given: Sequence[int] | None) -> Any:
        what = f"the {name} of {op.name}"
        if name in WHOLES:
            values: list[Any] = [self.known(node, what) for node in given or ()]
            if len(values) == 1 and isinstance(values[0], list):
                values = values[0]
            sizes = tuple(whole(value, what) for value in values)
            if name == "shape" and op.name != "reshape":
                sizes = tuple(_size(size, what) for size in sizes)
            return sizes
        if not given:
            return None if default in (None, "None") else _number(default)
        value = self.known(given[0], what)
        if name == "axis" and isinstance(value, list):
            hint = "take one axis after the other"
            raise ShapeError(f"{what} must be one number, not a list", hint=hint)
        if name in WHOLE:
            number = whole(value, what)
            return _size(number, what) if name in ("n", "m") else number
        if isinstance(value, list):
            raise ShapeError(f"{what} must be one number, not a list", hint="write one number: 1")
        if not isfinite(value):
            raise LanguageError(
                f"{what} must be a finite number, not {value:g}", hint="write a number such as 1"
            )
        return value

    def known(self, node: int, what: str) -> Any:
        """The value of a node that is made of numbers only, as a float or nested lists.

        Raises LanguageError for one that depends on what a run will find.
        """
        graph = self.graph
        values: dict[int, Any] = {}
        for n in graph.cone([node]):
            op, attr = graph.ops[n], graph.attrs[n] or ()
            args = [values.get(a) for a in graph.args[n]]
            if op is LITERAL:
                values[n] = attr[0]
            elif op is INPUT:
                values[n] = self._given(attr[0], what)
            elif op.name == "stack":
                values[n] = None if None in args else args
            elif op.blocks == "count" and not graph.shapes[n]:
                values[n] = self._count(graph.args[n][0], what)
            elif op.pointwise and all(isinstance(a, float) for a in args):
                values[n] = scalar_function(op)(*args)
        if values.get(node) is None:
            raise LanguageError(f"{what} must be known before the run", hint="write it as a number")
        return values[node]

    def _count(self, node: int, what: str) -> float:
        """How many entries a node has, which is known by its shape."""
        graph = self.graph
        if not self.declares and any(graph.kind(n) == "data" for n in graph.cone([node])):
            raise LanguageError(
                f"{what} is the number of rows, and a batch of rows has fewer",
                hint="let it be the size of a param",
            )
        return float(prod(graph.shapes[node]))

    def _given(self, name: str, what: str) -> Any:
        if name in self.values:
            self.looked_at.add(name)
            value = self.values[name]
            return value.tolist() if hasattr(value, "tolist") else value
        if name in self.starts:
            return self.known(self.starts[name], what)
        return None

    def _joined(self, name: str, arg: int, named: Mapping[str, int]) -> Resolved:
        """`concat([a, b])` and `stack([a, b])`, as NumPy spells them: one argument, stacked."""
        shape = self.graph.shapes[arg]
        axis = whole(self.known(named["axis"], "the axis"), "the axis") if "axis" in named else 0
        if set(named) - {"axis"}:
            what = f"{name} has no argument '{min(set(named) - {'axis'})}'"
            raise LanguageError(what, hint=f"it is {name}({TABLE[name].signature})")
        if name == "stack" and axis == 0:
            return None, (arg,), None
        if name == "concat" and axis == 0 and len(shape) > 1:
            return TABLE["reshape"], (arg,), ((shape[0] * shape[1], *shape[2:]),)
        raise LanguageError(f"{name} joins several arrays", hint=f"write {name}(a, b, axis={axis})")

    def _scatter(self, args: Sequence[int]) -> Resolved:
        graph = self.graph
        if len(args) != 2 or graph.ops[args[1]].name != "index":
            raise LanguageError("scatter takes a value and a place", hint="write scatter(g, x[i])")
        place = args[1]
        return TABLE["scatter"], (args[0], *graph.args[place]), graph.attrs[place]

    def index(
        self, array: int, items: Sequence[str], parts: Sequence[int]
    ) -> tuple[tuple[Any, ...], list[int]]:
        """The items of an index of an array, and the nodes of its index arrays.

        A number that is written out is a static item; any other index is looked up by the run.
        """
        left = list(parts)
        found: list[Any] = []
        arrays: list[int] = []
        for item in items:
            if item == "i":
                node = left.pop(0)
                if self._written(node):
                    found.append(whole(self.known(node, "an index"), "an index"))
                else:
                    self._refuse_mask(node, self.graph.shapes[array][len(found) :])
                    found.append("array")
                    arrays.append(node)
                continue
            start, stop, step = (*item.split(":"), "")[:3]
            bounds = [
                whole(self.known(left.pop(0), "a slice"), "a slice") if part else None
                for part in (start, stop, step)
            ]
            if bounds[2] == 0:
                hint = "write a step of 1, or of -1 to go backwards"
                raise LanguageError("a slice with a step of 0", hint=hint)
            found.append((bounds[0], bounds[1], 1 if bounds[2] is None else bounds[2]))
        return tuple(found), arrays

    def _refuse_mask(self, node: int, shape: Shape) -> None:
        """LanguageError for a condition by which NumPy would choose entries of axes of `shape`.

        Any other may choose between two entries: W[city == "Linz"].
        """
        graph = self.graph
        own = graph.shapes[node]
        parts = graph.args[node] if graph.ops[node] is TABLE["mul"] else (node,)
        if not own or own != shape[: len(own)] or not all(graph.ops[n].truth for n in parts):
            return
        if own[0] == 2 and any(graph.kind(n) == "data" for n in graph.cone([node])):
            return  # of two rows, by chance
        what = "an index takes places, and this is a condition: 1 where it holds, else 0"
        raise LanguageError(what, hint="where(condition, x, 0) keeps the entries where it holds")

    def _written(self, node: int) -> bool:
        graph = self.graph
        if graph.ops[node].name == "neg":
            (node,) = graph.args[node]
        return graph.ops[node] is LITERAL


def _number(text: str | None) -> float | int:
    value = float(text or 0)
    return int(value) if value.is_integer() else value


def whole(value: Any, what: str) -> int:
    """`value` as an int; LanguageError where it is no whole number that a float tells apart."""
    if isinstance(value, list) or not float(value).is_integer():
        shown = "a list" if isinstance(value, list) else f"{value:g}"
        raise LanguageError(
            f"{what} must be a whole number, not {shown}", hint="write a whole number: 2"
        )
    if abs(value) > LARGEST:
        raise LanguageError(f"{what} is beyond 2^53: {value:g}", hint="write a smaller number")
    return int(value)


def _size(number: int, what: str) -> int:
    if number < 0:
        raise LanguageError(f"{what} cannot be negative: {number}", hint="write 0 or more")
    return number


def _needed(op: Op) -> list[Parameter]:
    """The parameters that a call must give: `zeros()` has no size, `randn()` is one number."""
    return [
        p
        for p in op.parameters
        if (p.name == "xs" or (op.parameters == [p] and not op.random))
        or (p.default is None and not p.variadic)
    ]


def _counts(op: Op) -> str:
    """How many arguments a call takes, in words."""
    least = len(_needed(op))
    if any(p.variadic for p in op.parameters):
        return "at least " + counted(least, "argument")
    most = len(op.parameters)
    return counted(most, "argument") if least == most else f"{least} to {most} arguments"
