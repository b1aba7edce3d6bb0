"""Random starts, basins, and the verdicts of a sweep."""

import math

import numpy as np
import pytest

from gradcli.learn.trials import basins, judge, lowest, random_start


def sweep(descend, problem, start, rates, **options):
    return [descend(problem, start, lr=lr, **options)[1].outcome for lr in rates]


def test_a_sweep_of_the_lecture(power, descend):
    """One rate crawls, one works, one diverges."""
    outcomes = sweep(descend, power(), {"x": 1.0}, [0.001, 0.1, 1.5], steps=100)
    assert judge(outcomes, 1e-6) == ["crawls", "converged", "diverged"]
    assert lowest(outcomes) == 1
    outcomes = sweep(descend, power(), {"x": 1.0}, [0.001, 0.1, 1.5], steps=60, tolerance=1e-9)
    assert judge(outcomes, 1e-9) == ["crawls", "not converged", "diverged"]
    outcomes = sweep(descend, power(), {"x": 1.0}, [0.001, 0.1, 1.5], steps=60, tolerance=0.0)
    assert judge(outcomes, 0.0) == ["crawls", "works", "diverged"]


def test_verdicts_where_all_diverge_or_one_is_interrupted(power, descend):
    outcomes = sweep(descend, power(), {"x": 1.0}, [1.5, 3.0])
    assert judge(outcomes, 1e-6) == ["diverged", "diverged"]
    given = {"stop": lambda: True}
    outcomes = sweep(descend, power(), {"x": 1.0}, [0.1, 0.2], given=given)
    assert judge(outcomes, 1e-6) == ["interrupted", "interrupted"]


def test_a_lower_loss_on_the_way_to_divergence_does_not_count(power, descend):
    """x³ - x² … without a floor: diverging downwards is not the best rate."""
    fall = sweep(descend, power(3), {"x": -1.0}, [1.0])
    kept = sweep(descend, power(), {"x": 1.0}, [0.1])
    assert fall[0].ending == "diverged"
    assert fall[0].loss < kept[0].loss
    assert lowest([*fall, *kept]) == 1


class TwoWells:
    """(x² - 1)² + x/10: minima near -1.012 and 0.987, the left one lower; y² is along."""

    def value(self, params):
        return self.value_and_gradient(params)[0]

    def value_and_gradient(self, params, rows=None, draw=0):
        x, y = params["x"], params["y"]
        well = x * x - 1
        return well * well + x / 10 + float((y * y).sum()), {"x": 4 * x * well + 0.1, "y": 2 * y}


def test_basins_of_restarts(descend):
    starts = [random_start({"x": (), "y": (2,)}, -2, 2, 0, draw) for draw in range(20)]
    outcomes = [descend(TwoWells(), start, lr=0.05)[1].outcome for start in starts]
    found = basins(outcomes)
    assert len(found) == 2
    assert found[0].loss < found[1].loss
    roots = np.roots([4, 0, -4, 0.1]).real
    assert found[0].params["x"] == pytest.approx(min(roots), abs=1e-6)
    assert found[1].params["x"] == pytest.approx(max(roots), abs=1e-6)
    assert sorted(found[0].runs + found[1].runs) == list(range(20))
    assert all(outcomes[run].params["x"] < 0 for run in found[0].runs)
    assert outcomes[found[0].runs[0]].loss == min(o.loss for o in outcomes)


def test_divergent_restarts_are_in_no_basin(power, descend):
    outcomes = sweep(descend, power(), {"x": 1.0}, [0.1, 1.5, 0.2])
    assert [b.runs for b in basins(outcomes)] in ([(0, 2)], [(2, 0)])


def test_random_starts_are_uniform_and_seeded():
    shapes = {"a": (), "W": (2, 3), "b": ()}
    first = random_start(shapes, -5, 5, seed=1)
    again = random_start(shapes, -5, 5, seed=1)
    assert first["a"] == again["a"]
    assert np.array_equal(first["W"], again["W"])
    assert isinstance(first["a"], float)
    assert first["W"].shape == (2, 3)
    values = set()
    for seed, draw in ((1, 0), (1, 1), (2, 0), (2, 1)):
        start = random_start(shapes, -5, 5, seed, draw)
        values |= {start["a"], start["b"], *start["W"].ravel().tolist()}
    assert len(values) == 4 * 8
    drawn = [random_start({"x": ()}, 2, 4, 0, draw)["x"] for draw in range(2000)]
    assert min(drawn) >= 2
    assert max(drawn) <= 4
    # the mean of 2000 uniform numbers has a standard deviation of 0.013
    assert math.isclose(sum(drawn) / 2000, 3, abs_tol=0.06)
