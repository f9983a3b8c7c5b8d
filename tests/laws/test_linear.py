"""Linear programs: the status, the certificate, and the silence of the solver."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepta.errors import InputError, LeptaError
from lepta.numerics.linear import Matrix, Program, Status, dual_bound, shortfalls, solve

INF = math.inf


def program(cost, matrix, row_low, row_high, low, high, integer=None):
    return Program(
        cost=np.array(cost, float),
        matrix=Matrix.dense(matrix),
        row_low=np.array(row_low, float),
        row_high=np.array(row_high, float),
        low=np.array(low, float),
        high=np.array(high, float),
        integer=None if integer is None else np.array(integer, bool),
    )


@pytest.mark.parametrize(
    ("case", "status"),
    [
        (program([1, 1], [[1, 1]], [3], [INF], [0, 0], [INF, INF]), Status.OPTIMAL),
        (program([1, 1], [[1, 1]], [3], [INF], [0, 0], [1, 1]), Status.INFEASIBLE),
        (program([1, 1], [[1, 1]], [3], [2], [0, 0], [INF, INF]), Status.INFEASIBLE),
        (program([1, 1], [[1, 1]], [0], [INF], [2, 0], [1, 1]), Status.INFEASIBLE),
        (program([-1, 1], [[1, 1]], [3], [INF], [0, 0], [INF, 1]), Status.UNBOUNDED),
        (program([], np.zeros((1, 0)), [1], [INF], [], []), Status.INFEASIBLE),
        (program([], np.zeros((1, 0)), [0], [INF], [], []), Status.OPTIMAL),
        (program([1], np.zeros((0, 1)), [], [], [2], [INF]), Status.OPTIMAL),
    ],
)
def test_every_program_ends_in_a_status(case, status):
    answer = solve(case)
    assert answer.status is status
    assert (answer.gap == 0) == (status is Status.OPTIMAL)


def test_nothing_is_written_to_standard_output(capfd):
    solve(program([1, 1], [[1, 1]], [3], [INF], [0, 0], [INF, INF], [True, False]))
    assert capfd.readouterr() == ("", "")


def knapsack(items=60):
    rng = np.random.default_rng(3)
    weight = rng.integers(100, 999, (5, items)).astype(float)
    return program(
        rng.integers(100, 999, items),
        weight,
        weight.sum(axis=1) / 2,
        [INF] * 5,
        [0] * items,
        [1] * items,
        [True] * items,
    )


def test_a_limit_of_time_leaves_an_answer_with_its_true_gap_or_none():
    answer = solve(knapsack(400), gap=0.0, time_limit_s=0.3)
    assert answer.status in (Status.FEASIBLE, Status.UNKNOWN)
    if answer.status is Status.FEASIBLE:
        assert answer.bound <= answer.objective
        assert answer.gap == pytest.approx(
            (answer.objective - answer.bound) / answer.objective, abs=1e-12
        )


def test_integers_are_whole_and_the_gap_is_kept():
    case = knapsack(30)
    answer = solve(case, gap=0.01)
    assert answer.status is Status.OPTIMAL
    assert np.array_equal(answer.x, np.rint(answer.x))
    assert answer.bound <= answer.objective and answer.gap <= 0.01
    assert (case.matrix @ answer.x >= case.row_low - 1e-6).all()


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(InputError, match=r"cost has shape \(3,\), but the matrix is 1 x 2"):
        program([1, 1, 1], [[1, 1]], [3], [INF], [0, 0], [INF, INF])
    with pytest.raises(InputError, match="has 1 dimensions"):
        Matrix.dense([1, 2])
    with pytest.raises(InputError, match="stands twice"):
        Matrix.triplets([0, 0], [1, 1], [1.0, 2.0], shape=(1, 2))
    with pytest.raises(InputError, match="outside the 1 x 2 matrix"):
        Matrix.triplets([1], [0], [1.0], shape=(1, 2))
    with pytest.raises(InputError, match="shapes"):
        Matrix.triplets([0, 0], [1], [1.0], shape=(1, 2))
    with pytest.raises(InputError, match=r"low\[1\] is NaN"):
        program([1, 1], [[1, 1]], [3], [INF], [0, math.nan], [INF, INF])
    with pytest.raises(InputError, match="not finite"):
        program([1, INF], [[1, 1]], [3], [INF], [0, 0], [INF, INF])


def test_the_methods_for_wide_programs_agree_with_the_default(monkeypatch):
    rng = np.random.default_rng(5)
    n = 6_000
    supply, price = rng.lognormal(0, 1, (3, n)), rng.lognormal(0, 0.3, n)
    need = supply.sum(axis=1) * 0.4
    for high in (np.ones(n), np.full(n, INF)):  # interior point; simplex without presolve
        case = program(price, supply, need, [INF] * 3, np.zeros(n), high)
        quick = solve(case)
        monkeypatch.setattr("lepta.numerics.linear._method", lambda _: {})
        plain = solve(case)
        monkeypatch.undo()
        assert quick.objective == pytest.approx(plain.objective, rel=1e-9)
        assert quick.gap < 1e-9


programs = st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(0, 2**32 - 1))


@given(programs, st.floats(0.2, 3.0), st.floats(-1e-7, 1e-7))
def test_any_duals_bound_the_optimum_from_below(shape, stretch, error):
    n, m, seed = shape
    rng = np.random.default_rng(seed)
    case = program(
        rng.integers(1, 6, n),
        rng.integers(0, 5, (m, n)) + np.eye(m, n),
        rng.integers(0, 9, m),
        [INF] * m,
        np.zeros(n),
        np.where(rng.random(n) < 0.5, INF, 50),
    )
    answer = solve(case)
    if answer.status is not Status.OPTIMAL:
        return
    for dual in (answer.row_dual * stretch, answer.row_dual + error, rng.normal(0, 1, m)):
        bound = dual_bound(case, dual, at_most=answer.objective)
        assert bound <= answer.objective + 1e-9 * max(1.0, answer.objective)
    assert answer.gap <= 1e-9


def test_a_small_error_of_the_dual_is_paid_for_not_hidden():
    # The reduced cost of x is -1e-8 and x has no upper bound: only its price limits it.
    case = program([1e-3], [[1e-3]], [1.0], [INF], [0], [INF])
    bound = dual_bound(case, np.array([1.0 + 1e-5]), at_most=1.0)
    assert bound <= 1.0
    assert bound == pytest.approx(1.0, rel=1e-4)


@given(programs)
def test_relaxing_by_the_shortfalls_is_enough(shape):
    n, m, seed = shape
    rng = np.random.default_rng(seed)
    low = rng.integers(0, 40, m).astype(float)
    scale = 10.0 ** rng.integers(-3, 9, m)  # units must not matter
    case = program(
        rng.integers(0, 6, n),
        rng.integers(0, 5, (m, n)) * scale[:, None],
        low * scale,
        [INF] * m,
        np.zeros(n),
        rng.integers(0, 4, n),
    )
    short = shortfalls(case)
    assert (solve(case).status is Status.INFEASIBLE) == bool(short)
    relaxed = case.row_low.copy()
    for row in short:
        assert row.amount > 0
        relaxed[row.row] -= row.amount * (1 + 1e-9)
    eased = program(
        case.cost,
        np.array([[case.matrix.transposed(e)[j] for j in range(n)] for e in np.eye(m)]),
        relaxed,
        case.row_high,
        case.low,
        case.high,
    )
    assert solve(eased).status is Status.OPTIMAL


def test_a_program_the_solver_refuses_is_one_message():
    broken = Matrix(1, 1, np.array([0, 1], np.int32), np.array([5], np.int32), np.array([1.0]))
    one = np.array([1.0])
    with pytest.raises(LeptaError, match="refused"):
        solve(Program(cost=one, matrix=broken, row_low=one, row_high=one, low=one, high=one))
