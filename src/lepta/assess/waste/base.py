"""What the kinds of waste share: the facts that a finding is made of."""

from dataclasses import dataclass
from typing import Any

__all__ = ["CLAIM_COLUMNS", "Claims"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What one finding claims, summed over its pieces (one row of the claims table)."""

    kind: str
    subject: str
    team: str
    workload: str
    accelerator: str
    resources: int
    resource: str
    """The first of them by name."""
    seconds: int
    """Seconds of resources (or of holdings) that are wasted."""
    observed: int
    """Seconds of the same that were observed at all."""
    utilization: float | None
    also: str
    """Kinds that would have claimed part of the same money, had an earlier one not."""
    cost: Any
    """What could be saved, exact, by the basis."""
    committed: Any
    """What is paid for under a commitment whether used or not: not counted as a saving."""


CLAIM_COLUMNS = tuple(Claims.__dataclass_fields__)
