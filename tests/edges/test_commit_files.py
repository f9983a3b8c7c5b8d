"""Bad tables of commitments: one message with file, line, column, value and remedy; or a notice."""

from pathlib import Path
from typing import Any

import pytest

import lepta
from lepta.errors import InputError

HOURS = [f"2026-11-{1 + day:02}T{hour:02}:00:00Z" for day in range(8) for hour in range(24)]
USAGE = "family,region,start,hours,units\n" + "".join(f"h100,us,{h},1,5\n" for h in HOURS)
PRICES = "family,region,price_per_hour\nh100,us,4\n"
CONTRACTS = "contract,family,region,term_years,price_per_hour\nres,h100,us,1,2.5\n"


def run(folder: Path, **texts: str | None) -> Any:
    files = {"usage": USAGE, "contracts": CONTRACTS, "on_demand": PRICES, **texts}
    options: dict[str, Any] = {}
    for name, text in files.items():
        if text is not None:
            path = folder / f"{name}.csv"
            path.write_text(text)
            options[name] = path
    return lepta.commit(**options, scenarios=4)


def fails(folder: Path, *parts: str, **texts: str | None) -> None:
    with pytest.raises(InputError) as caught:
        run(folder, **texts)
    for part in parts:
        assert part in str(caught.value)
    assert "remedy:" in str(caught.value)


def test_the_good_case(tmp_path: Path) -> None:
    plan = run(tmp_path)
    assert plan.status == "optimal"
    assert plan.bought[0].units >= 4


def test_a_row_twice(tmp_path: Path) -> None:
    twice = USAGE + f"h100,us,{HOURS[3]},1,6\n"
    fails(tmp_path, "usage.csv, line 194", "stands twice, first in line 5", usage=twice)


def test_intervals_that_overlap(tmp_path: Path) -> None:
    more = USAGE + "h100,us,2026-11-01T03:30:00Z,1,6\n"
    fails(
        tmp_path,
        "usage.csv, line 194, column 'start'",
        "h100, us overlaps the one in line 5",
        usage=more,
    )


@pytest.mark.parametrize("text", ["2026-11-01T00:00:00", "1 Nov 2026"])
def test_a_time_without_a_zone(tmp_path: Path, text: str) -> None:
    wrong = f"family,region,start,hours,units\nh100,us,{text},1,5\n"
    fails(tmp_path, "usage.csv, line 2, column 'start'", text, usage=wrong)


def test_zones_are_counted_in_utc(tmp_path: Path) -> None:
    moved = USAGE.replace(":00:00Z", ":00:00+05:30")
    plan = run(tmp_path, usage=moved)
    # Half-hour zones leave the first and last half hour unknown; the rest is the same.
    assert plan.bought[0].units >= 4


@pytest.mark.parametrize(("column", "value"), [("units", "-1"), ("units", "inf"), ("hours", "0")])
def test_numbers_that_cannot_be(tmp_path: Path, column: str, value: str) -> None:
    cells = {"units": "5", "hours": "1", column: value}
    row = f"h100,us,{HOURS[0]},{cells['hours']},{cells['units']}\n"
    wrong = "family,region,start,hours,units\n" + row
    fails(tmp_path, f"usage.csv, line 2, column '{column}'", repr(value), usage=wrong)


def test_a_hole_is_unknown_and_never_zero(tmp_path: Path) -> None:
    lines = USAGE.splitlines(keepends=True)
    plan = run(tmp_path, usage="".join(lines[:30] + lines[33:]))
    assert any("unknown in 3 h of 192" in said for said in plan.unknown)
    whole = run(tmp_path)
    assert plan.cost_on_demand == pytest.approx(whole.cost_on_demand, rel=0.03)


def test_holes_everywhere(tmp_path: Path) -> None:
    lines = USAGE.splitlines(keepends=True)
    kept = [line for n, line in enumerate(lines) if n == 0 or n % 20]
    fails(tmp_path, "no whole day", "h100 in us", usage="".join(kept))


def test_a_date_that_is_a_slip(tmp_path: Path) -> None:
    fails(tmp_path, "spans", "1926-11-01", usage=USAGE + "h100,us,1926-11-01T00:00:00Z,1,5\n")


@pytest.mark.parametrize("price", ["", "0"])
def test_usage_without_a_price_is_left_out_and_said(tmp_path: Path, price: str) -> None:
    more = USAGE + "".join(f"b200,us,{h},1,9\n" for h in HOURS)
    plan = run(tmp_path, usage=more, on_demand=PRICES + f"b200,us,{price}\n")
    assert any("price of b200 in us is unknown" in said for said in plan.unknown)
    assert [row.family for row in plan.pools] == ["h100"]
    assert plan.cost_on_demand == pytest.approx(run(tmp_path).cost_on_demand)


def test_a_name_that_misses_by_a_letter_is_named(tmp_path: Path) -> None:
    more = USAGE + "".join(f"h200,us,{h},1,9\n" for h in HOURS)
    plan = run(tmp_path, usage=more)
    assert any("has no row of it; is h100 in us meant?" in said for said in plan.unknown)


def test_no_price_at_all(tmp_path: Path) -> None:
    prices = "family,region,price_per_hour\nh100,us,\n"
    fails(tmp_path, "the on-demand price of no usage is known", on_demand=prices)


def test_a_contract_without_a_price_is_never_bought(tmp_path: Path) -> None:
    for price in ("", "0"):
        plan = run(tmp_path, contracts=CONTRACTS + f"free,h100,us,1,{price}\n")
        row = plan.bought[1]
        assert (row.contract, row.units, row.price_per_hour) == ("free", 0, None)
        assert any("free is left out: its price is unknown" in said for said in plan.unknown)


def test_a_contract_that_nothing_can_use_is_named(tmp_path: Path) -> None:
    plan = run(tmp_path, contracts=CONTRACTS + "b200,b200,us,1,1\n")
    assert any("it cannot be used" in said for said in plan.unknown)


def test_a_contract_that_costs_more_than_on_demand(tmp_path: Path) -> None:
    plan = run(tmp_path, contracts=CONTRACTS + "dear,h100,us,1,4\n")
    assert any("not below the on-demand price" in said for said in plan.unknown)


@pytest.mark.parametrize("price", ["9", "", "0"])
def test_nothing_worth_buying_is_an_answer(tmp_path: Path, price: str) -> None:
    head = CONTRACTS.splitlines()[0]
    plan = run(tmp_path, contracts=f"{head}\nres,h100,us,1,{price}\n")
    assert plan.explanation[0] == "Buy nothing: no contract earns its price."
    assert plan.saving.expected == 0
    assert plan.cost == plan.cost_now == plan.cost_on_demand
    assert all(check.ok for check in plan.checks)


HEAD = "contract,category,family,region,term_years,hours,price_per_hour,discount,upfront_share,"
HEAD += "upfront_per_unit,minimum,maximum,lot\n"


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ("x,,h100,us,1,,2,,,,5,3,", "minimum", "contradicts"),
        ("x,,h100,us,1,,2,,,,,3,4", "lot", "below one lot"),
        ("x,,h100,us,1,,2,0.3,,,,,", "discount", "not both"),
        ("x,spend,,,1,,2,,,,,,", "price_per_hour", "give its discount"),
        ("x,,h100,us,1,,2,,0.5,100,,,", "upfront_per_unit", "not both"),
        ("x,,h100,us,,,2,,,,,,", "term_years", "only one of the two"),
        ("x,,h100,us,1,24,2,,,,,,", "term_years", "only one of the two"),
        ("x,,h100,us,1,,-2,,,,,,", "price_per_hour", "at least 0"),
        ("x,,h100,us,1,,,1.4,,,,,", "discount", "at most"),
        ("x,rent,h100,us,1,,2,,,,,,", "category", "none of usage, spend"),
    ],
)
def test_a_contract_that_contradicts_itself(
    tmp_path: Path, row: str, column: str, said: str
) -> None:
    fails(
        tmp_path, "contracts.csv, line 2", f"column '{column}'", said, contracts=HEAD + row + "\n"
    )


def test_a_discount_off_two_prices(tmp_path: Path) -> None:
    more = USAGE + "".join(f"b200,us,{h},1,9\n" for h in HOURS)
    fails(
        tmp_path,
        "contracts.csv, line 2, column 'discount'",
        "several on-demand prices",
        usage=more,
        on_demand=PRICES + "b200,us,9\n",
        contracts=HEAD + "x,,,,1,,,0.3,,,,,\n",
    )


def test_owned_of_a_contract_that_is_not_there(tmp_path: Path) -> None:
    owned = "contract,units,start,end\nrez,1,2026-01-01T00:00:00Z,\n"
    fails(tmp_path, "owned.csv, line 2, column 'contract'", "is 'res' meant?", owned=owned)


def test_owned_that_ends_before_it_starts(tmp_path: Path) -> None:
    owned = "contract,units,start,end\nres,1,2026-01-02T00:00:00Z,2026-01-01T00:00:00Z\n"
    fails(tmp_path, "owned.csv, line 2, column 'end'", owned=owned)


def test_owned_that_is_over_is_said(tmp_path: Path) -> None:
    owned = "contract,units,start,end\nres,1,2024-01-01T00:00:00Z,\n"
    plan = run(tmp_path, owned=owned)
    assert any("expired before" in said for said in plan.unknown)
    assert plan.held == ()


def test_a_forecast_with_a_hole(tmp_path: Path) -> None:
    head = "family,region,scenario,start,hours,units\n"
    rows = "".join(f"h100,us,{s},{h},1,5\n" for s in "ab" for h in HOURS[:3])
    fails(
        tmp_path,
        "forecast.csv, column 'start'",
        "scenario b says nothing about h100 in us",
        usage=None,
        forecast=head + rows.replace(f"h100,us,b,{HOURS[1]},1,5\n", ""),
    )
    plan = run(tmp_path, usage=None, forecast=head + rows)
    assert plan.scenarios == 2
    assert any("is repeated" in said for said in plan.unknown)


def test_neither_usage_nor_forecast(tmp_path: Path) -> None:
    fails(tmp_path, "neither usage nor a forecast", usage=None)


@pytest.mark.parametrize(
    "option", [{"risk": 1.5}, {"scenarios": 0}, {"growth": -2}, {"spread": -1}, {"capital": -0.1}]
)
def test_options_out_of_range(tmp_path: Path, option: dict[str, float]) -> None:
    run(tmp_path)
    with pytest.raises(InputError, match="give a number from"):
        lepta.commit(
            tmp_path / "usage.csv",
            tmp_path / "contracts.csv",
            on_demand=tmp_path / "on_demand.csv",
            **option,
        )


def test_too_many_numbers_are_refused_before_the_memory_is_full(tmp_path: Path) -> None:
    run(tmp_path)
    with pytest.raises(InputError, match="use at most"):
        lepta.commit(
            tmp_path / "usage.csv",
            tmp_path / "contracts.csv",
            on_demand=tmp_path / "on_demand.csv",
            scenarios=9_000,
        )
