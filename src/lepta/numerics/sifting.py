"""Covering programs with far more columns than rows: sample, solve few columns, price all of them.

    minimise    price @ time
    subject to  supply @ time >= need,   0 <= time <= limit      (few rows, up to 10^7 columns)

With optimal row prices y, a column that costs less than what it supplies is worth (y @ supply)
runs to its limit, one that costs more does not run, and only where the two are equal is there
anything to decide. So: estimate y from a sample, decide the columns near the margin in a small
program, price *all* columns at the y that comes out, and repeat until the lower bound of that last
full pass meets the cost. That pass is the proof (weak duality); the sample decides how many passes
it takes, never what is right. Sifting (Bixby et al. 1992), with the sampling lemma of Clarkson
(1995).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lepta.numerics.columns import SPAN, Market, Places, spans
from lepta.numerics.program import Array, Mask

__all__ = ["Sifted", "Solver", "sift"]

TIE = 1e-9
"""Relative size below which a column is at the margin."""
CLOSED = 1e-10
"""Relative gap at which a full pass counts as the proof."""
MOST_ROUNDS = 10
GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
WIDEST = 1e6
"""Relative distance from the margin beyond which no column comes into question."""
CROWDED = 0.7
"""Share of columns near the margin above which leaving out the others is no help."""


Solver = Callable[[Market], tuple[Array, Array] | None]
"""Solves a program of few columns: times and row prices, or None where it cannot be met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """An optimal answer: which columns run, in order, for how long, and the row prices y (K,).

    `margin` are the columns at which price and worth are the same, and those between their bounds:
    all other columns that run are at their limits.
    """

    runs: Places
    time: Array
    """One value per column that runs."""
    y: Array
    margin: Places

    def times(self, size: int) -> Array:
        """Return the time of every column."""
        whole = np.zeros(size)
        whole[self.runs] = self.time
        return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class _Split:
    """What row prices say of every column: runs to its limit, at the margin, or does not run."""

    y: Array
    full: Mask | None
    """Columns at their limits; None where no column has one."""
    margin: Places
    given: Array
    """What the columns at their limits supply."""
    spent: float
    """What they cost."""
    bound: float
    """The lower bound that the row prices prove; -inf where they are too high."""


def sift(market: Market, few: Solver, *, size: int = 3_000) -> Sifted | None:
    """Solve a program of any number of columns with a solver for a few thousand (`size`).

    None: it did not come to a proof in a few rounds; the caller must solve the whole.
    """
    if market.price.size <= size:
        found = few(market)
        if found is None:
            return None
        runs = np.flatnonzero(found[0])
        every = np.arange(market.price.size)
        return Sifted(runs=runs, time=found[0][runs], y=found[1], margin=every)
    if not market.need.any():
        nothing = np.empty(0, dtype=np.intp)
        free = np.zeros(len(market.need))
        return Sifted(runs=nothing, time=np.empty(0), y=free, margin=nothing)
    y, band = _estimate(market, few, size)
    if y is None:
        return None
    split = best = _split(market, y, band)
    for _ in range(MOST_ROUNDS):
        split = _thin(market, split, size)
        part = _decide(market, split, few, size)
        if part is None:
            band = min(max(3 * band, 1e3 * TIE), WIDEST)
            split = _split(market, split.y, band)
            continue
        times, y = part
        cost = split.spent + float(np.sum(market.price[split.margin] * times))
        moved = np.abs(y - split.y) / np.maximum(np.maximum(y, split.y), 1e-300)
        band = min(band, max(4 * float(moved.max()), TIE))
        after = _split(market, y, band)
        if after.bound >= cost * (1 - CLOSED):
            return _sifted(market, split, times, after)
        if -np.inf < after.bound < best.bound:  # a step too far: the bound is concave in y
            after = _split(market, (best.y + y) / 2, band)
        best = max(best, after, key=lambda split: split.bound)
        split = after
    return None


def _sifted(market: Market, split: _Split, times: Array, after: _Split) -> Sifted:
    """Put together what was decided in the small program and what the prices say of the rest."""
    near = after.margin
    worth = after.y @ market.supply[:, near]
    margin = np.zeros(market.price.size, dtype=bool)
    margin[near] = np.abs(market.price[near] - worth) <= TIE * market.price[near]
    margin[split.margin[(times > 0) & (times < market.limit[split.margin])]] = True
    used = times > 0
    runs, time = split.margin[used], times[used]
    if split.full is not None:
        full = np.flatnonzero(split.full)
        runs, time = np.concatenate((runs, full)), np.concatenate((time, market.limit[full]))
        order = np.argsort(runs, kind="stable")
        runs, time = runs[order], time[order]
    return Sifted(runs=runs, time=time, y=after.y, margin=np.flatnonzero(margin))


def _split(market: Market, y: Array, band: float) -> _Split:
    """Price all columns once."""
    if market.endless:
        return _split_endless(market, y)
    full = np.zeros(market.price.size, dtype=bool)
    found, given, spent, saved, scale = [], np.zeros(len(y)), 0.0, 0.0, 1.0
    for span in spans(market.supply):
        price, supply, limit = market.price[span], market.supply[:, span], market.limit[span]
        margin = price - y @ supply
        held = np.isfinite(limit)
        near = np.abs(margin) <= band * price
        over = ~held & (margin < TIE * price)
        if over.any():
            near |= over
            scale = min(scale, _affordable(price[over], margin[over]))
        at = ~near & (margin < 0)
        full[span] = at
        time = np.where(at, limit, 0.0)
        given += supply @ time
        spent += float(price @ time)
        saved += float(np.minimum(margin, 0.0) @ np.where(held, limit, 0.0))
        found.append(np.flatnonzero(near) + span.start)
    bound = float(y @ market.need) * scale + saved if scale > 1 - 1e-6 else -np.inf
    return _Split(
        y=y, full=full, margin=np.concatenate(found), given=given, spent=spent, bound=bound
    )


def _split_endless(market: Market, y: Array) -> _Split:
    """Price all columns once where none has a limit: no column may be worth more than it costs."""
    found, scale = [], 1.0
    edge = TIE * float(market.price.max())
    worth = np.empty(SPAN)
    for span in spans(market.supply):
        price = market.price[span]
        margin = np.matmul(y, market.supply[:, span], out=worth[: price.size])
        np.subtract(price, margin, out=margin)
        if margin.min() > edge:
            continue
        near = np.flatnonzero(margin <= edge)
        price, margin = price[near], margin[near]
        scale = min(scale, _affordable(price, margin))
        found.append(near[margin <= TIE * price] + span.start)
    return _Split(
        y=y,
        full=None,
        margin=np.concatenate(found) if found else np.empty(0, dtype=np.intp),
        given=np.zeros(len(y)),
        spent=0.0,
        bound=float(y @ market.need) * scale,
    )


def _affordable(price: Array, margin: Array) -> float:
    """Return by what y must be scaled so that no column here is worth more than it costs."""
    worth = price - margin
    over = margin < 0
    return float((price[over] / worth[over]).min(initial=1.0))


def _estimate(market: Market, few: Solver, size: int) -> tuple[Array | None, float]:
    """Return row prices from a sample, and the width around them in which the margin lies."""
    index = _sample(market, size // 2)
    part = market.only(index, market.need)
    ratio = np.full(len(market.need), index.size / market.price.size)
    if not market.endless:  # as hard to meet as the whole
        whole = market.most()
        held = np.isfinite(whole) & (whole > 0)
        ratio[held] = part.most()[held] / whole[held]
    found = few(market.only(index, market.need * ratio))
    if found is None:
        return None, 0.0
    y = found[1]
    if market.endless:
        return y, TIE
    away = np.abs(part.price - y @ part.supply) / np.maximum(part.price, 1e-300)
    rows = len(market.need)
    band = float(np.quantile(away, min((4 + rows) / np.sqrt(index.size), 1.0)))
    return y, min(max(band, TIE), WIDEST)


def _sample(market: Market, size: int) -> Places:
    """Draw columns evenly; more of those that supply what few do."""
    index = _strewn(market.price.size, size)
    for row in market.supply:
        if np.count_nonzero(row[index]) < 20:
            those = np.flatnonzero(row)
            more = those[_strewn(those.size, size // len(market.supply))]
            index = np.union1d(index, more)
    return index


def _strewn(columns: int, size: int) -> Places:
    """Take one place from each of `size` runs, at golden-ratio steps: no cycle of kinds fits it."""
    if columns <= size:
        return np.arange(columns)
    run = np.arange(size)
    return np.asarray((run + (run * GOLDEN) % 1.0) * (columns / size), dtype=np.intp)


def _thin(market: Market, split: _Split, size: int) -> _Split:
    """Keep the half nearest to the margin where a crowd is near it, but not a tie."""
    near = split.margin
    if near.size <= max(CROWDED * market.price.size, size):
        return split
    price, supply, limit = market.price[near], market.supply[:, near], market.limit[near]
    margin = price - split.y @ supply
    held = np.isfinite(limit)
    away = np.where(held, np.abs(margin), margin) / np.maximum(price, 1e-300)
    half = float(np.median(away))
    if half <= TIE:
        return split
    keep = away <= half
    at = ~keep & held & (margin < 0)
    full = np.zeros(market.price.size, dtype=bool) if split.full is None else split.full.copy()
    full[near[at]] = True
    time = limit[at]
    return replace(
        split,
        full=full,
        margin=near[keep],
        given=split.given + supply[:, at] @ time,
        spent=split.spent + float(price[at] @ time),
    )


def _decide(market: Market, split: _Split, few: Solver, size: int) -> tuple[Array, Array] | None:
    """Solve the program of the columns at the margin, with the others as they are."""
    if not split.margin.size:
        return None
    part = market.only(split.margin, np.maximum(market.need - split.given, 0.0))
    if (part.need > part.most() * (1 + 1e-12)).any():
        return None
    if split.margin.size > max(CROWDED * market.price.size, size):
        return _in_blocks(part, split.y, few, size)
    found = sift(part, few, size=size)
    return few(part) if found is None else (found.times(part.price.size), found.y)


def _in_blocks(market: Market, y: Array, few: Solver, size: int) -> tuple[Array, Array] | None:
    """Solve where most columns are at the margin, as when all cost the same per unit.

    Columns that supply in like proportions run together, each to the same share of its limit.
    """
    order = _by_direction(market, y)
    held = np.isfinite(market.limit[order])
    apart, order = order[~held][:: max(1, int((~held).sum()) // size)], order[held]
    starts = np.unique(np.linspace(0, order.size, size + 1).astype(np.intp)[:-1])
    starts = starts[: order.size]
    limit = market.limit[order]
    joined = Market(
        price=np.concatenate((market.price[apart], _sums(market.price[order] * limit, starts))),
        supply=np.hstack((market.supply[:, apart], _sums(market.supply[:, order] * limit, starts))),
        need=market.need,
        limit=np.concatenate((np.full(apart.size, np.inf), np.ones(starts.size))),
    )
    found = few(joined)
    if found is None:
        return None
    times, y = found
    part = np.clip(times[apart.size :], 0.0, 1.0)
    time = np.zeros(market.price.size)
    time[apart] = times[: apart.size]
    share = np.repeat(part, np.diff(np.append(starts, order.size)))
    time[order] = share * limit
    return time, y


def _sums(values: Array, starts: Places) -> Array:
    if not starts.size:
        return values
    return np.asarray(np.add.reduceat(values, starts, axis=-1))


def _by_direction(market: Market, y: Array) -> Places:
    """Order columns so that those which supply in like proportions stand side by side."""
    worth = y @ market.supply
    worth[worth == 0] = 1.0
    shares = [np.round(y[k] * market.supply[k] / worth, 10) for k in np.flatnonzero(y)]
    return np.lexsort(shares or [worth])
