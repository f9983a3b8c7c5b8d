"""The largest load of a replica inside a latency objective: steady, and under Poisson arrivals.

With always n requests inside, each takes T(n) = TTFT(n) + TPOT(n) (o - 1), and n / T(n) of them end
per second (Little 1961). Both latencies grow with n, so there is a largest batch N inside the
objective; its throughput N / T(N) is the steady rate.

Requests do not come steadily. With Poisson arrivals at rate r, and all n inside sharing the replica
alike, the number inside has the stationary distribution of a birth-death chain,

    p(n) ∝ r^n / prod(k = 1..n) (k / T(k)),

whatever the distribution of lengths (Kelly 1979, symmetric queues). A new request finds n inside
with p(n) and starts inside the objective if n < N. The rate of a profile is the largest r at which
the promised share of requests does; what the steady rate exceeds it by is the allowance for bursts.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.domain.serving import Capacity, Objective
from lepta.numerics.program import Array

__all__ = ["Curve", "capacity", "largest_batch", "poisson_rate"]

ROUNDS, PROBES = 6, 32
"""33^-6 of the largest throughput is how closely a rate is found."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Latency at the batches least, least + 1, ... in seconds, for requests of one length."""

    least: int
    ttft: Array
    tpot: Array
    output_tokens: float

    @property
    def most(self) -> int:
        """The largest batch that is known."""
        return self.least + len(self.tpot) - 1

    def slowed(self, ttft: float, tpot: float) -> "Curve":
        """Return the curve with its two latencies multiplied."""
        return Curve(self.least, self.ttft * ttft, self.tpot * tpot, self.output_tokens)

    def whole(self) -> Array:
        """Return seconds of the whole request at each batch."""
        times: Array = self.ttft + self.tpot * (self.output_tokens - 1)
        return times

    def throughput(self) -> Array:
        """Return requests per second at the batches 1, 2, ... most.

        Below the smallest known batch a request is taken to last as long as there, which can only
        make the replica look slower than it is.
        """
        times = self.whole()
        early = np.arange(1, self.least) / times[0]
        return np.concatenate((early, np.arange(self.least, self.most + 1) / times))


def largest_batch(curve: Curve, objective: Objective) -> int:
    """Return the largest known batch inside the objective; 0: not even the smallest."""
    inside = np.ones(len(curve.tpot), bool)
    for bound, seen in (
        (objective.ttft, curve.ttft),
        (objective.tpot, curve.tpot),
        (objective.e2e, curve.whole()),
    ):
        if bound is not None:
            inside &= seen <= bound
    broken = np.flatnonzero(~inside)
    first = int(broken[0]) if broken.size else len(inside)
    return curve.least + first - 1 if first else 0


def poisson_rate(throughput: npt.ArrayLike, batch: int, share: float) -> float:
    """Return the largest Poisson rate at which `share` of arrivals find fewer than `batch` inside.

    throughput (most,): requests per second with 1, 2, ... most inside; beyond the last it stays.
    """
    mu = np.asarray(throughput, float)
    if batch < 1:
        return 0.0
    log_products = np.concatenate(([0.0], np.cumsum(np.log(mu))))
    counts = np.arange(len(mu) + 1)
    low, high = 0.0, float(mu[-1])
    for _ in range(ROUNDS):
        rates = np.linspace(low, high, PROBES + 2)[1:-1]
        logs = counts * np.log(rates)[:, None] - log_products
        weights = np.exp(logs - logs.max(axis=1, keepdims=True))
        weights[:, -1] /= 1 - rates / mu[-1]  # all numbers from the last one on
        kept = weights[:, :batch].sum(axis=1) >= share * weights.sum(axis=1)
        # The share falls as the rate grows, so the rates that keep it come first.
        edges = np.concatenate(([low], rates, [high]))
        last = int(np.count_nonzero(kept))
        low, high = float(edges[last]), float(edges[last + 1])
    return low


def capacity(
    curve: Curve,
    objective: Objective,
    *,
    slow: tuple[float, float] = (1.0, 1.0),
    fast: tuple[float, float] = (1.0, 1.0),
) -> Capacity | None:
    """Return the largest load inside the objective; None: the smallest known batch breaks it.

    `slow` and `fast` multiply TTFT and TPOT: how much slower and faster than the curve the replica
    may be. They make the band; its upper end is unknown where even the fast replica keeps the
    objective at the largest batch known.
    """
    batch = largest_batch(curve, objective)
    if not batch:
        return None
    rates = curve.throughput()
    worse, better = curve.slowed(*slow), curve.slowed(*fast)
    most = largest_batch(better, objective)
    place = batch - curve.least
    return Capacity(
        rate=poisson_rate(rates, batch, objective.share),
        low=poisson_rate(worse.throughput(), largest_batch(worse, objective), objective.share),
        high=None
        if most == curve.most
        else poisson_rate(better.throughput(), most, objective.share),
        steady_rate=float(rates[batch - 1]),
        concurrency=batch,
        ttft=float(curve.ttft[place]),
        tpot=float(curve.tpot[place]),
        at_edge=batch == curve.most,
    )
