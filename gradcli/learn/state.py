"""All that continuing a descent needs, as one flat dictionary of numbers and arrays.

Its keys are `step`, `rate`, `start_loss`; `param.NAME`, `start.NAME` and `slot.SLOT.NAME` for each
parameter; `schedule.*` and `best.*` where a schedule watches the loss and where there is a
patience; `rows`, `batch_size` and `seed` where the rows of a step depend on them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gradcli.errors import UsageError
from gradcli.learn.vectors import like

if TYPE_CHECKING:
    from gradcli.learn.schedules import Schedule
    from gradcli.learn.settings import Settings
    from gradcli.learn.steppers import Point
    from gradcli.learn.vectors import Params, Value

    State = dict[str, Value]


@dataclass
class Best:
    """The lowest loss that was watched, where it was, and how many were not lower since."""

    loss: float
    step: int
    bad: int
    params: Params


@dataclass
class History:
    """What a descent remembers besides the point where it is."""

    start_params: Params
    start_loss: float | None = None
    best: Best | None = None

    def watch(self, loss: float, point: Point) -> None:
        """Counts a loss; one that is not lower than the best, or no number, is a bad one."""
        if self.best is None or loss < self.best.loss:
            self.best = Best(loss if loss < math.inf else math.inf, point.step, 0, point.params)
        else:
            self.best.bad += 1


def collect(point: Point, history: History, schedule: Schedule, settings: Settings) -> State:
    """The state of a descent."""
    state: State = {"step": point.step} | _order(settings)
    for key, value in (("rate", point.rate), ("start_loss", history.start_loss)):
        if value is not None:
            state[key] = value
    groups = {"param": point.params, "start": history.start_params}
    groups |= {f"slot.{slot}": values for slot, values in point.slots.items()}
    groups["schedule"] = {**schedule.state()}
    if best := history.best:
        groups["best"] = {"step": best.step, "bad": best.bad}
        # A file of plain numbers holds no inf.
        groups["best"] |= {"loss": best.loss} if best.loss < math.inf else {}
        groups["best.param"] = best.params
    for group, values in groups.items():
        state |= {f"{group}.{name}": value for name, value in values.items()}
    return state


def restore(
    saved: Mapping[str, Any],
    start: Point,
    history: History,
    schedule: Schedule,
    settings: Settings,
) -> Point:
    """The point of a state; fills the history and the schedule.

    `start` is a point of the descent to be, whose parameters and slots say what must be there.
    Raises UsageError for a state of other parameters, another optimizer or another order of rows.
    """
    if {key.split(".")[1] for key in saved if key.startswith("slot.")} != set(start.slots):
        raise UsageError("the checkpoint was made with another optimizer")
    _check_order(saved, settings)

    def group(prefix: str, model: Params) -> Params:
        return {name: _entry(saved, f"{prefix}.{name}", value) for name, value in model.items()}

    slots = {slot: group(f"slot.{slot}", values) for slot, values in start.slots.items()}
    if any(_is_negative(value) for value in slots.get("squares", {}).values()):
        raise UsageError("the checkpoint has squares below 0")
    history.start_params = group("start", start.params)
    history.start_loss = saved.get("start_loss")
    if settings.patience and "best.step" in saved:
        _refuse_without(saved, ["best.bad"])
        history.best = Best(
            saved.get("best.loss", math.inf),
            int(saved["best.step"]),
            int(saved["best.bad"]),
            group("best.param", start.params),
        )
    prefix = "schedule."
    counters = {k[len(prefix) :]: v for k, v in saved.items() if k.startswith(prefix)}
    if counters:
        _refuse_without(counters, schedule.state())
        schedule.restore(counters)
    return replace(
        start,
        step=int(saved["step"]),
        rate=saved.get("rate"),
        params=group("param", start.params),
        slots=slots,
    )


def _order(settings: Settings) -> dict[str, Value]:
    """What the rows of a step depend on, where they are not all of them."""
    if not settings.mini_batches or settings.batch_size is None:
        return {}
    return {"rows": settings.rows, "batch_size": settings.batch_size, "seed": settings.seed}


def _check_order(saved: Mapping[str, Any], settings: Settings) -> None:
    asked = _order(settings)
    made, size = "the checkpoint was made", settings.named("batch_size")
    if "batch_size" not in saved and asked:
        raise UsageError(f"{made} without {size}, not with {settings.batch_size}")
    if "batch_size" in saved and not asked:
        raise UsageError(f"{made} with {size} {saved['batch_size']}, not without")
    for key, value in asked.items():
        if saved.get(key) == value:
            continue
        if key == "rows":
            raise UsageError(f"{made} with data of {saved.get(key)} rows, not {value}")
        raise UsageError(f"{made} with {settings.named(key)} {saved.get(key)}, not {value}")


def _refuse_without(saved: Mapping[str, Any], keys: Iterable[str]) -> None:
    for key in keys:
        if key not in saved:
            raise UsageError(f"the checkpoint has no {key}")


def _is_negative(value: Value) -> bool:
    return value < 0 if isinstance(value, float) else bool((value < 0).any())


def _entry(saved: Mapping[str, Any], key: str, model: Value) -> Value:
    name = key.rpartition(".")[2]
    if key not in saved:
        raise UsageError(f"the checkpoint has no {name}")
    try:
        return like(saved[key], model)
    except (TypeError, ValueError) as error:
        raise UsageError(f"the {name} of the checkpoint does not fit: it {error}") from None
