"""Batched replicas against a slow replay of every iteration, and what holds of any of them."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepta.domain.requests import Requests
from lepta.sim.batched import Batched, BatchedEngine
from slowreplicas import Sequence, Slow

ROUTES = ("round-robin", "least-loaded", "prefix-aware", "central")


@dataclass(frozen=True)
class World:
    variants: tuple[Batched, ...]
    requests: Requests
    actions: tuple[tuple[float, str, int, int], ...]
    route: str


def tokens(rows, blocks=None) -> Requests:
    """Make requests of (arrival, input, output); block ids per request."""
    at, i, o = zip(*rows, strict=True) if rows else ((), (), ())
    ids = blocks or [()] * len(rows)
    return Requests(
        at_s=np.array(at, float),
        input_tokens=np.array(i, np.int64),
        output_tokens=np.array(o, np.int64),
        prefix_start=np.cumsum([0, *map(len, ids)]),
        prefix_block=np.array([b for part in ids for b in part], np.int64),
    )


@st.composite
def worlds(draw) -> World:
    def variant() -> Batched:
        limit = draw(st.integers(1, 5))
        a, d = draw(st.sampled_from([(0.01, 0.0), (0.013, 0.0007), (0.5, 0.1)]))
        return Batched(
            step_s=a + d * np.arange(limit + 1),
            prefill_s=draw(st.sampled_from([0.0, 1.7e-5])),
            context_s=draw(st.sampled_from([0.0, 3.1e-9])),
            kv_s=draw(st.sampled_from([0.0, 2.3e-6])),
            budget=draw(st.sampled_from([128, 1000, 4000])),
            kv_tokens=draw(st.sampled_from([None, 1200, 3000, 5000])),
            prefix_blocks=draw(st.sampled_from([None, 0, 3])),
        )

    variants = tuple(variant() for _ in range(draw(st.integers(1, 2))))
    count = draw(st.integers(0, 14))
    # A prime number of nanoseconds: no arrival falls on a boundary but by equal instants.
    at = sorted(draw(st.lists(st.integers(0, 40), min_size=count, max_size=count)))
    rows, blocks = [], []
    for k in at:
        i = draw(st.one_of(st.integers(0, 500), st.integers(0, 2300)))
        o = draw(st.sampled_from([0, 1, 2, 7, 40, 160, 600]))
        rows.append((k * 0.0917341 + 1e-3, i, o))
        chain = draw(st.sampled_from([(), (1, 2, 3, 4, 5), (1, 2, 7, 8, 9), (20, 21, 22)]))
        blocks.append(chain[: draw(st.integers(0, 5))])
    actions, here, number = [(0.0, "open", 1, 0)], [1], 1
    for k in sorted(draw(st.lists(st.integers(0, 40), max_size=4))):
        what = draw(st.sampled_from(["open", "close", "kill"]))
        if what == "open" or not here:
            number += 1
            here.append(number)
            actions.append((k * 0.10317, "open", number, draw(st.integers(0, len(variants) - 1))))
        else:
            gone = here.pop(draw(st.integers(0, len(here) - 1)))
            actions.append((k * 0.10317, what, gone, 0))
    actions.append((9.0, "open", number + 1, 0))
    actions.append((9.0, "open", number + 2, len(variants) - 1))
    return World(variants, tokens(rows, blocks), tuple(actions), draw(st.sampled_from(ROUTES)))


def act(engine, action) -> None:
    at_s, what, replica, variant = action
    if at_s > engine.now_s:
        engine.run(at_s)
    engine.open(replica, variant) if what == "open" else getattr(engine, what)(replica)


def drain(engine: BatchedEngine) -> None:
    for _ in range(100_000):
        soon = engine.next_end_s()
        if math.isinf(soon):
            return
        engine.run(soon)
    raise AssertionError("the engine never ends")


def replay(world: World, *, steps=(), jump=True, chunk=None):
    """Run the engine through a world, looking in at `steps`; feed it in chunks."""
    engine = BatchedEngine(world.variants, route=world.route, jump=jump)
    fed, size = 0, chunk or max(len(world.requests), 1)
    marks = [(at, 1, None) for at in steps] + [(a[0], 0, a) for a in world.actions]
    for at, _, action in sorted(marks, key=lambda m: m[:2]):
        while fed < len(world.requests) and (chunk is None or world.requests.at_s[fed] <= at):
            engine.feed(world.requests[fed : fed + size])
            fed += size
        if action:
            act(engine, action)
        else:
            engine.run(max(at, engine.now_s))
        count_up(engine, world)
    drain(engine)
    return engine


def count_up(engine: BatchedEngine, world: World) -> None:
    seen = engine.gauge()
    assert seen.arrived == seen.served + seen.dropped + engine.in_flight()
    assert seen.waiting + seen.running == engine.in_flight()
    room = max(v.kv_tokens or 2**40 for v in world.variants)
    assert 0 <= engine.use().kv_peak <= room


def columns(done):
    return np.stack((done.start_s, done.first_token_s, done.end_s, done.amount, done.outcome))


def by_number(engine):
    done = engine.finished()
    assert (np.diff(done.end_s) >= 0).all()
    order = np.argsort(done.request)
    assert (done.request[order] == np.arange(len(order))).all()
    return columns(done)[:, order]


def slow_replay(world: World) -> Slow:
    slow = Slow(world.variants, world.route)
    r = world.requests
    for n in range(len(r)):
        blocks = tuple(r.prefix_block[r.prefix_start[n] : r.prefix_start[n + 1]].tolist())
        slow.sequences.append(
            Sequence(n, r.at_s[n], max(int(r.input_tokens[n]), 1), int(r.output_tokens[n]), blocks)
        )
    for action in world.actions:
        at_s, what, replica, variant = action
        if at_s > slow.now_s:
            slow.run(at_s)
        if what == "open":
            slow.open(replica, variant)
        else:
            slow.close(replica, killed=what == "kill")
    slow.run(1e6)
    return slow


@settings(max_examples=200)
@given(worlds())
def test_the_engine_equals_the_slow_replay(world: World) -> None:
    engine, slow = replay(world), slow_replay(world)
    found = by_number(engine)
    wanted = np.array(
        [
            (
                seq.start_s,
                seq.first_s,
                seq.end_s,
                seq.output - 1 if not math.isnan(seq.first_s) and not seq.dropped else math.nan,
                seq.dropped,
            )
            for seq in slow.sequences
        ]
    ).reshape(-1, 5)
    np.testing.assert_allclose(found.T, wanted, rtol=1e-9)
    use = engine.use()
    assert use.preemptions == slow.preemptions
    assert use.tokens_hit == slow.hit
    assert use.tokens_prefilled == slow.prefilled
    assert use.kv_peak == slow.peak
    assert use.kv_tokens == 0
    assert all(seq.dropped or seq.made == seq.output for seq in slow.sequences)


@given(worlds())
def test_one_jump_is_many_steps(world: World) -> None:
    jumped, stepped = replay(world), replay(world, jump=False)
    np.testing.assert_allclose(by_number(jumped), by_number(stepped), rtol=1e-9)
    assert jumped.use() == stepped.use()
    assert jumped.gauge().busy_s == pytest.approx(stepped.gauge().busy_s, rel=1e-9)


@given(worlds(), st.lists(st.floats(0, 12), max_size=30), st.integers(1, 5))
def test_looking_in_often_and_feeding_bit_by_bit_changes_no_bit(world, steps, chunk) -> None:
    once, often = replay(world), replay(world, steps=steps, chunk=chunk)
    np.testing.assert_array_equal(by_number(once), by_number(often))
    assert once.use() == often.use()
