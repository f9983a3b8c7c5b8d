"""A lower bound of a linear program from its row duals alone: the certificate of optimality."""

from typing import Any

import numpy as np
import numpy.typing as npt

from lepta.numerics.program import Array, Index, Program

__all__ = ["dual_bound"]


def dual_bound(program: Program, dual: Array, *, at_most: float = np.inf) -> float:
    """Bound a linear program from below by row duals alone, without the solver (weak duality).

    Every x that is feasible has

        cost @ x = dual @ (matrix @ x) + reduced @ x,    reduced = cost - matrix.T @ dual

    and each term on the right is at least its worst over its own bounds. The bound holds for any
    `dual`, so also for one with small errors: a dual that points at an infinite side is set to 0,
    and a reduced cost that points at an infinite bound of x is worth what the rows, or the price
    of x, still allow of it (`_reach`): no x that costs at most `at_most`, the cost of an answer in
    hand, lies beyond. Only where nothing bounds x at all, an error below 1e-9 of the largest cost
    counts as none, and a larger one makes the bound -inf.
    """
    dual = np.where(np.isinf(np.where(dual > 0, program.row_low, program.row_high)), 0.0, dual)
    reduced = program.cost - program.matrix.transposed(dual)
    rows = np.where(dual > 0, program.row_low, program.row_high)
    side = np.where(reduced > 0, program.low, program.high)
    open_ended = np.isinf(side) & (reduced != 0)
    if open_ended.any():
        low, high = _reach(program, at_most)
        side = np.where(open_ended, np.where(reduced > 0, low, high), side)
        tiny = 1e-9 * max(1.0, float(np.abs(program.cost).max(initial=0.0)))
        still = np.isinf(side) & (reduced != 0)
        if np.any(still & (np.abs(reduced) > tiny)):
            return -np.inf
    return _dot(dual, rows) + _dot(reduced, side)


def _dot(price: Array, amount: Array) -> float:
    """Sum price * amount, where infinite amounts are at price 0 (or at one that counts as 0)."""
    finite = np.isfinite(amount)
    return float(np.sum(np.where(finite, price, 0.0) * np.where(finite, amount, 0.0)))


def _reach(program: Program, at_most: float) -> tuple[Array, Array]:
    """Bound x by one look at each row, and by the cost of an answer in hand."""
    matrix, low, high = program.matrix, program.low.copy(), program.high.copy()
    column = np.repeat(np.arange(matrix.columns), np.diff(matrix.start))

    def tighten(row: Index, col: npt.NDArray[Any], a: Array, limit: Array) -> None:
        """Use sum_j a_j x_j <= limit per row, with all other x_j at their cheapest."""
        row, col, a = row[a != 0], col[a != 0], a[a != 0]
        least = a * np.where(a > 0, program.low[col], program.high[col])
        unknown = np.bincount(row, np.isinf(least), minlength=len(limit))
        total = np.bincount(row, np.where(np.isinf(least), 0.0, least), minlength=len(limit))
        own = np.isinf(least)
        usable = np.isfinite(limit[row]) & (unknown[row] - own == 0)
        rest = total[row] - np.where(own, 0.0, least)
        with np.errstate(invalid="ignore", over="ignore"):
            edge = (limit[row] - rest) / a
        np.minimum.at(high, col[usable & (a > 0)], edge[usable & (a > 0)])
        np.maximum.at(low, col[usable & (a < 0)], edge[usable & (a < 0)])

    tighten(matrix.index, column, matrix.value, program.row_high)
    tighten(matrix.index, column, -matrix.value, -program.row_low)
    one = np.zeros(matrix.columns, dtype=np.int32)
    tighten(one, np.arange(matrix.columns), program.cost, np.array([at_most]))
    return low, high
