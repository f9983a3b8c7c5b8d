"""`lepta.check/1`: what can be read, how fresh it is, what is missing."""

from datetime import UTC, datetime
from typing import Any, Final

from lepta.domain.checkup import Checkup, Source

__all__ = ["NAME", "SCHEMA", "to_json"]

NAME: Final = "lepta.check/1"


def to_json(checkup: Checkup) -> dict[str, Any]:
    """Return the document."""
    return {
        "schema": NAME,
        "config": checkup.config,
        "checked_at": _text(checkup.checked_at),
        "ok": checkup.readable,
        "sources": [_source(source, checkup.checked_at) for source in checkup.sources],
        "missing": list(checkup.missing),
    }


def _source(source: Source, now: datetime) -> dict[str, Any]:
    return {
        "kind": source.kind,
        "name": source.name,
        "readable": source.readable,
        "rows": source.rows,
        "newest": _text(source.newest),
        "age_hours": None
        if source.newest is None
        else round((now - source.newest).total_seconds() / 3600, 3),
        "modified": _text(source.modified),
        "detail": source.detail,
        "remedy": source.remedy,
        "missing": list(source.missing),
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_INSTANT: Final = {"type": ["string", "null"], "format": "date-time"}
_TEXTS: Final = {"type": "array", "items": {"type": "string"}}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": NAME,
    "description": "What lepta.yaml points at, and how well it can be read: `lepta check`.",
    "type": "object",
    "required": ["schema", "config", "checked_at", "ok", "sources", "missing"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": NAME},
        "config": {"type": "string"},
        "checked_at": {"type": "string", "format": "date-time"},
        "ok": {"type": "boolean", "description": "every source can be read"},
        "sources": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind", "name", "readable", "rows", "newest", "age_hours"],
                "additionalProperties": False,
                "properties": {
                    "kind": {"type": "string"},
                    "name": {"type": "string"},
                    "readable": {"type": "boolean"},
                    "rows": {"type": ["integer", "null"], "minimum": 0},
                    "newest": {**_INSTANT, "description": "last instant that the data speak of"},
                    "age_hours": {
                        "type": ["number", "null"],
                        "description": "hours since then; below 0 for demand that is to come",
                    },
                    "modified": {**_INSTANT, "description": "when the file was last written"},
                    "detail": {"type": "string"},
                    "remedy": {"type": "string"},
                    "missing": _TEXTS,
                },
            },
        },
        "missing": {**_TEXTS, "description": "what cannot be answered, and why"},
    },
}
