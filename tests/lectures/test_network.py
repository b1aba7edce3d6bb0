"""The 2-2-1 network to its last update: the slide's numbers, and the exact ones."""

from __future__ import annotations

import pytest
from mpmath import diff, exp, floor, mp, mpf

mp.dps = 40

EXACT = {
    "z1": 0.47,
    "z2": 0.33,
    "h1": 0.6153837563911821,
    "h2": 0.5817593768418363,
    "o": 0.6457141374562685,
    "C": 0.1255184723983558,
}
NEW = {
    "new_w5": 0.5599752540315142,
    "new_w6": 0.4594302092132632,
    "new_w1": 0.7010550773020272,
    "new_w2": 0.3008874217300201,
    "new_w3": 0.4006330463812164,
    "new_w4": 0.6005324530380121,
    "new_z1": 0.4707174525653785,
    "new_z2": 0.3306034467764136,
    "new_o": 0.6484060230545503,
    "new_C": 0.1236183246243174,
}
SLIDE = {"z1": "0.47", "z2": "0.33", "h1": "0.615", "h2": "0.582", "C": "0.126"}
NEW_SLIDE = {
    "new_w5": "0.56",
    "new_w2": "0.3009",
    "new_w4": "0.6005",
    "new_z2": "0.3306",
    "new_o": "0.6484",
}


def cost(*w):
    """The network written again, for derivatives by numbers at 40 digits."""

    def sigma(z):
        return 1 / (1 + exp(-z))

    x1, x2 = mpf("0.5"), mpf("0.3")
    h1, h2 = sigma(x1 * w[0] + x2 * w[2]), sigma(x1 * w[1] + x2 * w[3])
    return (1 - sigma(h1 * w[4] + h2 * w[5])) ** 2


START = tuple(map(mpf, ("0.7", "0.3", "0.4", "0.6", "0.55", "0.45")))


@pytest.mark.parametrize("node", EXACT)
def test_forward(gradcli, exactly, slide, node):
    value = gradcli("grad", "network_2_2_1").value(node)
    exactly(value, EXACT[node])
    if node in SLIDE:
        slide(value, SLIDE[node])


def test_backward(gradcli, exactly, slide):
    answer = gradcli("grad", "network_2_2_1")
    exactly(answer.grad("o"), -0.708571725087463)
    slide(answer.grad("o"), "-0.71")
    exactly(answer.grad("z3") / answer.grad("o"), 0.2287673901453757)
    slide(answer.grad("z3") / answer.grad("o"), "0.229")
    exactly(answer.grad("w5"), -0.09975254031514091)
    slide(answer.grad("w5"), "-0.1")
    exactly(answer.grad("w6"), -0.09430209213263217)


@pytest.mark.parametrize("k", range(6))
def test_every_gradient_against_numbers(gradcli, exactly, k):
    order = tuple(int(i == k) for i in range(6))
    exactly(gradcli("grad", "network_2_2_1").grad(f"w{k + 1}"), diff(cost, START, order))


@pytest.mark.parametrize("node", NEW)
def test_update_and_second_pass(gradcli, exactly, slide, node):
    value = gradcli("eval", "network_2_2_1_update").value(node)
    exactly(value, NEW[node])
    if node in NEW_SLIDE:
        slide(value, NEW_SLIDE[node])


def test_update_is_the_gradient_step(gradcli, exactly):
    new = gradcli("eval", "network_2_2_1_update")
    old = gradcli("grad", "network_2_2_1")
    for name in ("w1", "w2", "w3", "w4", "w5", "w6"):
        exactly(new.value(f"new_{name}"), old.value(name) - 0.1 * old.grad(name))
    slide_bound = 0.126
    assert new.value("new_C") < slide_bound


def test_the_slides_exceptions(gradcli, slide):
    old, new = gradcli("grad", "network_2_2_1"), gradcli("eval", "network_2_2_1_update")
    # cut, not rounded
    assert float(floor(mpf(old.value("o")) * 1000) / 1000) == 0.645
    assert float(floor(mpf(new.value("new_w1")) * 1000) / 1000) == 0.701
    # made from rounded factors
    rounded = -0.71 * 0.229 * 0.582
    slide(rounded, "-0.095")
    slide(0.45 - 0.1 * round(rounded, 3), "0.4595")
    # x1 in the place of x2, which the new z1 inherits
    wrong = 0.4 - 0.1 * old.grad("w1")
    slide(wrong, "0.4011")
    slide(new.value("new_w3"), "0.4006")
    slide(0.5 * 0.7010 + 0.3 * wrong, "0.4708")
    slide(new.value("new_z1"), "0.4707")
