"""Generated worlds: the same seed the same requests, the mean rate that was asked for."""

import numpy as np
import pytest

import lepta
from lepta.errors import InputError
from lepta.sim.scenarios import WORLDS, parse_world


def columns(text: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    parts = list(parse_world(text, seed).chunks())
    work = [p.service_s if p.service_s is not None else p.output_tokens for p in parts]
    return np.concatenate([p.at_s for p in parts]), np.concatenate(work)


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_a_seed_is_a_world(name):
    text = f"{name}:days=0.2,rate=2"
    at, work = columns(text, 3)
    again, other = columns(text, 3), columns(text, 4)
    assert (at == again[0]).all() and (work == again[1]).all()
    assert len(at) != len(other[0]) or (at != other[0]).any()
    assert (np.diff(at) >= 0).all() and at[-1] <= 0.2 * 86_400


def test_a_week_has_the_rate_that_was_asked_for():
    at, work = columns("week:rate=0.5,service_s=2", 1)
    assert len(at) / (7 * 86_400) == pytest.approx(0.5, rel=0.03)
    assert work.mean() == pytest.approx(2.0, rel=0.03)
    by_day = np.bincount((at // 86_400).astype(int), minlength=7)
    assert by_day[5:].max() < 0.7 * by_day[:5].min(), "the weekend is quiet"


def test_tokens():
    at, _ = columns("day:days=0.1,rate=1,work=tokens", 1)
    found = lepta.replay(
        generate="day:days=0.1,rate=1,work=tokens", policy="hpa", capacity=500, seed=1
    )
    assert found.policies[0].arrived == len(at) and found.unit == "1M output tokens"


@pytest.mark.parametrize(
    "text", ["moon", "day:rate", "day:rate=x", "day:speed=3", "day:rate=0", "day:days=-1"]
)
def test_what_is_no_world_is_refused(text):
    with pytest.raises(InputError) as caught:
        parse_world(text, 1)
    assert caught.value.remedy
