"""`lepta forecast` as people and programs meet it: output, exit codes, every kind of bad input."""

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lepta
from lepta.cli.main import main
from lepta.errors import InputError
from lepta.forecast.base import Series
from lepta.report.schema.forecast import SCHEMA


def table(days: int = 8, dated: bool = True, lost: tuple[int, ...] = ()) -> str:
    rng = np.random.default_rng(0)
    hours = np.arange(24 * days)
    values = 200 + 80 * np.sin(2 * np.pi * hours / 24) + rng.normal(0, 5, len(hours))
    values[list(lost)] = 0.0
    rows = ["ts,value"]
    for hour, value in zip(hours, values, strict=True):
        when = datetime.fromtimestamp(1.7e9 // 86400 * 86400 + 3600 * hour, UTC)
        rows.append(f"{when.isoformat() if dated else 3600 * hour},{value:.3f}")
    return "\n".join(rows) + "\n"


@pytest.fixture
def run(tmp_path, capsys):
    def go(text, *arguments, name="load.csv"):
        path = tmp_path / name
        path.write_text(text)
        code = 0
        try:
            main(["forecast", str(path), *arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return go


def test_json_is_the_published_document(run):
    code, out, err = run(table(lost=(100, 101)), "--hours", "6", "--level", "0.99", "--json")
    assert (code, err) == (0, "")
    payload = json.loads(out)
    jsonschema.validate(payload, SCHEMA)
    assert payload["step_s"] == 3600.0
    assert payload["steps_missing"] == 2
    assert "count as not seen" in payload["notes"][0]
    assert payload["levels"] == [0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
    assert len(payload["quantiles"]) == 6
    assert payload["start"] == payload["quantiles"][0]["at"] == "2023-11-22T00:00:00Z"
    for row in payload["quantiles"]:
        assert row["values"] == sorted(row["values"])
    middle = [row["values"][2] for row in payload["quantiles"]]
    assert middle == pytest.approx(list(200 + 80 * np.sin(np.arange(6) * np.pi / 12)), abs=20)
    best = payload["accuracy"][0]
    assert best["method"] == payload["method"]
    assert best["pinball"] == min(one["pinball"] for one in payload["accuracy"])
    assert any("week" in reason for reason in payload["left_out"]) or len(payload["accuracy"]) == 4


def test_the_screen_says_method_interval_and_accuracy(run):
    code, out, err = run(table(dated=False), "--hours", "48")
    assert (code, err) == (0, "")
    assert "192 steps of 3600 s" in out
    assert "Back-test" in out and "90 % holds" in out
    assert "691200 s" in out, "a series without dates counts seconds"


def test_python_takes_arrays_and_parquet_is_the_same(run, tmp_path: Path):
    text = table()
    _, out, _ = run(text, "--hours", "2", "--json")
    values = [float(line.split(",")[1]) for line in text.splitlines()[1:]]
    times = [datetime.fromisoformat(line.split(",")[0]) for line in text.splitlines()[1:]]
    path = tmp_path / "load.parquet"
    column = pa.array(times, pa.timestamp("us", tz="UTC"))
    pq.write_table(pa.table({"ts": column, "value": values}), path)
    from_file = lepta.forecast(path, hours=2)
    spoken = [row["values"] for row in json.loads(out)["quantiles"]]
    assert np.allclose(from_file.forecast.values.T, spoken)
    series = Series(values=np.array(values), step_s=3600.0, epoch_s=times[0].timestamp())
    assert np.allclose(lepta.forecast(series, hours=2).forecast.values, from_file.forecast.values)


def test_one_of_several_series_is_named(run):
    rows = table(dated=False).splitlines()
    both = [rows[0] + ",series"]
    both += [f"{row},{name}" for name in ("chat", "code") for row in rows[1:]]
    code, _, err = run("\n".join(both))
    assert code == InputError.exit_code
    assert "there are 2 series: chat, code" in err and "--series" in err
    assert run("\n".join(both), "--series", "code", "--hours", "2")[0] == 0
    assert "no series 'x'" in run("\n".join(both), "--series", "x")[2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("ts,value\n", "has no rows"),
        ("time,value\n1,2\n", "no column 'ts'; there are time, value"),
        ("ts,value\n0,1\n60,x\n", "line 3, column 'value': is no finite number: 'x'"),
        ("ts,value\n0,1\n60,inf\n", "line 3, column 'value'"),
        ("ts,value\n0,1\n0,2\n", "line 3, column 'ts': the time is that of the row above"),
        ("ts,value\n60,1\n0,2\n", "line 3, column 'ts': the time lies before"),
        ("ts,value\n0,1\n60\n", "line 3: the row is too short"),
        ("ts,value\n2026-01-01T00:00:00Z,1\n2026-01-01,2\n", "line 3, column 'ts': has no zone"),
        ("ts,value\n0,1\n60,2\n120,3\n", "no method can learn from 3 steps"),
        ("ts,value\n0,\n60,\n", "no method can learn"),
    ],
)
def test_bad_files_are_one_clear_message(run, text, said):
    code, out, err = run(text)
    assert (code, out) == (InputError.exit_code, "")
    assert said in err and "remedy:" in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--hours", "0"), "hours are 0.0"),
        (("--hours", "nan"), "hours are nan"),
        (("--hours", "1e9"), "look less far ahead"),
        (("--level", "1.5"), "levels"),
        (("--step", "-1"), "step is -1.0"),
        (("--column", "rps"), "no column 'rps'"),
    ],
)
def test_bad_arguments_are_one_clear_message(run, arguments, said):
    code, _, err = run(table(4), *arguments)
    assert code == InputError.exit_code
    assert said in err and "Traceback" not in err
