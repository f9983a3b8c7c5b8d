"""Where no fleet serves all demand: what stays unserved, and in which circumstance."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lepta.numerics.linear import shortfalls
from lepta.optimize.mix.model import Model
from lepta.optimize.mix.program import assemble
from lepta.optimize.mix.settle import Period, period_of

__all__ = ["only_given", "short_by_circumstance", "short_rates"]

Array = npt.NDArray[np.float64]


def only_given(model: Model) -> Model:
    """Return the same model without emergencies and scenarios."""
    return replace(model, stages=tuple(stage[:1] for stage in model.stages))


def short_rates(model: Model, step: int, units: Array | None = None) -> Array:
    """Tell per class how much demand stays unserved, (W,) per second, when everything is used.

    Uses all units within limits and quotas, or `units` (G,) where a fleet is given; the smallest
    sum of unserved shares. Classes that nothing can serve fall short whole.
    """
    return _short(period_of(only_given(model), step), units)


def short_by_circumstance(model: Model, step: int) -> dict[str, Array]:
    """Tell the same for each circumstance by itself; only those that fall short."""
    found = {}
    for place, here in enumerate(model.stages[step]):
        stages: list[Sequence[object]] = list(model.stages)
        stages[step] = (here,)
        alone = replace(model, stages=tuple(stages))  # type: ignore[arg-type]
        missing = _short(period_of(alone, step), None)
        if (missing > 0).any():
            found[here.name if place else ""] = missing
    return found


def _short(period: Period, units: Array | None) -> Array:
    here, cells = period.stages[0], period.cells[0]
    short = np.zeros(len(here.rates))
    served = np.isin(cells.classes, cells.w) | np.isfinite(cells.lose)
    lost = cells.classes[~served]
    short[lost] = here.rates[lost] * here.share
    rest = np.where(np.isin(np.arange(len(short)), lost), 0.0, here.rates)
    stages = list(period.model.stages)
    stages[period.step] = (replace(here, rates=rest),)
    model = replace(period.model, stages=tuple(stages))
    left = period_of(model, period.step)
    cost = np.zeros(len(model.market.offers))
    problem = left.problem(cost, whole=False)
    if units is not None:
        problem = replace(problem, held=units[None, :])
    program, layout = assemble(model, problem)
    rows = layout.serve[0][0]
    for one in shortfalls(program, rows=rows) if len(rows) else ():
        place = left.cells[0].classes[one.row - rows[0]]
        short[place] = min(one.amount, 1.0) * rest[place]
    return short
