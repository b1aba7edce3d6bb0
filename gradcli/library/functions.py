"""A model as a plain function: arrays in, the value and its gradients out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.errors import ShapeError
from gradcli.graph.resolver import shape_of
from gradcli.graph.reverse import gradient
from gradcli.learn.packing import Packing
from gradcli.library.given import as_values, by_name
from gradcli.question.locating import explained
from gradcli.run.compiled.compile import compile_graph
from gradcli.run.interpret import StepError
from gradcli.run.invariant import invariants
from gradcli.verbs.grad import refuse_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gradcli.graph.built import Built
    from gradcli.graph.ops.op import Shape
    from gradcli.question.question import Question
    from gradcli.run.interpret import Value

    Array = NDArray[np.float64]

Code = Callable[[Sequence[Any]], list[Any]]
"""From the values of some nodes to those of others."""

FLOAT64 = np.dtype(np.float64)


@dataclass
class _Code:
    """The code for arguments of some shapes; each of those that run at a time needs its own."""

    make: Callable[[], Code]
    model: Built
    shapes: dict[str, Shape]
    """The names that are given, and () for a float."""
    names: list[str]
    others: list[Value]
    variables: list[str]
    idle: list[Code]

    def takes(self, given: Mapping[str, Any]) -> bool:
        """Whether these are floats and float64 arrays of just those names and shapes."""
        if given.keys() != self.shapes.keys():
            return False
        for name, shape in self.shapes.items():
            value = given[name]
            if not shape:
                if type(value) is not float:
                    return False
            elif type(value) is not np.ndarray or value.shape != shape or value.dtype != FLOAT64:
                return False
        return True

    def __call__(self, values: Mapping[str, Value]) -> tuple[float, dict[str, Value]]:
        try:
            compiled = self.idle.pop()
        except IndexError:
            compiled = self.make()
        try:
            value, *found = compiled([*(values[name] for name in self.names), *self.others])
        except StepError as step:
            raise explained(self.model, step) from None
        finally:
            self.idle.append(compiled)
        return value, dict(zip(self.variables, map(_owned, found)))


def _owned(value: Value) -> Value:
    """The value, or a copy of a view, which would show or change what is the caller's."""
    if isinstance(value, float) or (value.base is None and value.flags.writeable):
        return value
    return value.copy()


class Function:
    """`value, gradients = f(x=…)`: a scalar output, and by variable a gradient of its shape.

    Code is made for the shapes of the first call, and again for others; floats and float64 arrays
    of the same names and shapes as in the last call go into it as they are. Data is given by the
    names of the program too, as arrays with rows first. What has a value in the program may be left
    out. The arrays that come back are the caller's own, and several threads may call at a time.

    >>> f = Model("mean((A@w - b)^2)").compile(wrt="w")
    >>> f(A=[[1, 0], [0, 2]], w=[1, 1], b=[1, 1])
    (0.5, {'w': array([0., 2.])})
    """

    def __init__(
        self,
        ask: Callable[[Mapping[str, Value], Mapping[str, Value]], Question],
        fixed: Mapping[str, Value] | None = None,
        engine: str = "numpy",
    ) -> None:
        """`ask` is what a model is asked with some values, and with some that are the same in every
        call. With the latter, `fixed`, it differentiates by the given names alone."""
        self._ask, self._fixed, self._engine = ask, fixed, engine
        self._codes: dict[frozenset[Any], _Code] = {}
        self._sizes: set[str] = set()
        """The names on whose values shapes depend."""
        self._last: _Code | None = None

    def __call__(
        self, values: Mapping[str, Any] | None = None, /, **named: Any
    ) -> tuple[float, dict[str, Value]]:
        given = by_name(values, named)
        code = self._last
        with np.errstate(all="ignore"):
            if code is None or not code.takes(given):
                given = as_values(given)
                code = self._code(given)
                self._last = None if self._sizes & given.keys() else code
            return code(given)

    def vector(self, start: Mapping[str, Any], /, **fixed: Any) -> Vector:
        """The function of one vector, in which the names of `start` lie side by side.

        It is what `scipy.optimize.minimize(v, v.x0, jac=True)` takes. `fixed` are other values, as
        they are now; what depends on them alone is computed once.

        >>> from scipy.optimize import minimize
        >>> v = Model("sum((x - c)^2)").compile().vector({"x": [0, 0]}, c=[1, 2])
        >>> v.unpack(minimize(v, v.x0, jac=True).x)["x"].round(6)
        array([1., 2.])
        """
        kept = {n: v if isinstance(v, float) else v.copy() for n, v in as_values(fixed).items()}
        return Vector(Function(self._ask, kept, self._engine), as_values(by_name(start, {})))

    def _code(self, given: Mapping[str, Value]) -> _Code:
        """The code for their shapes, and for the values of those that shapes depend on."""
        code = self._codes.get(self._key(given))
        if code is None:
            code = self._made(given)
            self._codes[self._key(given)] = code  # by the sizes that are known now
        return code

    def _key(self, given: Mapping[str, Value]) -> frozenset[Any]:
        return frozenset(
            (name, shape_of(value), np.asarray(value).tobytes() if name in self._sizes else b"")
            for name, value in given.items()
        )

    def _made(self, given: Mapping[str, Value]) -> _Code:
        question = self._ask(given, self._fixed or {})
        model, graph = question.model, question.graph
        self._sizes |= model.sizes & set(given)
        cone = question.cone()
        names = question.names(cone)
        refuse_array(question, names, "ask for the Jacobian, or differentiate")
        variables = question.variables(cone)
        if self._fixed is not None:
            variables = [node for node in variables if names[node] in given]
        outputs = [model.output, *gradient(graph, model.output, variables).values()]
        inputs = {name: node for name, node in model.inputs.items() if name in given}
        others = {n: v for n, v in question.inputs.items() if n not in inputs.values()}
        still = invariants(graph, outputs, set(inputs.values()))
        others |= {node: value for node, value in question.run(still).items() if node in still}
        nodes = [*inputs.values(), *others]

        def make() -> Code:
            if self._engine == "jax":
                from gradcli.run.jax.devices import compiled

                return compiled(graph, outputs, nodes, question.seed)
            return compile_graph(graph, outputs, nodes, seed=question.seed)

        shapes = {name: shape_of(value) for name, value in given.items()}
        called = [names[node] for node in variables]
        return _Code(make, model, shapes, [*inputs], [*others.values()], called, [make()])


class Vector:
    """A function of one vector: `value, gradient = v(x)`; `x0` is where it starts.

    `unpack` gives the names of a vector's parts back, `pack` the vector of values by name.

    >>> v = Model("a*sum(x^2)").compile().vector({"x": [1, 2], "a": 3})
    >>> v.x0
    array([1., 2., 3.])
    >>> v(v.x0)
    (15.0, array([ 6., 12.,  5.]))
    """

    def __init__(self, function: Function, start: dict[str, Value]) -> None:
        self._function = function
        self._layout = Packing(start)
        self.x0: Array = self._layout.flat(start)
        self._zeros = self._layout.params(np.zeros_like(self.x0))

    def __call__(self, x: Array) -> tuple[float, Array]:
        """The value at a vector, and the gradient by each of its entries."""
        value, gradients = self._function(self._layout.views(self._vector(x)))
        return value, self._layout.flat({**self._zeros, **gradients})

    def unpack(self, x: Array) -> dict[str, Value]:
        """The values by name in a vector of the length of `x0`; ShapeError for another length."""
        return self._layout.params(self._vector(x))

    def pack(self, values: Mapping[str, Any]) -> Array:
        """The vector of values by name."""
        return self._layout.flat(as_values(values))

    def _vector(self, x: Array) -> Array:
        x = np.asarray(x, dtype=np.float64)
        if x.shape != self.x0.shape:
            raise ShapeError(f"the vector has shape {x.shape}, not {self.x0.shape}")
        return x
