"""Small commitment cases for tests: built by hand, or drawn by hypothesis."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import linprog

from lepta.domain.commitment import Category, CommitCase, Contract, Forecast, Holding, Pool

T0 = datetime(2026, 11, 23, tzinfo=UTC)


def pool(family: str = "a", region: str = "r", price: float | None = 4.0) -> Pool:
    return Pool(family=family, region=region, price_per_hour=price)


def contract(name: str, hours: float, **values: Any) -> Contract:
    if "discount" not in values:
        values = {"price_per_hour": 2.0, **values}
    return Contract(id=name, hours=hours, **values)


def forecast(units: Any, pools: tuple[Pool, ...]) -> Forecast:
    """Take units[scenario][hour][pool], or [scenario][hour] where there is one pool."""
    array = np.asarray(units, dtype=float)
    if array.ndim == 2:
        array = array[:, :, None]
    names = tuple((p.family, p.region) for p in pools)
    return Forecast(start=T0, pools=names, units=array)


def owned(name: str, units: float, begin: int, end: int) -> Holding:
    hour = timedelta(hours=1)
    return Holding(contract=name, units=units, start=T0 + begin * hour, end=T0 + end * hour)


@st.composite
def cases(
    draw: st.DrawFn, *, crossing: bool = True, whole: bool = True
) -> tuple[CommitCase, Forecast]:
    """Draw up to three pools, up to three contracts, few hours and scenarios; small numbers."""
    places = [("a", "r"), ("a", "s"), ("b", "r")][: draw(st.integers(1, 3))]
    prices = [draw(st.sampled_from([2.0, 3.0, 5.0, 7.5])) for _ in places]
    pools = tuple(pool(f, r, p) for (f, r), p in zip(places, prices, strict=True))
    hours = draw(st.sampled_from([4, 6]))
    scenarios = draw(st.integers(1, 4))
    count = hours * scenarios * len(pools)
    flat = draw(st.lists(st.integers(0, 4), min_size=count, max_size=count))
    scopes = [("a", "r"), ("a", "s"), ("b", "r"), ("a", None), (None, None)]
    if crossing:
        scopes.append((None, "r"))
    contracts = []
    for n in range(draw(st.integers(1, 3))):
        family, region = draw(st.sampled_from(scopes))
        values: dict[str, Any] = {"family": family, "region": region}
        if draw(st.booleans()) and draw(st.booleans()):
            values |= {"category": Category.SPEND, "discount": draw(st.sampled_from([0.2, 0.5]))}
            values["lot"] = 1.5 if whole else None
        else:
            values["price_per_hour"] = draw(st.sampled_from([0.7, 1.4, 2.6, 4.0]))
            values["lot"] = draw(st.sampled_from([None, 2.0]))
        values["minimum"] = draw(st.sampled_from([0.0, 0.0, 3.0]))
        values["maximum"] = draw(st.sampled_from([None, 3.0, 6.0]))
        values["upfront_share"] = draw(st.sampled_from([0.0, 1.0]))
        contracts.append(contract(f"c{n}", hours // draw(st.sampled_from([1, 1, 2])), **values))
    if all(c.hours < hours for c in contracts):
        contracts.append(contract("long", hours, family="z", region="z"))
    holdings = ()
    if draw(st.booleans()):
        holdings = (owned("c0", draw(st.integers(1, 2)), -3, draw(st.integers(1, hours))),)
    case = CommitCase(
        pools=pools,
        contracts=tuple(contracts),
        owned=holdings,
        capital=draw(st.sampled_from([0.0, 0.9])),
    )
    return case, forecast(np.reshape(flat, (scenarios, hours, len(pools))), pools)


def cheapest_hour(usage: np.ndarray, market: Any, lines: tuple[int, ...], units: Any) -> float:
    """What an hour costs on demand when the lines are applied in the best way there is (SciPy)."""
    pairs = [
        (n, i, each)
        for n in lines
        if units[n] > 0
        for i, each in zip(market.lines[n].offering.pools, market.lines[n].each, strict=True)
    ]
    whole = float(usage @ market.price)
    if not pairs:
        return whole
    rows = np.zeros((len(units) + len(usage), len(pairs)))
    for column, (n, i, each) in enumerate(pairs):
        rows[n, column] = each
        rows[len(units) + i, column] = 1.0
    best = linprog(
        [-market.price[i] for _, i, _ in pairs], A_ub=rows, b_ub=[*units, *usage], method="highs"
    )
    return whole + best.fun


def cheapest_costs(market: Any, units: Any) -> np.ndarray:
    """Cost of each scenario for these units, each hour at its best."""
    committed = sum(u * line.cost for u, line in zip(units, market.lines, strict=True))
    costs = np.full(len(market.usage), float(committed))
    seen: dict[tuple[Any, ...], float] = {}
    for window in market.windows:
        for s, hour in product(range(len(costs)), range(window.begin, window.end)):
            key = (window.lines, tuple(market.usage[s, hour]))
            if key not in seen:
                seen[key] = cheapest_hour(market.usage[s, hour], market, window.lines, units)
            costs[s] += seen[key] * market.worth[0, hour]
    return costs


def purchases(market: Any) -> list[tuple[float, ...]]:
    """Every set of whole lots that may be bought."""
    options = []
    for line in market.lines:
        if line.units is not None:
            options.append([line.units])
            continue
        limit = line.offering.contract.maximum
        most = line.most if limit is None else min(line.most, limit)
        lots = [n * line.lot for n in range(int(most / line.lot + 1e-9) + 1)]
        options.append([u for u in lots if u == 0 or u >= line.offering.contract.minimum])
    return list(product(*options))
