"""The work as gradcli does it, through the functions that its verbs call."""

from __future__ import annotations

import gc
import math
import os
import sys
import time
import tracemalloc
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradcli.cli  # noqa: F401  # as in the command, NumPy's number of threads is set first
from gradcli.graph.build import build
from gradcli.graph.reverse import gradient
from gradcli.language import parse
from gradcli.run.interpret import interpret

Job = Callable[[], Any]

ROSENBROCK = "(1 - x)^2 + 100*(y - x^2)^2"
NETWORK = "h = tanh(X@W1 + b1); loss = mean(cross_entropy(h@W2 + b2, y))"


def rosenbrock(
    steps: int, tolerance: float, every: int | None = None, engine: str = "numpy"
) -> Job:
    """A whole descent, from (-1.2, 1)."""
    from gradcli.learn.descent import Descent
    from gradcli.learn.settings import Settings

    start = {"x": -1.2, "y": 1.0}
    loss, stepper = _by(
        engine, lambda rows: build(parse(ROSENBROCK), start), ["x", "y"], tolerance=tolerance
    )
    settings = Settings(lr=1e-4, steps=steps, tolerance=tolerance, every=every)

    def job() -> list[float]:
        descent = Descent(loss, start, settings, stepper=stepper)
        for _ in descent:
            pass
        return list(descent.point.params.values())

    return job


def _by(
    engine: str,
    build: Any,
    params: list[str],
    data: Any = None,
    forks: bool = False,
    tolerance: float = 0.0,
) -> tuple[Any, Any]:
    """The loss by an engine, and plain steps down it."""
    from gradcli.learn.accelerated import AcceleratedLoss, AcceleratedStepper
    from gradcli.learn.compiled_stepper import CompiledStepper
    from gradcli.learn.loss import Loss
    from gradcli.learn.settings import SGD

    if engine == "numpy":
        loss = Loss(build, params, data=data, forks=forks)
        return loss, CompiledStepper(loss, SGD)
    stepper = AcceleratedStepper(
        AcceleratedLoss(build, params, data=data), SGD, watched=tolerance > 0
    )
    return stepper, stepper


def _network(
    rows: int, sizes: list[int], forks: bool = True, engine: str = "numpy"
) -> tuple[Any, Any, dict[str, Any]]:
    """The loss, steps down it, and the start."""
    from by_hand import network

    data, start = network(rows, sizes)
    data["y"] = data["y"].astype(float)
    program = parse(NETWORK)

    def model(count: int) -> Any:
        return build(program, start, {"X": (count, sizes[0]), "y": (count,)})

    return *_by(engine, model, list(start), Arrays(rows, data), forks), start


@dataclass(frozen=True, eq=False)
class Arrays:
    """Data that is in memory already."""

    rows: int
    arrays: dict[str, Any]

    def take(self, name: str, rows: Any = None) -> Any:
        """Some rows of an array, or all of them."""
        return self.arrays[name] if rows is None else self.arrays[name][rows]


def train(rows: int, sizes: list[int], steps: int, batch: int, engine: str = "numpy") -> Job:
    """A whole descent of so many steps, by all rows or by batches of them."""
    from gradcli.learn.descent import Descent
    from gradcli.learn.settings import Settings

    loss, stepper, start = _network(rows, sizes, engine=engine)
    settings = Settings(
        lr=0.1, rows=rows, steps=steps, epochs=steps, tolerance=0.0,
        batch_size=batch if batch < rows else None,
    )  # fmt: skip

    def job() -> float | None:
        descent = Descent(loss, start, settings, stepper=stepper)
        for _ in descent:
            pass
        assert descent.point.step == steps
        return None if batch < rows else float(abs(descent.point.params["W1"]).sum())

    return job


def compile_sample(sample: str) -> Job:
    """The first step of a sample by JAX, from its file: most of it is the compilation."""
    import jax

    from gradcli.question.question import ask
    from gradcli.verbs.descend import Options, descend

    options = Options(engine="jax", lr="1e-3", steps=1, tol=0.0)

    def job() -> None:
        jax.clear_caches()
        deque(descend(ask(sample, descent="sgd"), options).rows, maxlen=0)

    return job


def calls(rows: int, sizes: list[int], count: int, vector: bool) -> Job:
    """The loss and the gradient of all rows, so many times, by the library's compiled function: of
    values by name, or of one vector, with the data fixed."""
    from by_hand import network

    from gradcli import Model

    data, start = network(rows, sizes)
    data["y"] = data["y"].astype(float)
    call = Model(NETWORK).compile(wrt=list(start))
    whole = call.vector(start, **data)

    def by_name() -> list[float]:
        for _ in range(count):
            value, found = call(**start, **data)
        return [value, *(float(abs(one).sum()) for one in found.values())]

    def by_vector() -> list[float]:
        for _ in range(count):
            value, slope = whole(whole.x0)
        return [value, *(float(abs(one).sum()) for one in whole.unpack(slope).values())]

    return by_vector if vector else by_name


def full_gradient(rows: int, sizes: list[int], forks: bool = True) -> Job:
    """The loss and the gradient of all rows, by processes as the command line does, or threads."""
    loss, _, start = _network(rows, sizes, forks)

    def job() -> list[float]:
        value, found = loss.value_and_gradient(start)
        return [value, *(float(abs(one).sum()) for one in found.values())]

    return job


def memory(rows: int, sizes: list[int]) -> Job:
    """The most bytes that a gradient of all rows takes above the data, and those of the data; by
    threads, whose memory is counted."""
    loss, _, start = _network(rows, sizes, forks=False)

    def job() -> list[int]:
        tracemalloc.start()
        loss.value_and_gradient(start)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return [most, sum(one.nbytes for one in loss.data.arrays.values())]

    return job


def pipeline(text: str, size: int) -> Job:
    """From a text to every gradient; the processor's seconds of each stage, and of the forward pass
    alone."""
    from by_hand import text_of

    source = text_of(text, size)
    values = {"x": 0.5, "y": 1.0}
    gc.disable()  # as the command does
    sys.setrecursionlimit(1000)  # there is no recursion over what the user typed

    def job() -> dict[str, float]:
        times: dict[str, float] = {}
        began = time.process_time()

        def lap(stage: str) -> None:
            nonlocal began
            now = time.process_time()
            times[stage], began = now - began, now

        program = parse(source)
        lap("parse")
        model = build(program, values)
        lap("build")
        graph = model.graph
        wrt = graph.cone([model.output])
        inputs = {node: values[name] for name, node in model.inputs.items()}
        depends = graph.depends(wrt, list(inputs))
        found = gradient(graph, model.output, [node for node in wrt if depends[node]])
        lap("differentiate")
        interpret(graph, [model.output, *found.values()], inputs)
        lap("both passes")
        times["total"] = sum(times.values())
        began = time.process_time()
        interpret(graph, [model.output], inputs)
        lap("forward")
        return times

    return job


def chain(statements: int) -> Job:
    """From text to ∂/∂x and ∂/∂y of a chain."""
    from by_hand import text_of

    source = text_of("chain", statements)
    values = {"x": 0.5, "y": 1.0}
    gc.disable()

    def job() -> list[float]:
        model = build(parse(source), values)
        inputs = {node: values[name] for name, node in model.inputs.items()}
        found = gradient(model.graph, model.output, list(inputs))
        outputs = list(found.values())
        results = interpret(model.graph, outputs, inputs)
        return [results[node] for node in outputs]

    return job


def _checked(rows: int, sizes: list[int]) -> Any:
    """`check` of every parameter of a network: the question, and a function that makes it."""
    from by_hand import network

    from gradcli.question.question import Question

    data, start = network(rows, sizes)
    values = {**start, **data, "y": data["y"].astype(float)}
    shapes = {name: values[name].shape for name in data}
    model = build(parse(NETWORK), start, shapes)
    inputs = {node: values[name] for name, node in model.inputs.items()}
    return Question(model, inputs, values, wrt=list(start))


def check(rows: int, sizes: list[int], together: bool) -> Job:
    """`check` of every parameter; or with its evaluations one by one, by compiled code."""
    from gradcli.check import derivatives as slopes
    from gradcli.verbs.check import CheckOptions
    from gradcli.verbs.check import check as verb

    if not together:
        slopes.Batch, slopes.MANY = OneByOne, math.inf
    settings = CheckOptions()

    def job() -> list[float]:
        report = verb(_checked(rows, sizes), settings)
        found = list(report.rows)
        return [len(found), report.exit_code]

    return job


class OneByOne:
    """What check's batches do, with one variation at a time."""

    def __init__(
        self, graph: Any, outputs: Any, varied: Any, values: Any, *, seed: int = 0, held: Any = ()
    ) -> None:
        from gradcli.run.compiled.compile import compile_graph

        self._varied = list(varied)
        known = [n for n in graph.cone(outputs) if n in values and not graph.args[n]]
        self._fixed = [n for n in known if n not in varied and graph.kind(n) != "literal"]
        self._values = [values[n] for n in self._fixed]
        self._run = compile_graph(graph, outputs, [*self._varied, *self._fixed], seed=seed)
        self._shapes = [graph.shapes[n] for n in self._varied]

    def __call__(self, varied: Any) -> list[Any]:
        import numpy as np

        results = []
        for i in range(len(next(iter(varied.values())))):
            values = [varied[node][i] for node in self._varied]
            values = [
                value if shape else float(value) for value, shape in zip(values, self._shapes)
            ]
            results.append(self._run([*values, *self._values]))
        return [np.stack([np.asarray(value) for value in one]) for one in zip(*results)]


def trace(rows: int, format: str, verb: str) -> Job:
    """The rows of `trace`, or of `descend --trace`, made; with a format, and written."""
    from by_hand import text_of

    from gradcli.question.question import ask
    from gradcli.report import emit
    from gradcli.verbs.descend import Options, descend
    from gradcli.verbs.trace import trace as explain

    # A statement of the chain is traced in 12 steps, forward and backward.
    source = text_of("chain", rows // 12)
    options = Options(lr="1e-4", steps=rows, tol=0.0, trace=True)

    def job() -> None:
        if verb == "descend":
            report = descend(ask(ROSENBROCK, ["x=-1.2", "y=1"], descent="sgd"), options)
        else:
            report = explain(ask(source, ["x=0.5", "y=1"]))
        if format:
            with open(os.devnull, "w", encoding="utf-8") as stream:
                emit(report, format=format, stream=stream)
        else:
            deque(report.rows, maxlen=0)

    return job


def read_table(rows: int) -> Job:
    """A table of three columns read."""
    from by_hand import table

    from gradcli.data.tables import open_table

    path = table(rows)

    def job() -> float:
        opened = open_table([path])
        opened.read(opened.names)
        return float(sum(column[-1] for column in opened.columns.values()))

    return job


def write_rows(rows: int, format: str) -> Job:
    """A prediction for each row, made and written."""
    from by_hand import table

    from gradcli.question.question import ask
    from gradcli.report import emit
    from gradcli.verbs.per_row import per_row

    question = ask("2*a + b*c", data=[table(rows)])

    def job() -> None:
        with open(os.devnull, "w", encoding="utf-8") as stream:
            emit(per_row(question), format=format, stream=stream)

    return job
