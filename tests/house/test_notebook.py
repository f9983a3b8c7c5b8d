"""The notebook of examples/replay runs from top to bottom, and is stored without its outputs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def notebook(checkout: Path) -> dict[str, Any]:
    path = checkout / "examples" / "replay" / "replay.ipynb"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_it_is_a_notebook_without_outputs(notebook: dict[str, Any]) -> None:
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


def test_its_cells_run_in_order(
    notebook: dict[str, Any],
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(checkout / "examples" / "replay")
    names: dict[str, Any] = {"__name__": "notebook"}
    said = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)  # noqa: S102 (our own)
            said.append(capsys.readouterr().out)
    first, table, chart, why, priced = said
    assert "cost is replica-hours" in first
    policies = {run.policy: run for run in names["found"].policies}
    assert len(table.splitlines()) == 1 + len(policies)
    assert policies["fixed:10"].kept
    assert policies["oracle"].cost == min(run.cost for run in policies.values())
    assert chart == ""
    assert len(names["chart"].data[0].x) == len(policies)
    assert " replicas  " in why
    assert "l4-spot" in priced
    assert {run.arrived for run in names["priced"].policies} == {policies["hpa"].arrived}


def test_the_trace_is_what_the_script_makes(checkout: Path, tmp_path: Path) -> None:
    folder = checkout / "examples" / "replay"
    copy = tmp_path / "make.py"
    copy.write_text((folder / "make.py").read_text(encoding="utf-8"), encoding="utf-8")
    subprocess.run([sys.executable, str(copy)], check=True)
    assert (tmp_path / "requests.csv").read_bytes() == (folder / "requests.csv").read_bytes()
