"""Graphs too large to read are folded, and the picture says so."""

from __future__ import annotations

import pytest

from gradcli.pictures.boxes import drawing_of
from gradcli.pictures.folding import MOST_BOXES, folded
from gradcli.pictures.layered import layered


def chain(length):
    return "; ".join(f"x{n + 1} = sin(x{n})*x{max(n - 1, 0)} + a" for n in range(length))


def total(count):
    return "y = " + " + ".join(f"x{n}*x{n}" for n in range(count))


CASES = {
    "small": (chain(10), ["x0=1", "a=1"], 32),
    "by name": (chain(100), ["x0=1", "a=1"], 102),
    "by steps": (chain(1000), ["x0=1", "a=1"], 0),
    "alike": (total(400), [f"x{n}=1" for n in range(400)], 2),
    "in an array": ("; ".join(f"h{n} = x*{n}" for n in range(300)) + "; y = sum([" +
                    ", ".join(f"h{n}" for n in range(300)) + "])", ["x=2"], 0),
}  # fmt: skip


@pytest.fixture(scope="module", params=CASES)
def case(figured, request):
    source, values, boxes = CASES[request.param]
    figure = figured(source, *values)
    return figure, folded(figure), boxes


def test_no_more_boxes_than_can_be_read(case):
    _, small, boxes = case
    assert len(small.nodes) == boxes or (not boxes and 1 < len(small.nodes) <= MOST_BOXES)


def test_topological_and_its_last_node_the_output(case):
    figure, small, _ = case
    assert all(edge.source < edge.target < len(small.nodes) for edge in small.edges)
    assert (small.nodes[-1].value, small.nodes[-1].grad) == (figure.nodes[-1].value, 1.0)
    assert {edge.source for edge in small.edges} == set(range(len(small.nodes) - 1))


def test_the_picture_says_that_it_is_folded(case):
    figure, small, _ = case
    if small is figure:
        assert figure.notes == []
        return
    assert "are folded into" in small.notes[-1]
    drawing = drawing_of(small, layered)
    assert small.notes[-1] in [words.text for words in drawing.words]


def test_nothing_overlaps(case, faults):
    _, small, _ = case
    short = len(small.nodes) < 100  # a walk along very long edges takes long
    assert faults(drawing_of(small, layered), small, edges=short) == []


def test_a_formula_is_written_out_where_its_nodes_are_folded(figured):
    figure = folded(figured(*CASES["by name"][:1], *CASES["by name"][1]))
    by_name = {node.name: node for node in figure.nodes}
    assert by_name["x50"].expression == "sin(x49) * x48 + a"
    assert by_name["x50"].kind == "operation"


def test_what_flows_back_along_folded_edges_is_their_sum(figured):
    source = chain(100) + "; y = x100 + (2*x100 + sin(x100*0))"
    figure = folded(figured(source, "x0=1", "a=1"))
    names = [node.name for node in figure.nodes]
    edge = next(e for e in figure.edges if names[e.target] == "y")
    assert names[edge.source] == "x100"
    assert edge.downstream == 3.0
