"""Cases that people and programs really hand over, and that once went wrong."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from lepta.domain.demand import Demand, Profile
from lepta.domain.offer import Offer, Term
from lepta.domain.plan import PlanCase
from lepta.errors import InputError
from lepta.optimize.mix import mix
from lepta.optimize.verify import verify
from lepta.report.schema.plan import to_json
from lepta.wiring.cases import read_case

FILES = {
    "offers": "offer,price_per_hour,term,interruptions_per_hour,startup_s\na,2,spot,,\n",
    "demand": "class,start,hours,rate_per_s\nchat,2026-11-23T00:00:00Z,1,9\n",
    "profiles": "class,offer,rate_per_s\nchat,a,5\n",
}


@pytest.fixture
def folder(tmp_path) -> Path:
    for name, text in FILES.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def test_a_missing_price_column_is_an_error_and_not_a_fleet_without_prices(folder):
    (folder / "offers.csv").write_text("offer,price\na,2\n")
    with pytest.raises(InputError, match="price_per_hour") as caught:
        read_case(folder)
    assert "line 1" in caught.value.where


def test_blank_hazards_are_unknown_not_zero(folder):
    offer = read_case(folder).offers[0]
    assert offer.interruptions_per_hour is None
    assert offer.startup_s is None


def test_a_current_table_without_rows_says_that_nothing_runs(folder):
    (folder / "current.csv").write_text("offer,units\n")
    (folder / "routes.csv").write_text("class,offer,usd_per_request,round_trip_ms\n")
    plan = mix(read_case(folder))
    assert plan.status == "optimal"
    assert plan.cost_now == 0


@pytest.mark.parametrize("start", ["2026-11-23T00:00:00Z", "9999-12-31T23:00:00Z"])
@pytest.mark.parametrize("hours", ["48", "1e12"])
def test_an_interval_beyond_the_calendar_is_named(folder, start, hours):
    (folder / "demand.csv").write_text(f"class,start,hours,rate_per_s\nchat,{start},{hours},1\n")
    if (start, hours) == ("2026-11-23T00:00:00Z", "48"):
        assert mix(read_case(folder)).status == "optimal"
        return
    with pytest.raises(InputError) as caught:
        read_case(folder)
    assert "demand.csv, line 2" in caught.value.where


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("current", "offer,units\na,1e300\n"),
        ("offers", "offer,price_per_hour\na,1e300\n"),
        ("offers", "offer,price_per_hour,limit\na,1,1e300\n"),
        ("routes", "class,offer,usd_per_request\nchat,a,1e300\n"),
    ],
)
def test_numbers_beyond_all_there_is_are_named(folder, table, text):
    (folder / f"{table}.csv").write_text(text)
    with pytest.raises(InputError, match="at most") as caught:
        read_case(folder)
    assert f"{table}.csv, line 2, column" in caught.value.where


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not bind root")
def test_a_folder_that_may_not_be_entered_is_named(folder):
    folder.chmod(0)
    try:
        with pytest.raises(InputError, match="cannot be read"):
            read_case(folder)
    finally:
        folder.chmod(0o755)


def test_a_folder_that_may_not_be_entered_is_named_even_to_root(folder, monkeypatch):
    def refuse(self, **_: object) -> bool:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied") as caught:
        read_case(folder)
    assert caught.value.remedy


def _case(zone: timezone | None = None) -> PlanCase:
    start = datetime(2026, 3, 29, 1, tzinfo=UTC)
    demand = tuple(
        Demand(
            demand_class=name,
            start=(start + timedelta(hours=hour)).astimezone(zone or UTC),
            hours=1,
            rate_per_s=rate + hour,
        )
        for name, rate, first in (("chat", 3.0, 0), ("code", 2.0, 1))
        for hour in range(first, 3)
    )
    return PlanCase(
        offers=(Offer(id="a", price_per_hour=1.0), Offer(id="b", price_per_hour=2.5)),
        demand=demand,
        profiles=tuple(
            Profile(demand_class=name, offer=offer, rate_per_s=rate)
            for name in ("chat", "code")
            for offer, rate in (("a", 1.0), ("b", 3.0))
        ),
        current=(("a", 1),),
    )


@pytest.mark.parametrize("hours", [-8, 2, 5.5])
def test_the_zone_of_the_caller_changes_no_word(hours):
    """Starts in a local zone say the same instants; answers and sentences are in UTC."""
    local = _case(timezone(timedelta(hours=hours)))
    assert to_json(mix(local)) == to_json(mix(_case()))


def test_nothing_depends_on_the_order_of_rows():
    case = _case()
    turned = replace(
        case,
        offers=case.offers[::-1],
        demand=case.demand[::-1],
        profiles=case.profiles[::-1],
    )
    assert to_json(mix(turned)) == to_json(mix(case))


def test_a_gap_of_nothing_is_optimal_when_only_rounding_is_left():
    """Prices and rates whose products are not exact in binary, with a gap of 0 asked for."""
    base = _case()
    for price in (0.1, 0.3, 3.7, 4.1):
        offers = (
            Offer(id="a", price_per_hour=price),
            Offer(id="b", price_per_hour=price * 3.3, term=Term.RESERVED, limit=1),
        )
        plan = mix(replace(base, offers=offers), gap=0.0)
        assert plan.gap == 0
        assert plan.status == "optimal"


def test_hours_written_as_thirds_beside_whole_hours(folder):
    """Ends of two classes that differ by less than a second are one end: the later one."""
    rows = ["class,start,hours,rate_per_s", "code,2026-11-23T00:00:00Z,1,4"]
    rows += [f"chat,2026-11-23T00:{m:02}:00Z,0.3333,4" for m in (0, 20, 40)]
    (folder / "demand.csv").write_text("\n".join(rows) + "\n")
    (folder / "profiles.csv").write_text("class,offer,rate_per_s\nchat,a,5\ncode,a,5\n")
    (folder / "current.csv").write_text("offer,units\na,3\n")
    plan = mix(read_case(folder))
    assert plan.hours == 1
    assert plan.cost_now == 6
    assert plan.status == "optimal"


def test_work_for_no_machine_is_seen(folder):
    """However small the load is, a plan that sends it to no machine breaks its promise."""
    (folder / "demand.csv").write_text(
        "class,start,hours,rate_per_s\nchat,2026-11-23T00:00:00Z,1,1e-7\n"
    )
    case = read_case(folder)
    plan = mix(case)
    assert all(check.ok for check in verify(case, plan))
    without = replace(plan, units=(replace(plan.units[0], count=0, cost=0.0),), cost=0.0, bound=0.0)
    broken = {check.name for check in verify(case, without) if not check.ok}
    assert "utilization" in broken


@pytest.mark.parametrize("rate", ["1e20", "1e300"])
def test_rates_beyond_all_numbers_beside_what_runs_now(folder, rate):
    (folder / "demand.csv").write_text(FILES["demand"].replace(",9", f",{rate}"))
    (folder / "current.csv").write_text("offer,units\na,3\n")
    plan = mix(read_case(folder))
    assert plan.status == "infeasible"
    assert plan.cost_now == 6
    assert "taken for a slip" in plan.shortfalls[0].why
