"""What-ifs and amounts that cannot be read, match nothing, or make no sense: one clear error."""

from dataclasses import replace

import pytest

from fullcase import whole
from lepta.domain.amounts import hours_of, milliseconds_of, number_of, share_of
from lepta.domain.whatif import apply, parse
from lepta.errors import InputError

UNREADABLE = [
    ("", "not of the form", "price:H100=-20%"),
    ("price", "not of the form KIND:PATTERN=CHANGE", ""),
    ("price:H100", "not of the form", ""),
    ("price:=2", "not of the form", ""),
    ("price:H100=", "not of the form", ""),
    ("=:", "not of the form", ""),
    ("prise:H100=2", "'prise' cannot be changed", "is price meant?"),
    ("price:H100=cheap", "'cheap' is not a number", ""),
    ("price:H100=nan", "'nan' is not a number", ""),
    ("price:H100=inf", "'inf' is not a number", ""),
    ("price:H100=1e999", "'1e999' is not a number", ""),
    ("price:H100=1_000", "'1_000' is not a number", ""),
    ("price:H100=٣", "is not a number", ""),
    ("price:H100=20%", "may mean by or to", "write +20% for a rise by it, or x0.2"),
    ("price:H100=-120%", "leaves less than nothing", ""),
    ("price:H100=-20", "no percent sign", "write -20%"),
    ("price:H100=x-1", "is below 0", ""),
    ("price:H100=x", "'' is not a number", "x0.5"),
    ("price:H100=none", "'none' is not a number", ""),
    ("slo:chat=300", "not a length of time", "300ms"),
    ("slo:chat=300msec", "not a length of time", "ms, s, min, h, d"),
    ("slo:chat=none", "not a length of time", ""),
    ("survive:zone=90", "is not between 0 and 1", "is 90% meant?"),
    ("survive:zone=x2", "'x2' is not a number", "90% or 0.9"),
    ("survive:zone=120%", "is not between 0 and 1", ""),
]
POINTLESS = [
    ("price:h200=2", "no offer has 'h200'", "is H100 or H100-a meant?"),
    ("demand:chap=x2", "no class with demand is named 'chap'", "is chat meant?"),
    ("demand:first=x2", "no class with demand is named 'first'", "there are chat, whole"),
    ("quota:west=3", "no quota is named 'west'", "there are east"),
    ("survive:planet=90%", "no kind of place is named 'planet'", "pool, provider, region, zone"),
    ("price:L4=x2", "the price of L4-b is not known", "price:NAME=2.5"),
    ("price:H100=0", "counts as a price that nobody knows", "limit:NAME=0"),
    ("price:H100=-100%", "counts as a price that nobody knows", ""),
    ("price:api=3", "which has several prices", "x2"),
    ("limit:L4=x2", "L4-b has no limit", "limit:NAME=4"),
    ("limit:H100=1.5", "1.5 units are not whole", ""),
    ("limit:api=4", "which has no units", "rate:NAME=x2"),
    ("limit:api=none", "which has no units", ""),
    ("slo:chatt=1s", "no class or pipeline is named 'chatt'", "is chat meant?"),
    ("slo:first=-10%", "first has no objective yet", "slo:NAME=300ms"),
    ("slo:chat=0ms", "nothing answers within 0 ms", ""),
    ("rate:first@L4=x2", "no profile is of a class and an offer", ""),
    ("rate:chat@H100=5", "several operating points", "x2"),
    ("rate:first@B200=x2", "no offer has 'B200'", ""),
    ("carbon:L4=x2", "the emissions of L4-b are not known", "carbon:NAME=400"),
    ("survive:pool=none", "nothing is promised for the loss of a pool", "survive:zone=90%"),
]


@pytest.mark.parametrize(("text", "said", "remedy"), UNREADABLE)
def test_what_cannot_be_read(text: str, said: str, remedy: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert said in str(caught.value)
    assert caught.value.where.startswith("what-if ")
    assert caught.value.remedy and remedy in caught.value.remedy


@pytest.mark.parametrize(("text", "said", "remedy"), POINTLESS)
def test_what_changes_nothing_or_makes_no_sense(text: str, said: str, remedy: str) -> None:
    what_if = parse(text)
    with pytest.raises(InputError) as caught:
        apply(whole(), [what_if])
    assert said in str(caught.value)
    assert caught.value.where == f"what-if {text!r}"
    assert caught.value.remedy and remedy in caught.value.remedy


def test_no_number_leaves_the_finite() -> None:
    huge = parse("demand:chat=x1e300")
    apply(whole(), [huge])
    with pytest.raises(InputError, match="becomes too large"):
        apply(whole(), [huge, huge])


def test_slo_says_that_profiles_lack_latencies() -> None:
    case = whole()
    case = replace(case, profiles=tuple(replace(row, latency_ms=None) for row in case.profiles[:2]))
    with pytest.raises(InputError, match="no profile of chat says its latency") as caught:
        apply(case, [parse("slo:chat=300ms")])
    assert "profiles.csv rows with latency_ms" in caught.value.remedy


def test_a_case_that_contradicts_itself_names_the_what_if() -> None:
    case = whole()
    case = replace(case, offers=(replace(case.offers[0], owned=2), *case.offers[1:]))
    with pytest.raises(InputError, match="owns 2 units, but its limit is 1") as caught:
        apply(case, [parse("limit:H100-a=1")])
    assert caught.value.where == "what-if 'limit:H100-a=1'"


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (share_of, "90%", 0.9),
        (share_of, " 0.9 ", 0.9),
        (share_of, "1", 1.0),
        (share_of, "0%", 0.0),
        (hours_of, "24h", 24.0),
        (hours_of, "1.5 d", 36.0),
        (hours_of, "30min", 0.5),
        (milliseconds_of, "0.3s", 300.0),
        (milliseconds_of, "1.1ms", 1.1),
        (number_of, "+2.5e1", 25.0),
    ],
)
def test_amounts_as_people_write_them(read, text: str, value: float) -> None:
    assert read(text, "option") == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (share_of, "ninety"),
        (share_of, "-1%"),
        (share_of, "%"),
        (hours_of, "24"),
        (hours_of, "-2h"),
        (hours_of, "h"),
        (hours_of, "2 weeks"),
        (milliseconds_of, "1h2"),
        (number_of, ""),
        (number_of, "0x10"),
        (number_of, "1" * 40),
    ],
)
def test_amounts_that_nobody_can_read(read, text: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text, "option --some")
    assert caught.value.where == "option --some"
    assert caught.value.remedy
