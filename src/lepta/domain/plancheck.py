"""A plan file held against a case."""

from dataclasses import dataclass

from lepta.domain.plan import Check, FleetPlan
from lepta.domain.planfile import Origin

__all__ = ["CheckedPlan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPlan:
    """A plan of a file, recomputed on a case without the solver."""

    plan: FleetPlan
    origin: Origin | None
    same_case: bool | None
    """Whether the case is the one that was planned; None: the file does not say which that was."""
    checks: tuple[Check, ...]

    @property
    def broken(self) -> tuple[Check, ...]:
        """The promises that the plan does not keep on this case."""
        return tuple(check for check in self.checks if not check.ok)
