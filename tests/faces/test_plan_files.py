"""Plan files on the command line: written, refused, compared, checked; and promises as options."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import lepta
from lepta.cli.main import main
from lepta.domain.promises import Promises, Scope, Survival
from lepta.errors import InputError
from lepta.report.schema.plan import SCHEMA, to_json
from lepta.report.schema.plancheck import SCHEMA as CHECK
from lepta.report.schema.plandiff import SCHEMA as DIFF
from lepta.verbs.plan import gather
from lepta.verbs.planfile import check_plan, diff_plans, read_plan, write_plan
from smallfleet import small_fleet


@pytest.fixture
def fleet(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return small_fleet(checkout, tmp_path)


def run(*arguments: str) -> int:
    try:
        main(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def planned(name: str, *options: str) -> None:
    assert run("plan", "--case", "fleet", "--no-save", "--out", name, *options) == 0


def test_a_plan_file_is_the_published_document(fleet: Path, capsys) -> None:
    planned("plan.json", "--json")
    said = capsys.readouterr()
    written = Path("plan.json").read_text()
    assert json.loads(written) == json.loads(said.out)
    assert "wrote plan.json" in said.err
    document = json.loads(written)
    Draft202012Validator(SCHEMA).validate(document)
    assert document["schema"] == "lepta.plan/2"
    assert document["created_by"] == f"lepta {lepta.__version__}"
    assert document["promises"]["utilization"] == 0.85
    planned("again.json")
    assert Path("again.json").read_text() == written


def test_promises_are_options(fleet: Path) -> None:
    options = ("--survive", "zone=90%", "--survive", "pool=0.5", "--carbon-price", "80")
    options += ("--carbon-limit", "1e9", "--payback", "2d", "--risk", "0.2")
    # Nobody says what these machines emit, so no plan counts their emissions: exit 3, and a file.
    assert run("plan", "--case", "fleet", "--no-save", "--out", "plan.json", *options) == 3
    assert json.loads(Path("plan.json").read_text())["promises"] == {
        "utilization": 0.85,
        "survive": [{"scope": "zone", "share": 0.9}, {"scope": "pool", "share": 0.5}],
        "carbon_price_per_tonne": 80.0,
        "carbon_limit_kg": 1e9,
        "payback_hours": 48.0,
        "risk": 0.2,
    }


def test_promises_are_parameters(fleet: Path) -> None:
    case = gather(fleet, promises={"survive": {"zone": 0.9}, "risk": 0.2}).case
    assert case.promises == Promises(survive=(Survival(scope=Scope.ZONE, share=0.9),), risk=0.2)
    again = gather(case, promises={"risk": 0.0}).case
    assert again.promises.survive == case.promises.survive
    assert gather(case, promises=Promises()).case.promises == Promises()
    with pytest.raises(InputError, match="'planet' cannot be promised"):
        gather(fleet, promises={"survive": {"planet": 0.9}})
    with pytest.raises(InputError, match="is carbon_price"):
        gather(fleet, promises={"carbon_prise": 3})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--survive", "zone"), "--survive 'zone': is not of the form PLACE=SHARE"),
        (("--survive", "zone=90"), "is 90% meant?"),
        (("--survive", "zone=all"), "'all' is not a number"),
        (("--survive", "planet=90%"), "'planet' cannot be promised"),
        (("--survive", "zone=90%", "--survive", "zone=80%"), "names zone twice"),
        (("--payback", "24"), "--payback: '24' is not a length of time"),
        (("--payback", "0h"), "the payback time is 0 h"),
        (("--carbon-price", "-1"), "carbon_price is -1.0"),
        (("--carbon-limit", "nan"), "carbon_limit is nan"),
        (("--risk", "1.5"), "risk is 1.5"),
        (("--what-if", "price:h200=2"), "is H100"),
        (("--what-if", "slo:chat=300ms"), "no profile of chat says its latency"),
    ],
)
def test_bad_options_are_one_message(fleet: Path, options, said: str, capsys) -> None:
    assert run("plan", "--case", "fleet", "--out", "plan.json", *options) == 5
    out, error = capsys.readouterr()
    assert said in error
    assert "remedy" in error and "Traceback" not in error
    assert out == ""
    assert not Path("plan.json").exists()


def test_two_files_are_compared(fleet: Path, capsys) -> None:
    planned("a.json")
    planned("b.json", "--utilization", "0.7")
    capsys.readouterr()
    assert run("plan", "diff", "a.json", "b.json") == 0
    said = capsys.readouterr().out
    for part in ("Before", "After", "Plan", "h100-central", "chat on", "requests"):
        assert part in said
    assert run("plan", "diff", "a.json", "b.json", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(DIFF)
    Draft202012Validator(DIFF).validate(document)
    assert document["cost"]["change"] > 0
    found = diff_plans("a.json", "b.json")
    assert document["cost"]["change"] == pytest.approx(found.cost.change)
    assert found.status == ("optimal", "optimal")
    assert run("plan", "diff", "a.json", "a.json") == 0
    assert "held alike in both" in capsys.readouterr().out


def test_a_file_is_checked_against_its_case(fleet: Path, capsys) -> None:
    planned("plan.json", "--utilization", "0.8")
    capsys.readouterr()
    assert run("plan", "check", "plan.json", "--case", "fleet") == 0
    assert "The case is the one that was planned." in capsys.readouterr().out
    demand = fleet / "demand.csv"
    lines = demand.read_text().splitlines()
    demand.write_text("\n".join([lines[0], *reversed(lines[1:])]))
    assert check_plan("plan.json", fleet).same_case is True
    demand.write_text(demand.read_text().replace(",38.00", ",83.00"))
    assert run("plan", "check", "plan.json", "--case", "fleet", "--json") == 6
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(CHECK)
    Draft202012Validator(CHECK).validate(document)
    assert document["same_case"] is False and document["kept"] is False
    assert "demand" in {row["name"] for row in document["checks"] if not row["ok"]}
    assert run("plan", "check", "plan.json", "--case", "fleet") == 6
    said = capsys.readouterr().out
    assert "The case has changed since the plan was made." in said
    assert "BROKEN" in said and "do not apply this plan" in said


def test_a_file_that_does_not_name_its_case_is_checked_all_the_same(fleet: Path) -> None:
    write_plan(lepta.plan(fleet), out="plan.json")
    found = check_plan("plan.json", fleet)
    assert found.same_case is None and not found.broken
    assert read_plan("plan.json")[1] is None


def test_a_file_changed_by_hand_is_refused(fleet: Path, capsys) -> None:
    planned("plan.json")
    capsys.readouterr()
    path = Path("plan.json")
    path.write_text(path.read_text().replace('"count": 2,', '"count": 1,', 1))
    assert run("plan", "diff", "plan.json", "plan.json") == 5
    error = capsys.readouterr().err
    assert error.startswith("error: plan.json: was changed after lepta wrote it")
    assert "remedy: change the case instead" in error


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no JSON"),
        ("[1, 2]", "is no JSON object"),
        ('{"schema": NaN}', "NaN is no JSON number"),
        ("{" * 100_000, "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("\xff", "is not"),
        ("{}", "the schema is None, not lepta.plan/2"),
        ('{"schema": "lepta.plan/1"}', "another version of lepta"),
        ('{"schema": "lepta.whatif/1"}', "give a file that `lepta plan --out`"),
        ('{"schema": "lepta.plan/2"}', "it has no hash"),
        ('{"schema": "lepta.plan/2", "hash": "sha256:0"}', "was changed"),
        ('{"schema": "lepta.plan/2", "hash": 7, "x": 1e400}', "was changed"),
    ],
)
def test_what_is_no_plan_file_is_one_message(tmp_path, monkeypatch, text, said, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plan.json").write_bytes(text.encode("latin-1"))
    assert run("plan", "diff", "plan.json", "plan.json") == 5
    error = capsys.readouterr().err
    assert error.startswith("error: plan.json: ")
    assert "remedy" in error and "fault of its own" not in error
    if text != "\xff":
        assert said in error


def test_a_hash_over_half_a_plan_is_told(fleet: Path) -> None:
    from lepta.domain.fingerprint import content_hash
    from lepta.report.schema.plan import from_json

    document = to_json(lepta.plan(fleet))
    del document["units"], document["promises"]
    document["hash"] = content_hash(document)
    with pytest.raises(InputError, match="is not a whole lepta"):
        from_json(document)


def test_no_such_file_and_options_at_the_wrong_place(fleet: Path, capsys) -> None:
    assert run("plan", "diff", "no.json", "no.json") == 5
    assert "no.json: there is no such file" in capsys.readouterr().err
    assert run("plan", "diff", ".", ".") == 5
    assert "error: .: cannot be read" in capsys.readouterr().err
    assert run("plan", "--case", "fleet", "diff", "a.json", "b.json") == 2
    assert "--case cannot stand before `diff`" in capsys.readouterr().err
    assert run("plan", "fleet") == 2
    assert "fleet" in capsys.readouterr().err


def test_the_report_names_the_case_of_the_plan_that_it_holds(fleet: Path, capsys) -> None:
    assert run("plan", "--case", "fleet", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert run("report", "--json") == 0
    assert json.loads(capsys.readouterr().out)["plan"] == document
