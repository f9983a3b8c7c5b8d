"""`lepta.plan.diff/1`: two plans side by side."""

from typing import Any, Final

from lepta.domain.plandiff import Pair, PlanDiff
from lepta.report.schema.planfields import NUMBER, STRING, STRINGS, amount, rows

__all__ = ["NAME", "SCHEMA", "to_json"]

NAME: Final = "lepta.plan.diff/1"


def to_json(diff: PlanDiff) -> dict[str, Any]:
    """Return the document; `change` is the second less the first, null where one is unknown."""
    return {
        "schema": NAME,
        "currency": diff.currency,
        "status": {"before": diff.status[0], "after": diff.status[1]},
        "hours": _pair(diff.hours),
        "cost": _pair(diff.cost),
        "cost_now": _pair(diff.cost_now),
        "costs": _named(diff.costs),
        "carbon_kg": _pair(diff.carbon_kg),
        "offers": [
            {
                "offer": row.offer,
                "now": row.now,
                "peak": _pair(row.peak),
                "mean": _pair(row.mean),
                "unit_hours": _pair(row.unit_hours),
                "starts": _pair(row.starts),
                "cost": _pair(row.cost),
            }
            for row in diff.offers
        ],
        "routes": [
            {"class": row.demand_class, "offer": row.offer, "share": _pair(row.share)}
            for row in diff.routes
        ],
        "shadow_prices": [
            {
                "kind": row.kind,
                "name": row.mean.name,
                "unit": row.unit,
                "emergency": row.emergency,
                "mean": _pair(row.mean),
            }
            for row in diff.prices
        ],
        "promises": _named(diff.promises),
        "shortfalls": _named(diff.shortfalls),
        "notes": list(diff.notes),
    }


def _named(pairs: tuple[Pair, ...]) -> list[dict[str, Any]]:
    return [{"name": pair.name, **_pair(pair)} for pair in pairs]


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "before": amount(pair.before),
        "after": amount(pair.after),
        "change": amount(pair.change),
    }


_PAIR_FIELDS: Final = {"before": NUMBER, "after": NUMBER, "change": NUMBER}
_PAIR: Final[dict[str, Any]] = {
    "type": "object",
    "required": list(_PAIR_FIELDS),
    "additionalProperties": False,
    "properties": _PAIR_FIELDS,
}
_NAMED: Final = {"name": STRING, **_PAIR_FIELDS}

_PROPERTIES: Final[dict[str, Any]] = {
    "schema": {"const": NAME},
    "currency": {**STRING, "description": "ISO 4217"},
    "status": {
        "type": "object",
        "required": ["before", "after"],
        "additionalProperties": False,
        "properties": {"before": STRING, "after": STRING},
    },
    "hours": _PAIR,
    "cost": {**_PAIR, "description": "of the whole horizon; null where infeasible"},
    "cost_now": _PAIR,
    "costs": rows(_NAMED, description="machines, starts, requests, carbon, penalty, other"),
    "carbon_kg": _PAIR,
    "offers": rows(
        {
            "offer": STRING,
            "now": {"type": ["integer", "null"], "description": "units that run now"},
            **dict.fromkeys(("peak", "mean", "unit_hours", "starts", "cost"), _PAIR),
        }
    ),
    "routes": rows({"class": STRING, "offer": STRING, "share": _PAIR}),
    "shadow_prices": rows(
        {"kind": STRING, "name": STRING, "unit": STRING, "emergency": STRING, "mean": _PAIR},
        description="means over the periods; null: nothing of that name binds",
    ),
    "promises": rows(
        _NAMED, description="served after each loss, budget of each stage, cost in each scenario"
    ),
    "shortfalls": rows(_NAMED, description="largest rate of a class that is not served"),
    "notes": {**STRINGS, "description": "why numbers may not be comparable"},
}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": NAME,
    "title": "lepta plan diff",
    "description": "Two fleet plans side by side.",
    "type": "object",
    "required": list(_PROPERTIES),
    "additionalProperties": False,
    "properties": _PROPERTIES,
}
