"""Allocated but not computing: a workload holds an accelerator, and the accelerator does nothing.

Utilization counters say that a kernel ran, not that it ran well (DCGM_FI_DEV_GPU_UTIL), so a low
value is strong evidence of no work, while a high one is no evidence of good work.
"""

from typing import TYPE_CHECKING, Any

from lepta.assess.waste.base import Claims
from lepta.domain.assessment import Thresholds

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["KIND", "is_low", "marked", "words"]

KIND = "allocated-not-computing"


def is_low(pieces: "ir.Table", limits: Thresholds) -> Any:
    """Tell pieces that were held while known not to compute."""
    return (pieces.state == "held") & (pieces.utilization < limits.busy).fill_null(False)


def marked(pieces: "ir.Table", limits: Thresholds) -> "ir.Table":
    """Give the holders that did not compute for long enough: `team, workload, accelerator`."""
    low = pieces.filter(is_low(pieces, limits) & (pieces.kind == "machine"))
    slots = low.select("team", "workload", "accelerator", "resource", "a", "seconds").distinct()
    facts = slots.group_by("team", "workload", "accelerator").aggregate(low=slots.seconds.sum())
    return facts.filter(facts.low >= limits.low_hours * 3600).select(
        "team", "workload", "accelerator"
    )


def words(claim: Claims) -> dict[str, Any]:
    """Say what was found and what to do."""
    hours, observed = claim.seconds / 3600, claim.observed / 3600
    what = claim.accelerator if claim.accelerator != "__unknown__" else "machines"
    mean = 100 * (claim.utilization or 0.0)
    return {
        "title": f"{claim.workload} of team {claim.team} held {what} without computing for "
        f"{hours:.0f} machine-hours",
        "evidence": (
            f"utilization {mean:.1f} % on average in {hours:.1f} of {observed:.1f} machine-hours "
            f"that it held, on {claim.resources} resource(s)",
        ),
        "sure": "medium",
        "remedy": f"ask team {claim.team} whether {claim.workload} waits (for data, for input, for "
        "a person); release the machine between runs, or share it",
    }
