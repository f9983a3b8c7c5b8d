"""Offers that another one beats in everything: left out before the program is written.

Offer a is beaten by b where b has no limit and is in no quota that a is not in, costs no more per
hour, per start, per request and per tonne, runs no longer at least, is up no less, and serves every
class at no lower rate; of two that are equal in all this the first by name stays. No plan needs a.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lepta.domain.plan import PlanCase
from lepta.optimize.mix.market import Market

__all__ = ["MANY", "undominated"]

Array = npt.NDArray[np.float64]

MANY = 500
"""Offers up to which all are kept: the solver has no trouble with so few."""


def undominated(case: PlanCase, market: Market) -> list[int]:
    """Return the places of the offers that may matter.

    Emergencies make places matter, memory makes machines differ: with either all are kept.
    """
    everything = list(range(len(market.offers)))
    if len(everything) <= MANY or case.promises.survive or np.isfinite(market.holds).any():
        return everything
    running = {name for name, units in case.current or () if units}
    fixed = np.array([offer.id in running or offer.owned > 0 for offer in market.offers])
    table, high = _table(market), _high(market)
    groups = _quota_groups(case, market)
    # Cheapest first, so that what beats an offer has been kept before the offer comes up.
    order = np.lexsort((np.arange(len(everything)), *table[::-1], market.price))
    kept: list[int] = []
    champions: list[int] = []
    for g in order.tolist():
        if not fixed[g] and _beaten(g, champions, table, high, groups):
            continue
        kept.append(g)
        if np.isinf(market.limit[g]) and not market.serverless[g]:
            champions.append(g)
    return sorted(kept)


def _table(market: Market) -> Array:
    """What should be low, (rows, G)."""
    carbon = np.nan_to_num(market.carbon, nan=np.inf)
    cannot = np.where(market.able > 0, market.per_request, np.inf)
    return np.vstack((market.price, market.start, market.min_hours, carbon, cannot))


def _high(market: Market) -> Array:
    """What should be high, (rows, G)."""
    return np.vstack((market.up, market.able))


def _quota_groups(case: PlanCase, market: Market) -> Sequence[Sequence[float]]:
    """What a unit of each offer uses of each quota."""
    return [[quota.weight(offer) for quota in case.quotas] for offer in market.offers]


def _beaten(
    g: int,
    champions: Sequence[int],
    table: Array,
    high: Array,
    groups: Sequence[Sequence[float]],
) -> bool:
    if not champions:
        return False
    places = np.asarray(champions)
    better = (table[:, places] <= table[:, [g]]).all(axis=0)
    better &= (high[:, places] >= high[:, [g]]).all(axis=0)
    return any(
        all(a <= b for a, b in zip(groups[champions[k]], groups[g], strict=True))
        for k in np.flatnonzero(better).tolist()
    )
