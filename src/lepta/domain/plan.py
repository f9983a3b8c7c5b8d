"""What a fleet plan says (M2): units per offer and period, routing, cost, proof, and why."""

from dataclasses import dataclass
from datetime import datetime

from lepta.domain.demand import Demand, Profile, Route
from lepta.domain.offer import Offer
from lepta.units import Count, Fraction, Hours, PerSecond, check

__all__ = ["Check", "FleetPlan", "PlanCase", "Routing", "ShadowPrice", "Short", "UnitsHeld"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCase:
    """Everything that the planner looks at. `utilization` is the largest load per unit (rho)."""

    offers: tuple[Offer, ...]
    demand: tuple[Demand, ...]
    profiles: tuple[Profile, ...]
    routes: tuple[Route, ...] = ()
    current: tuple[tuple[str, int], ...] | None = None
    """(offer, units) that run now; None is not known, () is nothing runs."""
    currency: str = "USD"
    utilization: Fraction = 0.85

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsHeld:
    """So many units of an offer over [start, start + hours)."""

    offer: str
    start: datetime
    hours: Hours
    count: Count
    cost: float
    """count * hours * price_per_hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The rate of a class that an offer takes over [start, start + hours)."""

    demand_class: str
    offer: str
    start: datetime
    hours: Hours
    rate_per_s: PerSecond
    cost: float
    """3600 * hours * rate * usd_per_request of the route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowPrice:
    """What one more unit of a promise costs (kind "class") or saves (kind "limit")."""

    kind: str
    name: str
    start: datetime
    hours: Hours
    value: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One promise, recomputed without the solver. `worst` is the largest violation, 0 when kept."""

    name: str
    ok: bool
    worst: float
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """Where no plan exists: this class, in this period, falls short by this rate."""

    demand_class: str
    start: datetime
    short_rate_per_s: PerSecond
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPlan:
    """The answer of `lepta plan`. Costs are for the whole horizon; None is unknown."""

    status: str
    currency: str
    cost: float | None
    bound: float | None
    gap: float | None
    cost_now: float | None
    hours: Hours
    units: tuple[UnitsHeld, ...] = ()
    routing: tuple[Routing, ...] = ()
    shadow_prices: tuple[ShadowPrice, ...] = ()
    checks: tuple[Check, ...] = ()
    shortfalls: tuple[Short, ...] = ()
    explanation: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    current: tuple[tuple[str, int], ...] | None = None
    """(offer, units) that run now, as in the case; None is not known."""
