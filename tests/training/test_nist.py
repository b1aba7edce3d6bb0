"""NIST's problems of nonlinear regression, as a user types them, from both of NIST's starts.

learn/nist.json holds the data and the certified values of the Statistical Reference Datasets
(https://www.itl.nist.gov/div898/strd/nls). Parameters agree to 6 digits and their standard
deviations to 5, where double precision can hold them.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

NIST = json.loads((Path(__file__).parents[1] / "learn" / "nist.json").read_text())

CUBICS = "(b1 + b2*x + b3*x^2 + b4*x^3)/(1 + b5*x + b6*x^2 + b7*x^3)"
BELLS = "b1*exp(-b2*x) + b3*exp(-(x - b4)^2/b5^2) + b6*exp(-(x - b7)^2/b8^2)"
EXPONENTIALS = "b1*exp(-b2*x) + b3*exp(-b4*x) + b5*exp(-b6*x)"
SATURATING = "b1*(1 - exp(-b2*x))"
CYCLES = (
    "b1 + b2*cos(2*pi*x/12) + b3*sin(2*pi*x/12) + b5*cos(2*pi*x/b4) + b6*sin(2*pi*x/b4)"
    " + b8*cos(2*pi*x/b7) + b9*sin(2*pi*x/b7)"
)

FORMULAS = {
    "Bennett5": "b1*(b2 + x)^(-1/b3)",
    "BoxBOD": SATURATING,
    "Chwirut1": "exp(-b1*x)/(b2 + b3*x)",
    "Chwirut2": "exp(-b1*x)/(b2 + b3*x)",
    "DanWood": "b1*x^b2",
    "ENSO": CYCLES,
    "Eckerle4": "b1/b2*exp(-0.5*((x - b3)/b2)^2)",
    "Gauss1": BELLS,
    "Gauss2": BELLS,
    "Gauss3": BELLS,
    "Hahn1": CUBICS,
    "Kirby2": "(b1 + b2*x + b3*x^2)/(1 + b4*x + b5*x^2)",
    "Lanczos1": EXPONENTIALS,
    "Lanczos2": EXPONENTIALS,
    "Lanczos3": EXPONENTIALS,
    "MGH09": "b1*(x^2 + x*b2)/(x^2 + x*b3 + b4)",
    "MGH10": "b1*exp(b2/(x + b3))",
    "MGH17": "b1 + b2*exp(-x*b4) + b3*exp(-x*b5)",
    "Misra1a": SATURATING,
    "Misra1b": "b1*(1 - (1 + b2*x/2)^-2)",
    "Misra1c": "b1*(1 - (1 + 2*b2*x)^-0.5)",
    "Misra1d": "b1*b2*x/(1 + b2*x)",
    "Nelson": "b1 - b2*x1*exp(-b3*x2)",
    "Rat42": "b1/(1 + exp(b2 - b3*x))",
    "Rat43": "b1/(1 + exp(b2 - b3*x))^(1/b4)",
    "Roszman1": "b1 - b2*x - atan(b3/(x - b4))/pi",
    "Thurber": CUBICS,
}


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", NIST)
def test_the_certified_values(descended, tmp_path, name, start):
    problem, formula = NIST[name], FORMULAS[name]
    x, y = np.array(problem["x"], float), np.array(problem["y"])
    columns = {"x1": x[0], "x2": x[1], "y": y} if x.ndim == 2 else {"x": x, "y": y}
    np.savez(tmp_path / "d.npz", **columns)
    values = [f"b{i}={value!r}" for i, value in enumerate(problem["starts"][start], 1)]
    observed = "log(y)" if name == "Nelson" else "y"
    report = descended(
        f"{formula} - {observed}", *values, data=[str(tmp_path / "d.npz")], optimizer="lm"
    )
    rows = {row["parameter"]: row for row in report.rows}
    names = [f"b{i}" for i in range(1, len(values) + 1)]
    assert report.summary["converged"] is True
    assert [rows[n]["final"] for n in names] == pytest.approx(problem["certified"], rel=1e-6)
    assert report.summary["residual_std"] == pytest.approx(
        math.sqrt(problem["rss"] / report.summary["dof"]), rel=1e-6 + rounding(problem)
    )
    errors = np.array([rows[n]["std_error"] for n in names])
    certified = np.array(problem["deviations"])
    assert errors == pytest.approx(certified, rel=1e-5 + rounding(problem))
    # the shape of the covariance owes nothing to the size of the residuals
    scale = errors[0] / certified[0]
    assert errors == pytest.approx(scale * certified, rel=1e-5)


def rounding(problem):
    """What 4 units in the last place of every y make of the norm of the residuals: nothing, but for
    Lanczos1, whose residuals of 8e-14 are some hundred such units; there it is 0.8 %."""
    return 4 * float(np.linalg.norm(np.spacing(problem["y"]))) / math.sqrt(problem["rss"])


def test_only_one_problem_is_as_small_as_rounding():
    assert [name for name, problem in NIST.items() if rounding(problem) > 1e-6] == ["Lanczos1"]
