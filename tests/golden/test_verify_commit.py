"""The second opinion on a purchase sees what is wrong with one."""

from dataclasses import replace

import pytest

from commitcases import contract, forecast, owned, pool
from lepta.domain.commitment import CommitCase, CommitPlan, Forecast
from lepta.errors import LeptaError
from lepta.optimize.commit import commit
from lepta.optimize.verify_commit import certified, verify


@pytest.fixture
def whole() -> tuple[CommitCase, Forecast, CommitPlan]:
    a = pool(price=4.0)
    case = CommitCase(
        pools=(a,),
        contracts=(contract("c", 4, maximum=4), contract("d", 4, price_per_hour=3.0)),
        owned=(owned("d", 1, -2, 2),),
    )
    future = forecast([[5, 6, 7, 8], [3, 6, 7, 9]], (a,))
    return case, future, commit(case, future)


def broken(whole, **changes) -> list[str]:
    case, future, plan = whole
    checks = verify(case, future, replace(plan, **changes), gap=1e-4)
    return [check.name for check in checks if not check.ok]


def test_all_is_well(whole) -> None:
    assert broken(whole) == []


def test_more_than_the_maximum(whole) -> None:
    plan = whole[2]
    first = replace(plan.bought[0], units=5.0)
    assert "limits" in broken(whole, bought=(first, *plan.bought[1:]))


def test_a_price_that_is_not_that_of_the_contract(whole) -> None:
    plan = whole[2]
    first = replace(plan.bought[0], price_per_hour=1.0)
    assert broken(whole, bought=(first, *plan.bought[1:])) == ["prices"]


def test_a_scenario_that_costs_less_than_it_does(whole) -> None:
    plan = whole[2]
    (now, then, later), second = plan.scenario_costs
    assert "bill" in broken(whole, scenario_costs=((now, then - 1, later - 1), second))


def test_a_saving_that_is_none(whole) -> None:
    plan = whole[2]
    saving = replace(plan.saving, expected=plan.saving.expected + 1)
    assert broken(whole, saving=saving) == ["savings"]
    saving = replace(plan.saving, worst=plan.saving.expected)
    assert broken(whole, saving=saving) == ["savings"]


def test_coverage_above_one(whole) -> None:
    assert broken(whole, coverage=1.2) == ["shares"]


def test_focus_lines_that_do_not_sum_to_the_bill(whole) -> None:
    assert broken(whole, focus=whole[2].focus[:-1]) == ["FOCUS lines"]


def test_a_bound_above_the_cost(whole) -> None:
    assert broken(whole, bound=whole[2].objective + 1) == ["gap"]


def test_a_wrong_purchase_is_withheld(whole) -> None:
    case, future, plan = whole
    with pytest.raises(LeptaError, match="failed its own check"):
        certified(case, future, replace(plan, cost=plan.cost / 2), gap=1e-4)
