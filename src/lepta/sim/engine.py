"""What every engine does: the work of a pool between two events of its replicas.

An engine knows requests and replicas, no policies, prices or clocks. It is told which replica
opens, closes or is lost, and is run from one such instant to the next; inside it is compiled.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lepta.domain.requests import Requests

__all__ = ["Engine", "Finished", "Gauge", "Outcome"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


class Outcome:
    """How a request ended."""

    SERVED, DROPPED = 0, 1


@dataclass(frozen=True, slots=True)
class Gauge:
    """What an engine shows at the instant that it was run to."""

    arrived: int
    served: int
    dropped: int
    waiting: int
    running: int
    waiting_work: Array
    """(classes,) in the unit of the load x s."""
    busy_s: float
    """Replica-seconds with work so far, each second of a replica weighed by the share of its
    slots (or of its capacity) in use."""


@dataclass(frozen=True, slots=True)
class Finished:
    """Requests that ended since the last call, in the order of their end (ties: of arrival)."""

    request: Counts
    """Number in order of arrival, from 0 over the whole trace."""
    kind: Counts
    arrival_s: Array
    start_s: Array
    """When work on it first began; NaN: never (dropped)."""
    first_token_s: Array
    """Of batched replicas; elsewhere NaN."""
    end_s: Array
    outcome: npt.NDArray[np.int8]
    amount: Array
    """Output units beyond the first token (tokens), for TPOT; elsewhere NaN."""


class Engine(Protocol):
    """The servers of one pool. Time only goes forward; replicas are numbered by the caller."""

    def feed(self, requests: Requests) -> None:
        """Give the next arrivals, none before those fed already."""
        ...

    def open(self, replica: int, variant: int) -> None:
        """Let a replica take requests from now on."""
        ...

    def close(self, replica: int) -> None:
        """Let a replica finish what it has and take no more; queued-only work goes elsewhere."""
        ...

    def kill(self, replica: int) -> None:
        """Lose a replica: what it worked on starts again elsewhere, before all that waits."""
        ...

    def run(self, until_s: float) -> None:
        """Work through all events at or before `until_s`; arrivals up to there are fed."""
        ...

    def idle_since(self, replica: int) -> float:
        """Return when a closed replica ended its last request; inf while it works."""
        ...

    def in_flight(self) -> int:
        """Return how many requests wait or are served."""
        ...

    def next_end_s(self) -> float:
        """Return the next instant at which the engine does something by itself; inf: never."""
        ...

    def gauge(self) -> Gauge:
        """Return what shows now."""
        ...

    def finished(self) -> Finished:
        """Return and forget the requests that have ended."""
        ...
