"""`lepta.init/1`: the configuration that was written, and what was filled in."""

from typing import Any, Final

from lepta.domain.started import Started

__all__ = ["NAME", "SCHEMA", "to_json"]

NAME: Final = "lepta.init/1"


def to_json(started: Started) -> dict[str, Any]:
    """Return the document."""
    return {
        "schema": NAME,
        "path": started.path,
        "written": started.written,
        "found": {kind: list(paths) for kind, paths in started.found.items()},
        "text": started.text,
    }


SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": NAME,
    "description": "The first lepta.yaml: the answer of `lepta init`.",
    "type": "object",
    "required": ["schema", "path", "written", "found", "text"],
    "additionalProperties": False,
    "properties": {
        "schema": {"const": NAME},
        "path": {"type": "string"},
        "written": {"type": "boolean"},
        "found": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
            "description": "files that were recognized and filled in, by kind",
        },
        "text": {"type": "string"},
    },
}
