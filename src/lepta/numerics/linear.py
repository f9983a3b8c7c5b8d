"""Linear and mixed-integer programs: status, bound, gap, duals, and why a program is infeasible.

    minimise    cost @ x
    subject to  row_low <= matrix @ x <= row_high
                low     <= x          <= high
                x[i] whole where integer[i]

The solver is HiGHS (Huangfu & Hall 2018). This file is the only one that knows it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from lepta.errors import InputError, LeptaError

__all__ = ["Matrix", "Program", "Shortfall", "Solution", "Status", "shortfalls", "solve"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int32]


class Status(StrEnum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    """Proven within the gap that was asked for."""
    FEASIBLE = "feasible"
    """A limit of time came first: a valid answer with its true gap."""
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    UNKNOWN = "unknown"
    """A limit of time came before any answer."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """A sparse matrix: `value[start[j]:start[j+1]]` is column j, in rows `index[...]`."""

    rows: int
    columns: int
    start: Index
    index: Index
    value: Array

    @classmethod
    def dense(cls, full: npt.ArrayLike) -> "Matrix":
        """Take a full (rows, columns) array; zeros are left out."""
        full = np.asarray(full, dtype=np.float64)
        if full.ndim != 2:
            raise InputError(f"a matrix has {full.ndim} dimensions", remedy="give rows x columns")
        column, row = np.nonzero(full.T)
        return cls.triplets(row, column, full[row, column], shape=(full.shape[0], full.shape[1]))

    @classmethod
    def triplets(
        cls,
        row: npt.ArrayLike,
        column: npt.ArrayLike,
        value: npt.ArrayLike,
        *,
        shape: tuple[int, int],
    ) -> "Matrix":
        """Take (row, column, value) entries in any order; each place at most once."""
        row_, column_ = np.asarray(row, np.int32), np.asarray(column, np.int32)
        order = np.lexsort((row_, column_))
        counts = np.bincount(column_, minlength=shape[1])
        start = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        return cls(shape[0], shape[1], start, row_[order], np.asarray(value, np.float64)[order])

    def __matmul__(self, x: Array) -> Array:
        """Return matrix @ x, shape (rows,)."""
        column = np.repeat(np.arange(self.columns), np.diff(self.start))
        return np.bincount(self.index, self.value * x[column], minlength=self.rows).astype(float)

    def transposed(self, y: Array) -> Array:
        """Return matrix.T @ y, shape (columns,)."""
        column = np.repeat(np.arange(self.columns), np.diff(self.start))
        return np.bincount(column, self.value * y[self.index], minlength=self.columns).astype(float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A linear program, mixed-integer where `integer` says so. Bounds may be infinite."""

    cost: Array
    matrix: Matrix
    row_low: Array
    row_high: Array
    low: Array
    high: Array
    integer: Mask | None = None

    def __post_init__(self) -> None:
        rows, columns = self.matrix.rows, self.matrix.columns
        shapes = {
            "cost": (self.cost, columns),
            "low": (self.low, columns),
            "high": (self.high, columns),
            "row_low": (self.row_low, rows),
            "row_high": (self.row_high, rows),
        }
        for name, (array, size) in shapes.items():
            if array.shape != (size,):
                raise InputError(
                    f"{name} has shape {array.shape}, but the matrix is {rows} x {columns}",
                    remedy=f"give {name} the shape ({size},)",
                )
            if np.isnan(array).any():
                place = int(np.flatnonzero(np.isnan(array))[0])
                raise InputError(f"{name}[{place}] is NaN", remedy="leave unknown columns out")
        if not np.isfinite(self.matrix.value).all() or not np.isfinite(self.cost).all():
            raise InputError("a coefficient is not finite", remedy="leave unknown columns out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """An answer with its certificate. Arrays are empty where there is no answer.

    `row_dual[k]` is what one more unit on the binding side of row k costs; `reduced_cost[j]` what
    one more unit of x[j] would cost. For integer programs both belong to the linear program with
    every integer held at its answer.
    """

    status: Status
    x: Array
    objective: float
    bound: float
    gap: float
    """(objective - bound) / |objective|; 0 is proven, inf is no answer."""
    row_dual: Array
    reduced_cost: Array


@dataclass(frozen=True, slots=True)
class Shortfall:
    """By how much a row must be relaxed before anything is feasible."""

    row: int
    amount: float


def solve(program: Program, *, gap: float = 1e-9, time_limit_s: float = 60.0) -> Solution:
    """Solve a program to a relative gap.

    Raises
    ------
    LeptaError
        The solver broke down (numerical trouble); never for an infeasible program.
    """
    highs = _quiet_solver()
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("random_seed", 0)
    highs.setOptionValue("time_limit", float(time_limit_s))
    highs.setOptionValue("mip_rel_gap", float(gap))
    highs.setOptionValue("mip_abs_gap", 0.0)
    highs.passModel(_model(program))
    highs.run()
    status = _status(highs)
    if status not in (Status.OPTIMAL, Status.FEASIBLE):
        nothing = np.empty(0)
        worst = float("inf") if status is Status.INFEASIBLE else float("nan")
        return Solution(
            status=status,
            x=nothing,
            objective=worst,
            bound=worst,
            gap=float("inf"),
            row_dual=nothing,
            reduced_cost=nothing,
        )
    answer = highs.getSolution()
    x = np.clip(np.asarray(answer.col_value), program.low, program.high)
    if program.integer is not None and program.integer.any():
        x[program.integer] = np.rint(x[program.integer])
        fixed = Program(
            cost=program.cost,
            matrix=program.matrix,
            row_low=program.row_low,
            row_high=program.row_high,
            low=np.where(program.integer, x, program.low),
            high=np.where(program.integer, x, program.high),
        )
        polished = solve(fixed, time_limit_s=time_limit_s)
        bound = float(highs.getInfo().mip_dual_bound)
        if polished.status is not Status.OPTIMAL:
            raise LeptaError(
                "the rounded answer of the solver does not hold",
                remedy="scale the units of the input closer to 1",
            )
        x, dual, reduced = polished.x, polished.row_dual, polished.reduced_cost
    else:
        dual, reduced = np.asarray(answer.row_dual), np.asarray(answer.col_dual)
        bound = _dual_bound(program, dual)
    objective = float(program.cost @ x)
    bound = min(bound, objective)
    distance = objective - bound
    relative = 0.0 if distance == 0 else distance / max(abs(objective), 1e-300)
    return Solution(
        status=status,
        x=x,
        objective=objective,
        bound=bound,
        gap=relative,
        row_dual=dual,
        reduced_cost=reduced,
    )


def _dual_bound(program: Program, dual: Array) -> float:
    """Bound the optimum from below with the row duals alone (weak duality), without the solver."""
    reduced = program.cost - program.matrix.transposed(dual)
    tiny = 1e-9 * max(1.0, float(np.abs(program.cost).max(initial=0.0)))

    def worst(price: Array, low: Array, high: Array) -> float:
        side = np.where(price > 0, low, high)
        unsupported = np.isinf(side)
        if np.any(unsupported & (np.abs(price) > tiny)):
            return -np.inf
        return float(np.sum(np.where(unsupported, 0.0, price * np.where(unsupported, 0.0, side))))

    return worst(dual, program.row_low, program.row_high) + worst(
        reduced, program.low, program.high
    )


def shortfalls(program: Program, *, rows: npt.ArrayLike | None = None) -> list[Shortfall]:
    """Tell which rows fall short, and by how much, when nothing satisfies them all.

    Solves the elastic program: the smallest sum of relative relaxations of `rows` (all by default)
    that makes the linear relaxation feasible. An empty list means that it is feasible already.
    """
    chosen = np.arange(program.matrix.rows) if rows is None else np.asarray(rows, dtype=np.int64)
    size = np.maximum(
        np.abs(np.where(np.isfinite(program.row_low), program.row_low, 0.0)),
        np.abs(np.where(np.isfinite(program.row_high), program.row_high, 0.0)),
    )
    weight = 1.0 / np.where(size[chosen] > 0, size[chosen], 1.0)
    matrix, n, m = program.matrix, program.matrix.columns, len(chosen)
    column = np.repeat(np.arange(n), np.diff(matrix.start))
    elastic = Matrix.triplets(
        np.concatenate((matrix.index, chosen, chosen)),
        np.concatenate((column, n + np.arange(m), n + m + np.arange(m))),
        np.concatenate((matrix.value, np.ones(m), -np.ones(m))),
        shape=(matrix.rows, n + 2 * m),
    )
    answer = solve(
        Program(
            cost=np.concatenate((np.zeros(n), weight, weight)),
            matrix=elastic,
            row_low=program.row_low,
            row_high=program.row_high,
            low=np.concatenate((program.low, np.zeros(2 * m))),
            high=np.concatenate((program.high, np.full(2 * m, np.inf))),
        )
    )
    if answer.status is not Status.OPTIMAL:
        return []
    slack = answer.x[n : n + m] + answer.x[n + m :]
    return [
        Shortfall(int(chosen[k]), float(slack[k])) for k in np.flatnonzero(slack * weight > 1e-9)
    ]


def _quiet_solver() -> Any:
    """Make a solver that never writes to standard output, where JSON goes."""
    import highspy

    class Quiet(highspy.Highs):  # type: ignore[misc]
        def enableCallbacks(self) -> None:
            # The banner is printed by the first call-back that is switched on: be silent before.
            self.silent()
            super().enableCallbacks()

    return Quiet()


def _model(program: Program) -> Any:
    import highspy

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = program.matrix.columns, program.matrix.rows
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.cost, program.low, program.high
    lp.row_lower_, lp.row_upper_ = program.row_low, program.row_high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = program.matrix.start
    lp.a_matrix_.index_ = program.matrix.index
    lp.a_matrix_.value_ = program.matrix.value
    if program.integer is not None and program.integer.any():
        kind = highspy.HighsVarType
        lp.integrality_ = [kind.kInteger if i else kind.kContinuous for i in program.integer]
    return lp


def _status(highs: Any) -> Status:
    import highspy

    said = highs.getModelStatus()
    end = highspy.HighsModelStatus
    if said in (end.kOptimal, end.kModelEmpty):
        return Status.OPTIMAL
    if said == end.kInfeasible:
        return Status.INFEASIBLE
    if said == end.kUnbounded:
        return Status.UNBOUNDED
    if said == end.kUnboundedOrInfeasible:
        highs.setOptionValue("presolve", "off")
        highs.run()
        return Status.INFEASIBLE if highs.getModelStatus() == end.kInfeasible else Status.UNBOUNDED
    if said in (end.kTimeLimit, end.kIterationLimit, end.kSolutionLimit, end.kInterrupt):
        has = highs.getInfo().primal_solution_status == 2
        return Status.FEASIBLE if has else Status.UNKNOWN
    raise LeptaError(
        f"the solver stopped with {highs.modelStatusToString(said)}",
        remedy="scale the units of the input closer to 1, or raise --time-limit",
    )
