"""The event core on M/M/10 at load 0.9, against simpy, ciw and loops around the standard heap.

    python bench/bench_engine.py             about two minutes, a million customers
    python bench/bench_engine.py --n 200000  fewer

Every run is a process of its own, on the same machine one after another. The time is that of the
simulation with its random numbers, the best of up to five runs within twenty seconds, in seconds
of the processor (all use one thread; a shared machine stretches the clock on the wall, which is
printed too); imports and compiled code (kept by Numba from the first run on this machine) are no
part of it and stated by themselves. A customer is two events, coming and leaving. ciw is given a
fifth of the customers: events per second is what is compared. Memory is the peak of the process,
and what of it is there after the imports. Everyone's mean wait stands beside that of theory: same
work, other draws.

What is lepta's: `fcfs` is the bare recursion, numpy's random numbers included; `fcfs, given` the
same on arrays that are there already; `PlainEngine` the whole engine, with its checks, queue,
bookkeeping and the table of who ended when; `by replica` the same with a queue per replica, and
`least loaded`; `levels` with two priorities and patience; `FluidEngine` one stream of work.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import time

import numpy as np

RATE, SERVERS = 9.0, 10
PEERS = ("simpy", "ciw", "heapq events", "heapq recursion")
OURS = (
    "fcfs",
    "fcfs, given",
    "PlainEngine",
    "PlainEngine, 100 steps",
    "by replica, round robin",
    "by replica, least loaded",
    "two levels, patience",
    "FluidEngine",
)
GOALS = (
    ("fcfs", "simpy", 150),
    ("fcfs", "heapq events", 25),
    ("fcfs", "heapq recursion", None),
    ("PlainEngine", "simpy", 150),
    ("PlainEngine, 100 steps", "simpy", 150),
    ("PlainEngine", "heapq events", 25),
    ("PlainEngine, 100 steps", "heapq events", 25),
    ("fcfs", "ciw", None),
    ("PlainEngine", "ciw", None),
)


def drawn(n, seed):
    rng = np.random.Generator(np.random.SFC64(seed))
    arrival = rng.standard_exponential(n)
    arrival /= RATE
    return np.cumsum(arrival, out=arrival), rng.standard_exponential(n)


def by_fcfs(n, seed):
    from lepta.sim import fcfs

    arrival, service = drawn(n, seed)
    return n, float((fcfs(arrival, service, SERVERS) - arrival).mean())


_kept = {}


def by_fcfs_given(n, seed):
    from lepta.sim import fcfs

    if n not in _kept:
        _kept[n] = drawn(n, seed)
    return n, float((fcfs(*_kept[n], SERVERS) - _kept[n][0]).mean())


def by_engine(n, seed, steps=1, **setup):
    from lepta.domain.requests import Requests
    from lepta.sim.plain import PlainEngine

    arrival, service = drawn(n, seed)
    kind = None
    if "priority" in setup:
        kind = np.arange(n) % 2
    engine = PlainEngine([1], **setup)
    for name in range(SERVERS):
        engine.open(name, 0)
    engine.feed(Requests(at_s=arrival, service_s=service, kind=kind))
    total = served = 0
    for step in range(1, steps + 1):
        engine.run(math.inf if step == steps else float(arrival[-1] * step / steps))
        ended = engine.finished()
        wait = (ended.start_s - ended.arrival_s)[ended.outcome == 0]
        total, served = total + wait.sum(), served + len(wait)
    return n, float(total / served)


def by_fluid(n, seed):
    from lepta.domain.requests import Requests
    from lepta.sim.fluid import FluidEngine
    from lepta.sim.work import Work

    arrival, service = drawn(n, seed)
    engine = FluidEngine([1.0], work=Work(service_s=1.0))
    for name in range(SERVERS):
        engine.open(name, 0)
    engine.feed(Requests(at_s=arrival, service_s=service))
    engine.run(math.inf)
    ended = engine.finished()
    return n, float((ended.start_s - ended.arrival_s).mean())


def runner(name):
    """Return what runs n customers; its imports are done by the first, small run."""
    if name in PEERS:
        from peers import queues

        function = getattr(queues, "by_" + name.replace(" ", "_"))
        return lambda n, seed: function(n, RATE, SERVERS, seed)
    levels = {"classes": 2, "priority": [1, 0], "patience_s": 10.0}
    return {
        "fcfs": by_fcfs,
        "fcfs, given": by_fcfs_given,
        "PlainEngine": by_engine,
        "PlainEngine, 100 steps": lambda n, s: by_engine(n, s, steps=100),
        "by replica, round robin": lambda n, s: by_engine(n, s, routing="round-robin"),
        "by replica, least loaded": lambda n, s: by_engine(n, s, routing="least-loaded"),
        "two levels, patience": lambda n, s: by_engine(n, s, **levels),
        "FluidEngine": by_fluid,
    }[name]


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def one(name, n, seed):
    """Time one engine, in this process."""
    run = runner(name)
    run(200, seed)
    if name == "fcfs, given":
        run(n, seed)
    base = peak_mb()
    took, wall = [], []
    while not took or (len(took) < 5 and sum(wall) + wall[-1] < 20):
        begin, before = time.perf_counter(), time.process_time()
        served, wait = run(n, seed)
        took.append(time.process_time() - before)
        wall.append(time.perf_counter() - begin)
    told = {"n": served, "seconds": min(took), "wall": min(wall), "wait": wait}
    print(json.dumps(told | {"peak": peak_mb(), "base": base}))


def theory():
    """Return the mean wait by Erlang C."""
    blocked = 1.0
    for c in range(1, SERVERS + 1):
        blocked = RATE * blocked / (c + RATE * blocked)
    waits = blocked / (1 - RATE / SERVERS * (1 - blocked))
    return waits / (SERVERS - RATE)


def latency():
    """Return seconds from a new process to the first answer: nothing kept, and all kept."""
    code = (
        "import time; begin = time.perf_counter()\n"
        "from lepta.sim import fcfs; from lepta.sim.plain import PlainEngine\n"
        "from lepta.domain.requests import Requests; import numpy as np\n"
        "imported = time.perf_counter(); fcfs([0.0], [1.0], 1); bare = time.perf_counter()\n"
        "for routing in ('central', 'round-robin'):\n"
        "    e = PlainEngine([1], routing=routing); e.open(0, 0)\n"
        "    e.feed(Requests(at_s=np.zeros(1), service_s=np.ones(1))); e.run(9.0); e.gauge()\n"
        "print(imported - begin, bare - imported, time.perf_counter() - bare)"
    )
    nothing = "from numba.core import caching; caching.CacheImpl._locator_classes = []\n"
    for title, before in (("nothing kept", nothing), ("kept", "")):
        done = subprocess.run(
            [sys.executable, "-c", before + code], capture_output=True, text=True, check=True
        )
        imports, bare, engine = map(float, done.stdout.split())
        print(
            f"first call, compiled code {title}: imports {imports:.2f} s, fcfs {bare:.2f} s, "
            f"PlainEngine (both kernels) {engine:.2f} s"
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one")
    chosen = parser.parse_args()
    if chosen.one:
        one(chosen.one, chosen.n, chosen.seed)
        return
    latency()
    print(f"\nM/M/{SERVERS} at load {RATE / SERVERS:g}; mean wait by theory {theory():.4f}")
    heads = ("customers", "CPU s", "wall s", "M events/s", "wait", "peak MB", "imports")
    print(("{:26}{:>11}{:>9}{:>9}{:>12}{:>8}{:>9}{:>9}").format("", *heads))
    speed = {}
    for name in (*PEERS, *OURS):
        n = chosen.n // 5 if name == "ciw" else chosen.n
        command = [sys.executable, __file__, "--one", name, "--n", str(n)]
        done = subprocess.run(
            [*command, "--seed", str(chosen.seed)], capture_output=True, text=True, check=True
        )
        told = json.loads(done.stdout.splitlines()[-1])
        speed[name] = 2 * told["n"] / told["seconds"]
        print(
            f"{name:26}{told['n']:11,}{told['seconds']:9.3f}{told['wall']:9.3f}"
            f"{speed[name] / 1e6:12.2f}{told['wait']:8.4f}{told['peak']:9.0f}{told['base']:9.0f}",
            flush=True,
        )
    print("\nratio of events per second; the engines with other queues do other work than M/M/10")
    for ours, peer, goal in GOALS:
        ratio = speed[ours] / speed[peer]
        met = "" if goal is None else f", goal {goal}: {'met' if ratio >= goal else 'MISSED'}"
        print(f"{ours:22} / {peer:16}{ratio:8.1f}{met}")


if __name__ == "__main__":
    main()
