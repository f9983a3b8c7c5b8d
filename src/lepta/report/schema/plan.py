"""`lepta.plan/1`: units, routing, prices, proof and checks of a fleet plan."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from lepta.domain.plan import Check, FleetPlan, Routing, ShadowPrice, Short, UnitsHeld
from lepta.errors import InputError

__all__ = ["NAME", "SCHEMA", "from_json", "to_json"]

NAME: Final = "lepta.plan/1"


def to_json(plan: FleetPlan) -> dict[str, Any]:
    """Return the document; unknown is null, and rows of nothing are left out."""
    return {
        "schema": NAME,
        "status": plan.status,
        "currency": plan.currency,
        "hours": _amount(plan.hours),
        "cost": _amount(plan.cost),
        "bound": _amount(plan.bound),
        "gap": plan.gap,
        "cost_now": _amount(plan.cost_now),
        "units": [
            {
                "offer": row.offer,
                "start": _text(row.start),
                "hours": _amount(row.hours),
                "count": row.count,
                "cost": _amount(row.cost),
            }
            for row in plan.units
            if row.count
        ],
        "routing": [
            {
                "class": row.demand_class,
                "offer": row.offer,
                "start": _text(row.start),
                "hours": _amount(row.hours),
                "rate_per_s": _amount(row.rate_per_s),
                "cost": _amount(row.cost),
            }
            for row in plan.routing
            if row.rate_per_s
        ],
        "shadow_prices": [
            {
                "kind": row.kind,
                "name": row.name,
                "start": _text(row.start),
                "hours": _amount(row.hours),
                "value": _amount(row.value),
                "unit": row.unit,
            }
            for row in plan.shadow_prices
        ],
        "checks": [
            {
                "name": row.name,
                "ok": row.ok,
                "worst": row.worst if math.isfinite(row.worst) else None,
                "detail": row.detail,
            }
            for row in plan.checks
        ],
        "shortfalls": [
            {
                "class": row.demand_class,
                "start": _text(row.start),
                "short_rate_per_s": _amount(row.short_rate_per_s),
                "why": row.why,
            }
            for row in plan.shortfalls
        ],
        "explanation": list(plan.explanation),
        "unknown": list(plan.unknown),
        "current": None
        if plan.current is None
        else [{"offer": offer, "units": units} for offer, units in plan.current],
    }


def from_json(document: Mapping[str, Any]) -> FleetPlan:
    """Read a document back.

    Raises
    ------
    InputError
        It is not a `lepta.plan/1` document.
    """
    said = document.get("schema")
    if said != NAME:
        raise InputError(f"the schema is {said!r}, not {NAME}", remedy="run lepta plan again")
    try:
        return _plan(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"is not a whole {NAME} document: {type(error).__name__} {error}",
            remedy="run lepta plan again",
        ) from None


def _plan(document: Mapping[str, Any]) -> FleetPlan:
    current = document["current"]
    return FleetPlan(
        **{name: document[name] for name in ("status", "currency", "hours", *_AMOUNTS)},
        units=tuple(UnitsHeld(**_row(row)) for row in document["units"]),
        routing=tuple(Routing(**_row(row)) for row in document["routing"]),
        shadow_prices=tuple(ShadowPrice(**_row(row)) for row in document["shadow_prices"]),
        checks=tuple(
            Check(**{**row, "worst": math.inf if row["worst"] is None else row["worst"]})
            for row in document["checks"]
        ),
        shortfalls=tuple(Short(**_row(row)) for row in document["shortfalls"]),
        explanation=tuple(document["explanation"]),
        unknown=tuple(document["unknown"]),
        current=None if current is None else tuple((row["offer"], row["units"]) for row in current),
    )


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    values = {"demand_class" if name == "class" else name: value for name, value in row.items()}
    return {**values, "start": datetime.fromisoformat(row["start"])}


def _amount(value: float | None) -> float | None:
    """Write 12 significant digits: what floats add beyond them is noise."""
    return None if value is None else float(f"{value:.12g}")


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_AMOUNTS: Final = ("cost", "bound", "gap", "cost_now")
_STRING: Final = {"type": "string"}
_STRINGS: Final = {"type": "array", "items": _STRING}
_AMOUNT: Final = {"type": "number", "minimum": 0}
_COUNT: Final = {"type": "integer", "minimum": 0}
_MAYBE: Final = {"type": ["number", "null"], "minimum": 0}
_INSTANT: Final = {"type": "string", "format": "date-time"}
_HOURS: Final = {"type": "number", "exclusiveMinimum": 0}


def _rows(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    item = {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }
    return {"type": "array", "items": item, **more}


_PROPERTIES: Final[dict[str, Any]] = {
    "schema": {"const": NAME},
    "status": {
        "enum": ["optimal", "feasible", "infeasible"],
        "description": "proven within the gap asked for; the time ended first; no fleet serves all",
    },
    "currency": {**_STRING, "description": "ISO 4217"},
    "hours": {**_AMOUNT, "description": "of the horizon"},
    "cost": {**_MAYBE, "description": "of the horizon; null where infeasible"},
    "bound": {**_MAYBE, "description": "no fleet that keeps the promises costs less"},
    "gap": {**_MAYBE, "description": "(cost - bound) / cost"},
    "cost_now": {**_MAYBE, "description": "machines that run now, same hours; null: unknown"},
    "units": _rows(
        {
            "offer": _STRING,
            "start": _INSTANT,
            "hours": _HOURS,
            "count": _COUNT,
            "cost": {**_AMOUNT, "description": "count * hours * price"},
        },
        description="machines per offer and period; no row: none",
    ),
    "routing": _rows(
        {
            "class": _STRING,
            "offer": _STRING,
            "start": _INSTANT,
            "hours": _HOURS,
            "rate_per_s": _AMOUNT,
            "cost": {**_AMOUNT, "description": "of sending these requests"},
        },
        description="which offer takes how much of a class; no row: none",
    ),
    "shadow_prices": _rows(
        {
            "kind": {"enum": ["class", "limit"]},
            "name": _STRING,
            "start": _INSTANT,
            "hours": _HOURS,
            "value": _AMOUNT,
            "unit": _STRING,
        },
        description="long-run prices: of 1,000 more requests, of one more unit within a limit",
    ),
    "checks": _rows(
        {"name": _STRING, "ok": {"const": True}, "worst": _MAYBE, "detail": _STRING},
        description="promises and sums recomputed without the solver",
    ),
    "shortfalls": _rows(
        {
            "class": _STRING,
            "start": _INSTANT,
            "short_rate_per_s": {"type": "number", "exclusiveMinimum": 0},
            "why": _STRING,
        },
        description="what cannot be served, where infeasible",
    ),
    "explanation": _STRINGS,
    "unknown": {**_STRINGS, "description": "what could not be seen; never taken for zero"},
    "current": {
        "description": "what runs now; null: not known",
        "anyOf": [{"type": "null"}, _rows({"offer": _STRING, "units": _COUNT})],
    },
}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": NAME,
    "title": "lepta plan",
    "type": "object",
    "required": list(_PROPERTIES),
    "additionalProperties": False,
    "properties": _PROPERTIES,
}
