"""The whole fleet plan as one program for scipy, written from the promises alone.

One whole number per offer and period, one share per class, offer, period and circumstance; no
kinds, no decomposition, no bounds by hand. Only for small cases whose classes all change at the
same instants.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from lepta.domain.demand import DemandClass
from lepta.domain.offer import Offer, Term
from lepta.domain.plan import PlanCase

__all__ = ["cheapest"]

Terms = list[tuple[int, float]]


def cheapest(case: PlanCase) -> float:
    """Return the least cost of a fleet that keeps every promise; inf where there is none."""
    return _Model(case).solve()


@dataclass(slots=True)
class _Circumstance:
    """Demand as it may come, over the offers that are still there."""

    name: str
    rate: dict[tuple[str, datetime], float]
    gone: frozenset[str] = frozenset()
    weight: float = 0.0
    """Of what requests cost: the probability; an emergency is carried, not paid."""
    may_leave: bool = False


@dataclass(slots=True)
class _Program:
    cost: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    rows: list[tuple[Terms, float, float]] = field(default_factory=list)

    def add(self, cost: float, *, low: float = 0.0, high: float = np.inf, whole: int = 0) -> int:
        self.cost.append(cost)
        self.low.append(low)
        self.high.append(high)
        self.whole.append(whole)
        return len(self.cost) - 1

    def row(self, terms: Terms, low: float, high: float) -> None:
        self.rows.append((terms, low, high))

    def solve(self) -> float:
        if any(low > high for low, high in zip(self.low, self.high, strict=True)):
            return math.inf
        if not self.cost:
            return math.inf if any(not low <= 0 <= high for _, low, high in self.rows) else 0.0
        where = [(k, place) for k, (terms, _, _) in enumerate(self.rows) for place, _ in terms]
        values = [value for terms, _, _ in self.rows for _, value in terms]
        table = csr_array(
            (values, tuple(np.array(where, dtype=int).reshape(-1, 2).T)),
            shape=(len(self.rows), len(self.cost)),
        )
        found = milp(
            self.cost,
            integrality=self.whole,
            bounds=Bounds(self.low, self.high),
            constraints=LinearConstraint(
                table, [low for _, low, _ in self.rows], [high for _, _, high in self.rows]
            ),
            options={"mip_rel_gap": 1e-8, "time_limit": 60},
        )
        if found.status in (2, 4):  # HiGHS may stop at "unbounded or infeasible"; costs are >= 0
            return math.inf
        assert found.status == 0, found.message
        return float(found.fun)


class _Model:
    def __init__(self, case: PlanCase) -> None:
        self.case = case
        self.known = {one.name: one for one in case.classes}
        self.starts = sorted({row.start for row in case.demand})
        self.hours = {row.start: row.hours for row in case.demand}
        self.names = sorted({row.demand_class for row in case.demand})
        counted = case.promises.carbon_price > 0 or case.promises.carbon_limit is not None
        self.offers = [
            offer
            for offer in case.offers
            if _priced(offer)
            and not (counted and not offer.serverless and offer.carbon_g_per_hour is None)
        ]
        self.units = [offer for offer in self.offers if not offer.serverless]
        self.program = _Program()
        self.held: dict[tuple[str, datetime], int] = {}
        self.begun: dict[tuple[str, datetime], int] = {}

    def solve(self) -> float:
        self._machines()
        self._runs()
        self._quotas()
        self._carbon()
        for circumstance in self._circumstances():
            for start in self.starts:
                self._serve(circumstance, start)
        return self.program.solve()

    def _machines(self) -> None:
        tonne = self.case.promises.carbon_price
        for offer in self.units:
            price = offer.price_per_hour or 0.0
            restarts = (offer.interruptions_per_hour or 0.0) * (offer.start_cost or 0.0)
            grams = (offer.carbon_g_per_hour or 0.0) if tonne else 0.0
            hourly = price + restarts + tonne * grams / 1e6
            start_price = (offer.startup_s or 0.0) / 3600 * price + (offer.start_cost or 0.0)
            for place, start in enumerate(self.starts):
                free = place == 0 and self.case.current is None
                self.held[offer.id, start] = self.program.add(
                    hourly * self.hours[start],
                    low=offer.owned,
                    high=math.inf if offer.limit is None else offer.limit,
                    whole=1,
                )
                self.begun[offer.id, start] = self.program.add(
                    start_price, high=0.0 if free else math.inf, whole=1
                )

    def _before(self, offer: Offer, place: int) -> tuple[Terms, float] | None:
        """Return what is held before a period, as terms and a constant; None is not known."""
        if place:
            return [(self.held[offer.id, self.starts[place - 1]], 1.0)], 0.0
        if self.case.current is None:
            return None
        return [], float(dict(self.case.current).get(offer.id, 0))

    def _runs(self) -> None:
        for offer in self.units:
            for place, start in enumerate(self.starts):
                here, begun = self.held[offer.id, start], self.begun[offer.id, start]
                before = self._before(offer, place)
                if before is not None:
                    terms, number = before
                    less = [(column, -value) for column, value in terms]
                    self.program.row([(here, 1.0), (begun, -1.0), *less], -np.inf, number)
                within = [
                    (self.begun[offer.id, other], -1.0)
                    for other in self.starts[: place + 1]
                    if (start - other).total_seconds() < 3600 * offer.min_hours
                ]
                self.program.row([(here, 1.0), *within], 0.0, np.inf)

    def _quotas(self) -> None:
        moves = any(
            (o.startup_s or 0) * (o.price_per_hour or 0) or o.start_cost for o in self.units
        )
        for quota in self.case.quotas:
            use = [(offer, quota.weight(offer)) for offer in self.units]
            for place, start in enumerate(self.starts):
                terms = [(self.held[offer.id, start], weight) for offer, weight in use]
                self.program.row(terms, -np.inf, quota.limit)
                if not moves:
                    continue
                during: Terms = []
                number = 0.0
                for offer, weight in use:
                    before = self._before(offer, place)
                    if before is None:
                        during.append((self.held[offer.id, start], weight))
                        continue
                    during += [(column, value * weight) for column, value in before[0]]
                    during.append((self.begun[offer.id, start], weight))
                    number += before[1] * weight
                self.program.row(during, -np.inf, quota.limit - number)

    def _carbon(self) -> None:
        limit = self.case.promises.carbon_limit
        if limit is not None:
            terms = [
                (self.held[o.id, start], self.hours[start] * (o.carbon_g_per_hour or 0.0) / 1000)
                for o in self.units
                for start in self.starts
            ]
            self.program.row(terms, -np.inf, limit)

    def _circumstances(self) -> Iterator[_Circumstance]:
        given = {(row.demand_class, row.start): row.rate_per_s for row in self.case.demand}
        rest = 1.0 - math.fsum(one.probability for one in self.case.scenarios)
        yield _Circumstance("", given, weight=max(rest, 0.0))
        for promise in self.case.promises.survive:
            for lost in sorted({promise.scope.of(offer) for offer in self.offers} - {""}):
                yield _Circumstance(
                    f"{promise.scope} {lost}",
                    {key: rate * promise.share for key, rate in given.items()},
                    frozenset(o.id for o in self.offers if promise.scope.of(o) == lost),
                )
        for one in self.case.scenarios:
            said = {(row.demand_class, row.start): row.rate_per_s for row in one.demand}
            yield _Circumstance(one.name, {**given, **said}, weight=one.probability, may_leave=True)

    def _serve(self, here: _Circumstance, start: datetime) -> None:
        load: dict[str, Terms] = {offer.id: [] for offer in self.units}
        memory: dict[str, Terms] = {offer.id: [] for offer in self.units}
        for name in self.names:
            rate = here.rate.get((name, start), 0.0)
            if rate <= 0:
                continue
            requests = 3600 * self.hours[start] * rate * here.weight
            known = self.known.get(name, DemandClass(name=name))
            whole: Terms = []
            if here.may_leave and known.penalty_per_request is not None:
                whole.append(
                    (self.program.add(requests * known.penalty_per_request, high=1.0), 1.0)
                )
            for offer in self.offers:
                able = self._able(known, offer)
                if offer.id in here.gone or not able > 0:
                    continue
                each = self._per_request(known, offer)
                if math.isinf(each):
                    continue
                most = min(able / rate, 1.0) if offer.serverless else 1.0
                share = self.program.add(requests * each, high=most)
                whole.append((share, 1.0))
                if offer.serverless:
                    continue
                need = rate / able
                held = self.held[offer.id, start]
                load[offer.id].append((share, need))
                self.program.row([(share, 1.0), (held, -1.0)], -np.inf, 0.0)
                if known.memory_gib and offer.memory_gib is not None:
                    replicas = self.program.add(0.0, whole=1)
                    self.program.row([(share, need), (replicas, -1.0)], -np.inf, 0.0)
                    alone = 2 * known.memory_gib > offer.memory_gib
                    holds = offer.memory_gib if alone else known.memory_gib
                    memory[offer.id].append((replicas, holds))
            self.program.row(whole, 1.0, 1.0)
        for offer in self.units:
            held = self.held[offer.id, start]
            if load[offer.id]:
                self.program.row([*load[offer.id], (held, -1.0)], -np.inf, 0.0)
            if memory[offer.id]:
                room = -(offer.memory_gib or 0.0)
                self.program.row([*memory[offer.id], (held, room)], -np.inf, 0.0)

    def _able(self, known: DemandClass, offer: Offer) -> float:
        """Return the rate of one unit, or the rate limit of an API; 0 is cannot."""
        if known.regions and offer.region not in known.regions:
            return 0.0
        if (
            known.memory_gib
            and offer.memory_gib is not None
            and known.memory_gib > offer.memory_gib
        ):
            return 0.0
        trip = sum(
            route.round_trip_ms or 0.0
            for route in self.case.routes
            if (route.demand_class, route.offer) == (known.name, offer.id)
        )
        rates = [
            point.rate_per_s
            for point in self.case.profiles
            if (point.demand_class, point.offer) == (known.name, offer.id)
            and (known.latency_ms is None or (point.latency_ms or 0.0) + trip <= known.latency_ms)
        ]
        rate = max(rates, default=0.0)
        if offer.serverless:
            return rate
        away = (offer.interruptions_per_hour or 0.0) * (offer.startup_s or 0.0) / 3600
        return rate * self.case.utilization / (1.0 + away)

    def _per_request(self, known: DemandClass, offer: Offer) -> float:
        """Return what a request costs there; inf where it is not known."""
        total = sum(
            route.per_request
            for route in self.case.routes
            if (route.demand_class, route.offer) == (known.name, offer.id)
        )
        if not offer.serverless:
            return total
        total += offer.price_per_request or 0.0
        for price, tokens in (
            (offer.price_per_million_input_tokens, known.input_tokens),
            (offer.price_per_million_output_tokens, known.output_tokens),
        ):
            if price:
                total += math.inf if tokens is None else price * tokens / 1e6
        return total


def _priced(offer: Offer) -> bool:
    if offer.serverless:
        return bool(
            offer.price_per_request
            or offer.price_per_million_input_tokens
            or offer.price_per_million_output_tokens
        )
    return bool(offer.price_per_hour) or (offer.price_per_hour == 0 and offer.term is Term.RESERVED)
