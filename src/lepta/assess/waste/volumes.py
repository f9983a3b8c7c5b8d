"""Unattached volumes: storage that is paid for and that no machine has."""

from typing import TYPE_CHECKING, Any

from lepta.assess.waste.base import Claims
from lepta.domain.assessment import Thresholds

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["KIND", "marked", "words"]

KIND = "unattached-volume"


def marked(pieces: "ir.Table", limits: Thresholds) -> "ir.Table":
    """Give the volumes that were unattached for long enough: `resource, free`."""
    free = pieces.filter((pieces.kind == "volume") & (pieces.taken == 0))
    slots = free.select("resource", "a", "seconds").distinct()
    facts = slots.group_by("resource").aggregate(free=slots.seconds.sum())
    return facts.filter(facts.free >= limits.idle_hours * 3600)


def words(claim: Claims) -> dict[str, Any]:
    """Say what was found and what to do."""
    hours, observed = claim.seconds / 3600, claim.observed / 3600
    return {
        "title": f"volume {claim.subject} was attached to nothing for {hours:.0f} hours",
        "evidence": (f"unattached in {hours:.1f} of {observed:.1f} observed hours",),
        "sure": "high" if hours >= 0.99 * observed else "medium",
        "remedy": f"snapshot {claim.subject}, then delete it",
    }
