"""C99: numbers, and arrays of a fixed shape, row by row in one piece; nothing is allocated."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
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
from gradcli.graph.graph import INPUT
from gradcli.graph.ops.c import CALLED, c_functions, c_functions_of, c_number
from gradcli.words import listed

_KEYWORDS = """
auto break case char const continue default do double else enum extern float for goto if inline
int long register restrict return short signed sizeof static struct switch typedef union
unsigned void volatile while _Bool _Complex _Imaginary asm fortran
"""
_LIBRARY = """
value value_and_grad train step main print_number print_array argc argv printf putchar fputs
strcmp stdout assert NAN INFINITY isnan isinf isfinite signbit j0 j1 jn y0 y1 yn nan fmod fmin
fmax fma exp pow div abs labs index time signal remove rename system abort exit atof gamma
nextafter logb modf frexp ldexp scalb remainder drem significand
"""

_HELPERS = c_functions_of(files("gradcli.export").joinpath("helpers.c").read_text("utf-8"))

C = Language(
    name="c",
    keys=("c",),
    called=CALLED,
    helpers={**c_functions(), **_HELPERS},
    number=c_number,
    reserved={*_KEYWORDS.split(), *_LIBRARY.split(), *CALLED.values(), *c_functions(), *_HELPERS},
)

_STACK = 1 << 16
"""So many numbers an array that is no argument may have on the stack."""


def _array(name: str, size: int, zero: bool) -> str:
    static = "static " if size > _STACK else ""
    if zero and static:
        return f"{static}double {name}[{size}]; memset({name}, 0, sizeof {name});"
    return f"{static}double {name}[{size}]{' = {0.0}' if zero else ''};"


SYNTAX = Syntax(
    language=C,
    constant=lambda name, text: f"const double {name} = {text};",
    variable=lambda name, text: f"double {name} = {text};",
    array=_array,
    data=lambda name, entries, size: f"static const double {name}[{size}] = {{{entries}}};",
    loop=lambda variable, count: f"for (int {variable} = 0; {variable} < {count}; {variable}++)",
)

_PRINTING = """static void print_number(double x)
{
    if (isnan(x)) fputs("\\"NaN\\"", stdout);
    else if (isinf(x)) fputs(x > 0.0 ? "\\"Infinity\\"" : "\\"-Infinity\\"", stdout);
    else printf("%.17g", x);
}
"""

_PRINTING_ARRAYS = """static void print_array(const double *x, int rank, const int *sizes)
{
    int count = 1;
    for (int axis = 0; axis < rank; axis++) count *= sizes[axis];
    for (int i = 0; i < count; i++) {
        if (i) fputs(", ", stdout);
        for (int axis = 0, part = count; axis < rank; part /= sizes[axis++])
            if (i % part == 0) putchar('[');
        print_number(x[i]);
        for (int axis = rank - 1, part = sizes[axis]; axis >= 0; part *= sizes[--axis]) {
            if ((i + 1) % part == 0) putchar(']');
            if (axis == 0) break;
        }
    }
}
"""


def write(plan: FilePlan) -> str:
    """The file of a plan."""
    names = Identifiers(
        C.reserved, lambda name: re.fullmatch(r"[A-Za-z]\w*", name, re.A) is not None
    )
    gradient = plan.gradient
    unnamed = set(gradient.outputs if gradient else ()) - plan.value.known.keys()
    routines = [plan.value, gradient] if gradient else [plan.value]
    arguments, nodes = identifiers(plan, names, routines, unnamed)
    own = names.within()
    results = [own.new(f"grad_{arguments[name]}") for name in plan.variables]
    parts = [_value(plan, arguments, nodes, names)]
    if gradient:
        parts.append(_value_and_grad(plan, gradient, arguments, nodes, own, results))
    training = plan.training
    if training:
        parts += [_step(step, training.rule) for step in training.steps]
    if plan.complete:
        parts.append(_point(plan, arguments))
        parts += [_train(plan, training, arguments)] if training else []
        parts.append(_main(plan, arguments, results))
    else:
        missing = [name for name in plan.arguments if name not in plan.point]
        parts.append(f"/* There is no main: {listed(missing)} had no value. */\n")
    body = "\n".join(parts)
    helpers = needed_helpers(C, body)
    printing = [t for t in (_PRINTING, _PRINTING_ARRAYS) if _calls(t, body) or "_array(" in body]
    if "print_array(" not in body:
        printing = [text for text in printing if text is _PRINTING]
    if not plan.complete:
        printing = []
    text = "\n".join([*helpers, *printing, body])
    includes = ["math", "stdio"] if plan.complete else ["math"]
    includes += ["assert"] * ("assert(" in text) + ["string"] * bool(
        re.search(r"\b(memset|memcpy|strcmp)\(", text)
    )
    included = "\n".join(f"#include <{name}.h>" for name in sorted(includes))
    top = heading(plan, "c", "/* ", "*/", "   ").replace("/*    ", "/* ", 1)
    return f"{top}\n\n{included}\n\n{text}"


def _spells(name: str) -> bool:
    return re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) is not None


def _calls(source: str, body: str) -> bool:
    return source.split("(")[0].split()[-1] + "(" in body


def _parameters(plan: FilePlan, arguments: Mapping[str, str]) -> list[str]:
    return [
        f"const double {arguments[name]}[{prod(shape)}]" if shape else f"double {arguments[name]}"
        for name, shape in plan.arguments.items()
    ]


def _signature(result: str, name: str, parameters: Sequence[str]) -> str:
    text = f"{result} {name}({', '.join(parameters) or 'void'})"
    if len(text) <= 96:
        return text
    return f"{result} {name}(\n    " + ",\n    ".join(parameters) + ")"


def _whole(signature: str, comment: str, lines: Sequence[str], static: bool = False) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    about = "\n   ".join(textwrap.wrap(f"/* {_said(comment)} */", 92))
    return f"{about}\n{'static ' if static else ''}{signature}\n{{\n{body}\n}}\n"


def _value(
    plan: FilePlan, arguments: Mapping[str, str], nodes: Mapping[int, str], names: Identifiers
) -> str:
    routine = plan.value
    (output,) = routine.outputs
    shape = routine.graph.shapes[output]
    parameters = _parameters(plan, arguments)
    own = names.within()
    if shape:
        name = own.new("out")
        body = Body(SYNTAX, routine, own, nodes, {output: name})
        body.copy(output, name)
        signature = _signature("void", "value", [*parameters, f"double {name}[{prod(shape)}]"])
        return _whole(signature, f"{_said(plan.output)}, into {name}.", body.lines)
    body = Body(SYNTAX, routine, own, nodes)
    lines = [*body.lines, f"return {body.number(output).text};"]
    return _whole(_signature("double", "value", parameters), f"{_said(plan.output)}.", lines)


def _value_and_grad(
    plan: FilePlan,
    routine: Routine,
    arguments: Mapping[str, str],
    nodes: Mapping[int, str],
    names: Identifiers,
    results: Sequence[str],
) -> str:
    graph = routine.graph
    output, *gradients = routine.outputs
    places: dict[int, str] = {}
    for n, name in zip(gradients, results):
        if graph.shapes[n] and n not in nodes and graph.ops[n] is not INPUT:
            places.setdefault(n, name)
    body = Body(SYNTAX, routine, names.within(), nodes, places)
    lines = body.lines
    parameters = _parameters(plan, arguments)
    for n, name in zip(gradients, results):
        if shape := graph.shapes[n]:
            body.copy(n, name)
            parameters.append(f"double {name}[{prod(shape)}]")
        else:
            lines.append(f"*{name} = {body.number(n).text};")
            parameters.append(f"double *{name}")
    lines.append(f"return {body.number(output).text};")
    comment = f"{_said(plan.output)}, and its derivatives into {listed(results)}."
    return _whole(_signature("double", "value_and_grad", parameters), comment, lines)


def _said(text: str) -> str:
    return text.replace("*/", "* /")


def _point(plan: FilePlan, arguments: Mapping[str, str]) -> str:
    lines: list[str] = []
    for name, value in plan.point.items():
        if shape := plan.arguments[name]:
            numbers = ", ".join(map(c_number, value.ravel().tolist()))
            head = f"static const double {arguments[name]}[{prod(shape)}]"
            lines += _wrapped(f"{head} = {{{numbers}}};")
        else:
            lines.append(f"static const double {arguments[name]} = {c_number(float(value))};")
    return "\n".join(["/* The point. */", *lines, ""])


def _step(step: TrainingStep, rule: str) -> str:
    """The function that takes one step: the state is changed where it lies."""
    routine, graph = step.routine, step.routine.graph
    own = Identifiers(C.reserved, _spells)
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
    return _whole(_signature("void", step.called, parameters), rule, lines, True)


def _train(plan: FilePlan, training: Training, arguments: Mapping[str, str]) -> str:
    """The loop over the steps."""
    own = Identifiers(C.reserved, _spells)
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
        lines.append(_array(slot, prod(shape), True) if shape else f"double {slot} = 0.0;")
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
    return _whole(_signature("void", "train", parameters), comment, lines, True)


def _main(plan: FilePlan, arguments: Mapping[str, str], results: Sequence[str]) -> str:
    lines: list[str] = []
    if plan.training:
        lines += _trained(plan, plan.training, arguments)
    given = list(arguments.values())
    output = plan.value.outputs[0]
    shape = plan.value.graph.shapes[output]
    if plan.gradient is None:
        if shape:
            lines += [
                f"static double found[{prod(shape)}];",
                f"value({', '.join([*given, 'found'])});",
            ]
        else:
            lines.append(f"const double found = value({', '.join(given)});")
        lines += ['fputs("{\\"value\\": ", stdout);', _printed("found", shape)]
        lines += ['fputs("}\\n", stdout);', "return 0;"]
        return _framed(lines, False)
    for name, result in zip(plan.variables, results):
        size = prod(plan.arguments[name])
        array = f"static double {result}[{size}];" if plan.arguments[name] else f"double {result};"
        lines.append(array)
    given += [r if plan.arguments[n] else f"&{r}" for n, r in zip(plan.variables, results)]
    lines.append(f"const double found = value_and_grad({', '.join(given)});")
    lines += _answer("gradient", dict(zip(plan.variables, results)), plan)
    lines.append("return 0;")
    return _framed(lines, plan.training is not None)


def _answer(what: str, names: Mapping[str, str], plan: FilePlan) -> list[str]:
    """The statements that print the value, and something by name."""
    lines = ['fputs("{\\"value\\": ", stdout);', _printed("found", ())]
    lines.append(f'fputs(", \\"{what}\\": {{", stdout);')
    for place, (name, result) in enumerate(names.items()):
        comma = ", " if place else ""
        lines.append(f'fputs("{comma}\\"{name}\\": ", stdout);')
        lines.append(_printed(result, plan.arguments[name]))
    return [*lines, 'fputs("}}\\n", stdout);']


def _trained(plan: FilePlan, training: Training, arguments: Mapping[str, str]) -> list[str]:
    """What main does where it is asked to train."""
    own = Identifiers({*C.reserved, *arguments.values()}, _spells)
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
    lines += [*_answer("params", names, plan), "return 0;"]
    body = [f"    {line}" for line in lines]
    return ['if (argc > 1 && strcmp(argv[1], "train") == 0) {', *body, "}"]


def _framed(lines: Sequence[str], trains: bool) -> str:
    comment = "Prints the value and the gradient at the point, as JSON"
    if trains:
        comment += '; with the argument "train" the parameters after training'
    signature = "int main(int argc, char **argv)" if trains else "int main(void)"
    return _whole(signature, f"{comment}.", lines)


def _printed(name: str, shape: tuple[int, ...]) -> str:
    if not shape:
        return f"print_number({name});"
    return f"print_array({name}, {len(shape)}, (const int[]){{{', '.join(map(str, shape))}}});"


def _wrapped(text: str) -> list[str]:
    """A long line of numbers as several."""
    if len(text) <= 92:
        return [text]
    return textwrap.wrap(text, 92, subsequent_indent="    ")
