"""Each first-order optimizer against PyTorch, on floats, arrays and handles of a graph."""

import math

import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.learn.optimizers import OPTIMIZERS, SCIPY_METHODS, Now, parse_optimizer

SPECS = [
    "sgd", "sgd:weight_decay=0.1", "momentum", "momentum:beta=0.5,weight_decay=0.1", "nesterov",
    "nesterov:beta=0.3,weight_decay=0.2", "adagrad", "adagrad:lr_decay=0.1,eps=1e-3", "rmsprop",
    "rmsprop:alpha=0.9,eps=1e-2,weight_decay=0.1", "adam",
    "adam:beta1=0.8,beta2=0.9,eps=1e-3,weight_decay=0.1", "adamw", "adamw:weight_decay=0.3",
]  # fmt: skip


def test_every_rule_is_compared_with_torch(torch_reference):
    assert {spec.partition(":")[0] for spec in SPECS} == set(OPTIMIZERS)
    assert {run["optimizer"] for run in torch_reference["trajectories"]} == set(SPECS)


@pytest.mark.parametrize("spec", SPECS)
def test_fifty_steps_are_those_of_torch(spec, torch_reference, mixed, descend):
    for run in torch_reference["trajectories"]:
        if run["optimizer"] != spec:
            continue
        records, _ = descend(
            mixed, mixed.start, optimizer=spec, lr=run["lr"], steps=50, tolerance=0.0, every=1
        )
        for step, point in run["points"].items():
            params = records[int(step)].params
            found = [params["x"], *params["W"].ravel().tolist()]
            assert found == pytest.approx(point, rel=1e-12, abs=1e-14)


def test_first_steps_by_hand():
    """From p = 1 with g = 2 and a rate of 0.1, by arithmetic that a reader can follow."""
    expected = {
        "sgd": 1 - 0.1 * 2,
        "momentum": 1 - 0.1 * 2,
        "nesterov": 1 - 0.1 * (2 + 0.9 * 2),
        "adagrad": 1 - 0.1 * 2 / 2,
        "rmsprop": 1 - 0.1 * 2 / math.sqrt(0.01 * 4),
        "adam": 1 - 0.1,
        "adamw": 1 * (1 - 0.1 * 0.01) - 0.1,
    }
    for name, rule in OPTIMIZERS.items():
        options = parse_optimizer(name).options(rule.options)
        slots = (0.0,) * len(rule.slots)
        p, slots = rule.update(1.0, 2.0, slots, Now(0.1, 1.0, options, math.sqrt))
        assert p == pytest.approx(expected[name], rel=1e-7, abs=1e-6)
        assert isinstance(p, float)
        assert len(slots) == len(rule.slots)


class Handle:
    """Writes down what is done with it, as a compiler's handle would."""

    def __init__(self, text):
        self.text = text

    def _with(self, other, symbol, swapped=False):
        pair = [self.text, other.text if isinstance(other, Handle) else repr(other)]
        return Handle(f"({symbol.join(pair[::-1] if swapped else pair)})")

    def __add__(self, other):
        return self._with(other, "+")

    def __radd__(self, other):
        return self._with(other, "+", True)

    def __sub__(self, other):
        return self._with(other, "-")

    def __rsub__(self, other):
        return self._with(other, "-", True)

    def __mul__(self, other):
        return self._with(other, "*")

    def __rmul__(self, other):
        return self._with(other, "*", True)

    def __truediv__(self, other):
        return self._with(other, "/")

    def __rtruediv__(self, other):
        return self._with(other, "/", True)

    def __rpow__(self, other):
        return self._with(other, "**", True)


@pytest.mark.parametrize("spec", SPECS)
def test_an_update_traced_through_handles_is_the_update(spec):
    choice = parse_optimizer(spec)
    rule = OPTIMIZERS[choice.name]
    options = choice.options(rule.options)
    values = {"p": 0.3, "g": -1.7, "lr": 0.05, "t": 4.0, "s0": 0.2, "s1": 0.6}
    names = ["s0", "s1"][: len(rule.slots)]
    now = Now(Handle("lr"), Handle("t"), options, lambda v: Handle(f"sqrt({v.text})"))
    traced, slots = rule.update(Handle("p"), Handle("g"), tuple(map(Handle, names)), now)
    now = Now(values["lr"], values["t"], options, math.sqrt)
    plain, held = rule.update(values["p"], values["g"], tuple(values[n] for n in names), now)
    scope = {**values, "sqrt": math.sqrt}
    assert eval(traced.text, scope) == plain
    assert [eval(slot.text, scope) for slot in slots] == list(held)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_arrays_move_as_their_entries_do(name):
    rule = OPTIMIZERS[name]
    options = parse_optimizer(name).options(rule.options)
    p, g = np.array([0.5, -2.0, 0.0]), np.array([3.0, 1e-9, 0.0])
    slots = tuple(np.array([0.1, 0.2, 0.0]) for _ in rule.slots)
    moved, held = rule.update(p, g, slots, Now(0.1, 3.0, options, np.sqrt))
    for i in range(3):
        entry_slots = tuple(float(slot[i]) for slot in slots)
        entry, kept = rule.update(
            float(p[i]), float(g[i]), entry_slots, Now(0.1, 3.0, options, math.sqrt)
        )
        assert entry == moved[i]
        assert list(kept) == [slot[i] for slot in held]


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("g", [0.0, 1e-320, 1e200, -1e308, math.inf, math.nan])
def test_no_gradient_raises(name, g):
    rule = OPTIMIZERS[name]
    options = parse_optimizer(name).options(rule.options)
    p, slots = 1.0, (0.0,) * len(rule.slots)
    for t in (1.0, 2.0, 1e9):
        p, slots = rule.update(p, g, slots, Now(0.1, t, options, math.sqrt))
    assert isinstance(p, float)
    if g == 0 and name != "adamw":
        assert p == 1


def test_betas_of_zero_divide_by_nothing():
    choice = parse_optimizer("adam:beta1=0,beta2=0")
    rule = OPTIMIZERS["adam"]
    now = Now(0.1, 1.0, choice.options(rule.options), math.sqrt)
    assert rule.update(1.0, 4.0, (0.0, 0.0), now)[0] == pytest.approx(0.9, rel=1e-8)


def test_defaults_are_pytorchs():
    defaults = {
        name: parse_optimizer(name).options(rule.options) for name, rule in OPTIMIZERS.items()
    }
    assert defaults == {
        "sgd": {"weight_decay": 0},
        "momentum": {"beta": 0.9, "weight_decay": 0},
        "nesterov": {"beta": 0.9, "weight_decay": 0},
        "adagrad": {"lr_decay": 0, "eps": 1e-10, "weight_decay": 0},
        "rmsprop": {"alpha": 0.99, "eps": 1e-8, "weight_decay": 0},
        "adam": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0},
        "adamw": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01},
    }


def test_a_choice_prints_as_it_is_written():
    assert str(parse_optimizer(" adam : beta1 = 0.8 , eps=1e-6 ")) == "adam:beta1=0.8,eps=1e-06"
    assert str(parse_optimizer("lbfgs")) == "lbfgs"
    assert [parse_optimizer(name).name for name in SCIPY_METHODS] == ["lbfgs", "newton", "lm"]


ALL = "sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, lbfgs, newton, lm"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("adma", "there is no optimizer 'adma'\nhint: did you mean 'adam'?"),
        ("zzz", f"there is no optimizer 'zzz'\nhint: the optimizers are {ALL}"),
        ("", f"the optimizer has no name\nhint: the optimizers are {ALL}"),
        (":beta=1", f"the optimizer has no name\nhint: the optimizers are {ALL}"),
        ("adam:beta=0.9", "optimizer adam has no option 'beta'\nhint: did you mean 'beta1'?"),
        (
            "adam:q=0.9",
            "optimizer adam has no option 'q'\n"
            "hint: its options are beta1, beta2, eps, weight_decay",
        ),
        (
            "adam:beta1",
            "optimizer adam: 'beta1' is no option\n"
            "hint: write option=value; its options are beta1, beta2, eps, weight_decay",
        ),
        (
            "adam:",
            "optimizer adam: '' is no option\n"
            "hint: write option=value; its options are beta1, beta2, eps, weight_decay",
        ),
        ("adam:beta1=1", "optimizer adam: beta1 must be at least 0 and less than 1, not 1"),
        (
            "momentum:beta=-0.1",
            "optimizer momentum: beta must be at least 0 and less than 1, not -0.1",
        ),
        ("adam:eps=0", "optimizer adam: eps must be more than 0, not 0"),
        ("adamw:weight_decay=-1", "optimizer adamw: weight_decay must be at least 0, not -1"),
        ("adam:beta1=x", "optimizer adam: beta1 must be a number, not 'x'"),
        ("adam:beta1=", "optimizer adam: beta1 must be a number, not ''"),
        ("adam:beta1=nan", "optimizer adam: beta1 must be a number, not 'nan'"),
        ("adam:eps=inf", "optimizer adam: eps must be a number, not 'inf'"),
        ("adam:eps=٣", "optimizer adam: eps must be a number, not '٣'"),
        (
            "adam:beta1=0.5,beta1=0.6",
            "optimizer adam: beta1 is given twice\nhint: leave one of them out",
        ),
        ("lbfgs:m=5", "optimizer lbfgs has no option 'm'"),
        ("lm:", "optimizer lm: '' is no option"),
    ],
)
def test_messages(text, message):
    with pytest.raises(UsageError) as caught:
        parse_optimizer(text)
    assert str(caught.value) == message
