"""Bad bills and usage tables: one clear error with file, line, column, value and remedy."""

import gzip
from pathlib import Path
from typing import Any

import pytest

import bills
import lepta
from lepta.errors import InputError, LeptaError, Refused


def refusal(*focus: Path, kind: type[LeptaError] = InputError, **options: Any) -> LeptaError:
    with pytest.raises(kind) as said:
        lepta.assess(focus=focus, **options)
    assert said.value.remedy
    return said.value


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"BilledCost": "NaN"}, "BilledCost"),
        ({"BilledCost": "inf"}, "BilledCost"),
        ({"BilledCost": "1_000"}, "BilledCost"),
        ({"BilledCost": "1,5"}, "BilledCost"),
        ({"BilledCost": ""}, "BilledCost"),
        ({"BilledCost": "NULL"}, "BilledCost"),
        ({"EffectiveCost": "free"}, "EffectiveCost"),
        ({"ChargeCategory": "Usgae"}, "ChargeCategory"),
        ({"ChargePeriodStart": "yesterday"}, "ChargePeriodStart"),
        ({"ChargePeriodStart": "2026-02-30T00:00:00Z"}, "ChargePeriodStart"),
        ({"ChargePeriodEnd": "2026-11-01T00:00:00Z"}, "ChargePeriodEnd"),
        ({"ChargePeriodEnd": ""}, "ChargePeriodEnd"),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, cells: dict[str, str], column: str) -> None:
    # The second row has a line end inside quotes, so the third begins in line 5.
    path = bills.bill(
        tmp_path / "bill.csv",
        bills.charge(),
        bills.charge(ServiceName="two\nlines"),
        bills.charge(**cells),
    )
    said = refusal(path)
    assert said.where == f"{path}, line 5, column {column!r}"
    value = cells[column]
    assert repr(value) in said.what or not value


@pytest.mark.parametrize("column", ["BilledCost", "EffectiveCost", "ChargePeriodStart"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    path = tmp_path / "bill.csv"
    header = [name for name in bills.FOCUS if name != column]
    path.write_text(bills.text(header, [bills.charge()]))
    said = refusal(path)
    assert column in said.what
    assert str(path) in said.where


def test_a_column_that_stands_twice(tmp_path: Path) -> None:
    path = tmp_path / "bill.csv"
    path.write_text(bills.text([*bills.FOCUS, "billedcost"], [bills.charge()]))
    assert "twice" in refusal(path).what


def test_no_file_no_match_a_folder_an_empty_file(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "none.csv").what
    assert "matches no file" in refusal(tmp_path / "*.parquet").what
    assert "folder" in refusal(tmp_path).what
    (tmp_path / "empty.csv").write_text("")
    assert "empty" in refusal(tmp_path / "empty.csv").what
    (tmp_path / "header.csv").write_text(",".join(bills.FOCUS) + "\n")
    assert "no rows" in refusal(tmp_path / "header.csv").what
    (tmp_path / "image.csv").write_bytes(b"\x89PNG\r\n\0\0")
    assert refusal(tmp_path / "image.csv").where
    (tmp_path / "latin.csv").write_bytes(
        bills.text(bills.FOCUS, [bills.charge()]).encode() + b"\xe9"
    )
    assert "UTF-8" in refusal(tmp_path / "latin.csv").what


def test_a_row_with_too_few_cells_is_named(tmp_path: Path) -> None:
    path = bills.bill(tmp_path / "bill.csv", bills.charge())
    path.write_text(path.read_text() + "USD,2026\n")
    said = refusal(path)
    assert "line 3" in said.where
    assert "cells" in said.what


@pytest.mark.parametrize("suffix", ["gz", "zst"])
@pytest.mark.parametrize("keep", [0.999, 0.5])
def test_a_compressed_file_that_was_cut_off(tmp_path: Path, suffix: str, keep: float) -> None:
    path = packed(tmp_path, suffix)
    assert lepta.assess(focus=[path]).spend.rows == 3000
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    said = refusal(path)
    assert "truncated" in said.what
    assert str(path) in said.where


def packed(folder: Path, suffix: str) -> Path:
    import pyarrow as pa

    rows = [bills.charge(BilledCost=str(n), ResourceId=f"r{n * 7919}") for n in range(3000)]
    data = bills.text(bills.FOCUS, rows).encode()
    path = folder / f"bill.csv.{suffix}"
    if suffix == "gz":
        path.write_bytes(gzip.compress(data))
    else:
        with pa.CompressedOutputStream(pa.OSFile(str(path), "wb"), "zstd") as out:
            out.write(data)
    return path


def test_byte_order_mark_and_semicolons(tmp_path: Path) -> None:
    path = bills.bill(tmp_path / "bill.csv", bills.charge(BilledCost="12.5"), delimiter=";")
    path.write_text("\ufeff" + path.read_text(), encoding="utf-8")
    assert lepta.assess(focus=[path]).spend.total_micros == 12_500_000


@pytest.mark.parametrize("cell", ["1,234", "1,5", "$1,000.00"])
def test_a_comma_in_a_semicolon_file_is_not_guessed(tmp_path: Path, cell: str) -> None:
    path = bills.bill(tmp_path / "bill.csv", bills.charge(BilledCost=cell), delimiter=";")
    assert "without a guess" in refusal(path).what


@pytest.mark.parametrize(
    ("cell", "micros"),
    [
        ("$10,000.00 ", 10_000_000_000),
        ("($5.00)", -5_000_000),
        ("-1,234.5", -1_234_500_000),
        ("1e-7", 0),
        ("5E-1", 500_000),
        (" 12.5 ", 12_500_000),
    ],
)
def test_money_as_people_write_it(tmp_path: Path, cell: str, micros: int) -> None:
    path = bills.bill(tmp_path / "bill.csv", bills.charge(BilledCost=cell))
    assert lepta.assess(focus=[path]).spend.total_micros == micros


def test_credits_may_exceed_charges(tmp_path: Path) -> None:
    path = bills.bill(
        tmp_path / "bill.csv",
        bills.charge(BilledCost="5"),
        bills.charge(BilledCost="-9", ChargeCategory="Credit", ServiceName=""),
    )
    told = lepta.assess(focus=[path])
    assert told.spend.total_micros == -4_000_000
    assert told.by("service") == {"Compute": 5_000_000, "Credit": -9_000_000}


def test_the_same_file_counts_once_and_a_copy_is_refused(tmp_path: Path) -> None:
    path = bills.bill(tmp_path / "a.csv", bills.charge(BilledCost="7"))
    told = lepta.assess(focus=[path, tmp_path / "*.csv", tmp_path / "." / "a.csv"])
    assert told.spend.total_micros == 7_000_000
    assert any("counted once" in note for note in told.notes)
    (tmp_path / "b.csv").write_bytes(path.read_bytes())
    assert "same bytes" in refusal(tmp_path / "*.csv").what


def test_the_same_rows_in_another_file_are_doubted(tmp_path: Path) -> None:
    path = bills.bill(tmp_path / "a.csv", bills.charge(BilledCost="7"))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    told = lepta.assess(focus=[tmp_path / "*"])
    assert any("same rows twice" in it.what for it in told.unknown)


def test_currencies_are_not_mixed_without_rates(tmp_path: Path) -> None:
    path = bills.bill(
        tmp_path / "bill.csv",
        bills.charge(BilledCost="100"),
        bills.charge(BilledCost="0.3", BillingCurrency="eur"),
    )
    said = refusal(path, kind=Refused)
    assert "EUR, USD" in said.what
    assert "--rate" in said.remedy
    told = lepta.assess(focus=[path], currency="USD", rates={"EUR": "1.1"})
    assert told.spend.total_micros == 100_330_000
    assert told.spend.currency == "USD"
    for rate in ("0", "nan", "-1", "x"):
        refusal(path, currency="USD", rates={"EUR": rate})


def test_a_bill_without_currency_says_so(tmp_path: Path) -> None:
    path = bills.bill(tmp_path / "bill.csv", bills.charge(BillingCurrency="NULL"))
    told = lepta.assess(focus=[path])
    assert told.spend.currency == "XXX"
    assert any("--currency" in it.remedy for it in told.unknown)
    assert lepta.assess(focus=[path], currency="USD").spend.currency == "USD"


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        (("3/3/26", "5/3/26", "3/3/26", "3/4/26"), "neither"),
        (("2/2/26", "3/3/26", "2/2/26", "2/3/26"), "both"),
        (("1/2/26", "2/1/26", "1/2/26", "2/1/26"), None),
        (("1/12/25", "1/1/26", "2/12/25", "3/12/25"), None),
    ],
)
def test_slashed_dates(tmp_path: Path, dates: tuple[str, ...], message: str | None) -> None:
    names = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
    path = bills.bill(tmp_path / "bill.csv", bills.charge(**dict(zip(names, dates, strict=True))))
    if message is None:
        assert lepta.assess(focus=[path]).spend.rows == 1
        return
    said = refusal(path)
    assert message in said.what
    assert "ISO 8601" in said.remedy


def test_formulas_and_paths_in_names_are_only_text(tmp_path: Path) -> None:
    evil = "=HYPERLINK(0)"
    path = bills.bill(
        tmp_path / "bill.csv",
        bills.charge(x_Team=evil, ServiceName="../../etc/passwd", ResourceId="'; DROP TABLE x;--"),
    )
    told = lepta.assess(focus=[path])
    assert told.by("team") == {evil: 1_000_000}
    assert told.by("service") == {"../../etc/passwd": 1_000_000}
    odd = tmp_path / "it's [odd] *.csv"
    odd.write_bytes(path.read_bytes())
    assert lepta.assess(focus=[odd]).spend.rows == 1


def test_tags_that_are_no_json_are_unknown_not_an_owner(tmp_path: Path) -> None:
    path = bills.bill(
        tmp_path / "bill.csv",
        bills.charge(Tags='"Team": "azure"'),
        bills.charge(Tags="team=me", BilledCost="2"),
    )
    told = lepta.assess(focus=[path])
    assert told.by("team") == {"__unallocated__": 2_000_000, "azure": 1_000_000}
    assert any("no JSON object" in it.what and it.cost_micros == 2_000_000 for it in told.unknown)


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        ([{"start": "2026-11-02T00:00:00"}], "start"),
        ([{"hours": 0}], "hours"),
        ([{"hours": ""}], "hours"),
        ([{"allocated": -1}], "allocated"),
        ([{"allocated": "nan()"}], "allocated"),
        ([{"allocated": "inf"}], "allocated"),
        ([{"utilization": 61}], "utilization"),
        ([{"kind": "gpu"}], "kind"),
        ([{"resource_id": ""}], "resource_id"),
        ([{"hours": 2}, {"start": "2026-11-02T01:00:00Z"}], "start"),
        ([{}, {}], "start"),
    ],
)
def test_bad_usage_is_named(tmp_path: Path, rows: list[dict[str, Any]], column: str) -> None:
    path = bills.bill(tmp_path / "bill.csv", bills.charge(ResourceId="m1"))
    use = bills.used(tmp_path / "usage.csv", *rows)
    said = refusal(path, usage=[use])
    assert str(use) in said.where
    assert repr(column) in said.where
    if len(rows) == 1:
        assert "line 2" in said.where


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    work = tmp_path / "tmp"
    work.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(work))
    path = bills.bill(tmp_path / "bill.csv", bills.charge())
    lepta.assess(focus=[path])
    refusal(bills.bill(tmp_path / "bad.csv", bills.charge(BilledCost="x")))
    assert list(work.iterdir()) == []


@pytest.mark.parametrize("cell", ["0,123", "(-5.00)", "-(5)", "007,500", "$00.5"])
def test_money_that_can_be_read_in_two_ways_is_refused(tmp_path: Path, cell: str) -> None:
    said = refusal(bills.bill(tmp_path / "bill.csv", bills.charge(BilledCost=cell)))
    assert "column 'BilledCost'" in said.where
    assert repr(cell) in said.what


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_comma_is_no_thousands_mark_where_cells_are_not_split_by_commas(
    tmp_path: Path, delimiter: str
) -> None:
    row = bills.charge(BilledCost="12,345")
    assert "12,345" in refusal(bills.bill(tmp_path / "b.csv", row, delimiter=delimiter)).what


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"CommitmentDiscountStatus": "Foo"}, "CommitmentDiscountStatus"),
        ({"BillingCurrency": "Dollar"}, "BillingCurrency"),
        ({"BillingCurrency": "$"}, "BillingCurrency"),
        ({"ChargePeriodStart": "2026-11-02T00:00:00+99:00"}, "ChargePeriodStart"),
    ],
)
def test_what_is_not_known_is_not_passed_over(
    tmp_path: Path, cells: dict[str, str], column: str
) -> None:
    said = refusal(bills.bill(tmp_path / "bill.csv", bills.charge(), bills.charge(**cells)))
    assert f"column {column!r}" in said.where


def test_columns_without_a_name_or_with_a_name_of_ours_do_no_harm(tmp_path: Path) -> None:
    lines = bills.text(bills.FOCUS, [bills.charge(BilledCost=7)]).splitlines()
    path = tmp_path / "bill.csv"
    path.write_text(f"{lines[0]},lepta_row,filename,,\n{lines[1]},x,y,,\n")
    assert lepta.assess(focus=[path]).spend.total_micros == 7_000_000
    path.write_text(path.read_text().replace(",7,7,", ",NaN,7,"))
    assert "'NaN'" in refusal(path).what


def test_a_file_that_breaks_off_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bill.csv"
    path.write_text(bills.text(bills.FOCUS, [bills.charge()])[:-3])
    said = refusal(path)
    assert said.where == f"{path}, line 2"
    assert "cells" in said.what


def test_sums_beyond_all_bounds_are_an_error_of_the_bill(tmp_path: Path) -> None:
    rows = [bills.charge(BilledCost="9" * 26)] * 20
    assert "too large" in refusal(bills.bill(tmp_path / "bill.csv", *rows)).what
