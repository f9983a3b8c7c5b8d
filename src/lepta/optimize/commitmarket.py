"""M3 as arrays: on-demand prices, hours and what they are worth, and lines of commitment.

A line is a contract at one time: bought now, meant to be bought when the one before expires, a
capacity block at its hours, or owned already.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from lepta.domain.commitment import (
    HOURS_PER_YEAR,
    Category,
    CommitCase,
    Forecast,
    Pool,
)
from lepta.optimize.commitoffers import HOUR, Offering

__all__ = [
    "Line",
    "Market",
    "Window",
    "market_of",
]

Array = npt.NDArray[np.float64]

WHOLE_LOT = 1e-9


@dataclass(frozen=True, slots=True)
class Line:
    """A contract over hours [begin, end) of the horizon; owned where `units` is given."""

    offering: Offering
    begin: int
    end: int
    each: tuple[float, ...]
    """What one unit of usage of each pool (in the order of `offering.pools`) takes of a unit."""
    price: float
    """Of one unit and hour; 0 where an owned one is unknown."""
    upfront: float
    cost: float
    """Of one unit over all its hours within the horizon, at present value."""
    lot: float
    """0: any amount."""
    most: float
    """No more than this can be used, or bought."""
    units: float | None = None

    @property
    def now(self) -> bool:
        """Tell whether it is bought now: signed, not only intended."""
        return self.units is None and (self.begin == 0 or self.offering.begin is not None)


@dataclass(frozen=True, slots=True)
class Window:
    """Hours [begin, end) with the same active lines, in the order in which they apply."""

    begin: int
    end: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Market:
    """Everything that the program and the bill look at."""

    pools: tuple[Pool, ...]
    price: Array
    """(P,) on-demand."""
    worth: Array
    """(1, T) or (S, T) what money in each hour is worth at the start."""
    usage: Array
    """(S, T, P)."""
    lines: tuple[Line, ...]
    """In the order in which they apply: the narrowest first, usage before spend."""
    windows: tuple[Window, ...]

    def scaled(self, factor: float) -> "Market":
        """Return the same market with another demand."""
        lines = tuple(_scaled(line, factor) for line in self.lines)
        return replace(self, usage=self.usage * factor, lines=lines)

    def signed(self, units: Array) -> "Market":
        """Return the market in which what is bought now is bought, as `units` says."""
        lines = tuple(
            replace(line, units=float(n), most=float(n)) if line.now else line
            for line, n in zip(self.lines, units, strict=True)
        )
        return replace(self, lines=lines)

    def grouped(self, size: int, *, merged: bool = False) -> "Market":
        """Return at most `size` groups per window in place of hours, each the mean of its hours.

        Hours of like usage are put together, scenario by scenario, or over all of them where they
        are `merged`. The cost of an hour is convex in its usage, so no purchase costs more in this
        market than in the whole one (Jensen).
        """
        usage, worth, windows, at = [], [], [], 0
        scenarios, _, pools = self.usage.shape
        for window in self.windows:
            part = self.usage[:, window.begin : window.end]
            weight = np.broadcast_to(self.worth[:, window.begin : window.end], part.shape[:2])
            if merged:
                part, weight = part.reshape(1, -1, pools), weight.reshape(1, -1) / scenarios
            order = np.argsort(_likeness(part, self.price, size), axis=1, kind="stable")
            weight = np.take_along_axis(weight, order, 1)
            part = np.take_along_axis(part, order[:, :, None], 1) * weight[:, :, None]
            cuts = np.unique(np.linspace(0, part.shape[1], size + 1).astype(int))[:-1]
            total = np.add.reduceat(weight, cuts, axis=1)
            usage.append(np.add.reduceat(part, cuts, axis=1) / total[:, :, None])
            worth.append(total)
            windows.append(Window(at, at + len(cuts), window.lines))
            at += len(cuts)
        return replace(
            self,
            usage=np.concatenate(usage, axis=1),
            worth=np.concatenate(worth, axis=1),
            windows=tuple(windows),
        )


def _likeness(usage: Array, price: Array, size: int) -> Array:
    """Give each hour a number by which hours of like usage stand together: (S, n).

    Of the three pools whose money varies most, all but the first are cut into as many levels as
    leave `size` groups in all.
    """
    places = np.argsort(usage.std(axis=(0, 1)) * price, kind="stable")[-3:]
    levels = max(round(size ** (1.0 / len(places))), 1)
    code = np.zeros(usage.shape[:2])
    for place in places[:-1]:
        line = usage[:, :, place]
        cuts = np.quantile(line, np.linspace(0, 1, levels + 1)[1:-1])
        code = code * levels + np.searchsorted(cuts, line)
    finest = usage[:, :, places[-1]]
    return np.asarray(code + finest / (float(finest.max()) + 1.0))


def _scaled(line: Line, factor: float) -> Line:
    """Let more be bought where more can be used; what is owned stays as it is."""
    if line.units is not None:
        return line
    limit = line.offering.contract.maximum
    grown = _up(line.most * max(factor, 1.0), line.lot)
    return replace(line, most=grown if limit is None else min(grown, limit))


def _up(units: float, lot: float) -> float:
    """Round up to whole lots, where there are lots."""
    return math.ceil(units / lot - WHOLE_LOT) * lot if lot else units


def market_of(case: CommitCase, found: tuple[Offering, ...], forecast: Forecast) -> Market:
    """Put lines, windows and usage together; `forecast` has the pools of the case with a price."""
    hours = forecast.units.shape[1]
    rate = (1.0 + case.capital) ** (-1.0 / HOURS_PER_YEAR)
    worth = rate ** np.arange(hours)
    kept = [n for n, pool in enumerate(case.pools) if pool.price_per_hour is not None]
    column = {place: n for n, place in enumerate(kept)}
    price = np.array([case.pools[n].price_per_hour or 0.0 for n in kept])
    found = tuple(
        replace(offering, pools=tuple(column[n] for n in offering.pools)) for offering in found
    )
    lines = _owned(case, found, price, worth, forecast.start)
    for offering in found:
        if not offering.why_not:
            lines += _to_buy(offering, price, worth, forecast.units)
    lines.sort(key=lambda line: _order(line, price))
    edges = sorted({0, hours, *(h for line in lines for h in (line.begin, line.end))})
    return Market(
        pools=tuple(case.pools[n] for n in kept),
        price=price,
        worth=worth[None, :],
        usage=forecast.units,
        lines=tuple(lines),
        windows=tuple(
            Window(
                begin,
                end,
                tuple(n for n, it in enumerate(lines) if it.begin <= begin and end <= it.end),
            )
            for begin, end in pairwise(edges)
        ),
    )


def _order(line: Line, price: Array) -> tuple[object, ...]:
    """Sort by how providers apply them: narrow before wide, usage before spend, owned first."""
    contract = line.offering.contract
    width = (contract.family is None) + (contract.region is None)
    dearest = float(price[line.offering.pools[0]]) if line.offering.pools else 1.0
    saved = contract.discount or (1.0 - line.price / dearest)
    spend = contract.category is Category.SPEND
    bound = contract.family is None, len(line.offering.pools), spend
    return (width, *bound, -saved, line.units is None, contract.id, line.begin)


def _each(offering: Offering, price: Array) -> tuple[float, ...]:
    if offering.contract.category is Category.USAGE:
        return (1.0,) * len(offering.pools)
    # Without a known discount an owned one is taken at list price: it covers the least it can.
    off = offering.contract.discount or 0.0
    return tuple(float(price[n]) * (1.0 - off) for n in offering.pools)


def _owned(
    case: CommitCase,
    found: tuple[Offering, ...],
    price: Array,
    worth: Array,
    start: datetime,
) -> list[Line]:
    by_name: Mapping[str, Offering] = {o.contract.id: o for o in found}
    lines = []
    for holding in case.owned:
        begin = max(round((holding.start - start) / HOUR), 0)
        end = min(round((holding.end - start) / HOUR), len(worth))
        offering = by_name[holding.contract]
        if begin >= end or not holding.units:
            continue
        each = offering.price or 0.0
        lines.append(
            Line(
                offering=offering,
                begin=begin,
                end=end,
                each=_each(offering, price),
                price=each,
                upfront=0.0,
                cost=each * float(worth[begin:end].sum()),
                lot=0.0,
                most=holding.units,
                units=holding.units,
            )
        )
    return lines


def _to_buy(offering: Offering, price: Array, worth: Array, usage: Array) -> list[Line]:
    """One line now and one per renewal that ends within the horizon; a block has its own hours."""
    contract, length = offering.contract, offering.hours
    if offering.begin is None:
        begins = list(range(0, len(worth) - length + 1, length))
    else:
        begins = [offering.begin]
    each = _each(offering, price)
    total = offering.price or 0.0
    upfront = contract.upfront_share * total * length + contract.upfront_per_unit
    hourly = total - upfront / length
    lot = contract.lot or (1.0 if contract.category is Category.USAGE else 0.0)
    lines = []
    for begin in begins:
        end = begin + length
        used = usage[:, begin:end, list(offering.pools)] @ np.array(each)
        most = max(_up(float(used.max(initial=0.0)), lot), contract.minimum)
        lines.append(
            Line(
                offering=offering,
                begin=begin,
                end=end,
                each=each,
                price=total,
                upfront=upfront,
                cost=upfront * float(worth[begin]) + hourly * float(worth[begin:end].sum()),
                lot=lot,
                most=most if contract.maximum is None else min(most, contract.maximum),
            )
        )
    return lines
