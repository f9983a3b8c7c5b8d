"""Forecasts of public series: the bounds that bench/bench_forecast.py measured, with some room."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from forecastseries import helios, philly, servegen
from lepta.forecast.backtest import rolled, score
from lepta.forecast.calendar import DAY_S
from lepta.forecast.conformal import Conformal
from lepta.forecast.duration import fit_durations
from lepta.forecast.interruption import counted, hazards, spells
from lepta.forecast.seasonal import SeasonalMean
from lepta.forecast.spotprice import PRICE, sampled
from lepta.forecast.standard import standard

pytestmark = pytest.mark.data


@pytest.mark.parametrize("name", ["m-large", "m-mid", "helios", "philly"])
def test_the_blend_beats_the_seasonal_naive_and_holds_what_it_says(
    shared_data: Path, name: str
) -> None:
    series = {
        "helios": lambda: helios(shared_data, None),
        "philly": lambda: philly(shared_data),
    }.get(name, lambda: servegen(shared_data, name))()
    first = round(0.6 * len(series))
    every = max(1, (len(series) - 6 - first) // 60)
    naive, blend = (
        rolled(method, series, first=first, horizon_steps=6, every=every, refit=refit)
        for method, refit in (
            (Conformal(base=SeasonalMean(period_s=DAY_S)), None),
            (standard(), 432),
        )
    )
    found = score(blend, naive=naive)
    assert found.pinball < 0.5 * found.pinball_naive
    assert 0.85 <= found.coverage <= 0.96


def test_lost_windows_of_the_public_trace_are_marked(shared_data: Path) -> None:
    series = servegen(shared_data, "m-mid")
    assert series.missing == 62 + 16
    assert series.notes[0].startswith("78 steps")
    assert float(np.nanmin(series.values)) > 300
    assert servegen(shared_data, "m-large").missing == 0


def rows(query: str, **given: object) -> list[tuple[object, ...]]:
    with duckdb.connect() as session:
        return session.execute(query, {k: str(v) for k, v in given.items()}).fetchall()


@pytest.mark.parametrize("days", [49, 63])
def test_jobs_that_still_run_are_foretold_only_if_their_kind_counts(
    shared_data: Path, days: int
) -> None:
    """What running jobs of Philly still needed: 90 % intervals hold; without the cut ones not."""
    found = rows(
        "SELECT epoch(ts), virtual_cluster, num_gpus::VARCHAR, duration_s "
        "FROM read_parquet($file) ORDER BY ts",
        file=shared_data / "gpu_jobs" / "philly_jobs.parquet",
    )
    begin, tenant, size, lasted = (np.array(column) for column in zip(*found, strict=True))
    now = begin[0] + days * 86_400
    known = begin < now
    over = begin[known] + lasted[known] <= now
    so_far = np.minimum(lasted[known], now - begin[known])
    groups = (tenant[known], size[known])
    running = np.flatnonzero(known & (begin + lasted > now))
    assert len(running) > 100

    def covered(fitted: object) -> float:
        inside = []
        for job in running:
            elapsed = now - begin[job]
            low, high = fitted.remaining(elapsed, (0.05, 0.95), (tenant[job], size[job]))
            inside.append(low <= lasted[job] - elapsed <= high)
        return float(np.mean(inside))

    honest = covered(fit_durations(so_far, over, groups))
    naive = covered(fit_durations(so_far[over], over[over], tuple(g[over] for g in groups)))
    assert 0.88 <= honest <= 0.97
    assert naive < honest - 0.08


def test_spells_know_more_of_spot_than_a_rate(shared_data: Path) -> None:
    """V100 of 2023-02: the chance to be held four hours on, learned on 15 of 30 days."""
    found = rows(
        "SELECT zone, from_s, to_s, nodes_available FROM read_csv($file) "
        "WHERE kind = 'availability' AND start_date_utc = '2023-02-15' ORDER BY 1, 2",
        file=shared_data / "spot_availability" / "segments.csv",
    )
    zones: dict[str, np.ndarray] = {
        str(zone): np.array([r[1:] for r in found if r[0] == zone], float).T
        for zone in dict.fromkeys(r[0] for r in found)
    }
    assert len(zones) == 9
    half, hours = 15 * 86_400.0, 4.0
    exposure, lasted, ended, names = {}, [], [], []
    for zone, (begin, end, held) in zones.items():
        early = begin < half
        cut = np.minimum(end[early], half)
        exposure[zone] = counted(begin[early], cut, held[early])
        some, over = spells(begin[early], cut, held[early])
        lasted.append(some)
        ended.append(over)
        names += [zone] * len(some)
    fitted = fit_durations(np.concatenate(lasted), np.concatenate(ended), (names,))
    rates = hazards(exposure)
    off_rate, off_spell = [], []
    for zone, (begin, end, held) in zones.items():
        at = np.arange(half, end[-1] - hours * 3600, 1800.0)
        place = np.searchsorted(end, at, side="right")
        there = held[place] >= 1
        at, place = at[there], place[there]
        lived = end[place] >= at + hours * 3600
        age = at - begin[place]
        both = fitted.survival(age + hours * 3600, (zone,)) / fitted.survival(age, (zone,))
        off_rate.append(abs(rates[zone].survival(hours) - lived.mean()))
        off_spell.append(abs(both.mean() - lived.mean()))
    assert np.mean(off_spell) < 0.6 * np.mean(off_rate)
    assert np.mean(off_spell) < 0.2


def test_price_intervals_hold_on_public_spot_prices(shared_data: Path) -> None:
    file = shared_data / "spot_prices" / "aws_spot_price_events.parquet"
    keys = rows(
        "SELECT zone FROM read_parquet($file) WHERE instance_type = 'g5.xlarge' AND region = "
        "'us-east-1' AND event = 'price' GROUP BY 1 HAVING count(*) > 200 ORDER BY 1",
        file=file,
    )
    covered = []
    for (zone,) in keys:
        found = rows(
            "SELECT epoch(ts_utc), CASE WHEN event = 'price' THEN spot_usd_per_hour END "
            "FROM read_parquet($file) WHERE instance_type = 'g5.xlarge' AND zone = $zone "
            "ORDER BY 1",
            file=file,
            zone=zone,
        )
        at, price = np.array(found, float).T
        series = sampled(
            at - at[0], price, step_s=21_600.0, until_s=at[-1] - at[0], epoch_s=float(at[0])
        )
        trial = rolled(PRICE, series, first=len(series) // 2, horizon_steps=4, every=12, refit=60)
        covered.append(score(trial).coverage)
    assert len(covered) >= 4
    assert 0.87 <= np.mean(covered) <= 0.97
