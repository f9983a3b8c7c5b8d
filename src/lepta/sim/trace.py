"""A trace as a replay uses it: a first part that is only learned from, and the load ahead."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from lepta.domain.pool import Array
from lepta.domain.requests import Requests
from lepta.sim.servers import Weigh

__all__ = ["Later", "Trace", "load_of"]


class Trace(Protocol):
    """Requests that can be gone through again and again."""

    def chunks(self) -> Iterator[Requests]:
        """Go through the requests in order of arrival."""
        ...


@dataclass(frozen=True, slots=True)
class Later:
    """The part of a trace from `from_s` on, which becomes its second 0."""

    trace: Trace
    from_s: float

    def chunks(self) -> Iterator[Requests]:
        """Go through the later requests."""
        for chunk in self.trace.chunks():
            rest = chunk[int(np.searchsorted(chunk.at_s, self.from_s)) :]
            if len(rest):
                yield replace(rest, at_s=rest.at_s - self.from_s)


def load_of(trace: Trace, weigh: Weigh, tick_s: float, classes: int) -> Array:
    """Return (ticks, classes) the mean load per second of each interval of the whole trace."""
    rates, last = np.zeros((0, classes)), 0
    for chunk in trace.chunks():
        if not len(chunk):
            continue
        row = (chunk.at_s // tick_s).astype(np.int64)
        missing = int(row[-1]) + 1 - len(rates)
        if missing > 0:
            rates = np.concatenate((rates, np.zeros((max(missing, len(rates)), classes))))
        columns = np.zeros_like(row) if chunk.kind is None else chunk.kind
        np.add.at(rates, (row, columns), weigh(chunk) / tick_s)
        last = int(row[-1]) + 1
    return rates[:last]
