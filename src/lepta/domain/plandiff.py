"""What is different between two plans, and what a what-if made of one."""

from dataclasses import dataclass

from lepta.domain.plan import FleetPlan
from lepta.domain.whatif import Applied

__all__ = ["Comparison", "OfferPair", "Pair", "PlanDiff", "PricePair", "RoutePair"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A number of the first and of the second plan; None is not known, or not part of that plan."""

    name: str
    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        """Second less first; None where one of them is not known."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before

    @property
    def differs(self) -> bool:
        """Whether the two differ by more than floats do."""
        if self.before is None or self.after is None:
            return self.before is not self.after
        return abs(self.after - self.before) > 1e-9 * max(abs(self.before), abs(self.after))


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPair:
    """Units of one offer: what runs now, and both plans."""

    offer: str
    now: int | None
    peak: Pair
    mean: Pair
    unit_hours: Pair
    starts: Pair
    cost: Pair
    """Of holding the units, without starts."""

    @property
    def differs(self) -> bool:
        """Whether the two plans hold, start or pay for this offer differently."""
        pairs = (self.peak, self.mean, self.unit_hours, self.starts, self.cost)
        return any(pair.differs for pair in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePair:
    """The share of a class that goes to an offer, 0..1."""

    demand_class: str
    offer: str
    share: Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePair:
    """The mean of a shadow price over the periods."""

    kind: str
    unit: str
    emergency: str
    mean: Pair
    """None: nothing of that name binds in that plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDiff:
    """Two plans side by side; costs are those of the whole horizon of each.

    `notes` say why numbers may not be comparable: other horizons, other demand, other promises.
    """

    currency: str
    status: tuple[str, str]
    hours: Pair
    cost: Pair
    cost_now: Pair
    costs: tuple[Pair, ...]
    """The cost split: machines, starts, requests, carbon, expected penalty."""
    carbon_kg: Pair
    offers: tuple[OfferPair, ...]
    routes: tuple[RoutePair, ...]
    prices: tuple[PricePair, ...]
    promises: tuple[Pair, ...]
    """Share that is served after each loss, budget of each stage, cost in each scenario."""
    shortfalls: tuple[Pair, ...]
    """The largest rate of each class that is not served, requests/s; 0 where all is."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A plan, the plan under what-ifs, what these did to the case, and what is different."""

    base: FleetPlan
    changed: FleetPlan
    what_ifs: tuple[Applied, ...]
    diff: PlanDiff
