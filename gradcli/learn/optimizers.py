"""Every first-order optimizer as one entry of one table, by PyTorch's rules and defaults.

An update is written with + - * / ** and the square root it is handed, and nothing else. The same
function therefore moves Python floats and NumPy arrays, and builds nodes when a compiler calls it
with handles of a graph. Overflow gives inf, never an exception: squares are products (a power
of floats raises), and no divisor can be zero.

Source of the rules: the algorithms in the documentation of torch.optim (2.13).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeAlias

from gradcli.learn import spec
from gradcli.learn.spec import Choice, Option, Options

Number: TypeAlias = Any
"""A float, an array, or a handle of a graph."""

Slots: TypeAlias = tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Now:
    """What an update knows besides the parameter: all of it scalar, however large the parameter.

    `lr` is the rate of this step, `t` its number, counted from 1, as a float.
    """

    lr: Number
    t: Number
    options: Mapping[str, float]
    sqrt: Callable[[Number], Number]


Update: TypeAlias = Callable[[Number, Number, Slots, Now], tuple[Number, Slots]]
"""(parameter, its gradient, its slots, now) → (new parameter, new slots)."""


@dataclass(frozen=True)
class Optimizer:
    """An optimizer: its options, what it remembers of each parameter (zeros at first), its step."""

    options: Options
    slots: tuple[str, ...]
    update: Update


def _penalised(update: Update) -> Update:
    """The update with the gradient of weight_decay/2 · p² added to that of the loss."""

    @wraps(update)
    def penalised(p: Number, g: Number, slots: Slots, now: Now) -> tuple[Number, Slots]:
        decay = now.options["weight_decay"]
        return update(p, g + decay * p if decay else g, slots, now)

    return penalised


@_penalised
def _sgd(p: Number, g: Number, slots: Slots, now: Now) -> tuple[Number, Slots]:
    """p ← p − lr·g"""
    return p - now.lr * g, ()


@_penalised
def _momentum(p: Number, g: Number, slots: Slots, now: Now) -> tuple[Number, Slots]:
    """v ← beta·v + g;  p ← p − lr·v  (no dampening, so that the first step is v = g)"""
    v = now.options["beta"] * slots[0] + g
    return p - now.lr * v, (v,)


@_penalised
def _nesterov(p: Number, g: Number, slots: Slots, now: Now) -> tuple[Number, Slots]:
    """v ← beta·v + g;  p ← p − lr·(g + beta·v)"""
    beta = now.options["beta"]
    v = beta * slots[0] + g
    return p - now.lr * (g + beta * v), (v,)


@_penalised
def _adagrad(p: Number, g: Number, slots: Slots, now: Now) -> tuple[Number, Slots]:
    """s ← s + g²;  p ← p − lr/(1 + (t−1)·lr_decay) · g / (√s + eps)"""
    s = slots[0] + g * g
    decay = now.options["lr_decay"]
    rate = now.lr / (1 + (now.t - 1) * decay) if decay else now.lr
    return p - rate * g / (now.sqrt(s) + now.options["eps"]), (s,)


@_penalised
def _rmsprop(p: Number, g: Number, slots: Slots, now: Now) -> tuple[Number, Slots]:
    """s ← alpha·s + (1−alpha)·g²;  p ← p − lr·g / (√s + eps)"""
    alpha = now.options["alpha"]
    s = alpha * slots[0] + (1 - alpha) * (g * g)
    return p - now.lr * g / (now.sqrt(s) + now.options["eps"]), (s,)


def _adaptive(p: Number, g: Number, slots: Slots, now: Now) -> tuple[Number, Slots]:
    """m ← beta1·m + (1−beta1)·g;  v ← beta2·v + (1−beta2)·g²;
    p ← p − lr/(1−beta1ᵗ) · m / (√v/√(1−beta2ᵗ) + eps)"""
    beta1, beta2 = now.options["beta1"], now.options["beta2"]
    m = beta1 * slots[0] + (1 - beta1) * g
    v = beta2 * slots[1] + (1 - beta2) * (g * g)
    rate = now.lr / (1 - beta1**now.t)
    scale = now.sqrt(1 - beta2**now.t)
    return p - rate * m / (now.sqrt(v) / scale + now.options["eps"]), (m, v)


_adam = _penalised(_adaptive)


def _adamw(p: Number, g: Number, slots: Slots, now: Now) -> tuple[Number, Slots]:
    """p ← (1 − lr·weight_decay)·p, then the step of adam with the gradient of the loss alone"""
    return _adaptive((1 - now.lr * now.options["weight_decay"]) * p, g, slots, now)


_BETA = Option(0.9, spec.FRACTION)
_EPS = Option(1e-8, spec.POSITIVE)
_ADAM = {"beta1": _BETA, "beta2": Option(0.999, spec.FRACTION), "eps": _EPS}
_NO_DECAY = {"weight_decay": Option(0.0, spec.NOT_NEGATIVE)}

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(_NO_DECAY, (), _sgd),
    "momentum": Optimizer({"beta": _BETA, **_NO_DECAY}, ("velocity",), _momentum),
    "nesterov": Optimizer({"beta": _BETA, **_NO_DECAY}, ("velocity",), _nesterov),
    "adagrad": Optimizer(
        {
            "lr_decay": Option(0.0, spec.NOT_NEGATIVE),
            "eps": Option(1e-10, spec.POSITIVE),
            **_NO_DECAY,
        },
        ("squares",),
        _adagrad,
    ),
    "rmsprop": Optimizer(
        {"alpha": Option(0.99, spec.FRACTION), "eps": _EPS, **_NO_DECAY}, ("squares",), _rmsprop
    ),
    "adam": Optimizer({**_ADAM, **_NO_DECAY}, ("mean", "squares"), _adam),
    "adamw": Optimizer(
        {**_ADAM, "weight_decay": Option(0.01, spec.NOT_NEGATIVE)}, ("mean", "squares"), _adamw
    ),
}

SCIPY_METHODS = ("lbfgs", "newton", "lm")
"""Methods that SciPy runs (see scipy_methods); they take no options, rate or schedule."""


def parse_optimizer(text: str) -> Choice:
    """The optimizer or SciPy method that `text` spells, `NAME[:option=value,…]`."""
    tables: dict[str, Options] = {name: rule.options for name, rule in OPTIMIZERS.items()}
    tables.update({name: {} for name in SCIPY_METHODS})
    return spec.parse_choice("optimizer", text, tables)
