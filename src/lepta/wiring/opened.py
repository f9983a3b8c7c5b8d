"""A trace that is ready to be replayed, with what is known of it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from lepta.domain.requests import Requests
from lepta.sim.trace import Trace

__all__ = ["InMemory", "Opened"]


@dataclass(frozen=True, slots=True)
class InMemory:
    """Requests that are there already."""

    requests: Requests

    def chunks(self) -> Iterator[Requests]:
        """Go through them in one piece."""
        yield self.requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A trace with what is known of it."""

    name: str
    trace: Trace
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    count: int
    span_s: float
    epoch_s: float = math.nan
    missing: tuple[tuple[float, float], ...] = ()
    """Times (from, to; s) that the record lost."""
    notes: tuple[str, ...] = ()
