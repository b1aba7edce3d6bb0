"""The flat list: order, interning, names, cones, and what is refused before it is made."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli.errors import ShapeError
from gradcli.graph import graph as graph_module
from gradcli.graph.graph import Graph
from gradcli.graph.node import TABLE, F, Node, node
from gradcli.graph.ops.op import elementwise_shape


def some() -> tuple[Graph, int, int]:
    graph = Graph()
    return graph, graph.input("x", "variable", ()), graph.input("y", "variable", ())


def test_an_equal_subexpression_is_the_same_node() -> None:
    graph, x, y = some()
    product = graph.add(TABLE["mul"], (x, y))
    assert graph.add(TABLE["mul"], (x, y)) == product
    assert graph.add(TABLE["mul"], (y, x)) != product
    assert graph.add(TABLE["sum"], (x,), (None, 0)) == graph.add(TABLE["sum"], (x,), (None, 0))
    assert graph.add(TABLE["sum"], (x,), (None, 1)) != graph.add(TABLE["sum"], (x,), (None, 0))
    assert len(graph) == 6


def test_literals_are_told_apart_by_their_bits() -> None:
    graph = Graph()
    values = [0.0, -0.0, 1.0, -1.0, math.nan, math.inf, -math.inf, 5e-324, 0.1, 0.1 + 1e-18]
    nodes = [graph.literal(value) for value in values]
    assert nodes == [0, 1, 2, 3, 4, 5, 6, 7, 8, 8]
    assert nodes == [graph.literal(value) for value in values]
    assert str(graph.number(1)) == "-0.0"


def test_a_literal_keeps_the_text_that_was_typed_first() -> None:
    graph = Graph()
    one = graph.literal(1.0)
    assert graph.literal(1.0, "1.00") == graph.literal(1.0, "1e0") == one
    assert graph.texts == {one: "1.00"}


def test_random_calls_are_never_one_node() -> None:
    graph = Graph()
    first = graph.add(TABLE["randn"], (), ((3,), (0, ())))
    assert graph.add(TABLE["randn"], (), ((3,), (0, ()))) == first + 1


def test_inputs_and_twins_are_never_one_node() -> None:
    graph, x, y = some()
    assert graph.input("x", "variable", ()) not in (x, y)
    two = graph.literal(2.0, "2")
    twin = graph.twin(two)
    assert twin != two
    assert graph.literal(2.0) == two
    assert (graph.number(twin), graph.texts[twin], graph.kind(twin)) == (2.0, "2", "literal")


@pytest.mark.parametrize("kind", ["variable", "param", "const", "data", "seed"])
def test_kinds(kind: str) -> None:
    graph = Graph()
    leaf = graph.input("x", kind, (2,))
    assert graph.kind(leaf) == kind
    assert graph.names == ({} if kind == "seed" else {leaf: ["x"]})
    assert graph.kind(graph.add(TABLE["neg"], (leaf,))) == "operation"


def test_cones_and_what_depends() -> None:
    graph, x, y = some()
    s = graph.add(TABLE["sin"], (x,))
    t = graph.add(TABLE["mul"], (s, y))
    u = graph.add(TABLE["exp"], (y,))
    assert graph.cone([t]) == [x, y, s, t]
    assert graph.cone([u, s]) == [x, y, s, u]
    assert graph.cone([t], known={s}) == [y, s, t]
    assert graph.cone([]) == []
    depends = graph.depends(graph.cone([t, u]), [x])
    assert [n for n in range(len(graph)) if depends[n]] == [x, s, t]


def test_what_does_not_fit_leaves_no_trace() -> None:
    graph = Graph()
    a, b = graph.input("a", "variable", (2,)), graph.input("b", "variable", (3,))
    for _ in range(2):
        with pytest.raises(ShapeError, match="do not fit together"):
            graph.add(TABLE["add"], (a, b))
    assert len(graph) == 2
    assert not any(graph.add(TABLE["neg"], (n,)) < 2 for n in (a, b))


def test_an_array_larger_than_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_module, "MEMORY", 8_000_000_000)
    graph = Graph()
    column = graph.input("x", "variable", (100_000, 1))
    row = graph.add(TABLE["transpose"], (column,), ((1, 0),))
    with pytest.raises(ShapeError) as caught:
        graph.add(TABLE["matmul"], (column, row))
    assert caught.value.what == (
        "an array of shape (100000, 100000) needs 80 GB of memory, this machine has 8 GB"
    )
    with pytest.raises(ShapeError, match="of memory"):
        graph.input("y", "variable", (10**6, 10**4))
    assert len(graph) == 2


shapes = st.lists(st.sampled_from([1, 1, 2, 3, 0]), max_size=4).map(tuple)


@given(st.lists(shapes, min_size=1, max_size=3))
def test_broadcasting_is_that_of_numpy(several: list[tuple[int, ...]]) -> None:
    import numpy as np

    try:
        want = np.broadcast_shapes(*several)
    except ValueError:
        with pytest.raises(ShapeError):
            elementwise_shape(several, ())
    else:
        assert elementwise_shape(several, ()) == want


# handles: what rules write is folded


def handles() -> tuple[Node, Node]:
    graph, x, y = some()
    return Node(graph, x), Node(graph, y)


SAME_NODE = [
    lambda x, y: (x * 1, x), lambda x, y: (1 * x, x), lambda x, y: (x + 0, x),
    lambda x, y: (0 + x, x), lambda x, y: (x - 0, x), lambda x, y: (x / 1, x),
    lambda x, y: (-(0 - x), x), lambda x, y: (x**1, x), lambda x, y: (0 - x, -x),
    lambda x, y: (x * -1, -x), lambda x, y: (x + -y, x - y), lambda x, y: (x - -y, x + y),
    lambda x, y: (2 * (x + 0), 2 * x), lambda x, y: (x**0, node(x.graph, 1.0)),
    lambda x, y: (x * 0, node(x.graph, 0.0)), lambda x, y: (0 / x, node(x.graph, 0.0)),
    lambda x, y: (node(x.graph, 2.0) * 3, node(x.graph, 6.0)),
    lambda x, y: (node(x.graph, 2.0) + 3, node(x.graph, 5.0)),
    lambda x, y: (node(x.graph, 2.0) - 3, node(x.graph, -1.0)),
    lambda x, y: (node(x.graph, 3.0) / 2, node(x.graph, 1.5)),
    lambda x, y: (-node(x.graph, 2.0), node(x.graph, -2.0)),
]  # fmt: skip


@pytest.mark.parametrize("both", SAME_NODE)
def test_handles_fold(both: Any) -> None:
    x, y = handles()
    left, right = both(x, y)
    assert left.id == right.id


def test_what_has_no_plain_value_is_left_to_the_run() -> None:
    x, _ = handles()
    zero = node(x.graph, 0.0)
    quotient = 1 / zero
    assert quotient.op.name == "div"
    assert quotient.number is None


def test_folding_keeps_shapes() -> None:
    graph = Graph()
    x = Node(graph, graph.input("x", "variable", (3,)))
    zeros = F.zeros
    assert callable(zeros)
    column = Node(graph, graph.input("c", "variable", (2, 1)))
    assert (x * column).shape == (2, 3)
    assert (x + 0).id == x.id
    assert (x**0).shape == (3,)  # ones, not the number 1
    assert F.expand(x, attr=((2, 3),)).shape == (2, 3)
    spread = F.expand(node(graph, 2.0) * F.sum(x, attr=(None, 0)), attr=((3,),))
    assert (spread * x).args[0].shape == ()  # a factor that was only spread is not spread


def test_a_handle_is_like_its_node() -> None:
    x, y = handles()
    made = F.hypot(x, 2.0) @ F.exp(y) if x.shape else F.hypot(x, 2.0)
    assert made.op is TABLE["hypot"]
    assert [a.number for a in made.args] == [None, 2.0]
    assert made.attr == ()
    assert (x < y).op.name == "lt"
    assert (x <= y).op.name == "le"
    assert (x > 1).op.name == "gt"
    assert x.equals(y).op.name == "eq"
    assert x.differs(y).op.name == "ne"
    assert (2**x).op.name == "pow"
    assert (2 - x).op.name == "sub"
