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
