"""JavaScript without a library: numbers, and nested arrays that lie in one piece while it works."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence
from importlib.resources import files
from math import prod

from gradcli.export.heading import heading
from gradcli.export.identifiers import Identifiers
from gradcli.export.loops import Body
from gradcli.export.phrases import Language, needed_helpers
from gradcli.export.planning import FilePlan, identifiers, local_names
from gradcli.export.routines import Routine
from gradcli.export.syntax import Syntax
from gradcli.export.training_loop import Training, TrainingStep
from gradcli.graph.ops.javascript import CALLED, functions, functions_of, number
from gradcli.words import listed

_RESERVED = """
arguments async await break case catch class const continue debugger default delete do else enum
eval export extends false finally for function if implements import in instanceof interface let
new null of package private protected public return static super switch this throw true try
typeof undefined var void while with yield NaN Infinity Math Number Array Float64Array JSON
Object console module require process globalThis exports value value_and_grad valueAndGrad train
step main flat nested plain POINT point
"""

_HELPERS = functions_of(files("gradcli.export").joinpath("helpers.js").read_text("utf-8"))

JS = Language(
    name="js",
    keys=("js",),
    called=CALLED,
    helpers={**functions(), **_HELPERS},
    number=number,
    reserved={*_RESERVED.split(), *functions(), *_HELPERS},
)

SYNTAX = Syntax(
    language=JS,
    constant=lambda name, text: f"const {name} = {text};",
    variable=lambda name, text: f"let {name} = {text};",
    array=lambda name, size, zero: f"const {name} = new Float64Array({size});",
    data=lambda name, entries, size: f"const {name} = [{entries}];",
    loop=lambda variable, count: f"for (let {variable} = 0; {variable} < {count}; {variable} += 1)",
)


def write(plan: FilePlan) -> str:
    """The file of a plan."""
    names = Identifiers(JS.reserved, lambda name: name.isidentifier())
    gradient = plan.gradient
    arguments, nodes = identifiers(
        plan, names, [plan.value, gradient] if gradient else [plan.value]
    )
    inputs = list(arguments.values())
    parts = [_function("value", plan, plan.value, inputs, nodes, names)]
    if gradient:
        parts.append(_function("valueAndGrad", plan, gradient, inputs, nodes, names))
    training = plan.training
    if training:
        parts += [_step(step, training) for step in training.steps]
    if plan.complete:
        parts.append(_point(plan))
        parts += [_train(plan, training)] if training else []
        parts.append(_main(plan))
    else:
        missing = [name for name in plan.arguments if name not in plan.point]
        parts.append(f"// Nothing is run: {listed(missing)} had no value.\n")
    exported = ["value", *["valueAndGrad"] * bool(gradient), *["train"] * bool(training)]
    parts.append(
        f'if (typeof module !== "undefined") module.exports = {{ {", ".join(exported)} }};\n'
    )
    body = "\n".join(parts)
    top = heading(plan, "js", "", "", "// ")
    return "\n".join([top, *needed_helpers(JS, body), body])


def _function(
    called: str,
    plan: FilePlan,
    routine: Routine,
    arguments: Sequence[str],
    nodes: dict[int, str],
    names: Identifiers,
) -> str:
    graph = routine.graph
    lines = [
        f"{name} = flat({name}, {prod(shape)});"
        for name, shape in zip(arguments, plan.arguments.values())
        if shape
    ]
    body = Body(SYNTAX, routine, names.within(), nodes)
    lines += body.lines

    def result(node: int) -> str:
        shape = graph.shapes[node]
        if not shape:
            return body.number(node).text
        name = body.stored(node)
        return f"nested({name}, [{', '.join(map(str, shape))}])"

    before = len(body.lines)
    output, *gradients = [result(node) for node in routine.outputs]
    lines += body.lines[before:]
    if called == "value":
        comment = f"// {plan.output}."
        lines.append(f"return {output};")
    else:
        comment = f"// {plan.output}, and its derivatives by name."
        by_name = [f"{_key(name)}: {text}" for name, text in zip(plan.variables, gradients)]
        lines.append(f"return {{ value: {output}, gradient: {{ {', '.join(by_name)} }} }};")
    return f"{comment}\nfunction {called}({', '.join(arguments)}) {{\n{_body(lines)}\n}}\n"


def _key(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else json.dumps(name, ensure_ascii=False)


def _step(step: TrainingStep, training: Training) -> str:
    """The function that takes one step: the state, by name, is changed."""
    routine, graph = step.routine, step.routine.graph
    own = Identifiers({*JS.reserved, "state"}, lambda name: name.isidentifier())
    nodes = local_names(routine, own)
    count = len(routine.outputs)
    state = [nodes[n] for n in routine.inputs[:count]]
    keys = list(training.state)
    taken = [f"{_key(k)}: {n}" if _key(k) != n else n for k, n in zip(keys, state)]
    body = Body(SYNTAX, routine, own, nodes)
    lines = [f"const {{ {', '.join(taken)} }} = state;", *body.lines]
    done = len(body.lines)
    results = [body.stored(n) if graph.shapes[n] else body.number(n).text for n in routine.outputs]
    lines += body.lines[done:]
    lines += [f"state{_member(key)} = {text};" for key, text in zip(keys, results)]
    given = ", ".join(["state", *(nodes[n] for n in routine.inputs[count:])])
    return f"// {training.rule}\nfunction {step.called}({given}) {{\n{_body(lines)}\n}}\n"


def _train(plan: FilePlan, training: Training) -> str:
    """The loop over the steps."""
    settings = training.settings
    lines = ["const given = {};"]
    for name, shape in plan.arguments.items():
        at = f"POINT{_member(name)}"
        lines.append(f"given{_member(name)} = {f'flat({at}, {prod(shape)})' if shape else at};")
    start = [f"{_key(n)}: given{_member(n)}" for n in training.moving]
    start += [
        f"{_key(n)}: {f'new Float64Array({prod(s)})' if s else '0'}"
        for n, s in training.slots.items()
    ]
    lines.append(f"const state = {{ {', '.join(start)} }};")

    def call(step: TrainingStep) -> str:
        others = [
            f"picked(given{_member(n)}, {prod(training.batched[n][1:])}, rows)"
            if n in training.batched
            else f"given{_member(n)}"
            for n in step.others
        ]
        last = ["lr"] * step.rate + ["t + 1"] * step.count
        return f"{step.called}({', '.join(['state', *others, *last])});"

    first, *rest = training.steps
    head = "for (let t = 0; t < steps; t += 1)"
    if not training.rows:
        lines.append(f"{head} {call(first)}")
    else:
        size, rows = training.rows, settings.rows
        lines += [
            f"const order = Array.from({{ length: {rows} }}, (_, i) => i);",
            f"const draw = numbers({settings.seed});",
            head + " {",
            f"    const place = (t % {training.epoch}) * {size};",
            "    if (place === 0) shuffle(order, draw);",
            f"    const rows = order.slice(place, place + {size});",
        ]
        if rest:
            lines += [
                f"    if (rows.length === {size}) {call(first)}", f"    else {call(rest[0])}"
            ]  # fmt: skip
        else:
            lines.append(f"    {call(first)}")
        lines.append("}")
    found = [
        f"{_key(n)}: {f'nested(state{_member(n)}, [{_listed(s)}])' if s else f'state{_member(n)}'}"
        for n, s in training.moving.items()
    ]
    lines.append(f"return {{ {', '.join(found)} }};")
    about = f"// The parameters after so many steps of {settings.optimizer}, from the point on."
    head = f"function train(steps = {settings.total}, lr = {number(training.lr)}) {{"
    return f"{about}\n{head}\n{_body(lines)}\n}}\n"


def _listed(shape: Sequence[int]) -> str:
    return ", ".join(map(str, shape))


def _member(name: str) -> str:
    return f".{name}" if _key(name) == name else f"[{_key(name)}]"


def _body(lines: Sequence[str]) -> str:
    """Lines indented by two, and what they indent by four by two too."""
    return "\n".join("  " + re.sub("^ +", lambda m: m[0][len(m[0]) // 2 :], li) for li in lines)


def _point(plan: FilePlan) -> str:
    lines = ["const POINT = {"]
    for name, value in plan.point.items():
        entries = value.tolist() if plan.arguments[name] else float(value)
        text = re.sub(r"\bnan\b", "NaN", re.sub(r"\binf\b", "Infinity", repr(entries)))
        lines += textwrap.wrap(f"  {_key(name)}: {text},", 96, subsequent_indent="    ")
    return "\n".join([*lines, "};", ""])


def _main(plan: FilePlan) -> str:
    found = "valueAndGrad(...Object.values(POINT))"
    if plan.gradient is None:
        found = "{ value: value(...Object.values(POINT)) }"
    lines = []
    if plan.training:
        lines = [
            'if (process.argv[2] === "train") {',
            "  const params = train();",
            "  const found = value(...Object.values({ ...POINT, ...params }));",
            "  console.log(JSON.stringify({ value: found, params }, (_, x) => plain(x)));",
            "} else {",
            f"  console.log(JSON.stringify({found}, (_, x) => plain(x)));",
            "}",
        ]
    else:
        lines.append(f"console.log(JSON.stringify({found}, (_, x) => plain(x)));")
    whole = "\n".join(f"  {line}" for line in lines)
    main = 'require.main === module || module.id === "[stdin]"'
    return f'if (typeof require !== "undefined" && ({main})) {{\n{whole}\n}}\n'
