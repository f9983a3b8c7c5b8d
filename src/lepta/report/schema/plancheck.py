"""`lepta.plan.check/1`: the promises of a plan file, recomputed on a case."""

from typing import Any, Final

from lepta.domain.plancheck import CheckedPlan
from lepta.report.schema.planfields import MAYBE, STRING, amount, rows

__all__ = ["NAME", "SCHEMA", "to_json"]

NAME: Final = "lepta.plan.check/1"


def to_json(found: CheckedPlan) -> dict[str, Any]:
    """Return the document; an infinite violation is null."""
    return {
        "schema": NAME,
        "kept": not found.broken,
        "same_case": found.same_case,
        "created_by": None if found.origin is None else found.origin.created_by,
        "checks": [
            {
                "name": check.name,
                "ok": check.ok,
                "worst": amount(check.worst),
                "detail": check.detail,
            }
            for check in found.checks
        ],
    }


_PROPERTIES: Final[dict[str, Any]] = {
    "schema": {"const": NAME},
    "kept": {"type": "boolean", "description": "whether every promise is kept on this case"},
    "same_case": {
        "type": ["boolean", "null"],
        "description": "whether it is the case that was planned; null: the file does not say",
    },
    "created_by": {"type": ["string", "null"]},
    "checks": rows({"name": STRING, "ok": {"type": "boolean"}, "worst": MAYBE, "detail": STRING}),
}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": NAME,
    "title": "lepta plan check",
    "description": "The promises of a plan file, recomputed on a case.",
    "type": "object",
    "required": list(_PROPERTIES),
    "additionalProperties": False,
    "properties": _PROPERTIES,
}
