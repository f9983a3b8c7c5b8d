"""Sentences on everything that is not known of a case, or is given and changes nothing."""

from dataclasses import replace
from difflib import get_close_matches

from lepta.domain.periods import Horizon
from lepta.domain.plan import PlanCase
from lepta.domain.promises import Measure, Scope
from lepta.errors import listing
from lepta.optimize.mix.known import api_price, known_carbon, known_price
from lepta.optimize.mix.market import Market

__all__ = ["missing_routes", "notices"]


def notices(case: PlanCase, horizon: Horizon) -> list[str]:
    """Say what of the case is not known, and what is not used."""
    return [
        *_prices(case),
        *_gaps(horizon),
        *_idle_profiles(case, horizon),
        *_emissions(case),
        *_tokens(case, horizon),
        *_places(case),
        *_latencies(case, horizon),
        *_memories(case, horizon),
        *_unused(case),
    ]


def _prices(case: PlanCase) -> list[str]:
    missing = sorted(offer.id for offer in case.offers if not known_price(offer))
    if not missing:
        return []
    return [
        f"The price of {listing(missing)} is unknown (blank or 0): not planned with. "
        "A reserved offer that is paid already may say 0."
    ]


def _idle_profiles(case: PlanCase, horizon: Horizon) -> list[str]:
    """Name classes that have a profile but no demand: left out on purpose, or misspelled."""
    strange = sorted({profile.demand_class for profile in case.profiles} - set(horizon.classes))
    if not strange:
        return []
    near = get_close_matches(strange[0], horizon.classes, n=1)
    meant = f" (is {near[0]} meant?)" if near else ""
    return [f"Profiles name {listing(strange)}, of which there is no demand{meant}: not used."]


def _emissions(case: PlanCase) -> list[str]:
    missing = sorted(offer.id for offer in case.offers if not known_carbon(case, offer))
    if not missing:
        return []
    return [f"The emissions of {listing(missing)} are not known: not planned with, as they count."]


def _tokens(case: PlanCase, horizon: Horizon) -> list[str]:
    """Name classes that could go to an API if anybody said how many tokens they have."""
    known = {one.name: one for one in case.classes}
    profiled = {(point.demand_class, point.offer) for point in case.profiles}
    missing = sorted(
        f"{name} on {offer.id}"
        for offer in case.offers
        if offer.serverless and known_price(offer)
        for name in horizon.classes
        if (name, offer.id) in profiled and api_price(offer, known.get(name)) is None
    )
    if not missing:
        return []
    return [
        f"The price of a request is not known for {listing(missing, 4)}: not planned with; give "
        "input_tokens and output_tokens in classes.csv."
    ]


def _places(case: PlanCase) -> list[str]:
    """Name machines whose place is not known, where the loss of a place must be survived."""
    said = []
    for promise in case.promises.survive:
        if promise.scope is Scope.POOL:  # what is not spot is in no pool, and is not lost with one
            continue
        lost = sorted(o.id for o in case.offers if not o.serverless and not promise.scope.of(o))
        if lost:
            said.append(
                f"The {promise.scope.value} of {listing(lost)} is not known: planned as if no loss "
                "could hit it."
            )
    return said


def _latencies(case: PlanCase, horizon: Horizon) -> list[str]:
    """Name what an objective is compared with, where a part of it is not known."""
    asked = {one.name for one in case.classes if one.latency_ms is not None} & set(horizon.classes)
    trips = {(r.demand_class, r.offer) for r in case.routes if r.round_trip_ms is not None}
    points = [p for p in case.profiles if p.demand_class in asked and p.rate_per_s > 0]
    blind = sorted({f"{p.demand_class} on {p.offer}" for p in points if p.latency_ms is None})
    far = sorted(
        {f"{p.demand_class} to {p.offer}" for p in points if (p.demand_class, p.offer) not in trips}
    )
    said = []
    if blind:
        said.append(
            f"The profile of {listing(blind, 4)} states no latency: taken as inside the objective."
        )
    if far:
        said.append(f"The round trip of {listing(far, 4)} is not known: planned as none.")
    return said


def _memories(case: PlanCase, horizon: Horizon) -> list[str]:
    """Name offers of which nobody says whether replicas fit."""
    holds = {one.name for one in case.classes if one.memory_gib} & set(horizon.classes)
    offers = {offer.id: offer for offer in case.offers}
    blind = sorted(
        {
            p.offer
            for p in case.profiles
            if p.demand_class in holds
            and not offers[p.offer].serverless
            and offers[p.offer].memory_gib is None
        }
    )
    if not blind:
        return []
    return [f"The accelerator memory of {listing(blind)} is not known: not planned with there."]


def _unused(case: PlanCase) -> list[str]:
    """Name what was given and changes nothing."""
    said = []
    fined = sorted(one.name for one in case.classes if one.penalty_per_request is not None)
    if fined and not case.scenarios:
        said.append(f"The penalty of {listing(fined)} is not used: there are no scenarios.")
    for quota in case.quotas:
        if not any(quota.weight(offer) for offer in case.offers):
            said.append(f"The quota {quota.name} holds no offer: nothing matches it.")
        elif quota.measure is Measure.ACCELERATORS:
            bare = replace(quota, measure=Measure.UNITS)
            missing = sorted(
                o.id for o in case.offers if bare.weight(o) and not o.accelerator_count
            )
            if missing:
                said.append(
                    f"The accelerators of {listing(missing)} are not counted: they use nothing of "
                    f"the quota {quota.name}."
                )
    apis = sorted(offer.id for offer in case.offers if offer.serverless)
    if apis and (case.promises.carbon_price or case.promises.carbon_limit is not None):
        said.append(f"The emissions of {listing(apis)} are not known, and not counted.")
    return said


def _gaps(horizon: Horizon) -> list[str]:
    said = []
    for gap in horizon.gaps:
        span = f"from {gap.start:%Y-%m-%d %H:%MZ} to {gap.end:%Y-%m-%d %H:%MZ}"
        said.append(
            f"No row of demand covers {gap.demand_class} {span}: planned as no demand."
            if gap.demand_class
            else f"No row of demand covers the time {span}: it is not planned."
        )
    return said


def missing_routes(case: PlanCase, market: Market) -> list[str]:
    """Name pairs that serve without a route: nothing is known of what sending there costs."""
    if not case.routes:
        return []
    given = {(route.demand_class, route.offer) for route in case.routes}
    missing = [
        f"{name} to {offer.id}"
        for w, name in enumerate(market.classes)
        for g, offer in enumerate(market.offers)
        if market.able[w, g] > 0 and (name, offer.id) not in given
    ]
    if not missing:
        return []
    return [f"routes.csv has no row for {listing(missing, 4)}: planned as no cost per request."]
