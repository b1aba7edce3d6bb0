"""Covariances of small Jacobians and Hessians; NIST's are in test_scipy_methods."""

import math

import numpy as np
import pytest

from gradcli.learn import covariance


def test_a_product_is_one_direction_and_a_third_parameter_keeps_its_error():
    x = np.linspace(1, 2, 9)
    jacobian = np.stack([3 * x, 2 * x, x**2], axis=1)  # a·b·x + c·x² at a=2, b=3
    found = covariance.of_jacobian(jacobian)
    assert found.rank == 2
    assert abs(found.open @ [2, -3, 0]) == pytest.approx([math.hypot(2, 3)])
    assert np.isnan(np.diagonal(found.inverse)).tolist() == [True, True, False]
    alone = np.stack([x, x**2], axis=1)
    assert found.inverse[2, 2] == pytest.approx(np.linalg.inv(alone.T @ alone)[1, 1])


def test_units_do_not_decide_what_counts_as_zero():
    x = np.linspace(1, 2, 9)
    jacobian = np.stack([1e-150 * x, 1e150 * x**2], axis=1)
    found = covariance.of_jacobian(jacobian)
    scaled = covariance.of_jacobian(np.stack([x, x**2], axis=1))
    assert found.rank == 2
    assert found.inverse[0, 1] == pytest.approx(scaled.inverse[0, 1])


def test_of_a_hessian():
    hessian = np.array([[4.0, 1.0], [1.0, 3.0]])
    found = covariance.of_hessian(hessian)
    assert found.inverse == pytest.approx(np.linalg.inv(hessian))
    assert covariance.of_hessian(np.diag([1.0, -1.0])) is None
    flat = covariance.of_hessian(np.array([[1.0, 1.0], [1.0, 1.0]]))
    assert flat.rank == 1
    assert np.isnan(flat.inverse).all()


def test_correlation():
    found = covariance.correlation(np.array([[4.0, 3.0], [3.0, 9.0]]))
    assert found == pytest.approx(np.array([[1.0, 0.5], [0.5, 1.0]]))
