"""Operators and elementwise functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gradcli.graph.graph import Graph
from gradcli.graph.node import F, Node
from gradcli.graph.ops import simpler
from gradcli.graph.ops.op import Op, Rule, one

Interval = tuple[float, float]

REALS: Interval = (-2.5, 2.5)
POSITIVE: Interval = (0.1, 4.0)


def flat(y: Node, *args: Node) -> float:
    """The local derivative of what is constant between its jumps."""
    return 0.0


def unary(
    name: str,
    local: Callable[[Any, Any], Any],
    doc: str,
    domain: Interval = REALS,
    **others: Any,
) -> Op:
    """An elementwise function of one argument."""
    return Op(
        name=name, signature="x", value=others.pop("value", f"{name}(x)"), local=(local,), doc=doc,
        domain=(domain,), group="elementwise", **others,
    )  # fmt: skip


def binary(
    name: str,
    signature: str,
    local: tuple[Rule | None, ...],
    doc: str,
    domain: tuple[Interval, ...] = (REALS, REALS),
    **others: Any,
) -> Op:
    """An elementwise function of two or more arguments."""
    if not others.get("value"):
        names = ", ".join(part.split("=")[0].strip() for part in signature.split(","))
        others["value"] = f"{name}({names})"
    return Op(
        name=name, signature=signature, local=local, doc=doc, domain=domain,
        group=others.pop("group", "elementwise"), **others,
    )  # fmt: skip


def operator(name: str, text: str, level: int, local: tuple[Rule | None, ...], **others: Any) -> Op:
    """An operator: `text` is how it is written, `level` how tightly it binds."""
    return Op(
        name=name, signature=others.pop("signature", "a, b"), text=text, level=level, local=local,
        domain=others.pop("domain", (REALS, REALS)), group="operator", **others,
    )  # fmt: skip


def comparison(name: str, text: str, other: str, doc: str) -> Op:
    """An operator whose result is 1 or 0; `other` is the one that holds where it does not."""
    return operator(
        name, f"{{0}} {text} {{1}}", COMPARISON, (flat, flat), value=f"{name}(a, b)",
        fast=f"1.0 if a {text} b else 0.0", sides=(f"a {text} b", f"a {other} b"), doc=doc,
        hides=(0, 1), truth=True,
        code={
            "condition": f"{{0}} {text} {{1}}", "python": f"({{0}} {text} {{1}}) * 1.0",
            "c": f"{{0}} {text} {{1}} ? 1.0 : 0.0", "js": f"{{0}} {text} {{1}} ? 1 : 0",
        },
    )  # fmt: skip


def truth(c: Node) -> Node:
    """1 where c is not 0: c itself where it is a comparison. A mask must not be negative."""
    return c if c.op.level == COMPARISON else c.differs(0)


COMPARISON, SUM, PRODUCT, SIGN, POWER = 1, 2, 3, 4, 5
"""How tightly the operators bind, loosest first."""


def power_base(y: Node, a: Node, b: Node) -> Any:
    """∂(a^b)/∂a = b·a^(b−1), and 0 for b = 0 even at a = 0.

    Away from a = 0 nothing is fixed at b = 0, where this still changes with b.
    """
    n = b.number
    if n is None:
        return F.where(a.equals(0) * b.equals(0), 0, b * a ** (b - 1))
    if n == 0:
        return 0.0
    return b * a ** (n - 1)


def power_exponent(y: Node, a: Node, b: Node) -> Node:
    """∂(a^b)/∂b = a^b·ln a, and its limit 0 at a = 0 for b ≥ 0."""
    if a.number:
        return y * F.log(a)
    return F.where(a.equals(0) * (b >= 0), 0, y * F.log(a))


def ratio(x: Node, y: Node) -> Any:
    """x / y, and 0 for 0 / 0; with another y it is not fixed at x = 0, where it changes with x."""
    if x.number is not None:
        return x / y if x.number else 0.0
    return F.where(x.equals(0) * y.equals(0), 0, x / y)


def share(sign: int) -> Rule:
    """The local of max (sign 1) or min (−1): 1 for the winner, ties share evenly."""

    def local(y: Node, position: int) -> Node:
        mine = y.arg(position)
        if len(y.graph.args[y.id]) == 2:
            other = y.arg(1 - position)
            wins = mine > other if sign > 0 else mine < other
            return wins + 0.5 * mine.equals(other)
        tied: Node = y.graph.once(ties, y.id)
        return mine.equals(y) / tied

    return local


def ties(graph: Graph, node: int) -> Node:
    """How many of the node's arguments are its result."""
    y = Node(graph, node)
    first, *others = y.args
    return sum((a.equals(y) for a in others), first.equals(y))


def reaches(y: Node, position: int) -> Node:
    """The mask of max and min: 1 where the argument is the result."""
    return y.arg(position).equals(y)


CLIPPED: tuple[Rule, ...] = (
    lambda y, x, lo, hi: (x >= lo) * (x <= hi),
    lambda y, x, lo, hi: (x < lo) * (lo <= hi),
    lambda y, x, lo, hi: F.maximum(x, lo) > hi,
)
"""Which argument clip passes on: it is min(max(x, lo), hi)."""

OPERATORS = [
    operator(
        "add", "{0} + {1}", SUM, (one, one), value="a + b", additive=True,
        doc="sum",
    ),
    operator(
        "sub", "{0} - {1}", SUM, (one, lambda y, a, b: -1.0), value="a - b", additive=True,
        doc="difference",
    ),
    operator(
        "mul", "{0} * {1}", PRODUCT, (lambda y, a, b: b, lambda y, a, b: a), value="a * b",
        linear=(0, 1), doc="product, entry by entry",
    ),
    operator(
        "div", "{0} / {1}", PRODUCT, (lambda y, a, b: 1 / b, lambda y, a, b: -y / b),
        value="div(a, b)", fast="a / b", domain=(REALS, POSITIVE),
        linear=(0,), partial=True, demand="the divisor {1} is 0", doc="quotient, entry by entry",
        code=dict.fromkeys(("python", "c", "js"), "{0} / {1}"),
    ),
    operator(
        "neg", "-{0}", SIGN, (lambda y, a: -1.0,), value="-a", signature="a", domain=(REALS,),
        linear=(0,), doc="the same with the other sign",
    ),
    operator(
        "pos", "+{0}", SIGN, (one,), value="+a", signature="a", domain=(REALS,), linear=(0,),
        doc="the same",
    ),
    operator(
        "pow", "{0}^{1}", POWER, (power_base, power_exponent), value="power(a, b)",
        literal={0.5: "root(a)", 1.0: "+a", 2.0: "a * a", 3.0: "a * a * a"},
        domain=(POSITIVE, REALS), aliases=("power",), hides=(0, 1),
        doc="a^b, inf at a = 0 for b < 0; the derivative by b is 0 at a = 0 for b ≥ 0; a^0 has"
        " derivative 0",
        partial=True, demand="a negative number has a real power only where the exponent is whole",
        steep="a power below 1 is infinitely steep at 0: ({0} + 1e-12)^{1} is not",
        code={"python": "{0} ** {1}"}, lower=simpler.power,
        example=("a^b", "a=2", "b=3"),
    ),
    comparison("lt", "<", ">=", "1 where a < b, else 0"),
    comparison("le", "<=", ">", "1 where a ≤ b, else 0"),
    comparison("gt", ">", "<=", "1 where a > b, else 0"),
    comparison("ge", ">=", "<", "1 where a ≥ b, else 0"),
    comparison("eq", "==", "!=", "1 where a = b, else 0"),
    comparison("ne", "!=", "==", "1 where a ≠ b, else 0"),
]  # fmt: skip

ELEMENTWISE = [
    unary(
        "abs", lambda y, x: F.sign(x), "|x|; abs'(0) = 0", aliases=("absolute", "fabs"),
        sides=("x > 0", "x < 0"),
        example=("abs(x)", "x=-3"),
    ),
    unary(
        "sign", flat, "-1, 0 or 1; derivative 0", aliases=("sgn",), sides=("x > 0", "x < 0"),
        example=("sign(x)", "x=-3"),
    ),
    unary(
        "sqrt", lambda y, x: 0.5 / y, "square root; sqrt'(0) = inf", POSITIVE,
        partial=True, demand="sqrt needs a number from 0 on",
        steep="sqrt is infinitely steep at 0: sqrt({0} + 1e-12) is not",
        others="write x^(1/n) for the n-th root",
        example=("sqrt(x)", "x=4"),
    ),
    unary(
        "cbrt", lambda y, x: 1 / (3 * y**2), "real cube root; cbrt'(0) = inf", POSITIVE,
        steep="cbrt is infinitely steep at 0",
        example=("cbrt(x)", "x=8"),
    ),
    unary("square", lambda y, x: 2 * x, "x^2", value="x * x", example=("square(x)", "x=3")),
    unary(
        "rsqrt", lambda y, x: -0.5 * y / x, "1 / sqrt(x)", POSITIVE, value="div(1.0, sqrt(x))",
        partial=True,
        demand="rsqrt needs a number above 0", example=("rsqrt(x)", "x=4"),
    ),
    unary(
        "reciprocal", lambda y, x: -(y**2), "1 / x", POSITIVE, value="div(1.0, x)", fast="1.0 / x",
        partial=True,
        demand="reciprocal needs a number other than 0", example=("reciprocal(x)", "x=4"),
    ),
    unary(
        "exp", lambda y, x: y, "e to the power x",
        partial=True, demand="exp(x) is too large for a float where x is above 709.78",
    ),
    unary(
        "expm1", lambda y, x: F.exp(x), "exp(x) - 1, exact near 0", partial=True,
        demand="expm1(x) is too large for a float where x is above 709.78",
    ),
    unary(
        "exp2", lambda y, x: y * math.log(2), "2 to the power x", partial=True,
        demand="exp2(x) is too large for a float where x is 1024 or more",
        example=("exp2(x)", "x=3"),
    ),
    unary(
        "log", lambda y, x: 1 / x, "natural logarithm", POSITIVE, aliases=("ln",),
        partial=True, demand="log needs a number above 0",
        others="write log2(x), or log(x)/log(b) for another base b",
    ),
    unary(
        "log1p", lambda y, x: 1 / (1 + x), "log(1 + x), exact near 0", POSITIVE,
        partial=True, demand="log1p needs a number above -1",
    ),
    unary(
        "log2", lambda y, x: 1 / (x * math.log(2)), "logarithm to base 2", POSITIVE,
        partial=True, demand="log2 needs a number above 0",
        example=("log2(x)", "x=8"),
    ),
    unary(
        "log10", lambda y, x: 1 / (x * math.log(10)), "logarithm to base 10", POSITIVE,
        partial=True, demand="log10 needs a number above 0",
        example=("log10(x)", "x=1000"),
    ),
    unary("sin", lambda y, x: F.cos(x), "sine"),
    unary("cos", lambda y, x: -F.sin(x), "cosine"),
    unary("tan", lambda y, x: 1 + y**2, "tangent", (-1.2, 1.2), partial=True),
    unary(
        "asin", lambda y, x: 1 / F.sqrt((1 - x) * (1 + x)), "arc sine", (-0.9, 0.9),
        aliases=("arcsin",), partial=True, demand="asin needs a number from -1 to 1",
        steep="asin is infinitely steep at -1 and at 1",
    ),
    unary(
        "acos", lambda y, x: -1 / F.sqrt((1 - x) * (1 + x)), "arc cosine", (-0.9, 0.9),
        aliases=("arccos",), partial=True, demand="acos needs a number from -1 to 1",
        steep="acos is infinitely steep at -1 and at 1",
    ),
    unary(
        "atan", lambda y, x: 1 / (1 + x**2), "arc tangent", aliases=("arctan",),
        others="write atan2(y, x)",
    ),
    unary(
        "sinh", lambda y, x: F.cosh(x), "hyperbolic sine", partial=True,
        demand="sinh(x) is too large for a float where x is beyond 710.47 either way",
    ),
    unary(
        "cosh", lambda y, x: F.sinh(x), "hyperbolic cosine", partial=True,
        demand="cosh(x) is too large for a float where x is beyond 710.47 either way",
    ),
    unary("tanh", lambda y, x: 1 - y**2, "hyperbolic tangent"),
    unary(
        "asinh", lambda y, x: 1 / F.hypot(x, 1), "inverse hyperbolic sine", aliases=("arcsinh",)
    ),
    unary(
        "acosh", lambda y, x: 1 / (F.sqrt(x - 1) * F.sqrt(x + 1)), "inverse hyperbolic cosine",
        (1.2, 4.0), aliases=("arccosh",), partial=True, demand="acosh needs a number from 1 on",
        steep="acosh is infinitely steep at 1",
    ),
    unary(
        "atanh", lambda y, x: 1 / ((1 - x) * (1 + x)), "inverse hyperbolic tangent", (-0.9, 0.9),
        aliases=("arctanh",), partial=True, demand="atanh needs a number between -1 and 1",
    ),
    unary("erf", lambda y, x: 2 / math.sqrt(math.pi) * F.exp(-(x**2)), "error function"),
    unary(
        "erfc", lambda y, x: -2 / math.sqrt(math.pi) * F.exp(-(x**2)),
        "1 - erf(x), exact for large x",
    ),
    unary(
        "gamma", lambda y, x: y * F.digamma(x), "gamma function", (0.3, 4.0), partial=True,
        demand="gamma needs a number other than 0, -1, -2, …, and up to 171.62",
        example=("gamma(x)", "x=4"),
    ),
    unary(
        "lgamma", lambda y, x: F.digamma(x), "log |gamma(x)|", (0.3, 4.0),
        aliases=("gammaln", "loggamma"), partial=True,
        demand="lgamma needs a number other than 0, -1, -2, …",
    ),
    unary(
        "digamma", lambda y, x: F.polygamma(1, x), "derivative of lgamma", (0.3, 4.0),
        aliases=("psi",), partial=True,
        demand="digamma needs a number other than 0, -1, -2, …",
    ),
    binary(
        "polygamma", "n, x", (None, lambda y, n, x: F.polygamma(n + 1, x)),
        "n-th derivative of digamma", ((1.0, 1.0), (0.4, 4.0)), partial=True,
        demand="polygamma needs a whole n from 0 on, and x other than 0, -1, -2, …",
        example=("polygamma(n, x)", "n=1", "x=0.5"),
    ),
    unary("floor", flat, "largest whole number ≤ x; derivative 0", example=("floor(x)", "x=2.7")),
    unary("ceil", flat, "smallest whole number ≥ x; derivative 0", example=("ceil(x)", "x=2.3")),
    unary(
        "trunc", flat, "the whole part of x; derivative 0", aliases=("fix",),
        example=("trunc(x)", "x=-2.7"),
    ),
    unary(
        "round", flat, "nearest whole number, halves to even; derivative 0", aliases=("rint",),
        others="write round(100 * x) / 100 for two decimals",
        example=("round(x)", "x=2.5"),
    ),
    binary(
        "atan2", "y, x",
        (lambda v, y, x: x / (x**2 + y**2), lambda v, y, x: -y / (x**2 + y**2)),
        "angle of the point (x, y)", (POSITIVE, POSITIVE), aliases=("arctan2",),
        steep="atan2 has no derivative where {0} and {1} are 0",
    ),
    binary(
        "hypot", "a, b",
        (
            lambda y, a, b: a / y if b.number else F.where(y.equals(0), 0, a / y),
            lambda y, a, b: b / y if a.number else F.where(y.equals(0), 0, b / y),
        ),
        "sqrt(a^2 + b^2); derivative 0 at (0, 0)", hides=(0, 1),
        example=("hypot(a, b)", "a=3", "b=4"),
    ),
    binary(
        "mod", "a, b", (lambda y, a, b: 1.0, lambda y, a, b: -F.round((a - y) / b)),
        "remainder with the sign of b", (REALS, POSITIVE), aliases=("remainder",), partial=True,
        demand="the divisor {1} is 0", example=("mod(a, b)", "a=-7", "b=3"),
    ),
    binary(
        "logaddexp", "a, b", (lambda y, a, b: F.sigmoid(a - b), lambda y, a, b: F.sigmoid(b - a)),
        "log(exp(a) + exp(b)), stable",
    ),
    binary(
        "xlogy", "x, y",
        (lambda v, x, y: F.log(y), lambda v, x, y: ratio(x, y)),
        "x·log(y), and 0 where x = 0", (POSITIVE, POSITIVE), partial=True,
        demand="xlogy needs {1} above 0 where {0} is not 0",
        steep="xlogy is infinitely steep by {0} where {1} is 0",
    ),
    binary(
        "clip", "x, lo, hi", CLIPPED,
        "x limited to lo … hi, and hi where lo > hi; clip' = 1 at both ends",
        (REALS, (-1.0, -0.5), (0.5, 1.0)), mask=CLIPPED,
        aliases=("clamp",), code={"python": "np.minimum(np.maximum({0}, {1}), {2})"},
        sides=("x < lo", "(x >= lo) * (x <= hi)", "x > hi"),
        example=("clip(x, lo, hi)", "x=3", "lo=-1", "hi=1"),
    ),
    binary(
        "where", "condition, a, b",
        (None, lambda y, c, a, b: 1.0, lambda y, c, a, b: 1.0),
        "a where the condition is not 0, else b", ((0.0, 1.0), REALS, REALS),
        mask=(None, lambda y, c, a, b: truth(c), lambda y, c, a, b: c.equals(0)),
        fast="a if condition else b", sides=("condition != 0", "condition == 0"), hides=(0,),
        code={
            "python": "np.where({0?}, {1}, {2})",
            **dict.fromkeys(("c", "js"), "{0?} ? {1} : {2}"),
        },
        example=("where(condition, a, b)", "condition=1", "a=2", "b=3"),
    ),
    Op(
        name="maximum", signature="*xs", text="max({*})", value="maximum(*xs)", local=share(1),
        fast="a if a >= b else b if a < b else a + b", mask=reaches, group="elementwise",
        domain=(REALS, REALS), sides=("xs == y",),
        doc="the largest, entry by entry; ties share the derivative evenly; nan wins",
    ),
    Op(
        name="minimum", signature="*xs", text="min({*})", value="minimum(*xs)", local=share(-1),
        fast="a if a <= b else b if a > b else a + b", mask=reaches, group="elementwise",
        domain=(REALS, REALS), sides=("xs == y",),
        doc="the smallest, entry by entry; ties share the derivative evenly; nan wins",
    ),
    binary(
        "stop_gradient", "x", (None,), "x, as a constant for every derivative", (REALS,),
        value="+x", aliases=("detach",), linear=(0,),
    ),
    Op(
        name="gate", signature="x, mask", text="where({1}, {0}, 0)", value="gate(x, mask)",
        fast="x if mask else 0.0", local=(lambda y, x, m: 1.0, None), hidden=True,
        mask=(lambda y, x, m: m, None),
        linear=(0,), hides=(1,), domain=(REALS, (0.0, 1.0)), group="sweep",
        code={
            "python": "np.where({1?}, {0}, 0.0)", "c": "{1?} ? {0} : 0.0", "js": "{1?} ? {0} : 0",
        },
    ),
]  # fmt: skip
