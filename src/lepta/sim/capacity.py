"""The largest load of a batched replica inside an objective, by simulation."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lepta.domain.requests import Requests
from lepta.domain.serving import Objective
from lepta.errors import InputError
from lepta.sim.batched import Batched, BatchedEngine
from lepta.sim.closedloop import FirstToken
from lepta.sim.engine import Finished

__all__ = ["SimulatedRate", "largest_rate", "share_inside", "simulated_rate"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

ROUNDS = 14
"""Halvings: the rate is found to 2^-14 of the bracket."""
WARM = 0.1
"""Share of the requests that come first and do not count."""


@dataclass(frozen=True, slots=True)
class SimulatedRate:
    """The largest Poisson rate seen to keep the objective, and its own share inside."""

    rate_per_s: float
    share: float
    requests: int


def simulated_rate(
    replica: Batched,
    objective: Objective,
    input_tokens: npt.ArrayLike,
    output_tokens: npt.ArrayLike,
    *,
    seed: int,
    first_token: FirstToken | None = None,
) -> SimulatedRate:
    """Return the largest Poisson rate at which `objective.share` of the requests keep all of it.

    The lengths (n,) are those of n requests in their order.
    """
    i, o = np.broadcast_arrays(
        np.asarray(input_tokens, np.int64), np.asarray(output_tokens, np.int64)
    )
    if i.ndim != 1 or len(i) < 10:
        raise InputError(
            f"the rate of a replica is asked for {i.size} requests",
            remedy="give the lengths of at least 10 requests, better thousands",
        )
    work = Requests(at_s=np.zeros(len(i)), input_tokens=i, output_tokens=o)
    return largest_rate(
        replica, work, objective.share, lambda done: _kept(done, objective, i, first_token), seed
    )


def largest_rate(
    replica: Batched,
    work: Requests,
    share: float,
    kept: Callable[[Finished], npt.NDArray[np.bool_]],
    seed: int,
) -> SimulatedRate:
    """Return the largest Poisson rate at which a share of the requests is kept.

    `work` are requests of which only the work counts; `kept` says which of those that ended kept
    what is promised. One stream of arrivals is stretched to each rate, so that two rates differ in
    nothing else. The rate is at most the throughput with a queue that never empties, since above it
    the queue grows for ever, whatever is promised; 0 where even one request after the other breaks
    the promise.
    """
    gaps = np.random.Generator(np.random.Philox(seed)).exponential(1.0, len(work))

    def inside(rate: float) -> float:
        return _share(_served(replica, replace(work, at_s=np.cumsum(gaps / rate))), kept, len(work))

    high = _throughput(replica, work)
    if not high or inside(high) >= share:
        return SimulatedRate(high, inside(high) if high else 0.0, len(work))
    low, least = high / 2, high * 2.0**-ROUNDS
    while inside(low) < share:
        high, low = low, low / 2
        if low < least:
            return SimulatedRate(0.0, inside(low), len(work))
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        if inside(middle) >= share:
            low = middle
        else:
            high = middle
    return SimulatedRate(low, inside(low), len(work))


def _throughput(replica: Batched, work: Requests) -> float:
    """Return requests per second while there are always enough of them."""
    done = _served(replica, replace(work, at_s=np.zeros(len(work))))
    served = done.outcome == 0
    return float(served.sum() / done.end_s.max()) if served.any() else 0.0


def _served(replica: Batched, work: Requests) -> Finished:
    engine = BatchedEngine([replica])
    engine.open(1, 0)
    engine.feed(work)
    while not np.isinf(engine.next_end_s()):
        engine.run(engine.now_s + max(1e6, float(work.at_s[-1])))
    return engine.finished()


def _share(
    done: Finished, kept: Callable[[Finished], npt.NDArray[np.bool_]], requests: int
) -> float:
    return float(kept(done)[done.request >= WARM * requests].mean())


def share_inside(
    replica: Batched,
    objective: Objective,
    at_s: Array,
    input_tokens: Counts,
    output_tokens: Counts,
    first_token: FirstToken | None = None,
) -> float:
    """Return which share of the requests that come at `at_s` keeps the whole objective.

    A dropped request keeps nothing; an answer of one token keeps any TPOT.
    """
    work = Requests(at_s=at_s, input_tokens=input_tokens, output_tokens=output_tokens)
    done = _served(replica, work)
    return _share(done, lambda one: _kept(one, objective, input_tokens, first_token), len(at_s))


def _kept(
    done: Finished, objective: Objective, input_tokens: Counts, first_token: FirstToken | None
) -> npt.NDArray[np.bool_]:
    kept = np.asarray(done.outcome == 0)
    seen = first_token or FirstToken()
    ttft = done.first_token_s - done.arrival_s
    shown = seen.seen_s(ttft, input_tokens[done.request])
    decode = done.end_s - done.first_token_s
    with np.errstate(invalid="ignore"):
        if objective.ttft is not None:
            kept &= ~(shown > objective.ttft)
        if objective.tpot is not None:
            kept &= ~(decode > objective.tpot * done.amount)
        if objective.e2e is not None:
            whole = np.where(np.isnan(ttft), done.end_s - done.arrival_s, shown + decode)
            kept &= ~(whole > objective.e2e)
    return kept
