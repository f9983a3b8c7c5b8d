"""The plan section of lepta.yaml: further tables, promises, and what is said of wrong ones."""

import json
from pathlib import Path

import pytest

from lepta.cli.main import main
from lepta.config import parse_config
from lepta.domain.promises import Promises, Scope, Survival
from lepta.errors import ConfigError, InputError
from lepta.verbs.plan import gather
from lepta.wiring.scaffold import fill, look_around
from smallfleet import small_fleet

HEAD = "version: 1\nplan:\n  demand: fleet/demand.csv\n  profiles: fleet/profiles.csv\n"
MORE = {
    "classes": "class,latency_ms,penalty_per_request\nchat,400,0.01\n",
    "quotas": "quota,limit,accelerator\nhopper,5,H100\n",
    "pipelines": "pipeline,stage,class,latency_ms\ncode,1,image,900\n",
    "scenarios": (
        "scenario,probability,class,start,hours,rate_per_s\n"
        "rush,0.3,chat,2026-11-23T18:00:00Z,1,60\n"
    ),
}


@pytest.fixture
def folder(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the example and the further tables."""
    monkeypatch.chdir(tmp_path)
    small_fleet(checkout, tmp_path)
    for name, text in MORE.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def config(text: str) -> None:
    Path("lepta.yaml").write_text(HEAD + "  offers: fleet/offers.csv\n" + text)


def test_tables_and_promises_are_read(folder: Path) -> None:
    config(
        "".join(f"  {name}: {name}.csv\n" for name in MORE)
        + "  survive: {zone: 0.9, pool: 0.5}\n  carbon_price_per_tonne: 80\n"
        "  carbon_limit_kg: 5000\n  payback_hours: 24\n  risk: 0.2\n"
    )
    case = gather().case
    assert case.promises == Promises(
        survive=(Survival(scope=Scope.ZONE, share=0.9), Survival(scope=Scope.POOL, share=0.5)),
        carbon_price=80,
        carbon_limit=5000,
        payback_hours=24,
        risk=0.2,
    )
    assert case.classes[0].latency_ms == 400
    assert case.quotas[0].name == "hopper"
    assert case.pipelines[0].stages[0].demand_class == "image"
    assert case.scenarios[0].demand[0].rate_per_s == 60


def test_an_option_replaces_its_promise_alone(folder: Path, capsys) -> None:
    config("  survive: {zone: 0.1}\n  payback_hours: 24\n  gap: 0.01\n")
    with pytest.raises(SystemExit) as end:
        main(["plan", "--json", "--no-save", "--payback", "2h"])
    assert end.value.code in {0, 3}
    said = json.loads(capsys.readouterr().out)["promises"]
    assert said["payback_hours"] == 2.0
    assert said["survive"] == [{"scope": "zone", "share": 0.1}]
    assert gather().gap == 0.01
    assert gather(gap=0.5).gap == 0.5


@pytest.mark.parametrize(
    ("text", "where", "remedy"),
    [
        ("  survive: {zone: 90%}\n", "survive.zone", "write 0.9"),
        ("  survive: {zone: 90}\n", "survive.zone", "Share of every class"),
        ("  survive: {planet: 0.9}\n", "survive.planet", "zone, region, provider, pool"),
        ("  survive: zone\n", "survive", "What may be lost"),
        ("  payback_hours: 24h\n", "payback_hours", "in hours"),
        ("  payback_hours: 0\n", "payback_hours", "in hours"),
        ("  carbon_price_per_tonne: -1\n", "carbon_price_per_tonne", "tonne of CO2e"),
        ("  carbon_limit_kg: .inf\n", "carbon_limit_kg", "in kg"),
        ("  risk: 2\n", "risk", "from 0 to 1"),
        ("  quota: q.csv\n", "quota", "did you mean quotas?"),
    ],
)
def test_what_is_wrong_names_line_field_and_remedy(text: str, where: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(HEAD + text)
    assert f"field plan.{where}" in caught.value.where
    assert "line 5" in caught.value.where
    assert remedy in caught.value.remedy


def test_a_table_that_contradicts_the_others_is_named(folder: Path) -> None:
    config("  scenarios: scenarios.csv\n")
    path = folder / "scenarios.csv"
    path.write_text(path.read_text().replace("rush,0.3,chat", "rush,0.3,chap"))
    with pytest.raises(InputError, match="is 'chat' meant") as caught:
        gather()
    assert "scenarios.csv, line 2, column 'class'" in caught.value.where


def test_init_and_check_know_the_further_tables(folder: Path, capsys) -> None:
    found = look_around(folder)
    for name in MORE:
        assert found[name] == [f"{name}.csv"]
    assert found["demand"] == ["fleet/demand.csv"]
    plan = parse_config(fill(found)).plan
    assert plan is not None and plan.scenarios == "scenarios.csv"
    Path("lepta.yaml").write_text(fill(found))
    with pytest.raises(SystemExit) as end:
        main(["check"])
    assert end.value.code == 0
    assert "scenarios.csv" in capsys.readouterr().out
