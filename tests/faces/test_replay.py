"""`lepta replay` as people and programs meet it: table, document, page, ledger, bad input."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import lepta
from faces.report_samples import NOW
from faces.test_report_page import read
from lepta.cli.main import main
from lepta.domain.pool import Decision
from lepta.errors import InputError, PolicyFault
from lepta.report.html.replay import label_places, replay_page
from lepta.report.schema.replay import SCHEMA, to_json

SLO = ("--slo", "p99=3s", "--startup", "30s")
POLICIES = ("--policy", "fixed:9,hpa,window,oracle")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(5)
    at = np.cumsum(rng.exponential(0.15, 3000))
    work = rng.exponential(0.8, 3000)
    path = tmp_path_factory.mktemp("replay") / "log.csv"
    rows = (f"{a!r},{s!r}" for a, s in zip(at.tolist(), work.tolist(), strict=True))
    path.write_text("ts,service_s\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def go(*arguments: str) -> tuple[int, str, str]:
        code = 0
        try:
            main(["replay", *arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return go


def test_the_document_is_the_published_one_and_that_of_python(run, log):
    code, out, err = run("--requests", str(log), *POLICIES, *SLO, "--json", "--seed", "7")
    assert (code, err) == (0, "")
    document = json.loads(out)
    jsonschema.validate(document, SCHEMA)
    found = lepta.replay(log, POLICIES[1], slo="p99=3s", startup="30s", seed=7, assume_utc=False)
    assert document == json.loads(json.dumps(to_json(found)))
    assert [each["policy"] for each in document["policies"]] == POLICIES[1].split(",")
    for each in document["policies"]:
        assert each["arrived"] == 3000 == each["served"] + each["dropped"] + each["in_flight"]
        assert {"mean", "p50", "p90", "p99"} <= set(each["wait"]) and each["ttft"] is None
    assert document["seed"] == 7 and document["version"] == lepta.__version__


def test_people_see_one_line_per_policy_and_the_verdict(run, log):
    code, out, _ = run("--requests", str(log), *POLICIES, *SLO)
    assert code == 0
    for part in ("fixed:9", "hpa", "window", "oracle", "Broken", "Latency p50", "3,000 requests"):
        assert part in out
    assert "keeps latency p99 <= 3 s" in out


def test_the_oracle_is_never_called_the_best(log):
    found = lepta.replay(log, "oracle,fixed:60", slo="p99=60s", startup="30s")
    page = "".join(read(replay_page(found, generated_at=NOW)).words)
    assert "fixed:60 is the cheapest that keeps" in page


def test_files_are_written_and_named(run, log, tmp_path):
    page, folder = tmp_path / "r.html", tmp_path / "ledger"
    code, _, err = run(
        "--requests", str(log), *POLICIES, *SLO, "--html", str(page), "--ledger", str(folder)
    )
    assert code == 0 and err.count("wrote") == 5 and page.stat().st_size > 100_000
    lines = (folder / "2-hpa.jsonl").read_text().splitlines()
    first = json.loads(lines[0])
    assert set(first) == {"at_s", "policy", "had", "want", "why", "held"}
    assert first["at_s"] == 0 and len(lines) > 20


def test_the_list_of_policies(run):
    code, out, _ = run("--policies", "--json")
    names = [each["name"] for each in json.loads(out)["policies"]]
    assert code == 0 and {"fixed", "hpa", "keda", "wva", "predictive", "oracle"} <= set(names)
    code, out, _ = run("--policies")
    assert code == 0 and "tolerance" in out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--policy", "hpa"), 5, "there is no trace"),
        (("--requests", "nowhere.csv"), 5, "nowhere.csv"),
        (("--requests", "LOG", "--policy", "magic"), 5, "there is no policy 'magic'"),
        (("--requests", "LOG", "--policy", "hpa:target=9"), 5, "target is '9'"),
        (("--requests", "LOG", "--slo", "p99"), 5, "the objective"),
        (("--requests", "LOG", "--tick", "never"), 5, "tick is 'never'"),
        (("--requests", "LOG", "--faults", "none.yaml"), 5, "none.yaml"),
        (("--requests", "LOG", "--slots", "0"), 2, "slots"),
        (("--requests", "LOG", "--slo", "ttft:p95=1s"), 5, "know no ttft"),
        (("--requests", "LOG", "--begin", "9", "--limit", "5"), 5, "holds at most 5"),
        (("--requests", "LOG", "--begin", "9999999999"), 5, "9,999,999,999 replicas"),
        (("--requests", "LOG", "--policy", "hpa:min=5,max=2"), 5, "max is 2"),
        (("--requests", "LOG", "--tick", "1us"), 5, "ticks"),
        (("--generate", "week:days=1e9"), 5, "requests"),
    ],
)
def test_what_is_wrong_is_said_with_its_exit_code(run, log, arguments, code, said):
    ended, out, err = run(*(str(log) if part == "LOG" else part for part in arguments))
    assert (ended, out) == (code, "") and said in err and "Traceback" not in err


def test_faults_from_a_file(run, log, tmp_path):
    faults = tmp_path / "faults.yaml"
    faults.write_text(
        "failures_per_hour: 60\nprices: [{variant: replica, at: 1m, price_per_hour: 3}]"
    )
    arguments = ("--requests", str(log), "--policy", "fixed:12", *SLO, "--json")
    broken = json.loads(run(*arguments, "--faults", str(faults))[1])["policies"][0]
    whole = json.loads(run(*arguments)[1])["policies"][0]
    assert broken["losses"] > 0 == whole["losses"]
    assert broken["cost"] > whole["cost"]
    faults.write_text("prices: [{variant: H100, at: 1m, price_per_hour: 3}]")
    assert "there is no variant 'H100'" in run(*arguments, "--faults", str(faults))[2]
    for wrong, said in (
        ("", "is empty"),
        ("failures_per_hour: null", "failures_per_hour is None"),
        ("failures_per_hour: yes", "failures_per_hour is True"),
        ("failures_per_hour: .nan", "failures_per_hour is nan"),
        ("prices: {a: b}", "a line of prices is"),
        ("prices: [3]", "a line of prices is 3"),
        ("prices: [{variant: replica, at: 1, price_per_hour: .nan}]", "price_per_hour is nan"),
        ("dry_markets: [{variant: replica, from: 0}]", "a line of dry_markets is"),
        ("dry_markets: [{variant: replica, from: 5m, to: 1m}]", "not after 300 s"),
        ("dry_markets: [{variant: replica, from: -5, to: 1m}]", "from_s is -5"),
        ("dry_markets: [{variant: replica, from: 2020-01-01, to: 1m}]", "from is "),
    ):
        faults.write_text(wrong)
        code, out, err = run(*arguments, "--faults", str(faults))
        assert (code, out) == (5, "") and said in err and str(faults) in err, wrong
    faults.write_text("nonsense: 1")
    assert "other keys than faults have" in run(*arguments, "--faults", str(faults))[2]


def test_the_page_is_drawn_by_a_browser(browser, log, tmp_path):
    found = lepta.replay(log, POLICIES[1], slo="p99=3s", startup="30s")
    path = tmp_path / "replay.html"
    path.write_text(replay_page(found, generated_at=NOW), "utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_function("document.documentElement.dataset.charts")
    assert page.evaluate("document.documentElement.dataset.charts") == "drawn"
    assert page.locator(".js-plotly-plot").count() == 3 and not errors
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
    for row in to_json(found)["policies"]:
        assert page.locator("th", has_text=row["policy"]).count() >= 1
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_timeout(0)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()


def test_fluid_replicas_that_help_out_are_marked(tmp_path):
    profiles = tmp_path / "profiles.csv"
    profiles.write_text("offer,class,rate_per_s,latency_ms\nA,x,2,500\nB,x,2,500\nB,y,3,500\n")
    trace = tmp_path / "trace.csv"
    trace.write_text("ts,class,service_s\n0,x,1\n1,y,2\n2,x,1\n")
    found = lepta.replay(trace, "fixed:1/1", profiles=profiles, slo="p99=3s")
    assert any("A on y" in note for note in found.notes)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"at_s": ["a"], "service_s": [1]}, "at_s holds what is no number"),
        ({"at_s": [[0]], "service_s": [1]}, "shape"),
        ({"at_s": [0, 1], "service_s": [1]}, "service_s has the shape"),
        ({"at_s": [0], "service_s": [1], "kind": [0, 1]}, "kind has the shape"),
        ({"at_s": [0], "service_s": [1], "kind": [10**9]}, "kind of request 0"),
        ({"at_s": [0], "service_s": [1], "kind": [-1]}, "kind of request 0"),
        ({"at_s": [0], "input_tokens": [2.5], "output_tokens": [1]}, "input_tokens of request 0"),
        ({"at_s": [1e12], "service_s": [1]}, "ticks"),
        ({"service_s": [1]}, "the columns are service_s"),
        (5, "the requests are 5"),
    ],
)
def test_wrong_columns_are_said(columns, said):
    with pytest.raises(InputError, match=said):
        lepta.replay(columns, "fixed:1")


def test_one_policy_needs_no_list_and_no_level_is_too_large_to_be_told(log):
    class Much:
        name = "much"

        def start(self):
            return None

        def decide(self, seen, memory):
            return Decision(at_s=seen.at_s, policy="much", want=(10**30,), why=""), None

    with pytest.raises(PolicyFault, match="from 0 to 2"):
        lepta.replay(log, Much())
    with pytest.raises(InputError, match="seed"):
        lepta.replay(log, "fixed:9", seed=-1)


def test_names_of_points_do_not_lie_on_each_other():
    names = ["fixed:9", "hpa", "window:quantile=0.9", "oracle"]
    places = label_places([(40.0, 0.05), (40.5, 0.05), (41.0, 0.05), (20.0, 0.5)], names)
    assert places[1] and places[3] and places.count("") == 1
    assert label_places([], []) == [] and label_places([(0.0, 0.0)], ["a"]) == ["top center"]


def test_text_from_data_stays_text(log):
    found = lepta.replay(log, "fixed:9", slo="p99=3s", startup=30)
    awkward = "<script>alert(1)</script>\x1b[31m"
    from dataclasses import replace

    text = replay_page(replace(found, trace=awkward, notes=(awkward,)), generated_at=NOW)
    assert "<script>alert" not in text and "\x1b" not in text
