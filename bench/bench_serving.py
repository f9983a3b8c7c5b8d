"""Batched replicas: requests per second of wall time, against a plain Python stepper in this run.

    python bench/bench_serving.py [--data FOLDER] [--rounds N]

The work: the public Azure log of 2023 (code and conversation together, 21,667 requests in 40
minutes) on one replica; and 64 of it, each shifted by a random time below a second, on 64 replicas.
A replica has 400,000 tokens of KV memory, batches of up to 256, 2,048 prompt tokens per iteration,
and iteration times of the size of a 32B model on two H100. The peer does the same iterations one by
one, in plain Python, on the first part of the same log; both must give the same instants to 1e-6.

On a machine that others use too, wall time says little: seconds of this process are printed beside
it, and the ratio is of those. Others were seen, on another machine and not run here, at about 930
requests/s (Vidur) and 1,400 requests/s (splitwise-sim).
"""

import argparse
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from lepta.domain.requests import Requests
from lepta.sim.batched import Batched, BatchedEngine, Use
from lepta.sim.engine import Finished

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from slowreplicas import Sequence, Slow  # noqa: E402

REPLICA = Batched(
    step_s=6e-3 + 35e-6 * np.arange(257),
    prefill_s=25e-6,
    context_s=1e-10,
    kv_s=0.04e-6,
    kv_tokens=400_000,
)
SEEN = {"Vidur": 930, "splitwise-sim": 1400}


def azure(data: Path) -> Requests:
    """Read the log in order of arrival, in seconds from its first request."""
    table = pq.read_table(data / "llm_requests/azure_2023.parquet").sort_by("ts")
    at = table["ts"].to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
    return Requests(
        at_s=at - at[0],
        input_tokens=table["input_tokens"].to_numpy().astype(np.int64),
        output_tokens=table["output_tokens"].to_numpy().astype(np.int64),
    )


def copies(log: Requests, many: int) -> Requests:
    """Lay many copies over each other, each request shifted by a time below a second."""
    assert log.input_tokens is not None
    assert log.output_tokens is not None
    at = np.tile(log.at_s, many) + np.random.default_rng(7).random(many * len(log))
    order = np.argsort(at, kind="stable")
    return Requests(
        at_s=at[order],
        input_tokens=np.tile(log.input_tokens, many)[order],
        output_tokens=np.tile(log.output_tokens, many)[order],
    )


Clocks = tuple[float, float]
"""Seconds of wall time, and of this process."""


def clocks() -> Clocks:
    return time.perf_counter(), time.process_time()


def since(begin: Clocks) -> Clocks:
    now = clocks()
    return now[0] - begin[0], now[1] - begin[1]


def compiled(log: Requests, replicas: int, route: str) -> tuple[Clocks, Finished, Use]:
    """Serve a log; return seconds, what ended and what was done."""
    begin = clocks()
    engine = BatchedEngine([REPLICA], route=route)
    for number in range(replicas):
        engine.open(number, 0)
    engine.feed(log)
    while not np.isinf(engine.next_end_s()):
        engine.run(engine.now_s + 1e6)
    done = engine.finished()
    return since(begin), done, engine.use()


def plain(log: Requests, replicas: int) -> tuple[Clocks, np.ndarray]:
    """Serve a log in plain Python; return seconds and the ends."""
    begin = clocks()
    slow = Slow([REPLICA], "round-robin")
    for number in range(1, replicas + 1):
        slow.open(number, 0)
    assert log.input_tokens is not None
    assert log.output_tokens is not None
    rows = zip(log.at_s.tolist(), log.input_tokens.tolist(), log.output_tokens.tolist())  # noqa: B905
    slow.sequences = [Sequence(n, *row) for n, row in enumerate(rows)]
    slow.run(1e9)
    return since(begin), np.array([seq.end_s for seq in slow.sequences])


def mooncake(data: Path) -> Requests:
    """Read the conversation log with the ids of prompt blocks."""
    table = pq.read_table(data / "llm_requests/mooncake_conversation.parquet").sort_by("t_ms")
    at = table["t_ms"].to_numpy() / 1000
    ids = table["prefix_block_ids"].to_pylist()
    return Requests(
        at_s=at - at[0],
        input_tokens=table["input_tokens"].to_numpy().astype(np.int64),
        output_tokens=table["output_tokens"].to_numpy().astype(np.int64),
        prefix_start=np.cumsum([0, *map(len, ids)]),
        prefix_block=np.concatenate([np.asarray(part, np.int64) for part in ids]),
    )


def prefixes(data: Path) -> None:
    """Serve the log with prefix ids on 16 replicas, by each routing."""
    log = mooncake(data)
    assert log.input_tokens is not None
    print(f"Mooncake conversation, {len(log):,} requests, 16 replicas:")
    for route in ("round-robin", "least-loaded", "prefix-aware", "central"):
        compiled(log[:100], 16, route)
        (_, own), done, use = compiled(log, 16, route)
        ttft = np.nanmean(done.first_token_s - done.arrival_s)
        print(
            f"  {route:12} {len(log) / own:,.0f} requests per second of processor time, "
            f"{use.tokens_hit / log.input_tokens.sum():.1%} of prompt tokens found in a cache, "
            f"TTFT mean {ttft:.2f} s"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    home = os.environ.get("LEPTA_DATA", str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", default=home, help="folder of public data")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    data = Path(options.data)
    if not (data / "llm_requests").is_dir():
        print("needs the public data folder: set LEPTA_DATA or give --data")
        return
    prefixes(data)
    log = azure(data)
    compiled(log[:100], 1, "round-robin")  # compiles, or loads what was compiled before
    for replicas in (1, 64):
        work = copies(log, replicas)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        for route in ("round-robin",) if replicas == 1 else ("round-robin", "least-loaded"):
            runs = [compiled(work, replicas, route) for _ in range(options.rounds)]
            wall, own = (float(np.median([run[0][k] for run in runs])) for k in (0, 1))
            rate = len(work) / wall
            done, use = runs[0][1:]
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            ttft = done.first_token_s - done.arrival_s
            print(
                f"{replicas} replicas, {route}, {len(work):,} requests: {rate:,.0f} requests/s "
                f"of wall time, {len(work) / own:,.0f} of processor time (medians of "
                f"{options.rounds}), {use.iterations / len(work):.1f} iterations and "
                f"{use.tokens_made / len(work):.0f} tokens each, {use.preemptions} preemptions; "
                f"TTFT mean {np.nanmean(ttft):.3f} s; memory {peak:,.0f} MiB, "
                f"{before:,.0f} of it before"
            )
            print(
                "  of figures seen elsewhere: "
                + ", ".join(f"{name} {rate / seen:,.0f}x" for name, seen in SEEN.items())
            )
        part = work[:4000]
        slow_s, ends = plain(part, replicas)
        fast_s, done, _ = compiled(part, replicas, "round-robin")
        slow_s, fast_s = slow_s[1], fast_s[1]
        assert np.allclose(ends[done.request], done.end_s, rtol=1e-6)
        print(
            f"  the first {len(part):,} of them: plain Python {len(part) / slow_s:,.0f} "
            f"requests per second of processor time, lepta {len(part) / fast_s:,.0f}: "
            f"ratio {slow_s / fast_s:,.0f}"
        )


if __name__ == "__main__":
    main()
