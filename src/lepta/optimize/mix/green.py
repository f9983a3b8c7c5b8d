"""A plan within a limit of emissions, built at a higher price of a tonne where that of the
relaxation is not enough: with whole machines the limit is met a little before it binds.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from lepta.optimize.mix.budget import Budget
from lepta.optimize.mix.cells import Cells
from lepta.optimize.mix.horizon import Ties
from lepta.optimize.mix.join import Whole
from lepta.optimize.mix.model import Model
from lepta.optimize.mix.roll import roll
from lepta.optimize.mix.settle import Period

__all__ = ["rolled"]

DEARER = (1.0, 1.2, 2.0, 5.0, 25.0, 1e4)
"""Prices of a tonne that are tried one after the other, as multiples of that of the relaxation."""
CLOSER = 5
"""Prices that are tried between the last that was too low and the first that was enough."""
LEAST = 0.1
"""The lowest price that is tried after the first makes the limit worth so much of all machines."""


def rolled(
    model: Model,
    periods: Sequence[Period],
    cells: Sequence[Sequence[Cells]],
    ties: Ties,
    *,
    gap: float,
    budget: Budget,
) -> Whole | None:
    """Build a plan from the front, within the limit of emissions; None where none was found."""
    if model.carbon_limit is None:
        return roll(model, periods, cells, ties, gap=gap, budget=budget)
    everything = [period.cells for period in periods]
    one = float(model.hours.sum() * np.nan_to_num(model.market.carbon).max(initial=0.0))
    least = LEAST * float(model.unit_cost.sum()) / max(model.carbon_limit, one / 100.0, 1e-12)

    def at(tonne: float, place: int) -> Whole | None:
        part = Budget(budget.share(place, len(DEARER) + CLOSER), budget.clock)
        dearer = replace(ties, tonne=tonne)
        return roll(model, periods, everything, dearer, gap=gap, budget=part)

    low = 0.0
    for turn, times in enumerate(DEARER):
        high = max(ties.tonne, least if turn else 0.0) * times
        best = at(high, turn)
        if best is not None:
            return _closer(at, best, low, high) if turn else best
        if budget.over:
            return None
        low = high
    return None


def _closer(
    at: Callable[[float, int], Whole | None], best: Whole, low: float, high: float
) -> Whole:
    """Lower the price again, as far as the limit is kept: what is not emitted is paid for twice."""
    for turn in range(CLOSER):
        middle = (low + high) / 2.0
        found = at(middle, len(DEARER) + turn)
        if found is None:
            low = middle
            continue
        high = middle
        if found.cost < best.cost:
            best = found
    return best
