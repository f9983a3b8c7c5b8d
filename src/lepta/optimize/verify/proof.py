"""The proof of a plan: bound, gap and status agree, and the shadow prices prove a bound alone."""

import math
from collections.abc import Iterable
from datetime import datetime

import numpy as np

from lepta.domain.offer import Offer
from lepta.domain.plan import Check, FleetPlan, ShadowPrice
from lepta.domain.promises import Scope
from lepta.optimize.verify.axis import Axis
from lepta.optimize.verify.facts import STRETCH_S, Facts, judged, seconds
from lepta.optimize.verify.money import MONEY

__all__ = ["gap_stated", "weak_duality"]

PROOF = 1e-6
"""Largest relative error of the shadow prices."""
SLIP = 1e7
"""A profile of which the peak would need more units than this is a slip: said, not planned with."""

Key = tuple[str, int]
"""A name, and the place of a stretch of time."""


def gap_stated(plan: FleetPlan, gap: float) -> Check:
    """Bound, gap and status say the same thing."""
    if plan.cost is None or plan.bound is None or plan.gap is None:
        return judged("gap", math.nan, "cost, bound or gap is missing")
    size = max(abs(plan.cost), 1e-300)
    above = (plan.bound - plan.cost) / size
    off = abs(plan.gap - max(plan.cost - plan.bound, 0.0) / size)
    worst = max(above, off)
    if plan.status not in ("optimal", "feasible"):
        return judged("gap", math.nan, f"status is {plan.status!r}")
    if plan.status == "optimal":
        worst = max(worst, plan.gap - gap)
    said = f"bound {plan.bound:,.6f} <= cost {plan.cost:,.6f}; gap {plan.gap:.3g}"
    return judged("gap", worst, said, MONEY)


def weak_duality(facts: Facts, plan: FleetPlan, axis: Axis) -> Check:
    """Prove a lower bound from the shadow prices alone.

    Let m be the price of one request of a class in each circumstance, q >= 0 the worth of one more
    unit of an offer (or within a quota) in a period, s that of a unit which runs already when the
    period begins, t that of a tonne. If for every offer and period

        sum over circumstances of max_w (m - per_request) * 3600 * rate * rho * up
            <= price + t * tonnes + (s now - s next) / hours + q

    then by weak duality every fleet, even one with fractions of machines, costs at least
    sum_w m * requests - sum q * limit * hours - sum s first * running - t * carbon limit. Shortest
    runs and memory only make fleets dearer, so they may be left out of a lower bound.
    """
    if facts.case.scenarios:
        said = "scenarios have demands of their own: the bound is that of branch and bound"
        return judged("lower bound", 0.0, said)
    proof = _Proof(facts, plan, axis)
    missing = sorted({name for name, _ in set(proof.served) - set(proof.whole)})
    if missing:
        return judged("lower bound", math.nan, f"no shadow price of {', '.join(missing)}")
    worst = max((proof.violation(step) for step in range(len(proof.hours))), default=0.0)
    bound = proof.bound()
    stated = plan.bound if plan.bound is not None else math.nan
    if facts.case.pipelines:  # these prices prove the split of the plan, the bound is of them all
        said = f"no fleet of this split costs less than {max(bound, 0.0):,.6f} {plan.currency}"
        return judged("lower bound", worst if not math.isnan(stated) else math.nan, said, PROOF)
    worst = max(worst, (bound - stated) / max(abs(bound), 1e-6))
    return judged(
        "lower bound",
        worst if not math.isnan(stated) else math.nan,
        f"no fleet costs less than {max(bound, 0.0):,.6f} {plan.currency}, even with fractions of "
        "machines (weak duality with the shadow prices)",
        PROOF,
    )


class _Proof:
    def __init__(self, facts: Facts, plan: FleetPlan, axis: Axis) -> None:
        self.facts, self.plan, self.axis = facts, plan, axis
        self.hours = axis.hours.tolist()
        self.usable = [
            offer
            for offer in facts.offers.values()
            if facts.is_priced(offer) and offer.limit != 0 and facts.is_clean(offer)
        ]
        self.served: dict[Key, float] = {}
        for sent in plan.routing:
            key = (sent.demand_class, self._step(sent.start))
            self.served[key] = self.served.get(key, 0.0) + sent.rate_per_s
        self.whole = {
            (s.name, self._step(s.start)): s.value / 1000
            for s in plan.shadow_prices
            if s.kind == "class"
        }
        self.under: dict[str, dict[Key, float]] = {}
        for s in plan.shadow_prices:
            if s.kind == "circumstance":
                key = (s.name, self._step(s.start))
                self.under.setdefault(s.emergency, {})[key] = s.value / 1000
        self.own = dict(self.whole)
        for part in self.under.values():
            for key, value in part.items():
                self.own[key] = self.own.get(key, 0.0) - value
        self.limit = self._kind("limit")
        self.quota = self._kind("quota")
        self.start = self._kind("start")
        self.tonne = sum(s.value for s in plan.shadow_prices if s.kind == "carbon")
        self.able = self._able()

    def _step(self, moment: datetime) -> int:
        """Find the stretch that begins at an instant; -1 where none does."""
        off = np.abs(self.axis.begins - seconds(moment))
        return int(np.argmin(off)) if off.size and off.min() <= STRETCH_S else -1

    def _kind(self, kind: str) -> dict[Key, ShadowPrice]:
        return {(s.name, self._step(s.start)): s for s in self.plan.shadow_prices if s.kind == kind}

    def _able(self) -> dict[str, list[tuple[str, float]]]:
        """Offer -> (class, rate) that may be planned with."""
        rho = self.facts.case.utilization
        peak: dict[str, float] = {}
        for row in self.facts.case.demand:
            peak[row.demand_class] = max(peak.get(row.demand_class, 0.0), row.rate_per_s)
        found: dict[str, list[tuple[str, float]]] = {offer.id: [] for offer in self.usable}
        for (name, offer), rate in self.facts.rate.items():
            least = peak.get(name, 0.0) / (SLIP * rho)
            if offer in found and rate >= least and rate > 0 and self._fits(name, offer):
                found[offer].append((name, rate))
        return found

    def _fits(self, name: str, offer: str) -> bool:
        known, room = self.facts.classes.get(name), self.facts.offers[offer].memory_gib
        holds = known.memory_gib if known else None
        return not holds or room is None or holds <= room

    def violation(self, start: int) -> float:
        """Return by how much an offer earns beyond what it costs in a period, relatively."""
        worst = 0.0
        for offer in self.usable:
            if offer.serverless:
                continue
            earned = self._earned(offer, start, self.own, paid=True)
            for name, part in self.under.items():
                scope, _, lost = name.partition(" ")
                if Scope(scope).of(offer) == lost:
                    continue
                share = next(
                    (p.share for p in self.facts.case.promises.survive if p.scope == scope), 1.0
                )
                earned += self._earned(offer, start, part, paid=False, share=share)
            cost = self._cost(offer, start)
            # What a unit saves later may pay for an hour to the last cent: then what is left of its
            # cost is nothing, and no measure of an error.
            size = max(cost, earned, self.facts.per_hour(offer), 1e-300)
            worst = max(worst, (earned - cost) / size)
        signs = (s.value for group in (self.limit, self.quota, self.start) for s in group.values())
        return max(worst, *(-value for value in signs), 0.0)

    def _earned(
        self,
        offer: Offer,
        start: int,
        price: dict[Key, float],
        *,
        paid: bool,
        share: float = 1,
    ) -> float:
        rho, up = self.facts.case.utilization, self.facts.up(offer)
        best = 0.0
        for name, able in self.able[offer.id]:
            margin = price.get((name, start), 0.0) / share
            margin -= self.facts.per_request(name, offer) if paid else 0.0
            best = max(best, margin * 3600 * able * rho * up)
        return best

    def _cost(self, offer: Offer, start: int) -> float:
        """Return what a unit-hour costs, with all that it is worth elsewhere."""
        hours = self.hours[start]
        tonnes = self.facts.carbon_tonnes(offer)
        tonnes = 0.0 if math.isnan(tonnes) else tonnes
        cost: float = self.facts.per_hour(offer)
        cost += (self.facts.case.promises.carbon_price + self.tonne) * tonnes
        cost += _value(self.start, offer.id, start) / hours
        cost -= _value(self.start, offer.id, start + 1) / hours
        cost += _value(self.limit, offer.id, start)
        for quota in self.facts.case.quotas:
            cost += _value(self.quota, quota.name, start) * quota.weight(offer)
        return cost

    def bound(self) -> float:
        """Add up what the prices prove."""
        case, parts = self.facts.case, []
        parts += [
            3600 * row.hours * row.rate_per_s * self.whole[row.demand_class, self._step(row.start)]
            for row in self.plan.routing
        ]
        parts += [
            -s.value * s.hours * (self.facts.offers[s.name].limit or 0) for s in self.limit.values()
        ]
        limits = {quota.name: quota.limit for quota in case.quotas}
        parts += [-s.value * s.hours * limits[s.name] for s in self.quota.values()]
        running = dict(case.current or ())
        parts += [
            -s.value * running.get(name, 0) for (name, step), s in self.start.items() if step == 0
        ]
        if case.promises.carbon_limit is not None:
            parts.append(-self.tonne * case.promises.carbon_limit / 1000.0)
        parts += self._owned()
        parts += self._rate_limits()
        return math.fsum(parts)

    def _owned(self) -> Iterable[float]:
        """What is owned is held in any case: what it costs beyond what it earns is certain."""
        for offer in self.usable:
            for start in range(len(self.hours)) if offer.owned else ():
                earned = self._earned(offer, start, self.own, paid=True)
                for name, part in self.under.items():
                    scope, _, lost = name.partition(" ")
                    if Scope(scope).of(offer) != lost:
                        share = next(
                            (p.share for p in self.facts.case.promises.survive if p.scope == scope),
                            1.0,
                        )
                        earned += self._earned(offer, start, part, paid=False, share=share)
                left = max(self._cost(offer, start) - earned, 0.0)
                yield left * offer.owned * self.hours[start]

    def _rate_limits(self) -> Iterable[float]:
        """What an API earns beyond its price is worth its rate limit."""
        for offer in self.usable:
            for start in range(len(self.hours)) if offer.serverless else ():
                for name, able in self.able[offer.id]:
                    margin = self.own.get((name, start), 0.0) - self.facts.per_request(name, offer)
                    if margin > 0:
                        yield -margin * 3600 * self.hours[start] * able


def _value(group: dict[Key, ShadowPrice], name: str, step: int) -> float:
    found = group.get((name, step))
    return found.value if found is not None else 0.0
