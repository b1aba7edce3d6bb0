"""Stand-ins for arrays: what NumPy is called to do with them becomes steps on a tape."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from gradcli.graph.ops import hyperbolic
from gradcli.graph.ops.arrays.places import picked
from gradcli.graph.ops.linear import matmul_shape
from gradcli.graph.ops.op import Shape
from gradcli.run.compiled.numpy_call import TO_BOOL, Step, thawed

_REDUCTIONS: dict[Any, np.ufunc] = {
    np.sum: np.add, np.prod: np.multiply, np.max: np.maximum, np.min: np.minimum,
}  # fmt: skip


_OWN: dict[Any, Any] = {np.tanh: hyperbolic.tanh}
"""Functions of ours that are called as NumPy's are, and take less time."""


class NotTraceableError(Exception):
    """The function does more than these steps can say."""


class Traced(NDArrayOperatorsMixin):
    """Stands for the result of a step while NumPy functions are called with it."""

    def __init__(self, tape: Tape, at: int) -> None:
        self.tape, self.at = tape, at

    @property
    def step(self) -> Step:
        return self.tape.steps[self.at]

    @property
    def shape(self) -> Shape:
        return self.step.shape

    @property
    def ndim(self) -> int:
        return len(self.step.shape)

    @property
    def size(self) -> int:
        return prod(self.step.shape)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **others: Any) -> Traced:
        if method != "__call__" or others or ufunc.nout != 1:
            raise NotTraceableError
        return self.tape.ufunc(_OWN.get(ufunc, ufunc), args)

    def __array_function__(self, func: Any, types: Any, args: Any, others: Any) -> Any:
        return self.tape.function(func, args, others)

    def __getitem__(self, places: Any) -> Traced:
        places = places if isinstance(places, tuple) else (places,)
        if not all(isinstance(place, int | slice) for place in places):
            raise NotTraceableError
        frozen = tuple((p.start, p.stop, p.step) if isinstance(p, slice) else p for p in places)
        return self.tape.index(self, frozen)

    def astype(self, dtype: Any) -> Traced:
        if dtype is not np.float64 or self.step.kind != "ufunc":
            raise NotTraceableError
        return self.tape.cast(self, truth=False)

    def picked(self, classes: Any) -> Traced:
        """A step of its own in functions that can be followed otherwise."""
        places = self.tape.places((self, classes))
        return self.tape.add(Step("call", picked, places, (), self.shape[:-1]))

    def __getattr__(self, name: str) -> Any:
        raise NotTraceableError

    def _refuse(self, *args: Any, **others: Any) -> Any:
        raise NotTraceableError

    __array__ = __bool__ = __float__ = __int__ = __len__ = __iter__ = _refuse


class Tape:
    """Steps in the order in which they are to be taken, interned, as nodes of a graph are.

    With `finite`, guards against numbers that are not finite are left out: where the result then
    is finite, it is what it would have been. `guards` counts those that were.
    """

    def __init__(self, finite: bool) -> None:
        self.finite, self.guards = finite, 0
        self.steps: list[Step] = []
        self._interned: dict[tuple[Any, ...], int] = {}

    def add(self, step: Step) -> Traced:
        # Numbers are told from places, and from each other, by their bits.
        args = tuple(a.hex() if isinstance(a, float) else a for a in step.args)
        key = (step.kind, step.function, args, step.options, step.shape, step.truth)
        at = self._interned.get(key)
        if at is None:
            at = self._interned[key] = len(self.steps)
            self.steps.append(step)
        return Traced(self, at)

    def leaf(self, kind: str, node: int, shape: Shape) -> Traced:
        """A value that is there before the steps are taken."""
        return self.add(Step(kind, None, (), (node,), shape))

    def places(self, args: Sequence[Any]) -> tuple[int | float, ...]:
        places: list[int | float] = []
        for arg in args:
            if isinstance(arg, Traced):
                places.append(arg.at)
            elif isinstance(arg, int | float) and not isinstance(arg, bool):
                places.append(float(arg))
            else:
                raise NotTraceableError
        return tuple(places)

    def ufunc(self, ufunc: np.ufunc, args: Sequence[Any]) -> Traced:
        places = self.places(args)
        steps = [self.steps[p] for p in places if isinstance(p, int)]
        truth = ufunc in TO_BOOL
        if not truth and any(step.truth for step in steps):
            raise NotTraceableError
        if ufunc is np.matmul:
            shape = matmul_shape([step.shape for step in steps], ())
        else:
            shape = np.broadcast_shapes(*(step.shape for step in steps))
            places = self._narrowed(places, shape)
        if ufunc is np.not_equal and places[1] == 0.0 and isinstance(places[0], int):
            asked = self.steps[places[0]]
            if asked.kind == "ufunc" and asked.function in TO_BOOL:
                return self.cast(Traced(self, places[0]), truth=True)
        return self.add(Step("ufunc", ufunc, places, (), shape, truth))

    def dot(self, a: Any, b: Any) -> Traced:
        """The product of vectors and matrices."""
        a, b = self._array(a), self._array(b)
        shape = matmul_shape([a.shape, b.shape], ())
        return self.add(Step("dot", None, (a.at, b.at), (), shape))

    def _array(self, value: Any) -> Traced:
        """A step, or an array of ones that a function made."""
        if isinstance(value, np.ndarray) and value.ndim == 1 and (value == 1).all():
            return self.add(Step("ones", None, (), (), value.shape))
        if not isinstance(value, Traced) or not 0 < value.ndim <= 2:
            raise NotTraceableError
        return value

    def _narrowed(self, places: tuple[int | float, ...], shape: Shape) -> tuple[int | float, ...]:
        """The arguments before they were broadcast, where the ufunc does that by itself."""
        found = list(places)
        for i, place in enumerate(places):
            if isinstance(place, int) and self.steps[place].kind == "broadcast":
                found[i] = self.steps[place].args[0]
                shapes = [self.steps[p].shape for p in found if isinstance(p, int)]
                if np.broadcast_shapes(*shapes) != shape:
                    found[i] = place
        return tuple(found)

    def cast(self, asked: Traced, truth: bool) -> Traced:
        """The result of a comparison as booleans, or as the numbers 0 and 1."""
        step = asked.step
        return self.add(Step("ufunc", step.function, step.args, (), step.shape, truth))

    def reduce(self, ufunc: np.ufunc, x: Traced, axis: Any = None, keepdims: Any = False) -> Traced:
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        gone = {a % x.ndim for a in axes} if x.ndim else set()
        keepdims = bool(keepdims)
        shape = tuple(
            1 if a in gone else size for a, size in enumerate(x.shape) if keepdims or a not in gone
        )
        return self.add(Step("reduce", ufunc, (x.at,), (axis, keepdims), shape))

    def select(self, condition: Any, a: Any, b: Any) -> Traced:
        places = self.places((condition, a, b))
        asked = self.steps[places[0]] if isinstance(places[0], int) else None
        if asked is None or not asked.truth:
            raise NotTraceableError
        if self.finite and asked.function is np.isfinite and asked.args == places[1:2]:
            self.guards += 1
            return Traced(self, int(places[1]))
        shape = np.broadcast_shapes(*(self.steps[p].shape for p in places if isinstance(p, int)))
        return self.add(Step("select", None, self._narrowed(places, shape), (), shape))

    def view(self, kind: str, x: Traced, options: tuple[Any, ...], shape: Shape) -> Traced:
        if shape == x.shape and kind in ("reshape", "broadcast"):
            return x
        if self._is_spread_number(x.step):
            return self.add(Step("broadcast", None, x.step.args, (shape,), shape))
        if not x.shape:
            kind, options = "broadcast", (shape,)
        return self.add(Step(kind, None, (x.at,), options, shape))

    def _is_spread_number(self, step: Step) -> bool:
        return step.kind == "broadcast" and not any(
            isinstance(arg, int) and self.steps[arg].shape for arg in step.args
        )

    def reshape(self, x: Traced, shape: Any) -> Traced:
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        if -1 in shape:
            rest = prod(n for n in shape if n != -1)
            if not rest:
                raise NotTraceableError
            shape = tuple(prod(x.shape) // rest if n == -1 else n for n in shape)
        return self.view("reshape", x, (shape,), shape)

    def transpose(self, x: Traced, axes: Any) -> Traced:
        return self.view("transpose", x, (tuple(axes),), tuple(x.shape[axis] for axis in axes))

    def index(self, x: Traced, places: tuple[Any, ...]) -> Traced:
        nothing = np.broadcast_to(0.0, x.shape)
        shape = nothing[thawed(places)].shape
        return self.view("index", x, (places,), shape)

    def broadcast(self, x: Any, shape: Shape) -> Traced:
        if not isinstance(x, Traced):
            raise NotTraceableError
        return self.view("broadcast", x, (tuple(shape),), tuple(shape))

    def function(self, func: Any, args: Any, others: Any) -> Any:
        """A function of NumPy that is no ufunc."""
        if func is np.shape:
            return args[0].shape
        if func is np.ndim:
            return args[0].ndim
        if func in _REDUCTIONS and not set(others) - {"axis", "keepdims"}:
            return self.reduce(_REDUCTIONS[func], *args, **others)
        if func is np.mean and not set(others) - {"axis", "keepdims"}:
            total = self.reduce(np.add, *args, **others)
            return self.ufunc(np.true_divide, (total, args[0].size / total.size))
        if func is np.dot and not others:
            return self.dot(*args)
        if func is np.where and len(args) == 3:
            return self.select(*args)
        if func is np.reshape and not others:
            return self.reshape(*args)
        if func is np.transpose and not others:
            return self.transpose(*args)
        if func is np.broadcast_to and not others:
            return self.broadcast(*args)
        if func is np.squeeze:
            return self._squeezed(args[0], **others)
        if func is np.outer:
            a, b = args
            return self.ufunc(np.multiply, (self.reshape(a, (*a.shape, 1)), b))
        raise NotTraceableError

    def _squeezed(self, x: Traced, axis: int | None = None) -> Traced:
        shape = x.shape
        gone = [a for a, n in enumerate(shape) if n == 1] if axis is None else [axis % len(shape)]
        return self.reshape(x, tuple(n for a, n in enumerate(shape) if a not in gone))
