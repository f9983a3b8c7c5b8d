"""Calm: of the plans within the gap the one nearest to what runs now; a change must pay.

The cheapest plan is one of many that cost nearly the same. Plans are compared by their cost and by
what their changes are charged:

    each unit more than runs now    start_g * (hours / payback - 1): it must earn its switching cost
                                    within the payback time, not within the horizon
    each unit that changes at the beginning    a nudge, worth in all what the gap leaves free, and
                                               no more than the gap of the first period

The first periods are solved once more with the nudge; with a payback time shorter than the horizon
all is planned once more with starts that much dearer. What runs now, held throughout, is among the
plans compared. So whatever changes saves at least what it is charged:

    cost(plan) + charged(plan) <= cost(held)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.optimize.mix.cells import Cells
from lepta.optimize.mix.join import Whole, window
from lepta.optimize.mix.model import Model
from lepta.optimize.mix.program import Anchor
from lepta.optimize.mix.settle import Period

__all__ = ["Calm", "Slow", "calm"]

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


@dataclass(frozen=True, slots=True)
class Slow:
    """The plan with starts `factor` times as dear: a change pays within hours / factor."""

    factor: float
    whole: Whole | None


def calm(
    model: Model,
    periods: Sequence[Period],
    cells: Sequence[Sequence[Cells]],
    whole: Whole,
    held: Whole | None,
    *,
    bound: float,
    gap: float,
    slow: Slow | None,
    time_limit_s: float,
) -> Calm | None:
    """Prefer what runs now; None where nobody knows what that is.

    `held` is what runs now, held throughout, where that carries the demand. `slow` is None where a
    change may pay over the whole horizon.
    """
    if model.before is None:
        return None
    changes = _changed(model, whole)
    # Within the gap of the first period, not of the horizon: what is worth changing is changed
    # now, instead of an hour later again and again.
    free = max(min(bound / (1.0 - gap) - whole.cost, gap * _first(model, whole)), 0.0)
    nudge = np.full(len(model.market.offers), free / max(changes, 1))
    anchor = Anchor(model.before, up=nudge, down=nudge)
    plans = [whole, *([held] if held is not None else [])]
    plans += [slow.whole] if slow is not None and slow.whole is not None else []
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
    factor = 1.0 if slow is None else slow.factor
    best = min(plans, key=lambda plan: plan.cost + _charged(model, plan, anchor, factor))
    return Calm(best, _changed(model, best), changes, whole.cost)


def _first(model: Model, whole: Whole) -> float:
    """Return what the first period costs."""
    sent = sum(send + fine for send, fine, _ in whole.fleets[0].spent)
    return float(model.unit_cost[0] @ whole.fleets[0].units) + sent


def _changed(model: Model, whole: Whole) -> int:
    before = whole.units[0] if model.before is None else model.before
    return int(np.abs(whole.units[0] - before)[~model.market.serverless].sum())


def _charged(model: Model, whole: Whole, anchor: Anchor, factor: float) -> float:
    """Return what the changes of a plan are charged beyond what they cost."""
    machines, units = ~model.market.serverless, whole.units
    move = np.where(machines, units[0] - anchor.units, 0.0)
    nudged = float(anchor.up @ np.maximum(move, 0.0) + anchor.down @ np.maximum(-move, 0.0))
    more = np.where(machines, np.maximum(units.max(axis=0) - anchor.units, 0.0), 0.0)
    return nudged + (factor - 1.0) * float(model.market.start @ more)
