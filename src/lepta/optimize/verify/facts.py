"""What the case says, read again: prices, rates, uptimes. Shares no code with the optimizer."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lepta.domain.demand import DemandClass
from lepta.domain.offer import Offer
from lepta.domain.plan import Check, PlanCase

__all__ = ["STRETCH_S", "Facts", "judged", "seconds"]

STRETCH_S = 1.5
"""Stretches of time shorter than this come from rounded hours and carry no promise."""


def judged(name: str, worst: float, detail: str, tolerance: float = 0.0) -> Check:
    """Judge a violation; NaN is the worst of all."""
    ok = bool(worst <= tolerance)
    return Check(name=name, ok=ok, worst=0.0 if ok and worst < 0 else float(worst), detail=detail)


def seconds(moment: datetime) -> float:
    """Place an instant on one axis."""
    return (moment - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds()


@dataclass(frozen=True, slots=True)
class Facts:
    """The case as plain look-ups."""

    case: PlanCase
    offers: Mapping[str, Offer]
    classes: Mapping[str, DemandClass]
    rate: Mapping[tuple[str, str], float]
    """(class, offer) -> largest rate per unit that keeps latency and regions."""
    sending: Mapping[tuple[str, str], float]
    """(class, offer) -> currency per request of the route."""

    @classmethod
    def of(cls, case: PlanCase) -> "Facts":
        """Read a case."""
        offers = {offer.id: offer for offer in case.offers}
        classes = {one.name: one for one in case.classes}
        trips = {(r.demand_class, r.offer): r.round_trip_ms or 0.0 for r in case.routes}
        rate: dict[tuple[str, str], float] = {}
        for point in case.profiles:
            pair = (point.demand_class, point.offer)
            asked = classes.get(point.demand_class)
            if asked and asked.latency_ms is not None:
                took = (point.latency_ms or 0.0) + trips.get(pair, 0.0)
                if took - asked.latency_ms > 1e-9 * max(asked.latency_ms, 1.0):
                    continue
            if asked and asked.regions and offers[point.offer].region not in asked.regions:
                continue
            rate[pair] = max(rate.get(pair, 0.0), point.rate_per_s)
        sending = {(r.demand_class, r.offer): r.per_request for r in case.routes}
        return cls(case, offers, classes, rate, sending)

    def is_priced(self, offer: Offer) -> bool:
        """Tell whether the price is one: 0 is none, unless it is paid already."""
        if offer.serverless:
            prices: Sequence[float | None] = (
                offer.price_per_request,
                offer.price_per_million_input_tokens,
                offer.price_per_million_output_tokens,
            )
            return any(price is not None and 0 < price < math.inf for price in prices)
        price = offer.price_per_hour
        if price is None or not math.isfinite(price):
            return False
        return price > 0 or offer.term.value == "reserved"

    def per_hour(self, offer: Offer) -> float:
        """Price one unit-hour held: the machine, and the restarts of a spot unit to expect."""
        if offer.serverless:
            return 0.0
        restarts = (offer.interruptions_per_hour or 0.0) * (offer.start_cost or 0.0)
        return (offer.price_per_hour or 0.0) + restarts

    def per_start(self, offer: Offer) -> float:
        """Price one start: the machine until it serves, and what else it costs."""
        waiting = (offer.startup_s or 0.0) / 3600.0 * (offer.price_per_hour or 0.0)
        return waiting + (offer.start_cost or 0.0)

    def up(self, offer: Offer) -> float:
        """Return the share of the time in which a unit serves, restarts after interruptions off."""
        return 1.0 / (
            1.0 + (offer.interruptions_per_hour or 0.0) * (offer.startup_s or 0.0) / 3600.0
        )

    def per_request(self, name: str, offer: Offer) -> float:
        """Price one request: its route, and the API where there is one; inf where not known."""
        total = self.sending.get((name, offer.id), 0.0)
        if not offer.serverless:
            return total
        known = self.classes.get(name)
        total += offer.price_per_request or 0.0
        for price, tokens in (
            (offer.price_per_million_input_tokens, known.input_tokens if known else None),
            (offer.price_per_million_output_tokens, known.output_tokens if known else None),
        ):
            if price:
                total += math.inf if tokens is None else price * tokens / 1_000_000
        return total

    def is_clean(self, offer: Offer) -> bool:
        """Tell whether emissions are known, where they count: unknown ones are never planned."""
        promises = self.case.promises
        counts = promises.carbon_price > 0 or promises.carbon_limit is not None
        return not counts or not math.isnan(self.carbon_tonnes(offer))

    def carbon_tonnes(self, offer: Offer) -> float:
        """Emissions of one unit-hour; NaN where they are not known."""
        if offer.serverless:
            return 0.0
        grams = offer.carbon_g_per_hour
        return math.nan if grams is None else grams / 1e6
