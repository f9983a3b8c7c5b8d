"""M1 where each start costs something: which nodes to turn on, and how long to run them.

    minimise    price @ time + fixed @ on
    subject to  supply @ time >= need,   0 <= time <= limit * on,   on in {0, 1}

No node need run longer than it takes to meet every need alone, so a start is worth at least
fixed / limit per unit of time with that shorter limit: a linear program, whose bound is proven by
its prices. At most one node per resource is between off and full there, so turning those on costs
little more. Where that is more than the gap that was asked for, nodes whose reduced cost exceeds
the gap are settled (Dantzig, Fulkerson & Johnson 1954), and branch and bound searches the others.
"""

from dataclasses import dataclass, replace

import numpy as np

from lepta.errors import LeptaError
from lepta.numerics.columns import Market, Places
from lepta.numerics.linear import Matrix, Program, Status, solve
from lepta.numerics.program import Array, Mask
from lepta.optimize.cover_program import Solved, cheapest
from lepta.optimize.verify_cover import lower_bound

__all__ = ["OnOff", "on_off", "relaxed"]

CORE = 40
"""Nodes nearest to the margin that a first search may turn on or off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnOff:
    """Which nodes are on, the program of their times, the cost, and what is proven of it."""

    on: Places
    market: Market
    """The nodes that are on, whose times are `times`."""
    times: Solved
    cost: float
    bound: float
    proven: float
    """What the resource prices alone prove."""
    shadow_price: Array
    """The resource prices of that proof."""

    @property
    def gap(self) -> float:
        """Return (cost - bound) / cost."""
        return (self.cost - self.bound) / self.cost if self.cost > 0 else 0.0


def relaxed(market: Market, fixed: Array) -> Market:
    """Return the linear program in which a start is paid by the time that a node runs."""
    alone = np.zeros(market.price.size)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for need, row in zip(market.need, market.supply, strict=True):
            if need > 0:
                np.maximum(alone, np.where(row > 0, need / row, 0.0), out=alone)
    limit = np.minimum(market.limit, np.where(fixed > 0, alone, np.inf))
    share = np.divide(fixed, limit, out=np.zeros_like(alone), where=(fixed > 0) & (limit > 0))
    return Market(price=market.price + share, supply=market.supply, need=market.need, limit=limit)


def on_off(market: Market, fixed: Array, *, gap: float, time_limit_s: float) -> OnOff:
    """Find nodes to turn on, and times, to a proven gap where time allows.

    Raises
    ------
    LeptaError
        The limit of time came before any answer, or the numbers lie too far apart.
    """
    linear = relaxed(market, fixed)
    found = cheapest(linear, time_limit_s=time_limit_s)
    shadow = found.shadow_price
    bound = lower_bound(linear.price, linear.supply, linear.need, linear.limit, shadow)
    best = _timed(market, fixed, found.runs(linear)[0], bound, shadow, time_limit_s)
    if best.gap <= gap:
        return best
    dear = _dear(linear, shadow)
    near = np.zeros(fixed.size, dtype=bool)
    near[np.argsort(np.abs(dear), kind="stable")[:CORE]] = True
    costs = fixed > 0
    core = _Search(
        on=~near & (dear < 0), open=near & costs, free=near & ~costs, slack=np.inf, proves=False
    )
    best = _searched(market, fixed, linear, best, core, gap, time_limit_s)
    if best.gap <= gap:
        return best
    slack = best.cost - best.bound
    search = _Search(
        on=costs & (-dear > slack),
        open=costs & (-dear <= slack) & (np.minimum(fixed, dear) <= slack) & (linear.limit > 0),
        free=~costs & (linear.limit > 0),
        slack=slack,
        proves=True,
    )
    return _searched(market, fixed, linear, best, search, gap, time_limit_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """Which nodes are on, which may be on or off, and which start for nothing; the rest is off."""

    on: Mask
    open: Mask
    free: Mask
    slack: float
    """By how much the optimum may lie above the bound."""
    proves: bool
    """Nothing is left out that could be better; else nodes that are on run to their limits."""


def _dear(linear: Market, shadow: Array) -> Array:
    """Return what running a node to its limit costs more than it is worth (n,), start included."""
    margin = linear.price - shadow @ linear.supply
    with np.errstate(invalid="ignore"):
        return np.where(margin == 0, 0.0, margin * linear.limit)


def _timed(
    market: Market, fixed: Array, on: Places, bound: float, shadow: Array, time_limit_s: float
) -> OnOff:
    """Run the nodes that are on as cheaply as they can."""
    part = market.only(on, market.need)
    times = cheapest(part, time_limit_s=time_limit_s)
    runs, time = times.runs(part)
    cost = float(np.sum(part.price[runs] * time)) + float(np.sum(fixed[on[runs]]))
    return OnOff(
        on=on,
        market=part,
        times=times,
        cost=cost,
        bound=min(bound, cost),
        proven=bound,
        shadow_price=shadow,
    )


def _searched(
    market: Market,
    fixed: Array,
    linear: Market,
    best: OnOff,
    search: _Search,
    gap: float,
    time_limit_s: float,
) -> OnOff:
    """Search the nodes that are open by branch and bound; return the better answer and bound.

    The columns: full times left unused by nodes that are on, shares of the limit of the others,
    and whether those are on. Amounts count in needs, money in `unit`.
    """
    rows = np.flatnonzero(market.need > 0)
    on, open_, free = (np.flatnonzero(mask) for mask in (search.on, search.open, search.free))
    unit = max(best.cost / max(on.size + open_.size, 1), 1e-300)
    matrix = market.supply[rows] / market.need[rows, None]
    full = matrix[:, on] @ linear.limit[on]
    spent = float(market.price[on] @ linear.limit[on]) + float(fixed[on].sum())
    margin = linear.price - best.shadow_price @ linear.supply
    if not search.proves:
        on = on[:0]
    saved = fixed[on] / linear.limit[on] - margin[on]  # what less time on a node that is on costs
    unused = np.minimum(linear.limit[on], search.slack / np.maximum(saved, 1e-300))
    with np.errstate(divide="ignore", over="ignore"):
        most = np.minimum(linear.limit[free], search.slack / np.maximum(margin[free], 0.0))
        alone = np.where(matrix[:, free] > 0, 1.0 / matrix[:, free], 0.0).max(axis=0, initial=0.0)
    most = np.minimum(most, alone)
    share = np.concatenate((-unused, linear.limit[open_], most))
    who = np.concatenate((on, open_, free))
    columns, count, m = who.size, open_.size, rows.size
    top = matrix[:, who] * share
    place = np.arange(count)
    row, column = np.nonzero(top)
    program = Program(
        cost=np.concatenate((market.price[who] * share, fixed[open_])) / unit,
        matrix=Matrix.triplets(
            np.concatenate((row, m + place, m + place)),
            np.concatenate((column, on.size + place, columns + place)),
            np.concatenate((top[row, column], np.ones(count), -np.ones(count))),
            shape=(m + count, columns + count),
        ),
        row_low=np.concatenate((1.0 - full, np.full(count, -np.inf))),
        row_high=np.concatenate((np.full(m, np.inf), np.zeros(count))),
        low=np.zeros(columns + count),
        high=np.ones(columns + count),
        integer=np.arange(columns + count) >= columns,
    )
    wanted = gap * best.cost / max(best.cost - spent, gap * best.cost)
    try:
        found = solve(program, gap=min(wanted, 1.0), time_limit_s=time_limit_s)
    except LeptaError:  # the answer in hand stands, with its gap
        return best
    bound = best.bound
    if search.proves and found.status in (Status.OPTIMAL, Status.FEASIBLE):
        bound = max(bound, min(spent + found.bound * unit, best.cost))
    if found.x.size:
        chosen = np.zeros(fixed.size, dtype=bool)
        chosen[open_] = found.x[columns:] > 0.5
        chosen |= search.on | search.free
        step = _timed(market, fixed, np.flatnonzero(chosen), bound, best.shadow_price, time_limit_s)
        if step.cost < best.cost:
            best = step
    return replace(best, bound=min(bound, best.cost))
