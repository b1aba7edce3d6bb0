"""A program whose functions unfold without end is refused, and where."""

from __future__ import annotations

import pytest

from gradcli.errors import LanguageError
from gradcli.graph import build as builder
from gradcli.language import parse


def test_functions_that_unfold_to_too_many_nodes(monkeypatch):
    monkeypatch.setattr(builder, "UNFOLDED", 10_000)
    lines = ["f0(u) = u*uniform() + u"]
    lines += [f"f{i}(u) = f{i - 1}(u) + f{i - 1}(u)" for i in range(1, 40)]
    program = parse("\n".join([*lines, "f39(x)"]))
    with pytest.raises(LanguageError, match="unfold to more than 10 million nodes") as caught:
        builder.build(program, {"x": 1.0})
    assert caught.value.span is not None


def test_functions_without_draws_unfold_once(monkeypatch):
    monkeypatch.setattr(builder, "UNFOLDED", 1_000)
    lines = ["f0(u) = u^2", *(f"f{i}(u) = f{i - 1}(u) + f{i - 1}(u)" for i in range(1, 40))]
    model = builder.build(parse("\n".join([*lines, "f39(x)"])), {"x": 1.0})
    assert len(model.graph) == 42


@pytest.mark.parametrize(
    "body",
    [
        "f{}(f{}(u) + 1)",
        "f{}(u + 1) * f{}(u + 2)",
        "f{}(u*a) - f{}(u*b)",
        "f{}(u + 1) + f{}([u, sin(u)][0]*2)",
        "f{}(u*uniform()) + f{}(u)",
        "f{}(max(u, 1)) + f{}(max(u, 2))",
    ],
)
def test_the_unfolding_is_counted_before_it_is_built(body, monkeypatch):
    monkeypatch.setattr(builder, "UNFOLDED", 10_000)
    monkeypatch.setattr(builder._Builder, "_run", lambda self, frame: pytest.fail("it was built"))
    lines = ["a = x^2; b = x^3; f0(u) = u*sin(u)"]
    lines += [f"f{i}(u) = {body.format(i - 1, i - 1)}" for i in range(1, 40)]
    with pytest.raises(LanguageError, match="unfold to more than 10 million nodes") as caught:
        builder.build(parse("\n".join([*lines, "f39(x)"])), {"x": 1.0})
    assert caught.value.hint.startswith("call f")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("u + 1", "add(u, 1)"),
        ("u^2", "power(u, 2)"),
        ("√(u)", "sqrt(u)"),
        ("log(u)", "ln(x=u)"),
        ("u*v", "u·v"),
        ("u*v", "dot(u, v)"),
        ("step(u)", "step(u, 0)"),
        ("atan2(u, v)", "atan2(x=v, y=u)"),
        ("max(u, v)", "maximum(u, v)"),
        ("mean(u)", "average(x=u)"),
        ("[u, v]", "stack(u, v)"),
        ("stack([u, v])", "stack(u, v, axis=0)"),
        ("concat([[u, v], [v, u]])", "reshape([[u, v], [v, u]], 4)"),
        ("u.T", "transpose(u)"),
        ("[u, v][0:1]", "[u, v][0:1:1]"),
        ("u*pi", "u*3.141592653589793"),
        ("u*one", "u*(x + 1)"),
        ("u*one", "u*same"),
        ("full([2], u)", "full(value=u, shape=2)"),
    ],
)
def test_what_the_graph_makes_one_is_counted_once(one, other, monkeypatch):
    monkeypatch.setattr(builder, "UNFOLDED", 2_000)
    lines = ["one = x + 1; same = x + 1; f0(u, v) = sum(u)*v"]
    for i in range(1, 40):
        lines.append(f"f{i}(u, v) = f{i - 1}(sum({one}), v) + f{i - 1}(sum({other}), v)")
    model = builder.build(parse("\n".join([*lines, "f39(x, 2)"])), {"x": 1.0})
    assert len(model.graph) < 1_000
