"""What `lepta init` did."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Started"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The configuration, where it went, and what was found around it."""

    path: str
    text: str
    written: bool
    found: Mapping[str, tuple[str, ...]]
    """Files that lie there already and were filled in: kind -> paths."""
