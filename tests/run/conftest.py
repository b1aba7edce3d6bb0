"""Programs that together hold every op of the table, with values for their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.graph.graph import Graph
from gradcli.graph.node import TABLE
from gradcli.graph.reverse import gradient
from gradcli.language import parse
from gradcli.run.interpret import interpret

SCALARS = [
    "a + b - a*b/c + (-a) + (+b)",
    "a^b + a^2 + a^3 + a^1 + a^0 + 2^a + a^-1.5",
    "(a < b) + (a <= b)*a + (a > c) + (a >= b) + (a == b) + (a != c)",
    "abs(a - b) + sign(a - b)*a + sqrt(a) + cbrt(b) + square(c) + reciprocal(a)",
    "exp(a) + expm1(b) + exp2(c) + log(a) + log1p(b) + log2(c) + log10(a)",
    "sin(a)*cos(b)*tan(c) + asin(a) + acos(b) + atan(c) + sinh(a) + cosh(b) + tanh(c)",
    "asinh(a) + acosh(1 + b) + atanh(c) + erf(a) + erfc(b) + gamma(a) + lgamma(b) + digamma(c)",
    "a^0.5 + rsqrt(b) + trunc(c) + logaddexp(a, b) + xlogy(a, c) + mish(b) + softsign(c) + selu(a)",
    "polygamma(1, a) + floor(a) + ceil(b) + round(c) + atan2(a, b) + hypot(a, b) + mod(a, b)",
    "clip(a, b, c) + where(a < b, a*c, b*c) + max(a, b) + min(a, b) + max(a, b, c) + min(a, b, c)",
    "sigmoid(a) + log_sigmoid(b) + relu(a - b) + leaky_relu(a - b) + prelu(b - c, a) + elu(a - c)",
    "softplus(a) + silu(b) + swish(a, c) + gelu(a) + gelu_sigmoid(b) + glu(a, b) + swiglu(a, b, c)",
    "step(a, b)*a + bce(a, b) + bce_with_logits(a, b) + squared_error(a, b) + hinge(a, b)",
    "huber(a, b, c) + mse(a, b) + mae(b, c) + stop_gradient(a)*a + kl(a, b)",
    "sum(a) + mean(b) + prod(c) + norm(a) + max(b) + count(c) + logsumexp(a) + var(b)*a",
    "a + uniform() + randn()*b + xlogy(a, b) + logaddexp(a, b) + trunc(5*a)*a + rsqrt(a) + a^0.5",
    "randint(3)*a + selu(a - b) + softsign(a - b) + mish(a) + mae(a, b)*c + sum(cumsum(a))*b",
    "f(u) = u*exp(-u); f(a)*f(b)*f(c) + f(f(a))",
]
"""Of the numbers a, b and c, which are between 0 and 1."""

ARRAYS = [
    "sum(u + v - u*v/w + (-u) + (+v))",
    "sum(u^v + u^2 + u^3 + u^1 + 2^u + u^-1.5 + u^a)",
    "sum((u < v)*u + (u <= v) + (u > w) + (u >= v) + (u == v) + (u != w))",
    "sum(abs(u - v) + sign(u - v)*u + sqrt(u) + cbrt(v) + square(w) + reciprocal(u))",
    "sum(exp(u) + expm1(v) + exp2(w) + log(u) + log1p(v) + log2(w) + log10(u))",
    "sum(sin(u)*cos(v)*tan(w) + asin(u) + acos(v) + atan(w) + sinh(u) + cosh(v) + tanh(w))",
    "sum(asinh(u) + acosh(1 + v) + atanh(w) + erf(u) + erfc(v) + gamma(u) + lgamma(v))",
    "sum(u^0.5 + rsqrt(v) + trunc(w) + logaddexp(u, v) + xlogy(u, w) + mish(v) + selu(u))",
    "sum(softsign(u - v)) + mae(u, v) + cumsum(M, axis=1)[2, :]@u + cumsum(u)@v",
    "sum(digamma(w) + polygamma(1, u) + floor(u) + ceil(v) + round(w) + atan2(u, v))",
    "sum(hypot(u, v) + mod(u, v) + clip(u, v, w) + where(u < v, u*w, v*w) + max(u, v))",
    "sum(min(u, v) + max(u, v, w) + sigmoid(u) + log_sigmoid(v))",
    "sum(relu(u - v) + leaky_relu(u - v) + prelu(v - w, u)*w)",
    "sum(elu(u - w) + softplus(u) + silu(v) + swish(u, w) + gelu(u) + gelu_sigmoid(v) + glu(u, v))",
    "sum(swiglu(u, v, w) + step(u, v)*u + bce(u, v) + bce_with_logits(u, v) + hinge(u, v))",
    "sum(squared_error(u, v) + huber(u, v, w) + stop_gradient(u)*u) + mse(u, v) + kl(u, v)",
    "sum(u) + mean(v) + prod(w) + max(u)*min(v) + var(u) + std(v) + norm(w) + logsumexp(u)",
    "sum(M, axis=0)@v + sum(mean(M, axis=1, keepdims=1)*M) + sum(prod(M, axis=1))",
    "sum(max(M, axis=0)) + sum(min(M, axis=1)) + sum(var(M, axis=0)) + sum(std(M, axis=1))",
    "sum(norm(M, axis=1)) + sum(logsumexp(M, axis=0)) + sum(logsumexp(M, axis=1, keepdims=1)*M)",
    "argmax(u)*sum(v) + argmin(v) + count(M) + sum(count_nonzero(M, axis=0)*argmax(M, axis=0))",
    "classes(argmax(M, axis=0))*a + classes(argmin(M, axis=1))*u[0]",
    "u@v + sum(M@v) + sum(v@N) + sum((M@N)*(M@N)) + sum(outer(u, v)) + trace(S) + sum(diag(u))",
    "det(S) + sum(inv(S)) + sum(solve(S, u)) + sum(solve(S, N)*N) + logdet(S@S.T) + sum(diag(S)*u)",
    "sum(reshape(M, 3, 4)*N) + sum(flatten(M)^2) + sum(concat(u, v)*concat(v, w)) + sum(M.T*N)",
    "sum(stack(u, v, axis=1)^2) + sum([u, v, w]*S) + sum(repeat(u, 2)^2)",
    "sum(repeat(M, 2, axis=1)^3) + sum(u[1:]*v[:2]) + u[0]*u[-1] + sum(M[1, :]*u[0])",
    "sum(M[:, 1:3]^2) + sum(N[[0, 2], :3]*S[:2]^2) + sum(full([2, 3], a)*zeros(2, 3))",
    "sum(randint(9, 3)*u) + sum(ones(3)*u) + sum(eye(3)*S) + arange(3)@u + linspace(0, 1, 3)@v",
    "sum(onehot([0, 2, 1], 3)*S) + sum(randn(3)*u) + sum(uniform(3)*v) + sum(transpose(M, 1, 0)*N)",
    "sum(softmax(M)*M) + sum(log_softmax(M, axis=0)*M) + mean(cross_entropy(S, [0, 2, 1]))",
    "sum(cross_entropy(S, softmax(S*2))) + sum(nll(log_softmax(S), [0, 2, 1])) + sum(nll(S, S))",
    "h = tanh(S@N + a); mean((h@[1, 2, 3, 4] - u)^2)",
    "h = relu(S@u - 0.7); k = relu(S@h - 0.5); sum(where(k > 0, log(k + 1), sqrt(k))^2)",
    "sum(prod(S)*S) + sum(max(S, 0.5)*S) + sum(clip(S, 0.3, 0.6)@u)",
    "sum(S[:, [0, 0, 1]]*S) + sum(M[[0, 1], [1, 1]]) + sum((u*a + b)[::-1]*v)",
    "sum(xlogy(u, v) + logaddexp(u, w) + trunc(5*u)*u + rsqrt(u) + u^0.5 + selu(u - v))",
    "sum(softsign(u - v) + mish(u)) + mae(u, v)*a + sum(cumsum(u)*v) + sum(cumsum(M, axis=1)^2)",
    "kl(softmax(u), softmax(v)) + sum(kl(softmax(S), softmax(S.T)))",
    "a*u@v + b*sum(u)/c + max(a, u[0])",
]
"""Of numbers a, b, c, vectors u, v, w and matrices M, N, S, whose entries are between 0 and 1."""

SHAPES = {"u": (3,), "v": (3,), "w": (3,), "M": (4, 3), "N": (3, 4), "S": (3, 3)}


@dataclass
class Case:
    """A graph, what to compute of it, and values for its inputs."""

    graph: Graph
    outputs: list[int]
    inputs: list[int]
    model: Built

    def values(self, seed: int = 0) -> list[Any]:
        """Values between 0.1 and 0.9 for the inputs."""
        numbers = np.random.default_rng(seed)
        return [
            numbers.uniform(0.1, 0.9, shape) if shape else float(numbers.uniform(0.1, 0.9))
            for shape in (self.graph.shapes[node] for node in self.inputs)
        ]

    def interpreted(self, values: Sequence[Any]) -> list[Any]:
        """The outputs by the interpreter."""
        found = interpret(self.graph, self.outputs, dict(zip(self.inputs, values)))
        return [found[node] for node in self.outputs]


def case_of(text: str, order: int = 2) -> Case:
    """The value of a program, its gradient, and for order 2 the gradient of the gradient's sum."""
    shapes = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    model = build(parse(text), {**dict.fromkeys("abc", 0.5), **shapes})
    graph = model.graph
    inputs = list(model.inputs.values())
    outputs = [model.output, *gradient(graph, model.output, inputs).values()]
    if order > 1:
        total = graph.literal(0.0)
        for node in outputs[1:]:
            part = graph.add(TABLE["sum"], (node,), (None, 0)) if graph.shapes[node] else node
            total = graph.add(TABLE["add"], (total, part))
        outputs += gradient(graph, total, inputs).values()
    return Case(graph, outputs, inputs, model)


@pytest.fixture(params=SCALARS)
def scalar_case(request: pytest.FixtureRequest) -> Case:
    return case_of(request.param)


@pytest.fixture(params=ARRAYS)
def array_case(request: pytest.FixtureRequest) -> Case:
    return case_of(request.param)


@pytest.fixture
def every_case() -> list[Case]:
    return [case_of(text) for text in SCALARS + ARRAYS]
