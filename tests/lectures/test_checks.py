"""Closed forms of the lectures, judged by `check --claim`: the right pass, the slips are found."""

from __future__ import annotations

import pytest

RIGHT = [
    ("working_example", [], ["r = s", "s = r", "a = b + 1", "b = a + 2*b + 1"]),
    ("partial_derivatives", [], ["x1 = 2*x2*x1", "x2 = x1^2", "x3 = -sin(x3)"]),
    ("chain_rule", [], ["x = exp(sin(x^2))*cos(x^2)*2*x"]),
    ("two_variable_chain_rule", [], ["u = 2*x*y*v + x^2*1", "v = 2*x*y*u + x^2*cos(v)"]),
    ("slope_of_a_line", [], ["x = tan(theta)"]),
    ("nested_mess", [], ["w = (y*sigmoid(z)) @ X / count(y)", "w0 = mean(y*sigmoid(z))"]),
    ("computation_graph", [], ["a = c", "b = 2*c", "c = a + 2*b", "d = c", "e = c"]),
    ("node_intuitions", [], ["x = b", "y = b + a", "z = 0"]),
    ("one_input", [], ["x = 3*x^2"]),
    ("chain_of_two", [], ["x = 6*x"]),
    ("cheetah", [], ["human = 6", "bear = 4", "lion = 2"]),
    ("rosenbrock", [], ["x = -400*x*y + 400*x^3 + 2*x - 2", "y = 200*y - 200*x^2"]),
    (
        "network_2_2_1",
        [],
        [
            "o = -2*(y - o)",
            "z3 = -2*(y - o)*o*(1 - o)",
            "w5 = -2*(y - o)*o*(1 - o)*h1",
            "w6 = -2*(y - o)*o*(1 - o)*h2",
            "w1 = -2*(y - o)*o*(1 - o)*w5*h1*(1 - h1)*x1",
            "w2 = -2*(y - o)*o*(1 - o)*w6*h2*(1 - h2)*x1",
            "w3 = -2*(y - o)*o*(1 - o)*w5*h1*(1 - h1)*x2",
            "w4 = -2*(y - o)*o*(1 - o)*w6*h2*(1 - h2)*x2",
        ],
    ),
    ("activations", ["--of", "sigma"], ["z = sigma*(1 - sigma)"]),
    ("activations", ["--of", "sigma"], ["z = sigmoid(z)*sigmoid(-z)"]),
    ("activations", ["--of", "hyperbolic"], ["z = 1 - hyperbolic^2"]),
    ("activations", ["--of", "silu_z"], ["z = sigma*(1 + z*(1 - sigma))"]),
    ("jacobian_elementwise", [], ["z = diag(h*(1 - h))"]),
    ("jacobian_linear", ["--wrt", "x,b"], ["x = W", "b = eye(2)"]),
    ("jacobian_dot", [], ["u = h", "h = u"]),
    ("softmax", [], ["z = diag(p) - outer(p, p)"]),
    ("cross_entropy", [], ["q = -p/q"]),
    ("logistic_example", [], ["w = (sigmoid(z) - y)*x", "b = sigmoid(z) - y"]),
    ("logistic_example", ["y=0"], ["w = (sigmoid(z) - y)*x", "b = sigmoid(z) - y"]),
    ("two_layer_backward", [], ["w2 = (ŷ - y)*h", "W1 = outer((ŷ - y)*w2*(z > 0), x)"]),
    (
        "word2vec",
        [],
        [
            "c_pos = (sigmoid(w@c_pos) - 1)*w",
            "C_neg = outer(sigmoid(C_neg@w), w)",
            "w = (sigmoid(w@c_pos) - 1)*c_pos + sigmoid(C_neg@w)@C_neg",
        ],
    ),
    (
        "ner_window",
        ["--of", "s"],
        ["b = u*(1 - h^2)", "W = outer(delta, x)", "u = h", "x = W.T@delta", "z = delta"],
    ),
    ("ner_window", [], ["s = J*(1 - J)", "b = J*(1 - J)*delta"]),
    ("one_data_point", [], ["x = 2*(x - a)"]),
    ("linear_regression", [], ["w = 2*mean((prediction - y)*x)", "b = 2*mean(prediction - y)"]),
    ("logistic_regression", [], ["w = (p - y) @ X / count(y)", "b = mean(p - y)"]),
    ("logistic_regression_x0", [], ["w = (p - y) @ X / count(y)"]),
    (
        "iris",
        [],
        ["W = (X - typical).T @ (p - onehot(y, 3)) / 150", "b = mean(p - onehot(y, 3), axis=0)"],
    ),
    ("iris_single_b", [], ["b = 0"]),
    ("perceptron_and", [], ["w = -(y - ŷ) @ X / 4"]),
]

SLIPS = [
    ("network_2_2_1", [], "w3 = -2*(y - o)*o*(1 - o)*w5*h1*(1 - h1)*x1", "w3"),
    ("logistic_slip", [], "w = (sigmoid(w*x + b) - y)*x", "w"),
    ("ner_window", ["--of", "s"], "b = h*(1 - h^2)", "b"),
]


@pytest.mark.parametrize(("name", "options", "claims"), RIGHT)
def test_closed_form(gradcli, name, options, claims):
    flags = [part for claim in claims for part in ("--claim", claim)]
    answer = gradcli("check", name, *options, *flags)
    assert answer.summary["passed"] is True
    assert all(row["verdict"] in ("ok", "noise") for row in answer.rows)


@pytest.mark.parametrize(("name", "options", "claim", "variable"), SLIPS)
def test_slip_is_found_by_one_command(gradcli, name, options, claim, variable):
    answer = gradcli("check", name, *options, "--claim", claim, code=1)
    assert answer.summary["passed"] is False
    assert any(r["verdict"] == "wrong" and r["variable"] == variable for r in answer.rows)


def test_a_transposed_claim_is_told_to_be_one(gradcli):
    answer = gradcli("check", "ner_window", "--of", "s", "--claim", "W = outer(x, delta)", code=2)
    assert "has shape (10,3), the gradient has (3,10): transpose?" in answer.errors


def test_the_logistic_slip_shows_the_counterexample(gradcli, slide):
    answer = gradcli("check", "logistic_slip", "--claim", "w = (sigmoid(w*x + b) - y)*x", code=1)
    row = next(r for r in answer.rows if r["variable"] == "w")
    slide(row["analytic"], "0.7308")
    slide(row["numeric"], "0.7308")
    slide(row["claim"], "0.9630")


def test_central_difference_of_the_lecture(gradcli):
    answer = gradcli("check", "finite_difference", "--step", "1e-4")
    assert 0 < answer.summary["max_rel_error"] < 1e-7
