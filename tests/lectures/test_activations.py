"""Activation functions: values and slopes against closed forms at 40 digits."""

from __future__ import annotations

import pytest
from mpmath import diff, erf, exp, log, mp, mpf, sqrt, tanh

mp.dps = 40


def sigma(z):
    return 1 / (1 + exp(-z))


FUNCTIONS = {
    "sigma": sigma,
    "hyperbolic": tanh,
    "rectified": lambda z: max(z, mpf(0)),
    "leaky": lambda z: z if z > 0 else z / 100,
    "parametric": lambda z: z if z > 0 else z / 4,
    "exponential": lambda z: z if z > 0 else exp(z) - 1,
    "soft": lambda z: log(1 + exp(z)),
    "silu_z": lambda z: z * sigma(z),
    "swish_z": lambda z: z * sigma(mpf("1.5") * z),
    "gelu_z": lambda z: z * (1 + erf(z / sqrt(2))) / 2,
    "gelu_s": lambda z: z * sigma(mpf("1.702") * z),
    "fires": lambda z: mpf(z >= 0.5),
}
PLACES = {name: place for place, name in enumerate(FUNCTIONS)}


@pytest.mark.parametrize("z", ["-0.7", "1.3"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_value_and_slope(gradcli, exactly, name, z):
    summary = gradcli("grad", "activations", "--jacobian", f"z={z}").summary
    function, at = FUNCTIONS[name], mpf(z)
    exactly(summary["value"][PLACES[name]], function(at))
    exactly(summary["jacobian"]["z"][PLACES[name]], diff(function, at))


def test_the_parametric_slope_learns(gradcli, exactly):
    by_a = gradcli("grad", "activations", "--jacobian", "z=-0.7").summary["jacobian"]["a"]
    exactly(by_a, [-0.7 if name == "parametric" else 0 for name in FUNCTIONS])


def test_identities_of_the_slides(gradcli, exactly):
    answer = gradcli("grad", "activations", "--jacobian", "z=-0.7").summary
    h, slope = answer["value"][0], answer["jacobian"]["z"][0]
    exactly(slope, h * (1 - h))
    exactly(answer["value"][1], 2 * sigma(2 * mpf("-0.7")) - 1)


def test_gated_units(gradcli, exactly):
    answer = gradcli("eval", "gated_units", "beta=0.75")
    value = [mpf("0.25"), mpf("-0.55"), mpf("0.75")]
    gate = [mpf("0.6"), mpf("1"), mpf("-0.6")]
    exactly(answer.value("value"), value)
    exactly(answer.value("gate"), gate)
    exactly(
        answer.summary["value"],
        [
            [a * sigma(g) for a, g in zip(value, gate)],
            [a * g * sigma(mpf("0.75") * g) for a, g in zip(value, gate)],
        ],
    )
