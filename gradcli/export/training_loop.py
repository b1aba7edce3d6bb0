"""The training loop of a file: one step of an optimizer as a routine, and how often it is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradcli.errors import UsageError
from gradcli.export.routines import Routine, constants, renamed, spoken
from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.graph.formulas.show import labels
from gradcli.graph.node import F, Node
from gradcli.graph.reverse import gradient
from gradcli.learn.optimizers import OPTIMIZERS, Now
from gradcli.learn.settings import LEARNING_RATE
from gradcli.question.outputs import pick
from gradcli.training.limits import bounds_of
from gradcli.words import joined

if TYPE_CHECKING:
    from gradcli.graph.lowering import Knows
    from gradcli.graph.ops.op import Shape
    from gradcli.learn.settings import Settings
    from gradcli.question.question import Question
    from gradcli.run.interpret import Value


@dataclass
class TrainingStep:
    """One step over so many rows, all of them or a batch: the state and the rest go in, the new
    state comes out."""

    rows: int
    routine: Routine
    others: list[str]
    """The arguments besides the state, as far as the step needs them."""
    rate: bool
    count: bool
    """Whether the step needs the learning rate, and its own number from 1 on."""

    @property
    def called(self) -> str:
        return f"step_{self.rows}" if self.rows else "step"


@dataclass
class Training:
    """What is trained, and how.

    The state is the parameters and then what the optimizer remembers of each, zeros at first.
    `batched` are the arguments of which a step sees some rows.
    """

    settings: Settings
    moving: dict[str, Shape]
    slots: dict[str, Shape]
    steps: list[TrainingStep]
    batched: dict[str, Shape]
    rule: str

    @property
    def lr(self) -> float:
        return LEARNING_RATE if self.settings.lr is None else self.settings.lr

    @property
    def epoch(self) -> int:
        """The steps of one pass over the rows."""
        return self.settings.epoch

    @property
    def rows(self) -> int:
        """How many rows a step takes, 0 for all."""
        return self.steps[0].rows

    @property
    def state(self) -> dict[str, Shape]:
        return {**self.moving, **self.slots}


def moving_names(question: Question) -> list[str]:
    """What descends: the params that the output needs, or where there is none every variable."""
    graph, cone = question.graph, question.cone()
    names = {node: name for name, node in question.model.inputs.items()}
    found = [names[n] for n in cone if graph.kind(n) == "param"]
    return found or [names[n] for n in cone if graph.kind(n) == "variable"]


def trained(question: Question, settings: Settings, knows: Knows) -> Training:
    """The training of a scalar output whose inputs all have a value."""
    if settings.by_scipy:
        raise UsageError(
            f"{settings.optimizer.name} is SciPy's: a file of code holds a first-order loop",
            hint=f"write --optimizer {joined(OPTIMIZERS, 'or')}",
        )
    moving = moving_names(question)
    shapes = question.graph.shapes
    rule = OPTIMIZERS[settings.optimizer.name]
    model, frame = question.model, question.frame
    sizes = [0]
    if settings.mini_batches and frame is not None:
        assert settings.batch_size is not None
        rest = frame.rows % settings.batch_size
        sizes = [settings.batch_size, *([rest] if rest else [])]
    steps = [_step(question, settings, moving, rows, knows) for rows in sizes]
    columns = [] if frame is None or not sizes[0] else [n for n in frame.parts if n in model.inputs]
    return Training(
        settings,
        {name: shapes[model.inputs[name]] for name in moving},
        {
            f"{name}_{slot}": shapes[model.inputs[name]] for slot in rule.slots for name in moving
        },
        steps,
        {n: shapes[model.inputs[n]] for n in columns if n not in question.given},
        " ".join((rule.update.__doc__ or "").split()),
    )  # fmt: skip


def _model(question: Question, rows: int) -> Built:
    """The graph for so many rows of data, 0 for all."""
    if not rows or question.frame is None:
        return question.model
    program, values = question.model.program, question.given
    model = build(program, values, question.frame.shapes(rows), of=question.of)
    if question.label:
        pick(model, question.label)
    return model


def _step(
    question: Question, settings: Settings, moving: Sequence[str], rows: int, knows: Knows
) -> TrainingStep:
    model = _model(question, rows)
    graph = model.graph
    cone = graph.cone([model.output])
    names = labels(graph, cone)
    known = {n: names[n] for n in cone if n in graph.names}
    params = [model.inputs[name] for name in moving]
    found = gradient(graph, model.output, params)
    rule = OPTIMIZERS[settings.optimizer.name]
    start: dict[str, Value] = {n: question.inputs[question.model.inputs[n]] for n in moving}
    bounds = bounds_of(model, moving, start)
    rate, number = graph.input("lr", "seed", ()), graph.input("t", "seed", ())
    options = settings.optimizer.options(rule.options)
    now = Now(Node(graph, rate), Node(graph, number), options, F.sqrt)
    held = {
        slot: [graph.input(slot, "seed", graph.shapes[param]) for param in params]
        for slot in rule.slots
    }
    moved: list[int] = []
    kept: dict[str, list[int]] = {slot: [] for slot in rule.slots}
    for place, (name, param) in enumerate(zip(moving, params)):
        at, g = Node(graph, param), Node(graph, found[param])
        own = tuple(Node(graph, held[slot][place]) for slot in rule.slots)
        after, then = rule.update(at, bounds.project_node(name, at, g), own, now)
        moved.append(bounds.clip_node(name, after).id)
        for slot, node in zip(rule.slots, then):
            kept[slot].append(node.id)
    slots = [node for slot in rule.slots for node in held[slot]]
    outputs = [*moved, *(node for slot in rule.slots for node in kept[slot])]
    became = spoken(model, outputs, knows)
    results = [became[n] for n in outputs]
    inside = set(graph.cone(results))
    state = [*params, *slots]
    called = renamed(graph, known, became)
    for slot in rule.slots:
        called |= {node: f"{name}_{slot}" for name, node in zip(moving, held[slot])}
    called |= {rate: "lr", number: "t"}
    for node, name in zip(results, [*moving, *(called[n] for n in slots)]):
        if node not in state:
            called.setdefault(node, f"new_{name}")
    others = {
        n: at for n, at in model.inputs.items() if at not in params and at in inside
    }  # fmt: skip
    inputs = [*state, *others.values(), *([rate] if rate in inside else [])]
    inputs += [number] if number in inside else []
    held_arrays = constants(graph, graph.cone(results), question.seed)
    routine = Routine(graph, inputs, results, called, held_arrays)
    return TrainingStep(rows, routine, [*others], rate in inside, number in inside)
