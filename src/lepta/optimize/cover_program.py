"""M1 as a program whose numbers lie near 1: solved whole where nodes are few, else by sifting.

Either way what comes out is a `Solved`: the columns that matter in scaled form, with an optimal
answer and its prices, about which the questions of `numerics/face.py` can be asked.
"""

from dataclasses import dataclass, replace

import numpy as np

from lepta.errors import InputError, LeptaError
from lepta.numerics.columns import Market, Places
from lepta.numerics.face import Covering, polish
from lepta.numerics.linear import Status, solve
from lepta.numerics.program import Array
from lepta.numerics.sifting import Sifted, sift
from lepta.numerics.vertex import sound, vertex

__all__ = ["Scale", "Solved", "cheapest", "given", "unfolded"]

FEW = 3_000
"""Nodes up to which the program is solved whole."""
THIN = 4
"""Rows up to which `numerics/vertex.py` is quicker than HiGHS (bench/bench_m1.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Units in which the numbers lie near 1, where a solver's tolerances are relative ones.

    x = time * spread / column; a need is `spread`; money is counted in `money`.
    """

    used: Places
    """Nodes that supply anything that is needed."""
    rows: Places
    """Resources that are needed."""
    column: Array
    spread: float
    money: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """An optimal answer `x` with row prices `y`, scaled; `places` says which nodes they are.

    Where nodes are many, only those at the margin are here, and one more column for all nodes that
    run to their limits, taken together: `full` are their places.
    """

    market: Market
    scale: Scale
    covering: Covering
    x: Array
    y: Array
    places: Places | None = None
    full: Places | None = None

    def runs(self, market: Market) -> tuple[Places, Array]:
        """Return which nodes of the whole market run, in order, and how long (caller's unit)."""
        used = self.scale.used
        most = self.market.limit[used]
        time = np.minimum(self.x * self.scale.column / self.scale.spread, most)
        time = np.where(self.x >= self.covering.high, most, time)  # to the last digit
        on = np.flatnonzero(time)
        used, time = used[on], time[on]
        if self.places is None:
            return used, time
        if self.full is None:
            return self.places[used], time
        own = used < self.places.size
        runs = np.concatenate((self.places[used[own]], self.full))
        time = np.concatenate((time[own], market.limit[self.full]))
        order = np.argsort(runs, kind="stable")
        return runs[order], time[order]

    @property
    def shadow_price(self) -> Array:
        """Return the price of each resource, in the caller's units."""
        shadow = np.zeros(self.market.need.size)
        rows = self.scale.rows
        shadow[rows] = self.y * self.scale.money / self.market.need[rows]
        return shadow


def cheapest(market: Market, *, time_limit_s: float, few: int = FEW) -> Solved:
    """Solve a program that can be met.

    Raises
    ------
    LeptaError
        The limit of time came first, or the numbers lie too far apart for the solver.
    """
    if market.price.size <= few:
        return _whole(market, time_limit_s=time_limit_s)

    def part(market: Market) -> tuple[Array, Array] | None:
        if (market.need > market.most() * (1 + 1e-12)).any():
            return None
        found = _whole(market, time_limit_s=time_limit_s)
        time = np.zeros(market.price.size)
        runs, values = found.runs(market)
        time[runs] = values
        return time, found.shadow_price

    found = sift(market, part, size=few)
    if found is None:
        return _whole(market, time_limit_s=time_limit_s)
    return _at_the_margin(market, found)


def _whole(market: Market, *, time_limit_s: float) -> Solved:
    """Solve the program with all its columns; raises as `cheapest`."""
    scale = _scale(market)
    covering = _scaled(market, scale)
    x, y = _vertex(covering, time_limit_s)
    return Solved(market=market, scale=scale, covering=covering, x=x, y=y)


def _vertex(covering: Covering, time_limit_s: float) -> tuple[Array, Array]:
    """Return an optimal answer and its prices: ours where that is quick, HiGHS where it is not.

    Whichever is asked first, the other one is asked where its answer proves too little.
    """
    rows, columns = covering.matrix.shape
    ours = vertex(covering) if rows <= THIN and columns <= 2 * FEW else None
    if ours is not None and sound(covering, *ours):
        return ours
    try:
        answer = solve(covering.program(), time_limit_s=time_limit_s)
    except LeptaError:  # the solver broke down on numbers too far apart
        answer = None
    theirs = None
    if answer is not None and answer.status is Status.OPTIMAL:
        theirs = polish(covering, answer.x, np.maximum(answer.row_dual, 0.0))
        if sound(covering, *theirs):
            return theirs
    elif answer is not None and answer.status in (Status.FEASIBLE, Status.UNKNOWN):
        raise LeptaError(
            f"the solver was not done after {time_limit_s:g} s",
            remedy="give it more time (time_limit_s), or fewer nodes",
        )
    if rows > THIN and columns <= FEW:
        ours = vertex(covering)
    found = ours if theirs is None or (ours is not None and sound(covering, *ours)) else theirs
    if found is None:  # there is an answer: the limits were summed up before
        raise LeptaError(
            "the solver finds no answer, though there is one: the numbers lie too far apart",
            remedy="leave out nodes that cost or supply a million times more or less than others",
        )
    return found


def unfolded(solved: Solved, market: Market) -> Solved:
    """Return the same answer with every node of the market a column of its own."""
    runs, values = solved.runs(market)
    time = np.zeros(market.price.size)
    time[runs] = values
    return _solved(market, time, solved.shadow_price)


def _at_the_margin(market: Market, found: Sifted) -> Solved:
    """Keep the nodes whose price is what they are worth, and take those at a limit as one."""
    places = found.margin
    few = market.only(places, market.need)
    at = np.isin(found.runs, places, assume_unique=True, invert=True)
    now = np.zeros(places.size)
    now[np.searchsorted(places, found.runs[~at])] = found.time[~at]
    if not at.any():
        return replace(_solved(few, now, found.y), places=places)
    full, time = found.runs[at], found.time[at]
    few = Market(
        price=np.append(few.price, np.sum(market.price[full] * time)),
        supply=np.hstack((few.supply, given(market, full, time)[:, None])),
        need=few.need,
        limit=np.append(few.limit, 1.0),
    )
    return replace(_solved(few, np.append(now, 1.0), found.y), places=places, full=full)


def given(market: Market, runs: Places, time: Array) -> Array:
    """Return what nodes supply of each resource, running so long."""
    return np.array([np.sum(row[runs] * time) for row in market.supply])


def _solved(market: Market, time: Array, shadow: Array) -> Solved:
    """Bring an answer into scaled form."""
    scale = _scale(market)
    return Solved(
        market=market,
        scale=scale,
        covering=_scaled(market, scale),
        x=time[scale.used] / scale.column * scale.spread,
        y=shadow[scale.rows] * market.need[scale.rows] / scale.money,
    )


def _scale(market: Market) -> Scale:
    rows = np.flatnonzero(market.need > 0)
    with np.errstate(over="ignore"):
        share = (market.supply[rows] / market.need[rows, None]).max(axis=0, initial=0.0)
    used = np.flatnonzero((share > 0) & (market.limit > 0))
    if not np.isfinite(share).all():
        raise InputError(
            "a need is too small beside what nodes supply",
            remedy="scale the units of the resource closer to 1",
        )
    column = 1.0 / share[used]
    room = market.limit[used] / column
    held = room[np.isfinite(room)]
    spread = float(np.clip(1.0 / np.median(held), 1.0, 1e9)) if held.size else 1.0
    whole = market.price[used] * column
    money = float(whole.min(initial=np.inf))
    if held.size:  # the price of the node at which the cheapest first would be enough
        order = np.argsort(whole, kind="stable")
        place = int(np.searchsorted(np.cumsum(room[order]), 1.0))
        money = float(whole[order[min(place, len(order) - 1)]])
    if not 0 < money < np.inf:
        money = float(np.median(whole[whole > 0])) if (whole > 0).any() else 1.0
    return Scale(used=used, rows=rows, column=column, spread=spread, money=money)


def _scaled(market: Market, scale: Scale) -> Covering:
    rows, used = scale.rows, scale.used
    with np.errstate(over="ignore"):
        return Covering(
            cost=market.price[used] * scale.column / scale.money,
            matrix=market.supply[np.ix_(rows, used)] * scale.column / market.need[rows, None],
            need=np.full(len(rows), scale.spread),
            high=market.limit[used] / scale.column * scale.spread,
        )
