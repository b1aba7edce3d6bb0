"""Traces: every step of the lectures' backward passes, with the factors that the slides show."""

from __future__ import annotations

import pytest
from mpmath import cos, exp, mp, mpf, sin

mp.dps = 40


def edges(answer, node):
    """What arrives at a node: from where, upstream, local and downstream, in order."""
    keys = ("from", "upstream", "local", "downstream")
    rows = [r for r in answer.rows if r["phase"] == "backward" and r["node"] == node and r["from"]]
    return [tuple(row[key] for key in keys) for row in rows]


def sums(answer, node):
    """The running sum of a node's gradient."""
    rows = [r for r in answer.rows if r["phase"] == "backward" and r["node"] == node]
    return [row["grad"] for row in rows]


def forward(answer):
    return {row["node"]: row["value"] for row in answer.rows if row["phase"] == "forward"}


def test_working_example(gradcli):
    answer = gradcli("trace", "working_example")
    assert forward(answer) == {"a": 2, "b": 1, "r": 3, "s": 2, "e": 6}
    assert edges(answer, "r") == [("e", 1, 2, 2)]
    assert edges(answer, "s") == [("e", 1, 3, 3)]
    assert edges(answer, "a") == [("r", 2, 1, 2)]
    assert sorted(edges(answer, "b")) == [("r", 2, 1, 2), ("s", 3, 1, 3)]
    assert sums(answer, "b")[-1] == 5
    first = next(row for row in answer.rows if row["phase"] == "backward")
    assert (first["node"], first["grad"]) == ("e", 1)


def test_receivers_come_in_reverse_topological_order(gradcli):
    for sample in ("working_example", "computation_graph", "network_2_2_1", "two_layer_backward"):
        rows = gradcli("trace", sample).rows
        order = [row["node"] for row in rows if row["phase"] == "forward"]
        receivers = [row["node"] for row in rows if row["phase"] == "backward"]
        places = [order.index(node) for node in receivers]
        assert places == sorted(places, reverse=True), sample


def test_chain_rule_factors(gradcli, exactly):
    answer = gradcli("trace", "chain_rule")
    x = mpf("0.7")
    locals_ = [row["local"] for row in answer.rows if row["phase"] == "backward" and row["from"]]
    exactly(locals_, [exp(sin(x**2)), cos(x**2), 2 * x])
    exactly(sums(answer, "x")[-1], exp(sin(x**2)) * cos(x**2) * 2 * x)


def test_two_products_of_the_two_variable_chain_rule(gradcli, exactly):
    answer = gradcli("trace", "two_variable_chain_rule")
    u, v = mpf("1.5"), mpf("0.5")
    x, y = u * v, u + sin(v)
    products = {row[0]: row[1:] for row in edges(answer, "u")}
    exactly(list(products["x"]), [2 * x * y, v, 2 * x * y * v])
    exactly(list(products["y"]), [x**2, 1, x**2])
    exactly(sums(answer, "u")[-1], 2 * x * y * v + x**2)


def test_computation_graph(gradcli):
    answer = gradcli("trace", "computation_graph")
    values = forward(answer)
    assert [values[node] for node in "deL"] == [2, 5, -10]
    assert edges(answer, "c") == [("L", 1, 5, 5)]
    assert edges(answer, "e") == [("L", 1, -2, -2)]
    assert edges(answer, "a") == [("e", -2, 1, -2)]
    assert edges(answer, "d") == [("e", -2, 1, -2)]
    assert edges(answer, "b") == [("d", -2, 2, -4)]


def test_node_intuitions(gradcli):
    answer = gradcli("trace", "node_intuitions")
    assert edges(answer, "a") == [("f", 1, 2, 2)]  # * switches
    assert edges(answer, "b") == [("f", 1, 3, 3)]
    assert edges(answer, "x") == [("a", 2, 1, 2)]  # + distributes
    assert edges(answer, "z") == [("b", 3, 0, 0)]  # max routes
    assert sorted(edges(answer, "y")) == [("a", 2, 1, 2), ("b", 3, 1, 3)]
    assert sums(answer, "y")[-1] == 5


def test_cheetah(gradcli):
    answer = gradcli("trace", "cheetah")
    factors = [edges(answer, node)[0][2] for node in ("lion", "bear", "human")]
    assert factors == [2, 2, 1.5]
    assert sums(answer, "human") == [6]


NETWORK = {
    # receiver: from, local; by the table of the lecture
    "w5": ("v3", 0.6153837563911821),
    "w6": ("v6", 0.5817593768418363),
    "z3": ("o", 0.2287673901453757),
    "z1": ("h1", 0.6153837563911821 * (1 - 0.6153837563911821)),
    "z2": ("h2", 0.5817593768418363 * (1 - 0.5817593768418363)),
}


@pytest.mark.parametrize("node", NETWORK)
def test_network_factors(gradcli, exactly, node):
    ((_, upstream, local, downstream),) = edges(gradcli("trace", "network_2_2_1"), node)
    exactly(local, NETWORK[node][1])
    exactly(downstream, upstream * local)


def test_network_shows_every_number_of_the_slide(gradcli, exactly, slide):
    answer = gradcli("trace", "network_2_2_1")
    values = forward(answer)
    printed = {"z1": "0.47", "z2": "0.33", "h1": "0.615", "h2": "0.582", "C": "0.126"}
    for node, text in printed.items():
        slide(values[node], text)
    exactly(sums(answer, "o")[-1], -0.708571725087463)
    slide(sums(answer, "o")[-1], "-0.71")
    ((_, _, local, _),) = edges(answer, "z3")
    slide(local, "0.229")
    exactly(sums(answer, "w5")[-1], -0.09975254031514091)
    slide(sums(answer, "w5")[-1], "-0.1")
    exactly(sums(answer, "w6")[-1], -0.09430209213263217)
    new = {name: values[name] - 0.1 * sums(answer, name)[-1] for name in ("w1", "w2", "w3", "w4")}
    exactly(new["w1"], 0.7010550773020272)
    exactly(new["w2"], 0.3008874217300201)
    exactly(new["w3"], 0.4006330463812164)
    exactly(new["w4"], 0.6005324530380121)


def test_two_layer_network_names_its_maps(gradcli, exactly):
    answer = gradcli("trace", "two_layer_backward")
    assert edges(answer, "z")[0][2] == [1, 0, 1]  # relu'(z) = [z > 0]
    ((_, _, local, downstream),) = edges(answer, "W1")
    assert "·" in local
    exactly(sums(answer, "W1")[-1], downstream)
