"""`lepta prices`, `lepta init`, `lepta check` as a person or a program meets them."""

import csv
import gzip
import io
import json
import os
from datetime import UTC, datetime

import jsonschema
import pytest
import yaml

import lepta
from lepta.cli.main import main
from lepta.config import json_schema
from lepta.report.schema import check as check_schema
from lepta.report.schema import init as init_schema
from lepta.report.schema import prices as prices_schema

FOCUS = (
    "BilledCost,EffectiveCost,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,"
    "ServiceName,RegionId,ResourceId,Tags\n"
    '1.5,1.5,Usage,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,USD,Compute,us-east-1,i-1,"{}"\n'
)
DEMAND = "class,start,hours,rate_per_s\nchat,2026-12-01T00:00:00Z,24,10\n"
PROFILES = "class,offer,rate_per_s\nchat,aws/us-east-1/g6.xlarge/on-demand,0.4\n"
USAGE = (
    "resource_id,start,hours,allocated,capacity,utilization\n"
    "i-1,2026-11-01T00:00:00Z,1,1,1,0.5\ni-1,2026-11-01T01:00:00Z,1,1,1,\n"
)


class Noon:
    def now(self):
        return datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str):
        try:
            main(list(arguments))
            code = 0
        except SystemExit as end:
            code = end.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return call


# prices


def test_json_holds_the_promised_keys(run):
    code, out, _ = run("prices", "--accelerator", "h100", "--region", "US-*", "--json")
    document = json.loads(out)
    jsonschema.validate(document, prices_schema.SCHEMA)
    assert code == 0
    assert document["count"] == len(document["offers"]) > 5
    each = [offer["price_per_accelerator_hour"] for offer in document["offers"]]
    assert each == sorted(each)
    assert all(offer["region"].startswith("us-") for offer in document["offers"])
    assert all(offer["source"] and offer["as_of"] for offer in document["offers"])


def test_spot_h100_in_us_regions(run):
    code, out, _ = run(
        "prices", "--accelerator", "H100", "--term", "spot", "--region", "us-*", "--json"
    )
    assert code == 0
    assert {offer["term"] for offer in json.loads(out)["offers"]} == {"spot"}


def test_the_table_is_cut_and_says_so(run):
    code, out, _ = run("prices", "--limit", "3")
    assert code == 0
    assert "more (--all shows them)" in out
    assert len(out.splitlines()) <= 14
    assert "more (--all" not in run("prices", "--accelerator", "B200", "--all")[1]


def test_unknown_prices_read_unknown(run, tmp_path):
    (tmp_path / "r.csv").write_text("offer,accelerator,price_per_hour\nnew,B200,0\nold,B200,4\n")
    code, out, _ = run("prices", "--rate-card", "r.csv", "--no-builtin")
    assert code == 0
    assert "unknown" in out
    assert out.index("old") < out.index("new")
    document = json.loads(run("prices", "--rate-card", "r.csv", "--no-builtin", "--json")[1])
    assert document["count"] == 1
    assert document["unknown"][0]["price_per_hour"] is None
    assert document["unknown"][0]["price_per_accelerator_hour"] is None


def test_csv_is_a_rate_card_again_and_safe_in_a_spreadsheet(run, tmp_path):
    evil = "=HYPERLINK(1)"
    (tmp_path / "r.csv").write_text(f'offer,price_per_hour\n"{evil}",1\n[red]x,2\n../../etc,3\n')
    code, out, _ = run("prices", "--rate-card", "r.csv", "--no-builtin", "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert rows[0]["offer"] == "'" + evil
    (tmp_path / "again.csv").write_text(out)
    again = lepta.prices(rate_card=tmp_path / "again.csv", builtin=False)
    assert [entry.offer.price_per_hour for entry in again.entries] == [1, 2, 3]
    assert "[red]x" in run("prices", "--rate-card", "r.csv", "--no-builtin")[1]


def test_csv_of_the_catalog_reads_back_the_same(run, tmp_path):
    (tmp_path / "all.csv").write_text(run("prices", "--csv")[1])
    again = lepta.prices(rate_card=tmp_path / "all.csv", builtin=False)
    assert [e.offer for e in again.entries] == [e.offer for e in lepta.prices().entries]


def test_nothing_found_hints_and_a_wrong_file_ends_with_5(run, tmp_path):
    code, out, _ = run("prices", "--accelerator", "H1000")
    assert code == 0
    assert "did you mean H100" in out
    (tmp_path / "r.csv").write_text("offer,price_per_hour\na,-1\n")
    code, out, err = run("prices", "--rate-card", "r.csv")
    assert code == 5
    assert "r.csv, line 2, column 'price_per_hour'" in err
    assert "remedy" in err


def test_age_is_told_by_the_clock():
    class Early:
        def now(self):
            return datetime(2024, 1, 1, tzinfo=UTC)

    assert lepta.prices("B200", clock=Noon()).stale == frozenset()
    old = lepta.prices(provider="ibm", clock=Noon())
    assert old.stale == {entry.offer.id for entry in old.entries}
    assert lepta.prices(provider="ibm", clock=Early()).stale == frozenset()


# init


def test_init_writes_a_valid_file_and_never_loses_one(run, tmp_path):
    code, out, _ = run("init")
    assert code == 0
    assert "Wrote lepta.yaml" in out
    jsonschema.validate(yaml.safe_load((tmp_path / "lepta.yaml").read_text()), json_schema())
    (tmp_path / "lepta.yaml").write_text("mine")
    code, _, err = run("init")
    assert code == 6
    assert "--force" in err
    assert (tmp_path / "lepta.yaml").read_text() == "mine"
    assert run("init", "--force")[0] == 0
    assert [p.name for p in tmp_path.iterdir()] == ["lepta.yaml"]


def test_init_on_stdout_writes_nothing(run, tmp_path):
    code, out, _ = run("init", "--stdout")
    assert code == 0
    assert yaml.safe_load(out)["version"] == 1
    assert list(tmp_path.iterdir()) == []


def test_init_fills_in_what_lies_around(run, tmp_path):
    (tmp_path / "bills").mkdir()
    (tmp_path / "bills" / "nov.csv.gz").write_bytes(gzip.compress(FOCUS.encode()))
    (tmp_path / "demand.csv").write_text(DEMAND)
    (tmp_path / "profiles.csv").write_text("\ufeff" + PROFILES)
    (tmp_path / "noise.csv").write_text("a,b\n1,2\n")
    (tmp_path / "broken.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "use*.csv").write_text(USAGE)
    code, out, _ = run("init", "--json")
    document = json.loads(out)
    jsonschema.validate(document, init_schema.SCHEMA)
    assert code == 0
    assert document["found"] == {
        "bills": ["bills/nov.csv.gz"],
        "demand": ["demand.csv"],
        "profiles": ["profiles.csv"],
    }
    code, out, _ = run("check", "--json")
    assert code == 0
    assert json.loads(out)["ok"] is True


# check


@pytest.fixture
def company(tmp_path):
    (tmp_path / "bill.csv").write_text(FOCUS)
    (tmp_path / "usage.csv").write_text(USAGE)
    (tmp_path / "demand.csv").write_text(DEMAND + "image,2026-12-01T00:00:00Z,24,1\n")
    (tmp_path / "profiles.csv").write_text(PROFILES)
    (tmp_path / "lepta.yaml").write_text(
        "version: 1\nsources: {bills: bill.csv, usage: usage.csv}\n"
        "plan: {demand: demand.csv, profiles: profiles.csv}\n"
    )
    os.utime(tmp_path / "bill.csv", (1_795_000_000, 1_795_000_000))
    return tmp_path


def test_check_tells_rows_freshness_and_what_lacks(company):
    checkup = lepta.check(company / "lepta.yaml", clock=Noon())
    document = check_schema.to_json(checkup)
    jsonschema.validate(document, check_schema.SCHEMA)
    by_kind = {source["kind"]: source for source in document["sources"]}
    assert document["ok"] is True
    assert by_kind["bill"]["rows"] == 1
    assert by_kind["bill"]["newest"] == "2026-11-02T00:00:00Z"
    assert by_kind["bill"]["age_hours"] == 21.5 * 24
    assert by_kind["bill"]["modified"] == "2026-11-18T11:06:40Z"
    assert by_kind["bill"]["detail"] == "FOCUS 1.0, USD"
    assert by_kind["usage"]["rows"] == 2
    assert "1 of 2 rows of machines say no utilization" in by_kind["usage"]["missing"][0]
    assert by_kind["demand"]["age_hours"] < 0
    assert by_kind["catalog"]["rows"] >= 150
    assert any("no profile serves image" in line for line in document["missing"])
    assert any("plan.current" in line for line in document["missing"])


def test_optional_columns_that_lack_are_told_with_what_they_cost(company):
    lines = FOCUS.splitlines()
    thin = ["ResourceId", "Tags", "RegionId"]
    rows = list(csv.DictReader(lines))
    header = [name for name in rows[0] if name not in thin]
    text = ",".join(header) + "\n" + ",".join(rows[0][name] for name in header) + "\n"
    (company / "bill.csv").write_text(text)
    checkup = lepta.check(company / "lepta.yaml", clock=Noon())
    said = " ".join(checkup.of("bill")[0].missing)
    assert "no cost per team" in said
    assert "nothing can be called idle" in said
    assert "no cost per region" in said


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bill.csv", b"", "is empty"),
        ("bill.csv", b"a,b\n1,2\n", "is not a FOCUS bill"),
        ("bill.csv", gzip.compress(FOCUS.encode(), mtime=0)[:60], "truncated or damaged"),
        ("usage.csv", b"resource_id,hours\nx,1\n", "column 'start' is missing"),
        ("demand.csv", b"class,start,hours,rate_per_s\nchat,2026-12-01,1,1\n", "has no zone"),
        ("profiles.csv", b"class,offer,rate_per_s\nchat,nowhere,1\n", "no price list has"),
    ],
)
def test_a_source_that_cannot_be_read_ends_with_5(company, run, name, content, said):
    (company / name).write_bytes(content)
    code, out, _ = run("check", "--json")
    document = json.loads(out)
    assert code == 5
    assert document["ok"] is False
    broken = [source for source in document["sources"] if not source["readable"]]
    assert len(broken) == 1
    assert said in broken[0]["detail"]
    assert broken[0]["remedy"]
    code, out, _ = run("check")
    assert code == 5
    assert "NO" in out


def test_a_wrong_configuration_ends_with_4(run, tmp_path):
    assert run("check")[0] == 4
    (tmp_path / "lepta.yaml").write_text("version: 1\nplan:\n  utilization: 85%\n")
    code, _, err = run("check")
    assert code == 4
    assert "lepta.yaml, line" in err


def test_an_empty_configuration_tells_what_it_cannot_answer(run, tmp_path):
    (tmp_path / "lepta.yaml").write_text("version: 1\n")
    code, out, _ = run("check")
    assert code == 0
    for word in ("no bills", "no usage", "no plan"):
        assert word in out


def test_a_currency_without_a_rate_is_a_fault_of_its_source(company):
    (company / "bill.csv").write_text(FOCUS.replace(",USD,", ",EUR,"))
    file = company / "lepta.yaml"
    text = file.read_text()
    assert lepta.check(file).readable
    file.write_text(text + "currency: USD\n")
    (bill,) = lepta.check(file).of("bill")
    assert not bill.readable
    assert "EUR" in bill.detail + bill.remedy
    file.write_text(text + "currency: USD\nrates: {EUR: 1.08}\n")
    assert lepta.check(file).readable


def test_a_folder_that_may_not_be_read_is_passed_over(tmp_path, monkeypatch):
    from pathlib import Path

    (tmp_path / "secret").mkdir()
    (tmp_path / "bill.csv").write_text(FOCUS)
    inside = Path.iterdir

    def iterdir(self):
        if self.name == "secret":
            raise PermissionError(13, "Permission denied")
        return inside(self)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert lepta.init(tmp_path / "lepta.yaml").found == {"bills": ("bill.csv",)}


def test_foreign_prices_in_csv_are_told_beside_it(run, tmp_path):
    (tmp_path / "r.csv").write_text("offer,price_per_hour,currency\na,1,EUR\n")
    code, out, err = run("prices", "--rate-card", "r.csv", "--no-builtin", "--csv")
    assert code == 0
    assert "EUR" in err
    assert "EUR" in out
