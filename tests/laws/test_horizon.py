"""The policy that plans ahead: carries the need, keeps a fallback, is calm."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lepta.domain.pool import Pool, Variant
from lepta.policy.base import asked
from lepta.policy.registry import parse
from lepta.testing.policies import snapshot


def pool(*, spot_limit=None, small=0.8, large=1.9, spot=0.3) -> Pool:
    return Pool(
        variants=(
            Variant(name="small", price_per_hour=small, startup_s=60.0),
            Variant(name="large", price_per_hour=large, startup_s=120.0),
            Variant(
                name="spot",
                price_per_hour=spot,
                startup_s=60.0,
                spot=True,
                interruptions_per_hour=0.1,
                limit=spot_limit,
            ),
        ),
        capacity_per_s=np.array([[10.0, 30.0, 10.0]]),
    )


def told(market: Pool, load: float, text: str = "horizon", ticks: int = 40):
    policy = parse(text, market)
    seen = snapshot(market, [load] * ticks, serving=(1, 0, 0), utilization=1.0)
    return asked(policy, seen, policy.start())[0]


@settings(max_examples=25)
@given(
    load=st.floats(5.0, 400.0),
    prices=st.tuples(*(st.floats(0.2, 3.0) for _ in range(3))),
    fallback=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_the_levels_carry_the_load_with_and_without_the_spot_pool(load, prices, fallback):
    market = pool(small=prices[0], large=prices[1], spot=prices[2])
    want = np.array(told(market, load, f"horizon:fallback={fallback},quantile=0.5").want)
    rate = market.capacity_per_s[0]
    assert rate @ want >= load * (1 - 1e-6)
    assert rate[:2] @ want[:2] >= fallback * load * (1 - 1e-6)


def test_without_fallback_all_is_spot_up_to_its_limit():
    free = told(pool(), 100.0, "horizon:fallback=0,quantile=0.5")
    assert free.want[0] == free.want[1] == 0 and free.want[2] >= 10
    short = told(pool(spot_limit=4), 100.0, "horizon:fallback=0,quantile=0.5")
    assert short.want[2] == 4 and 10 * short.want[0] + 30 * short.want[1] >= 60


def test_the_larger_machine_where_it_is_cheaper_per_load():
    assert told(pool(spot_limit=0, large=1.5), 300.0).want[1] > 0
    assert told(pool(spot_limit=0, large=9.0), 300.0).want[1] == 0


def test_the_plan_stands_between_two_searches():
    market = pool()
    policy = parse("horizon:every=300", market)
    memory, wants = policy.start(), []
    for ticks in range(40, 58):
        seen = snapshot(market, [100.0] * ticks, serving=(0, 0, 12), utilization=0.8)
        decision, memory = asked(policy, seen, memory)
        wants.append(decision.want)
    assert len(set(wants[1:])) == 1 and "plan of" in decision.why
