"""Non-negative least squares: as good as SciPy's, and optimal by its own conditions."""

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lepta.numerics.nnls import fit_relative, nnls

NUMBERS = st.floats(-10, 10, allow_subnormal=False).map(lambda x: round(x, 3))


@st.composite
def problems(draw) -> tuple[np.ndarray, np.ndarray]:
    m, n = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    return draw(arrays(float, (m, n), elements=NUMBERS)), draw(arrays(float, m, elements=NUMBERS))


@given(problems())
def test_as_small_a_residual_as_scipy_finds(problem) -> None:
    matrix, target = problem
    found = nnls(matrix, target)
    assert (found >= 0).all()
    _, theirs = scipy.optimize.nnls(matrix, target, maxiter=1000)
    assert np.linalg.norm(matrix @ found - target) <= theirs + 1e-6 * (1 + np.abs(target).max())


@given(problems())
def test_no_coefficient_could_grow_and_help(problem) -> None:
    matrix, target = problem
    found = nnls(matrix, target)
    gradient = matrix.T @ (target - matrix @ found)
    scale = 1 + float(np.abs(matrix).max() * (np.abs(target).max() + 1)) * 10
    assert gradient.max() <= 1e-6 * scale
    assert np.abs(gradient[found > 1e-9]).max(initial=0.0) <= 1e-6 * scale


@given(arrays(float, 3, elements=st.floats(0.01, 100)), st.integers(0, 1000))
def test_a_sum_of_known_terms_is_found_again(coefficients, seed) -> None:
    features = np.random.default_rng(seed).uniform(0.1, 10, (30, 3))
    found = fit_relative(features, features @ coefficients)
    assert np.allclose(features @ found, features @ coefficients, rtol=1e-6)


def test_one_absurd_row_does_not_rule_the_fit() -> None:
    x = np.arange(1.0, 21.0)
    features, seen = np.stack((np.ones(20), x), axis=1), 2 + 3 * x
    seen[7] *= 50
    off = np.abs(features @ fit_relative(features, seen) / (2 + 3 * x) - 1)
    assert off.max() < 0.05


def test_a_column_of_zeros_gets_nothing() -> None:
    features = np.stack((np.ones(5), np.zeros(5)), axis=1)
    assert fit_relative(features, np.full(5, 3.0)) == pytest.approx([3.0, 0.0])
