"""Endpoints without traffic: services that hold machines and have not been asked for long."""

from typing import TYPE_CHECKING, Any

from lepta.assess.waste.base import Claims
from lepta.domain.assessment import Thresholds

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["KIND", "marked", "words"]

KIND = "endpoint-without-traffic"


def marked(pieces: "ir.Table", limits: Thresholds) -> "ir.Table":
    """Give the services that are quiet up to the end: `team, workload, quiet_from` (seconds).

    Quiet begins after the last hour with a request, or with a request count that is not known.
    """
    held = pieces.filter((pieces.state == "held") & (pieces.workload_kind == "service"))
    loud = held.requests.isnull() | (held.requests > 0)
    end = held.a + held.seconds
    facts = held.group_by("team", "workload").aggregate(
        first=held.a.min(), last=end.max(), loud_until=end.max(where=loud)
    )
    facts = facts.mutate(quiet_from=facts.loud_until.fill_null(facts["first"]))
    quiet = facts.filter(facts["last"] - facts.quiet_from >= limits.quiet_hours * 3600)
    return quiet.select("team", "workload", "quiet_from")


def words(claim: Claims) -> dict[str, Any]:
    """Say what was found and what to do."""
    hours, observed = claim.seconds / 3600, claim.observed / 3600
    always = hours >= 0.99 * observed
    return {
        "title": f"endpoint {claim.workload} of team {claim.team} served no request in its last "
        f"{hours:.0f} machine-hours",
        "evidence": (
            f"0 requests in the last {hours:.1f} of {observed:.1f} machine-hours that it held, "
            f"on {claim.resources} resource(s)",
        ),
        "sure": "high" if always else "medium",
        "remedy": f"scale {claim.workload} to zero (for example: kubectl scale deployment "
        f"{claim.workload} --replicas=0), and release its machines",
    }
