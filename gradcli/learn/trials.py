"""Many descents of one function: from random starts, or at several learning rates."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gradcli.learn.vectors import largest

if TYPE_CHECKING:
    from gradcli.learn.outcome import Outcome
    from gradcli.learn.vectors import Params

Verdict = Literal["converged", "works", "not converged", "crawls", "diverged", "interrupted"]

_CRAWLS = 0.1
"""A rate crawls when it leaves more than this part of the fall that the best rate reached."""
_SAME = 1e-3
"""Two ends are in one basin when each parameter differs by less, relative to its largest entry
where that is above 1."""


def random_start(
    shapes: Mapping[str, tuple[int, ...]], low: float, high: float, seed: int, draw: int = 0
) -> Params:
    """A value for each name, uniform between low and high; the same for the same seed and draw."""
    source = random.Random(f"{seed}:{draw}")
    values: Params = {}
    for name, shape in shapes.items():
        if not shape:
            values[name] = source.uniform(low, high)
            continue
        import numpy as np

        bits = np.random.PCG64(np.random.SeedSequence(source.getrandbits(128)))
        values[name] = np.random.Generator(bits).uniform(low, high, shape)
    return values


def lowest(outcomes: Sequence[Outcome]) -> int:
    """The index of the lowest loss, of those that did not diverge where there are any, else of
    those whose start was finite."""

    def order(index: int) -> tuple[bool, bool, float]:
        ending, loss = outcomes[index].ending, outcomes[index].loss
        return ending == "start", ending == "diverged", math.inf if math.isnan(loss) else loss

    return min(range(len(outcomes)), key=order)


def judge(outcomes: Sequence[Outcome], tolerance: float) -> list[Verdict]:
    """What is to be said of each learning rate of a sweep, whose start is the same.

    `works` takes the place of `not converged` where there was no tolerance to reach.
    """
    best = outcomes[lowest(outcomes)].loss
    verdicts: list[Verdict] = []
    for outcome in outcomes:
        left, fall = outcome.loss - best, outcome.start_loss - best
        if outcome.ending in ("diverged", "start"):
            verdicts.append("diverged")
        elif outcome.ending in ("converged", "interrupted"):
            verdicts.append("converged" if outcome.converged else "interrupted")
        elif left > _CRAWLS * fall:
            verdicts.append("crawls")
        else:
            verdicts.append("not converged" if tolerance else "works")
    return verdicts


@dataclass(frozen=True)
class Basin:
    """A minimum that descents ended in: the best end in it, and the indices of all of them."""

    params: Params
    loss: float
    runs: tuple[int, ...]


def basins(outcomes: Sequence[Outcome]) -> list[Basin]:
    """The ends of descents from several starts, those in the same place together, lowest first.

    Descents that diverged are in none.
    """
    found: list[Basin] = []
    ended = [i for i, o in enumerate(outcomes) if o.ending not in ("diverged", "start")]
    for index in sorted(ended, key=lambda i: (outcomes[i].loss, i)):
        outcome = outcomes[index]
        for place, basin in enumerate(found):
            if _same(outcome.params, basin.params):
                found[place] = Basin(basin.params, basin.loss, (*basin.runs, index))
                break
        else:
            found.append(Basin(outcome.params, outcome.loss, (index,)))
    return found


def _same(a: Params, b: Params) -> bool:
    return all(
        largest({name: value - b[name]}) < _SAME * max(1.0, largest({name: b[name]}))
        for name, value in a.items()
    )
