"""Lower bounds of the bill of each scenario, linear in the units bought.

In one hour, with usage u, prices p and units x, what commitments take off the bill is

    maximize    sum_li p_i y_li
    subject to  sum_i each_li y_li <= x_l,   sum_l y_li <= u_i,   y >= 0

Any worth m_l >= 0 of a unit of line l and w_i >= 0 of a unit of usage with

    w_i + each_li m_l >= p_i      for all i that l covers

bounds it from above by m @ x + w @ u for every x (weak duality), and the bill on demand from below
by (p - w) @ u - m @ x. Summed over the hours of a scenario that is one cut (Van Slyke & Wets 1969).
The prices built here belong to the way in which the lines were applied, and are exact wherever that
way is the best one; elsewhere the cut is lower, and true.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.optimize.commitbill import Settled, settle
from lepta.optimize.commitmarket import Market

__all__ = ["Cut", "cut_at"]

Array = npt.NDArray[np.float64]

DRY = 1e-9
"""Less than this share of a line's units, or of usage, is nothing left."""


@dataclass(frozen=True, slots=True)
class Cut:
    """on_demand[s] >= base[s] - slope[s] @ x for all x; `on_demand` is the bill at one x."""

    on_demand: Array
    base: Array
    """(S,)."""
    slope: Array
    """(S, L)."""


def cut_at(market: Market, units: Array) -> Cut:
    """Apply the lines, and price what they cover and what is left of them."""
    scenarios = len(market.usage)
    on_demand, base = np.zeros(scenarios), np.zeros(scenarios)
    slope = np.zeros((scenarios, len(market.lines)))
    for part in settle(market, units):
        begin, end = part.window.begin, part.window.end
        worth, usage = market.worth[:, begin:end], market.usage[:, begin:end]
        on_demand += ((part.rest @ market.price) * worth).sum(axis=1)
        unit_worth, usage_worth = _prices(market, part, usage, units)
        base += (((market.price - usage_worth) * usage).sum(axis=2) * worth).sum(axis=1)
        for n, price in unit_worth.items():
            slope[:, n] += (price * worth).sum(axis=1)
    return Cut(on_demand, base, slope)


def _prices(
    market: Market, part: Settled, usage: Array, units: Array
) -> tuple[dict[int, Array], Array]:
    """Return m per line (S, n) and w (S, n, P), which keep w_i + each_li m_l >= p_i everywhere.

    Usage that is paid on demand is worth nothing more (w = 0), and makes its lines worth its price.
    Usage wholly covered starts at w = p, and comes down as far as a full line that covers it could
    earn elsewhere, unless another line stands idle for it.
    """
    paid = part.rest > DRY * usage
    worth = np.where(paid, 0.0, market.price)
    idle = np.zeros_like(paid)
    for n, free in part.left.items():
        spare = free > DRY * units[n]
        for place in market.lines[n].offering.pools:
            idle[:, :, place] |= spare
    lines = [n for n in part.window.lines if market.lines[n].most > 0]
    priced = {n: _line_worth(market, n, worth) for n in lines}
    if len(market.price) == 1:
        return priced, worth
    for _ in market.price:
        for (n, place), covered in part.taken.items():
            each = market.lines[n].each[market.lines[n].offering.pools.index(place)]
            lower = np.maximum(market.price[place] - each * priced[n], 0.0)
            falls = ~paid[:, :, place] & ~idle[:, :, place] & (covered > 0)
            falls &= lower < worth[:, :, place]
            worth[:, :, place] = np.where(falls, lower, worth[:, :, place])
        priced = {n: _line_worth(market, n, worth) for n in lines}
    return priced, worth


def _line_worth(market: Market, n: int, worth: Array) -> Array:
    """The least m_l that keeps every promise to the usage that the line covers."""
    line = market.lines[n]
    most = np.zeros(worth.shape[:2])
    for place, each in zip(line.offering.pools, line.each, strict=True):
        most = np.maximum(most, (market.price[place] - worth[:, :, place]) / each)
    return most
