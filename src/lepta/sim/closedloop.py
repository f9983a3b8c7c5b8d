"""A replica under a steady number of requests: what a table of TTFT and TPOT measures."""

from dataclasses import dataclass

import numpy as np

from lepta.domain.requests import Requests
from lepta.profile.iteration import Iteration
from lepta.sim.batched import Batched, BatchedEngine

__all__ = ["Steady", "fitted_replica", "steady"]


@dataclass(frozen=True, slots=True)
class Steady:
    """Means over the requests that came and went while the number in flight stood."""

    ttft_s: float
    tpot_s: float
    rate_per_s: float


def fitted_replica(
    found: Iteration, *, limit: int, kv_tokens: int | None, prefix_blocks: int | None = None
) -> Batched:
    """Return the replica whose iterations take the fitted times."""
    return Batched(
        step_s=found.step_s(limit),
        prefill_s=found.prefill_s,
        context_s=found.context_s,
        kv_s=found.kv_s,
        budget=found.budget,
        kv_tokens=kv_tokens,
        prefix_blocks=prefix_blocks,
    )


def steady(
    replica: Batched, input_tokens: int, output_tokens: int, concurrency: int, *, rounds: int = 6, skip: int=1
) -> Steady:
    """Hold so many requests of one length in flight, and measure all but the first and last round.

    A round is `concurrency` requests. NaN where all are too long for the replica's memory.
    """
    rounds = max(rounds, -(-40 // concurrency))
    count = rounds * concurrency
    engine = BatchedEngine([replica])
    engine.open(1, 0)
    engine.feed(
        Requests(
            at_s=np.zeros(count),
            input_tokens=np.full(count, input_tokens, np.int64),
            output_tokens=np.full(count, output_tokens, np.int64),
        )
    )
    engine.run_closed(concurrency)
    done = engine.finished()
    kept = (done.request >= skip * concurrency) & (done.request < count - concurrency)
    kept &= done.outcome == 0
    if not kept.any():
        return Steady(np.nan, np.nan, np.nan)
    ttft = done.first_token_s[kept] - done.arrival_s[kept]
    decode = done.end_s[kept] - done.first_token_s[kept]
    ends = np.sort(done.end_s[kept])
    tpot = decode.mean() / max(output_tokens - 1, 1)
    rate = (len(ends) - 1) / (ends[-1] - ends[0]) if ends[-1] > ends[0] else np.nan
    return Steady(float(ttft.mean()), float(tpot), float(rate))
