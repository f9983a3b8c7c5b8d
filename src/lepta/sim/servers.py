"""Which engine serves a trace, and in what its load, its capacity and its output are counted."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from lepta.domain.pool import Pool
from lepta.domain.requests import Requests
from lepta.sim.engine import Engine
from lepta.sim.weigh import ByTokens, Weigh, by_service

__all__ = ["FluidServers", "PlainServers", "Servers", "Worth"]

Amounts = npt.NDArray[np.float64]
Routing = Literal["central", "round-robin", "least-loaded", "weighted"]


@dataclass(frozen=True, slots=True)
class Worth:
    """What cost_per_unit counts: a column of the requests, so many of it a unit."""

    column: Literal["requests", "output_tokens", "images", "audio_s"]
    per_unit: float

    @property
    def unit(self) -> str:
        """The unit in words."""
        return {
            "requests": "1,000 requests",
            "output_tokens": "1M output tokens",
            "images": "1,000 images",
            "audio_s": "hour of audio",
        }[self.column]

    def __call__(self, requests: Requests) -> Amounts:
        """Return what each request is worth, in units."""
        if self.column == "requests":
            return np.full(len(requests), 1 / self.per_unit)
        column = getattr(requests, self.column)
        return np.asarray(column, float) / self.per_unit

    @classmethod
    def of(cls, columns: tuple[str, ...]) -> "Worth":
        """Choose by what a trace has."""
        if "output_tokens" in columns:
            return cls("output_tokens", 1e6)
        if "images" in columns:
            return cls("images", 1e3)
        if "audio_s" in columns:
            return cls("audio_s", 3600.0)
        return cls("requests", 1e3)


class Servers(Protocol):
    """How replicas serve; a value that can be sent to another process."""

    @property
    def words(self) -> str:
        """How replicas were simulated, for people."""
        ...

    @property
    def weigh(self) -> Weigh:
        """The load of each request, in the unit of the pool's capacity."""
        ...

    def engine(self, pool: Pool) -> Engine:
        """Return a new engine without replicas."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainServers:
    """Each request brings its service time; a replica works on `slots` of them at once.

    priority (classes,): higher is served first.
    """

    routing: Routing = "central"
    priority: tuple[int, ...] | None = None
    weigh: Weigh = by_service

    @property
    def words(self) -> str:
        """How replicas were simulated, for people."""
        queue = "one queue" if self.routing == "central" else f"{self.routing} queues"
        order = "by priority" if self.priority else "first come first served"
        return f"servers with a service time, {queue}, {order}"

    def engine(self, pool: Pool) -> Engine:
        """Return a new engine without replicas."""
        from lepta.sim.plain import PlainEngine

        return PlainEngine(
            [variant.slots for variant in pool.variants],
            classes=len(pool.classes),
            priority=self.priority,
            routing=self.routing,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FluidServers:
    """Work flows through the pool at the sum of the capacities of its replicas, in order.

    The capacity of a variant is that of the pool, whose classes share one unit of load.
    """

    weigh: Weigh = field(default_factory=ByTokens)
    unit: str = "weighted tokens"

    @property
    def words(self) -> str:
        """How replicas were simulated, for people."""
        return f"fluid replicas, {self.unit} in order of arrival"

    def engine(self, pool: Pool) -> Engine:
        """Return a new engine without replicas."""
        from lepta.sim.fluid import FluidEngine

        return FluidEngine(pool.capacity_per_s, self.weigh)
