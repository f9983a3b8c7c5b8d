"""The pool of a replay from offers and profiles: what it holds, leaves out, assumes and refuses."""

from pathlib import Path

import pytest

from lepta.errors import InputError
from lepta.wiring.pools import open_pool

OFFERS = """offer,provider,region,zone,term,price_per_hour,limit,interruptions_per_hour,\
startup_s,owned
l4,aws,us-east-1,us-east-1a,on-demand,0.80,12,,90,2
l4-spot,aws,us-east-1,us-east-1b,spot,0.30,,0.05,90,
h100,own,,,reserved,4.00,,,,
dark,aws,,,on-demand,,,,60,
mystery-spot,aws,,,spot,0.20,,,60,
api,openai,,,serverless,,,,,
unprofiled,aws,,,on-demand,1.00,,,60,
"""
PROFILES = """class,offer,rate_per_s,latency_ms
chat,l4,2,500
chat,l4,3,2000
chat,l4-spot,2,500
chat,h100,20,
code,h100,8,400
code,l4,0.5,5000
chat,dark,2,500
chat,mystery-spot,2,500
chat,api,100,500
"""


def files(folder: Path, offers: str = OFFERS, profiles: str = PROFILES) -> dict[str, Path]:
    (folder / "offers.csv").write_text(offers)
    (folder / "profiles.csv").write_text(profiles)
    return {"offers": folder / "offers.csv", "profiles": folder / "profiles.csv"}


def test_variants_are_the_offers_that_can_serve_and_are_known(tmp_path: Path) -> None:
    found = open_pool(("chat", "code"), **files(tmp_path), latency_ms=1000)
    pool, notes = found.pool, " ".join(found.notes)
    assert [variant.name for variant in pool.variants] == ["l4", "l4-spot", "h100"]
    assert pool.classes == ("chat", "code")
    assert pool.capacity_per_s.tolist() == [[2, 2, 20], [0, 0, 8]]
    assert pool.unit == "requests"
    l4, spot, h100 = pool.variants
    assert (l4.price_per_hour, l4.limit, l4.least, l4.startup_s) == (0.80, 12, 2, 90)
    assert (l4.spot, l4.zone) == (False, "us-east-1a")
    assert (spot.spot, spot.interruptions_per_hour, spot.notice_s) == (True, 0.05, 120)
    assert (h100.startup_s, h100.limit) == (120, None)
    assert "Time to start unknown, taken as 120 s: h100" in notes
    assert "their price is unknown: dark" in notes
    assert "how often they are interrupted (interruptions_per_hour): mystery-spot" in notes
    assert "serverless, and have no replicas: api" in notes
    assert "no profile inside the objective: unprofiled" in notes


def test_options_fill_what_offers_leave_open(tmp_path: Path) -> None:
    found = open_pool(("chat",), **files(tmp_path), startup_s=30, limit=5)
    by_name = {variant.name: variant for variant in found.pool.variants}
    assert (by_name["h100"].startup_s, by_name["h100"].limit) == (30, 5)
    assert (by_name["l4"].startup_s, by_name["l4"].limit) == (90, 12)
    assert found.pool.capacity_per_s[0].tolist() == [3, 2, 20]
    assert any("No latency was given" in note for note in found.notes)


def test_a_class_that_nothing_serves_is_refused(tmp_path: Path) -> None:
    given = files(tmp_path)
    with pytest.raises(InputError, match=r"'cod', but no profile") as caught:
        open_pool(("chat", "cod"), **given)
    assert "is 'code' meant?" in caught.value.remedy
    with pytest.raises(InputError, match="serves the class 'code' inside 100 ms"):
        open_pool(("chat", "code"), **given, latency_ms=100)
    with pytest.raises(InputError, match="no classes, but the profiles have 2"):
        open_pool((), **given)


def test_a_pool_of_nothing_known_is_refused(tmp_path: Path) -> None:
    offers = "offer,price_per_hour\ndark,\n"
    given = files(tmp_path, offers, "class,offer,rate_per_s\nchat,dark,1\n")
    with pytest.raises(InputError, match=r"no offer is left.*price is unknown: dark"):
        open_pool(("chat",), **given)
    given = files(tmp_path, offers, "class,offer,rate_per_s\nchat,drak,1\n")
    with pytest.raises(InputError, match="line 2") as caught:
        open_pool(("chat",), **given)
    assert "is 'dark' meant?" in caught.value.remedy


def test_without_files_cost_is_replica_hours_and_says_so() -> None:
    found = open_pool(("a", "b"), slots=4)
    (variant,) = found.pool.variants
    assert (variant.name, variant.price_per_hour, variant.slots) == ("replica", 1.0, 4)
    assert found.pool.capacity_per_s.tolist() == [[4.0], [4.0]]
    assert "cost is replica-hours" in found.notes[0]
    found = open_pool(price_per_hour=2.5, capacity_per_s=150, unit="weighted tokens", startup_s=60)
    assert found.pool.classes == ("all",)
    assert found.pool.variants[0].price_per_hour == 2.5
    assert found.pool.capacity_per_s.tolist() == [[150.0]]
    assert found.notes == ()


def test_profiles_without_offers_and_offers_without_profiles(tmp_path: Path) -> None:
    given = files(tmp_path, profiles="class,offer,rate_per_s\nchat,mine,3\nchat,other,0\n")
    found = open_pool(profiles=given["profiles"], startup_s=60)
    assert [(v.name, v.price_per_hour) for v in found.pool.variants] == [("mine", 1.0)]
    assert found.pool.classes == ("chat",)
    assert "cost is replica-hours" in found.notes[0]
    found = open_pool(offers=given["offers"], slots=2)
    assert [v.name for v in found.pool.variants] == ["l4", "l4-spot", "h100", "unprofiled"]
    assert found.pool.capacity_per_s.tolist() == [[2.0] * 4]
    assert any("taken to serve the same" in note for note in found.notes)


def test_options_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    given = files(tmp_path)
    with pytest.raises(InputError, match="both a capacity and profiles"):
        open_pool(profiles=given["profiles"], capacity_per_s=3)
    with pytest.raises(InputError, match="both a price and offers"):
        open_pool(offers=given["offers"], price_per_hour=3)
    with pytest.raises(InputError, match="how many weighted tokens per second"):
        open_pool(unit="weighted tokens")
    with pytest.raises(InputError, match="carries 0 weighted tokens"):
        open_pool(unit="weighted tokens", capacity_per_s=0.0)
