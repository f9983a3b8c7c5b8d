"""What holds for every policy, and what each promises beyond."""

import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepta.domain.pool import Decision, Pool, Variant
from lepta.numerics.lateness import late_work
from lepta.numerics.standby import cheapest_levels, least_servers_per_tick, paid_ticks
from lepta.policy.base import asked
from lepta.policy.fill import fill
from lepta.policy.handover import handover
from lepta.policy.oracle import plan
from lepta.policy.registry import BUILTIN, Future, parse
from scalingcases import pool_of, snapshot

TICK = 15.0
loads = st.lists(st.floats(0, 300), min_size=2, max_size=60)
online = st.sampled_from(["hpa", "hpa:metric=utilization", "keda", "wva", "window", "predictive"])


def play(policy, pool, load, begin=1, startup_ticks=4):
    """Let a policy run a pool of one variant; the queue is left out. Levels per tick."""
    memory, serving, starting, levels, whys = policy.start(), begin, [], [], []
    for k in range(len(load) + 1):
        ready = [t for t in starting if t <= k]
        serving, starting = serving + len(ready), [t for t in starting if t > k]
        rate = pool.capacity_per_s[0, 0]
        busy = min(1.0, load[k - 1] / (serving * rate)) if k and serving else math.nan
        seen = snapshot(
            pool,
            [serving],
            at_s=k * TICK,
            starting=[len(starting)],
            load=load[:k],
            running=0.0 if math.isnan(busy) else busy * serving,
            utilization=busy,
            ready_in_s=[(0, (t - k) * TICK) for t in starting],
        )
        decision, memory = asked(policy, seen, memory)
        want = decision.want[0]
        held = serving + len(starting)
        if want > held:
            starting += [k + startup_ticks] * (want - held)
        else:
            fewer = min(held - want, len(starting))
            starting = starting[: len(starting) - fewer]
            serving -= held - want - fewer
        levels.append(want)
        whys.append(decision.why)
    return levels, whys


@given(online, loads)
@settings(max_examples=60)
def test_every_policy_answers_with_a_reason_and_twice_the_same(name, load):
    pool = pool_of(10.0)
    first, whys = play(parse(name, pool), pool, load)
    again, _ = play(parse(name, pool), pool, load)
    assert first == again
    assert all(why and "\n" not in why and len(why) < 200 for why in whys)


@given(online, loads)
@settings(max_examples=40)
def test_a_decision_can_be_taken_again_from_its_record(name, load):
    pool = pool_of(10.0)
    policy, memory = parse(name, pool), parse(name, pool).start()
    for k in range(1, len(load)):
        seen = snapshot(pool, [5], at_s=k * TICK, load=load[:k], utilization=0.5, running=2.0)
        one, kept = policy.decide(seen, memory)
        two, same = policy.decide(seen, memory)
        assert one == two
        assert repr(kept) == repr(same)
        memory = kept


@given(
    st.floats(20, 5_000),
    st.lists(st.floats(-1, 1), min_size=40, max_size=120),
    st.floats(0, 0.3),
)
@settings(max_examples=25)
def test_small_changes_of_the_load_never_lead_up_and_down_within_a_start(level, noise, share):
    """Under any load at all, between a step up and the next step down a start passes."""
    pool = pool_of(10.0)
    load = [level * (1 + share * x) for x in noise]
    levels, _ = play(parse("predictive", pool), pool, load, begin=math.ceil(level / 10))
    ups = [k for k in range(1, len(levels)) if levels[k] > levels[k - 1]]
    downs = [k for k in range(1, len(levels)) if levels[k] < levels[k - 1]]
    for up in ups:
        assert not [k for k in downs if up < k < up + 4]


@given(st.floats(20, 5_000), st.lists(st.floats(-1, 1), min_size=40, max_size=100))
@settings(max_examples=40)
def test_within_the_band_nothing_moves(level, noise):
    """A load that varies by 1 % around what is held for changes nothing once it is settled."""
    pool = pool_of(10.0)
    load = [level * (1 + 0.01 * x) for x in noise]
    levels, _ = play(
        parse("predictive:trend=0,band=0.1", pool), pool, load, begin=math.ceil(level / 10 * 1.06)
    )
    big = level / 10 > 30  # of few replicas, one more is more than the band
    assert not big or len(set(levels)) == 1


@given(loads)
@settings(max_examples=40)
def test_a_steady_load_is_carried(load):
    pool = pool_of(10.0)
    steady = load[0] + 1.0
    levels, _ = play(parse("predictive", pool), pool, [steady] * 60)
    assert levels[-1] * 10.0 >= steady
    assert levels[-1] <= math.ceil(steady * 1.05 / 10 * 1.07) + 1


def test_predictive_says_what_it_saw_and_what_it_expects():
    pool = pool_of(10.0)
    # 41 and not 40: a load without any change is carried by exactly as many as it fills.
    _, whys = play(parse("predictive", pool), pool, [41.0] * 20 + [44.0, 52.0, 70.0], begin=5)
    assert re.fullmatch(
        r"load 70 of 50 at 345 s, forecast [\d.]+-[\d.]+ by 420 s, v0 \+\d", whys[-1]
    )


def test_zero_where_a_cold_start_fits_the_objective():
    cold = pool_of(10.0, startup_s=1.0)
    levels, _ = play(parse("predictive:least=0,memory=60", cold), cold, [30.0] + [0.0] * 40)
    assert levels[-1] == 0
    slow = pool_of(10.0, startup_s=60.0)
    levels, _ = play(parse("predictive:least=0,memory=60", slow), slow, [30.0] + [0.0] * 40)
    assert levels[-1] == 1


def test_plain_servers_are_sized_by_erlang():
    pool = pool_of(1.0)
    want, _ = play(parse("predictive:share=0.01,wait=0.1", pool), pool, [50.0] * 40, begin=40)
    plain, _ = play(parse("predictive:wait=0.1", pool), pool, [50.0] * 40, begin=40)
    assert want[-1] > plain[-1]


# Oracle


@given(st.lists(st.integers(0, 4), min_size=1, max_size=7), st.integers(0, 4), st.integers(0, 3))
@settings(max_examples=60)
def test_cheapest_levels_are_the_cheapest(need, start, first):
    held = cheapest_levels(need, start, first)
    assert (held >= need).all()
    best = min(
        paid_ticks(other, start, first)
        for other in itertools.product(*(range(n, max([*need, first]) + 1) for n in need))
    )
    assert paid_ticks(held, start, first) == pytest.approx(best)


@given(
    st.lists(st.tuples(st.floats(0, 44.9), st.floats(0.1, 25)), min_size=1, max_size=8),
    st.sampled_from([0.5, 2.0, 8.0]),
)
@settings(max_examples=50, deadline=None)
def test_no_schedule_without_a_late_start_needs_less(rows, wait):
    """Brute force over all schedules of three ticks: none that keeps the promise lies below."""
    at, work = map(np.array, zip(*sorted(rows), strict=True))
    need = least_servers_per_tick(at, work, 1.0, TICK, wait, 45.0)
    most = int(max(need.max(), 3)) + 1
    for held in itertools.product(range(min(most, 5) + 1), repeat=3):
        if _late(at, work, held, wait) == 0:
            assert (np.array(held) >= need).all(), (held, need)


def _late(at, work, held, wait):
    """Starts later than `wait`, of fluid servers held per tick (and 10^9 of them afterwards)."""
    now, late = 0.0, 0
    for begin, amount in zip(at, work, strict=True):
        now = max(now, begin)
        while now < 45.0 and not held[int(now / TICK + 1e-12)]:
            now = (int(now / TICK + 1e-12) + 1) * TICK
        late += now > begin + wait + 1e-9
        left = amount
        while left > 1e-12:
            k = int(now / TICK + 1e-12)
            rate = float(held[k]) if k < len(held) else 1e9
            end = (k + 1) * TICK if k < len(held) else math.inf
            if rate * (end - now) >= left:
                now, left = now + left / rate, 0.0
            else:
                left -= rate * (end - now)
                now = end
    return late


@given(loads)
@settings(max_examples=60)
def test_the_oracle_carries_every_tick_and_no_policy_that_does_pays_less(load):
    pool = pool_of(10.0)
    oracle = plan(pool, np.array(load)[:, None], TICK, first=30)
    need = np.ceil(np.array(load) / 10 - 1e-9)
    assert (oracle.serving >= need).all()
    for name in ("hpa:target=0.5", "window", "predictive"):
        levels, _ = play(parse(name, pool), pool, load, begin=30)
        serving = np.array(levels[: len(load)])
        if (serving >= need).all():
            assert paid_ticks(oracle.serving, 4, 30) <= paid_ticks(serving, 4, 30) + 1e-9


def test_the_oracle_orders_in_time():
    pool = pool_of(10.0)
    load = np.array([10.0] * 10 + [50.0] * 3 + [10.0] * 10)
    oracle = parse("oracle", pool, future=Future(load_per_s=load[:, None], tick_s=TICK))
    levels, _ = play(oracle, pool, load, begin=1)
    assert levels[5] == 1
    assert levels[6:13] == [5] * 7  # ordered four ticks before
    assert levels[13] == 1


# Lateness


@given(
    st.lists(st.floats(0, 20), min_size=1, max_size=30),
    st.floats(0, 2),
)
def test_more_servers_are_late_less(load, slack):
    late = late_work(load, np.arange(0, 25.0), slack)
    assert (np.diff(late) <= 1e-9).all()
    assert late[0] == pytest.approx(np.mean(load))
    assert late[-1] == 0.0


def test_lateness_by_hand():
    # 3 held, 5 come in one step: the backlog grows from 0 to 2; above 3 x 0.5 for its last quarter.
    assert late_work([5.0], [3.0], 0.5)[0] == pytest.approx(5 * 0.25)
    # Next step 1 comes: from 2 down to 0, above 1.5 for a quarter of it.
    assert late_work([5.0, 1.0], [3.0], 0.5)[0] == pytest.approx((5 * 0.25 + 0.25) / 2)


# Several variants


@st.composite
def mixed(draw):
    classes, variants = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    rate = draw(
        st.lists(
            st.lists(st.sampled_from([0.0, 1.0, 5.0, 20.0]), min_size=variants, max_size=variants),
            min_size=classes,
            max_size=classes,
        )
    )
    pool = Pool(
        classes=tuple(f"w{i}" for i in range(classes)),
        variants=tuple(
            Variant(
                name=f"v{i}",
                price_per_hour=draw(st.floats(0.1, 10)),
                startup_s=60.0,
                limit=draw(st.one_of(st.none(), st.integers(0, 9))),
                spot=draw(st.booleans()),
                interruptions_per_hour=draw(st.sampled_from([0.0, 0.5])),
            )
            for i in range(variants)
        ),
        capacity_per_s=np.array(rate),
    )
    load = draw(st.lists(st.floats(0, 60), min_size=classes, max_size=classes))
    held = draw(st.lists(st.integers(0, 5), min_size=variants, max_size=variants))
    there = draw(st.lists(st.booleans(), min_size=variants, max_size=variants))
    return pool, load, held, there


@given(mixed())
@settings(max_examples=80)
def test_filling_keeps_limits_and_leaves_out_only_what_has_no_place(case):
    pool, load, held, there = case
    seen = snapshot(pool, held, available=there)
    want, left = fill(seen, load)
    limits = np.where(there, pool.limits, held)
    assert (np.array(want) <= limits).all()
    for w, rest in enumerate(left):
        able = [v for v in range(len(want)) if pool.capacity_per_s[w, v] > 0]
        assert rest <= 1e-9 or all(want[v] >= limits[v] for v in able)


def test_spot_first_then_what_is_left_on_demand():
    pool = Pool(
        variants=(
            Variant(name="od", price_per_hour=3.0, startup_s=60),
            Variant(name="spot", price_per_hour=1.0, spot=True, limit=4, startup_s=60),
        ),
        capacity_per_s=np.array([[10.0, 10.0]]),
    )
    assert fill(snapshot(pool, [0, 0]), [75.0])[0] == (4, 4)
    assert fill(snapshot(pool, [0, 2], available=[True, False]), [75.0])[0] == (6, 2)


def test_spot_that_rarely_survives_its_start_is_held_in_excess_or_not_at_all():
    def market(hazard):
        return Pool(
            variants=(
                Variant(name="od", price_per_hour=3.0, startup_s=60),
                Variant(
                    name="spot",
                    price_per_hour=2.0,
                    spot=True,
                    interruptions_per_hour=hazard,
                    startup_s=60,
                ),
            ),
            capacity_per_s=np.array([[10.0, 10.0]]),
        )

    assert fill(snapshot(market(0.0), [0, 0]), [100.0])[0] == (0, 10)
    assert fill(snapshot(market(5.0), [0, 0]), [100.0])[0] == (0, 12)
    assert fill(snapshot(market(40.0), [0, 0]), [100.0])[0] == (10, 0)


# Up before down


@given(mixed(), st.lists(st.integers(0, 8), min_size=4, max_size=4))
@settings(max_examples=100)
def test_nothing_that_serves_is_given_up_before_its_replacement_serves(case, wish):
    pool, _, held, _ = case
    want = tuple(wish[: len(held)])
    seen = snapshot(pool, held)
    decision, said = handover(Decision(at_s=0.0, policy="p", want=want, why="w"), seen)
    after = np.minimum(decision.want, held)
    assert (np.array(decision.want) >= want).all()
    assert bool(said) == (decision.want != want)
    grows = (np.array(want) > np.array(held)).any()
    if grows:
        for row in pool.capacity_per_s:
            goal = min(float(row @ np.array(want)), float(row @ np.array(held)))
            assert float(row @ after) >= goal - 1e-9
    else:
        assert decision.want == want


@given(mixed(), st.lists(st.integers(0, 8), min_size=4, max_size=4))
@settings(max_examples=80)
def test_the_replacement_serves_and_the_old_ones_go(case, wish):
    """Two turns with the same wish end at the wish: nothing is kept for ever."""
    pool, _, held, _ = case
    limits = pool.limits
    want = tuple(min(int(n), int(m)) for n, m in zip(wish, limits, strict=False))
    serving = np.minimum(held, limits)
    for _ in range(2):
        decision, _ = handover(
            Decision(at_s=0.0, policy="p", want=want, why="w"), snapshot(pool, serving)
        )
        serving = np.array(decision.want)
    assert tuple(int(n) for n in serving) == want


@pytest.mark.parametrize("load", [5.0, 60.0, 99.0])
def test_wva_takes_no_step_while_one_starts(load):
    pool = pool_of(10.0)
    policy = parse("wva", pool)
    seen = snapshot(pool, [8], starting=[1], at_s=900.0, load=load)
    decision, _ = policy.decide(seen, policy.start())
    assert decision.want == (9,) and "one starts" in decision.why


@pytest.mark.parametrize("name", ["hpa", "keda", "wva", "window", "predictive"])
def test_unknown_load_is_never_taken_for_none(name):
    pool = pool_of(10.0)
    policy, memory = parse(name, pool), parse(name, pool).start()
    for k in range(1, 100):
        seen = snapshot(
            pool, [7], at_s=k * TICK, load=[math.nan] * k, waiting=math.nan, running=math.nan
        )
        decision, memory = policy.decide(seen, memory)
        assert decision.want == (7,), decision.why


def test_horizon_takes_spot_and_falls_back():
    pool = Pool(
        variants=(
            Variant(name="od", price_per_hour=3.0, startup_s=60),
            Variant(name="big", price_per_hour=5.0, startup_s=120),
            Variant(name="spot", price_per_hour=1.0, spot=True, limit=4, startup_s=60),
        ),
        capacity_per_s=np.array([[10.0, 20.0, 10.0]]),
    )
    policy = parse("horizon:period=300,ahead=900", pool)
    memory, held, changes = policy.start(), [8, 0, 0], 0
    for k in range(1, 60):
        there = k < 40
        seen = snapshot(pool, held, at_s=k * TICK, load=[75.0] * k, available=[True, True, there])
        decision, memory = asked(policy, seen, memory)
        changes += list(decision.want) != held
        assert "\n" not in decision.why
        held = list(decision.want)
        able = float(pool.capacity_per_s[0] @ held)
        assert able >= 75.0
        if k == 39:
            assert held[2] == 4
            assert changes <= 2
        if k == 40:
            held[2] = 0  # the market takes all of it back
            break
    seen = snapshot(pool, held, at_s=41 * TICK, load=[75.0] * 41, available=[True, True, False])
    decision, memory = asked(policy, seen, memory)
    assert decision.want[2] == 0
    assert float(pool.capacity_per_s[0] @ decision.want) >= 75.0


def test_every_kind_says_what_it_is():
    for kind in BUILTIN.values():
        assert kind.summary
