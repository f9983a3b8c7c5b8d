"""Bad case folders: one clear error with file, line, column, value and remedy."""

import gzip
import shutil
from pathlib import Path

import pytest

from lepta.domain.offer import Term
from lepta.errors import InputError
from lepta.optimize.mix import mix
from lepta.wiring.cases import read_case

OFFERS = "offer,term,price_per_hour,limit\nl4,on-demand,0.80,\na100,on-demand,3.67,4\n"
DEMAND = (
    "class,start,hours,rate_per_s\nchat,2026-11-23T00:00:00Z,1,5\nchat,2026-11-23T01:00:00Z,1,9\n"
)
PROFILES = "class,offer,rate_per_s\nchat,l4,1.5\nchat,a100,8\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "offers.csv").write_text(OFFERS)
    (tmp_path / "demand.csv").write_text(DEMAND)
    (tmp_path / "profiles.csv").write_text(PROFILES)
    return tmp_path


def test_a_good_folder_is_read(folder: Path):
    case = read_case(folder)
    assert [offer.id for offer in case.offers] == ["l4", "a100"]
    assert case.offers[0].term is Term.ON_DEMAND
    assert case.offers[0].limit is None
    assert case.current is None
    assert case.routes == ()
    assert mix(case).status == "optimal"


BAD = {
    "a missing column": ("demand", DEMAND.replace("hours", "ours"), ["hours", "ours", "line 1"]),
    "a wrong type": ("demand", DEMAND.replace("1,9", "1,many"), ["line 3", "rate_per_s", "'many'"]),
    "a negative price": ("offers", OFFERS.replace("3.67", "-3.67"), ["line 3", "price", "-3.67"]),
    "a NaN price": ("offers", OFFERS.replace("3.67", "NaN"), ["line 3", "price", "blank"]),
    "an infinite price": ("offers", OFFERS.replace("3.67", "inf"), ["line 3", "price", "'inf'"]),
    "half a machine": ("offers", OFFERS.replace(",4\n", ",4.5\n"), ["line 3", "limit", "'4.5'"]),
    "an unknown term": ("offers", OFFERS.replace("on-demand", "rent"), ["line 2", "term", "spot"]),
    "an empty file": ("offers", "", ["offers.csv", "empty"]),
    "a header alone": ("profiles", "class,offer,rate_per_s\n", ["profiles.csv", "no rows"]),
    "an offer twice": ("offers", OFFERS + "l4,spot,0.3,\n", ["line 4", "l4", "first in line 2"]),
    "a profile twice": ("profiles", PROFILES + "chat,l4,2\n", ["line 4", "first in line 2"]),
    "a naive time": ("demand", DEMAND.replace("00:00Z,1,5", "00:00,1,5"), ["line 2", "zone"]),
    "overlapping periods": (
        "demand",
        DEMAND.replace("Z,1,5", "Z,1.5,5"),
        ["line 3", "line 2", "chat", "overlaps"],
    ),
    "a start twice": ("demand", DEMAND.replace("T01", "T00"), ["line 3", "twice", "line 2"]),
    "an interval of no length": ("demand", DEMAND.replace("Z,1,9", "Z,0,9"), ["line 3", "hours"]),
    "a profile of an unknown offer": (
        "profiles",
        PROFILES.replace("a100", "a10"),
        ["profiles.csv", "line 3", "column 'offer'", "'a10'", "'a100' meant"],
    ),
    "what runs now is unknown": (
        "current",
        "offer,units\nh100,2\n",
        ["current.csv", "line 2", "'h100'", "there are a100, l4"],
    ),
    "a negative fleet": ("current", "offer,units\nl4,-2\n", ["current.csv", "line 2", "units"]),
    "a route of an unknown class": (
        "routes",
        "class,offer,usd_per_request\nchart,l4,0\n",
        ["routes.csv", "line 2", "'chart'", "'chat' meant"],
    ),
    "a negative route cost": (
        "routes",
        "class,offer,usd_per_request\nchat,l4,-1\n",
        ["routes.csv", "line 2", "usd_per_request"],
    ),
    "a row too short": ("demand", DEMAND + "chat\n", ["line 4", "1 cells"]),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_table_is_one_clear_error(folder: Path, fault: str):
    name, text, said = BAD[fault]
    (folder / f"{name}.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        read_case(folder)
    message = str(caught.value)
    assert caught.value.remedy
    for part in [f"{name}.csv", *said]:
        assert part in message, message


@pytest.mark.parametrize("name", ["offers", "demand", "profiles"])
def test_a_missing_table_is_named(folder: Path, name: str):
    (folder / f"{name}.csv").unlink()
    with pytest.raises(InputError, match=f"{name}.csv: there is no such file"):
        read_case(folder)


def test_a_missing_folder_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"nowhere: there is no such folder"):
        read_case(tmp_path / "nowhere")


def test_gzip_bom_and_semicolons_are_read(folder: Path):
    (folder / "demand.csv").unlink()
    (folder / "demand.csv.gz").write_bytes(gzip.compress(DEMAND.encode()))
    (folder / "offers.csv").write_bytes(b"\xef\xbb\xbf" + OFFERS.replace(",", ";").encode())
    assert mix(read_case(folder)).status == "optimal"


def test_a_truncated_gzip_is_said(folder: Path):
    (folder / "demand.csv").write_bytes(gzip.compress(DEMAND.encode())[:-12])
    with pytest.raises(InputError, match=r"demand.csv: is a truncated or damaged gzip"):
        read_case(folder)


def test_a_profile_of_zero_means_it_cannot(folder: Path):
    (folder / "profiles.csv").write_text(PROFILES.replace("1.5", "0"))
    plan = mix(read_case(folder))
    assert {row.offer for row in plan.units} == {"a100"}


def test_a_class_without_any_profile_is_an_answer(folder: Path):
    with (folder / "demand.csv").open("a") as stream:
        stream.write("image,2026-11-23T00:00:00Z,2,1\n")
    plan = mix(read_case(folder))
    assert plan.status == "infeasible"
    assert {row.demand_class for row in plan.shortfalls} == {"image"}
    assert {row.why for row in plan.shortfalls} == {
        "no offer can serve image: no profile with a rate above 0"
    }


def test_a_blank_price_is_unknown_and_said(folder: Path):
    (folder / "offers.csv").write_text(OFFERS.replace("0.80", ""))
    plan = mix(read_case(folder))
    assert {row.offer for row in plan.units} == {"a100"}
    assert any("price of l4 is unknown" in said for said in plan.unknown)


NASTY = ("../../etc/passwd", "=cmd|' /C calc'!A0", "[red]bold[/red]", "a\u202eb", "@SUM(1;2)")


@pytest.mark.parametrize("name", NASTY)
def test_names_are_only_data(folder: Path, name: str, tmp_path_factory: pytest.TempPathFactory):
    """Names that look like paths, formulas or markup go through as they are, and touch no file."""
    for table in ("offers", "profiles"):
        path = folder / f"{table}.csv"
        quoted = '"' + name + '"'
        path.write_text(path.read_text().replace("l4", quoted))
    before = sorted(path.name for path in folder.iterdir())
    plan = mix(read_case(folder))
    assert name in {row.offer for row in plan.units}
    assert sorted(path.name for path in folder.iterdir()) == before
    shutil.rmtree(folder)


@pytest.mark.parametrize("rate", ["1e-300", "1e308", "1e15"])
def test_extreme_rates_end_in_words(folder: Path, rate: str):
    (folder / "demand.csv").write_text(DEMAND.replace("1,9", f"1,{rate}"))
    plan = mix(read_case(folder))
    assert plan.status in {"optimal", "feasible", "infeasible"}
    if rate != "1e-300":
        assert plan.status == "infeasible"
        assert any("taken for a slip" in said for said in plan.unknown)


def test_twenty_minutes_written_as_a_third_of_an_hour(folder: Path):
    """Ends that miss the next start by less than a second are that start."""
    rows = ["class,start,hours,rate_per_s"]
    rows += [f"chat,2026-11-23T00:{m:02}:00Z,0.3333,4" for m in (0, 20, 40)]
    (folder / "demand.csv").write_text("\n".join(rows) + "\n")
    plan = mix(read_case(folder))
    assert plan.status == "optimal"
    assert plan.unknown == (
        "What runs now is not known (no current.csv): no saving can be stated.",
    )
    assert plan.hours == pytest.approx(1.0, abs=1e-3)


def test_a_class_without_demand_is_named(folder: Path):
    """A misspelled class in the profiles must not silently lose a machine."""
    path = folder / "profiles.csv"
    path.write_text(path.read_text() + "chatt,l4,3\n")
    plan = mix(read_case(folder))
    assert any("chatt" in said and "is chat meant?" in said for said in plan.unknown)


@pytest.mark.parametrize("rate", ["1e-9", "1e-5", "1e-3"])
def test_the_smallest_demand_needs_one_machine_and_is_proven(folder: Path, rate: str):
    rows = "class,start,hours,rate_per_s\n" + f"chat,2026-11-23T00:00:00Z,1,{rate}\n"
    (folder / "demand.csv").write_text(rows)
    plan = mix(read_case(folder))
    assert plan.status == "optimal"
    assert sum(row.count for row in plan.units) == 1
    assert plan.gap == pytest.approx(0, abs=1e-6)
