"""What every sweep keeps, here in processes: all results once, in order, errors with fields."""

import pickle
from pathlib import Path

import pytest

import lepta
from lepta.errors import InputError, LeptaError, PolicyFault, Transient
from lepta.report.schema.replay import to_json
from lepta.wiring.sweeps import open_sweep
from sweepwork import death, fault, late_first, square


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_results_come_once_and_in_order(jobs: int) -> None:
    sweep = open_sweep(jobs)
    seen: list[int] = []
    assert list(sweep.map(square, range(9), seen.append)) == [i * i for i in range(9)]
    assert seen[-1] == 9
    assert seen == sorted(seen)
    assert [item for item, _ in sweep.map(late_first, range(5))] == list(range(5))
    assert list(sweep.map(square, [])) == []


def test_a_replay_is_the_same_on_any_number_of_processes(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    rows = [f"{i / 4},{'ab'[i % 2]},{(i * 7) % 11 / 4}" for i in range(2_000)]
    path.write_text("\n".join(["ts,class,service_s", *rows]))
    one, two, three = (
        lepta.replay(path, "fixed:6,hpa,keda", slo="p99=9s", jobs=jobs, keep_ledger=True)
        for jobs in (1, 2, 3)
    )
    assert len(one.policies) == 3
    assert to_json(one) == to_json(two) == to_json(three)
    assert one.ledgers == two.ledgers == three.ledgers


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_the_function_keeps_its_fields(jobs: int) -> None:
    with pytest.raises(PolicyFault) as caught:
        list(open_sweep(jobs).map(fault, range(6)))
    assert caught.value.what == "asked for -3 replicas"
    assert caught.value.where == "policy mine"
    assert caught.value.remedy == "ask for 0 or more"


def test_a_process_that_dies_is_a_clear_error() -> None:
    with pytest.raises(Transient, match="a process of the sweep died") as caught:
        list(open_sweep(2).map(death, range(6)))
    assert "jobs" in caught.value.remedy


def test_what_is_no_sweep_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="0 processes"):
        open_sweep(0)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(InputError, match="RAY_ADDRESS is not set"):
        open_sweep(1, "auto")


def test_every_error_of_the_tree_survives_pickling() -> None:
    kinds = [LeptaError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
        error = kind("what", where="where", remedy="remedy")
        twin = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own)
        assert type(twin) is kind
        assert (twin.what, twin.where, twin.remedy) == ("what", "where", "remedy")
        assert str(twin) == str(error)
