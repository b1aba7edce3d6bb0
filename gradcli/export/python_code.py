"""Python over an array library: NumPy, JAX or PyTorch, with the same lines for all three."""

from __future__ import annotations

import json
import keyword
import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from gradcli.export.heading import heading
from gradcli.export.identifiers import Identifiers
from gradcli.export.phrases import Language, Text, needed_helpers, number_text, say
from gradcli.export.planning import FilePlan, identifiers, local_names
from gradcli.export.routines import Routine
from gradcli.export.training_loop import Training, TrainingStep
from gradcli.graph.graph import LITERAL
from gradcli.graph.ops.numpy_like import CALLED
from gradcli.words import listed

_FUNCTION = re.compile(r"^def (\w+)\(.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
_WIDTH = 92


@cache
def _helpers(library: str) -> dict[str, str]:
    """The functions of a file of helpers by their names."""
    text = files("gradcli.export").joinpath(f"helpers.{library}.py.txt").read_text("utf-8")
    return {found[1]: found[0].strip() for found in _FUNCTION.finditer(text)}


def _number(value: float) -> str:
    return repr(value) if math.isfinite(value) else _words(value)


def _words(value: float) -> str:
    return "math.nan" if math.isnan(value) else "math.inf" if value > 0 else "-math.inf"


@dataclass(frozen=True)
class Library:
    """An array library: its module, and what it alone needs said."""

    language: Language
    imports: str
    entry: str
    """How an argument becomes an array of the library."""
    array: str
    """How a list of numbers does."""
    before: str
    """What stands before each function."""


def _language(name: str, module: str, **others: Any) -> Language:
    called = dict(CALLED)
    helpers = dict(_helpers("numpy"))
    if name != "numpy":
        helpers |= _helpers(name)
    if name == "torch":
        del called["cbrt"]
    renamed = {n: re.sub(r"\bnp\.", module + ".", source) for n, source in helpers.items()}
    reserved = {*keyword.kwlist, *renamed, *_BUILT_IN, module, "math", "json", "sys", name}
    return Language(
        name=name, keys=(name, "python"), called=called, helpers=renamed, number=_number,
        reserved=reserved, module=module, **others,
    )  # fmt: skip


_BUILT_IN = (
    "abs", "max", "min", "sum", "round", "pow", "print", "range", "zip", "list", "dict", "tuple",
    "len", "value", "value_and_grad", "train", "step", "main", "POINT", "self",
)  # fmt: skip


@cache
def library(name: str) -> Library:
    """`numpy`, `jax` or `torch`."""
    if name == "numpy":
        language = _language("numpy", "np", boxed="np.float64({})", places=".astype(int)")
        return Library(
            language, "import numpy as np", "np.asarray({}, dtype=np.float64)[()]",
            "np.array({})", '@np.errstate(all="ignore")',
        )  # fmt: skip
    if name == "jax":
        language = _language("jax", "jnp", boxed="jnp.float64({})", places=".astype(int)")
        imports = 'import jax\nimport jax.numpy as jnp\n\njax.config.update("jax_enable_x64", True)'
        return Library(
            language, imports, "jnp.asarray({}, dtype=jnp.float64)", "jnp.array({})", "@jax.jit"
        )
    language = _language(
        "torch", "torch", boxed="torch.tensor({})", places=".long()", strict=True
    )  # fmt: skip
    imports = "import torch\n\ntorch.set_default_dtype(torch.float64)"
    return Library(
        language, imports, "torch.as_tensor({}, dtype=torch.float64)", "torch.tensor({})",
        "@torch.no_grad()",
    )  # fmt: skip


def write(plan: FilePlan, target: Library) -> str:
    """The file of a plan."""
    language = target.language
    names = Identifiers(language.reserved, _spells)
    routines = [routine for routine in (plan.value, plan.gradient) if routine]
    arguments, nodes = identifiers(plan, names, routines)
    parts = [_function("value", plan, plan.value, arguments, nodes, names, target)]
    if plan.gradient:
        made = _function("value_and_grad", plan, plan.gradient, arguments, nodes, names, target)
        parts.append(made)
    training = plan.training
    if training:
        parts += [_step(step, target, training.rule) for step in training.steps]
    if plan.complete:
        parts += [_point(plan, target)]
        parts += [_train(plan, training, target)] if training else []
        parts += [_main(plan)]
    else:
        missing = [name for name in plan.arguments if name not in plan.point]
        parts.append(f"# Nothing is run: {listed(missing)} had no value.")
    body = "\n\n\n".join(parts)
    helpers = "\n\n\n".join(needed_helpers(language, body))
    modules = [
        m for m in ("json", "math", "numpy", "sys") if re.search(rf"\b{m}\.", body + helpers)
    ]
    top = [heading(plan, language.name, '"""', '"""')]
    top.append("\n".join(f"import {module}" for module in modules))
    top.append(target.imports)
    head = "\n\n".join(filter(None, top))
    return "\n\n\n".join(filter(None, [head, helpers, body])) + "\n"


def _spells(name: str) -> bool:
    import unicodedata

    return name.isidentifier() and unicodedata.normalize("NFKC", name) == name


def _function(
    called: str,
    plan: FilePlan,
    routine: Routine,
    arguments: Mapping[str, str],
    nodes: Mapping[int, str],
    names: Identifiers,
    target: Library,
) -> str:
    entries = [f"{name} = {target.entry.format(name)}" for name in arguments.values()]
    lines, results = _lines(routine, nodes, names.within(), target)
    if called == "value":
        what, result = plan.output, results[0]
    else:
        what = f"{plan.output}, and its derivatives by name"
        by_name = ", ".join(
            f"{_quoted(name)}: {text}" for name, text in zip(plan.variables, results[1:])
        )
        result = f"{results[0]}, {{{by_name}}}"
    signature = f"def {called}({', '.join(arguments.values())}):"
    body = [f'"""{what}."""', *entries, *lines, f"return {result}"]
    return "\n".join([target.before, signature, *(f"    {line}" for line in body)])


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _lines(
    routine: Routine, nodes: Mapping[int, str], names: Identifiers, target: Library
) -> tuple[list[str], list[str]]:
    """The assignments, and the texts of the results. What is used once stands where it is used."""
    graph, language = routine.graph, target.language
    cone = routine.cone()
    uses = routine.uses(cone)
    texts: dict[int, Text] = {n: Text(nodes[n]) for n in routine.inputs}
    lines: list[str] = []
    for n in cone:
        if graph.ops[n] is LITERAL:
            value = (graph.attrs[n] or (0.0,))[0]
            texts[n] = number_text(language.number(value))
            continue
        args = graph.args[n]
        shapes = [graph.shapes[a] for a in args]
        if n in routine.held:
            found = Text(_array(routine.held[n], target))
        else:
            given = [texts[a] for a in args]
            if graph.ops[n].level == 5:
                given[1] = _exponent(given[1])
            attr = graph.attrs[n] or ()
            found = say(language, graph.ops[n], given, attr, shapes, graph.shapes[n])
        if uses[n] == 1 and n not in nodes and len(found.text) < _WIDTH // 2:
            texts[n] = found
        else:
            name = nodes.get(n) or names.counted()
            lines.append(f"{name} = {found.text}")
            texts[n] = Text(name)
    results = []
    for n in routine.outputs:
        text = texts[n].text
        if texts[n].literal:
            text = target.entry.format(text)
        results.append(text)
    return lines, results


def _exponent(text: Text) -> Text:
    """A whole number without its point: x ** 2."""
    return text._replace(text=text.text.removesuffix(".0")) if text.literal else text


def _array(value: Any, target: Library) -> str:
    """An array, or a number, as the library makes it."""
    if not getattr(value, "shape", ()):
        return _number(float(value))
    text = re.sub(r"\b(nan|inf)\b", r"math.\1", repr(value.tolist()))
    return target.array.format(text)


def _point(plan: FilePlan, target: Library) -> str:
    lines = ["POINT = {"]
    for name, value in plan.point.items():
        lines += [f"    {_quoted(name)}: {_wrapped(_array(value, target))},"]
    return "\n".join([*lines, "}"])


def _wrapped(text: str) -> str:
    """A long array on several lines."""
    if len(text) <= _WIDTH:
        return text
    return "\n".join(textwrap.wrap(text, _WIDTH, subsequent_indent=" " * 8))


def _step(step: TrainingStep, target: Library, rule: str) -> str:
    own = Identifiers(target.language.reserved, _spells)
    nodes = local_names(step.routine, own)
    lines, results = _lines(step.routine, nodes, own, target)
    given = ", ".join(nodes[n] for n in step.routine.inputs)
    results = [
        text if n in nodes else target.entry.format(text)
        for n, text in zip(step.routine.outputs, results)
    ]
    about = textwrap.wrap(f'"""{rule}"""', _WIDTH)
    body = [*about, *lines, f"return {', '.join(results)},"]
    return "\n".join(
        [target.before, f"def {step.called}({given}):", *(f"    {line}" for line in body)]
    )


def _train(plan: FilePlan, training: Training, target: Library) -> str:
    """The loop over the steps."""
    settings = training.settings
    module = target.language.module
    entry = target.entry.format("value")
    state = [f"given[{_quoted(name)}]" for name in training.moving]
    for shape in training.slots.values():
        state.append(f"{module}.zeros({shape})" if shape else target.language.boxed.format("0.0"))
    lines = [
        f"def train(steps={settings.total}, lr={training.lr!r}):",
        f'    """The parameters after so many steps of {settings.optimizer}, from the point on."""',
        f"    given = {{name: {entry} for name, value in POINT.items()}}",
        *_stated(state),
    ]

    def call(step: TrainingStep, rows: str = "") -> str:
        others = [
            f"given[{_quoted(n)}]" + (rows if n in training.batched else "") for n in step.others
        ]
        last = ["lr"] * step.rate + ["t + 1.0"] * step.count
        return f"{step.called}({', '.join(['*state', *others, *last])})"

    first, *rest = training.steps
    if not training.rows and target.language.name == "jax":
        lines.append(
            f"    state = jax.lax.fori_loop(0, steps, lambda t, state: {call(first)}, state)"
        )
    elif not training.rows:
        lines += ["    for t in range(steps):", f"        state = {call(first)}"]
    else:
        size, count = training.rows, settings.rows
        lines += [
            "    for t in range(steps):",
            f"        epoch, place = divmod(t, {training.epoch})",
            "        if place == 0:",
            f"            order = shuffled({count}, {settings.seed}, epoch)",
            f"        rows = order[{size} * place : {size} * place + {size}]",
        ]
        if rest:
            lines += [
                f"        if len(rows) == {size}:",
                f"            state = {call(first, '[rows]')}",
                "        else:",
                f"            state = {call(rest[0], '[rows]')}",
            ]
        else:
            lines.append(f"        state = {call(first, '[rows]')}")
    names = ", ".join(map(_quoted, training.moving))
    lines.append(f"    return dict(zip([{names}], state))")
    return "\n".join(lines)


def _stated(state: Sequence[str]) -> list[str]:
    """The assignment of the first state, on several lines where it is long."""
    line = f"    state = ({', '.join(state)},)"
    return (
        [line]
        if len(line) <= _WIDTH
        else ["    state = (", *(f"        {s}," for s in state), "    )"]
    )


_TRAINED = """if __name__ == "__main__":
    if sys.argv[1:] == ["train"]:
        params = train()
        found = value(*{**POINT, **params}.values())
        print(json.dumps({"value": plain(found), "params": plain(params)}))
    else:
        found, gradient = value_and_grad(*POINT.values())
        print(json.dumps({"value": plain(found), "gradient": plain(gradient)}))"""


def _main(plan: FilePlan) -> str:
    if plan.training:
        return _TRAINED
    if plan.gradient:
        return """if __name__ == "__main__":
    found, gradient = value_and_grad(*POINT.values())
    print(json.dumps({"value": plain(found), "gradient": plain(gradient)}))"""
    return """if __name__ == "__main__":
    print(json.dumps({"value": plain(value(*POINT.values()))}))"""
