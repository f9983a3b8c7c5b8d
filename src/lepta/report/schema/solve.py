"""`lepta.solve/1`: the cheapest running times, or what falls short."""

import math
from typing import Any, Final

from lepta.domain.cover import CoverAnswer, ResourceLine

__all__ = ["NAME", "SCHEMA", "to_json"]

NAME: Final = "lepta.solve/1"


def to_json(answer: CoverAnswer) -> dict[str, Any]:
    """Return the document; without end and not known are null, never a made-up number."""
    return {
        "schema": NAME,
        "status": answer.status,
        "cost": answer.cost,
        "bound": answer.bound,
        "gap": answer.gap,
        "nodes": [
            {
                "name": node.name,
                "time": node.time,
                "cost": node.cost,
                "reduced_cost": node.reduced_cost,
                "start_cost": node.start_cost,
                "price_from": node.price_from,
                "price_to": _finite(node.price_to),
            }
            for node in answer.nodes
        ],
        "binding": list(answer.binding),
        "resources": [_resource(line) for line in answer.resources],
        "explanation": list(answer.explanation),
        "checks": [
            {
                "name": check.name,
                "ok": check.ok,
                "worst": _finite(check.worst),
                "detail": check.detail,
            }
            for check in answer.checks
        ],
        "unknown": list(answer.unknown),
    }


def _resource(line: ResourceLine) -> dict[str, Any]:
    return {
        "name": line.name,
        "need": line.need,
        "supplied": _finite(line.supplied),
        "shadow_price": _finite(line.shadow_price),
        "binding": line.binding,
        "next_unit_cost": _finite(line.next_unit_cost),
        "holds_from": _finite(line.holds_from),
        "holds_to": _finite(line.holds_to),
        "most": _finite(line.most),
        "short_by": line.short_by,
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_AMOUNT: Final = {"type": "number", "minimum": 0}
_MAYBE: Final = {"type": ["number", "null"], "minimum": 0}

_NODE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["name", "time", "cost"],
    "properties": {
        "name": _TEXT,
        "time": {**_AMOUNT, "description": "how long it runs, in the unit of price and supply"},
        "cost": _AMOUNT,
        "reduced_cost": {
            "type": "number",
            "description": "what one more unit of time would add to the cost; below 0 at a limit",
        },
        "start_cost": {**_AMOUNT, "description": "what its start costs; part of cost"},
        "price_from": {
            **_MAYBE,
            "description": "least price of this node at which the answer stays the cheapest, all "
            "else unchanged; null: not known",
        },
        "price_to": {
            **_MAYBE,
            "description": "largest such price; null: without end, or price_from not known",
        },
    },
}

_RESOURCE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["name", "need", "supplied", "shadow_price", "binding"],
    "properties": {
        "name": _TEXT,
        "need": _AMOUNT,
        "supplied": {
            **_MAYBE,
            "description": "by the answer; where infeasible, with every node at its limit",
        },
        "shadow_price": {
            **_MAYBE,
            "description": "price in the proof of optimality; null where infeasible",
        },
        "binding": {"type": "boolean"},
        "next_unit_cost": {
            **_MAYBE,
            "description": "what one more unit of need costs; null: it cannot be had",
        },
        "holds_from": {**_MAYBE, "description": "least need at which next_unit_cost holds"},
        "holds_to": {**_MAYBE, "description": "largest such need; null: without end"},
        "most": {**_MAYBE, "description": "all that can be had; null: without end"},
        "short_by": {**_AMOUNT, "description": "what is missing where infeasible, else 0"},
    },
}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": NAME,
    "title": "lepta solve",
    "type": "object",
    "required": [
        "schema",
        "status",
        "cost",
        "bound",
        "gap",
        "nodes",
        "resources",
        "explanation",
        "checks",
        "unknown",
    ],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": NAME},
        "status": {
            "enum": ["optimal", "feasible", "infeasible"],
            "description": "feasible: starts cost something, and time ended before the gap closed",
        },
        "cost": {**_MAYBE, "description": "in the currency of the price column"},
        "bound": {**_MAYBE, "description": "no answer costs less"},
        "gap": {**_MAYBE, "description": "(cost - bound) / cost"},
        "nodes": {"type": "array", "items": _NODE},
        "binding": {
            **_TEXTS,
            "description": "resources of which no more is supplied than needed",
        },
        "resources": {"type": "array", "items": _RESOURCE, "minItems": 1},
        "explanation": _TEXTS,
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "ok", "worst", "detail"],
                "properties": {
                    "name": _TEXT,
                    "ok": {"type": "boolean"},
                    "worst": _MAYBE,
                    "detail": _TEXT,
                },
            },
        },
        "unknown": _TEXTS,
    },
}
