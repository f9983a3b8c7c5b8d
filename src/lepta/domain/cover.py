"""What an answer of M1 says: how long each node runs, how each need is met, the proof, and why."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from lepta.domain.plan import Check

__all__ = ["CoverAnswer", "NodeLine", "Numbered", "ResourceLine"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Numbered(Sequence[str]):
    """Names such as "node 7" for things without names, each made when it is asked for."""

    kind: str
    size: int

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...
    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        numbers = range(1, self.size + 1)[place]
        if isinstance(numbers, int):
            return f"{self.kind} {numbers}"
        return tuple(f"{self.kind} {number}" for number in numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLine:
    """How long a node runs and what that costs. Each more unit of time would add `reduced_cost`.

    The answer stays the cheapest while the node's price lies in [`price_from`, `price_to`], all
    else unchanged; None where that is not known.
    """

    name: str
    time: float
    cost: float
    reduced_cost: float
    start_cost: float = 0.0
    price_from: float | None = None
    price_to: float | None = None
    """inf: without end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceLine:
    """One need: how it is met, and what it costs to need more.

    `shadow_price` is the resource's price in the proof of optimality: the sum of need times shadow
    price, less what scarce node limits are worth, is the cost. `next_unit_cost` is what one more
    unit of need costs, and it holds while the need lies in [`holds_from`, `holds_to`]; it differs
    from the shadow price only where the answer is degenerate, and is None where not one unit more
    can be had. In an infeasible answer `short_by` says how much is missing with all nodes at their
    limits, which give `most`.
    """

    name: str
    need: float
    supplied: float
    shadow_price: float | None
    binding: bool
    next_unit_cost: float | None = None
    holds_from: float | None = None
    holds_to: float | None = None
    """inf: without end; None: not known (no answer)."""
    most: float = 0.0
    short_by: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoverAnswer:
    """The cheapest running times with their proof, or what falls short.

    `time` has one value per node, in the order of `names`; it is empty where `status` is
    "infeasible". What else there is to say of each node is made when it is asked for, from `price`
    (n,) and `supply` (K, n), which are the arrays that were given, not copies of them.
    """

    status: str
    names: Sequence[str]
    time: Array
    cost: float | None
    bound: float | None
    gap: float | None
    resources: tuple[ResourceLine, ...]
    explanation: tuple[str, ...]
    checks: tuple[Check, ...]
    price: Array
    supply: Array
    ranging: Callable[[], tuple[Array, Array]] | None = None
    """Finds `price_range`; None where that is not known."""
    fixed: Array | None = None
    """Cost per start (n,), or None where starting costs nothing."""
    unknown: tuple[str, ...] = ()
    """What could not be seen, or was taken on trust: nodes without a price, prices of 0."""

    @property
    def node_cost(self) -> Array:
        """Return what each node costs, its start included (n,)."""
        if not self.time.size:
            return self.time
        cost = self.price * self.time
        return self._final(cost if self.fixed is None else cost + self.start_cost)

    @property
    def start_cost(self) -> Array:
        """Return what the start of each node costs (n,): 0 where it does not run."""
        if self.fixed is None:
            return self._final(np.zeros(self.time.size))
        return (
            self._final(np.where(self.time > 0, self.fixed, 0.0)) if self.time.size else self.time
        )

    @property
    def reduced_cost(self) -> Array:
        """Return what one more unit of time of each node would add to the cost (n,)."""
        if not self.time.size:
            return self.time
        return self._final(self.price - self.shadow_price @ self.supply)

    @property
    def shadow_price(self) -> Array:
        """Return the price of each resource in the proof (K,); NaN where there is no answer."""
        return self._final(
            np.array([np.nan if r.shadow_price is None else r.shadow_price for r in self.resources])
        )

    @property
    def price_range(self) -> tuple[Array, Array]:
        """Return from which to which price of each node alone the answer stays the cheapest (n,).

        NaN: not known. At a price below that of a node that does not run, it would run.
        """
        if self.ranging is None:
            unknown = np.full(self.time.size, np.nan)
            return unknown, unknown
        low, high = self.ranging()
        return self._final(low), self._final(high)

    @property
    def binding(self) -> tuple[str, ...]:
        """Return the resources of which no more is supplied than needed."""
        return tuple(line.name for line in self.resources if line.binding)

    @staticmethod
    def _final(array: Array) -> Array:
        array.flags.writeable = False
        return array

    @property
    def nodes(self) -> tuple[NodeLine, ...]:
        """Return one line per node."""
        low, high = self.price_range
        return tuple(
            NodeLine(
                name=name,
                time=time,
                cost=cost,
                reduced_cost=reduced,
                start_cost=start,
                price_from=None if math.isnan(lowest) else lowest,
                price_to=None if math.isnan(highest) else highest,
            )
            for name, time, cost, reduced, start, lowest, highest in zip(
                self.names if len(self.time) else (),
                *(
                    array.tolist()
                    for array in (
                        self.time,
                        self.node_cost,
                        self.reduced_cost,
                        self.start_cost,
                        low,
                        high,
                    )
                ),
                strict=True,
            )
        )
