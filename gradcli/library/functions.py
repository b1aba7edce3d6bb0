"""A model as a plain function: arrays in, the value and its gradients out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.graph.reverse import gradient
from gradcli.learn.packing import Packing
from gradcli.library.given import as_values
from gradcli.run.compiled.compile import Compiled, compile_graph
from gradcli.verbs.grad import refuse_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gradcli.question.question import Question
    from gradcli.run.interpret import Value

    Array = NDArray[np.float64]


@dataclass
class _Code:
    """The code for arguments of some shapes; each of those that run at a time needs its own."""

    make: Callable[[], Compiled]
    names: list[str]
    others: list[Value]
    variables: list[str]
    idle: list[Compiled]

    def __call__(self, values: Mapping[str, Value]) -> list[Value]:
        compiled = self.idle.pop() if self.idle else self.make()
        try:
            return compiled([*(values[name] for name in self.names), *self.others])
        finally:
            self.idle.append(compiled)


class Function:
    """`value, gradients = f(x=…)`: a scalar output, and by variable a gradient of its shape.

    Code is made for the shapes of the first call, and again for others. Data is given by the names
    of the program too, as arrays with rows first. What has a value in the program may be left out.
    """

    def __init__(self, ask: Callable[[Mapping[str, Value]], Question]) -> None:
        """`ask` is what a model is asked with some values."""
        self._ask = ask
        self._codes: dict[Any, _Code] = {}
        self._sizes: set[str] = set()

    def __call__(
        self, values: Mapping[str, Any] | None = None, /, **named: Any
    ) -> tuple[float, dict[str, Value]]:
        given = as_values({**(values or {}), **named})
        with np.errstate(all="ignore"):
            code = self._code(given)
            value, *found = code(given)
        assert isinstance(value, float)
        return value, dict(zip(code.variables, found))

    def vector(self, start: Mapping[str, Any], /, **fixed: Any) -> Vector:
        """The function of one vector, in which the names of `start` lie side by side.

        It is what `scipy.optimize.minimize(v, v.x0, jac=True)` takes; `fixed` are other values.
        """
        return Vector(self, as_values(start), as_values(fixed))

    def _code(self, given: Mapping[str, Value]) -> _Code:
        """The code for their shapes, and for the values of those that shapes depend on."""
        shapes = {n: () if isinstance(v, float) else v.shape for n, v in given.items()}
        sizes = [(n, np.asarray(given[n]).tobytes()) for n in self._sizes if n in given]
        key = tuple(sorted(shapes.items())), tuple(sorted(sizes))
        code = self._codes.get(key)
        if code is None:
            code = self._made(given)
            if self._sizes <= set(dict(sizes)):
                self._codes[key] = code
        return code

    def _made(self, given: Mapping[str, Value]) -> _Code:
        question = self._ask(given)
        model, graph = question.model, question.graph
        self._sizes |= model.sizes & set(given)
        cone = question.cone()
        names = question.names(cone)
        refuse_array(question, names, "ask for the Jacobian, or differentiate")
        variables = question.variables(cone)
        gradients = gradient(graph, model.output, variables)
        inputs = {name: node for name, node in model.inputs.items() if name in given}
        others = {n: v for n, v in question.inputs.items() if n not in inputs.values()}
        outputs = [model.output, *gradients.values()]
        nodes = [*inputs.values(), *others]

        def make() -> Compiled:
            return compile_graph(graph, outputs, nodes, seed=question.seed)

        called = [names[node] for node in variables]
        return _Code(make, list(inputs), list(others.values()), called, [make()])


class Vector:
    """A function of one vector: `value, gradient = v(x)`; `x0` is where it starts.

    `unpack` gives the names of a vector's parts back, `pack` the vector of values by name.
    """

    def __init__(
        self, function: Function, start: dict[str, Value], fixed: dict[str, Value]
    ) -> None:
        self._function, self._fixed = function, fixed
        self._layout = Packing(start)
        self._names = list(start)
        self.x0: Array = self._layout.flat(start)

    def __call__(self, x: Array) -> tuple[float, Array]:
        """The value at a vector, and the gradient by each of its entries."""
        value, gradients = self._function({**self.unpack(x), **self._fixed})
        zeros = self._layout.params(np.zeros_like(self.x0))
        return value, self._layout.flat({n: gradients.get(n, zeros[n]) for n in self._names})

    def unpack(self, x: Array) -> dict[str, Value]:
        """The values by name in a vector."""
        return self._layout.params(np.asarray(x, dtype=np.float64))

    def pack(self, values: Mapping[str, Any]) -> Array:
        """The vector of values by name."""
        return self._layout.flat(as_values(values))
