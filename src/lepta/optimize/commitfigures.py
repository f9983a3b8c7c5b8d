"""From bills to what people read: saving, coverage, utilization, break-even, FOCUS lines."""

from collections.abc import Iterator
from datetime import datetime

import numpy as np
import numpy.typing as npt

from lepta.domain.commitment import (
    Bought,
    Category,
    CommitCase,
    Coverage,
    FocusLine,
    Held,
    Saving,
)
from lepta.numerics.tail import tail_mean, tail_quantile
from lepta.optimize.commitbill import Bill, bill
from lepta.optimize.commitmarket import Line, Market
from lepta.optimize.commitoffers import Offering
from lepta.optimize.commitprogram import TAIL
from lepta.optimize.commitwords import why
from lepta.units import HOURS_PER_MONTH

__all__ = [
    "bought_of",
    "coverage_of",
    "focus_of",
    "held_of",
    "pools_of",
    "saving_of",
    "utilization_of",
]

Array = npt.NDArray[np.float64]


def saving_of(before: Bill, after: Bill) -> Saving:
    """Compare two bills scenario by scenario."""
    saved = before.cost - after.cost
    return Saving(
        expected=float(saved.mean()),
        worst=-tail_mean(-saved, TAIL),
        quantile=-tail_quantile(-saved, TAIL),
    )


def coverage_of(market: Market, found: Bill) -> float | None:
    """Share of all usage, valued on demand, that commitments cover."""
    usage = market.usage.sum(axis=(0, 1)) / len(market.usage)
    total = float(usage @ market.price)
    return 1.0 - float(found.rest @ market.price) / total if total > 0 else None


def utilization_of(market: Market, found: Bill, units: Array) -> float | None:
    """Share of what is bought now that is used, each contract valued at its price."""
    paid = used = 0.0
    for n, line in enumerate(market.lines):
        if line.now and units[n] > 0:
            paid += units[n] * (line.end - line.begin) * line.price
            used += float(found.used[n].mean()) * line.price
    return used / paid if paid > 0 else None


def pools_of(market: Market, now: Bill, then: Bill) -> tuple[Coverage, ...]:
    """Coverage of each family and region, in unit-hours."""
    usage = market.usage.sum(axis=(0, 1)) / len(market.usage)
    return tuple(
        Coverage(
            family=pool.family,
            region=pool.region,
            usage=float(usage[n]),
            covered_now=max(float(usage[n] - now.rest[n]), 0.0),
            covered=max(float(usage[n] - then.rest[n]), 0.0),
        )
        for n, pool in enumerate(market.pools)
    )


def held_of(case: CommitCase, market: Market, found: Bill, start: datetime) -> tuple[Held, ...]:
    """How much of what is owned is used from the start of the horizon on."""
    rows = []
    for holding in case.owned:
        if holding.end <= start or not holding.units:
            continue
        same = [
            n
            for n, line in enumerate(market.lines)
            if line.units == holding.units and line.offering.contract.id == holding.contract
        ]
        hours = sum(market.lines[n].end - market.lines[n].begin for n in same)
        used = sum(float(found.used[n].mean()) for n in same)
        rows.append(
            Held(
                contract=holding.contract,
                units=holding.units,
                end=holding.end,
                used=used / (hours * holding.units) if hours else None,
            )
        )
    return tuple(rows)


def focus_of(market: Market, found: Bill, units: Array) -> tuple[FocusLine, ...]:
    """Expected charges of the horizon, undiscounted, as FOCUS groups them."""
    lines = [
        FocusLine(
            pricing_category="Standard",
            commitment=None,
            category=None,
            type=None,
            status=None,
            quantity=float(rest),
            unit=f"{pool.family} hours in {pool.region}",
            effective_cost=float(rest) * float(price),
        )
        for pool, rest, price in zip(market.pools, found.rest, market.price, strict=True)
    ]
    for n, line in enumerate(market.lines):
        if units[n] > 0:
            lines += _committed(line, float(units[n]), float(found.used[n].mean()))
    return tuple(lines)


def _committed(line: Line, units: float, used: float) -> Iterator[FocusLine]:
    contract = line.offering.contract
    total = units * (line.end - line.begin)
    for status, amount in (("Used", used), ("Unused", max(total - used, 0.0))):
        yield FocusLine(
            pricing_category="Committed",
            commitment=contract.id,
            category=contract.category.value,
            type=contract.type or None,
            status=status,
            quantity=amount,
            unit="unit-hours" if contract.category is Category.USAGE else "committed money",
            effective_cost=None if line.offering.price is None else amount * line.price,
        )


def bought_of(
    market: Market, found: tuple[Offering, ...], units: Array, now: Bill, *, careful: bool
) -> tuple[Bought, ...]:
    """One row per contract that is for sale, in the order of the file."""
    place = {line.offering.contract.id: n for n, line in enumerate(market.lines) if line.now}
    rows = []
    for offering in found:
        n = place.get(offering.contract.id)
        if n is not None:
            rows.append(_bought(market, n, units, now, careful=careful))
        elif offering.contract.maximum != 0:
            rows.append(_refused(offering))
    return tuple(rows)


def _refused(offering: Offering) -> Bought:
    contract = offering.contract
    return Bought(
        contract=contract.id,
        type=contract.type,
        category=contract.category.value,
        units=0.0,
        hours=float(offering.hours),
        cost=0.0,
        upfront=0.0,
        price_per_hour=offering.price,
        saving=0.0,
        break_even=None,
        used=None,
        next_used=None,
        break_even_hours=None,
        upfront_back_months=None,
        why=offering.why_not,
    )


def _bought(market: Market, n: int, units: Array, now: Bill, *, careful: bool) -> Bought:
    line, bought = market.lines[n], float(units[n])
    contract, hours = line.offering.contract, line.end - line.begin
    worth = float(market.worth[0, line.begin : line.end].sum())
    used = float(now.used[n].mean())
    # What an hour of full use of one unit would cost on demand: as it is used, or at its best.
    best = float(market.price[line.offering.pools[0]]) / line.each[0]
    value = float(now.displaced[n].mean()) / used * hours / worth if used > 0 else best
    break_even = line.cost / worth / value
    step = line.lot or max(0.01 * line.most, 1e-9)
    more = bill(market, _with(units, n, bought + step))
    gained = float((now.on_demand - more.on_demand).mean())
    next_used = gained / (step * worth * value)
    saving = 0.0
    if bought > 0:
        saving = float((bill(market, _with(units, n, 0.0)).cost - now.cost).mean())
    share = used / (bought * hours) if bought > 0 else None
    return Bought(
        contract=contract.id,
        type=contract.type,
        category=contract.category.value,
        units=bought,
        hours=float(hours),
        cost=bought * line.cost,
        upfront=bought * line.upfront,
        price_per_hour=line.price,
        saving=saving,
        break_even=break_even,
        used=share,
        next_used=next_used,
        break_even_hours=break_even * hours,
        upfront_back_months=_months(line, bought, used * value, hours),
        why=why(line, bought, share, break_even, next_used, careful=careful),
    )


def _with(units: Array, n: int, value: float) -> Array:
    changed = units.copy()
    changed[n] = value
    return changed


def _months(line: Line, bought: float, displaced: float, hours: int) -> float | None:
    """Months until what is paid upfront has come back out of what is not paid on demand."""
    upfront = bought * line.upfront
    if upfront <= 0:
        return None
    hourly = (bought * line.price * hours - upfront) / hours
    gained = displaced / hours - hourly
    months = upfront / gained / HOURS_PER_MONTH if gained > 0 else np.inf
    return float(months) if months * HOURS_PER_MONTH <= hours else None
