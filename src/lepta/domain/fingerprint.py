"""Content hashes: the same plan, or the same case, has the same one on every machine."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from hashlib import sha256
from typing import Any

from lepta.domain.plan import PlanCase

__all__ = ["canonical", "case_hash", "content_hash"]

IN_ORDER = frozenset({"stages"})
"""Fields of a case whose order means something; rows of all others may come in any order."""


def content_hash(document: Mapping[str, Any]) -> str:
    """Return "sha256:" and the hash of a document without its own field `hash`."""
    return _hash({name: value for name, value in document.items() if name != "hash"})


def case_hash(case: PlanCase) -> str:
    """Return "sha256:" and the hash of all that the planner looks at.

    The order of rows does not matter. What a field says by default is left out, so that a case
    keeps its hash when lepta learns to read more.
    """
    return _hash(_plain(case))


def canonical(value: Any) -> str:
    """Write a value as JSON with sorted keys, no blanks, ASCII, and numbers as C writes %.12g.

    Twelve digits: what floats add beyond them is noise, and 24 and 24.0 are one number.
    """
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(name)}:{canonical(value[name])}" for name in sorted(value))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, Sequence):
        return "[" + ",".join(map(canonical, value)) + "]"
    if not math.isfinite(value):
        return json.dumps(str(value))
    return f"{value + 0.0:.12g}"  # + 0.0: a zero has no sign


def _hash(value: Any) -> str:
    return f"sha256:{sha256(canonical(value).encode()).hexdigest()}"


def _plain(value: Any) -> Any:
    """Turn values of the domain into mappings, lists, texts and numbers."""
    if is_dataclass(value):
        said = {}
        for field in fields(value):
            found = getattr(value, field.name)
            if field.default is not MISSING and found == field.default:
                continue
            rows = _plain(found)
            if isinstance(rows, list) and field.name not in IN_ORDER:
                rows.sort(key=canonical)
            said[field.name] = rows
        return said
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
