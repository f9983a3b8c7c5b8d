"""`lepta.prices/1`: what a price search found."""

from typing import Any, Final

from lepta.domain.offer import CatalogEntry
from lepta.domain.prices import PriceList, per_accelerator

__all__ = ["NAME", "SCHEMA", "offer_json", "to_json"]

NAME: Final = "lepta.prices/1"


def to_json(found: PriceList) -> dict[str, Any]:
    """Return the document; `count` counts the offers with a known price before any limit."""
    return {
        "schema": NAME,
        "count": found.total,
        "offers": [offer_json(entry, found) for entry in found.entries],
        "unknown": [offer_json(entry, found) for entry in found.unknown],
        "notes": list(found.notes),
    }


def offer_json(entry: CatalogEntry, found: PriceList | None = None) -> dict[str, Any]:
    """Return one offer; an unknown number is null, never 0."""
    offer, each = entry.offer, per_accelerator(entry)
    return {
        "offer": offer.id,
        "provider": offer.provider,
        "region": offer.region,
        "zone": offer.zone,
        "instance_type": offer.instance_type,
        "accelerator": offer.accelerator,
        "accelerator_count": offer.accelerator_count,
        "term": offer.term.value,
        "price_per_hour": offer.price_per_hour,
        "price_per_accelerator_hour": None if each is None else round(each, 6),
        "currency": entry.currency,
        "vcpus": entry.vcpus,
        "memory_gib": entry.memory,
        "accelerator_memory_gib": entry.accelerator_memory,
        "source": entry.source,
        "as_of": entry.as_of or None,
        "stale": found is not None and offer.id in found.stale,
        "note": entry.note,
    }


_NUMBER: Final = {"type": ["number", "null"], "minimum": 0}
_PRICE: Final = {"type": ["number", "null"], "exclusiveMinimum": 0}
_TEXT: Final = {"type": "string"}

_OFFER: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["offer", "term", "price_per_hour", "currency", "source", "as_of"],
    "additionalProperties": False,
    "properties": {
        "offer": {"type": "string", "minLength": 1, "description": "unique name"},
        "provider": _TEXT,
        "region": _TEXT,
        "zone": _TEXT,
        "instance_type": _TEXT,
        "accelerator": _TEXT,
        "accelerator_count": {"type": "number", "minimum": 0},
        "term": {"enum": ["on-demand", "spot", "reserved"]},
        "price_per_hour": {**_PRICE, "description": "of a machine-hour; null: unknown"},
        "price_per_accelerator_hour": {
            **_PRICE,
            "description": "null: no accelerator, or unknown",
        },
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "vcpus": _NUMBER,
        "memory_gib": _NUMBER,
        "accelerator_memory_gib": {**_NUMBER, "description": "of one accelerator"},
        "source": _TEXT,
        "as_of": {"type": ["string", "null"], "description": "day of the price, ISO 8601"},
        "stale": {"type": "boolean", "description": "the price is older than a year"},
        "note": _TEXT,
    },
}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": NAME,
    "description": "Offers that can be rented: the answer of `lepta prices`.",
    "type": "object",
    "required": ["schema", "count", "offers", "unknown", "notes"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": NAME},
        "count": {"type": "integer", "minimum": 0},
        "offers": {"type": "array", "items": _OFFER, "description": "the cheapest first"},
        "unknown": {
            "type": "array",
            "items": _OFFER,
            "description": "offers that match and whose price nobody knows: never free",
        },
        "notes": {"type": "array", "items": _TEXT},
    },
}
