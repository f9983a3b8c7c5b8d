"""The cases that benchmarks are run on: seeded, plannable, and what their texts say of them."""

import math
from pathlib import Path

import numpy as np
import pytest

import bench_fleet
import bench_melange
from bench_single_type import hour_by_hour, single_types
from daytraces import case_of, markets, real_traces, seeded_traces
from fleets import fleet
from lepta.optimize.mix import mix
from peers.whole import whole
from roofline import (
    DATASETS,
    GPUS,
    INPUTS,
    KV_PER_TOKEN,
    OBJECTIVES_MS,
    OUTPUTS,
    RATES,
    WEIGHTS,
    largest_rate,
    setting,
    shares,
)


def test_a_seed_is_a_case_and_a_small_one_has_a_plan():
    one = fleet(classes=5, types=4, zones=2, periods=3, startup_s=900.0, seed=1)
    assert one == fleet(classes=5, types=4, zones=2, periods=3, startup_s=900.0, seed=1)
    assert one != fleet(classes=5, types=4, zones=2, periods=3, startup_s=900.0, seed=2)
    assert (len(one.offers), len(one.demand), one.current) == (8, 15, ())
    assert {offer.zone for offer in one.offers} == {"z0", "z1"}
    assert mix(one, gap=5e-3, time_limit_s=600.0, runner_ups=0).status == "optimal"


def test_the_fleet_benchmark_says_who_took_how_long_and_whether_the_goal_is_met(capsys):
    size = {"classes": 3, "types": 3, "periods": 2, "startup_s": 900.0}
    bench_fleet.compare(bench_fleet.Goal("tiny", size, 600, 0.9), 1.0, 20.0)
    said = capsys.readouterr().out
    assert "goal met" in said and "HiGHS / lepta: time" in said


def test_the_melange_benchmark_judges_every_cell(capsys):
    cases = {("chat", "loose", 1.0): setting("chat", "loose", 1.0)}
    cells = bench_melange.compare(cases, 1, 20.0, exact=True)
    bench_melange.judge(cells, 1)
    assert "1 of 1 cells; goal met" in capsys.readouterr().out
    (cell,) = cells.values()
    assert cell.no_dearer and len(cell.ratios()) == 2


@pytest.mark.parametrize("gpu", GPUS)
def test_the_roofline_is_what_its_formula_says(gpu: str):
    """A looser objective serves no less; a larger request no more; memory is a limit."""
    for given in INPUTS:
        for made in OUTPUTS:
            loose, tight = (
                largest_rate(gpu, given, made, OBJECTIVES_MS[k]) for k in ("loose", "tight")
            )
            assert loose >= tight >= 0
            assert largest_rate(gpu, 2 * given, made, 120.0) <= loose
            if WEIGHTS + KV_PER_TOKEN * (given + made) > 0.9 * GPUS[gpu][1]:
                assert loose == 0


def test_one_rate_by_hand():
    """A100, 100 tokens in and out, an objective that just allows one request at a time."""
    step = (2 * 6.74e9 + 524_288 * 150) / (2039e9 * 0.8)
    read = 2 * 6.74e9 * 100 / (312e12 * 0.5)
    assert largest_rate("A100-80GB", 100, 100, 1000 * (step + read / 100) + 1e-9) == pytest.approx(
        1 / (100 * step + read)
    )


@pytest.mark.parametrize("dataset", DATASETS)
def test_shares_sum_to_one_and_settings_to_their_rate(dataset: str):
    assert math.fsum(shares(dataset).values()) == pytest.approx(1)
    for objective in OBJECTIVES_MS:
        case = setting(dataset, objective, RATES[-1])
        assert math.fsum(d.rate_per_s for d in case.demand) == pytest.approx(RATES[-1])
        assert {d.demand_class for d in case.demand} == {p.demand_class for p in case.profiles}


@pytest.mark.data
def test_single_types_are_solved_exactly_and_the_plan_is_never_dearer(shared_data: Path):
    place = markets(shared_data)[1]
    trace = seeded_traces(place, 3)[2]
    case = case_of(trace, place)
    plan = mix(case, gap=0, runner_ups=0)
    alone = single_types(case)
    assert set(alone) == {"H100", "B200"}  # no image was measured on H200
    for kind, one in alone.items():
        bound, cost = hour_by_hour(one)
        assert plan.cost <= cost * (1 + 1e-9)
        assert bound == pytest.approx(whole(one, gap=1e-4, time_limit_s=20).cost, rel=3e-4), kind


@pytest.mark.data
def test_real_traces_keep_the_rates_of_their_files(shared_data: Path):
    place = markets(shared_data)[0]
    traces = {
        trace.name.split(" x ")[0]: trace for trace in real_traces(shared_data, place.classes)
    }
    assert len(traces) == 7
    conv = traces["Azure conv"]
    assert conv.hours == 1 / 60 and len(conv.rates["chat"]) == 39
    assert np.mean(conv.rates["chat"]) == pytest.approx(23.64 * 14_176 / 2_400, rel=0.02)
    assert len(traces["ServeGen m-mid day 0"].rates["chat"]) == 24
    assert set(traces["the day of examples/real_data"].rates) == {"chat", "code", "image"}
