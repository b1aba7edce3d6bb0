"""Activation functions."""

from __future__ import annotations

import math
from typing import Any

from gradcli.graph.node import F, Node, Operand
from gradcli.graph.ops.elementwise import REALS, Interval, binary, flat, unary
from gradcli.graph.ops.op import Op

GATES: Interval = (0.5, 1.5)
HALVES = ("x > 0", "x <= 0")
"""The sides of what has a kink or a corner at 0."""

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
"""Klambauer et al. 2017, Self-Normalizing Neural Networks, rounded to floats."""


def bell(x: Node) -> Node:
    """φ(x), the density of the standard normal distribution."""
    return F.exp(-0.5 * x**2) / math.sqrt(2 * math.pi)


def swish_slope(x: Node, beta: Operand) -> Any:
    """∂(x·σ(βx))/∂x."""
    z = beta * x
    s = F.sigmoid(z)
    return s + z * s * (1 - s)


def swish_beta(x: Node, beta: Node) -> Node:
    """∂(x·σ(βx))/∂β."""
    s = F.sigmoid(beta * x)
    return x**2 * s * (1 - s)


def mish_slope(y: Node, x: Node) -> Node:
    """d(x·tanh(softplus(x)))/dx."""
    t = F.tanh(F.softplus(x))
    return t + x * (1 - t**2) * F.sigmoid(x)


ACTIVATIONS: list[Op] = [
    unary(
        "sigmoid", lambda y, x: y * (1 - y), "1 / (1 + exp(-x)), stable",
        aliases=("logistic", "expit"),
    ),
    unary(
        "log_sigmoid", lambda y, x: F.sigmoid(-x), "log(sigmoid(x)), stable",
        aliases=("logsigmoid",),
    ),
    unary(
        "relu", lambda y, x: x > 0, "max(0, x); relu'(0) = 0", value="relu(x)",
        code={"python": "np.maximum({0}, 0.0)", "torch": "np.relu({0})"},
        fast="0.0 if x <= 0 else x", mask=(lambda y, x: x > 0,),
        sides=HALVES,
    ),
    binary(
        "leaky_relu", "x, slope=0.01", (
            lambda y, x, s: F.where(x > 0, 1, s), lambda y, x, s: F.where(x > 0, 0, x),
        ),
        "x where x > 0, else slope·x; the derivative at 0 is the slope", (REALS, (0.01, 0.3)),
        value="where(gt(x, 0.0), x, slope * x)", sides=HALVES,
        example=("leaky_relu(x, slope)", "x=-2", "slope=0.1"),
    ),
    binary(
        "prelu", "x, a", (
            lambda y, x, a: F.where(x > 0, 1, a), lambda y, x, a: F.where(x > 0, 0, x),
        ),
        "leaky_relu with a slope that learns", (REALS, (0.01, 0.3)),
        value="where(gt(x, 0.0), x, a * x)", sides=HALVES,
        example=("prelu(x, a)", "x=-2", "a=0.1"),
    ),
    binary(
        "elu", "x, alpha=1", (
            lambda y, x, a: F.where(x > 0, 1, a * F.exp(x)),
            lambda y, x, a: F.where(x > 0, 0, F.expm1(x)),
        ),
        "x where x > 0, else alpha·(exp(x) - 1); elu'(0) = alpha", (REALS, GATES),
        value="where(gt(x, 0.0), x, alpha * expm1(x))", sides=HALVES,
        example=("elu(x, alpha)", "x=-1", "alpha=2"),
    ),
    unary(
        "selu", lambda y, x: SELU_SCALE * F.where(x > 0, 1, SELU_ALPHA * F.exp(x)),
        "elu with the scale and alpha that keep mean 0 and variance 1",
        value=f"{SELU_SCALE} * where(gt(x, 0.0), x, {SELU_ALPHA} * expm1(x))", sides=HALVES,
        example=("selu(x)", "x=-1"),
    ),
    unary("softplus", lambda y, x: F.sigmoid(x), "log(1 + exp(x)), stable"),
    unary(
        "softsign", lambda y, x: 1 / (1 + F.abs(x)) ** 2, "x / (1 + |x|)",
        value="x / (1.0 + abs(x))",
    ),
    unary("mish", mish_slope, "x·tanh(softplus(x))", value="x * tanh(softplus(x))"),
    unary(
        "silu", lambda y, x: swish_slope(x, 1.0), "x·sigmoid(x)", value="x * sigmoid(x)"
    ),
    binary(
        "swish", "x, beta=1", (lambda y, x, b: swish_slope(x, b), lambda y, x, b: swish_beta(x, b)),
        "x·sigmoid(beta·x)", (REALS, GATES), value="x * sigmoid(beta * x)",
    ),
    unary(
        "gelu", lambda y, x: 0.5 * F.erfc(x * -math.sqrt(0.5)) + x * bell(x),
        "x·Φ(x), Φ the normal distribution", value="x * (0.5 * erfc(x * -0.7071067811865476))",
    ),
    unary(
        "gelu_sigmoid",
        lambda y, x: F.sigmoid(1.702 * x) * (1 + 1.702 * x * F.sigmoid(-1.702 * x)),
        "x·sigmoid(1.702·x)", value="x * sigmoid(1.702 * x)",
    ),
    binary(
        "glu", "a, gate",
        (lambda y, a, g: F.sigmoid(g), lambda y, a, g: a * F.sigmoid(g) * (1 - F.sigmoid(g))),
        "a·sigmoid(gate)", value="a * sigmoid(gate)",
    ),
    binary(
        "swiglu", "a, gate, beta=1", (
            lambda y, a, g, b: g * F.sigmoid(b * g),
            lambda y, a, g, b: a * swish_slope(g, b),
            lambda y, a, g, b: a * swish_beta(g, b),
        ),
        "a·swish(gate, beta)", (REALS, REALS, GATES), value="a * (gate * sigmoid(beta * gate))",
    ),
    binary(
        "step", "x, threshold=0", (flat, flat),
        "1 where x ≥ threshold, else 0; derivative 0", value="ge(x, threshold)", hides=(0, 1),
        truth=True, sides=("x >= threshold", "x < threshold"),
        example=("step(x, threshold)", "x=0.5", "threshold=0"),
    ),
]  # fmt: skip

for _op in ACTIVATIONS:
    _op.group = "activation"
