"""A replica under a steady number of requests: what a table of TTFT and TPOT measures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from lepta.domain.requests import Requests
from lepta.domain.serving import ServingRow
from lepta.numerics.nnls import fit_relative
from lepta.profile.iteration import Iteration
from lepta.sim.batched import Batched, BatchedEngine

__all__ = ["FirstToken", "Steady", "fit_first_token", "fitted_replica", "steady"]

Array = npt.NDArray[np.float64]

ROUNDS = 8
MOST = 1024
"""Requests in flight above which a row does not teach what a client sees: too slow to simulate."""


@dataclass(frozen=True, slots=True)
class Steady:
    """Means over the requests of a test."""

    ttft_s: float
    tpot_s: float
    rate_per_s: float
    """Requests that end per second, first to last."""


@dataclass(frozen=True, slots=True)
class FirstToken:
    """What a client measures as TTFT, from what the iterations give: the table's own way.

    Frontends, schedulers and load generators delay a first token without keeping the replica busy,
    and their part is larger than that of the iterations for some servers. It is a description of
    the rows it was fitted to, not of the replica; the default adds nothing.
    """

    delay_s: float = 0.0
    per_token_s: float = 0.0
    factor: float = 1.0

    def seen_s(self, ttft_s: npt.ArrayLike, input_tokens: npt.ArrayLike) -> Array:
        """Return the TTFT that a client sees."""
        seen: Array = (
            self.delay_s
            + self.per_token_s * np.asarray(input_tokens, float)
            + self.factor * np.asarray(ttft_s, float)
        )
        return seen


def fitted_replica(
    found: Iteration, *, limit: int, kv_tokens: int | None, prefix_blocks: int | None = None
) -> Batched:
    """Return the replica whose iterations take the fitted times; kv_tokens None: not known."""
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
    replica: Batched,
    input_tokens: int,
    output_tokens: int,
    concurrency: int,
    *,
    rounds: int = ROUNDS,
    opening: bool = True,
) -> Steady:
    """Hold so many requests of one length in flight until `rounds` of them have ended.

    A round is `concurrency` requests. All of the first come at once; with `opening` it counts, as
    it does in the tests that tables come from. The last round never counts: it runs thinner. NaN
    where the requests are too long for the replica's memory.
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
    kept = (done.request < count - concurrency) & (done.outcome == 0)
    if not opening:
        kept &= done.request >= concurrency
    if not kept.any():
        return Steady(np.nan, np.nan, np.nan)
    ttft = done.first_token_s[kept] - done.arrival_s[kept]
    decode = done.end_s[kept] - done.first_token_s[kept]
    ends = done.end_s[kept]
    whole = float(ends.max() - (0.0 if opening else done.arrival_s[kept].min()))
    return Steady(
        float(ttft.mean()),
        float(decode.mean() / max(output_tokens - 1, 1)),
        len(ends) / whole,
    )


def fit_first_token(
    found: Iteration,
    rows: Sequence[ServingRow],
    *,
    kv_tokens: int | None = None,
    simulate: Callable[..., Steady] = steady,
) -> FirstToken:
    """Fit what clients saw at the settings of `rows` to what the replica gives at them."""

    @cache
    def simulated(inputs: int, outputs: int, load: int) -> float:
        replica = fitted_replica(found, limit=load, kv_tokens=kv_tokens)
        return simulate(replica, inputs, outputs, load).ttft_s

    table = []
    for row in rows:
        load = max(round(row.concurrency), 1)
        if load <= MOST:
            ttft = simulated(round(row.input_tokens), round(row.output_tokens), load)
            if np.isfinite(ttft):
                table.append((1.0, row.input_tokens, ttft, row.ttft))
    if len(table) < 3:
        return FirstToken()
    seen = np.array(table)
    return FirstToken(*fit_relative(seen[:, :3], seen[:, 3]).tolist())
