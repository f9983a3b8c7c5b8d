"""HiGHS, given a whole model at once: no decomposition, no heuristics of ours, its own defaults.

Written beside `lepta.numerics.linear` and not with it, so that a peer does not change when the
planner does. One thread, as lepta uses.
"""

import time
from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array

__all__ = ["Answer", "Model", "solve"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """minimize cost @ x, row_low <= A @ x <= row_high, 0 <= x <= high, x[integer] whole."""

    cost: Array
    entries: tuple[Array, Array, Array]
    """(row, column, value) of A."""
    row_low: Array
    row_high: Array
    high: Array
    integer: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a peer found, and how long it took, building the model included."""

    status: str
    """"optimal", "feasible" (the time ended), "nothing" (it ended before an answer), ..."""
    cost: float
    """inf where there is no answer."""
    bound: float
    """-inf where the peer does not tell."""
    seconds: float
    x: Array | None = None

    @property
    def gap(self) -> float:
        """(cost - bound) / cost; inf where one of the two is not known."""
        if not np.isfinite(self.cost) or not np.isfinite(self.bound):
            return float("inf")
        return max(0.0, self.cost - self.bound) / max(self.cost, 1e-300)


def solve(model: Model, *, gap: float, time_limit_s: float, begun: float | None = None) -> Answer:
    """Solve; `begun` (of `perf_counter`) is when building the model began."""
    begun = time.perf_counter() if begun is None else begun
    highs = _Quiet()
    options = {"threads": 1, "random_seed": 0, "time_limit": float(time_limit_s)}
    for name, value in (options | {"mip_rel_gap": float(gap), "mip_abs_gap": 0.0}).items():
        highs.setOptionValue(name, value)
    highs.passModel(_program(model))
    highs.run()
    info, end = highs.getInfo(), highspy.HighsModelStatus
    status = {
        end.kOptimal: "optimal",
        end.kInfeasible: "infeasible",
        end.kTimeLimit: "feasible" if info.primal_solution_status == 2 else "nothing",
    }.get(highs.getModelStatus(), highs.modelStatusToString(highs.getModelStatus()))
    found = status in ("optimal", "feasible")
    mixed = bool(model.integer.any())
    cost = float(info.objective_function_value) if found else float("inf")
    return Answer(
        status=status,
        cost=cost,
        bound=float(info.mip_dual_bound) if mixed else cost if found else float("-inf"),
        seconds=time.perf_counter() - begun,
        x=np.asarray(highs.getSolution().col_value) if found else None,
    )


class _Quiet(highspy.Highs):
    """A solver without its banner, which the first call-back that is switched on prints."""

    def enableCallbacks(self) -> None:
        self.silent()
        super().enableCallbacks()


def _program(model: Model) -> highspy.HighsLp:
    row, column, value = model.entries
    shape = (len(model.row_low), len(model.cost))
    matrix = coo_array((value, (row.astype(int), column.astype(int))), shape=shape).tocsc()
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = shape
    program.col_cost_, program.col_lower_ = model.cost, np.zeros(shape[1])
    program.col_upper_ = model.high
    program.row_lower_, program.row_upper_ = model.row_low, model.row_high
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
    program.a_matrix_.value_ = matrix.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    program.integrality_ = [kinds[int(whole)] for whole in model.integer]
    return program
