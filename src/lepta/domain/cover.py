"""What an answer of M1 says: how long each node runs, how each need is met, the proof, and why."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.domain.plan import Check

__all__ = ["CoverAnswer", "NodeLine", "ResourceLine"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLine:
    """How long a node runs and what that costs. Each more unit of time would add `reduced_cost`."""

    name: str
    time: float
    cost: float
    reduced_cost: float


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

    `time`, `node_cost` and `reduced_cost` have one value per node, in the order of `names`; they
    are empty where `status` is "infeasible".
    """

    status: str
    names: tuple[str, ...]
    time: Array
    node_cost: Array
    reduced_cost: Array
    cost: float | None
    bound: float | None
    gap: float | None
    resources: tuple[ResourceLine, ...]
    explanation: tuple[str, ...]
    checks: tuple[Check, ...]
    unknown: tuple[str, ...] = ()
    """What could not be seen, or was taken on trust: nodes without a price, prices of 0."""

    @property
    def nodes(self) -> tuple[NodeLine, ...]:
        """Return one line per node."""
        return tuple(
            NodeLine(name=name, time=time, cost=cost, reduced_cost=reduced)
            for name, time, cost, reduced in zip(
                self.names if len(self.time) else (),
                self.time.tolist(),
                self.node_cost.tolist(),
                self.reduced_cost.tolist(),
                strict=True,
            )
        )
