"""What a set of commitments costs, hour by hour, by the rule that providers apply.

In each hour the commitments apply one after another (`Market.lines`: the narrowest first), each to
the dearest usage that it covers; what is left is paid on demand. No solver.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.optimize.commitmarket import Market, Window

__all__ = ["Bill", "Settled", "bill", "settle"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Settled:
    """One window: what each active line takes of which usage, and what is left of both."""

    window: Window
    rest: Array
    """(S, n, P) units paid on demand."""
    left: dict[int, Array]
    """line -> (S, n) units that nothing uses."""
    taken: dict[tuple[int, int], Array]
    """(line, pool) -> (S, n) units of usage that it covers."""


@dataclass(frozen=True, slots=True)
class Bill:
    """Sums over the hours of the horizon; money at present value."""

    on_demand: Array
    """(S,) paid on demand."""
    committed: float
    """Paid for the lines, used or not."""
    used: Array
    """(L, S) unit-hours of each line that are used."""
    displaced: Array
    """(L, S) on-demand price of what each line covers."""
    rest: Array
    """(P,) expected unit-hours paid on demand."""

    @property
    def cost(self) -> Array:
        """(S,)."""
        return self.on_demand + self.committed


def settle(market: Market, units: Array) -> Iterator[Settled]:
    """Apply the lines to every hour, window after window."""
    for window in market.windows:
        rest = market.usage[:, window.begin : window.end].copy()
        left: dict[int, Array] = {}
        taken: dict[tuple[int, int], Array] = {}
        for n in window.lines:
            line = market.lines[n]
            if units[n] <= 0:
                continue
            free = np.full(rest.shape[:2], units[n])
            for place, each in zip(line.offering.pools, line.each, strict=True):
                covered = np.minimum(rest[:, :, place], free / each)
                rest[:, :, place] -= covered
                free = np.maximum(free - covered * each, 0.0)
                taken[n, place] = covered
            left[n] = free
        yield Settled(window, rest, left, taken)


def bill(market: Market, units: Array) -> Bill:
    """Add up what `units` (one number per line) cost and cover."""
    scenarios, lines = len(market.usage), len(market.lines)
    on_demand = np.zeros(scenarios)
    used, displaced = np.zeros((lines, scenarios)), np.zeros((lines, scenarios))
    rest = np.zeros(len(market.price))
    for part in settle(market, units):
        begin, end = part.window.begin, part.window.end
        worth = market.worth[:, begin:end]
        on_demand += ((part.rest @ market.price) * worth).sum(axis=1)
        rest += part.rest.sum(axis=(0, 1)) / scenarios
        for n, free in part.left.items():
            used[n] += units[n] * (end - begin) - free.sum(axis=1)
        for (n, place), covered in part.taken.items():
            displaced[n] += (covered * worth).sum(axis=1) * market.price[place]
    committed = float(sum(u * line.cost for u, line in zip(units, market.lines, strict=True)))
    return Bill(on_demand, committed, used, displaced, rest)
