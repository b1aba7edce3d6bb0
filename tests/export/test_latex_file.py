"""The document for LaTeX."""

from __future__ import annotations

import pytest

from gradcli.errors import UsageError
from gradcli.language.sources import sample_names


@pytest.mark.parametrize("sample", sample_names())
def test_every_sample(sample, exported):
    text = exported(sample, to="latex")
    plain = text.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")
    assert text.count(r"\begin{") == text.count(r"\end{")
    body = text.partition(r"\begin{document}")[2]
    assert "texttt" not in body
    assert r"\begin{align*}" in body
    assert text == exported(sample, to="latex")


def test_definitions_and_derivatives(exported):
    body = exported("h = tanh(w*x + b); L = (y - h)^2/2", to="latex").partition(r"\begin{docu")[2]
    assert r"h &= \tanh(w\,x + b) \\" in body
    assert r"L &= \frac{(y - h)^{2}}{2}" in body
    assert r"\frac{\partial L}{\partial y} &= y - h" in body


def test_a_document_does_not_train(exported):
    with pytest.raises(UsageError, match="no training"):
        exported("rosenbrock", to="latex", lr=0.1)
