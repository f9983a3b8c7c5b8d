"""Fields of a plan document: how numbers are written, and the JSON Schema."""

import math
from typing import Any, Final

__all__ = ["AMOUNT", "MAYBE", "NUMBER", "PROPERTIES", "STRING", "STRINGS", "amount", "rows"]

STRING: Final = {"type": "string"}
STRINGS: Final = {"type": "array", "items": STRING}
NUMBER: Final = {"type": ["number", "null"]}
AMOUNT: Final = {"type": "number", "minimum": 0}
MAYBE: Final = {"type": ["number", "null"], "minimum": 0}
_COUNT: Final = {"type": "integer", "minimum": 0}
_SHARE: Final = {"type": "number", "minimum": 0, "maximum": 1}
_INSTANT: Final = {"type": "string", "format": "date-time"}
_HOURS: Final = {"type": "number", "exclusiveMinimum": 0}


def amount(value: float | None) -> float | None:
    """Write 12 significant digits: what floats add beyond them is noise; infinite is null."""
    return None if value is None or not math.isfinite(value) else float(f"{value + 0.0:.12g}")


def rows(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the schema of a list of objects, all of whose fields are there."""
    item = {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }
    return {"type": "array", "items": item, **more}


_PROMISES: Final[dict[str, Any]] = {
    "utilization": {**_SHARE, "description": "largest load of a unit"},
    "survive": rows(
        {"scope": {"enum": ["zone", "region", "provider", "pool"]}, "share": _SHARE},
        description="lose one of a kind and still serve this share of every class",
    ),
    "carbon_price_per_tonne": AMOUNT,
    "carbon_limit_kg": MAYBE,
    "payback_hours": MAYBE,
    "risk": {**_SHARE, "description": "weight of the worst scenarios against the mean"},
}

_ROUTE: Final[dict[str, Any]] = {
    "class": STRING,
    "offer": STRING,
    "start": _INSTANT,
    "hours": _HOURS,
    "rate_per_s": AMOUNT,
    "cost": {**AMOUNT, "description": "of sending these requests"},
    "under": {**STRING, "description": "the emergency or scenario; empty: the demand as given"},
}

PROPERTIES: Final[dict[str, Any]] = {
    "created_by": {**STRING, "description": "name and version of the program"},
    "case_hash": {
        "type": ["string", "null"],
        "description": "of the case that was planned; a case with another one has changed",
    },
    "promises": {
        "description": "what holds for the whole plan; null: not said",
        "anyOf": [
            {"type": "null"},
            {
                "type": "object",
                "required": list(_PROMISES),
                "additionalProperties": False,
                "properties": _PROMISES,
            },
        ],
    },
    "status": {
        "enum": ["optimal", "feasible", "infeasible"],
        "description": "proven within the gap asked for; the time ended first; no fleet serves all",
    },
    "currency": {**STRING, "description": "ISO 4217"},
    "hours": {**AMOUNT, "description": "of the horizon"},
    "cost": {
        **MAYBE,
        "description": "of the horizon: machines, starts, requests, carbon, expected penalty; "
        "null where infeasible",
    },
    "bound": {**MAYBE, "description": "no fleet that keeps the promises costs less"},
    "gap": {**MAYBE, "description": "(cost - bound) / cost"},
    "cost_now": {**MAYBE, "description": "machines that run now, same hours; null: unknown"},
    "carbon_kg": {**MAYBE, "description": "CO2e of the machines held; null: not known"},
    "carbon_cost": {**AMOUNT, "description": "of it, at the price of carbon"},
    "units": rows(
        {
            "offer": STRING,
            "start": _INSTANT,
            "hours": _HOURS,
            "count": _COUNT,
            "cost": {**AMOUNT, "description": "count * hours * price"},
        },
        description="machines per offer and period; no row: none",
    ),
    "starts": rows(
        {
            "offer": STRING,
            "start": {**_INSTANT, "description": "serves from then on"},
            "order": {**_INSTANT, "description": "has to be asked for by then"},
            "count": _COUNT,
            "cost": {**AMOUNT, "description": "machine time while starting, and cost of starts"},
        },
        description="machines that are started",
    ),
    "routing": rows(_ROUTE, description="which offer takes how much of a class; no row: none"),
    "detours": rows(
        _ROUTE, description="the same in each emergency and scenario: the proof that it is carried"
    ),
    "emergencies": rows(
        {
            "scope": STRING,
            "lost": STRING,
            "wanted": _SHARE,
            "served": _SHARE,
            "worst": {**_INSTANT, "description": "start of the period in which least is served"},
        },
        description="share of the demand that is served when one place is lost",
    ),
    "outlooks": rows(
        {
            "scenario": STRING,
            "probability": _SHARE,
            "cost": {**AMOUNT, "description": "of the requests that are sent then"},
            "penalty": {**AMOUNT, "description": "of the requests that are not served then"},
            "unserved": _SHARE,
        },
        description="what requests cost, and what is left, if demand comes like a scenario",
    ),
    "splits": rows(
        {"pipeline": STRING, "class": STRING, "budget_ms": AMOUNT},
        description="part of a pipeline's latency budget that a stage may use",
    ),
    "shadow_prices": rows(
        {
            "kind": {**STRING, "description": "class, circumstance, limit, quota, start, carbon"},
            "name": STRING,
            "start": _INSTANT,
            "hours": _HOURS,
            "value": AMOUNT,
            "unit": STRING,
            "emergency": {
                **STRING,
                "description": "the loss or scenario that it is due to; else empty",
            },
        },
        description="long-run prices: of 1,000 more requests, of one more unit within a limit",
    ),
    "checks": rows(
        {"name": STRING, "ok": {"const": True}, "worst": MAYBE, "detail": STRING},
        description="promises and sums recomputed without the solver",
    ),
    "shortfalls": rows(
        {
            "class": STRING,
            "start": _INSTANT,
            "short_rate_per_s": {"type": "number", "exclusiveMinimum": 0},
            "why": STRING,
        },
        description="what cannot be served, where infeasible",
    ),
    "conflict": rows(
        {
            "kind": {
                "enum": [
                    "demand",
                    "limit",
                    "quota",
                    "latency",
                    "regions",
                    "survive",
                    "carbon",
                    "scenario",
                    "whole",
                ]
            },
            "name": STRING,
            "wanted": NUMBER,
            "possible": {**NUMBER, "description": "with the others as they are; null: no value"},
            "unit": STRING,
        },
        description="the smallest set of wishes that cannot hold together, where infeasible",
    ),
    "changes": rows(
        {
            "at": _INSTANT,
            "offer": STRING,
            "units_before": _COUNT,
            "units": {**_COUNT, "description": "the level to bring the offer to"},
            "why": STRING,
        },
        description="what to do when, in order: replacements serve before others go",
    ),
    "explanation": STRINGS,
    "unknown": {**STRINGS, "description": "what could not be seen; never taken for zero"},
    "current": {
        "description": "what runs now; null: not known",
        "anyOf": [{"type": "null"}, rows({"offer": STRING, "units": _COUNT})],
    },
}
