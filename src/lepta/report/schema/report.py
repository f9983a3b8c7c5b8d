"""`lepta.report/2`: an assessment and a plan in one document, with their ages."""

from datetime import UTC, datetime
from typing import Any, Final

from lepta.domain.assessment import Assessment
from lepta.domain.plan import FleetPlan
from lepta.domain.planfile import Origin
from lepta.report.schema.assess import SCHEMA as ASSESS
from lepta.report.schema.assess import to_json as assess_json
from lepta.report.schema.plan import SCHEMA as PLAN
from lepta.report.schema.plan import to_json as plan_json

__all__ = ["NAME", "SCHEMA", "to_json"]

NAME: Final = "lepta.report/2"


def to_json(
    assessment: Assessment | None,
    plan: FleetPlan | None,
    generated_at: datetime,
    *,
    assessed_at: datetime | None = None,
    planned_at: datetime | None = None,
    planned_for: Origin | None = None,
) -> dict[str, Any]:
    """Return the document; a part that was not made is null, never an empty object.

    `planned_for` says for which case, and under which promises, the plan was made.
    """
    return {
        "schema": NAME,
        "generated_at": _text(generated_at),
        "assessed_at": _text(assessed_at),
        "planned_at": _text(planned_at),
        "assessment": None if assessment is None else assess_json(assessment),
        "plan": None if plan is None else plan_json(plan, planned_for),
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_INSTANT: Final = {"type": "string", "format": "date-time"}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": NAME,
    "description": "What is paid and wasted, and the plan: one document of `lepta report`.",
    "type": "object",
    "required": ["schema", "generated_at", "assessed_at", "planned_at", "assessment", "plan"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": NAME},
        "generated_at": _INSTANT,
        "assessed_at": {
            "anyOf": [_INSTANT, {"type": "null"}],
            "description": "When the assessment was made; null where it was handed over directly.",
        },
        "planned_at": {
            "anyOf": [_INSTANT, {"type": "null"}],
            "description": "When the plan was made; null where it was handed over directly.",
        },
        "assessment": {
            "anyOf": [ASSESS, {"type": "null"}],
            "description": "The document of `lepta assess`; null where none was made.",
        },
        "plan": {
            "anyOf": [PLAN, {"type": "null"}],
            "description": "The document of `lepta plan`; null where none was made.",
        },
    },
}
