"""Learning-rate schedules: each is one entry of one table, as optax and torch define them.

A formula gives the factor on the learning rate at a step, counted from 0, of a run of so many
steps. Options that are not given are chosen so that the rate decays over the whole run. `plateau`
has no formula: it watches the loss.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gradcli.learn import spec
from gradcli.learn.spec import Choice, Option, Options

Formula = Callable[[int, Mapping[str, float]], float]


@dataclass(frozen=True)
class Profile:
    """A schedule: its options and the factor at a step."""

    options: Options
    factor: Formula


def _constant(step: int, options: Mapping[str, float]) -> float:
    """1"""
    return 1.0


def _step(step: int, options: Mapping[str, float]) -> float:
    """factor^⌊step/size⌋ (torch StepLR; optax exponential_decay with staircase).

    By default a tenth after each third of the run.
    """
    return float(options["factor"] ** (step // int(options["size"])))


def _exponential(step: int, options: Mapping[str, float]) -> float:
    """rate^(step/steps) (optax exponential_decay; with steps=1 torch ExponentialLR).

    By default it falls to a hundredth over the run.
    """
    return float(options["rate"] ** (step / options["steps"]))


def _inverse_time(step: int, options: Mapping[str, float]) -> float:
    """1 / (1 + rate·step/steps) (Keras InverseTimeDecay).

    By default it falls to a tenth over the run.
    """
    return 1 / (1 + options["rate"] * step / options["steps"])


def _linear(step: int, options: Mapping[str, float]) -> float:
    """1 + (end − 1)·min(step/steps, 1) (optax linear_schedule, torch LinearLR).

    By default it falls to 0 over the run.
    """
    return 1 + (options["end"] - 1) * min(step / options["steps"], 1.0)


def _cosine(step: int, options: Mapping[str, float]) -> float:
    """end + (1 − end)·(1 + cos(π·min(step/steps, 1)))/2 (optax cosine_decay_schedule, where end is
    alpha; torch CosineAnnealingLR).

    By default it falls to 0 over the run.
    """
    end = options["end"]
    return end + (1 - end) * _half_wave(step / options["steps"])


def _warmup_cosine(step: int, options: Mapping[str, float]) -> float:
    """From start to 1 in a line over `warmup` steps, then from 1 to end by a half cosine until
    step `steps` (optax warmup_cosine_decay_schedule).

    By default it starts at 0, warms up over a tenth of the run and falls to 0 at its end.
    """
    start, end, warmup = options["start"], options["end"], options["warmup"]
    if step < warmup:
        return start + (1 - start) * step / warmup
    rest = max(options["steps"] - warmup, 1)
    return end + (1 - end) * _half_wave((step - warmup) / rest)


def _half_wave(part: float) -> float:
    return (1 + math.cos(math.pi * min(part, 1.0))) / 2


_RUN = Option(lambda steps, given: steps, spec.LENGTH)
_UNIT = Option(1.0, spec.LENGTH)
_END = Option(0.0, spec.SHARE)

PROFILES: dict[str, Profile] = {
    "constant": Profile({}, _constant),
    "step": Profile(
        {
            "size": Option(lambda steps, given: -(-steps // 3), spec.LENGTH),
            "factor": Option(0.1, spec.FACTOR),
        },
        _step,
    ),
    "exponential": Profile(
        {
            "steps": _UNIT,
            "rate": Option(lambda steps, given: 0.01 ** (given["steps"] / steps), spec.FACTOR),
        },
        _exponential,
    ),
    "inverse_time": Profile(
        {
            "steps": _UNIT,
            "rate": Option(lambda steps, given: 9 * given["steps"] / steps, spec.NOT_NEGATIVE),
        },
        _inverse_time,
    ),
    "linear": Profile({"end": _END, "steps": _RUN}, _linear),
    "cosine": Profile({"end": _END, "steps": _RUN}, _cosine),
    "warmup_cosine": Profile(
        {
            "warmup": Option(lambda steps, given: steps // 10, spec.COUNT),
            "start": _END,
            "end": _END,
            "steps": _RUN,
        },
        _warmup_cosine,
    ),
}

PLATEAU: Options = {
    "factor": Option(0.1, spec.FACTOR),
    "patience": Option(10.0, spec.COUNT),
    "threshold": Option(1e-4, spec.SHARE),
    "cooldown": Option(0.0, spec.COUNT),
    "min": Option(0.0, spec.SHARE),
}


def parse_schedule(text: str) -> Choice:
    """The schedule that `text` spells, `NAME[:option=value,…]`."""
    tables: dict[str, Options] = {name: curve.options for name, curve in PROFILES.items()}
    tables["plateau"] = PLATEAU
    return spec.parse_choice("schedule", text, tables)


def steady(choice: Choice) -> bool:
    """Whether the rate goes by losses, if at all, and not by the step."""
    return choice.name in ("constant", "plateau")


class Schedule:
    """The learning rate of each step of one run."""

    def __init__(self, choice: Choice, lr: float, steps: int) -> None:
        self.lr = lr
        self.steady = steady(choice)
        """Whether all steps have one rate, as long as no loss is observed."""
        self.watches = choice.name == "plateau"
        """Whether the rates depend on losses, which must then be observed in their order."""
        self._watch = Plateau(choice.options(PLATEAU)) if self.watches else None
        curve = PROFILES["constant" if self.watches else choice.name]
        self._factor = curve.factor
        self._options = choice.options(curve.options, max(steps, 1))

    def rates(self, step: int, count: int) -> list[float]:
        """The rates of `count` steps from `step`, which is counted from 0."""
        lr = self.lr * (self._watch.factor if self._watch else 1.0)
        if self.steady:
            return [lr] * count
        return [lr * self._factor(k, self._options) for k in range(step, step + count)]

    def observe(self, loss: float) -> None:
        """Tells a schedule that watches the loss what it has become."""
        if self._watch:
            self._watch.observe(loss)

    def state(self) -> dict[str, float]:
        """What the rates to come depend on besides the step."""
        return self._watch.state() if self._watch else {}

    def restore(self, state: Mapping[str, float]) -> None:
        """Continues from what `state` returned."""
        if self._watch:
            self._watch.restore(state)


class Plateau:
    """Multiplies the rate by `factor` when the loss has not improved for more than `patience`
    observations, where improving is falling below (1 − threshold) times the best, waits `cooldown`
    observations after that, and never goes below `min` (torch ReduceLROnPlateau)."""

    def __init__(self, options: Mapping[str, float]) -> None:
        self._options = options
        self.factor = 1.0
        self._best, self._bad, self._cooldown = math.inf, 0.0, 0.0

    def observe(self, loss: float) -> None:
        """Counts one loss, and lowers the factor where it is due."""
        # A loss below zero improves by becoming more negative, so the margin goes by its size.
        margin = self._options["threshold"] * abs(self._best) if self._best < math.inf else 0.0
        if loss < self._best - margin:
            self._best, self._bad = loss, 0.0
        else:
            self._bad += 1
        if self._cooldown > 0:
            self._cooldown, self._bad = self._cooldown - 1, 0.0
        if self._bad > self._options["patience"]:
            self.factor = max(self.factor * self._options["factor"], self._options["min"])
            self._cooldown, self._bad = self._options["cooldown"], 0.0

    def state(self) -> dict[str, float]:
        """The counters, by name."""
        counters = {"factor": self.factor, "bad": self._bad, "cooldown": self._cooldown}
        # A file of plain numbers holds no inf.
        return counters | ({"best": self._best} if self._best < math.inf else {})

    def restore(self, state: Mapping[str, float]) -> None:
        """Continues from the counters."""
        self.factor, self._best = state["factor"], state.get("best", math.inf)
        self._bad, self._cooldown = state["bad"], state["cooldown"]
