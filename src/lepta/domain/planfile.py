"""What a plan file says beside the plan: which case it is for, what was promised, who made it."""

from dataclasses import dataclass

from lepta.domain.fingerprint import case_hash
from lepta.domain.plan import PlanCase
from lepta.domain.promises import Promises
from lepta.units import Fraction, check

__all__ = ["Origin", "origin_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a plan comes from."""

    case_hash: str
    """Of the case that was planned; a case with another one has changed since."""
    created_by: str
    """Name and version of the program."""
    utilization: Fraction
    promises: Promises

    def __post_init__(self) -> None:
        check(self)


def origin_of(case: PlanCase, created_by: str) -> Origin:
    """Say where a plan of this case comes from."""
    return Origin(
        case_hash=case_hash(case),
        created_by=created_by,
        utilization=case.utilization,
        promises=case.promises,
    )
