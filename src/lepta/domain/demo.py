"""What a demonstration leaves behind: where its files lie, and what was found in them."""

from dataclasses import dataclass

from lepta.domain.assessment import Assessment
from lepta.domain.plan import FleetPlan

__all__ = ["Demo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A generated company, assessed and planned through its files."""

    seed: int
    folder: str
    """The company's files: bill, usage, planning case, lepta.yaml."""
    html: str
    json: str
    teams: tuple[str, ...]
    services: tuple[str, ...]
    jobs: int
    planted: tuple[tuple[str, str], ...]
    """(kind, resource) of the waste that was put in: what a good assessment finds."""
    unmeasured: tuple[str, ...]
    """Resources whose utilization nobody knows: a good assessment leaves them alone."""
    assessment: Assessment
    plan: FleetPlan
