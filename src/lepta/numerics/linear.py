"""Linear and mixed-integer programs: status, bound, gap, duals, and why a program is infeasible.

    minimise    cost @ x
    subject to  row_low <= matrix @ x <= row_high
                low     <= x          <= high
                x[i] whole where integer[i]

The solver is HiGHS (Huangfu & Hall 2018). This file is the only one that knows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from lepta.errors import LeptaError
from lepta.numerics.bound import dual_bound
from lepta.numerics.program import Array, Matrix, Program

__all__ = [
    "Matrix",
    "Program",
    "Shortfall",
    "Solution",
    "Status",
    "dual_bound",
    "shortfalls",
    "solve",
]


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


def solve(
    program: Program,
    *,
    gap: float = 1e-9,
    time_limit_s: float = 60.0,
    options: Mapping[str, Any] | None = None,
) -> Solution:
    """Solve a program to a relative gap; `options` are passed to HiGHS as they are.

    There is no starting answer for integer programs: given one, HiGHS 1.16 was seen to stop with
    it at once, far from its bound.

    Raises
    ------
    LeptaError
        The solver broke down (numerical trouble); never for an infeasible program.
    """
    if program.matrix.columns == 0:
        return _without_columns(program)
    mixed = program.integer is not None and bool(program.integer.any())
    highs = _quiet_solver()
    settings: dict[str, Any] = {"threads": 1, "random_seed": 0, "time_limit": float(time_limit_s)}
    settings |= {"mip_rel_gap": float(gap), "mip_abs_gap": 0.0}
    # By default coefficients below 1e-9 are dropped: a node that supplies little would supply none.
    settings |= {"small_matrix_value": 1e-12}
    if not mixed:
        settings |= _method(program)
    for name, value in (settings | dict(options or {})).items():
        highs.setOptionValue(name, value)
    _pass(highs, program)
    highs.run()
    status = _status(highs)
    if status not in (Status.OPTIMAL, Status.FEASIBLE):
        return _nothing(status)
    answer = highs.getSolution()
    x = np.clip(np.asarray(answer.col_value), program.low, program.high)
    if mixed:
        bound = float(highs.getInfo().mip_dual_bound)
        polished = _hold_integers(program, x, time_limit_s)
        x, dual, reduced = polished.x, polished.row_dual, polished.reduced_cost
    else:
        dual, reduced = np.asarray(answer.row_dual), np.asarray(answer.col_dual)
        bound = dual_bound(program, dual, at_most=float(program.cost @ x))
    objective = float(program.cost @ x)
    bound = min(bound, objective)
    distance = objective - bound
    return Solution(
        status=status,
        x=x,
        objective=objective,
        bound=bound,
        gap=0.0 if distance == 0 else distance / max(abs(objective), 1e-300),
        row_dual=dual,
        reduced_cost=reduced,
    )


def _method(program: Program) -> dict[str, Any]:
    """Choose how HiGHS works on a continuous program.

    Measured on covering programs of four rows (bench/bench_m1.py): where columns outnumber rows by
    far, presolve costs five times what it saves; and with thousands of columns bounded above the
    simplex walks through them for seconds, where the interior point, followed by crossover to a
    vertex (so that duals and reduced costs are those of a basis), needs a tenth.
    """
    rows, columns = program.matrix.rows, program.matrix.columns
    if columns < 100 * max(rows, 1):
        return {}
    bounded = int(np.count_nonzero(np.isfinite(program.high) & (program.high > program.low)))
    if bounded >= 5_000:
        return {"presolve": "off", "solver": "ipm", "run_crossover": "on"}
    return {"presolve": "off"}


def _nothing(status: Status) -> Solution:
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


def _without_columns(program: Program) -> Solution:
    """Decide a program with nothing to choose: every row is 0 (HiGHS calls it optimal unread)."""
    if np.any((program.row_low > 0) | (program.row_high < 0)):
        return _nothing(Status.INFEASIBLE)
    return Solution(
        status=Status.OPTIMAL,
        x=np.empty(0),
        objective=0.0,
        bound=0.0,
        gap=0.0,
        row_dual=np.zeros(program.matrix.rows),
        reduced_cost=np.empty(0),
    )


def _hold_integers(program: Program, x: Array, time_limit_s: float) -> Solution:
    """Solve the linear program that is left with every integer held at its rounded answer."""
    whole = np.zeros(len(x), dtype=bool) if program.integer is None else program.integer
    x = np.where(whole, np.rint(x), x)
    answer = solve(
        Program(
            cost=program.cost,
            matrix=program.matrix,
            row_low=program.row_low,
            row_high=program.row_high,
            low=np.where(whole, x, program.low),
            high=np.where(whole, x, program.high),
        ),
        time_limit_s=max(time_limit_s, 10.0),
    )
    if answer.status is not Status.OPTIMAL:
        raise LeptaError(
            "the rounded answer of the solver does not hold",
            remedy="scale the units of the input closer to 1",
        )
    return answer


def shortfalls(program: Program, *, rows: npt.ArrayLike | None = None) -> list[Shortfall]:
    """Tell which rows fall short, and by how much, when nothing satisfies them all.

    Solves the elastic program: the smallest sum of relative relaxations of `rows` (all by default)
    that makes the linear relaxation feasible. An empty list means that it is feasible already, or
    that relaxing these rows cannot help (the others, or the bounds, contradict each other).
    """
    chosen = np.arange(program.matrix.rows) if rows is None else np.asarray(rows, dtype=np.int64)
    size = np.maximum(
        np.abs(np.where(np.isfinite(program.row_low), program.row_low, 0.0)),
        np.abs(np.where(np.isfinite(program.row_high), program.row_high, 0.0)),
    )
    # Relative relaxations as variables: their costs are then all 1, far above what a solver may
    # neglect, whatever the units of the rows.
    unit = np.where(size[chosen] > 0, size[chosen], 1.0)
    matrix, n, m = program.matrix, program.matrix.columns, len(chosen)
    column = np.repeat(np.arange(n), np.diff(matrix.start))
    elastic = Matrix.triplets(
        np.concatenate((matrix.index, chosen, chosen)),
        np.concatenate((column, n + np.arange(m), n + m + np.arange(m))),
        np.concatenate((matrix.value, unit, -unit)),
        shape=(matrix.rows, n + 2 * m),
    )
    answer = solve(
        Program(
            cost=np.concatenate((np.zeros(n), np.ones(2 * m))),
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
        Shortfall(int(chosen[k]), float(slack[k] * unit[k])) for k in np.flatnonzero(slack > 1e-9)
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


def _pass(highs: Any, program: Program) -> None:
    import highspy

    matrix, n = program.matrix, program.matrix.columns
    integer = np.zeros(n, dtype=bool) if program.integer is None else program.integer
    said = highs.passModel(
        n,
        matrix.rows,
        len(matrix.value),
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        *(program.cost, program.low, program.high, program.row_low, program.row_high),
        *(matrix.start, matrix.index, matrix.value),
        integer.astype(np.int32),
    )
    if said == highspy.HighsStatus.kError:
        raise LeptaError(
            "the solver refused the program", remedy="scale the units of the input closer to 1"
        )


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
