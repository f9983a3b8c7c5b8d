"""Which engine serves a trace, and in what its load, its capacity and its output are counted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from lepta.domain.pool import Pool
from lepta.domain.requests import Requests
from lepta.sim.batched import Batched, BatchedEngine
from lepta.sim.engine import Engine
from lepta.sim.work import Work

__all__ = [
    "BatchedServers",
    "ByClass",
    "FluidServers",
    "PlainServers",
    "Routing",
    "Servers",
    "Weigh",
    "Worth",
]

Amounts = npt.NDArray[np.float64]
Weigh = Callable[[Requests], Amounts]
"""Requests -> (n,) the load of each."""
Routing = Literal["central", "round-robin", "least-loaded", "weighted"]


ONE_EACH = Work(requests=1.0)


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

    @property
    def weigh(self) -> Weigh:
        """The service seconds of each request."""
        return Work(service_s=1.0).of

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


@dataclass(frozen=True, slots=True)
class ByClass:
    """Every request of a class is the same work."""

    per_request: tuple[float, ...]

    def of(self, requests: Requests) -> Amounts:
        """Return the work of each request."""
        works = np.array(self.per_request)
        kinds = np.zeros(len(requests), np.int64) if requests.kind is None else requests.kind
        return works[kinds]


@dataclass(frozen=True, slots=True, kw_only=True)
class FluidServers:
    """Work flows through the pool at the sum of the capacities of its replicas, in order.

    `load` is counted like the capacity of the pool. Where its classes have rates of their own, a
    request is the inverse of the rate of its class on the first variant that serves it, and each
    variant flows at its mean rate over the classes.
    """

    load: Work
    unit: str

    @property
    def weigh(self) -> Weigh:
        """The load of each request."""
        return self.load.of

    @property
    def words(self) -> str:
        """How replicas were simulated, for people."""
        return f"fluid replicas, {self.unit} in order of arrival"

    def engine(self, pool: Pool) -> Engine:
        """Return a new engine without replicas."""
        from lepta.sim.fluid import FluidEngine

        rate = pool.capacity_per_s
        if (rate == rate[0]).all():
            return FluidEngine(list(rate[0]), work=self.load, classes=len(pool.classes))
        first = np.array([row[np.flatnonzero(row)[0]] for row in rate])
        relative = np.where(rate > 0, rate / first[:, None], np.nan)
        return FluidEngine(
            [float(each) for each in np.nanmean(relative, axis=0)],
            work=ByClass(tuple(float(each) for each in 1 / first)),
            classes=len(pool.classes),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchedServers:
    """Replicas that work in batches, iteration by iteration; one `Batched` per variant."""

    variants: tuple[Batched, ...]
    route: str = "central"
    load: Work = ONE_EACH

    @property
    def weigh(self) -> Weigh:
        """The load of each request."""
        return self.load.of

    @property
    def words(self) -> str:
        """How replicas were simulated, for people."""
        return "batched replicas iteration by iteration, " + (
            "one queue" if self.route == "central" else f"{self.route} queues"
        )

    def engine(self, pool: Pool) -> Engine:
        """Return a new engine without replicas."""
        return BatchedEngine(self.variants, route=self.route, classes=len(pool.classes))
