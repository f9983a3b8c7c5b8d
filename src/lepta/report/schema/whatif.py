"""`lepta.whatif/1`: a plan, the plan under what-ifs, what these did, and the difference."""

from typing import Any, Final

from lepta.domain.plandiff import Comparison
from lepta.domain.planfile import Origin
from lepta.report.schema.plan import SCHEMA as PLAN
from lepta.report.schema.plan import to_json as plan_json
from lepta.report.schema.plandiff import SCHEMA as DIFF
from lepta.report.schema.plandiff import to_json as diff_json
from lepta.report.schema.planfields import NUMBER, STRING, STRINGS, amount, rows

__all__ = ["NAME", "SCHEMA", "to_json"]

NAME: Final = "lepta.whatif/1"


def to_json(
    made: Comparison, origin: Origin | None = None, changed_origin: Origin | None = None
) -> dict[str, Any]:
    """Return the document; the origins say for which cases the two plans were made."""
    return {
        "schema": NAME,
        "what_ifs": [
            {
                "what_if": one.text,
                "kind": one.kind.value,
                "moved": [
                    {
                        "what": row.what,
                        "name": row.name,
                        "matched_by": row.by,
                        "before": amount(row.before),
                        "after": amount(row.after),
                        "unit": row.unit,
                    }
                    for row in one.moved
                ],
                "left": list(one.left),
            }
            for one in made.what_ifs
        ],
        "base": plan_json(made.base, origin),
        "changed": plan_json(made.changed, changed_origin),
        "diff": diff_json(made.diff),
    }


def _inner(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if not name.startswith("$")}


_PROPERTIES: Final[dict[str, Any]] = {
    "schema": {"const": NAME},
    "what_ifs": rows(
        {
            "what_if": {**STRING, "description": "as it was written"},
            "kind": STRING,
            "moved": rows(
                {
                    "what": STRING,
                    "name": STRING,
                    "matched_by": {**STRING, "description": "empty: its name"},
                    "before": {**NUMBER, "description": "null: no limit, no promise, not known"},
                    "after": NUMBER,
                    "unit": STRING,
                }
            ),
            "left": {**STRINGS, "description": "what matched and stays as it is, with the reason"},
        }
    ),
    "base": {**_inner(PLAN), "description": "the plan as things are"},
    "changed": {**_inner(PLAN), "description": "the plan under the what-ifs"},
    "diff": _inner(DIFF),
}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": NAME,
    "title": "lepta plan --what-if",
    "description": "A fleet plan and the one under what-ifs, side by side.",
    "type": "object",
    "required": list(_PROPERTIES),
    "additionalProperties": False,
    "properties": _PROPERTIES,
}
