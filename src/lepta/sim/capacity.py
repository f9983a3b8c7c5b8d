"""The largest load of a batched replica inside an objective, by simulation."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.domain.requests import Requests
from lepta.domain.serving import Objective
from lepta.errors import InputError
from lepta.sim.batched import Batched, BatchedEngine
from lepta.sim.closedloop import FirstToken
from lepta.sim.engine import Finished

__all__ = ["SimulatedRate", "share_inside", "simulated_rate"]

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

    The lengths (n,) are those of n requests in their order. One stream of arrivals is stretched to
    each rate, so that two rates differ in nothing else. The rate is at most the throughput with a
    queue that never empties, since above it the queue grows for ever, whatever is promised; 0 where
    even one request after the other breaks the objective.
    """
    i, o = np.broadcast_arrays(
        np.asarray(input_tokens, np.int64), np.asarray(output_tokens, np.int64)
    )
    if i.ndim != 1 or len(i) < 10:
        raise InputError(
            f"the rate of a replica is asked for {i.size} requests",
            remedy="give the lengths of at least 10 requests, better thousands",
        )
    chance = np.random.Generator(np.random.Philox(seed))
    gaps = chance.exponential(1.0, len(i))

    def inside(rate: float) -> float:
        return share_inside(replica, objective, np.cumsum(gaps / rate), i, o, first_token)

    high = _throughput(replica, i, o)
    if not high or inside(high) >= objective.share:
        return SimulatedRate(high, inside(high) if high else 0.0, len(i))
    low, least = high / 2, high * 2.0**-ROUNDS
    while inside(low) < objective.share:
        high, low = low, low / 2
        if low < least:
            return SimulatedRate(0.0, inside(low), len(i))
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        if inside(middle) >= objective.share:
            low = middle
        else:
            high = middle
    return SimulatedRate(low, inside(low), len(i))


def _throughput(replica: Batched, input_tokens: Counts, output_tokens: Counts) -> float:
    """Return requests per second while there are always enough of them."""
    done = _served(replica, np.zeros(len(input_tokens)), input_tokens, output_tokens)
    served = done.outcome == 0
    return float(served.sum() / done.end_s.max()) if served.any() else 0.0


def _served(replica: Batched, at_s: Array, input_tokens: Counts, output_tokens: Counts) -> Finished:
    engine = BatchedEngine([replica])
    engine.open(1, 0)
    engine.feed(Requests(at_s=at_s, input_tokens=input_tokens, output_tokens=output_tokens))
    while not np.isinf(engine.next_end_s()):
        engine.run(engine.now_s + max(1e6, float(at_s[-1])))
    return engine.finished()


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
    done = _served(replica, at_s, input_tokens, output_tokens)
    kept = done.outcome == 0
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
    return float(kept[done.request >= WARM * len(at_s)].mean())
