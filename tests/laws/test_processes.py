"""Generated requests: the same seed gives the same bytes, and the laws are those asked for."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepta.errors import InputError
from lepta.sim.processes import Law, Stream, generate
from lepta.sim.rates import (
    Bursts,
    Constant,
    Diurnal,
    Drift,
    FlashCrowd,
    Weekly,
)

seeds = st.integers(0, 2**32 - 1)
DAY = 86_400.0
WORK = Law(mean=0.5, cv=1.2)
NAMES = ("at_s", "kind", "tenant", "service_s", "input_tokens", "output_tokens")


def joined(parts):
    parts = list(parts)
    return {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in NAMES
        if getattr(parts[0], name) is not None
    }


def streams():
    tokens = {"input_tokens": Law(mean=300, cv=1.5), "output_tokens": Law(mean=3, cv=2)}
    return [
        Stream(rate=Constant(0.4) * Diurnal() * Bursts(per_hour=1.0), service_s=WORK, **tokens),
        Stream(
            rate=Constant(0.2) + Constant(0.1),
            gaps=Law(mean=1.0, cv=2.0, shape="gamma"),
            kind=1,
            tenant=4,
            service_s=WORK,
            **tokens,
        ),
    ]


@given(seeds, st.integers(1, 5000), st.integers(1, 30_000))
@settings(max_examples=25)
def test_the_same_seed_gives_the_same_bytes_whatever_the_chunk(seed, chunk, length):
    if (whole := list(generate(streams(), length_s=float(length), seed=seed))) == []:
        return
    parts = list(generate(streams(), length_s=float(length), seed=seed, chunk=chunk))
    assert all(len(part) == chunk for part in parts[:-1]) and 0 < len(parts[-1]) <= chunk
    a, b = joined(whole), joined(parts)
    assert {name: column.tobytes() for name, column in a.items()} == {
        name: column.tobytes() for name, column in b.items()
    }
    assert (np.diff(a["at_s"]) >= 0).all() and a["at_s"][0] >= 0 and a["at_s"][-1] <= length
    assert (a["input_tokens"] >= 1).all() and (a["tenant"] == 4 * a["kind"]).all()


def test_a_stream_keeps_its_own_when_others_join():
    alone = joined(generate(streams()[:1], length_s=20_000.0, seed=1))
    both = joined(generate(streams(), length_s=20_000.0, seed=1))
    for name, column in alone.items():
        assert column.tobytes() == both[name][both["kind"] == 0].tobytes()
    other = joined(generate(streams()[:1], length_s=20_000.0, seed=2))
    assert not set(other["at_s"]) & set(alone["at_s"])


def test_a_longer_run_begins_with_the_shorter():
    short = joined(generate(streams(), length_s=5_000.0, seed=3))
    long = joined(generate(streams(), length_s=50_000.0, seed=3))
    n = len(short["at_s"])
    assert n > 1000
    assert all((long[name][:n] == column).all() for name, column in short.items())


def test_the_expected_number_comes_in_each_hour():
    rate = Constant(5.0) * Diurnal(sharpness=1.5) * FlashCrowd(at_s=40_000.0)
    at = joined(generate([Stream(rate=rate)], length_s=2 * DAY, seed=7))["at_s"]
    seen, _ = np.histogram(at, np.arange(49) * 3600.0)
    grid = np.arange(0.5, 2 * DAY)
    wanted = rate.per_s(grid).reshape(48, 3600).sum(axis=1)
    assert (abs(seen - wanted) < 4.5 * np.sqrt(wanted)).all()
    # Poisson: the squared deviations of 48 hours add up to 48 +- 9.8.
    assert 20 < ((seen - wanted) ** 2 / wanted).sum() < 90


@pytest.mark.parametrize("shape", ["gamma", "weibull", "lognormal"])
@pytest.mark.parametrize("cv", [0.3, 1.0, 2.5])
def test_gaps_have_the_mean_and_the_variation_asked_for(shape, cv):
    stream = Stream(rate=Constant(50.0), gaps=Law(mean=1.0, cv=cv, shape=shape))
    gaps = np.diff(joined(generate([stream], length_s=8_000.0, seed=11))["at_s"])
    assert abs(gaps.mean() * 50 - 1) < 5 * cv / math.sqrt(len(gaps))
    assert abs(gaps.std() / gaps.mean() / cv - 1) < 0.04


@pytest.mark.parametrize(
    ("law", "cv"),
    [
        (Law(mean=3.0, cv=9.0, shape="exponential"), 1.0),
        (Law(mean=3.0, cv=9.0, shape="deterministic"), 0.0),
        (Law(mean=3.0, cv=0.0), 0.0),
        (Law(mean=3.0, cv=0.7), 0.7),
        (Law(mean=3.0, cv=0.7, shape="weibull"), 0.7),
        (Law(mean=3.0, cv=0.7, shape="gamma"), 0.7),
    ],
)
def test_laws_have_their_moments(law, cv):
    drawn = law.draw(np.random.default_rng(2), 400_000)
    assert abs(drawn.mean() - 3.0) < 0.02
    assert abs(drawn.std() / 3.0 - cv) < 0.01


def test_no_one_comes_where_the_rate_is_zero():
    stream = Stream(rate=Constant(1.0) * Weekly(days=(1, 0, 1, 0, 0, 0, 0)))
    day = joined(generate([stream], length_s=7 * DAY, seed=4))["at_s"] // DAY
    assert set(day.tolist()) == {0.0, 2.0}
    nothing = generate([Stream(rate=Constant(0.0))], length_s=DAY, seed=4)
    assert list(nothing) == []


def test_shapes():
    day = np.arange(0.5, DAY)
    diurnal = Diurnal(peak_at_s=3600.0 * 15, sharpness=1.0).per_s(day)
    assert math.isclose(diurnal.mean(), 1.0, rel_tol=1e-9)
    assert abs(day[diurnal.argmax()] - 15 * 3600) <= 1
    assert math.isclose(diurnal.max() / diurnal.min(), math.e**2, rel_tol=1e-6)
    week = Weekly().per_s(np.arange(7) * DAY)
    assert math.isclose(week.mean(), 1.0, abs_tol=0.02) and week[5] < week[0]
    assert math.isclose(Drift(per_week=1.2).per_s(np.array([14 * DAY]))[0], 1.44)
    crowd = FlashCrowd(at_s=100.0, height=9.0, rise_s=10.0, decay_s=50.0)
    seen = crowd.per_s(np.array([0.0, 99.9, 105.0, 110.0, 160.0]))
    np.testing.assert_allclose(seen, [1.0, 1.0, 5.0, 9.0, 1 + 8 / math.e])
    bursts = Bursts(per_hour=2.0, height=4.0, length_s=90.0, seed=3)
    at = np.arange(0.0, 200 * 3600.0)
    factor = bursts.per_s(at)
    assert set(factor.tolist()) == {1.0, 4.0}
    # The share of time covered by bursts of a Poisson process: 1 - exp(-2 / 40).
    assert abs((factor > 1).mean() - (1 - math.exp(-0.05))) < 0.006
    pieces = [bursts.per_s(at[first : first + 777]) for first in range(0, len(at), 777)]
    assert (np.concatenate(pieces) == factor).all()


class _Broken:
    def per_s(self, at_s):
        return np.where(at_s > 5000, np.nan, 1.0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: list(generate([], length_s=1.0, seed=0)), "0 streams"),
        (lambda: list(generate(streams(), length_s=0.0, seed=0)), "over 0.0 s"),
        (lambda: list(generate(streams(), length_s=1.0, seed=0, chunk=0)), "0 at a time"),
        (
            lambda: list(
                generate(
                    [Stream(rate=Constant(1.0)), Stream(rate=Constant(1.0), service_s=WORK)],
                    length_s=1.0,
                    seed=0,
                )
            ),
            "stream 0 has no service_s",
        ),
        (lambda: list(generate([Stream(rate=_Broken())], length_s=DAY, seed=0)), "5000.5 s after"),
        (lambda: Law(mean=-1.0), "mean is -1"),
        (lambda: Law(mean=1.0, shape="normal"), "no law 'normal'"),
        (lambda: Stream(rate=Constant(1.0), gaps=Law(mean=2.0)), "the mean 2.0"),
        (lambda: Weekly(days=(1.0,)), "days of a week"),
        (lambda: Constant(math.nan), "rate_per_s is nan"),
    ],
)
def test_what_cannot_be_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()
