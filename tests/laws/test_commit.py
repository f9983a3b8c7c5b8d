"""Laws of commitments: the newsvendor formula, brute force, true bounds, honest savings."""

from datetime import datetime

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import lepta
from commitcases import (
    T0,
    cases,
    cheapest_costs,
    contract,
    forecast,
    owned,
    pool,
    purchases,
)
from lepta.domain.commitment import Category, CommitCase, History
from lepta.errors import InputError
from lepta.optimize.commit import commit
from lepta.optimize.commitbill import bill
from lepta.optimize.commitcuts import cut_at
from lepta.optimize.commitmarket import market_of
from lepta.optimize.commitoffers import offerings
from lepta.optimize.commitprogram import choose, objective_of
from lepta.optimize.scenarios import bootstrap


def build(case, future):
    return market_of(case, offerings(case, future.start), future)


@given(
    usage=st.lists(st.floats(0, 50).map(lambda u: round(u, 2)), min_size=4, max_size=40),
    price=st.floats(0.05, 0.95),
)
@settings(max_examples=40)
def test_one_contract_is_the_newsvendor(usage: list[float], price: float) -> None:
    # Commit while P(U > L) >= q / p: the level is the (1 - q / p) quantile of the usage.
    assume(max(usage) > 0)
    a = pool(price=1.0)
    case = CommitCase(pools=(a,), contracts=(contract("c", len(usage), price_per_hour=price),))
    future = forecast([usage], (a,))
    found = choose(build(case, future), risk=0, whole=False, gap=1e-9, time_limit_s=60)
    level = np.quantile(usage, 1 - price, method="inverted_cdf")
    formula = price * level * len(usage) + sum(max(u - level, 0.0) for u in usage)
    assert found.objective == pytest.approx(formula, rel=1e-7, abs=1e-7)
    assert found.bound == pytest.approx(formula, rel=1e-7, abs=1e-7)
    over = np.mean(np.array(usage) > found.units[0] + 1e-6)
    reached = np.mean(np.array(usage) >= found.units[0] - 1e-6)
    assert over <= price + 1e-9
    assert found.units[0] < 1e-6 or reached >= price - 1e-9


@given(cases(crossing=False), st.sampled_from([0.0, 0.0, 0.4, 1.0]))
@settings(max_examples=20)
def test_nothing_beats_the_purchase_in_brute_force(drawn, risk: float) -> None:
    case, future = drawn
    market = build(case, future)
    every = purchases(market)
    assume(len(every) <= 400)
    found = choose(market, risk=risk, whole=True, gap=1e-7, time_limit_s=60)
    nothing = bill(market, np.array([line.units or 0.0 for line in market.lines])).cost
    best = min(objective_of(cheapest_costs(market, units), nothing, risk) for units in every)
    assert found.bound <= best * (1 + 1e-7) + 1e-9
    assert found.objective >= best * (1 - 1e-7) - 1e-9
    assert tuple(np.round(found.units, 9)) in {tuple(np.round(u, 9)) for u in every}
    if len({p.price_per_hour for p in case.pools}) == 1 or len(case.pools) == 1:
        # Nested contracts at one price: applying the narrowest first is the best way there is.
        assert found.objective == pytest.approx(best, rel=1e-6, abs=1e-9)


@given(cases(), st.data())
@settings(max_examples=40)
def test_a_cut_is_below_the_best_bill_of_any_purchase(drawn, data) -> None:
    market = build(*drawn)
    sizes = st.floats(0, 8)
    units = [np.array([line.units or data.draw(sizes) for line in market.lines]) for _ in range(2)]
    cut = cut_at(market, units[0])
    for tried in units:
        committed = sum(u * line.cost for u, line in zip(tried, market.lines, strict=True))
        best = cheapest_costs(market, tried) - committed
        assert np.all(cut.base - cut.slope @ tried <= best + 1e-7)
        assert np.all(best <= bill(market, tried).on_demand + 1e-7)
    assert cut.on_demand == pytest.approx(bill(market, units[0]).on_demand)


@given(cases(), st.integers(1, 4), st.booleans())
@settings(max_examples=25)
def test_groups_of_hours_never_make_the_best_bill_dearer(drawn, size: int, merged: bool) -> None:
    market = build(*drawn)
    small = market.grouped(size, merged=merged)
    assert small.worth.sum() == pytest.approx(
        market.worth.sum() * (1 if merged else len(market.usage))
    )
    found = choose(small, risk=0, whole=False, gap=1e-9, time_limit_s=60)
    whole = choose(market, risk=0, whole=False, gap=1e-9, time_limit_s=60)
    assert found.bound <= whole.objective * (1 + 1e-7) + 1e-9


@given(cases(), st.sampled_from([0.0, 0.5]))
@settings(max_examples=8)
def test_the_answer_is_honest(drawn, risk: float) -> None:
    case, future = drawn
    assume(future.units.max() > 0)
    plan = commit(case, future, risk=risk)
    assert all(check.ok for check in plan.checks)
    assert plan.saving.expected <= plan.cost_now + 1e-9
    assert plan.saving.worst <= plan.saving.expected + 1e-9
    assert plan.bound <= plan.objective
    # The order in which contracts apply may waste some where prices differ; never below nothing.
    now, then, intended = np.array(plan.scenario_costs).T
    assert objective_of(intended, now, risk) <= now.mean() * (1 + 1e-9) + 1e-9
    assert plan.cost == pytest.approx(then.mean())
    for row in plan.bought:
        assert row.why
        if row.units and not case.capital and risk == 0 and row.used is not None:
            assert row.saving >= -1e-6 * plan.cost_now or row.saving == pytest.approx(0, abs=1e-3)


def test_a_later_purchase_is_meant_and_not_counted() -> None:
    a = pool(price=4.0)
    case = CommitCase(
        pools=(a,),
        contracts=(
            contract("short", 2, price_per_hour=2.0),
            contract("long", 4, price_per_hour=3.5),
        ),
    )
    plan = commit(case, forecast([[5, 5, 8, 8]], (a,)))
    assert {row.contract: row.units for row in plan.bought} == {"short": 5, "long": 0}
    assert [(row.contract, row.units) for row in plan.intended] == [("short", 8)]
    assert plan.cost_on_demand == 104
    assert plan.cost == 5 * 2 * 2 + 16 * 4
    assert plan.objective == 5 * 2 * 2 + 8 * 2 * 2
    assert plan.saving.expected == 20


def test_what_is_owned_is_paid_and_used_first() -> None:
    a = pool(price=4.0)
    case = CommitCase(
        pools=(a,), contracts=(contract("c", 4, price_per_hour=1.9),), owned=(owned("c", 3, -2, 2),)
    )
    plan = commit(case, forecast([[5, 5, 5, 5]], (a,)))
    assert plan.cost_now == pytest.approx(3 * 2 * 1.9 + 4 * (2 + 2 + 5 + 5))
    assert plan.bought[0].units == 5  # two hours beside what is owned, two hours alone
    assert plan.held[0].used == 1
    assert plan.bought[0].used == (2 + 2 + 5 + 5) / 20


def test_what_is_owned_stays_where_demand_is_another() -> None:
    a = pool(price=4.0)
    case = CommitCase(
        pools=(a,),
        contracts=(contract("c", 4, maximum=0), contract("d", 4)),
        owned=(owned("c", 6, 0, 4),),
    )
    plan = commit(case, forecast([[5, 5, 5, 5]], (a,)))
    assert [row.contract for row in plan.bought] == ["d"]
    regret = {row.demand: row for row in plan.regret}
    assert regret[1.0].regret == 0
    # 7.5 are used and 6 owned: one more would save 2 an hour, half of another only its own price.
    assert regret[1.5].regret == pytest.approx(2 * 4)


def test_a_capacity_block_covers_its_hours_and_no_others() -> None:
    a = pool(price=10.0)
    block = contract("b", 2, start=owned("", 0, 1, 2).start, price_per_hour=6.0, lot=4, maximum=8)
    case = CommitCase(pools=(a,), contracts=(block, contract("all", 5, price_per_hour=9.5)))
    plan = commit(case, forecast([[0, 4, 4, 9, 0]], (a,)))
    row = plan.bought[0]
    assert (row.units, row.hours, row.used, row.saving) == (4, 2, 1, 32)
    assert plan.bought[1].units == 0


def test_spend_covers_usage_at_its_discount_wherever_it_is() -> None:
    a, b = pool("a", "r", 4.0), pool("b", "s", 10.0)
    case = CommitCase(
        pools=(a, b),
        contracts=(contract("sp", 2, category=Category.SPEND, discount=0.5),),
    )
    plan = commit(case, forecast([[[5, 0], [0, 2]]], (a, b)))
    assert plan.bought[0].units == pytest.approx(10)  # 5 x 4 or 2 x 10, at half price
    assert plan.bought[0].used == pytest.approx(1)
    assert plan.cost == pytest.approx(20)
    used = [row for row in plan.focus if row.status == "Used"]
    assert [(row.category, row.effective_cost) for row in used] == [("Spend", pytest.approx(20))]


def test_money_later_is_worth_less() -> None:
    a = pool(price=1.0)
    year = 8760
    contracts = (contract("c", year, price_per_hour=0.97, upfront_share=1.0),)
    usage = forecast(np.ones((1, year)), (a,))
    now = commit(CommitCase(pools=(a,), contracts=contracts), usage)
    later = commit(CommitCase(pools=(a,), contracts=contracts, capital=0.1), usage)
    assert now.bought[0].units == 1
    assert now.bought[0].upfront_back_months == pytest.approx(0.97 * year / 730)
    # 1 a year at 10 %, hour by hour, is worth 0.9538 of itself: less than 0.97 at the start.
    assert later.bought[0].units == 0
    assert later.cost_on_demand == pytest.approx(year * (1 - 1 / 1.1) / np.log(1.1), rel=1e-4)


def test_caution_buys_less_and_says_its_price() -> None:
    a = pool(price=1.0)
    case = CommitCase(pools=(a,), contracts=(contract("c", 4, price_per_hour=0.4),))
    units = [[10] * 4] * 19 + [[3] * 4]
    bold, careful = (commit(case, forecast(units, (a,)), risk=risk) for risk in (0.0, 1.0))
    assert bold.bought[0].units == 10
    assert bold.saving.worst == pytest.approx(3 * 4 - 16)  # one scenario in twenty is the worst 5 %
    assert careful.bought[0].units == 3
    assert careful.saving.worst == pytest.approx(3 * 4 * 0.6)
    assert careful.safety is not None
    assert careful.safety.price == pytest.approx(bold.saving.expected - careful.saving.expected)
    assert careful.safety.price == pytest.approx(7 * 4 * (0.95 - 0.4))


@given(st.integers(0, 5), st.integers(30, 200), st.integers(0, 100))
@settings(max_examples=25)
def test_only_hours_that_were_are_drawn(seed: int, hours: int, hole: int) -> None:
    usage = np.arange(hours, dtype=float)[:, None] + 1
    usage[min(hole, hours - 26), 0] = np.nan
    history = History(start=T0, pools=(("a", "r"),), units=usage)
    random = np.random.default_rng(seed)
    future = bootstrap(history, hours=77, scenarios=3, growth=0, spread=0, random=random)
    drawn = future.units[:, :, 0]
    assert future.units.shape == (3, 77, 1)
    assert set(drawn.ravel()) <= set(usage[~np.isnan(usage)])
    # Hour of the day is kept: the forecast starts where the history ends.
    assert np.all((drawn - 1 - hours - np.arange(77)) % 24 == 0)
    assert any("unknown in 1 h" in note for note in future.notes)


def test_growth_is_that_of_the_year() -> None:
    usage = np.full((28 * 24, 1), 10.0)
    history = History(start=T0, pools=(("a", "r"),), units=usage)
    random = np.random.default_rng(1)
    future = bootstrap(history, hours=8760, scenarios=10, growth=0.1, spread=0.3, random=random)
    last = future.units[:, -1, 0]
    assert np.all(future.units[:, 0, 0] == 10)
    assert last.mean() == pytest.approx(11, rel=0.01)  # pairs lie as far above as below
    assert last.std() > 1


def test_values_are_held_to_the_rules_of_the_files() -> None:
    a, units = pool(), np.ones((30, 1))
    with pytest.raises(InputError, match="naive"):
        History(start=datetime(2026, 1, 1), pools=(("a", "r"),), units=units)  # noqa: DTZ001
    with pytest.raises(InputError, match="shape"):
        History(start=T0, pools=(("a", "r"), ("b", "r")), units=units)
    with pytest.raises(InputError, match="negative"):
        History(start=T0, pools=(("a", "r"),), units=-units)
    with pytest.raises(InputError, match="stands twice"):
        CommitCase(pools=(a,), contracts=(contract("c", 4), contract("c", 5)))
    with pytest.raises(InputError, match="no contract has that name"):
        CommitCase(pools=(a,), contracts=(contract("c", 4),), owned=(owned("d", 1, 0, 1),))
    with pytest.raises(InputError, match="no contracts"):
        lepta.commit(forecast=forecast([[1]], (a,)), contracts=CommitCase(pools=(a,), contracts=()))
    assert pool(price=0.0).price_per_hour is None


def test_the_same_seed_is_the_same_answer() -> None:
    a = pool(price=4.0)
    random = np.random.default_rng(3)
    history = History(
        start=T0, pools=(("a", "r"),), units=random.integers(0, 9, (240, 1)).astype(float)
    )
    case = CommitCase(pools=(a,), contracts=(contract("c", 500),))
    one, two, other = (lepta.commit(history, case, scenarios=8, seed=s) for s in (1, 1, 2))
    assert one == two
    assert one.scenario_costs != other.scenario_costs
