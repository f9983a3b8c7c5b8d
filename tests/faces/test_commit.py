"""`lepta commit` as people and programs meet it."""

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from lepta.cli.commit import _share
from lepta.cli.main import main
from lepta.report.schema.commit import SCHEMA

FILES = (
    *("--usage", "commit/usage.csv", "--contracts", "commit/contracts.csv"),
    *("--on-demand", "commit/on_demand.csv", "--owned", "commit/owned.csv", "--scenarios", "4"),
)


@pytest.fixture(autouse=True)
def folder(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(checkout / "examples" / "commit", tmp_path / "commit")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    try:
        main(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def document(capsys: pytest.CaptureFixture[str], *options: str) -> dict:
    assert run("commit", *FILES, *options, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    Draft202012Validator(SCHEMA).validate(found)
    return found


def test_json_is_the_published_document(capsys: pytest.CaptureFixture[str]) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    found = document(capsys, "--growth", "10%")
    assert found["status"] == "optimal"
    assert found["bound"] <= found["objective"]
    assert found["cost"] < found["cost_now"] < found["cost_on_demand"]
    assert found["coverage_now"] < found["coverage"] <= 1
    assert all(check["ok"] for check in found["checks"])
    assert 0.7 in {row["demand"] for row in found["regret"]}
    committed = [row for row in found["focus"] if row["PricingCategory"] == "Committed"]
    assert {row["CommitmentDiscountStatus"] for row in committed} == {"Used", "Unused"}
    assert sum(row["EffectiveCost"] for row in found["focus"]) == pytest.approx(found["cost"])
    assert found["safety"] is None
    careful = document(capsys, "--growth", "10%", "--risk", "1")
    assert careful["safety"]["price"] > 0
    worst = [answer["saving"]["worst_5_percent_mean"] for answer in (found, careful)]
    assert worst[0] < worst[1]
    assert careful["saving"]["expected"] < found["saving"]["expected"]


def test_people_see_money_contracts_regret_reasons_and_a_page(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "<script>alert(1)</script>"
    contracts = folder / "commit" / "contracts.csv"
    contracts.write_text(contracts.read_text().replace("gpu-2x-1y", hostile))
    assert run("commit", *FILES, "--html", "page.html") == 0
    streams = capsys.readouterr()
    for part in ("With the purchase", "gpu-8x-1y-upfront", "Breaks even", "If demand is", "7 of 7"):
        assert part in streams.out
    assert "If demand is 30% below the forecast" in streams.out
    assert "wrote page.html" in streams.err
    page = (folder / "page.html").read_text()
    assert hostile not in page
    assert "&lt;script&gt;alert(1)" in page
    assert page.count("data-figure=") == 2
    assert "default-src 'none'" in page


@pytest.mark.parametrize(("text", "share"), [("10%", 0.1), ("0.1", 0.1), ("-5 %", -0.05)])
def test_shares_are_read_as_people_write_them(text: str, share: float) -> None:
    assert _share(text) == pytest.approx(share)


def test_a_share_that_is_none_is_a_wrong_command_line() -> None:
    assert run("commit", *FILES, "--growth", "ten") == 2


def test_the_built_in_catalog_prices_what_has_no_table(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usage = (folder / "commit/usage.csv").read_text()
    usage = usage.replace("gpu-8x,us-east", "p5.48xlarge,us-east-1")
    (folder / "usage.csv").write_text(usage)
    (folder / "contracts.csv").write_text(
        "contract,family,region,term_years,discount\nri,p5.48xlarge,us-east-1,1,0.3\n"
    )
    options = ("--usage", "usage.csv", "--contracts", "contracts.csv", "--scenarios", "4")
    assert run("commit", *options, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert any("is a list price of" in said for said in found["unknown"])
    assert any("gpu-1x in eu-west is unknown" in said for said in found["unknown"])
    assert found["contracts"][0]["units"] > 0
