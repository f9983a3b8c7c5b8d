"""Why an offer is not used: what a unit-hour of it earns at the prices of the plan, and costs."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lepta.optimize.mix.model import Model
from lepta.optimize.mix.proof import Prices, earned
from lepta.optimize.mix.settle import Period
from lepta.optimize.mix.writing import money

__all__ = ["why_not"]

Array = npt.NDArray[np.float64]


def why_not(
    currency: str,
    model: Model,
    periods: Sequence[Period],
    prices: Sequence[Prices],
    cost: Array,
    used: npt.NDArray[np.bool_],
    *,
    most: int,
) -> list[str]:
    """Say of offers that are never used by how much they are too dear, the nearest first.

    `cost` (P, G) is what a unit costs in each period with all that it is worth elsewhere, `used`
    (G,) tells which offers the plan uses. An offer that could earn its price in some period and is
    still not used is one of several that are equally good.
    """
    market = model.market
    best = np.full(len(market.offers), np.inf)
    at = np.zeros((2, len(market.offers)))
    for period, price in zip(periods, prices, strict=True):
        hours = model.hours[period.step]
        gains = earned(model, period.stages, period.cells, price.classes) / hours
        paid = cost[period.step] / hours
        short = paid - gains
        nearer = short < best
        best = np.where(nearer, short, best)
        at = np.where(nearer[None, :], np.vstack((gains, paid)), at)
    unused = np.flatnonzero(~used & ~market.serverless & (market.able > 0).any(axis=0))
    ranked = sorted(unused, key=lambda g: (best[g] / max(at[1, g], 1e-300), market.offers[g].id))
    said = []
    for g in ranked[:most]:
        name, gain, paid_ = market.offers[g].id, float(at[0, g]), float(at[1, g])
        if gain >= paid_ * (1 - 1e-6):
            said.append(f"Why no {name}? It would do as well as what was chosen in some hours.")
        else:
            said.append(
                f"Why no {name}? At best a unit-hour of it is worth {money(gain)} {currency} here, "
                f"and costs {money(paid_)}: {1 - gain / paid_:.0%} too dear."
            )
    return said
