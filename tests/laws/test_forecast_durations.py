"""Durations with ends that were not seen; spot: how long it lives, what it costs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from lepta.errors import InputError
from lepta.forecast.backtest import rolled, score
from lepta.forecast.duration import fit_durations
from lepta.forecast.interruption import Exposure, Hazard, counted, hazards, spells
from lepta.forecast.spotprice import PRICE, sampled
from lepta.numerics.gammadist import gamma_below, gamma_quantile

LEVELS = (0.05, 0.5, 0.95)


def jobs(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True durations, what was seen of them, and whether the end was: a third are cut."""
    rng = np.random.default_rng(seed)
    true = rng.lognormal(7, 1.5, count)
    cut = rng.lognormal(8, 1.5, count)
    return true, np.minimum(true, cut), true <= cut


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_cut_jobs_do_not_shorten_the_quantiles_and_dropping_them_does(seed: int) -> None:
    _, seen, ended = jobs(4000, seed)
    assert 0.6 < ended.mean() < 0.75
    true, _, _ = jobs(4000, seed + 1)
    median = np.median(true)
    held = fit_durations(seen, ended).remaining(0.0, LEVELS)
    dropped = fit_durations(seen[ended], ended[ended]).remaining(0.0, LEVELS)
    assert abs(held[1] / median - 1) < 0.2
    assert dropped[1] < 0.8 * median
    covered = np.mean((true >= held[0]) & (true <= held[2]))
    assert abs(covered - 0.9) < 0.045
    assert np.mean(true > dropped[2]) > 0.08, "far more than one in twenty last longer"


@given(st.floats(0, 3000), st.integers(0, 1000))
@settings(max_examples=20)
def test_what_remains_is_calibrated_given_the_time_so_far(elapsed: float, seed: int) -> None:
    _, seen, ended = jobs(6000, seed)
    true, _, _ = jobs(6000, seed + 1)
    lasting = true[true > elapsed] - elapsed
    low, _, high = fit_durations(seen, ended).remaining(elapsed, LEVELS)
    assert low <= high
    assert abs(np.mean((lasting >= low) & (lasting <= high)) - 0.9) < 0.06


def test_without_cut_jobs_it_is_the_empirical_distribution() -> None:
    lasted = np.arange(1.0, 101.0)
    found = fit_durations(lasted, np.ones(100, bool))
    assert_allclose(found.survival([0, 50, 100]), [1.0, 0.5, 0.0], atol=1e-9)
    assert_allclose(found.remaining(0.0, (0.1, 0.5)), [10.0, 50.0], atol=1e-6)
    assert_allclose(found.remaining([50.0, 90.0], (0.5,))[:, 0], [25.0, 5.0], atol=1e-6)


def test_the_worked_example_of_kaplan_and_meier() -> None:
    """Ends at 6, 6, 6, 7, 10, 13, 16, 22, 23 of 21 patients (Freireich 1963), the others cut.

    The published survival: .857 at 6, .807 at 7, .753 at 10, .690 at 13, .627 at 16, .538 at 22,
    .448 at 23. The bins of equal times end at them; cuts inside a bin count for half of it.
    """
    ends = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    cuts = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    lasted = np.array([*ends, *cuts], float)
    copies = 3
    over = np.array([True] * 9 + [False] * 12)
    found = fit_durations(np.tile(lasted, copies), np.tile(over, copies))
    published = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert_allclose(found.survival([6, 7, 10, 13, 16, 22, 23]), published, atol=0.02)
    assert np.isinf(found.remaining(0.0, (0.9,))[0]), "no job seen tells"
    assert found.censored == 36


def test_small_groups_borrow_and_large_ones_stand_alone() -> None:
    rng = np.random.default_rng(0)
    lasted = np.concatenate([rng.exponential(100, 3000), rng.exponential(10_000, 3000), [5.0] * 3])
    tenant = np.repeat(["a", "b", "c"], [3000, 3000, 3])
    found = fit_durations(lasted, np.ones(6003, bool), (tenant, np.repeat("1", 6003)))
    whole = found.remaining(0.0, (0.5,))[0]
    assert_allclose(found.remaining(0.0, (0.5,), ("a", "1"))[0], 69.3, rtol=0.1)
    assert_allclose(found.remaining(0.0, (0.5,), ("b",))[0], 6931, rtol=0.1)
    assert 0.3 * whole < found.remaining(0.0, (0.5,), ("c", "1"))[0] <= whole
    assert found.remaining(0.0, (0.5,), ("never seen", "8"))[0] == whole
    assert found.known(("a", "8")) == ("a",)


def test_bad_jobs_are_refused() -> None:
    with pytest.raises(InputError, match="different lengths"):
        fit_durations(np.ones(3), np.ones(2, bool))
    with pytest.raises(InputError, match="duration of job 1 is"):
        fit_durations(np.array([1.0, -2.0]), np.ones(2, bool))
    with pytest.raises(InputError, match="5 of 30 jobs ended"):
        fit_durations(np.ones(30), np.arange(30) < 5)
    with pytest.raises(InputError, match="elapsed"):
        fit_durations(np.ones(30), np.ones(30, bool)).remaining(-1.0)


@given(st.floats(0.02, 500), st.floats(0.001, 0.999))
@settings(max_examples=60)
def test_the_gamma_distribution_agrees_with_scipy(shape: float, level: float) -> None:
    value = gamma_quantile(shape, level)
    assert_allclose(value, stats.gamma.ppf(level, shape), rtol=1e-6, atol=1e-12)
    assert_allclose(gamma_below(shape, shape), stats.gamma.cdf(shape, shape), rtol=1e-9)


def test_interruptions_are_counted_where_segments_touch() -> None:
    begin, end = np.array([0, 3600, 7200, 20_000]), np.array([3600, 7200, 10_800, 23_600])
    assert counted(begin, end, np.array([4, 1, 3, 0])) == Exposure(3, 8.0)
    lasted, ended = spells(begin, end, np.array([1, 0, 1, 1]))
    assert_array_equal(lasted, [3600.0, 3600.0, 3600.0])
    assert_array_equal(ended, [True, False, False])
    with pytest.raises(InputError, match="segment 2"):
        counted(np.array([0.0, 5.0]), np.array([10.0, 20.0]), np.ones(2))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=5)
def test_intervals_of_hazards_hold_for_zones_that_differ(seed: int) -> None:
    """Rates drawn from a gamma distribution: 90 % intervals hold the true rate 9 times in 10."""
    rng = np.random.default_rng(seed)
    true = rng.gamma(2.0, 0.05, 200)
    hours = rng.uniform(5, 300, 200)
    events = rng.poisson(true * hours)
    found = hazards({str(k): Exposure(int(events[k]), hours[k]) for k in range(200)})
    inside = [
        low <= true[k] <= high for k in range(200) for low, high in [found[str(k)].interval()]
    ]
    assert 0.81 <= np.mean(inside) <= 0.98
    shrunk = np.mean([(found[str(k)].per_hour - true[k]) ** 2 for k in range(200)])
    assert shrunk < np.mean((events / hours - true) ** 2)
    lives = [found[str(k)].survival(4.0) for k in range(200)]
    assert abs(np.mean(lives) - np.mean(np.exp(-4.0 * true))) < 0.03


def test_zones_that_do_not_differ_share_and_nothing_seen_is_refused() -> None:
    same = hazards({"a": Exposure(10, 100.0), "b": Exposure(20, 200.0)})
    assert same["a"] == same["b"] == same[""]
    assert same["a"].per_hour == pytest.approx(0.1)
    none = hazards({"a": Exposure(0, 50.0)})["a"]
    assert 0 < none.per_hour <= 0.01 and none.survival(1.0) < 1.0
    assert Hazard(1.0, 10.0).survival(0.0) == 1.0
    with pytest.raises(InputError, match="no replica-hour"):
        hazards({"a": Exposure(0, 0.0)})


def test_prices_hold_until_they_change_and_are_unknown_while_there_are_none() -> None:
    series = sampled(
        np.array([0.0, 25.0, 40.0]), np.array([1.0, np.nan, 2.0]), step_s=10.0, until_s=60.0
    )
    assert_array_equal(series.values, [1, 1, 1, np.nan, 2, 2])
    with pytest.raises(InputError, match="change 2"):
        sampled(np.array([0.0, 5.0]), np.array([1.0, -1.0]), step_s=1.0, until_s=9.0)


def test_price_intervals_hold_on_a_walk_of_changes() -> None:
    rng = np.random.default_rng(1)
    moves = np.where(rng.random(800) < 0.3, rng.normal(0, 0.03, 800), 0.0)
    series = sampled(
        np.arange(800) * 21_600.0, np.exp(np.cumsum(moves)), step_s=21_600.0, until_s=800 * 21_600.0
    )
    trial = rolled(PRICE, series, first=500, horizon_steps=8, every=3, refit=30)
    assert 0.86 <= score(trial).coverage <= 0.96
