"""Second-order problems for SciPy: exact Hessians, and exact Jacobians of residuals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradcli.graph.build import Built
from gradcli.graph.reverse import gradient, jacobian_seed
from gradcli.learn.loss import Data, Loss
from gradcli.run.compiled.compile import Compiled, compile_graph

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gradcli.run.interpret import Value

    Array = NDArray[np.float64]
    Params = dict[str, Value]


class ExactLoss(Loss):
    """A loss of all rows with its second derivatives."""

    def __init__(
        self,
        build: Callable[[int], Built],
        params: Sequence[str],
        fixed: Mapping[str, Value],
        data: Data | None,
        seed: int,
    ) -> None:
        super().__init__(build, params, fixed, data, seed=seed)
        self._rows_of: list[_Slices] | None = None

    def hessian(self, params: Params) -> dict[str, Params]:
        """The second derivatives by two parameters, in the shape of the first and the second."""
        measure = self.measure(self.rows)
        if self._rows_of is None:
            self._rows_of = [
                _Slices(measure.graph, of, measure.params, measure.inputs, self.seed)
                for of in measure.gradients
            ]
        values = [*(params[name] for name in self.params), *self.others(measure, None)]
        return {
            name: dict(zip(self.params, slices(values)))
            for name, slices in zip(self.params, self._rows_of)
        }


class Residuals:
    """A vector whose sum of squares is the loss of `lm`, and its derivatives by each parameter.

    A backward pass is linear in its upstream u, so differentiating it by u gives a column of the
    Jacobian: it takes a pass an entry of the parameters, however many residuals there are.
    """

    def __init__(
        self,
        build: Callable[[int], Built],
        params: Sequence[str],
        fixed: Mapping[str, Value],
        data: Data | None,
        seed: int,
    ) -> None:
        self.params = list(params)
        model = build(data.rows if data else 0)
        graph = model.graph
        others = [name for name in model.inputs if name not in params]
        self._others: list[Any] = [
            fixed[name] if name in fixed or data is None else data.take(name) for name in others
        ]
        inputs = [model.inputs[name] for name in [*params, *others]]
        self._value = compile_graph(graph, [model.output], inputs, seed=seed)
        upstream = jacobian_seed(graph, model.output)
        adjoints = gradient(graph, model.output, inputs[: len(self.params)], upstream)
        self._columns = [
            _Slices(graph, adjoints[node], [upstream], [*inputs, upstream], seed)
            for node in inputs[: len(self.params)]
        ]
        self._shape = graph.shapes[model.output]

    def residuals(self, params: Params) -> Array:
        """The vector at `params`."""
        (found,) = self._value([*(params[name] for name in self.params), *self._others])
        result: Array = found
        return result

    def jacobian(self, params: Params) -> Params:
        """The derivative by each parameter, in the shape of the residuals and the parameter."""
        import numpy as np

        given = [*(params[name] for name in self.params), *self._others, np.ones(self._shape)]
        found: Params = {}
        for name, slices in zip(self.params, self._columns):
            (block,) = slices(given)
            # the parameter's axes come first here; behind the residuals they are asked for
            found[name] = np.moveaxis(block, -1, 0)
        return found


class _Slices:
    """The derivatives of every entry of a node by some others, one backward pass an entry."""

    def __init__(
        self, graph: Any, of: int, by: Sequence[int], inputs: Sequence[int], seed: int
    ) -> None:
        self._shape = graph.shapes[of]
        self._shapes = [graph.shapes[n] for n in by]
        chosen = jacobian_seed(graph, of) if self._shape else None
        found = gradient(graph, of, by, chosen)
        extra = [] if chosen is None else [chosen]
        self._run: Compiled = compile_graph(
            graph, [found[n] for n in by], [*inputs, *extra], seed=seed
        )

    def __call__(self, values: Sequence[Value]) -> list[Any]:
        if not self._shape:
            return list(self._run(values))
        import numpy as np

        blocks = [np.empty((*self._shape, *shape)) for shape in self._shapes]
        chosen = np.zeros(self._shape)
        for place in np.ndindex(self._shape):
            chosen[place] = 1.0
            for block, part in zip(blocks, self._run([*values, chosen])):
                block[place] = part
            chosen[place] = 0.0
        return blocks
