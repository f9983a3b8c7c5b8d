"""The optimal face of a covering program: how far its prices hold, and what one more unit costs.

    minimise    cost @ x
    subject to  matrix @ x >= need,   0 <= x <= high          (matrix >= 0, few rows)

Given one optimal x and one optimal dual y, every optimal x is feasible and complementary to y
(Schrijver 1986, section 7.9): columns with a reduced cost stay at their bound, rows with a price
stay tight. What is left free is small, so questions about all optima are cheap and exact, also
where the optimum or its dual is not unique and the ranging of a simplex basis misleads.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.numerics.linear import Matrix, Program, Status, solve
from lepta.numerics.program import Array, Mask

__all__ = ["Covering", "Face", "next_unit", "optimal_face", "polish", "reach"]

TIE = 1e-9
"""Relative size below which a reduced cost, a slack or a price counts as zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covering:
    """The program above; `matrix` is full, (rows, columns). `high` may be infinite."""

    cost: Array
    matrix: Array
    need: Array
    high: Array

    def program(self) -> Program:
        """Return it in the general form."""
        rows, columns = self.matrix.shape
        return Program(
            cost=self.cost,
            matrix=Matrix.dense(self.matrix),
            row_low=self.need,
            row_high=np.full(rows, np.inf),
            low=np.zeros(columns),
            high=self.high,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """All optimal answers: x[free] anywhere in bounds, the rest as it is, `tight` rows equal."""

    covering: Covering
    x: Array
    free: npt.NDArray[np.intp]
    tight: Mask

    @property
    def block(self) -> Array:
        """Return the matrix of the free columns."""
        return self.covering.matrix[:, self.free]

    @property
    def fixed(self) -> Array:
        """Return what the columns that are not free give to each row."""
        x = self.x.copy()
        x[self.free] = 0.0
        used = np.flatnonzero(x)
        return np.asarray(self.covering.matrix[:, used] @ x[used])

    def move(self, row: int) -> Array | None:
        """Return how x[free] moves per unit of need of `row`, where only one way exists."""
        block = self.block[self.tight]
        if block.shape[0] != block.shape[1] or not self.tight[row]:
            return None
        unit = (np.flatnonzero(self.tight) == row).astype(float)
        return _solve_square(block, unit)


def _small(covering: Covering, x: Array) -> Array:
    """Return how near to a bound counts as at it."""
    largest = max(float(x.max(initial=0.0)), 1e-300)
    return TIE * np.where(np.isfinite(covering.high), covering.high, largest)


def _solve_square(block: Array, right: Array) -> Array | None:
    """Solve block @ x = right, or return None where the block is (nearly) singular."""
    if block.size == 0:
        return np.zeros(0)
    size = np.abs(block).max(axis=1, keepdims=True)
    if not (size > 0).all() or np.linalg.cond(block / size) > 1e10:
        return None
    return np.asarray(np.linalg.solve(block / size, right / size[:, 0]))


def polish(covering: Covering, x: Array, y: Array) -> tuple[Array, Array]:
    """Recompute a vertex and its prices from its own equations, to the last digits.

    A solver stops within tolerances. The columns between their bounds and the rows with a price
    are a square system at a vertex that is not degenerate; anywhere else x and y come back as
    they were, with prices below the tolerance set to zero.
    """
    matrix, high = covering.matrix, covering.high
    y = np.where(y > TIE * max(float(y.max(initial=0.0)), 0.0), y, 0.0)
    small = _small(covering, x)
    inside = np.flatnonzero((x > small) & (x < high - small))
    rows = np.flatnonzero(y)
    if len(inside) != len(rows) or not len(rows):
        return x, y
    block = matrix[np.ix_(rows, inside)]
    at_bound = np.where(x > small, high, 0.0)
    at_bound[inside] = 0.0
    used = np.flatnonzero(at_bound)
    given = matrix[:, used] @ at_bound[used]
    exact = _solve_square(block, (covering.need - given)[rows])
    price = _solve_square(block.T, covering.cost[inside])
    if exact is None or price is None:
        return x, y
    sharp_x = at_bound
    sharp_x[inside] = exact
    sharp_y = np.zeros_like(y)
    sharp_y[rows] = price
    holds = (
        (exact >= 0).all()
        and (exact <= high[inside]).all()
        and (price >= 0).all()
        and (given + matrix[:, inside] @ exact >= covering.need * (1 - 1e-12)).all()
    )
    return (sharp_x, sharp_y) if holds else (x, y)


def optimal_face(covering: Covering, x: Array, y: Array) -> Face:
    """Return all optimal answers, from one answer and one optimal dual."""
    worth = covering.matrix.T @ y
    tie = TIE * np.maximum(covering.cost, worth)
    small = _small(covering, x)
    inside = (x > small) & (x < covering.high - small)
    useful = covering.matrix.any(axis=0)
    free = (np.abs(covering.cost - worth) <= tie) & useful & (covering.high > 0)
    return Face(covering=covering, x=x, free=np.flatnonzero(free | inside), tight=y > 0)


def reach(face: Face, row: int) -> tuple[float, float]:
    """Return from which to which need of `row` the dual of this face stays optimal."""
    covering = face.covering
    need, now = covering.need[row], float(covering.matrix[row] @ face.x)
    move = face.move(row)
    if move is None and not face.tight[row] and _single(face):
        return 0.0, max(now, need)
    if move is None:
        return _reach_alone(face, row) or _reach_by_program(face, row)
    values, upper = face.x[face.free], covering.high[face.free]
    slack = covering.matrix @ face.x - covering.need
    loose = ~face.tight
    drift = face.block[loose] @ move
    up, down = np.inf, -np.inf
    for value, speed in (
        *zip(values, move, strict=True),
        *zip(np.maximum(slack[loose], 0.0), drift, strict=True),
    ):
        if speed < -1e-12:
            up = min(up, value / -speed)
        elif speed > 1e-12:
            down = max(down, -value / speed)
    for room, speed in zip(upper - values, move, strict=True):
        if np.isfinite(room) and speed > 1e-12:
            up = min(up, room / speed)
        elif np.isfinite(room) and speed < -1e-12:
            down = max(down, room / speed)
    return max(float(need + down), 0.0), float(need + up)


def _single(face: Face) -> bool:
    """Tell whether the face is a single point."""
    block = face.block[face.tight]
    return block.shape[0] == block.shape[1] and _solve_square(block, block.sum(axis=1)) is not None


def _reach_alone(face: Face, row: int) -> tuple[float, float] | None:
    """Return the reach of the only tight row, where what is not free meets the others."""
    fixed, others = face.fixed, np.arange(len(face.tight)) != row
    if not face.tight[row] or face.tight[others].any():
        return None
    if (fixed < face.covering.need)[others].any():
        return None
    block = face.block[row]
    gives = block > 0
    most = float(block[gives] @ face.covering.high[face.free][gives])
    return float(fixed[row]), float(fixed[row]) + most


def _reach_by_program(face: Face, row: int) -> tuple[float, float]:
    """Find the least and the largest need of `row` for which an answer on the face exists."""
    rows, size = len(face.tight), len(face.free)
    target = np.zeros((rows, 1))
    target[row] = -1.0
    right = face.covering.need - face.fixed
    right[row] = -face.fixed[row]
    high = face.covering.high[face.free]
    ends = []
    for sign in (1.0, -1.0):
        answer = solve(
            Program(
                cost=np.concatenate((np.zeros(size), [sign])),
                matrix=Matrix.dense(np.hstack((face.block, target))),
                row_low=right,
                row_high=np.where(face.tight, right, np.inf),
                low=np.zeros(size + 1),
                high=np.concatenate((high, [np.inf])),
            )
        )
        if answer.status is Status.UNBOUNDED:
            ends.append(np.inf)
        elif answer.status is Status.OPTIMAL:
            ends.append(float(answer.x[-1]))
        else:  # the answer in hand meets its rows only to the last digits
            ends.append(float(face.covering.need[row]))
    return ends[0], ends[1]


def next_unit(face: Face, row: int) -> Array | None:
    """Return the optimal dual whose price of `row` is what one more unit of its need costs.

    Where the answer is degenerate many duals are optimal. The cost of one more unit is the largest
    price of `row` among them: the best feasible direction from the answer (Danskin). None: there
    is no such direction, not one unit more can be had.
    """
    covering = face.covering
    small = _small(covering, face.x)
    at_low, at_high = face.x <= small, face.x >= covering.high - small
    tight = covering.matrix @ face.x <= covering.need * (1 + TIE)
    wanted = np.where(np.arange(len(tight)) == row, 1.0, 0.0)
    answer = solve(
        Program(
            cost=covering.cost,
            matrix=Matrix.dense(covering.matrix),
            row_low=np.where(tight, wanted, -np.inf),
            row_high=np.full(len(tight), np.inf),
            low=np.where(at_low, 0.0, -np.inf),
            high=np.where(at_high, 0.0, np.inf),
        )
    )
    if answer.status is not Status.OPTIMAL:
        return None
    return np.maximum(answer.row_dual, 0.0)
