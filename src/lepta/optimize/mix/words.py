"""The sentences of a fleet plan: what it costs and saves, what runs when, what binds, what else.

Only values come in; nothing is solved here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from lepta.domain.periods import Horizon
from lepta.domain.plan import FleetPlan, PlanCase, UnitsHeld
from lepta.errors import listing
from lepta.optimize.mix.known import known_price
from lepta.optimize.mix.market import Market
from lepta.optimize.mix.promised import contradiction, promised, taken_on_trust
from lepta.optimize.mix.writing import count, moment, money

__all__ = ["Now", "RunnerUp", "explain", "why_short"]

Array = npt.NDArray[np.float64]
Rates = tuple[float, ...]

MOST_LINES = 8
"""Offers, classes and limits that get a sentence of their own; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """What runs now: its cost over the horizon, and which demand it cannot carry."""

    cost: float | None
    known: bool
    """Whether anybody said what runs now."""
    unpriced: tuple[str, ...] = ()
    beyond_limit: tuple[str, ...] = ()
    short: Mapping[Rates, Array] = field(default_factory=dict)
    """Demand -> unserved rate per class (W,), at the target utilization."""
    short_at_full: frozenset[Rates] = frozenset()
    """Demands that it cannot carry even at full load."""


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """The best fleet under one restriction.

    `bound` is None where it cannot serve `uncarried`; `cost` also where time allowed no solve.
    """

    name: str
    cost: float | None
    bound: float | None
    """No fleet under the restriction costs less."""
    same: bool
    """The plan keeps the restriction already."""
    uncarried: tuple[str, ...] = ()


def explain(
    case: PlanCase,
    market: Market,
    horizon: Horizon,
    plan: FleetPlan,
    now: Now,
    others: Sequence[RunnerUp],
    more: Sequence[str] = (),
) -> FleetPlan:
    """Return the plan with its sentences, and with what is unknown about what runs now."""
    unknown = plan.unknown
    if now.unpriced:
        unknown += (f"The cost of what runs now is unknown: {listing(now.unpriced)} has no price.",)
    if not now.known:
        unknown += ("What runs now is not known (no current.csv): no saving can be stated.",)
    if plan.cost is None:
        said = [
            *_why_not(case, plan),
            *contradiction(plan.conflict),
            *_carries(case, horizon, now),
        ]
    else:
        said = [
            *_total(case, plan, now),
            *_carries(case, horizon, now),
            *_machines(plan),
            *_marginal(case, plan),
            *_binding(plan),
            *promised(case, plan),
            *more,
            *_rivals(plan, others),
            *_certificate(case, plan),
            *taken_on_trust(case, plan),
        ]
    return replace(plan, explanation=tuple(said), unknown=unknown)


def why_short(case: PlanCase, market: Market, w: int, *, under: str = "") -> str:
    """Say why a class cannot be served whole: nothing can, nothing priced can, or limits bind."""
    name = market.classes[w]
    if under:
        return f"when {under} comes, all that is left to serve {name} is at its limit"
    able = {p.offer for p in case.profiles if p.demand_class == name and p.rate_per_s > 0}
    if not able:
        return f"no offer can serve {name}: no profile with a rate above 0"
    if miss := nearest_miss(case, name):
        return miss
    priced = {offer.id for offer in case.offers if known_price(offer)}
    blind = {o.id for o in case.offers if o.serverless and o.id in able & priced}
    if able & priced and able & priced <= blind and not np.any(market.able[w]):
        return (
            f"only {listing(sorted(blind))} could serve {name}, and the price of a request is not "
            "known: give input_tokens and output_tokens in classes.csv"
        )
    if not able & priced:
        return f"only offers without a known price can serve {name}: {listing(sorted(able))}"
    serving = np.flatnonzero(market.able[w])
    full = [
        f"{market.offers[g].id} ({market.limit[g]:.0f})"
        for g in serving
        if np.isfinite(market.limit[g])
    ]
    full += [
        f"{market.offers[g].id} ({market.able[w, g]:g}/s)"
        for g in serving
        if market.offers[g].serverless
    ]
    if not len(serving):
        return f"every profile of {name} would need so many units that it is taken for a slip"
    if len(full) < len(serving):
        return f"quotas leave no room for more of what serves {name}"
    return f"every offer that serves {name} is at its limit: {listing(full)}"


def nearest_miss(case: PlanCase, name: str) -> str:
    """Say which offer comes nearest to what a class asks for, where none serves it; else ""."""
    asked = next((one for one in case.classes if one.name == name), None)
    if asked is None:
        return ""
    trips = {(r.demand_class, r.offer): r.round_trip_ms or 0.0 for r in case.routes}
    offers = {offer.id: offer for offer in case.offers}
    points = [p for p in case.profiles if p.demand_class == name and p.rate_per_s > 0]
    inside = [p for p in points if not asked.regions or offers[p.offer].region in asked.regions]
    if not inside:
        there = sorted({offers[p.offer].region or "nowhere stated" for p in points})
        return (
            f"no offer in {' or '.join(asked.regions)} has a profile of {name}; those that have "
            f"are in {listing(there)}"
        )
    took = {p: (p.latency_ms or 0.0) + trips.get((name, p.offer), 0.0) for p in inside}
    best = min(inside, key=lambda p: (took[p], p.offer))
    if asked.latency_ms is not None and took[best] > asked.latency_ms * (1 + 1e-12):
        return (
            f"no offer serves {name} within {asked.latency_ms:g} ms; the nearest, {best.offer}, "
            f"takes {took[best]:g} ms, {took[best] - asked.latency_ms:g} ms too long"
        )
    if asked.memory_gib and all(
        (room := offers[p.offer].memory_gib) is not None and room < asked.memory_gib for p in inside
    ):
        most = max(offers[p.offer].memory_gib or 0.0 for p in inside)
        return (
            f"a replica of {name} holds {asked.memory_gib:g} GiB, and no machine that serves it "
            f"has more than {most:g} GiB: add an offer of several machines that serve it together"
        )
    return ""


def _why_not(case: PlanCase, plan: FleetPlan) -> list[str]:
    if any(wish.kind == "whole" for wish in plan.conflict):
        # Nobody has proven that there is none: fractions of machines would do.
        return ["No fleet of whole machines was found that keeps all promises."]
    said = ["No fleet serves all demand within the limits and latency objectives."]
    for name in sorted({short.demand_class for short in plan.shortfalls}):
        mine = [short for short in plan.shortfalls if short.demand_class == name]
        worst = max(mine, key=lambda short: short.short_rate_per_s)
        said.append(
            f"{name} falls short in {count(len(mine), 'period')}, by up to "
            f"{worst.short_rate_per_s:.4g} requests/s (from {moment(worst.start)}): {worst.why}."
        )
    said.append(
        "What would help: raise a limit, add an offer with a profile for the class, or raise the "
        f"target utilization above {case.utilization:.0%}."
    )
    return said


def _total(case: PlanCase, plan: FleetPlan, now: Now) -> list[str]:
    cost = plan.cost or 0.0
    said = [
        f"The plan costs {money(cost)} {plan.currency} over {plan.hours:g} h, "
        f"{money(cost / plan.hours)} per hour on average."
    ]
    sent = sum(row.cost for row in plan.routing)
    parts = [
        (sum(row.cost for row in plan.starts), "starts"),
        (sent, "sending requests"),
        (plan.carbon_cost, "carbon"),
    ]
    named = [f"{money(amount)} is for {what}" for amount, what in parts if amount > 0]
    if named:
        said[0] = f"{said[0][:-1]}; of it {', '.join(named)}."
    if now.cost is None:
        return said
    saving = now.cost - cost
    head = f"What runs now costs {money(now.cost)} {plan.currency} over the same hours: the plan"
    if now.cost > 0 and saving >= 0:
        said.append(f"{head} saves {money(saving)} ({saving / now.cost:.1%}).")
    elif now.short:
        said.append(
            f"{head} costs {money(-saving)} more, because what runs now cannot carry the demand."
        )
    elif saving < 0:
        said.append(
            f"{head} costs {money(-saving)} more, because it pays for sending requests or keeps "
            "limits that what runs now does not keep."
        )
    if sent > 0:
        said.append("The cost of now counts machines only, so the saving is a low estimate.")
    return said


def _carries(case: PlanCase, horizon: Horizon, now: Now) -> list[str]:
    """Say whether what runs now can carry the demand."""
    if not now.known:
        return []
    rho = f"{case.utilization:.0%}"
    said = []
    bad = [period for period in horizon.periods if period.rates in now.short]
    if not bad:
        said.append(f"What runs now can carry all demand at the target utilization of {rho}.")
    else:
        worst: dict[str, tuple[float, datetime]] = {}
        for period in bad:
            for w in np.flatnonzero(now.short[period.rates] > 0):
                rate = float(now.short[period.rates][w])
                if rate > worst.get(horizon.classes[w], (0.0, period.start))[0]:
                    worst[horizon.classes[w]] = (rate, period.start)
        parts = [
            f"{name} by up to {rate:.4g}/s (from {moment(start)})"
            for name, (rate, start) in sorted(worst.items())
        ]
        said.append(
            f"What runs now cannot carry the demand of {len(bad)} of "
            f"{count(len(horizon.periods), 'period')} at {rho} utilization: short of "
            f"{listing(parts, 4)}."
        )
        if not any(period.rates in now.short_at_full for period in bad):
            said.append(f"At 100 % utilization it can: it runs hotter than the target of {rho}.")
    if now.beyond_limit:
        said.append(f"More runs now than the limit allows: {listing(now.beyond_limit)}.")
    return said


def _machines(plan: FleetPlan) -> list[str]:
    """Say per offer how many units, when most, what it costs and what it serves; dearest first."""
    rows: dict[str, list[UnitsHeld]] = {}
    for row in plan.units:
        rows.setdefault(row.offer, []).append(row)
    serves: dict[str, set[str]] = {}
    for sent in plan.routing:
        serves.setdefault(sent.offer, set()).add(sent.demand_class)
    total = max(plan.cost or 0.0, 1e-300)
    ranked = sorted(rows.items(), key=lambda item: (-sum(r.cost for r in item[1]), item[0]))
    said = []
    for name, held in ranked[:MOST_LINES]:
        cost = sum(row.cost for row in held)
        hours = sum(row.hours for row in held)
        most, least = max(row.count for row in held), min(row.count for row in held)
        if hours < plan.hours - 1e-6:
            least = 0
        if least == most:
            units = f"always {count(most, 'unit')}"
        else:
            peak = _when([row for row in held if row.count == most])
            units = f"{least} to {most} units (most {peak})"
        said.append(
            f"{name}: {units}, {money(cost)} {plan.currency} ({cost / total:.0%} of the cost), "
            f"serves {listing(sorted(serves.get(name, set())))}."
        )
    if len(ranked) > MOST_LINES:
        rest = sum(row.cost for _, held in ranked[MOST_LINES:] for row in held)
        said.append(f"{len(ranked) - MOST_LINES} more offers for {money(rest)} {plan.currency}.")
    return said


def _marginal(case: PlanCase, plan: FleetPlan) -> list[str]:
    rates: dict[tuple[str, datetime], float] = {}
    for row in plan.routing:
        key = (row.demand_class, row.start)
        rates[key] = rates.get(key, 0.0) + row.rate_per_s
    said = []
    tokens = {one.name: one.output_tokens for one in case.classes}
    mine = [price for price in plan.shadow_prices if price.kind == "class"]
    names = sorted({price.name for price in mine})
    for name in names[:MOST_LINES]:
        rows = [price for price in mine if price.name == name]
        weight = [rates.get((name, row.start), 0.0) * row.hours for row in rows]
        mean = float(np.average([row.value for row in rows], weights=weight))
        low, high = min(row.value for row in rows), max(row.value for row in rows)
        spread = "" if high - low <= 1e-6 * high else f" ({money(low)} to {money(high)})"
        said.append(
            f"1,000 more requests of {name} cost {money(mean)} {plan.currency} in the long run"
            f"{spread}{_per_million(tokens.get(name), mean, plan.currency)}."
        )
    if len(names) > MOST_LINES:
        said.append(f"{len(names) - MOST_LINES} more classes: see the shadow prices.")
    return said


def _per_million(tokens: float | None, price: float, currency: str) -> str:
    """Write a price per 1,000 requests also per million output tokens, where those are known."""
    return f", 1M more output tokens {money(1000 * price / tokens)} {currency}" if tokens else ""


def _binding(plan: FleetPlan) -> list[str]:
    mine = [price for price in plan.shadow_prices if price.kind == "limit"]
    worth: dict[str, float] = {}
    for price in mine:
        worth[price.name] = worth.get(price.name, 0.0) + price.value * price.hours
    said = []
    for name, total in sorted(worth.items(), key=lambda item: (-item[1], item[0]))[:MOST_LINES]:
        rows = [price for price in mine if price.name == name]
        hours = sum(row.hours for row in rows)
        said.append(
            f"The limit of {name} binds for {hours:g} h: one more unit would save about "
            f"{money(total / hours)} {plan.currency} per hour then, {money(total)} in all."
        )
    if len(worth) > MOST_LINES:
        said.append(f"{len(worth) - MOST_LINES} more limits bind: see the shadow prices.")
    return said


def _rivals(plan: FleetPlan, others: Sequence[RunnerUp]) -> list[str]:
    said = []
    cost = plan.cost or 0.0
    for other in others:
        name = other.name[0].upper() + other.name[1:]
        if other.same:
            said.append(f"{name} is what the plan chose.")
        elif other.bound is None:
            said.append(f"{name}: not possible, {listing(other.uncarried)} cannot be served.")
        elif other.cost is None and cost > 0:
            least = max(other.bound / cost - 1, 0.0)
            said.append(f"{name}: at least {money(other.bound)} {plan.currency}, +{least:.1%}.")
        elif other.cost is not None and cost > 0:
            more, least = (max(c / cost - 1, 0.0) for c in (other.cost, other.bound))
            if more - least > 2e-3 * (1 + more):  # its time ended before its proof
                said.append(
                    f"{name}: at most {money(other.cost)} {plan.currency}, +{least:.1%} to "
                    f"+{more:.1%}."
                )
            else:
                said.append(f"{name}: {money(other.cost)} {plan.currency}, +{more:.1%}.")
    return said


def _certificate(case: PlanCase, plan: FleetPlan) -> list[str]:
    bound, gap = plan.bound or 0.0, plan.gap or 0.0
    if plan.status == "optimal":
        if gap < 1e-9:
            tail = "this plan is the cheapest"
        elif gap <= 1e-6:
            tail = "this plan is within one millionth of it"
        else:
            tail = f"this plan is at most {gap:.3%} above it"
    elif case.promises.risk > 0 and case.scenarios:
        tail = f"this plan is at most {gap:.2%} above it on average, to be safer where it is worst"
    else:
        tail = f"this plan is at most {gap:.2%} above it; a longer --time-limit may close the gap"
    return [
        f"No fleet that keeps these promises costs less than {money(bound)} {plan.currency} "
        f"(proven by branch and bound): {tail}."
    ]


def _when(held: Sequence[UnitsHeld]) -> str:
    """Name the stretches of time of these rows, neighbors joined."""
    spans: list[tuple[datetime, datetime]] = []
    for row in sorted(held, key=lambda row: row.start):
        end = row.start + timedelta(hours=row.hours)
        if spans and abs(row.start - spans[-1][1]) <= timedelta(seconds=1):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((row.start, end))
    first = f"{moment(spans[0][0])} to {moment(spans[0][1])}"
    return first if len(spans) == 1 else f"{first} and {count(len(spans) - 1, 'more time')}"
