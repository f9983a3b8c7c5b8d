"""A covering program of few rows and very many columns, and how to walk through it in runs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.numerics.program import Array

__all__ = ["SPAN", "Market", "Places", "spans"]

Places = npt.NDArray[np.intp]

SPAN = 8_192
"""Numbers looked at together in a pass. What is made of them stays in cache, and products
so small are not handed to several threads, which on a busy machine wait for each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Minimise price @ time, with supply @ time >= need and 0 <= time <= limit.

    price (n,), supply (K, n), need (K,), limit (n,), which may be infinite; K is small.
    """

    price: Array
    supply: Array
    need: Array
    limit: Array

    def only(self, index: Places, need: Array) -> "Market":
        """Return the program of some columns."""
        return Market(
            price=self.price[index],
            supply=self.supply[:, index],
            need=need,
            limit=self.limit[index],
        )

    @property
    def endless(self) -> bool:
        """Tell whether no column has a limit."""
        if self.limit.strides == (0,):
            return bool(np.isinf(self.limit[:1]).all())
        return bool(self.limit.min(initial=np.inf) == np.inf)

    def most(self) -> Array:
        """Return what all columns at their limits supply of each row; infinite without a limit."""
        total = np.zeros(len(self.need))
        with np.errstate(over="ignore", invalid="ignore"):
            if self.endless:
                return np.where(self.supply.max(axis=1, initial=0.0) > 0, np.inf, 0.0)
            if self.limit.strides == (0,):  # one limit for all
                return np.asarray(self.supply.sum(axis=1) * float(self.limit[0]))
            for span in spans(self.supply):
                limit, supply = self.limit[span], self.supply[:, span]
                held = np.isfinite(limit)
                if held.all():
                    total += supply @ limit
                else:
                    total += supply @ np.where(held, limit, 0.0)
                    total[supply[:, ~held].any(axis=1)] = np.inf
        return total


def spans(supply: Array) -> Iterator[slice]:
    """Cut the columns of (K, n) into runs."""
    rows, size = supply.shape
    step = max(256, SPAN // max(rows, 1))
    return (slice(begin, min(begin + step, size)) for begin in range(0, size, step))
