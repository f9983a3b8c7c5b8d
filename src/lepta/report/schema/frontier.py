"""`lepta.frontier/1`: the points of a frontier, each with its whole plan."""

from typing import Any, Final

from lepta.domain.frontier import Against, Frontier
from lepta.domain.planfile import origin_of
from lepta.report.schema.plan import CREATED_BY
from lepta.report.schema.plan import SCHEMA as PLAN
from lepta.report.schema.plan import to_json as plan_json

__all__ = ["NAME", "SCHEMA", "to_json"]

NAME: Final = "lepta.frontier/1"


def to_json(frontier: Frontier) -> dict[str, Any]:
    """Return the document; without points, `nothing` is the plan that says why."""
    nothing = frontier.nothing
    return {
        "schema": NAME,
        "against": frontier.against.value,
        "about": frontier.about,
        "unit": frontier.unit,
        "more_is_better": frontier.more_is_better,
        "currency": frontier.currency,
        "hours": _amount(frontier.hours),
        "points": [
            {
                "level": _amount(point.level),
                "value": _amount(point.value),
                "cost": _amount(point.plan.cost or 0.0),
                "bound": _amount(point.plan.bound or 0.0),
                "gap": point.plan.gap,
                "knee": point.knee,
                "asked": point.asked,
                "plan": plan_json(point.plan, origin_of(point.case, CREATED_BY)),
            }
            for point in frontier.points
        ],
        "levels": frontier.levels,
        "tried": frontier.tried,
        "dominated": frontier.dominated,
        "impossible": [_amount(level) for level in frontier.impossible],
        "nothing": None if nothing is None else plan_json(nothing),
        "explanation": list(frontier.explanation),
        "unknown": list(frontier.unknown),
    }


def _amount(value: float) -> float:
    """Write 12 significant digits: what floats add beyond them is noise."""
    return float(f"{value:.12g}")


_STRING: Final = {"type": "string"}
_STRINGS: Final = {"type": "array", "items": _STRING}
_AMOUNT: Final = {"type": "number", "minimum": 0}
_COUNT: Final = {"type": "integer", "minimum": 0}
_POINT: Final[dict[str, Any]] = {
    "level": {**_AMOUNT, "description": "of the second aim, that was asked for"},
    "value": {**_AMOUNT, "description": "that the plan reaches"},
    "cost": _AMOUNT,
    "bound": {**_AMOUNT, "description": "no fleet that keeps this level costs less"},
    "gap": {**_AMOUNT, "description": "(cost - bound) / cost"},
    "knee": {"type": "boolean", "description": "farthest below the line between the ends"},
    "asked": {"type": "boolean", "description": "the level that the case as given asks for"},
    "plan": {**PLAN, "description": "the whole plan of this point"},
}
_PROPERTIES: Final[dict[str, Any]] = {
    "schema": {"const": NAME},
    "against": {"enum": [aim.value for aim in Against]},
    "about": {**_STRING, "description": "class, pipeline or kind of place that the aim is about"},
    "unit": {**_STRING, "description": "of level and value; x: times the objectives"},
    "more_is_better": {"type": "boolean"},
    "currency": {**_STRING, "description": "ISO 4217"},
    "hours": {**_AMOUNT, "description": "of the horizon"},
    "points": {
        "type": "array",
        "description": "from the cheapest on; none is better than another in both aims",
        "items": {
            "type": "object",
            "required": list(_POINT),
            "additionalProperties": False,
            "properties": _POINT,
        },
    },
    "levels": {**_COUNT, "description": "levels that there are"},
    "tried": {**_COUNT, "description": "levels that were planned"},
    "dominated": {**_COUNT, "description": "of these, no cheaper than a better level"},
    "impossible": {"type": "array", "items": _AMOUNT, "description": "levels no fleet keeps"},
    "nothing": {
        "anyOf": [PLAN, {"type": "null"}],
        "description": "the answer at the loosest level, where not even that can be kept",
    },
    "explanation": _STRINGS,
    "unknown": {**_STRINGS, "description": "what could not be seen; never taken for zero"},
}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": NAME,
    "title": "lepta frontier",
    "type": "object",
    "required": list(_PROPERTIES),
    "additionalProperties": False,
    "properties": _PROPERTIES,
}
