"""The loss of a graph and steps down it, as functions that XLA compiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from gradcli.run.jax.devices import (
    Array,
    everywhere,
    float64,
    here,
    replicating,
    spread,
    translated,
)
from gradcli.run.jax.traced import Traceable

Values = list[Any]
"""An array for each parameter."""

Update = Callable[[Values, Values, list[Values], Any, Any], tuple[Values, list[Values]]]
"""(parameters, their gradients, slots, rate, number) → (parameters, slots)."""

STEPS, PLACES = 1024, 1 << 20
"""Steps of one call at the most where each has its own rate or rows, and places of rows."""

POINTS, NUMBERS = 64, 1 << 16
"""Points that one call gives at the most, and numbers in them where there is more than one."""


@dataclass
class Sharded:
    """An input that is data: an array on all devices, with zeros behind its rows."""

    array: Array
    rows: int

    def some(self, places: Any) -> Any:
        """All rows, or those at some places."""
        if places is not None:
            return spread(self.array[places])
        return self.array if len(self.array) == self.rows else self.array[: self.rows]


@dataclass(frozen=True)
class TracedRule:
    """An optimizer's update, how many slots it has, whether all steps have one rate, since a loop
    over few numbers is compiled to better code than one that looks at many, and whether steps end
    where the gradient is small enough, at which each of them then looks."""

    update: Update
    slots: int
    steady: bool
    watched: bool


class Reached(NamedTuple):
    """A point that steps led to: their number, the loss of all rows there, and the parameters, the
    gradients and each slot, all entries side by side."""

    step: int
    loss: float
    state: Any


class XlaLoss:
    """The loss of a graph, its gradient, and where there is a `rule` the steps down it.

    `measure` gives for a number of rows the loss and the gradients as a function of the parameters,
    which have `size` entries, and the `others`, which are numbers, arrays, or the `Sharded` rows of
    data.
    """

    def __init__(
        self,
        measure: Callable[[int], Traceable],
        size: int,
        others: Sequence[Any],
        rows: int,
        rule: TracedRule | None = None,
    ) -> None:
        self._measure, self._size, self._rows, self._rule = measure, size, rows, rule
        self._data = [isinstance(value, Sharded) for value in others]
        self._counts = [value.rows if isinstance(value, Sharded) else 0 for value in others]
        with float64():
            self._others = [
                value.array if isinstance(value, Sharded) else everywhere(value) for value in others
            ]
        self._by_batches: dict[tuple[int, ...], Any] = {}

    def _traced(
        self, params: Values, others: list[Any], places: Any = None, *, rows: int
    ) -> tuple[Any, Values]:
        """The loss and the gradients, while JAX traces."""
        given = [
            Sharded(value, count).some(places) if is_data else value
            for value, is_data, count in zip(others, self._data, self._counts)
        ]
        loss, *gradients = self._measure(rows)(*params, *given)
        return loss, gradients

    @cached_property
    def _value(self) -> Any:
        return replicating(self._traced, static_argnames="rows")

    def __call__(self, params: Values, places: Any = None) -> tuple[float, Values]:
        """The loss and the gradients, of all rows or of those at some places."""
        rows = self._rows if places is None else len(places)
        with float64(), translated():
            placed = None if places is None else jnp.asarray(places)
            loss, gradients = self._value(_placed(params), self._others, placed, rows=rows)
            return float(here(loss)), [*map(here, gradients)]

    @property
    def most(self) -> int:
        """How many points one call gives."""
        assert self._rule
        return max(1, min(POINTS, NUMBERS // ((2 + self._rule.slots) * max(self._size, 1))))

    def points(
        self,
        state: list[Values],
        first: int,
        rates: Sequence[float],
        stops: Sequence[int],
        tol: float,
        *,
        known: bool = True,
    ) -> list[Reached]:
        """The points after as many more updates as each of the `stops` says, up to the first where
        the largest entry of the gradients is below `tol`, where the rule watches that; `first`
        updates were made before.

        The state is the parameters, their gradients, which count where they are `known`, and each
        slot. There are at most STEPS rates, or one for all steps where the rule is steady.
        """
        assert self._rule
        given = (
            np.asarray(rates[0]) if self._rule.steady else np.pad(rates, (0, STEPS - len(rates)))
        )
        some = np.zeros(self.most, int)
        some[: len(stops)] = stops
        with float64(), translated():
            kept = here(self._along_all(
                [*map(_placed, state)], self._others, given, some, len(stops), 0 if known else -1,
                first, tol,
            ))  # fmt: skip
        found: list[Reached] = []
        for stop, row in zip(stops, kept):
            found.append(Reached(int(row[0]), float(row[1]), row[2:]))
            if row[0] < stop:
                break
        return found

    @cached_property
    def _along_all(self) -> Any:
        """Steps along the gradient of all rows, which end where that is small enough.

        Each goes along the gradient that is known, then finds that of where it came to: so that of
        the last point is known too. A step to the start is no more than that look at it.
        """
        assert self._rule
        update, most, watched = self._rule.update, self.most, self._rule.watched

        def run(
            state: Any, others: Any, rates: Any, stops: Any, count: Any, start: Any, first: Any,
            tol: Any,
        ) -> Any:  # fmt: skip
            def taken(now: Any) -> Any:
                step, (params, gradients, *slots) = now
                rate = rates[step] if rates.ndim else rates
                moved, held = update(params, gradients, slots, rate, first + step + 1.0)
                params, *slots = jax.tree.map(
                    lambda old, new: jnp.where(step < 0, old, new),
                    [params, *slots], [moved, *held],
                )  # fmt: skip
                _, gradients = self._traced(params, others, rows=self._rows)
                return step + 1, [params, gradients, *slots]

            def up_to_stop(at: Any, kept: Any) -> Any:
                now, found = kept
                stop = stops[at]

                def goes_on(now: Any) -> Any:
                    step, (_, gradients, *_) = now
                    if not watched:
                        return step < stop
                    return (step < stop) & ((step < 0) | ~(largest(gradients) < tol))

                now = step, parts = lax.while_loop(goes_on, taken, now)
                loss, _ = self._traced(parts[0], others, rows=self._rows)
                row = _side_by_side([step.astype(float), loss, *jax.tree.leaves(parts)])
                return now, lax.dynamic_update_index_in_dim(found, row, at, 0)

            width = 2 + len(state) * self._size
            kept = (jnp.asarray(start), state), jnp.zeros((most, width))
            return lax.fori_loop(0, count, up_to_stop, kept)[1]

        return replicating(run)

    def by_batches(
        self, state: list[Values], first: int, rates: Sequence[float], batches: Sequence[Any]
    ) -> list[Values]:
        """The parameters and each slot after an update by each of the batches."""
        longest = max(1, min(STEPS, PLACES // max(map(len, batches))))
        with float64(), translated():
            now = [*map(_placed, state)]
            for done in range(0, len(batches), longest):
                some = slice(done, done + longest)
                now = self._chunk(now, first + done, rates[some], batches[some], longest)
            return [[*map(here, part)] for part in now]

    def _chunk(
        self, state: Any, first: int, rates: Sequence[float], batches: Sequence[Any], longest: int
    ) -> Any:
        count = len(batches)
        sizes = sorted({len(batch) for batch in batches}, reverse=True)
        known = (key for key in self._by_batches if set(sizes) <= set(key))
        key = next(known, tuple(sizes))
        if key not in self._by_batches:
            self._by_batches[key] = replicating(self._along_batches(key))
        places = np.zeros((longest, key[0]), int)
        for place, batch in zip(places, batches):
            place[: len(batch)] = batch
        whole = np.pad([len(batch) == key[0] for batch in batches], (0, longest - count))
        given = np.pad(rates, (0, longest - count))
        return self._by_batches[key](state, self._others, given, places, whole, first, count)

    def _along_batches(self, sizes: Sequence[int]) -> Callable[..., Any]:
        """Steps along the gradients of batches, of which some may be shorter."""
        assert self._rule
        update = self._rule.update

        def run(
            state: Any, others: Any, rates: Any, places: Any, whole: Any, first: Any, count: Any
        ) -> Any:
            def along(params: Values, step: Any, size: int) -> Values:
                return self._traced(params, others, places[step, :size], rows=size)[1]

            def taken(step: Any, now: Any) -> Any:
                params, *slots = now
                if len(sizes) == 1:
                    gradients = along(params, step, sizes[0])
                else:
                    gradients = lax.cond(
                        whole[step],
                        lambda: along(params, step, sizes[0]),
                        lambda: along(params, step, sizes[1]),
                    )
                params, slots = update(params, gradients, slots, rates[step], first + step + 1.0)
                return [params, *slots]

            return lax.fori_loop(0, count, taken, state)

        return run


def _placed(values: Sequence[Any]) -> Values:
    return [*map(everywhere, values)]


def _side_by_side(arrays: Values) -> Any:
    return jnp.concatenate([*map(jnp.ravel, arrays)])


def largest(gradients: Values) -> Any:
    """The largest absolute entry; nan where one is nan."""
    found = [jnp.max(jnp.abs(g), initial=0.0) for g in gradients]
    return jnp.max(jnp.stack(found))


def clipped(gradients: Values, limit: float) -> Values:
    """The gradients, shortened to the norm `limit` over all of them where they are longer."""
    scale = largest(gradients)
    unit = jnp.where(scale > 0, scale, 1.0)
    length = scale * jnp.sqrt(sum(jnp.sum((g / unit) ** 2) for g in gradients))
    return [g * jnp.where(length > limit, limit / length, 1.0) for g in gradients]


def within(value: Any, low: Any, high: Any) -> Any:
    """The value within bounds."""
    return jnp.where(value < low, low, jnp.where(value > high, high, value))


def projected(value: Any, gradient: Any, low: Any, high: Any) -> Any:
    """The gradient without the entries that pull out of the bounds."""
    out = ((value <= low) & (gradient > 0)) | ((value >= high) & (gradient < 0))
    return jnp.where(out, 0.0, gradient)


root = jnp.sqrt
