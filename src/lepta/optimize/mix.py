"""M2, the fleet plan: which machines, how many, when and where, so that all demand is served.

    minimize    sum_p h_p (sum_g price_g n_gp + sum_wg 3600 per_request_wg x_wgp)
    subject to  sum_g x_wgp = r_wp                      every request is served
                sum_w x_wgp / cap_wg <= rho n_gp        load within the target utilization
                n_gp <= limit_g, n_gp whole, x >= 0

Periods do not couple here (starts are not priced), so each different demand is solved once.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import numpy as np
import numpy.typing as npt

from lepta.domain.periods import Horizon, Period, cut
from lepta.domain.plan import FleetPlan, PlanCase, Routing, ShadowPrice, Short, UnitsHeld
from lepta.errors import InputError
from lepta.optimize.budget import Budget
from lepta.optimize.market import Market, check_case, known_price, market_of, survey
from lepta.optimize.mixprogram import Relaxed, Settled, better, relax, route, settle, short_rates
from lepta.optimize.mixrivals import SHARE, rivals
from lepta.optimize.mixwords import Now, explain, why_short
from lepta.optimize.verify import certified

__all__ = ["GAP", "TIME_LIMIT_S", "mix"]

Array = npt.NDArray[np.float64]
Rates = tuple[float, ...]

GAP = 1e-6
"""A plan this close to the bound (relatively) counts as optimal, where nobody asks for another."""
TIME_LIMIT_S = 60.0

NOISE = 1e-12
"""Relative error of adding floats: a cost this close to its bound is the bound."""


def mix(
    case: PlanCase,
    *,
    gap: float = GAP,
    time_limit_s: float = TIME_LIMIT_S,
    runner_ups: int = 3,
    clock: Callable[[], datetime] | None = None,
) -> FleetPlan:
    """Find the cheapest fleet that serves all demand, with its proof, its prices and its reasons.

    Parameters
    ----------
    case          offers, demand, profiles, routes and what runs now
    gap           relative distance from the lower bound at which a plan counts as optimal
    time_limit_s  of branch and bound, shared out between the different demands
    runner_ups    how many fleets of one accelerator to compare with; 0 saves their time
    clock         tells the time, so that time which one demand leaves over goes to the next

    The plan is "optimal" (proven within `gap`), "feasible" (the time ended first; its true gap is
    stated) or "infeasible" (no fleet serves all; `shortfalls` says which class, when, by how much
    and why). Every plan has passed `verify`.

    Raises
    ------
    InputError
        The case contradicts itself (names, intervals, options).
    LeptaError
        The plan failed its own check, or the solver broke down.
    """
    _check_options(gap, time_limit_s)
    check_case(case)
    horizon = cut(case.demand)
    market, unknown = survey(case, horizon)
    demands = list(dict.fromkeys(period.rates for period in horizon.periods))
    relaxed = {rates: relax(market, np.array(rates)) for rates in demands}
    possible = {rates: found for rates, found in relaxed.items() if found is not None}
    now = _now(case, market, horizon, demands)
    if len(possible) < len(demands):
        plan = _infeasible(case, market, horizon, set(demands) - set(possible), now, unknown)
        return certified(case, plan, gap=gap)
    settled = _settle_all(market, possible, now, gap=gap, budget=Budget(time_limit_s, clock))
    plan = _assemble(case, market, horizon, settled, possible, now, unknown, gap)
    others = rivals(market, horizon, plan, Budget(SHARE * time_limit_s, clock), most=runner_ups)
    return certified(case, explain(case, market, horizon, plan, now, others), gap=gap)


def _check_options(gap: float, time_limit_s: float) -> None:
    if not 0 <= gap < 1:
        raise InputError(f"the gap is {gap!r}", remedy="give a share from 0 to below 1, like 1e-4")
    if not time_limit_s > 0:
        raise InputError(
            f"the time limit is {time_limit_s!r} s", remedy="give a number of seconds above 0"
        )


def _settle_all(
    market: Market,
    possible: Mapping[Rates, Relaxed],
    now: Now,
    *,
    gap: float,
    budget: Budget,
) -> dict[Rates, Settled]:
    """Solve each different demand, in two rounds, within the time limit as a whole.

    Those that the first round does not prove share the time that is left in the second.
    """
    settled: dict[Rates, Settled] = {}
    open_ = list(possible)
    for turn in range(2):
        for place, rates in enumerate(open_):
            if turn and budget.over:
                return settled
            each = budget.share(place, len(open_), rounds=2)
            found = settle(market, np.array(rates), possible[rates], gap=gap, time_limit_s=each)
            before = settled.get(rates) or now.fleet.get(rates)
            settled[rates] = better(found, before) if before else found
        open_ = [rates for rates in open_ if not _proven(settled[rates], gap)]
    return settled


def _proven(settled: Settled, gap: float) -> bool:
    return settled.cost - settled.bound <= max(gap, NOISE) * settled.cost


def _assemble(
    case: PlanCase,
    market: Market,
    horizon: Horizon,
    settled: Mapping[Rates, Settled],
    relaxed: Mapping[Rates, Relaxed],
    now: Now,
    unknown: tuple[str, ...],
    gap: float,
) -> FleetPlan:
    units: list[UnitsHeld] = []
    routing: list[Routing] = []
    prices: list[ShadowPrice] = []
    bound = 0.0
    for period in horizon.periods:
        here = settled[period.rates]
        bound += here.bound * period.hours
        units += _units(market, period, here)
        routing += _routing(market, period, here)
        prices += _shadow_prices(case.currency, market, period, relaxed[period.rates])
    cost = float(sum(row.cost for row in units) + sum(row.cost for row in routing))
    if cost - bound <= NOISE * cost:  # the two were added up in different orders
        bound = cost
    distance = (cost - bound) / cost if cost > 0 else 0.0
    return FleetPlan(
        status="optimal" if distance <= gap else "feasible",
        currency=case.currency,
        cost=cost,
        bound=bound,
        gap=distance,
        cost_now=now.cost,
        hours=horizon.hours,
        units=tuple(units),
        routing=tuple(routing),
        shadow_prices=tuple(prices),
        unknown=unknown,
        current=case.current,
    )


def _units(market: Market, period: Period, here: Settled) -> list[UnitsHeld]:
    return [
        UnitsHeld(
            offer=market.offers[g].id,
            start=period.start,
            hours=period.hours,
            count=int(here.units[g]),
            cost=int(here.units[g]) * period.hours * float(market.price[g]),
        )
        for g in np.flatnonzero(here.units)
    ]


def _routing(market: Market, period: Period, here: Settled) -> list[Routing]:
    rows = []
    for w, g in zip(*np.nonzero(here.rates), strict=True):
        rate = float(here.rates[w, g])
        rows.append(
            Routing(
                demand_class=market.classes[w],
                offer=market.offers[g].id,
                start=period.start,
                hours=period.hours,
                rate_per_s=rate,
                cost=3600.0 * period.hours * rate * float(market.per_request[w, g]),
            )
        )
    return rows


def _shadow_prices(
    currency: str, market: Market, period: Period, relaxed: Relaxed
) -> list[ShadowPrice]:
    """Prices of the relaxation: what a class costs, what a limit costs, in the long run.

    With whole machines held fixed most duals are 0 (a machine that runs anyway has room) and jump
    at the next one; the relaxation shares each machine out, which is what budgets need.
    """

    def price(kind: str, name: str, value: float, unit: str) -> ShadowPrice:
        return ShadowPrice(
            kind=kind, name=name, start=period.start, hours=period.hours, value=value, unit=unit
        )

    per_thousand = f"{currency} per 1,000 requests"
    saved = f"{currency} per hour saved by one more unit"
    return [
        price("class", market.classes[w], float(relaxed.class_price[w]) * 1000.0, per_thousand)
        for w, rate in enumerate(period.rates)
        if rate > 0
    ] + [
        price("limit", market.offers[g].id, float(relaxed.limit_price[g]), saved)
        for g in np.flatnonzero(relaxed.limit_price > 0)
    ]


def _now(case: PlanCase, market: Market, horizon: Horizon, demands: list[Rates]) -> Now:
    """Look at what runs now: its cost, and what of the demand it can carry."""
    if case.current is None:
        return Now(cost=None, known=False)
    offers = {offer.id: offer for offer in case.offers}
    running = {name: units for name, units in case.current if units}
    unpriced = tuple(sorted(name for name in running if not known_price(offers[name])))
    each = sum(units * (offers[name].price_per_hour or 0.0) for name, units in running.items())
    fleet = [offers[name] for name in running]
    own = market_of(case, horizon.classes, fleet, utilization=case.utilization)
    units = np.array([running[offer.id] for offer in own.offers], dtype=float)
    own.limit[:] = units
    short: dict[Rates, Array] = {}
    for rates in demands:
        left = short_rates(own, np.array(rates), units)
        if np.any(left > 1e-6 * np.maximum(rates, 1e-300)):
            short[rates] = left
    full: set[Rates] = set()
    own.able[:] = own.able / case.utilization
    for rates in short:
        left = short_rates(own, np.array(rates), units)
        if np.any(left > 1e-6 * np.maximum(rates, 1e-300)):
            full.add(rates)
    beyond = {n: u for n, u in running.items() if (q := offers[n].limit) is not None and u > q}
    return Now(
        cost=None if unpriced else each * horizon.hours,
        known=True,
        unpriced=unpriced,
        beyond_limit=tuple(sorted(beyond)),
        short=short,
        short_at_full=frozenset(full),
        fleet={} if unpriced or beyond else _as_plan(market, running, demands, short),
    )


def _as_plan(
    market: Market, running: Mapping[str, int], demands: list[Rates], short: Mapping[Rates, Array]
) -> dict[Rates, Settled]:
    """Take what runs now as a plan where it carries the demand: no plan is ever dearer than it."""
    units = np.array([running.get(offer.id, 0) for offer in market.offers], dtype=float)
    found = {r: route(market, np.array(r), units) for r in demands if r not in short}
    return {rates: fleet for rates, fleet in found.items() if fleet is not None}


def _infeasible(
    case: PlanCase,
    market: Market,
    horizon: Horizon,
    impossible: set[Rates],
    now: Now,
    unknown: tuple[str, ...],
) -> FleetPlan:
    shortfalls: list[Short] = []
    missing = {rates: short_rates(market, np.array(rates)) for rates in impossible}
    for period in horizon.periods:
        if period.rates not in impossible:
            continue
        shortfalls += [
            Short(
                demand_class=market.classes[w],
                start=period.start,
                short_rate_per_s=float(missing[period.rates][w]),
                why=why_short(case, market, int(w)),
            )
            for w in np.flatnonzero(missing[period.rates] > 0)
        ]
    plan = FleetPlan(
        status="infeasible",
        currency=case.currency,
        cost=None,
        bound=None,
        gap=None,
        cost_now=now.cost,
        hours=horizon.hours,
        shortfalls=tuple(shortfalls),
        unknown=unknown,
        current=case.current,
    )
    return explain(case, market, horizon, plan, now, ())
