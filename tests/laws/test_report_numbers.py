"""How a report cuts and writes: nothing is lost below the fold, nothing small reads as zero."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faces.report_samples import NOW, assessment, plan
from lepta.domain.assessment import IDLE, UNALLOCATED
from lepta.domain.plan import Check
from lepta.report import fleet, headline, numbers, spend

SUMS = st.dictionaries(
    st.one_of(st.text(max_size=8), st.sampled_from([IDLE, UNALLOCATED])),
    st.integers(-(10**15), 10**15),
    max_size=40,
)


@given(SUMS, st.integers(1, 12))
def test_shown_lines_and_the_rest_are_the_whole(sums: dict[str, int], most: int) -> None:
    cut = spend.lines("team", sums, most)
    assert sum(line.micros for line in cut.lines) + cut.rest_micros == sum(sums.values())
    assert len(cut.lines) + cut.more == len(sums)
    assert cut.more != 1  # a row that hides one row is of no use
    assert {IDLE, UNALLOCATED} & set(sums) <= {line.key for line in cut.lines}


@given(st.integers(1, 6))
def test_days_and_members_sum_to_the_bill(most: int) -> None:
    told = assessment(awkward=True)
    table = spend.daily(told, most=most)
    assert sum(sum(row) for _, row in table.series) == told.spend.total_micros


@given(st.floats(-1e12, 1e12), st.integers(0, 6))
def test_money_that_is_not_nothing_never_reads_as_nothing(amount: float, digits: int) -> None:
    text = numbers.money(amount, digits)
    assert (float(text.lstrip("\N{MINUS SIGN}").lstrip("<").replace(",", "")) == 0) == (amount == 0)
    assert text.startswith("\N{MINUS SIGN}") == (amount < 0)


@given(st.floats(1e-9, 1e9))
def test_a_price_keeps_three_digits(amount: float) -> None:
    assert float(numbers.price(amount).replace(",", "")) == pytest.approx(amount, rel=6e-3)


@given(st.text(max_size=80), st.integers(5, 30))
def test_a_clipped_name_is_short_and_steers_nothing(name: str, longest: int) -> None:
    text = numbers.clip(name, longest)
    assert len(text) <= longest
    assert not set(text) & set("\x1b\n\r\u202e\u2066\x00")


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (16.61, "16.61"),
        (184_233.4, "184,233"),
        (0.0042, "0.0042"),
        (0.0, "0.00"),
        (1e9, "1,000,000,000"),
    ],
)
def test_digits_follow_the_size(amount: float, said: str) -> None:
    assert numbers.money(amount, numbers.decimals(amount)) == said


def test_unknown_is_a_word() -> None:
    assert numbers.money(None) == numbers.price(None) == numbers.count(None) == "unknown"


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (datetime(2026, 10, 1, tzinfo=UTC), "Sep 1\N{EN DASH}30, 2026"),
        (datetime(2026, 9, 2, tzinfo=UTC), "Sep 1, 2026"),
        (datetime(2026, 11, 3, tzinfo=UTC), "Sep 1 \N{EN DASH} Nov 2, 2026"),
        (datetime(2027, 1, 1, 1, tzinfo=UTC), "Sep 1, 2026 \N{EN DASH} Jan 1, 2027"),
    ],
)
def test_a_half_open_period_is_said_by_its_days(end: datetime, said: str) -> None:
    assert numbers.period(datetime(2026, 9, 1, tzinfo=UTC), end) == said


def test_ages() -> None:
    assert numbers.age(NOW, NOW) == "less than a minute old"
    assert numbers.age(NOW - timedelta(days=2), NOW) == "2 days old"


def test_the_fleet_of_the_report_costs_what_the_plan_says() -> None:
    rows = fleet.held(plan())
    assert sum(row.cost for row in rows) == pytest.approx(plan().cost)
    assert {row.offer: row.now for row in rows}["azure/eastus/nc/A100x1/on-demand"] == 0
    shares: dict[str, float] = {}
    for row in fleet.routed(plan()):
        shares[row.demand_class] = shares.get(row.demand_class, 0) + row.share
    assert shares == pytest.approx({"chat": 1.0, "image": 1.0})


def test_hours_without_a_row_hold_no_units() -> None:
    whole = plan()
    without = replace(whole, units=tuple(part for part in whole.units if part.count))
    assert fleet.held(without) == fleet.held(whole)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cost_now": None}, "no saving is claimed"),
        ({"cost": None, "bound": None, "gap": None, "status": "infeasible"}, "cannot keep"),
        ({"cost_now": 1.0}, "more than what runs now"),
    ],
)
def test_the_headline_claims_no_more_than_is_known(changes: dict, said: str) -> None:
    text = headline.text(headline.headline(None, replace(plan(), **changes)))
    assert said in text and "less" not in text


def test_a_failed_check_is_the_proof_that_is_shown() -> None:
    bad = replace(plan(), checks=(Check(name="demand met", ok=False, worst=2.0, detail=""),))
    assert "1 of 1 checks failed: do not apply" in headline.proof(bad)
