"""Replicas that serve requests in batches, iteration by iteration: tokens, images, audio.

A replica of tokens takes, per iteration, up to `budget` tokens of prompts and one token of every
sequence whose prompt is done. With n of these and K tokens in their memory, p prompt tokens, and q
pairs of a prompt token and a token before it, the iteration takes

    step_s[n] + prefill_s p + context_s q + kv_s K        [s]

A replica of images or audio has no prompt and no memory: a request takes so many iterations.
Admission is first come, first served, while batch and memory have room. Where memory ends, the
youngest sequence is put back to the front of the queue; what it made becomes part of its prompt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from lepta.domain.requests import Requests
from lepta.errors import InputError
from lepta.sim.batch_kernel import (
    BLOCK,
    CLOSED,
    DRAINING,
    IDLE,
    NONE,
    ROUTES,
    SERVING,
    Tally,
    clear,
    fill,
    next_s,
    reset,
    run,
    run_closed,
    use,
    waiting_work,
)
from lepta.sim.batch_state import (
    KINDS,
    NODES,
    ROWS,
    TABLES,
    WORK,
    Records,
    State,
    filled,
    resized,
)
from lepta.sim.engine import Finished, Gauge

__all__ = ["Batched", "BatchedEngine", "Use"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

UNKNOWN = 2**40
"""KV tokens where no limit is known."""
MOST_BLOCKS = 2**16
LONGEST = 2**40


@dataclass(frozen=True, slots=True, kw_only=True)
class Batched:
    """One variant of batched replica.

    step_s (limit + 1,): seconds of an iteration with 0, 1, ... limit sequences that decode.
    `steps` 0: it serves tokens. Above 0: iterations per image, or per chunk of audio of `chunk_s`.
    """

    step_s: Array
    prefill_s: float = 0.0
    context_s: float = 0.0
    """Per pair of a prompt token and a token before it."""
    kv_s: float = 0.0
    budget: int = 2048
    """Prompt tokens per iteration."""
    kv_tokens: int | None = None
    """Tokens that its memory holds; None: not known, and never the limit."""
    prefix_blocks: int | None = None
    """Most blocks of 512 tokens in the prefix cache; None: as many as memory has."""
    steps: int = 0
    chunk_s: float = 30.0
    static: bool = False
    """A batch is filled only when the one before it has ended."""
    full: int | None = None
    """Sequences at which the replica counts as fully in use; None: the whole batch."""
    weight: float = 1.0
    """Its share of the requests where they are routed by capacity."""

    def __post_init__(self) -> None:
        table = np.array(self.step_s, float)
        times = (self.prefill_s, self.context_s, self.kv_s)
        if table.ndim != 1 or len(table) < 2 or not (np.isfinite(table) & (table >= 0)).all():
            raise InputError(
                "the iteration times of a batched replica are not a row of finite times >= 0",
                remedy="give seconds for 0, 1, ... sequences, at least two of them",
            )
        if not all(np.isfinite(part) and part >= 0 for part in times):
            raise InputError(
                f"the times per token are {times}", remedy="give finite times >= 0 in seconds"
            )
        whole = (self.budget, self.kv_tokens, self.full)
        if any(part is not None and part < 1 for part in whole) or self.steps < 0:
            raise InputError(
                f"a batched replica has a budget of {self.budget} tokens, memory for "
                f"{self.kv_tokens}, {self.full} sequences when full, {self.steps} steps",
                remedy="give whole numbers above 0",
            )
        if not (self.weight > 0 and np.isfinite(self.weight) and self.chunk_s > 0):
            raise InputError(
                f"the weight is {self.weight}, a chunk {self.chunk_s} s", remedy="give numbers > 0"
            )
        table.flags.writeable = False
        object.__setattr__(self, "step_s", table)

    @property
    def limit(self) -> int:
        """The most sequences in a batch."""
        return len(self.step_s) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What batched replicas have done so far."""

    iterations: int
    tokens_made: int
    tokens_prefilled: int
    tokens_hit: int
    """Prompt tokens that a prefix cache held."""
    tokens_recomputed: int
    """Of the prefilled ones, those of sequences that had lost their memory."""
    preemptions: int
    too_long: int
    """Requests dropped because no variant's memory holds them."""
    kv_tokens: int
    """In memory at the last boundary of each replica, without cached blocks that nobody uses."""
    kv_peak: int
    """The most that one replica held."""


class BatchedEngine:
    """The batched servers of one pool, as lepta.sim.engine.Engine asks.

    `route` is one of round-robin, weighted (by `Batched.weight`), least-loaded, least-tokens
    (outstanding requests or tokens, per weight), prefix-aware (the longest cached prefix among the
    replicas that hold at most `guard` requests more than the least loaded one, which also takes
    what nobody knows), central (one queue; its first goes to the least loaded replica with room in
    batch and memory, as soon as there is one).
    `work_per_request` = (per request, per input token, per output token) is the unit of
    `Gauge.waiting_work`. With `jump` off, every iteration is worked alone: slower, the same.
    """

    def __init__(
        self,
        variants: Sequence[Batched],
        *,
        route: str = "round-robin",
        guard: float = 8.0,
        classes: int = 1,
        work_per_request: tuple[float, float, float] = (1.0, 0.0, 0.0),
        jump: bool = True,
    ) -> None:
        if route not in ROUTES:
            raise InputError(f"the routing is {route!r}", remedy=f"give one of {', '.join(ROUTES)}")
        if not variants:
            raise InputError("there is no variant of batched replica", remedy="give at least one")
        self.variants = tuple(variants)
        self._route, self._guard = ROUTES.index(route), float(guard)
        self._classes, self._unit = classes, work_per_request
        self._longest = LONGEST if jump else 1
        kinds, step_s = _kinds(self.variants)
        self._state = State(
            kinds=kinds,
            step_s=step_s,
            work=filled(WORK, 64),
            rows=filled(ROWS, 2),
            batch=np.full((2, int(kinds.limit.max())), NONE, np.int64),
            tables=filled(TABLES, 2),
            nodes=filled(NODES, 2, 1),
            places=np.full((2, 1), NONE, np.int64),
            tally=np.zeros(len(Tally), np.int64),
            done=np.zeros(64, np.int64),
            pending=np.zeros(64, np.int64),
            blocks=np.zeros(1, np.int64),
        )
        self._state.rows.head = self._state.rows.tail = NONE
        self._nodes = 0
        self._free, self._top = np.arange(64)[::-1].copy(), 64
        self._free_rows = [1]
        self._fed, self._number, self._blocks_used = 0, 0, 0
        self._row_of: dict[int, int] = {}
        self._closed_at: dict[int, float] = {}
        self._gone: dict[int, float] = {}
        self.now_s, self._last_s = 0.0, 0.0

    def feed(self, requests: Requests) -> None:
        """Give the next arrivals, none before those fed already.

        Raises
        ------
        InputError
            They lack the work that the variants serve, or a length is negative.
        """
        count = len(requests)
        if not count:
            return
        arrival = np.ascontiguousarray(requests.at_s, np.float64)
        if not (arrival[0] >= max(self.now_s, self._last_s) and (np.diff(arrival) >= 0).all()):
            raise InputError(
                f"requests arrive before {max(self.now_s, self._last_s):g} s, or out of order",
                remedy="feed them in order of arrival, none before what was fed or run",
            )
        prompt, output, width = self._lengths(requests)
        for name, column in (("input", prompt), ("output", output)):
            if (column < 0).any():
                at = int(np.argmax(column < 0))
                raise InputError(
                    f"request {self._number + at} has {column[at]} units of {name}",
                    remedy="give lengths of 0 or more",
                )
        self._make_room(count)
        self._top -= count
        slots = self._free[self._top : self._top + count][::-1].copy()
        work = self._state.work
        kind = np.zeros(count, np.int64) if requests.kind is None else requests.kind
        each, per_input, per_output = self._unit
        fresh = filled(WORK, count)
        fresh.arrival_s = arrival
        fresh.start_s = fresh.first_s = fresh.end_s = np.nan
        fresh.weight = each + per_input * prompt + per_output * output
        fresh.number = np.arange(self._number, self._number + count)
        fresh.kind = kind
        # Somebody must compute at least one token, image or chunk.
        fresh.prompt = np.maximum(prompt, 1)
        fresh.output, fresh.width, fresh.row = output, width, NONE
        work[slots] = fresh
        self._last_s = float(arrival[-1])
        self._state.pending[self._fed : self._fed + count] = slots
        if requests.prefix_start is not None and requests.prefix_block is not None:
            self._take_blocks(slots, requests.prefix_start, requests.prefix_block)
        self._fed += count
        self._number += count

    def open(self, replica: int, variant: int) -> None:
        """Let a replica take requests from now on."""
        if self._row_of.get(replica) is not None or replica in self._gone:
            raise InputError(f"replica {replica} is open already", remedy="give each a new number")
        rows = self._state.rows
        if not self._free_rows:
            self._more_rows()
            rows = self._state.rows
        row = heappop(self._free_rows)
        self._row_of[replica] = row
        fresh, spent_s, peak = filled(ROWS, 1)[0], rows.busy_s[row], rows.peak[row]
        fresh.variant, fresh.open, fresh.state = variant, SERVING, IDLE
        fresh.head = fresh.tail = NONE
        fresh.end_s = fresh.changed_s = fresh.last_s = self.now_s
        fresh.busy_s, fresh.peak = spent_s, peak  # sums over all that stood in this row
        rows[row] = fresh
        if self._nodes:
            reset(self._state, row, int(self._state.kinds.blocks[variant]))
        if rows.waiting[0]:
            fill(self._state, self.now_s, self._route, self._guard, self._longest)

    def close(self, replica: int) -> None:
        """Let a replica finish what it has and take no more; what only waits goes elsewhere."""
        row = self._row(replica)
        self._state.rows.open[row] = DRAINING
        self._closed_at[replica] = self.now_s
        clear(self._state, row, self.now_s, False, self._route, self._guard, self._longest)

    def kill(self, replica: int) -> None:
        """Lose a replica: what it worked on starts again elsewhere, before all that waits."""
        row = self._row(replica)
        self._state.rows.open[row] = CLOSED
        clear(self._state, row, self.now_s, True, self._route, self._guard, self._longest)
        self._forget(replica, self.now_s)

    def run(self, until_s: float) -> None:
        """Work through all events at or before `until_s`; arrivals up to there are fed."""
        if not until_s >= self.now_s:
            raise InputError(
                f"time would go from {self.now_s} to {until_s} s", remedy="run forward only"
            )
        run(self._state, self._fed, until_s, self._route, self._guard, self._longest)
        self.now_s = until_s

    def run_closed(self, concurrency: int) -> None:
        """Work through all that was fed with always so many requests in flight.

        The instants of arrival that were fed do not count: each request comes when another ends.
        There is one replica, open.
        """
        if list(self._row_of.values()) != [1] or concurrency < 1:
            raise InputError(
                f"{concurrency} requests in flight on {len(self._row_of)} replicas",
                remedy="open one replica, and hold at least one request in flight",
            )
        run_closed(self._state, self._fed, concurrency, self._longest)
        self.now_s = float(self._state.rows.end_s[1])

    def idle_since(self, replica: int) -> float:
        """Return when a closed replica ended its last request (at the earliest: when it was
        closed); inf while it works."""
        if replica in self._gone:
            return self._gone[replica]
        row = self._row(replica)
        rows = self._state.rows
        if replica not in self._closed_at or rows.nrun[row] or rows.waiting[row]:
            return np.inf
        since = max(float(rows.last_s[row]), self._closed_at[replica])
        rows.open[row] = CLOSED
        self._forget(replica, since)
        return since

    def in_flight(self) -> int:
        """Return how many requests wait or are served."""
        rows = self._state.rows
        return int(rows.waiting.sum() + rows.nrun.sum())

    def next_end_s(self) -> float:
        """Return the next instant at which the engine does something by itself; inf: never."""
        return float(next_s(self._state, self._fed, self.now_s))

    def gauge(self) -> Gauge:
        """Return what shows now."""
        tally, rows = self._state.tally, self._state.rows
        return Gauge(
            arrived=int(tally[Tally.ARRIVED]),
            served=int(tally[Tally.SERVED]),
            dropped=int(tally[Tally.DROPPED]),
            waiting=int(rows.waiting.sum()),
            running=int(rows.nrun.sum()),
            waiting_work=waiting_work(self._state, self._classes),
            busy_s=float(use(self._state, self.now_s)),
        )

    def use(self) -> Use:
        """Return what the replicas have done so far."""
        tally, rows = self._state.tally, self._state.rows
        return Use(
            iterations=int(tally[Tally.ITERATIONS]),
            tokens_made=int(tally[Tally.MADE]),
            tokens_prefilled=int(tally[Tally.PREFILLED]),
            tokens_hit=int(tally[Tally.HIT]),
            tokens_recomputed=int(tally[Tally.RECOMPUTED]),
            preemptions=int(tally[Tally.PREEMPTED]),
            too_long=int(tally[Tally.DROPPED]),
            kv_tokens=int(rows.used.sum()),
            kv_peak=int(rows.peak.max()),
        )

    def finished(self) -> Finished:
        """Return and forget the requests that have ended."""
        tally, work = self._state.tally, self._state.work
        slots = self._state.done[: tally[Tally.DONE]]
        slots = slots[np.lexsort((work.number[slots], work.end_s[slots]))]
        first = work.first_s[slots]
        served = work.outcome[slots] == 0
        amount = np.where(served & ~np.isnan(first), work.output[slots] - 1.0, np.nan)
        ended = Finished(
            request=work.number[slots],
            kind=work.kind[slots],
            arrival_s=work.arrival_s[slots],
            start_s=work.start_s[slots],
            first_token_s=first,
            end_s=work.end_s[slots],
            outcome=work.outcome[slots].astype(np.int8),
            amount=amount,
        )
        tally[Tally.DONE] = 0
        self._free[self._top : self._top + len(slots)] = slots[::-1]
        self._top += len(slots)
        return ended

    def _lengths(self, requests: Requests) -> tuple[Counts, Counts, Counts]:
        """Return what to compute first, what to make, and the places in a batch."""
        count, first = len(requests), self.variants[0]
        one = np.ones(count, np.int64)
        if not first.steps:
            if requests.input_tokens is None or requests.output_tokens is None:
                raise InputError(
                    "the requests have no input_tokens and output_tokens",
                    remedy="give both, or serve them with plain servers",
                )
            return requests.input_tokens, requests.output_tokens, one
        zero = np.zeros(count, np.int64)
        if requests.images is not None:
            return requests.images, zero, np.maximum(requests.images, 1)
        if requests.audio_s is not None:
            seconds = requests.audio_s
            if not (np.isfinite(seconds) & (seconds >= 0)).all():
                raise InputError(
                    "an audio length is negative or no number", remedy="give seconds >= 0"
                )
            return np.ceil(seconds / first.chunk_s).astype(np.int64), zero, one
        raise InputError("the requests have no images or audio_s", remedy="give one of the two")

    def _row(self, replica: int) -> int:
        if replica not in self._row_of:
            raise InputError(f"there is no replica {replica}", remedy="open it first")
        return self._row_of[replica]

    def _forget(self, replica: int, since_s: float) -> None:
        heappush(self._free_rows, self._row_of.pop(replica))
        self._closed_at.pop(replica, None)
        self._gone[replica] = since_s

    def _make_room(self, count: int) -> None:
        """Hold `count` more slots and pending arrivals."""
        state, next_one = self._state, int(self._state.tally[Tally.NEXT])
        pending = state.pending[next_one : self._fed]
        size = len(state.work)
        if count > self._top:
            bigger = max(2 * size, size + count)
            work = resized(state.work, bigger)
            done = resized(state.done, bigger)
            free = np.empty(bigger, np.int64)
            free[: bigger - size] = np.arange(size, bigger)[::-1]
            free[bigger - size : bigger - size + self._top] = self._free[: self._top]
            self._free, self._top = free, bigger - size + self._top
            state = state._replace(work=work, done=done)
        room = np.zeros(max(len(state.pending), len(pending) + count), np.int64)
        room[: len(pending)] = pending
        self._fed = len(pending)
        state.tally[Tally.NEXT] = 0
        self._state = state._replace(pending=room)

    def _more_rows(self) -> None:
        state, count = self._state, len(self._state.rows.open)
        rows = resized(state.rows, 2 * count)
        rows.head[count:] = rows.tail[count:] = NONE
        self._state = state._replace(
            rows=rows,
            batch=resized(state.batch, 2 * count),
            tables=resized(state.tables, 2 * count),
            nodes=resized(state.nodes, 2 * count),
            places=resized(state.places, 2 * count),
        )
        self._free_rows += range(count, 2 * count)

    def _take_blocks(self, slots: Counts, start: Counts, block: Counts) -> None:
        """Store the block ids of new requests; those of ended ones make room first."""
        if not self._nodes:
            self._nodes = max(int(self._state.kinds.blocks.max()), 1)
            count = len(self._state.rows)
            self._state = self._state._replace(
                nodes=filled(NODES, count, self._nodes),
                places=np.full((count, 1 << (2 * self._nodes).bit_length()), NONE, np.int64),
            )
            for row in range(1, count):
                variant = self._state.rows.variant[row]
                reset(self._state, row, int(self._state.kinds.blocks[variant]))
        state, work = self._state, self._state.work
        many = np.diff(start)
        if self._blocks_used + len(block) > len(state.blocks):
            live = np.ones(len(work), bool)
            live[self._free[: self._top]] = False
            live[slots] = False
            kept = np.flatnonzero(live & (work.block_n > 0))
            sizes = work.block_n[kept]
            ends = np.cumsum(sizes)
            total = int(ends[-1]) if len(ends) else 0
            index = np.arange(total) + np.repeat(work.block_at[kept] - (ends - sizes), sizes)
            blocks = np.zeros(2 * (total + len(block)), np.int64)
            blocks[:total] = state.blocks[index]
            work.block_at[kept] = ends - sizes
            self._blocks_used = total
            self._state = state = state._replace(blocks=blocks)
        work.block_at[slots] = self._blocks_used + start[:-1] - start[0]
        work.block_n[slots] = many
        at = self._blocks_used
        state.blocks[at : at + len(block)] = block
        self._blocks_used = at + len(block)


def _kinds(variants: Sequence[Batched]) -> tuple[Records, Array]:
    steps = {bool(variant.steps) for variant in variants}
    if len(steps) > 1 or len({variant.chunk_s for variant in variants}) > 1:
        raise InputError(
            "variants of one pool serve different units",
            remedy="give tokens, images and audio a pool each, with one length of a chunk",
        )
    table = np.zeros((len(variants), max(variant.limit for variant in variants) + 1))
    for row, variant in zip(table, variants, strict=True):
        row[: variant.limit + 1] = variant.step_s
    memory = [UNKNOWN if v.kv_tokens is None else v.kv_tokens for v in variants]
    blocks = [
        min(kv // BLOCK, MOST_BLOCKS) if v.prefix_blocks is None else v.prefix_blocks
        for v, kv in zip(variants, memory, strict=True)
    ]
    kinds = filled(KINDS, len(variants))
    for name in ("prefill_s", "context_s", "kv_s", "weight", "limit", "budget", "static", "steps"):
        kinds[name] = [getattr(variant, name) for variant in variants]
    kinds.full = [variant.full or variant.limit for variant in variants]
    kinds.capacity, kinds.blocks = memory, blocks
    return kinds, table
