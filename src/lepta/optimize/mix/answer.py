"""From arrays to a `FleetPlan`: units, starts, routes, prices and sums, period by period."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from lepta.domain.periods import Horizon, Period
from lepta.domain.plan import (
    Emergency,
    FleetPlan,
    Outlook,
    PlanCase,
    Routing,
    ShadowPrice,
    Started,
    UnitsHeld,
)
from lepta.optimize.mix.horizon import Ties
from lepta.optimize.mix.join import Whole, starts_of
from lepta.optimize.mix.model import GIVEN, Model
from lepta.optimize.mix.proof import Prices
from lepta.optimize.mix.settle import Fleet

__all__ = ["NOISE", "plan_of"]

Array = npt.NDArray[np.float64]

NOISE = 1e-12
"""Relative error of adding floats: a cost this close to its bound is the bound."""


def plan_of(
    case: PlanCase,
    model: Model,
    horizon: Horizon,
    whole: Whole,
    prices: Sequence[Prices],
    ties: Ties | None,
    *,
    bound: float,
    gap: float,
    cost_now: float | None,
    unknown: tuple[str, ...],
) -> FleetPlan:
    """Write the answer down; costs are added up from its rows."""
    units: list[UnitsHeld] = []
    routing: list[Routing] = []
    detours: list[Routing] = []
    shadow: list[ShadowPrice] = []
    started = _starts(model, horizon, whole)
    quotas = [quota.name for quota in case.quotas]
    for step, period in enumerate(horizon.periods):
        units += _units(model, period, whole.fleets[step])
        tables = whole.fleets[step].routes
        routing += _routing(model, period, tables[0])
        for here, table in zip(model.stages[step][1:], tables[1:], strict=True):
            detours += _routing(model, period, table, here.name)
        shadow += _shadow_prices(case.currency, quotas, model, step, period, prices[step])
        if ties is not None:
            shadow += _start_prices(case.currency, model, step, period, ties)
    if ties is not None and ties.tonne > 0:
        shadow.append(_carbon_price(case.currency, horizon, ties.tonne))
    carbon, carbon_cost = _carbon(model, whole)
    outlooks = _outlooks(case, model, whole)
    cost = float(sum(row.cost for row in units) + sum(row.cost for row in started) + carbon_cost)
    cost += float(
        sum(one.probability * (one.cost + one.penalty) for one in outlooks)
        if outlooks
        else sum(row.cost for row in routing)
    )
    if cost - bound <= NOISE * cost:  # the two were added up in different orders
        bound = cost
    distance = (cost - bound) / cost if cost > 0 else 0.0
    return FleetPlan(
        status="optimal" if distance <= gap else "feasible",
        currency=case.currency,
        cost=cost,
        bound=max(bound, 0.0),
        gap=min(distance, 1.0),
        cost_now=cost_now,
        hours=horizon.hours,
        units=tuple(units),
        starts=tuple(started),
        routing=tuple(routing),
        detours=tuple(detours),
        carbon_kg=carbon,
        carbon_cost=carbon_cost,
        emergencies=_emergencies(case, model, horizon, whole),
        outlooks=outlooks,
        shadow_prices=tuple(shadow),
        unknown=unknown,
        current=case.current,
    )


def _units(model: Model, period: Period, fleet: Fleet) -> list[UnitsHeld]:
    market = model.market
    return [
        UnitsHeld(
            offer=market.offers[g].id,
            start=period.start,
            hours=period.hours,
            count=int(fleet.units[g]),
            cost=int(fleet.units[g]) * period.hours * float(market.price[g]),
        )
        for g in np.flatnonzero(fleet.units)
    ]


def _starts(model: Model, horizon: Horizon, whole: Whole) -> list[Started]:
    market, begun = model.market, starts_of(model, whole.units)
    return [
        Started(
            offer=market.offers[g].id,
            start=horizon.periods[step].start,
            order=horizon.periods[step].start - timedelta(hours=market.offers[g].lead_hours),
            count=int(begun[step, g]),
            cost=int(begun[step, g]) * float(market.start[g]),
        )
        for step, g in zip(*np.nonzero(begun), strict=True)
    ]


def _routing(model: Model, period: Period, table: Array, under: str = "") -> list[Routing]:
    market, rows = model.market, []
    for w, g in zip(*np.nonzero(table), strict=True):
        rate = float(table[w, g])
        rows.append(
            Routing(
                demand_class=market.classes[w],
                offer=market.offers[g].id,
                start=period.start,
                hours=period.hours,
                rate_per_s=rate,
                cost=3600.0 * period.hours * rate * float(market.per_request[w, g]),
                under=under,
            )
        )
    return rows


def _shadow_prices(
    currency: str,
    quotas: Sequence[str],
    model: Model,
    step: int,
    period: Period,
    prices: Prices,
) -> list[ShadowPrice]:
    """Prices of the relaxation: what a class costs, what a limit costs, in the long run.

    With whole machines held fixed most duals are 0 (a machine that runs anyway has room) and jump
    at the next one; the relaxation shares each machine out, which is what budgets need.
    """

    def price(kind: str, name: str, value: float, unit: str, under: str = "") -> ShadowPrice:
        return ShadowPrice(
            kind=kind,
            name=name,
            start=period.start,
            hours=period.hours,
            value=value,
            unit=unit,
            emergency=under,
        )

    per_thousand = f"{currency} per 1,000 requests"
    saved = f"{currency} per hour saved by one more unit"
    market, stages = model.market, model.stages[step]
    rates = stages[0].rates
    requests = 3600.0 * period.hours * np.where(rates > 0, rates, 1.0) / 1000.0
    worth = sum(here.share * value for here, value in zip(stages, prices.classes, strict=True))
    found = [
        price("class", market.classes[w], float(np.asarray(worth)[w] / requests[w]), per_thousand)
        for w in np.flatnonzero(rates > 0)
    ]
    found += [
        price(
            "circumstance",
            market.classes[w],
            float(here.share * value[w] / requests[w]),
            per_thousand,
            here.name,
        )
        for here, value in zip(stages[1:], prices.classes[1:], strict=True)
        for w in np.flatnonzero((value > 0) & (rates > 0))
    ]
    found += [
        price("limit", market.offers[g].id, float(prices.limit[g]) / period.hours, saved)
        for g in np.flatnonzero(prices.limit > 0)
    ]
    found += [
        price("quota", quota, float(prices.quota[q]) / period.hours, saved)
        for q, quota in enumerate(quotas)
        if prices.quota[q] > 0
    ]
    return found


def _start_prices(
    currency: str, model: Model, step: int, period: Period, ties: Ties
) -> list[ShadowPrice]:
    return [
        ShadowPrice(
            kind="start",
            name=model.market.offers[g].id,
            start=period.start,
            hours=period.hours,
            value=float(ties.start[step, g]),
            unit=f"{currency} saved by one more unit that runs already",
        )
        for g in np.flatnonzero(ties.start[step] > 0)
    ]


def _carbon_price(currency: str, horizon: Horizon, tonne: float) -> ShadowPrice:
    return ShadowPrice(
        kind="carbon",
        name="carbon limit",
        start=horizon.periods[0].start,
        hours=horizon.hours,
        value=tonne,
        unit=f"{currency} saved by one more tonne",
    )


def _carbon(model: Model, whole: Whole) -> tuple[float | None, float]:
    """Return emissions in kg (None where a machine that is held does not say) and their cost."""
    units, market = whole.units, model.market
    held = units.sum(axis=0) > 0
    hours = model.hours @ units
    tonnes = float(np.nan_to_num(market.carbon) @ hours)
    known = not np.isnan(market.carbon[held]).any()
    return (tonnes * 1000.0 if known else None), tonnes * model.carbon_price


def _outlooks(case: PlanCase, model: Model, whole: Whole) -> tuple[Outlook, ...]:
    """Tell what each scenario costs per request and in penalties, as if it were sure to come."""
    if not case.scenarios:
        return ()
    names = [one.name for one in case.scenarios]
    places = [0, *range(len(model.stages[0]) - len(names), len(model.stages[0]))]
    found = []
    for place, name in zip(places, [GIVEN, *names], strict=True):
        weight = model.stages[0][place].weight
        sent = fine = wanted = missed = 0.0
        for step, fleet in enumerate(whole.fleets):
            here = model.stages[step][place]
            left = fleet.spent[place][2]
            hour = 3600.0 * model.hours[step]
            sent += hour * float((model.market.per_request * fleet.routes[place]).sum())
            lost = left > 0
            if here.penalty is not None and lost.any():
                fine += hour * float((here.rates * left)[lost] @ here.penalty[lost])
            wanted += float(here.rates.sum()) * model.hours[step]
            missed += float(here.rates @ left) * model.hours[step]
        found.append(
            Outlook(
                scenario=name,
                probability=weight,
                cost=sent,
                penalty=fine,
                unserved=float(missed / wanted) if wanted else 0.0,
            )
        )
    return tuple(found)


def _emergencies(
    case: PlanCase, model: Model, horizon: Horizon, whole: Whole
) -> tuple[Emergency, ...]:
    """Tell for each loss the least share of a class that the rest of the fleet still serves."""
    found = []
    count = len(model.stages[0]) - 1 - len(case.scenarios)
    for place in range(1, 1 + count):
        here = model.stages[0][place]
        least, worst = np.inf, horizon.periods[0].start
        for step, fleet in enumerate(whole.fleets):
            rates = model.stages[step][place].rates
            asked = rates > 0
            served = fleet.routes[place].sum(axis=1)[asked] / rates[asked]
            if served.size and served.min() < least - 1e-9:
                least, worst = float(served.min()), horizon.periods[step].start
        scope, _, lost = here.name.partition(" ")
        found.append(
            Emergency(
                scope=scope,
                lost=lost,
                wanted=here.share,
                # Without any demand the promise is kept as it was given.
                served=min(least, 1.0) if np.isfinite(least) else here.share,
                worst=worst,
            )
        )
    return tuple(found)
