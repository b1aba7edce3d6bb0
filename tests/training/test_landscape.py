"""The loss around a descent, against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.question.question import ask
from gradcli.training import landscape as landscapes
from gradcli.training.landscape import Landscape, bounds, entries
from gradcli.training.task import prepare


@pytest.fixture
def landscape(tmp_path):
    path = tmp_path / "d.csv"

    def make(source, *values, text="", squares=False, **options):
        path.write_text(text)
        data = [str(path)] if text else []
        method = "lm" if squares else "sgd"
        holdout = options.pop("holdout", None)
        question = ask(source, values, data=data, descent=method, **options)
        return Landscape(prepare(question, (-5, 5), holdout=holdout), squares)

    return make


def test_a_surface_holds_the_losses_row_by_row(landscape):
    surface = landscape("rosenbrock").surface((-2, 2), (-1, 3))
    x, y = np.meshgrid(surface.x, surface.y)
    assert surface.z == pytest.approx((1 - x) ** 2 + 100 * (y - x**2) ** 2, rel=1e-12)
    assert (surface.x[0], surface.x[-1], surface.y[0], surface.y[-1]) == (-2, 2, -1, 3)
    assert surface.logarithmic


def test_a_vector_of_two_entries(landscape):
    found = landscape("param w = [1, 2]; sum(w*[3, 5])^2")
    assert found.names == ["w[0]", "w[1]"]
    points = np.array([[1, 0], [0, 1], [2, -1]])
    assert found.losses(points).tolist() == [9, 25, 1]


def test_a_loss_of_data(landscape):
    text = "x,y\n0,1\n1,3\n2,4\n"
    found = landscape("param w = 0; param b = 0; mean((w*x + b - y)^2)", text=text)
    points = np.array([[0, 0], [1.5, 1], [2, 1]])
    expected = [26 / 3, (0 + 0.25 + 0) / 3, (0 + 0 + 1) / 3]
    assert found.losses(points) == pytest.approx(expected)


def test_held_out_rows_are_not_in_it(landscape):
    text = "y\n" + "".join(f"{10**k}\n" for k in range(5))
    found = landscape("param w = 0; sum(y) + 0*w", text=text, holdout=0.4)
    # a 1 for each of three rows
    assert str(int(found.losses(np.zeros((1, 1)))[0])).count("1") == 3


def test_residuals_are_squared_and_summed(landscape):
    found = landscape("param a = 0; r = [a - 1, 2*a]", squares=True)
    x = np.array([[0.0], [1.0], [-2.0]])
    assert found.losses(x) == pytest.approx([1, 4, 25])
    assert found.slopes(x) == pytest.approx([-2, 8, -22])


def test_slopes_of_a_curve(landscape):
    found = landscape("sinc", "x=3")
    x, y = found.curve(0.5, 9.0)
    assert y == pytest.approx(3 - np.sin(2 * x) / x, rel=1e-12)
    slopes = (np.sin(2 * x) - 2 * x * np.cos(2 * x)) / x**2
    assert found.slopes(x[:, None]) == pytest.approx(slopes, rel=1e-9, abs=1e-12)


def test_what_is_not_finite_stays_so(landscape):
    assert np.isnan(landscape("log(x)", "x=1").losses(np.array([[-1.0]])))[0]


def test_much_data_makes_a_coarse_surface_or_none(landscape, monkeypatch):
    found = landscape("a^2 + b^2", "a=1", "b=1")
    monkeypatch.setattr(landscapes, "WORK", 20_000)
    assert 24 <= len(found.surface((0, 1), (0, 1)).x) < 80
    monkeypatch.setattr(landscapes, "WORK", 100)
    assert found.surface((0, 1), (0, 1)) is None


@pytest.mark.parametrize("values", [[1, 2, 3], [5.0], [0, 0], [1e300, -1e300], [3, 3 + 1e-15]])
def test_bounds_hold_every_value_inside(values):
    low, high = bounds(values)
    assert low < min(values) <= max(values) < high
    assert np.isfinite([low, high]).all()


def test_entries_have_names():
    params = {"a": 1.0, "w": np.array([2.0, 3.0]), "M": np.array([[4.0], [5.0]])}
    assert entries(params) == {"a": 1, "w[0]": 2, "w[1]": 3, "M[0, 0]": 4, "M[1, 0]": 5}
