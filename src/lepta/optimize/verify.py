"""A second opinion on a fleet plan: every promise and every sum again, without the solver.

Shares no code with `mix`: it does not use its periods, its arrays or its program. It lays the rows
of demand, routing and units on one axis of time and looks at each stretch between two instants.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from lepta.domain.offer import Offer
from lepta.domain.plan import Check, FleetPlan, PlanCase
from lepta.errors import LeptaError

__all__ = ["certified", "verify"]

Array = npt.NDArray[np.float64]

MONEY = 1e-9
"""Largest relative error of a sum of money: that of adding floats."""
RATE = 1e-6
"""Largest relative error of a rate served."""
UNIT = 1e-6
"""Largest load beyond the target utilization, in units (relative above one unit)."""
PROOF = 1e-6
"""Largest relative error of the shadow prices."""
SLIP = 1e7
"""A profile of which the peak would need more units than this is a slip: said, not planned with."""
STRETCH_S = 1.5
"""Stretches of time shorter than this come from rounded hours and carry no promise."""


def certified(case: PlanCase, plan: FleetPlan, *, gap: float = 1e-4) -> FleetPlan:
    """Return the plan with its checks, or refuse to hand it out.

    Raises
    ------
    LeptaError
        A check failed: the plan would break a promise or misstate its cost.
    """
    checks = verify(case, plan, gap=gap)
    broken = [check for check in checks if not check.ok]
    if broken:
        said = "; ".join(f"{check.name}: {check.detail}" for check in broken)
        raise LeptaError(
            f"the plan failed its own check and is withheld ({said})",
            remedy="this is a fault of lepta, not of the input: report it with the case",
        )
    return replace(plan, checks=checks)


def verify(case: PlanCase, plan: FleetPlan, *, gap: float = 1e-4) -> tuple[Check, ...]:
    """Recompute the bill and every promise of a plan; one `Check` per promise.

    `gap` is the relative gap up to which a plan may call itself optimal.
    """
    offers = {offer.id: offer for offer in case.offers}
    strange = sorted(
        {*(row.offer for row in plan.units), *(row.offer for row in plan.routing)} - set(offers)
    )
    if strange:
        return (_check("names", len(strange), f"not an offer of the case: {', '.join(strange)}"),)
    if plan.status == "infeasible":
        return (_nothing_claimed(plan), _shortfalls(case, plan), _cost_now(case, plan, offers))
    axis = _Axis(case, plan)
    return (
        axis.demand(),
        axis.load(case),
        axis.limits(offers),
        _whole(plan),
        _profiles(case, plan),
        _prices(plan, offers),
        _bill(case, plan, offers),
        _proof(plan, gap),
        _weak_duality(case, plan, offers),
        _cost_now(case, plan, offers),
    )


def _check(name: str, worst: float, detail: str, tolerance: float = 0.0) -> Check:
    """Judge a violation; NaN is the worst of all."""
    ok = bool(worst <= tolerance)
    return Check(name=name, ok=ok, worst=0.0 if ok and worst < 0 else float(worst), detail=detail)


def _seconds(moment: datetime) -> float:
    return (moment - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds()


class _Axis:
    """Demand, served rates, loads and units over the stretches between all instants."""

    def __init__(self, case: PlanCase, plan: FleetPlan) -> None:
        self.classes = sorted(
            {row.demand_class for row in case.demand} | {row.demand_class for row in plan.routing}
        )
        self.offers = sorted(
            {*(row.offer for row in plan.units), *(row.offer for row in plan.routing)}
        )
        spans = [
            *((row.start, row.hours) for row in case.demand),
            *((row.start, row.hours) for row in plan.units),
            *((row.start, row.hours) for row in plan.routing),
        ]
        starts = [(_seconds(start), hours) for start, hours in spans]
        ends = {moment for begin, hours in starts for moment in (begin, begin + 3600 * hours)}
        self.instants = np.array(sorted(ends))
        cap = {(p.demand_class, p.offer): p.rate_per_s for p in case.profiles}
        width = max(len(self.instants) - 1, 0)
        self.wanted = np.zeros((len(self.classes), width))
        self.served = np.zeros_like(self.wanted)
        self.held = np.zeros((len(self.offers), width))
        self.filled = np.zeros_like(self.held)
        w = {name: place for place, name in enumerate(self.classes)}
        g = {name: place for place, name in enumerate(self.offers)}
        for row in case.demand:
            self._add(self.wanted[w[row.demand_class]], row.start, row.hours, row.rate_per_s)
        for unit in plan.units:
            self._add(self.held[g[unit.offer]], unit.start, unit.hours, unit.count)
        for sent in plan.routing:
            able = cap.get((sent.demand_class, sent.offer), 0.0)
            rate, load = sent.rate_per_s, sent.rate_per_s / able if able > 0 else math.inf
            self._add(self.served[w[sent.demand_class]], sent.start, sent.hours, rate)
            self._add(self.filled[g[sent.offer]], sent.start, sent.hours, load if rate else 0.0)
        real = np.diff(self.instants) > STRETCH_S
        self.wanted, self.served = self.wanted[:, real], self.served[:, real]
        self.held, self.filled = self.held[:, real], self.filled[:, real]

    def _add(self, line: Array, start: datetime, hours: float, amount: float) -> None:
        begin, end = np.searchsorted(
            self.instants, [_seconds(start), _seconds(start) + 3600 * hours]
        )
        line[begin:end] += amount

    def demand(self) -> Check:
        """Every request of every class is served, at every moment, and none that nobody sent."""
        off = np.abs(self.served - self.wanted)
        size = np.maximum(np.maximum(self.wanted, self.served), 1e-300)
        worst = float(np.max(off / size, initial=0.0))
        place = f"; worst is {self._where(off / size, self.classes)}" if worst > RATE else ""
        return _check(
            "demand",
            worst,
            f"served = demand for {len(self.classes)} classes (largest relative error "
            f"{worst:.1g}){place}",
            RATE,
        )

    def load(self, case: PlanCase) -> Check:
        """No unit works above the target utilization."""
        over = self.filled - case.utilization * self.held
        over = over / np.maximum(self.held, 1.0)
        over = np.where((self.held == 0) & (self.filled > 0), np.inf, over)  # work for no machine
        worst = float(np.max(over, initial=0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            highest = np.max(np.where(self.held > 0, self.filled / self.held, 0.0), initial=0.0)
        place = f"; worst is {self._where(over, self.offers)}" if worst > UNIT else ""
        return _check(
            "utilization",
            worst,
            f"highest load {highest:.1%} of a target of {case.utilization:.1%}{place}",
            UNIT,
        )

    def limits(self, offers: Mapping[str, Offer]) -> Check:
        """No offer is held beyond its limit."""
        most = np.array([math.inf if (q := offers[n].limit) is None else q for n in self.offers])
        over = self.held - most[:, None]
        worst = float(np.max(over, initial=0.0))
        full = sorted(
            name
            for name, line, limit in zip(self.offers, self.held, most, strict=True)
            if math.isfinite(limit) and np.any(line >= limit)
        )
        said = f"at its limit: {', '.join(full)}" if full else "no offer is at its limit"
        return _check("limits", worst, said)

    def _where(self, table: Array, names: Sequence[str]) -> str:
        row, column = np.unravel_index(int(np.argmax(table)), table.shape)
        return f"{names[int(row)]}, stretch {int(column) + 1} of {table.shape[1]}"


def _whole(plan: FleetPlan) -> Check:
    broken = [row for row in plan.units if row.count != int(row.count) or row.count < 0]
    said = f"{len(plan.units)} rows of whole units"
    return _check("whole units", len(broken), said)


def _profiles(case: PlanCase, plan: FleetPlan) -> Check:
    able = {(p.demand_class, p.offer) for p in case.profiles if p.rate_per_s > 0}
    sent = {(row.demand_class, row.offer) for row in plan.routing if row.rate_per_s != 0}
    broken = sorted(sent - able)
    said = f"{len(sent)} pairs of class and offer, each with a profile inside the objective"
    return _check("profiles", len(broken), f"no profile for {broken}" if broken else said)


def _prices(plan: FleetPlan, offers: Mapping[str, Offer]) -> Check:
    broken = sorted(
        {row.offer for row in plan.units if row.count and not _is_price(offers[row.offer])}
    )
    said = "every machine has a known price"
    return _check("prices", len(broken), f"no price: {', '.join(broken)}" if broken else said)


def _is_price(offer: Offer) -> bool:
    if offer.price_per_hour is None or not math.isfinite(offer.price_per_hour):
        return False
    return offer.price_per_hour > 0 or offer.term.value == "reserved"


def _bill(case: PlanCase, plan: FleetPlan, offers: Mapping[str, Offer]) -> Check:
    """Add the bill up again from units, hours, prices and routes, row by row and as a whole."""
    per_request = {(r.demand_class, r.offer): r.per_request for r in case.routes}
    amounts: list[float] = []
    worst = 0.0
    for held in plan.units:
        amount = held.count * held.hours * (offers[held.offer].price_per_hour or 0.0)
        amounts.append(amount)
        worst = max(worst, abs(amount - held.cost) / max(abs(amount), 1e-6))
    for sent in plan.routing:
        each = per_request.get((sent.demand_class, sent.offer), 0.0)
        amount = 3600.0 * sent.hours * sent.rate_per_s * each
        amounts.append(amount)
        worst = max(worst, abs(amount - sent.cost) / max(abs(amount), 1e-6))
    total = math.fsum(amounts)
    stated = math.nan if plan.cost is None else plan.cost
    off = abs(total - stated) / max(abs(total), 1e-6)
    worst = off if math.isnan(off) else max(worst, off)
    return _check(
        "bill", worst, f"{total:,.6f} {plan.currency} added up from {len(amounts)} rows", MONEY
    )


def _proof(plan: FleetPlan, gap: float) -> Check:
    """Bound, gap and status say the same thing."""
    if plan.cost is None or plan.bound is None or plan.gap is None:
        return _check("gap", math.nan, "cost, bound or gap is missing")
    size = max(abs(plan.cost), 1e-300)
    above = (plan.bound - plan.cost) / size
    off = abs(plan.gap - max(plan.cost - plan.bound, 0.0) / size)
    worst = max(above, off)
    if plan.status not in ("optimal", "feasible"):
        return _check("gap", math.nan, f"status is {plan.status!r}")
    if plan.status == "optimal":
        worst = max(worst, plan.gap - gap)
    said = f"bound {plan.bound:,.6f} <= cost {plan.cost:,.6f}; gap {plan.gap:.3g}"
    return _check("gap", worst, said, MONEY)


def _weak_duality(case: PlanCase, plan: FleetPlan, offers: Mapping[str, Offer]) -> Check:
    """Prove a lower bound from the shadow prices alone.

    Let m be the price of one request of class w, q >= 0 the worth of one more unit of an offer in
    a period. If for every offer max_w (m - per_request) * 3600 * rate * rho <= price + q, then by
    weak duality every fleet, even one with fractions of machines, costs at least
    sum_w m * requests - sum q * limit * hours.
    """
    per_request = {(r.demand_class, r.offer): r.per_request for r in case.routes}
    usable = [offer for offer in offers.values() if _is_price(offer) and offer.limit != 0]
    served: dict[tuple[str, datetime], float] = {}
    for sent in plan.routing:
        key = (sent.demand_class, sent.start)
        served[key] = served.get(key, 0.0) + sent.rate_per_s
    price = {(s.name, s.start): s.value / 1000 for s in plan.shadow_prices if s.kind == "class"}
    worth = {(s.name, s.start): s for s in plan.shadow_prices if s.kind == "limit"}
    missing = sorted({key[0] for key in served if key not in price})
    if missing:
        return _check("lower bound", math.nan, f"no shadow price of {', '.join(missing)}")
    by_offer: dict[str, list[tuple[str, float]]] = {offer.id: [] for offer in usable}
    peak: dict[str, float] = {}
    for row in case.demand:
        peak[row.demand_class] = max(peak.get(row.demand_class, 0.0), row.rate_per_s)
    for profile in case.profiles:
        least = peak.get(profile.demand_class, 0.0) / (SLIP * case.utilization)
        if profile.offer in by_offer and profile.rate_per_s >= least:
            by_offer[profile.offer].append((profile.demand_class, profile.rate_per_s))
    worst = 0.0
    for start in {start for _, start in served}:
        for offer in usable:
            extra = worth[offer.id, start].value if (offer.id, start) in worth else 0.0
            earned = 0.0
            for name, able in by_offer[offer.id]:
                margin = price.get((name, start), 0.0) - per_request.get((name, offer.id), 0.0)
                earned = max(earned, margin * 3600 * able * case.utilization)
            paid = (offer.price_per_hour or 0.0) + extra
            worst = max(worst, (earned - paid) / max(paid, earned, 1e-300), -extra)
    bound = math.fsum(
        3600 * row.hours * row.rate_per_s * price[row.demand_class, row.start]
        for row in plan.routing
    ) - math.fsum(s.value * s.hours * (offers[s.name].limit or 0) for s in worth.values())
    stated = plan.bound if plan.bound is not None else math.nan
    worst = max(worst, (bound - stated) / max(abs(bound), 1e-6))
    return _check(
        "lower bound",
        worst if not math.isnan(stated) else math.nan,
        f"no fleet costs less than {max(bound, 0.0):,.6f} {plan.currency}, even with fractions of "
        "machines (weak duality with the shadow prices)",
        PROOF,
    )


def _cost_now(case: PlanCase, plan: FleetPlan, offers: Mapping[str, Offer]) -> Check:
    """Price what runs now over the hours of the horizon; unknown stays unknown."""
    running = [(name, units) for name, units in case.current or () if units]
    known = case.current is not None and all(_is_price(offers[name]) for name, _ in running)
    if not known:
        right = plan.cost_now is None
        return _check("cost now", 0.0 if right else math.inf, "cost of what runs now is unknown")
    each = sum(units * (offers[name].price_per_hour or 0.0) for name, units in running)
    hours, blur = _hours(case)
    total = each * hours
    off = math.nan if plan.cost_now is None else abs(total - plan.cost_now) / max(total, 1e-6)
    said = f"{total:,.6f} {plan.currency} over {hours:g} h"
    return _check("cost now", off, said, 1e-6 + blur / max(hours, 1e-6))


@dataclass(slots=True)
class _Span:
    begin: float
    end: float


def _hours(case: PlanCase) -> tuple[float, float]:
    """Measure the time that any class covers, each moment once, and how exactly that is known.

    Ends come from rounded hours, so each edge is known to `STRETCH_S` only.
    """
    spans: list[_Span] = []
    blur = 0.0
    for row in sorted(case.demand, key=lambda row: row.start):
        begin = _seconds(row.start)
        end = begin + 3600 * row.hours
        if spans and begin <= spans[-1].end + STRETCH_S:
            blur += max(begin - spans[-1].end, 0.0)
            spans[-1].end = max(spans[-1].end, end)
        else:
            spans.append(_Span(begin, end))
            blur += 2 * STRETCH_S
    return sum(span.end - span.begin for span in spans) / 3600, blur / 3600


def _nothing_claimed(plan: FleetPlan) -> Check:
    claims = [plan.cost, plan.bound, plan.gap]
    count = sum(claim is not None for claim in claims) + len(plan.units) + len(plan.routing)
    return _check("no plan", count, "no cost and no machine is claimed where no plan exists")


def _shortfalls(case: PlanCase, plan: FleetPlan) -> Check:
    """Every shortfall is above 0 and not above the demand of its class at that moment."""
    worst = 0.0 if plan.shortfalls else math.inf
    for short in plan.shortfalls:
        mine = (row for row in case.demand if row.demand_class == short.demand_class)
        rate = max(
            (
                row.rate_per_s
                for row in mine
                if _seconds(row.start) - STRETCH_S <= _seconds(short.start) < _seconds(row.end)
            ),
            default=0.0,
        )
        if not 0 < short.short_rate_per_s <= rate * (1 + RATE):
            worst = math.inf
    return _check("shortfalls", worst, f"{len(plan.shortfalls)} shortfalls, each within the demand")
