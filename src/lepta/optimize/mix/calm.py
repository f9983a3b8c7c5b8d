"""Calm: of the plans within the gap the one nearest to what runs now; a change must pay.

The cheapest plan is one of many that cost nearly the same. The first periods are solved once more
with a price on every unit that changes at the beginning:

    up    start_g * (max(1, hours / payback) - 1) + nudge       a change must earn its switching
    down  nudge                                                 cost within the payback time

where the nudge, over all units that change, is worth what the gap leaves free. What runs now, held
throughout, is among the plans compared. So whatever changes saves at least what changing is priced
at: with `paid` the price of the changes, cost(plan) + paid(plan) <= cost(held) + 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.optimize.mix.join import Whole, window
from lepta.optimize.mix.model import Model
from lepta.optimize.mix.program import Anchor, Cells
from lepta.optimize.mix.settle import Period

__all__ = ["Calm", "calm"]

Array = npt.NDArray[np.float64]

AGAIN = 3
"""Periods that are solved again."""


@dataclass(frozen=True, slots=True)
class Calm:
    """A plan, and what keeping calm changed."""

    whole: Whole
    changed: int
    """Units that change at the beginning."""
    changed_before: int
    """Units that the plan without calm would change."""
    cost_before: float
    """Cost of the plan without calm."""


def calm(
    model: Model,
    periods: Sequence[Period],
    cells: Sequence[Sequence[Cells]],
    whole: Whole,
    held: Whole | None,
    *,
    bound: float,
    gap: float,
    payback_hours: float | None,
    time_limit_s: float,
) -> Calm | None:
    """Prefer what runs now; None where nobody knows what that is.

    `held` is what runs now, held throughout, where that carries the demand. `payback_hours` is None
    where a change may pay over the whole horizon.
    """
    if model.before is None:
        return None
    changes = _changed(model, whole)
    free = max(bound / (1.0 - gap) - whole.cost, 0.0)
    anchor = _anchor(model, free / max(changes, 1), payback_hours)
    plans = [whole, *([held] if held is not None else [])]
    if changes:
        span = (0, min(len(periods), AGAIN))
        found = window(
            model,
            periods,
            cells,
            whole,
            span,
            gap=gap / 4,
            time_limit_s=time_limit_s,
            anchor=anchor,
        )
        plans += [found] if found is not None else []
    best = min(plans, key=lambda plan: plan.cost + _paid(model, plan, anchor))
    return Calm(best, _changed(model, best), changes, whole.cost)


def _anchor(model: Model, nudge: float, payback_hours: float | None) -> Anchor:
    hours = float(model.hours.sum())
    slow = max(hours / payback_hours, 1.0) - 1.0 if payback_hours else 0.0
    size = len(model.market.offers)
    before = np.zeros(size) if model.before is None else model.before
    return Anchor(before, up=model.market.start * slow + nudge, down=np.full(size, nudge))


def _changed(model: Model, whole: Whole) -> int:
    before = whole.units[0] if model.before is None else model.before
    return int(np.abs(whole.units[0] - before)[~model.market.serverless].sum())


def _paid(model: Model, whole: Whole, anchor: Anchor) -> float:
    move = np.where(model.market.serverless, 0.0, whole.units[0] - anchor.units)
    return float(anchor.up @ np.maximum(move, 0.0) + anchor.down @ np.maximum(-move, 0.0))
