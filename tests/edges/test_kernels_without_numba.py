"""The kernels as plain Python, and where no compiled code can be kept: the same bits."""

import os
import subprocess
import sys

STORY = """
import math, hashlib, sys
import numpy as np
if "nowhere" in sys.argv:
    from numba.core import caching
    caching.CacheImpl._locator_classes = []
from lepta.domain.requests import Requests
from lepta.sim import fcfs
from lepta.sim.fluid import FluidEngine
from lepta.sim.plain import PlainEngine
from lepta.sim.work import Work

rng = np.random.default_rng(1)
n = 150
at, work, kind = np.cumsum(rng.exponential(1.0, n)), rng.exponential(2.5, n), rng.integers(0, 2, n)
requests = Requests(at_s=at, service_s=work, kind=kind)
bits = hashlib.sha256(fcfs(at, work, 3).tobytes())
choices = [{"routing": r} for r in ("round-robin", "least-loaded", "weighted")]
choices += [{}, {"queue_limit": 2}, {"priority": [0, 1], "patience_s": 3.0}]
choices = choices[: int(sys.argv[1])]
engines = [PlainEngine([1, 2], speed=[1.0, 0.7], classes=2, **c) for c in choices]
engines.append(FluidEngine([1.0, 1.4], work=Work(service_s=1.0), classes=2))
for engine in engines:
    for name in range(3):
        engine.open(name, name % 2)
    engine.feed(requests)
    for until, change, name in ((30.0, "close", 1), (60.0, "kill", 0), (61.5, "open", 5)):
        engine.run(until)
        getattr(engine, change)(*((name, 0) if change == "open" else (name,)))
        bits.update(repr(engine.gauge()).encode())
    engine.run(math.inf)
    ended = engine.finished()
    assert len(ended.request) == n
    for column in (ended.request, ended.start_s, ended.end_s, ended.outcome):
        bits.update(column.tobytes())
print(bits.hexdigest())
"""


def told(*arguments, **environment):
    done = subprocess.run(
        [sys.executable, "-c", STORY, *arguments],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_plain_python_gives_the_same_bits():
    assert told("6") == told("6", NUMBA_DISABLE_JIT="1")


def test_a_machine_that_keeps_no_compiled_code_gives_the_same_bits():
    assert told("0") == told("0", "nowhere")


def test_the_package_of_worlds_is_cheap_to_import():
    code = "import lepta.sim, sys; assert 'numba' not in sys.modules; lepta.sim.fcfs([0], [1], 1)"
    subprocess.run([sys.executable, "-c", code], check=True)
