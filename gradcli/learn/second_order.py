"""Second-order problems for SciPy: exact Hessians, and exact Jacobians of residuals."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gradcli.graph.reverse import gradient, jacobian_seed
from gradcli.learn.loss import Loss

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gradcli.run.interpret import Value

    Array = NDArray[np.float64]
    Params = dict[str, Value]


class ExactLoss(Loss):
    """A loss of all rows with its second derivatives."""

    @cached_property
    def _slices(self) -> list[_Slices]:
        measure = self.measure(self.rows)
        return [_Slices(self, of, measure.params) for of in measure.gradients]

    def hessian(self, params: Params) -> dict[str, Params]:
        """The second derivatives by two parameters, in the shape of the first and the second."""
        values = [params[name] for name in self.params]
        return {
            name: dict(zip(self.params, slices(values)))
            for name, slices in zip(self.params, self._slices)
        }


class Residuals:
    """A vector whose sum of squares is the loss of `lm`, and its derivatives by each parameter.

    A backward pass is linear in its upstream u, so differentiating it by u gives a column of the
    Jacobian: it takes a pass an entry of the parameters, however many residuals there are.
    """

    def __init__(self, vector: Loss) -> None:
        """`vector` has such an output, of all its rows."""
        measure = vector.measure(vector.rows)
        graph, output = measure.graph, measure.model.output
        self._params = vector.params
        self._value = vector.function([output])
        upstream = jacobian_seed(graph, output)
        adjoints = gradient(graph, output, measure.params, upstream)
        self._columns = [
            _Slices(vector, adjoints[node], [upstream], [upstream]) for node in measure.params
        ]
        self._shape = graph.shapes[output]

    def residuals(self, params: Params) -> Array:
        """The vector at `params`."""
        (found,) = self._value(self._values(params))
        result: Array = found
        return result

    def jacobian(self, params: Params) -> Params:
        """The derivative by each parameter, in the shape of the residuals and the parameter."""
        import numpy as np

        given = [*self._values(params), np.ones(self._shape)]
        found: Params = {}
        for name, slices in zip(self._params, self._columns):
            (block,) = slices(given)
            # the parameter's axes come first here; behind the residuals they are asked for
            found[name] = np.moveaxis(block, -1, 0)
        return found

    def _values(self, params: Params) -> list[Any]:
        return [params[name] for name in self._params]


class _Slices:
    """The derivatives of every entry of a node by some others, one backward pass an entry; `more`
    are inputs besides those of the loss."""

    def __init__(self, loss: Loss, of: int, by: Sequence[int], more: Sequence[int] = ()) -> None:
        graph = loss.measure(loss.rows).graph
        self._shape = graph.shapes[of]
        self._shapes = [graph.shapes[n] for n in by]
        chosen = jacobian_seed(graph, of) if self._shape else None
        found = gradient(graph, of, by, chosen)
        extra = [] if chosen is None else [chosen]
        self._run = loss.function([found[n] for n in by], [*more, *extra])

    def __call__(self, values: Sequence[Value]) -> list[Any]:
        if not self._shape:
            return self._run(values)
        import numpy as np

        blocks = [np.empty((*self._shape, *shape)) for shape in self._shapes]
        chosen = np.zeros(self._shape)
        for place in np.ndindex(self._shape):
            chosen[place] = 1.0
            for block, part in zip(blocks, self._run([*values, chosen])):
                block[place] = part
            chosen[place] = 0.0
        return blocks
