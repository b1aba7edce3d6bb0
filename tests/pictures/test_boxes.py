"""Nothing in the drawing of a graph overlaps, leaves its place, or runs through something else."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import width
from gradcli.figures import DrawnEdge, DrawnNode, GraphFigure
from gradcli.language.sources import sample_names
from gradcli.pictures.boxes import (
    drawing_of,
    edge_lines,
    node_lines,
    shown_nodes,
    value_text,
)
from gradcli.pictures.drawing import cut_inside
from gradcli.pictures.graphviz import by_graphviz, placed
from gradcli.pictures.layered import layered

KINDS = ["variable", "param", "const", "data", "operation", "literal", "folded"]
TEXTS = st.text("abcxyz_θ∂中", min_size=1, max_size=40)
NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


@st.composite
def figures(draw):
    """Graphs with edges anywhere, twice the same too, some of them labelled."""
    count = draw(st.integers(1, 14))
    nodes = [
        DrawnNode(draw(TEXTS), draw(st.sampled_from(KINDS)), draw(TEXTS), (), draw(NUMBERS),
                  draw(st.none() | NUMBERS))
        for _ in range(count)
    ]  # fmt: skip
    edges = []
    for target in range(1, count):
        for source in draw(st.lists(st.integers(0, target - 1), max_size=5)):
            flows = draw(st.none() | NUMBERS)
            local = draw(NUMBERS | TEXTS) if flows is not None else None
            edges.append(DrawnEdge(source, target, "", flows, local, flows))
    return GraphFigure(nodes, edges, True, draw(st.lists(TEXTS, max_size=2)))


def shape(box):
    """The pieces of an outline, and how much of its first corner it leaves out."""
    (x, y), *_ = box.outline[0]
    return len(box.outline), round(x - box.x), round(y - box.y)


@pytest.mark.parametrize("name", sample_names())
def test_samples(figured, faults, name):
    figure = figured(name)
    assert faults(drawing_of(figure, layered), figure) == []


@pytest.mark.parametrize("name", ["goldstein_price", "network_2_2_1", "iris", "xor"])
@pytest.mark.parametrize("backward", [True, False])
def test_boxes_and_labels_by_graphviz(figured, faults, name, backward):
    figure = figured(name, backward=backward)
    assert faults(drawing_of(figure, by_graphviz), figure, edges=False) == []


@settings(max_examples=60, deadline=None)
@given(figures())
def test_any_graph(faults, figure):
    drawing = drawing_of(figure, layered)
    assert faults(drawing, figure) == []
    assert [box.node for box in drawing.boxes] == shown_nodes(figure)


def test_a_deep_and_a_wide_graph(figured, faults):
    chain = "; ".join(f"x{n + 1} = sin(x{n})*x{max(n - 1, 0)} + a" for n in range(12))
    wide = "y = " + "*".join(f"x{n}" for n in range(60))
    for source, values in ((chain, ["a=1", "x0=1"]), (wide, [f"x{n}=1" for n in range(60)])):
        figure = figured(source, *values)
        assert faults(drawing_of(figure, layered), figure) == []


@pytest.mark.parametrize(("length", "engine"), [(10, by_graphviz), (40, layered)])
def test_graphviz_lays_out_what_it_does_in_time(length, engine):
    sizes = [(50.0, 30.0)] * (length + 1)
    edges = [(source, node) for node in range(1, length + 1) for source in {0, node - 1}]
    labels = [(20.0, 10.0)] * len(edges)
    assert placed(sizes, edges, labels) == engine(sizes, edges, labels)


def test_a_number_stands_in_the_formula_that_uses_it(figured):
    drawing = drawing_of(figured("y = 2*x + 2", "x=1"))
    assert [box.words[0].text for box in drawing.boxes] == ["x", "v1", "y"]


def test_a_number_with_a_name_or_alone_has_a_box(figured):
    assert len(drawing_of(figured("k = 3; y = k*x", "x=1")).boxes) == 3
    assert len(drawing_of(figured("7")).boxes) == 1


def test_kinds_differ_in_shape_and_colour(figured):
    figure = figured("param w = 1; const c = 2; z = w*x + c; y = z*z", "x=1")
    drawing = drawing_of(figure)
    kinds = [box.kind for box in drawing.boxes]
    assert set(kinds) == {"param", "const", "variable", "operation", "output"}
    assert [box.words[0].text for box in drawing.legend] == [
        "variable", "parameter", "constant", "operation", "output",
    ]  # fmt: skip
    looks = {(shape(box), len(box.lines)) for box in drawing.legend}
    assert len(looks) == len(drawing.legend)


def test_a_tensor_shows_its_shape_and_first_entries():
    node = DrawnNode("W", "param", "W", (50, 3), np.arange(150.0).reshape(50, 3))
    lines = node_lines(GraphFigure([node], []), node)
    assert lines == [("name", "W"), ("value", "(50, 3) [[0, 1, 2], …]")]


def test_a_node_that_is_long_by_rows_shows_its_shape():
    node = DrawnNode("X", "data", "X", (150, 4), None)
    assert node_lines(GraphFigure([node], []), node)[1] == ("value", "(150, 4)")


def test_long_texts_are_cut_and_whole_in_the_title():
    long = "alpha" * 30
    node = DrawnNode(long, "operation", f"sin({long})", (), 1.0, 2.0)
    drawing = drawing_of(GraphFigure([node], []))
    (box,) = drawing.boxes
    assert all(width(words.text) <= 32 for words in box.words)
    assert f"{long} = sin({long})" in box.title


def test_long_names_that_begin_alike_are_told_apart(figured):
    one, other = (f"weights_of_the_hidden_layer_{n}" for n in (1, 2))
    figure = figured(f"e = {one}*{other}^2", f"{one}=2", f"{other}=3")
    lines = [dict(node_lines(figure, node)) for node in figure.nodes]
    names = [line["name"] for line in lines]
    assert "weights_of…n_layer_1" in names
    assert len(set(names)) == len(names)
    slopes = [line["grad"].partition(" = ")[0] for line in lines if "grad" in line]
    assert "∂e/∂weig…r_1" in slopes
    assert len(set(slopes)) == len(slopes)


def test_names_of_any_width_are_cut_to_fit():
    for text in ["x" * 50, "名" * 30, "a" * 10 + "名" * 20, "e\u0301" * 40]:
        for most in (6, 8, 20):
            made = cut_inside(text, most)
            assert width(made) <= most
            assert "…" in made
    assert cut_inside("short", 6) == "short"


def test_no_number_is_cut(figured):
    """What stands for a value is whole: an array loses digits first, then entries."""
    figure = figured(
        "out = tanh(a_name_of_some_length*w); sum(out)",
        "a_name_of_some_length=-0.000123456789",
        "w=[-9876.54321, 0.123456789, 1e-9, 2, 3]",
    )
    lines = [text for node in figure.nodes for _, text in node_lines(figure, node)]
    lines += [text for edge in figure.edges for _, text in edge_lines(figure, edge)]
    assert any("-0.000123457" in line for line in lines)
    assert not [line for line in lines if re.search(r"\d…", line)]
    vector = value_text(np.array([0.123456789, -12345.678, 1e-9, 2.0, 3.0]))
    assert (vector[:3], "…" in vector, len(vector) <= 32) == ("(5)", True, True)
