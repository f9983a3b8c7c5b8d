"""Machines with no work: paid for, watched, and held by nobody all or nearly all of the time."""

from typing import TYPE_CHECKING, Any

from lepta.assess.waste.base import Claims
from lepta.domain.assessment import Thresholds

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["KIND", "marked", "words"]

KIND = "idle-machine"


def marked(pieces: "ir.Table", limits: Thresholds) -> "ir.Table":
    """Give the resources that are idle machines: `resource, idle_observed`."""
    slots = (
        pieces.filter((pieces.kind == "machine") & pieces.taken.notnull())
        .select("resource", "a", "seconds", "taken")
        .distinct()
    )
    facts = slots.group_by("resource").aggregate(
        idle_observed=slots.seconds.sum(),
        idle=slots.seconds.sum(where=slots.taken == 0),
    )
    return facts.filter(
        (facts.idle >= limits.idle_hours * 3600)
        & (facts.idle >= facts.idle_observed * limits.idle_share)
    ).select("resource", "idle_observed")


def words(claim: Claims) -> dict[str, Any]:
    """Say what was found and what to do."""
    hours, observed = claim.seconds / 3600, claim.observed / 3600
    return {
        "title": f"{claim.subject} had no work in {hours:.0f} of {observed:.0f} observed hours",
        "evidence": (
            f"nobody held any part of it in {hours:.1f} of {observed:.1f} observed hours",
        ),
        "sure": "high" if hours >= 24 and hours >= 0.99 * observed else "medium",
        "remedy": f"stop or terminate {claim.subject} after a look at what it is for; "
        "keep a snapshot if its disk may be needed",
    }
