"""Prices that prove a lower bound of one period exactly, whatever small errors a solver makes.

Let m[c, w] be the price of serving all demand of class w in circumstance c, and q >= 0 that of a
quota. A unit of kind j then earns v[c, j] = max_w (m[c, w] - send[c, w, j]) / need[c, w, j] in each
circumstance in which it is alive. By weak duality no fleet costs less than

    sum_cw share_c m[c, w] - sum_q q quota - sum_g worth_g limit_g + sum_g left_g owned_g

where worth_g is what a unit earns beyond its cost and left_g what its cost is beyond what it
earns. Where an offer has no limit it must not earn beyond its cost: prices that say so are cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.optimize.mix.cells import Cells
from lepta.optimize.mix.model import Circumstance, Model

__all__ = ["Prices", "earned", "prove"]

Array = npt.NDArray[np.float64]

NOISE = 1e-7
"""Relative size below which what a unit earns beyond its cost counts as nothing."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of one period, in currency of the period, and the bound that they prove."""

    classes: tuple[Array, ...]
    """Per circumstance (W,): serving the whole class, sum over the period."""
    limit: Array
    """(G,) one more unit within the limit, over the period."""
    quota: Array
    """(Q,) one more within the quota, over the period."""
    bound: float
    """On unit costs, sending and penalties of the period."""


def prove(
    model: Model,
    stages: Sequence[Circumstance],
    cells: Sequence[Cells],
    cost: Array,
    classes: Sequence[Array],
    quota: Array,
) -> Prices:
    """Make prices consistent and return what they prove.

    `cost` (G,) per unit held through the period, `classes` per circumstance (W,) and `quota` (Q,)
    are the prices to start from: any will do, good ones prove more.
    """
    market = model.market
    quota = np.maximum(quota, 0.0)
    paid = cost + (quota @ model.quota_use if len(quota) else 0.0)
    classes = [np.maximum(price, 0.0) for price in classes]
    classes = _below_apis(model, stages, cells, classes)
    machine = ~market.serverless & (market.limit > 0)
    if len(cells) == 1:
        classes = [_below_machines(model, cells[0], paid, classes[0])]
    for _ in range(3):
        gains = earned(model, stages, cells, classes)
        over = machine & np.isinf(market.limit) & (gains > paid)
        if over.any() and len(quota):
            quota = _raised(model, quota, np.where(over, gains - paid, 0.0))
            paid = cost + quota @ model.quota_use
            over &= gains > paid * (1 + 1e-12)
        if not over.any():
            break
        with np.errstate(divide="ignore", invalid="ignore"):
            part = float(np.min(np.maximum(paid[over], 0.0) / gains[over]))
        classes = [price * part * (1 - 1e-15) for price in classes]
    gains = earned(model, stages, cells, classes)
    ahead = np.where(machine, gains - paid, 0.0)
    held = np.isfinite(market.limit)
    limit = np.where(held, np.maximum(ahead, 0.0), 0.0)
    left = np.where(machine, np.maximum(-ahead, 0.0), 0.0)
    bound = sum(
        here.share * float(price[one.classes].sum())
        for here, one, price in zip(stages, cells, classes, strict=True)
    )
    bound -= float(quota @ model.quota) if len(quota) else 0.0
    bound -= float(limit[held] @ market.limit[held])
    bound += float(left @ market.owned)
    bound -= _rate_limits(model, cells, classes)
    shown = np.where(limit > NOISE * np.abs(paid), limit, 0.0)
    return Prices(tuple(classes), shown, quota, bound)


def _raised(model: Model, quota: Array, ahead: Array) -> Array:
    """Let the tightest quota of an offer be worth what its units earn beyond their cost (G,).

    A solver may keep a quota as the bound of a column, and say nothing of its price.
    """
    quota = quota.copy()
    for g in np.flatnonzero(ahead > 0):
        mine = np.flatnonzero(model.quota_use[:, g] > 0)
        if len(mine):
            q = mine[np.argmin(model.quota[mine])]
            quota[q] += ahead[g] / model.quota_use[q, g]
    return quota


def _below_apis(
    model: Model,
    stages: Sequence[Circumstance],
    cells: Sequence[Cells],
    classes: Sequence[Array],
) -> list[Array]:
    """No class is worth more than leaving it unserved, or sending it to an API without limit."""
    cut = []
    for one, price in zip(cells, classes, strict=True):
        price = price.copy()
        price[one.classes] = np.minimum(price[one.classes], one.lose)
        free = model.kinds.serverless[one.j] & (one.most >= 1e9)
        np.minimum.at(price, one.w[free], one.send[free])
        cut.append(price)
    return cut


def _below_machines(model: Model, cells: Cells, paid: Array, price: Array) -> Array:
    """With one circumstance: no class is worth more than a machine without limit that serves it."""
    market, price = model.market, price.copy()
    free = np.isinf(market.limit) & ~market.serverless
    cheapest = np.where(model.kinds.serverless, 0.0, np.inf)  # an API fills no machine
    np.minimum.at(cheapest, model.kinds.of[free], (np.maximum(paid, 0.0) / market.up)[free])
    machine = np.isfinite(cheapest[cells.j])  # the cheapest API is infinite here: it has no units
    most = (cells.send + cells.need * np.where(machine, cheapest[cells.j], 0.0))[machine]
    np.minimum.at(price, cells.w[machine], most)
    return price


def earned(
    model: Model,
    stages: Sequence[Circumstance],
    cells: Sequence[Cells],
    classes: Sequence[Array],
) -> Array:
    """Return what one unit of each offer earns through the period at these prices, (G,)."""
    market = model.market
    total = np.zeros(len(market.offers))
    for here, one, price in zip(stages, cells, classes, strict=True):
        each = np.zeros(len(model.kinds.serverless))
        machine = one.need > 0
        with np.errstate(over="ignore"):
            gain = (price[one.w] - one.send)[machine] / one.need[machine]
        np.maximum.at(each, one.j[machine], gain)
        total += np.where(here.alive, market.up * each[model.kinds.of], 0.0)
    return total


def _rate_limits(model: Model, cells: Sequence[Cells], classes: Sequence[Array]) -> float:
    """Return what the rate limits of APIs are worth at these prices."""
    total = 0.0
    for one, price in zip(cells, classes, strict=True):
        api = model.kinds.serverless[one.j] & (one.most < 1e9)
        gain = np.maximum((price[one.w] - one.send)[api], 0.0)
        total += float(gain @ one.most[api])
    return total
