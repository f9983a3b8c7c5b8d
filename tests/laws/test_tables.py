"""Tables that people hand over: what is written is read, and what is wrong is named."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepta.adapters.csvfile import parse_csv
from lepta.domain.schemas import DEMAND, OFFERS, TABLES
from lepta.errors import InputError

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1).filter(
    lambda s: s.strip().lower() not in {"null", "none", "na", "n/a", "nan"}
)


def written(header, rows, delimiter=",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([header, *rows])
    return out.getvalue()


@given(
    st.lists(st.tuples(NAMES, st.floats(0, 1e12)), min_size=1, unique_by=lambda r: r[0]),
    st.sampled_from([",", ";", "\t", "|"]),
    st.booleans(),
)
def test_what_is_written_is_read(rows, delimiter, flipped) -> None:
    header = ["offer", "price_per_hour"]
    cells = [[name, repr(price)] for name, price in rows]
    if flipped:
        header, cells = header[::-1], [row[::-1] for row in cells]
    parsed = OFFERS.parse(parse_csv(written(header, cells, delimiter), "f.csv"))
    assert [(row["offer"], row["price_per_hour"]) for row in parsed] == rows
    assert [row["_line"] for row in parsed] == list(range(2, len(rows) + 2))


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_instants_keep_their_instant(naive, minutes) -> None:
    instant = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    text = written(["class", "start", "hours", "rate_per_s"], [["chat", instant.isoformat(), 1, 1]])
    try:
        expected = instant.astimezone(UTC)
    except OverflowError:
        with pytest.raises(InputError, match="outside the years"):
            DEMAND.parse(parse_csv(text, "f.csv"))
        return
    start = DEMAND.parse(parse_csv(text, "f.csv"))[0]["start"]
    assert start == expected
    assert start.utcoffset() == timedelta(0)


@given(st.text())
def test_no_text_ends_in_anything_but_rows_or_an_input_error(text) -> None:
    for schema in (OFFERS, DEMAND):
        try:
            schema.parse(parse_csv(text, "f.csv"))
        except InputError as error:
            assert "f.csv" in error.where
            assert error.remedy


WRONG = {
    "negative price": ("offer,price_per_hour\na,1\nb,-1\n", 3, "price_per_hour", "at least 0"),
    "NaN price": ("offer,price_per_hour\na,NaN\n", 2, "price_per_hour", "not a finite number"),
    "infinite price": ("offer,price_per_hour\na,inf\n", 2, "price_per_hour", "not a finite"),
    "text as price": ("offer,price_per_hour\na,cheap\n", 2, "price_per_hour", "not a number"),
    "decimal comma": ('offer,price_per_hour\na,"1,5"\n', 2, "price_per_hour", "not a number"),
    "underscore": ("offer,price_per_hour\na,1_000\n", 2, "price_per_hour", "not a number"),
    "half a machine": ("offer,price_per_hour,limit\na,2,1.5\n", 2, "limit", "whole number"),
    "unknown term": (
        "offer,price_per_hour,term\na,2,sometimes\n",
        2,
        "term",
        "none of on-demand, spot",
    ),
    "twice": ("offer,price_per_hour\na,1\nb,1\na,2\n", 4, "offer", "stands twice, first in line 2"),
    "no name": ("offer,price_per_hour\na,1\n,2\n", 3, "offer", "is blank"),
    "no column": ("name,limit\na,1\n", 1, "offer", "'offer' is missing"),
    "no price at all": (
        "offer,price\na,1\n",
        1,
        "price_per_hour",
        "is missing; there are offer, price",
    ),
    "beyond all there is": ("offer,price_per_hour\na,1e13\n", 2, "price_per_hour", "at most"),
    "column twice": ("offer,offer\na,b\n", 1, "offer", "twice in the header"),
    "other spelling": ("offer,Price Per Hour\na,1\n", 1, "Price Per Hour", "'price_per_hour'"),
}


@pytest.mark.parametrize(("text", "line", "column", "words"), WRONG.values(), ids=WRONG.keys())
def test_the_cell_is_named(text, line, column, words) -> None:
    with pytest.raises(InputError) as caught:
        OFFERS.parse(parse_csv(text, "offers.csv"))
    error = caught.value
    assert error.where == f"offers.csv, line {line}, column {column!r}"
    assert words in error.what
    assert error.remedy


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ("2026-11-23T14:00:00", "no zone"),
        ("2026-11-23", "no zone"),
        ("yesterday", "not an ISO 8601 time"),
        ("2026-02-30T00:00:00Z", "not an ISO 8601 time"),
    ],
)
def test_times_without_zone_or_sense(start, words) -> None:
    with pytest.raises(InputError, match=words):
        DEMAND.parse(parse_csv(f"class,start,hours,rate_per_s\nchat,{start},1,1\n", "d.csv"))


def test_the_same_instant_in_two_zones_is_the_same_row() -> None:
    text = (
        "class,start,hours,rate_per_s\n"
        "chat,2026-11-23T00:00:00Z,1,1\nchat,2026-11-23T01:00:00+01:00,1,1\n"
    )
    with pytest.raises(InputError, match="stands twice"):
        DEMAND.parse(parse_csv(text, "d.csv"))


def test_header_only() -> None:
    with pytest.raises(InputError, match="has a header but no rows"):
        OFFERS.parse(parse_csv("offer,price_per_hour\n", "offers.csv"))


def test_a_row_too_short() -> None:
    with pytest.raises(InputError, match="has 1 cells where the header has 2") as caught:
        OFFERS.parse(parse_csv("offer,price_per_hour\na\n", "offers.csv"))
    assert "line 2" in caught.value.where


@pytest.mark.parametrize("schema", TABLES, ids=lambda s: s.name)
def test_every_column_says_what_it_means(schema) -> None:
    names = [column.name for column in schema.columns]
    assert len(set(names)) == len(names)
    assert set(schema.key) <= set(names)
    for column in schema.columns:
        assert column.about or column.required, column.name


def test_a_start_is_read_as_utc() -> None:
    text = "class,start,hours,rate_per_s\nchat,2026-11-23T01:00:00+01:00,1,1\n"
    assert DEMAND.parse(parse_csv(text, "d.csv"))[0]["start"] == datetime(2026, 11, 23, tzinfo=UTC)
