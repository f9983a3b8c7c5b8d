"""What a fleet plan says (M2): units per offer and period, routing, cost, proof, and why."""

from dataclasses import dataclass
from datetime import datetime

from lepta.domain.demand import Demand, DemandClass, Pipeline, Profile, Route, Scenario
from lepta.domain.offer import Offer
from lepta.domain.promises import NO_MORE, Promises, Quota
from lepta.units import Count, Fraction, Hours, Milliseconds, PerSecond, check

__all__ = [
    "Change",
    "Check",
    "Emergency",
    "FleetPlan",
    "Outlook",
    "PlanCase",
    "Routing",
    "ShadowPrice",
    "Short",
    "Split",
    "Started",
    "UnitsHeld",
    "Wish",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCase:
    """Everything that the planner looks at. `utilization` is the largest load per unit (rho)."""

    offers: tuple[Offer, ...]
    demand: tuple[Demand, ...]
    profiles: tuple[Profile, ...]
    routes: tuple[Route, ...] = ()
    classes: tuple[DemandClass, ...] = ()
    """What is known of classes beyond their rates; a class may be left out."""
    quotas: tuple[Quota, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    """Ways in which demand may come instead of `demand`; probabilities sum to 1."""
    current: tuple[tuple[str, int], ...] | None = None
    """(offer, units) that run now; None is not known, () is nothing runs."""
    currency: str = "USD"
    utilization: Fraction = 0.85
    promises: Promises = NO_MORE

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
class Started:
    """So many units that are asked for at `order` and serve from `start` on."""

    offer: str
    start: datetime
    order: datetime
    count: Count
    cost: float
    """count * (machine time paid while starting + start_cost)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The rate of a class that an offer takes over [start, start + hours)."""

    demand_class: str
    offer: str
    start: datetime
    hours: Hours
    rate_per_s: PerSecond
    cost: float
    """3600 * hours * rate * (cost per request of the route and of a serverless offer)."""
    under: str = ""
    """The emergency or the scenario in which requests go this way; "" is the demand as given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowPrice:
    """What one more unit of a promise costs (kind "class") or saves (kind "limit", "quota").

    Kind "start" is what a unit that runs before the period is worth to it; kind "carbon" what one
    more tonne within the limit saves; kind "circumstance" the part of the price of a class that is
    due to the emergency or scenario in `emergency`.
    """

    kind: str
    name: str
    start: datetime
    hours: Hours
    value: float
    unit: str
    emergency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """What the fleet can still serve when one place is lost: the least share, over all periods."""

    scope: str
    lost: str
    wanted: Fraction
    served: Fraction
    worst: datetime
    """Start of the period in which it serves least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What requests cost, and what is left unserved, if demand comes like one scenario."""

    scenario: str
    probability: Fraction
    cost: float
    penalty: float
    unserved: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The part of a pipeline's latency budget that one stage may use."""

    pipeline: str
    demand_class: str
    budget_ms: Milliseconds


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
class Wish:
    """One of the wishes that cannot hold together, and at which value they could."""

    kind: str
    """demand, limit, quota, latency, regions, survive, carbon, scenario, or whole: fractions of
    machines would keep all promises, whole ones were not found."""
    name: str
    wanted: float
    possible: float | None
    """With the others as they are; None: no value of this one alone is enough."""
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A level to bring an offer to at an instant, in the order in which changes are made.

    Replacements are asked for early enough to serve when the period begins; what they replace goes
    down only then.
    """

    at: datetime
    offer: str
    units_before: Count
    units: Count
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPlan:
    """The answer of `lepta plan`. Costs are for the whole horizon; None is unknown.

    `cost` is what will be paid: machines, starts, requests sent, carbon at its price, and the
    expected penalty of what is left unserved. `bound` bounds the cost of every fleet that keeps
    the promises.
    """

    status: str
    currency: str
    cost: float | None
    bound: float | None
    gap: float | None
    cost_now: float | None
    hours: Hours
    units: tuple[UnitsHeld, ...] = ()
    starts: tuple[Started, ...] = ()
    routing: tuple[Routing, ...] = ()
    detours: tuple[Routing, ...] = ()
    """Where requests go in each emergency and scenario: the proof that the fleet carries them."""
    carbon_kg: float | None = None
    """Of the machines held; None where an offer that is held does not say its emissions."""
    carbon_cost: float = 0.0
    emergencies: tuple[Emergency, ...] = ()
    outlooks: tuple[Outlook, ...] = ()
    splits: tuple[Split, ...] = ()
    shadow_prices: tuple[ShadowPrice, ...] = ()
    checks: tuple[Check, ...] = ()
    shortfalls: tuple[Short, ...] = ()
    conflict: tuple[Wish, ...] = ()
    """Where infeasible: the smallest set of wishes that cannot hold together."""
    changes: tuple[Change, ...] = ()
    """What to do when, in order; from what runs now where that is known."""
    explanation: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    current: tuple[tuple[str, int], ...] | None = None
    """(offer, units) that run now, as in the case; None is not known."""
