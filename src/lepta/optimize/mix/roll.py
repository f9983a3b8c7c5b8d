"""A plan built from the front: two periods whole, the next few fractional, then on (relax and fix).

The fractional periods ahead say which machines are worth starting; the prices of the relaxation
stand for all that lies beyond them (Pochet & Wolsey 2006, section 3.6).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lepta.errors import LeptaError
from lepta.numerics.linear import Status, solve
from lepta.optimize.mix.budget import Budget
from lepta.optimize.mix.cells import Cells
from lepta.optimize.mix.horizon import Ties
from lepta.optimize.mix.join import Whole, keep_running, routed
from lepta.optimize.mix.model import Model
from lepta.optimize.mix.program import Problem, assemble
from lepta.optimize.mix.settle import Period

__all__ = ["roll"]

Array = npt.NDArray[np.float64]

WHOLE, AHEAD = 2, 3
"""Periods that are decided at once, and those beyond that are looked at."""


def roll(
    model: Model,
    periods: Sequence[Period],
    cells: Sequence[Sequence[Cells]],
    ties: Ties,
    *,
    gap: float,
    budget: Budget,
) -> Whole | None:
    """Build a plan; None where the time ended first, or a decision left no way on."""
    count, size = len(periods), len(model.market.offers)
    units, begin = np.zeros((count, size)), 0
    cost = model.unit_cost + ties.tonne * np.outer(model.hours, np.nan_to_num(model.market.carbon))
    while begin < count:
        if budget.over:
            return None
        end = min(begin + WHOLE, count)
        edge = min(end + AHEAD, count)
        here = cost.copy()
        if edge < count:  # a unit that runs at the edge saves a start beyond it
            here[edge - 1] -= ties.start[edge]
        problem = Problem(
            steps=tuple(range(begin, edge)),
            cells=cells[begin:edge],
            cost=here,
            whole=True,
            starts=True,
            before=units[begin - 1] if begin else None,
            loose=edge - end,
            near=True,
        )
        program, layout = assemble(model, problem)
        share = budget.share(begin // WHOLE, -(-count // WHOLE)) * 2.0
        try:
            answer = solve(program, gap=gap / 2, time_limit_s=share)
        except LeptaError:
            return None
        if answer.status not in (Status.OPTIMAL, Status.FEASIBLE):
            return None
        decided = np.rint(answer.x[layout.units[: end - begin]])
        units[begin:end][:, layout.offers] = decided
        begin = end
    return routed(model, periods, keep_running(model, units))
