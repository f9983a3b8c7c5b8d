"""What `lepta frontier` says (M7): the cheapest plan for each level of a second aim."""

from dataclasses import dataclass
from enum import StrEnum

from lepta.domain.plan import FleetPlan, PlanCase
from lepta.units import Hours

__all__ = ["Against", "Frontier", "FrontierPoint"]


class Against(StrEnum):
    """The second aim, beside cost."""

    LATENCY = "latency"
    """Latency objectives, of one class or pipeline or of all together."""
    CARBON = "carbon"
    """Emissions of the machines over the horizon."""
    RISK = "risk"
    """The quantile of uncertain demand that the fleet carries."""
    SPREAD = "spread"
    """The share of demand that is still served when any one place is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierPoint:
    """A level of the second aim, and the cheapest plan that keeps it, with its proof."""

    level: float
    """What was asked for."""
    value: float
    """What the plan reaches; as good as `level`, or better."""
    case: PlanCase
    """The case that the plan answers: `verify(case, plan)` checks it."""
    plan: FleetPlan
    knee: bool = False
    asked: bool = False
    """Whether it is the level of the case as given, or the loosest one that is at least as good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """Plans of which none is better than another in both aims, from the cheapest on."""

    against: Against
    about: str
    """What the aim is about: a class, "all latency objectives", "provider"."""
    unit: str
    more_is_better: bool
    currency: str
    hours: Hours
    points: tuple[FrontierPoint, ...]
    """Ascending in cost; empty where no fleet serves the demand at any level."""
    levels: int
    """Levels there are; beyond those of the points, each was found to lie between two of them."""
    tried: int
    dominated: int
    """Levels of which the plan was no cheaper than one for a better level."""
    impossible: tuple[float, ...] = ()
    """Levels that were tried and that no fleet keeps."""
    nothing: FleetPlan | None = None
    """The answer at the loosest level, where not even that can be kept."""
    explanation: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def knee(self) -> FrontierPoint | None:
        """The point farthest below the line between the two ends; None where none lies below."""
        return next((point for point in self.points if point.knee), None)
