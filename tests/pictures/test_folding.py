"""Graphs too large to read are folded, and the picture says so."""

from __future__ import annotations

import random

import pytest

from gradcli.pictures.boxes import drawing_of, edge_lines, edge_title
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


def wild(seed):
    """A program of random formulas, each of one to four earlier names."""
    made = random.Random(seed)
    names, lines = ["x0", "x1"], []
    for number in range(made.choice([60, 90, 200])):
        some = [made.choice(names[-made.choice([3, 12, 400]) :]) for _ in range(4)]
        form = made.choice(["sin({0})*{1}", "{0}*0.5 + cos({1}*{2})", "sin({0}*x1)*exp(-{1}^2/9)"])
        lines.append(f"h{number} = {form.format(*some)}")
        names.append(f"h{number}")
    lines.append("e = " + " + ".join(names[2:]))
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(12))
def test_a_local_derivative_is_that_between_what_the_boxes_show(figured, seed):
    whole = figured(wild(seed), "x0=0.7", "x1=-0.4")
    small = folded(whole)
    assert small is not whole
    steps = 0
    for edge in small.edges:
        if edge.local is None:
            assert "local" not in [role for role, _ in edge_lines(small, edge)]
            assert "local" not in edge_title(small, edge)
            assert edge.symbols == ""
            continue
        steps += 1
        grad = small.nodes[edge.target].grad
        assert edge.local * grad == pytest.approx(edge.downstream, rel=1e-9, abs=1e-12)
    assert seed or steps


def test_an_arrow_into_a_hidden_node_shows_what_flows_back_alone(figured):
    lines = [f"h{i} = sin(a{i}*x)*exp(-x/{i + 1})" for i in range(60)]
    lines.append("e = " + " + ".join(f"h{i}" for i in range(60)))
    small = folded(figured("\n".join(lines), "x=2", *(f"a{i}=1.{i:02}" for i in range(60))))
    names = [node.name for node in small.nodes]
    edge = next(e for e in small.edges if (names[e.source], names[e.target]) == ("a3", "h3"))
    assert [role for role, _ in edge_lines(small, edge)] == ["flow"]
    assert edge_title(small, edge).splitlines()[1:] == [f"downstream {edge.downstream!r}"]
    assert edge.downstream == small.nodes[edge.source].grad
