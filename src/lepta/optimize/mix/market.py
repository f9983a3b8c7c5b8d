"""The offers of a case as arrays: prices, rates, uptimes, starts, emissions, memory."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.domain.demand import DemandClass
from lepta.domain.offer import Offer
from lepta.domain.plan import PlanCase
from lepta.optimize.mix.known import api_price

__all__ = ["GIVEN", "Market", "by_kind", "fastest", "market_of"]

Array = npt.NDArray[np.float64]

GIVEN = "as given"
"""The circumstance of the demand table, with everything alive."""


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


def by_kind(offers: Sequence[Offer]) -> Mapping[str, list[int]]:
    """Group offers by accelerator (by machine type, else by name, where that is not given)."""
    groups: dict[str, list[int]] = {}
    for place, offer in enumerate(offers):
        groups.setdefault(offer.accelerator or offer.instance_type or offer.id, []).append(place)
    return groups
