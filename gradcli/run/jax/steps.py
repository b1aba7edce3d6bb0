"""Steps of a descent as one loop that XLA compiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gradcli.run.jax.devices import Array, everywhere, float64, here, spread
from gradcli.run.jax.traced import Traceable

Update = Callable[[list[Any], list[list[Any]], list[Any], Any, Any], Any]
"""(parameters, the slots of each, their gradients, rate, number) → (parameters, slots)."""

STEPS, PLACES = 1024, 1 << 20
"""Steps of one call at the most where each has its own rate or rows, and places of rows."""


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


class XlaSteps:
    """The loss of a graph, its gradient, and an optimizer's steps down it.

    `measure` gives for a number of rows the loss and the gradients as a function of the parameters
    and the `others`, which are numbers, arrays, or the `Sharded` rows of data.
    """

    def __init__(
        self, measure: Callable[[int], Traceable], others: Sequence[Any], rows: int
    ) -> None:
        self._measure, self._rows = measure, rows
        self._data = [isinstance(value, Sharded) for value in others]
        self._counts = [value.rows if isinstance(value, Sharded) else 0 for value in others]
        with float64():
            self._others = [
                value.array if isinstance(value, Sharded) else everywhere(value) for value in others
            ]
            self._value = jax.jit(self._value_and_gradient, static_argnames="rows")
        self._loops: dict[Any, Any] = {}

    def _value_and_gradient(
        self, params: list[Any], others: list[Any], places: Any = None, *, rows: int
    ) -> tuple[Any, list[Any]]:
        given = [
            Sharded(value, count).some(places) if is_data else value
            for value, is_data, count in zip(others, self._data, self._counts)
        ]
        loss, *gradients = self._measure(rows)(*params, *given)
        return loss, gradients

    def value_and_gradient(
        self, params: Sequence[Any], places: Any = None
    ) -> tuple[float, list[Any]]:
        """The loss and the gradients, of all rows or of those at some places."""
        rows = self._rows if places is None else len(places)
        with float64():
            placed = None if places is None else jnp.asarray(places)
            loss, gradients = self._value(_placed(params), self._others, placed, rows=rows)
            return float(here(loss)), [*map(here, gradients)]

    def descend(
        self,
        update: Update,
        state: tuple[Sequence[Any], Sequence[Sequence[Any]]],
        first: int,
        rates: Sequence[float],
        batches: Sequence[Any] | None,
        tol: float,
    ) -> tuple[int, list[Any], list[list[Any]]]:
        """As many updates as there are rates, or fewer where the largest entry of the gradient of
        all rows is below `tol`: how many, the parameters, and the slots of each."""
        with float64():
            params, slots = _placed(state[0]), [_placed(slot) for slot in state[1]]
            done, longest = 0, STEPS
            if batches is not None:
                longest = max(1, min(STEPS, PLACES // max(map(len, batches))))
            elif _constant(rates):
                longest = len(rates)
            while done < len(rates):
                some = slice(done, done + longest)
                now = rates if longest >= len(rates) else rates[some]
                taken, params, slots = self._chunk(
                    update, params, slots, first + done, now,
                    None if batches is None else batches[some], tol, longest,
                )  # fmt: skip
                done += taken
                if taken < len(now):
                    break
            return done, [*map(here, params)], [[*map(here, slot)] for slot in slots]

    def _chunk(
        self, update: Update, params: Any, slots: Any, first: int, rates: Sequence[float],
        batches: Sequence[Any] | None, tol: float, longest: int,
    ) -> tuple[int, Any, Any]:  # fmt: skip
        count = len(rates)
        if batches is None:
            constant = _constant(rates)
            given = rates[0] if constant else np.pad(rates, (0, longest - count))
            key: Any = (tol > 0, constant)
            if key not in self._loops:
                made = _of_all_rows(self._gradient_of_all, update, watched=tol > 0)
                self._loops[key] = jax.jit(made)
            taken, params, slots = self._loops[key](
                params, slots, self._others, np.asarray(given, float), first, count, tol
            )
            return int(here(taken)), params, slots
        sizes = sorted({len(batch) for batch in batches}, reverse=True)
        size = sizes[0]
        places = np.zeros((longest, size), int)
        for place, batch in zip(places, batches):
            place[: len(batch)] = batch
        known = [key for key in self._loops if key[0] == "batches" and set(sizes) <= set(key[1:])]
        key = known[0] if known else ("batches", *sizes)
        if len(places[0]) != key[1]:
            places = np.pad(places, ((0, 0), (0, key[1] - size)))
        if key not in self._loops:
            self._loops[key] = jax.jit(_of_batches(self._value_and_gradient, update, key[1:]))
        whole = np.pad([len(batch) == key[1] for batch in batches], (0, longest - count))
        given = np.pad(rates, (0, longest - count))
        params, slots = self._loops[key](
            params, slots, self._others, jnp.asarray(given), places, whole, first, count
        )
        return count, params, slots

    def _gradient_of_all(self, params: Any, others: Any) -> list[Any]:
        return self._value_and_gradient(params, others, rows=self._rows)[1]


def _constant(rates: Sequence[float]) -> bool:
    return list(rates).count(rates[0]) == len(rates)


def _placed(values: Sequence[Any]) -> list[Array]:
    return [*map(everywhere, values)]


def _of_all_rows(gradient: Any, update: Update, *, watched: bool) -> Callable[..., Any]:
    """Steps along the gradient of all rows, which end where that is small enough."""

    def run(
        params: Any, slots: Any, others: Any, rates: Any, first: Any, count: Any, tol: Any
    ) -> Any:
        def goes_on(now: Any) -> Any:
            step, _, _, found = now
            if not watched:
                return step < count
            return (step < count) & ((step == 0) | ~(largest(found) < tol))

        def taken(now: Any) -> Any:
            step, params, slots, found = now
            rate = rates[step] if rates.ndim else rates
            if not watched:
                found = gradient(params, others)
            params, slots = update(params, slots, found, rate, first + step + 1.0)
            return step + 1, params, slots, gradient(params, others) if watched else found

        zeros = [jnp.zeros_like(param) for param in params]
        found = gradient(params, others) if watched else zeros
        start = (jnp.asarray(0), params, slots, found)
        step, params, slots, _ = jax.lax.while_loop(goes_on, taken, start)
        return step, params, slots

    return run


def _of_batches(measure: Any, update: Update, sizes: Sequence[int]) -> Callable[..., Any]:
    """Steps along the gradients of batches, of which some may be shorter."""

    def run(
        params: Any, slots: Any, others: Any, rates: Any, places: Any, whole: Any, first: Any,
        count: Any,
    ) -> Any:  # fmt: skip
        def along(params: Any, step: Any, size: int) -> Any:
            return measure(params, others, places[step, :size], rows=size)[1]

        def taken(step: Any, now: Any) -> Any:
            params, slots = now
            if len(sizes) == 1:
                found = along(params, step, sizes[0])
            else:
                found = jax.lax.cond(
                    whole[step],
                    lambda: along(params, step, sizes[0]),
                    lambda: along(params, step, sizes[1]),
                )
            return update(params, slots, found, rates[step], first + step + 1.0)

        return jax.lax.fori_loop(0, count, taken, (params, slots))

    return run


def largest(gradients: Sequence[Any]) -> Any:
    """The largest absolute entry; nan where one is nan."""
    found = [jnp.max(jnp.abs(g), initial=0.0) for g in gradients]
    return jnp.max(jnp.stack(found))


def clipped(gradients: Sequence[Any], limit: float) -> list[Any]:
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
