"""Training in C: a function for a step, one for the loop over the steps, and its call in main."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from gradcli.export.c_language import SYNTAX, C, declared, function, signature, spells
from gradcli.export.c_printing import answer
from gradcli.export.identifiers import Identifiers
from gradcli.export.loops import Body
from gradcli.export.planning import FilePlan, local_names
from gradcli.export.training_loop import Training, TrainingStep
from gradcli.graph.ops.c import c_number


def step_function(step: TrainingStep, rule: str) -> str:
    """The function that takes one step: the state is changed where it lies."""
    routine, graph = step.routine, step.routine.graph
    own = Identifiers(C.reserved, spells)
    nodes = local_names(routine, own)
    state = routine.inputs[: len(routine.outputs)]
    parameters: list[str] = []
    before: list[str] = []
    for n in routine.inputs:
        name, shape = nodes[n], graph.shapes[n]
        if shape:
            const = "" if n in state else "const "
            parameters.append(f"{const}double {name}[{prod(shape)}]")
        elif n in state:
            at = own.new(f"{name}_at")
            parameters.append(f"double *{at}")
            before.append(f"const double {name} = *{at};")
        else:
            parameters.append(f"double {name}")
    body = Body(SYNTAX, routine, own.within(), nodes)
    lines = [*before, *body.lines]
    done = len(body.lines)
    results = [graph.shapes[n] and body.stored(n) for n in routine.outputs]
    lines += body.lines[done:]
    for n, to, found, parameter in zip(routine.outputs, state, results, parameters):
        if n == to:
            continue
        if shape := graph.shapes[n]:
            lines.append(f"memcpy({nodes[to]}, {found}, {prod(shape)} * sizeof(double));")
        else:
            lines.append(f"*{parameter.split('*')[1]} = {body.number(n).text};")
    return function(signature("void", step.called, parameters), rule, lines, True)


def train_function(plan: FilePlan, training: Training, arguments: Mapping[str, str]) -> str:
    """The loop over the steps."""
    own = Identifiers(C.reserved, spells)
    for name in arguments.values():
        own.new(name)
    names = {name: own.new(f"new_{arguments[name]}") for name in training.moving}
    parameters = [
        f"double {names[n]}[{prod(shape)}]" if shape else f"double *{names[n]}"
        for n, shape in training.moving.items()
    ]
    count, rate, t = own.new("steps"), own.new("lr"), own.new("t")
    parameters += [f"long {count}", f"double {rate}"]
    lines: list[str] = []
    state = list(names.values())
    for name, shape in training.slots.items():
        slot = own.new(name)
        lines.append(declared(slot, prod(shape), True) if shape else f"double {slot} = 0.0;")
        state.append(slot if shape else f"&{slot}")
    if not any(step.rate for step in training.steps):
        lines.append(f"(void){rate};")
    held = {name: f"{arguments[name]}_rows" for name in training.batched}

    def call(step: TrainingStep) -> str:
        others = [held.get(n) or arguments[n] for n in step.others]
        last = [rate] * step.rate + [f"{t} + 1.0"] * step.count
        return f"{step.called}({', '.join([*state, *others, *last])});"

    head = f"for (long {t} = 0; {t} < {count}; {t}++)"
    first, *rest = training.steps
    if not training.rows:
        lines.append(f"{head} {call(first)}")
    else:
        size, rows = training.rows, training.settings.rows
        lines += [
            f"unsigned long long state = {training.settings.seed};",
            f"static int order[{rows}];",
            f"for (int i = 0; i < {rows}; i++) order[i] = i;",
        ]
        for name, shape in training.batched.items():
            lines.append(f"static double {held[name]}[{size * prod(shape[1:])}];")
        lines += [
            head + " {",
            f"    const int place = (int)({t} % {training.epoch}) * {size};",
            f"    const int count = place + {size} < {rows} ? {size} : {rows} - place;",
            f"    if (place == 0) shuffle({rows}, order, &state);",
            "    for (int i = 0; i < count; i++) {",
        ]
        for name, shape in training.batched.items():
            width = prod(shape[1:])
            lines.append(
                f"        memcpy({held[name]} + i * {width}, {arguments[name]} + order[place + i] *"
                f" {width}, {width} * sizeof(double));"
            )
        lines.append("    }")
        if rest:
            lines += [f"    if (count == {size}) {call(first)}", f"    else {call(rest[0])}"]
        else:
            lines.append(f"    {call(first)}")
        lines.append("}")
    comment = f"So many steps of {training.settings.optimizer}, from where the parameters are."
    return function(signature("void", "train", parameters), comment, lines, True)


def training_in_main(plan: FilePlan, training: Training, arguments: Mapping[str, str]) -> list[str]:
    """What main does where it is asked to train."""
    own = Identifiers({*C.reserved, *arguments.values()}, spells)
    names = {name: own.new(f"new_{arguments[name]}") for name in training.moving}
    lines: list[str] = []
    for name, moved in names.items():
        if shape := plan.arguments[name]:
            lines += [
                f"static double {moved}[{prod(shape)}];",
                f"memcpy({moved}, {arguments[name]}, sizeof {moved});",
            ]
        else:
            lines.append(f"double {moved} = {arguments[name]};")
    given = [m if plan.arguments[n] else f"&{m}" for n, m in names.items()]
    lines.append(f"train({', '.join(given)}, {training.settings.total}, {c_number(training.lr)});")
    values = [names.get(name) or argument for name, argument in arguments.items()]
    lines.append(f"const double found = value({', '.join(values)});")
    lines += [*answer("params", names, plan), "return 0;"]
    body = [f"    {line}" for line in lines]
    return ['if (argc > 1 && strcmp(argv[1], "train") == 0) {', *body, "}"]
