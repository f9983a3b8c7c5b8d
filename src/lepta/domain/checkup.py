"""What a check of the configuration found: does a source read, how fresh is it, what lacks?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

__all__ = ["Checkup", "Source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file, as it was read."""

    kind: str
    """bill, usage, rate card, skypilot, catalog, or the name of a plan's table."""
    name: str
    readable: bool
    rows: int | None = None
    """None where it could not be counted."""
    newest: datetime | None = None
    """The last instant that the data speak of; None where they name none."""
    modified: datetime | None = None
    """When the file was last written."""
    detail: str = ""
    """What it is ("FOCUS 1.2"), or why it cannot be read."""
    remedy: str = ""
    missing: tuple[str, ...] = ()
    """What this source lacks, and what cannot be answered because of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """The answer of `lepta check`."""

    config: str
    checked_at: datetime
    sources: tuple[Source, ...]
    missing: tuple[str, ...] = ()
    """What no source gives, and what cannot be answered because of it."""

    @property
    def readable(self) -> bool:
        """Tell whether every source can be read."""
        return all(source.readable for source in self.sources)

    def of(self, *kinds: str) -> Sequence[Source]:
        """Return the sources of some kinds."""
        return [source for source in self.sources if source.kind in kinds]
