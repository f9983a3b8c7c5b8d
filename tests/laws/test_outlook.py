"""Ways in which the past stands for the time to come, and the pools on paper that try them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepta.numerics.lateness import late_work
from lepta.policy.outlook import OUTLOOKS, Trial, leader, scenarios, tried
from lepta.policy.past import PARTS, Past, look
from lepta.policy.registry import parse
from scalingcases import pool_of, snapshot

TICK = 15.0
loads = st.lists(st.floats(0, 300), min_size=1, max_size=60)


def past_of(load, memory_s=900.0):
    """The past of a pool of 10 per replica, looked at tick by tick."""
    past, pool = Past(), pool_of(10.0)
    for k in range(1, len(load) + 1):
        seen = snapshot(pool, [5], at_s=k * TICK, load=load[:k])
        past = look(past, seen, 60.0, memory_s)
    return past


@given(loads)
def test_the_parts_of_a_tick_have_its_load_and_none_is_negative(load):
    past = past_of(load)
    assert past.parts.shape == (len(past.load), PARTS)
    assert (past.parts >= 0).all()
    assert past.parts.mean(axis=1) == pytest.approx(past.load)
    assert past.level.shape[1] == len(past.load)


@given(st.floats(1, 300), st.integers(2, 60))
def test_every_outlook_foretells_a_steady_load(level, ticks):
    past = past_of([level] * ticks)
    for outlook in OUTLOOKS:
        assert scenarios(outlook, past, 5, 60, 1.0) == pytest.approx(level / 10)


def test_a_ramp_goes_on_only_where_the_level_of_now_counts():
    past = past_of([100.0 + 4 * k for k in range(60)])
    means = {o.name: scenarios(o, past, 5, 60, 1.0)[-10:].mean() for o in OUTLOOKS}
    assert means["the level of now"] > means["the level of minutes"] > means["the last hours"]
    assert means["the level of now"] == pytest.approx(10 + 0.4 * 64, rel=0.05)


@given(loads, loads, st.floats(0, 30), st.floats(0, 2))
def test_a_backlog_is_carried_from_one_call_to_the_next(first, then, held, slack):
    backlog = np.zeros(1)
    parts = late_work(first, [held], slack, backlog) * len(first)
    parts = parts + late_work(then, [held], slack, backlog) * len(then)
    whole = late_work(first + then, [held], slack) * (len(first) + len(then))
    assert parts == pytest.approx(whole)


def test_pools_on_paper_pay_for_what_they_order_and_serve_with_what_was_ordered_before():
    small, large = Trial((4.0, 4.0)), Trial((4.0, 10.0))
    one, two = tried((small, large), np.array([6.0, 6.0]), 10.0, 0.25, 1.0)
    # Both serve with 4: 2 wait after the first part, 4 after the second; late is above 1.
    assert one.backlog == two.backlog == 4.0
    late = 6.0 * 0.5 + 6.0
    assert one.cost == pytest.approx(2 * 4.0 + 10.0 * late)
    assert two.cost == pytest.approx(2 * 10.0 + 10.0 * late)


def test_the_leader_changes_only_for_one_that_is_clearly_cheaper():
    near = (Trial((1.0,), cost=100.0), Trial((1.0,), cost=99.0))
    far = (Trial((1.0,), cost=100.0), Trial((1.0,), cost=90.0))
    assert leader(near, 0) == 0
    assert leader(near, 1) == 1
    assert leader(far, 0) == 1


def test_bursts_that_come_and_go_are_not_followed():
    """Bursts of one tick, over before replicas could serve: the outlook without a level leads."""
    pool, policy = pool_of(10.0), parse("predictive", pool_of(10.0))
    memory, load = policy.start(), []
    for k in range(240):
        load.append(600.0 if k % 9 == 4 else 20.0 + 5 * (k % 3))
        seen = snapshot(pool, [20], at_s=(k + 1) * TICK, load=load)
        _, memory = policy.decide(seen, memory)
    assert OUTLOOKS[memory.leads].level is None
