"""--save and --resume: a descent as a file, and back.

`params` holds the parameters to predict with, `state` what the descent continues from, and `meta`:
the `program`, its output `of`, the `values` that neither moved nor were data, `moving` (name to
shape), `optimizer`, `options` (those that its steps depend on, with their defaults), `seed`,
`drawn` (the seed of what is random in the output), `resample` (where that is drawn anew at each
step), `counts` (whole numbers of the state), `step`, and with data `epoch`, `samples_seen`,
`classes`, `numeric`, `columns` (of each array of data), `text` (how words were read), `scales`, the
`rows` to learn from, `split` (the seed that chose them), and `data` and `validate`, fingerprints.
"""

from __future__ import annotations

import math
import shlex
import sys
from typing import TYPE_CHECKING, Any, TypeGuard

from gradcli.data.checkpoint import Checkpoint, read_checkpoint
from gradcli.errors import DataError, UsageError
from gradcli.learn.optimizers import OPTIMIZERS
from gradcli.learn.schedules import PLATEAU, PROFILES
from gradcli.learn.settings import LEARNING_RATE

if TYPE_CHECKING:
    from gradcli.learn.outcome import Outcome
    from gradcli.learn.settings import Settings
    from gradcli.run.interpret import Value
    from gradcli.training.task import Task

    Params = dict[str, Value]

_MOST_COUNTED = 1 << 53
"""Steps, epochs and the like are fewer."""


def checkpoint(
    task: Task, settings: Settings, state: dict[str, Any], outcome: Outcome | None
) -> Checkpoint:
    """A descent under way, or one that has ended: its best parameters with a patience, else the
    last ones. The state of one of SciPy's methods is that of its parameters alone."""
    best = "best.param." if "best.step" in state else "param."
    params = {name: state[best + name] for name in task.moving}
    if outcome is not None:
        params = dict(outcome.params)
    params |= task.held
    step = int(state["step"])
    counts = {key: value for key, value in state.items() if isinstance(value, int)}
    numbers = {key: value for key, value in state.items() if key not in counts}
    meta = {
        **_question(task),
        "optimizer": str(settings.optimizer),
        "options": _options(settings),
        "seed": settings.seed,
        "step": step,
        "counts": counts,
    }
    if settings.rows:
        epochs, rest = divmod(step, settings.epoch)
        meta["epoch"] = epochs
        meta["samples_seen"] = epochs * settings.rows + rest * (settings.batch_size or 0)
    return Checkpoint(params, {} if settings.by_scipy else {"descent": numbers}, meta)


def look_ahead(task: Task) -> None:
    """Has every process take its part in what the first one alone asks for when it saves."""
    _question(task)


def _options(settings: Settings) -> dict[str, Any]:
    """What the steps depend on and a resume may change, as it is typed, with all defaults."""
    if settings.by_scipy or settings.line_search:
        return {}
    optimizer, schedule = settings.optimizer, settings.schedule
    curve = PLATEAU if schedule.name == "plateau" else PROFILES[schedule.name].options
    steps = max(settings.total, 1)
    return {
        "optimizer": _spelled(
            optimizer.name, optimizer.options(OPTIMIZERS[optimizer.name].options)
        ),
        "lr": LEARNING_RATE if settings.lr is None else settings.lr,
        "schedule": _spelled(schedule.name, schedule.options(curve, steps)),
        "clip": settings.clip,
    }


def _spelled(name: str, options: dict[str, float]) -> str:
    numbers = (f"{option}={float(value)!r}" for option, value in options.items())
    return ":".join(filter(None, (name, ",".join(n.removesuffix(".0") for n in numbers))))


def _tell_changes(path: str, task: Task, there: Any, here: dict[str, Any]) -> None:
    """Notes which options have changed, where the file tells."""
    for option, now in here.items():
        was = there.get(option, now) if isinstance(there, dict) else now
        if was != now:
            made, then = (f"no --{option}" if v is None else f"--{option} {v}" for v in (was, now))
            task.question.note(f"{path} was made with {made}, and goes on with {then}")


def _question(task: Task) -> dict[str, Any]:
    """What must be the same for a descent to go on."""
    question = task.question
    frame, model = question.frame, question.model
    graph, shapes = model.graph, model.graph.shapes
    random = any(graph.ops[node].random for node in graph.cone([model.output]))
    found: dict[str, Any] = {
        "program": model.program.text,
        "of": question.of or question.label,
        "moving": {name: list(shapes[model.inputs[name]]) for name in task.moving},
        "values": {name: brief(value) for name, value in task.fixed.items()},
        "drawn": question.seed if random else None,
        "resample": task.resample or None,
    }
    if frame is None or task.learn is None:
        return found
    columns = dict.fromkeys(column for columns in frame.parts.values() for column in columns)
    classes = {name: frame.classes[name] for name in columns if name in frame.classes}
    judge = task.judge.frame if task.judge else frame
    return found | {
        "validate": None if judge is frame else judge.table.fingerprint(columns),
        "data": frame.table.fingerprint(columns),
        "columns": {name: list(parts) for name, parts in frame.parts.items()},
        "classes": classes,
        "numeric": [name for name in columns if name not in classes],
        "scales": {name: [_plain(one) for one in scale] for name, scale in frame.scales.items()},
        "text": frame.table.text,
        "rows": task.learn.rows,
        "split": None if task.learn.places is None else question.seed,
    }


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def brief(value: Value) -> float | str:
    """A number, or a fingerprint of an array."""
    if isinstance(value, float):
        return value if value == value else "nan"
    import hashlib

    digest = hashlib.blake2b(repr(value.shape).encode() + value.tobytes(), digest_size=16)
    return digest.hexdigest()


def resumed(path: str, task: Task, settings: Settings) -> dict[str, Any]:
    """The state to continue from, of a descent of this very program, values and data.

    Raises UsageError for that of another one, DataError for a file that is not whole.
    """
    found = read_checkpoint(path)
    meta, made = found.meta, f"{path} was made"
    other = f"to start from its parameters, use --params {path}"
    if "descent" not in found.state:
        by = str(meta.get("optimizer", ""))
        what = f"by {by}, which cannot go on where it stopped" if by else "without a state"
        raise UsageError(f"{made} {what}", hint=other)
    now = _question(task)
    if any(meta.get(key) != now[key] for key in ("program", "of")):
        raise UsageError(f"{made} by another program", hint=other)
    if meta.get("moving") != now["moving"]:
        here, there = _listed(now["moving"]), _listed(meta.get("moving"))
        raise UsageError(f"{made} moving {there}, not {here}", hint=other)
    _refuse_other_values(made, meta.get("values"), now["values"])
    if (meta.get("data") is None) != (now.get("data") is None):
        raise UsageError(f"{made} {'without' if 'data' in now else 'with'} data", hint=other)
    if changed := _other_reading(meta.get("text"), now.get("text")):
        raise UsageError(f"{made} with {changed}", hint=other)
    for key, what in (
        ("drawn", "with another --seed"),
        ("resample", f"with{'out' * task.resample} --resample"),
        ("data", "with other data"),
        ("validate", "with another --validate"),
        ("classes", "with other classes"),
        ("rows", "with another --holdout"),
        ("split", "with another --holdout or --seed"),
        ("scales", "with another --standardize"),
    ):
        if meta.get(key) != now.get(key) and not (key == "scales" and _alike(meta, now)):
            raise UsageError(f"{made} {what}", hint=other)
    method = str(meta.get("optimizer")).partition(":")[0]
    if method != settings.optimizer.name:
        raise UsageError(
            f"{made} with --optimizer {method}, not {settings.optimizer.name}", hint=other
        )
    state, counts = found.state["descent"], meta.get("counts")
    if not _are_counts(counts) or not all(map(_is_sound, state, state.values())):
        raise DataError(f"{path} is a damaged checkpoint")
    _tell_changes(path, task, meta.get("options"), _options(settings))
    state = {**state, **counts}
    given = task.question.given
    for name in task.moving:
        start = state.get(f"start.{name}")
        if name in given and start is not None and brief(start) != brief(given[name]):
            raise UsageError(
                f"{made} from another {name} than the one given here",
                hint=f"give no {name}: it goes on from where it was",
            )
    return state


def _alike(meta: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether both have the same means and deviations, but for the order in which rows of several
    processes are added up."""
    import numpy as np

    try:
        there, here = (
            [np.asarray(each["scales"][name], float) for name in sorted(now["scales"])]
            for each in (meta, now)
        )
        same = sorted(meta["scales"]) == sorted(now["scales"])
        return same and all(
            a.shape == b.shape and np.allclose(a, b, rtol=1e-12, atol=0)
            for a, b in zip(there, here)
        )
    except (KeyError, OverflowError, TypeError, ValueError):
        return False


def _are_counts(found: Any) -> TypeGuard[dict[str, int]]:
    """Whether these are whole numbers by name, with that of the steps."""
    if not isinstance(found, dict) or "step" not in found:
        return False
    return all(type(count) is int and 0 <= count < _MOST_COUNTED for count in found.values())


def _is_sound(key: str, value: Value) -> bool:
    """Whether an entry of a state may be what it is called: an array only of the parameters."""
    if key.startswith(("param.", "start.", "slot.", "best.param.")):
        return True
    return isinstance(value, float) and math.isfinite(value)


def _refuse_other_values(made: str, there: Any, here: dict[str, Any]) -> None:
    if not isinstance(there, dict):
        there = {}
    for name, value in here.items():
        was = there.get(name)
        if was != value:
            known = isinstance(was, float) and isinstance(value, float)
            what = f"{name}={was!r}, not {value!r}" if known else f"another {name}"
            raise UsageError(f"{made} with {what}")


def _other_reading(there: Any, here: Any) -> str:
    """How a text was read otherwise there, where the file tells; empty where it was not."""
    if not isinstance(there, dict) or not isinstance(here, dict):
        return ""
    for key, now in here.items():
        was = there.get(key, now)
        if was != now:
            option = f"--{key.replace('_', '-')}"
            return f"{option} {was}, not {now}" if key != "lower" else f"{'no ' * now}{option}"
    return ""


def _listed(shapes: Any) -> str:
    if not isinstance(shapes, dict):
        return "nothing"
    shown = [
        f"{name} {tuple(shape)}" if shape and isinstance(shape, list) else name
        for name, shape in shapes.items()
    ]
    return ", ".join(shown)


def command_to_resume(path: str) -> str:
    """The command line that runs, with --resume."""
    words: list[str] = []
    skip = False
    for word in sys.argv[1:]:
        if not skip and word != "--resume" and not word.startswith("--resume="):
            words.append(word)
        skip = word == "--resume" and not skip
    return shlex.join(["gradcli", *words, "--resume", path])
