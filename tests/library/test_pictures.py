"""Results show and save their pictures."""

from __future__ import annotations

import base64
import re
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from gradcli import GradError, Model

E = Model("e = r*s; r = a+b; s = b+1")
ROSENBROCK = Model("rosenbrock")


def text(svg):
    return " ".join(ElementTree.fromstring(svg).itertext())


def test_the_graph_of_a_result():
    for made in (E.grad(a=2, b=1), E.trace(a=2, b=1)):
        assert "∂e/∂b = 5" in text(made._repr_svg_())
    assert "∂" not in text(E.eval(a=2, b=1)._repr_svg_()).replace("local derivative", "")


def test_the_chart_of_a_descent():
    made = ROSENBROCK.descend(lr=0.001, steps=50, tol=0.0)
    assert "minimum" in text(made._repr_svg_())
    assert made._repr_svg_() == made._repr_svg_()


def test_a_result_without_a_picture():
    assert E.check(a=2.0, b=1.0)._repr_svg_() is None
    assert Model("[x, 2*x]").jacobian(x=3.0)._repr_svg_() is None


def test_a_notebook_shows_the_picture_under_the_table():
    made = E.grad(a=2, b=1)
    html = made._repr_html_()
    (picture,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]*)"', html)
    assert base64.b64decode(picture).decode() == made._repr_svg_()
    assert html.index("<table>") < html.index("<img")
    assert "<img" not in E.check(a=2.0, b=1.0)._repr_html_()


def test_to_show_changes_nothing():
    made = ROSENBROCK.descend(lr=0.001, steps=50, tol=0.0)
    notes = list(made.notes)
    before = np.geterr()
    made._repr_html_()
    made._repr_latex_()
    assert (made.notes, np.geterr()) == (notes, before)
    assert "matplotlib.pyplot" not in sys.modules


@pytest.mark.parametrize("name", ["g.svg", "g.pdf", "g.png", "g.dot", "g.html", "g.csv", "g.tex"])
def test_a_result_is_saved(name, tmp_path):
    E.grad(a=2, b=1).save(tmp_path / name)
    start = (tmp_path / name).read_bytes()[:80]
    expected = {
        "svg": b"<svg", "pdf": b"%PDF", "png": b"\x89PNG", "dot": b"digraph", "html": b"<!DOCTYPE",
        "csv": b"node,", "tex": b"\\documentclass[tikz]",
    }  # fmt: skip
    assert expected[name[2:]] in start


def test_what_cannot_be_saved(tmp_path):
    with pytest.raises(GradError, match="does not say its format"):
        E.grad(a=2, b=1).save(tmp_path / "g.xyz")
    with pytest.raises(GradError, match="check draws no svg"):
        E.check(a=2.0, b=1.0).save(tmp_path / "g.svg")
    with pytest.raises(GradError, match="no such theme"):
        E.grad(a=2, b=1).save(tmp_path / "g.svg", theme='"><script>')
    assert not list(tmp_path.iterdir())
