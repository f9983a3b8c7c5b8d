"""What can be planned with: the offers of a case as arrays, and what had to be left out, said."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt

from lepta.domain.demand import DemandClass
from lepta.domain.offer import Offer, Term
from lepta.domain.periods import Horizon
from lepta.domain.plan import PlanCase
from lepta.domain.promises import Measure, Scope
from lepta.errors import InputError, listing

__all__ = [
    "GIVEN",
    "Market",
    "api_price",
    "by_kind",
    "check_case",
    "fastest",
    "known_price",
    "market_of",
    "survey",
]

Array = npt.NDArray[np.float64]

GIVEN = "as given"
"""The circumstance of the demand table, with everything alive."""

MOST_UNITS = 1e7
"""A pair of class and offer that needs more units than this at its peak is left out, and said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Offers (G) and classes (W) in the order of their names, so that plans do not depend on rows.

    price        (G,)    currency per unit-hour held; expected restarts of spot units included
    limit        (G,)    most units at once; inf where none is known
    owned        (G,)    units held in any case
    able         (W, G)  rate per second of one unit at the target utilization, while it is up; of
                         a serverless offer the largest rate; 0 is cannot
    up           (G,)    share of the time in which a unit is up (spot: less the restarts)
    per_request  (W, G)  currency per request sent there: route, and price of the API
    start        (G,)    currency per start: machine time paid while starting, and start_cost
    min_hours    (G,)    shortest run
    carbon       (G,)    tonnes CO2e per unit-hour; NaN where it is not known
    memory       (G,)    GiB of one unit; NaN where it is not known
    holds        (W,)    GiB that a replica of the class holds; NaN where it is not said
    """

    classes: tuple[str, ...]
    offers: tuple[Offer, ...]
    price: Array
    limit: Array
    owned: Array
    able: Array
    up: Array
    per_request: Array
    start: Array
    min_hours: Array
    carbon: Array
    memory: Array
    holds: Array

    @property
    def serverless(self) -> npt.NDArray[np.bool_]:
        """Which offers have no units, (G,)."""
        return np.array([offer.serverless for offer in self.offers], dtype=bool)

    def only(self, keep: Sequence[int]) -> "Market":
        """Return the same market with these offers alone."""
        places = np.asarray(keep, dtype=np.int64)
        parts = {
            name: getattr(self, name)[places]
            for name in ("price", "limit", "owned", "up", "start", "min_hours", "carbon", "memory")
        }
        return Market(
            classes=self.classes,
            offers=tuple(self.offers[place] for place in keep),
            able=self.able[:, places],
            per_request=self.per_request[:, places],
            holds=self.holds,
            **parts,
        )


def check_case(case: PlanCase) -> None:
    """Refuse a case that contradicts itself.

    Raises
    ------
    InputError
        A name stands twice, is not among the offers, or the target utilization is 0.
    """
    if not case.utilization > 0:
        raise InputError(
            "the target utilization is 0: no machine may do any work",
            remedy="give a share above 0, such as 0.85",
        )
    names = {offer.id for offer in case.offers}
    keys: dict[str, list[tuple[str, ...]]] = {
        "offer": [(offer.id,) for offer in case.offers],
        "profile": [(p.demand_class, *_point(p.latency_ms), p.offer) for p in case.profiles],
        "route": [(r.demand_class, r.offer) for r in case.routes],
        "current": [(offer,) for offer, _ in case.current or ()],
    }
    for kind, found in keys.items():
        twice = sorted({key for key in found if found.count(key) > 1}) if _repeats(found) else []
        if twice:
            raise InputError(
                f"{kind} {', '.join(filter(None, twice[0]))} stands twice",
                remedy="keep one of the two",
            )
        if strange := sorted({key[-1] for key in found} - names):
            raise InputError(
                f"{kind} names an offer that the case does not have: {strange[0]}",
                remedy=f"there are {listing(sorted(names))}",
            )
    _check_names(case)
    _check_scenarios(case)
    for offer, units in case.current or ():
        if units < 0:
            raise InputError(
                f"{units} units of {offer} run now", remedy="give a number of units from 0"
            )


def _check_names(case: PlanCase) -> None:
    """Refuse names that stand twice where one is meant."""
    for kind, names in (
        ("class", [one.name for one in case.classes]),
        ("quota", [one.name for one in case.quotas]),
        ("pipeline", [one.name for one in case.pipelines]),
        ("scenario", [one.name for one in case.scenarios]),
    ):
        if _repeats([(name,) for name in names]):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"{kind} {twice} stands twice", remedy="keep one of the two")


def _check_scenarios(case: PlanCase) -> None:
    """Refuse scenarios that do not lie on the demand, or weigh more than 1 together."""
    total = math.fsum(one.probability for one in case.scenarios)
    if total > 1 + 1e-9:
        raise InputError(
            f"the probabilities of {len(case.scenarios)} scenarios sum to {total:g}",
            remedy="make them sum to 1 at most; the rest is the probability of the demand as given",
        )
    rows = {(row.demand_class, row.start): row.hours for row in case.demand}
    scopes = tuple(f"{scope.value} " for scope in Scope)
    for one in case.scenarios:
        if one.name.startswith(scopes) or one.name in ("", GIVEN):
            raise InputError(
                f"scenario {one.name!r} is called like something else in a plan",
                remedy="call it otherwise: not empty, not 'as given', not 'zone ...' and the like",
            )
        for row in one.demand:
            hours = rows.get((row.demand_class, row.start))
            if hours is None or abs(hours - row.hours) > 1e-6 * hours:
                raise InputError(
                    f"scenario {one.name} has demand of {row.demand_class} from "
                    f"{row.start.isoformat()} for {row.hours:g} h, which the demand table has not",
                    remedy="give scenarios the classes and intervals of the demand table",
                )


def _point(latency_ms: float | None) -> tuple[str, ...]:
    """Tell operating points of one pair apart."""
    return () if latency_ms is None else (f"at {latency_ms:g} ms",)


def _repeats(keys: Sequence[tuple[str, ...]]) -> bool:
    return len(set(keys)) < len(keys)


def known_price(offer: Offer) -> bool:
    """Tell whether the price may be planned with: 0 is a price only where it is already paid."""
    if offer.serverless:
        prices = (
            offer.price_per_request,
            offer.price_per_million_input_tokens,
            offer.price_per_million_output_tokens,
        )
        return any(price is not None and price > 0 for price in prices)
    price = offer.price_per_hour
    return price is not None and (price > 0 or offer.term is Term.RESERVED)


def api_price(offer: Offer, known: DemandClass | None) -> float | None:
    """Price one request to a serverless offer; None where the tokens of the class are not known."""
    total = offer.price_per_request or 0.0
    for price, tokens in (
        (offer.price_per_million_input_tokens, known.input_tokens if known else None),
        (offer.price_per_million_output_tokens, known.output_tokens if known else None),
    ):
        if price:
            if tokens is None:
                return None
            total += price * tokens / 1e6
    return total


def fastest(
    case: PlanCase, known: Mapping[str, DemandClass], regions: Mapping[str, str]
) -> dict[tuple[str, str], float]:
    """Return the largest rate of each pair (class, offer) that keeps latency and residency.

    Of several operating points the one with the largest rate counts whose latency and the round
    trip of the route lie within the objective together. A point that does not state its latency
    is inside the objective as it is profiled; the round trip alone must then lie within it.
    """
    trip = {(r.demand_class, r.offer): r.round_trip_ms or 0.0 for r in case.routes}
    best: dict[tuple[str, str], float] = {}
    for point in case.profiles:
        pair = (point.demand_class, point.offer)
        asks = known.get(point.demand_class)
        if asks is not None:
            latency = trip.get(pair, 0.0) + (point.latency_ms or 0.0)
            if asks.latency_ms is not None and latency > asks.latency_ms * (1 + 1e-12):
                continue
            if asks.regions and regions.get(point.offer, "") not in asks.regions:
                continue
        best[pair] = max(best.get(pair, 0.0), point.rate_per_s)
    return best


def market_of(
    case: PlanCase, classes: tuple[str, ...], offers: Sequence[Offer], *, utilization: float
) -> Market:
    """Lay out these offers as arrays; a price that is not known counts 0 here (see `survey`)."""
    ordered = tuple(sorted(offers, key=lambda offer: offer.id))
    row = {name: place for place, name in enumerate(classes)}
    column = {offer.id: place for place, offer in enumerate(ordered)}
    known = {one.name: one for one in case.classes}
    able = np.zeros((len(classes), len(ordered)))
    per_request = np.zeros_like(able)
    regions = {offer.id: offer.region for offer in ordered}
    for (name, offer_id), rate in fastest(case, known, regions).items():
        if name in row and offer_id in column:
            place = row[name], column[offer_id]
            offer = ordered[place[1]]
            holds = known[name].memory_gib if name in known else None
            if holds and offer.memory_gib is not None and holds > offer.memory_gib:
                continue
            able[place] = rate * (1.0 if offer.serverless else utilization)
    for route in case.routes:
        if route.demand_class in row and route.offer in column:
            per_request[row[route.demand_class], column[route.offer]] = route.per_request
    for g, offer in enumerate(ordered):
        if offer.serverless:
            for w, name in enumerate(classes):
                price = api_price(offer, known.get(name))
                able[w, g] = 0.0 if price is None else able[w, g]
                per_request[w, g] += price or 0.0
    hazard = np.array([_hazard(offer) for offer in ordered])
    lead = np.array([offer.lead_hours for offer in ordered])
    extra = np.array([offer.start_cost or 0.0 for offer in ordered])
    price_ = np.array([offer.price_per_hour or 0.0 for offer in ordered])
    return Market(
        classes=classes,
        offers=ordered,
        price=np.where([o.serverless for o in ordered], 0.0, price_ + hazard * extra),
        limit=np.array([math.inf if o.limit is None else float(o.limit) for o in ordered]),
        owned=np.array([float(offer.owned) for offer in ordered]),
        able=able,
        up=1.0 / (1.0 + hazard * lead),
        per_request=per_request,
        start=price_ * lead + extra,
        min_hours=np.array([offer.min_hours for offer in ordered]),
        carbon=np.array([_tonnes(offer) for offer in ordered]),
        memory=np.array([_or_nan(offer.memory_gib) for offer in ordered]),
        holds=np.array([_or_nan(known[n].memory_gib if n in known else None) for n in classes]),
    )


def _hazard(offer: Offer) -> float:
    return offer.interruptions_per_hour or 0.0


def _tonnes(offer: Offer) -> float:
    return _or_nan(0.0 if offer.serverless else offer.carbon_g_per_hour) / 1e6


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def survey(case: PlanCase, horizon: Horizon) -> tuple[Market, tuple[str, ...]]:
    """Return the market to plan with, and sentences on everything that is not known."""
    usable = [offer for offer in case.offers if known_price(offer) and _known_carbon(case, offer)]
    market = market_of(case, horizon.classes, usable, utilization=case.utilization)
    unknown = [*_prices(case), *_gaps(horizon), *_idle_profiles(case, horizon)]
    unknown += [*_emissions(case), *_tokens(case, horizon), *_places(case)]
    unknown += [*_latencies(case, horizon), *_memories(case, horizon), *_unused(case)]
    peak = np.max([period.rates for period in horizon.periods], axis=0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        hopeless = (market.able > 0) & (peak[:, None] / market.able > MOST_UNITS)
    for w, g in zip(*np.nonzero(hopeless), strict=True):
        unknown.append(
            f"The profile of {market.classes[w]} on {market.offers[g].id} "
            f"({market.able[w, g] / case.utilization:g}/s) would need more than "
            f"{MOST_UNITS:,.0f} units: it is taken for a slip and left out."
        )
    market.able[hopeless] = 0.0
    unknown += _routes(case, market)
    return market, tuple(unknown)


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


def _known_carbon(case: PlanCase, offer: Offer) -> bool:
    """Tell whether the emissions may be planned with: unknown is not zero where they count."""
    counts = case.promises.carbon_price > 0 or case.promises.carbon_limit is not None
    return offer.serverless or offer.carbon_g_per_hour is not None or not counts


def _emissions(case: PlanCase) -> list[str]:
    missing = sorted(offer.id for offer in case.offers if not _known_carbon(case, offer))
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


def _routes(case: PlanCase, market: Market) -> list[str]:
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


def by_kind(offers: Sequence[Offer]) -> Mapping[str, list[int]]:
    """Group offers by accelerator (by machine type, else by name, where that is not given)."""
    groups: dict[str, list[int]] = {}
    for place, offer in enumerate(offers):
        groups.setdefault(offer.accelerator or offer.instance_type or offer.id, []).append(place)
    return groups
