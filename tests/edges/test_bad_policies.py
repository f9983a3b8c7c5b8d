"""A policy that fails, or asks for what is no number of replicas: one error, never a number."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import lepta
from lepta.domain.pool import Decision
from lepta.errors import InputError, LeptaError, PolicyFault

WORK = {"at_s": np.arange(200) * 1.0, "service_s": np.full(200, 0.5)}


@dataclass
class Odd:
    """Asks for one replica for a minute, then for whatever the test says."""

    answer: Any
    name: str = "odd"

    def start(self) -> int:
        return 0

    def decide(self, seen, memory):
        if seen.at_s < 60:
            return Decision(at_s=seen.at_s, policy=self.name, want=(1,), why="calm"), memory + 1
        if isinstance(self.answer, BaseException):
            raise self.answer
        return Decision(at_s=seen.at_s, policy=self.name, want=self.answer, why="odd"), memory


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((-3,), "asks for -3 replicas of replica"),
        ((float("nan"),), "asks for nan replicas"),
        ((float("inf"),), "asks for inf replicas"),
        ((2.5,), "asks for 2.5 replicas"),
        (("many",), "asks for 'many' replicas"),
        ((None,), "asks for None replicas"),
        ((1, 2), "gave 2 levels for 1 variants"),
        ((), "gave 0 levels for 1 variants"),
        (None, "failed with TypeError"),
        (ZeroDivisionError("division by zero"), "failed with ZeroDivisionError: division by zero"),
        (ValueError(), "failed with ValueError"),
    ],
)
def test_what_and_where(answer, said):
    with pytest.raises(PolicyFault) as caught:
        lepta.replay(WORK, [Odd(answer)])
    assert said in caught.value.what
    assert "policy odd, 60 s after the start" in caught.value.where
    assert caught.value.remedy and caught.value.exit_code == 8


def test_whole_numbers_of_another_type_are_numbers():
    run = lepta.replay(WORK, [Odd((np.float64(2.0),))]).policies[0]
    assert run.changes[-1].want == (2,) and type(run.changes[-1].want[0]) is int


def test_above_the_limit_is_cut_and_said():
    run = lepta.replay(WORK, [Odd((50,))], limit=3, startup=0).policies[0]
    assert run.changes[-1].want == (3,)
    assert run.changes[-1].why == "odd; replica 50 cut to 3"


def test_a_policy_that_answers_nothing_at_all():
    class Mute(Odd):
        def decide(self, seen, memory):
            return None

    with pytest.raises(PolicyFault, match="failed with TypeError"):
        lepta.replay(WORK, [Mute(None)])


def test_a_policy_that_lets_everything_wait_ends():
    class Zero(Odd):
        def decide(self, seen, memory):
            return Decision(at_s=seen.at_s, policy=self.name, want=(0,), why="nothing"), memory

    run = lepta.replay(WORK, [Zero(None)], begin=0).policies[0]
    assert (run.served, run.in_flight, run.violations, run.kept) == (0, 200, 1.0, False)
    assert run.wait is None and run.cost_per_unit is None and run.cost == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"policy": "magic"}, "there is no policy 'magic'"),
        ({"policy": "hpa,hpa"}, "asked for twice: hpa"),
        ({"policy": "fixed:-3"}, "-3"),
        ({"policy": "fixed:nan"}, "nan"),
        ({"policy": []}, "no policy is asked for"),
        ({"slo": "fast"}, "the objective 'fast'"),
        ({"tick": 0}, "tick is 0"),
        ({"tick": float("nan")}, "tick is nan"),
        ({"startup": "soon"}, "startup is 'soon'"),
        ({"history": "1h"}, "no request arrives after the first"),
        ({"begin": "1/2"}, "begin is '1/2'"),
        ({"routing": "magic"}, "there is no routing 'magic'"),
        ({"priority": "gold"}, "the trace has no class gold"),
        ({"generate": "week"}, "there are two traces"),
    ],
)
def test_a_wrong_option_is_named(options, said):
    with pytest.raises(InputError) as caught:
        lepta.replay(WORK, **{"policy": "fixed:1", **options})
    assert said in str(caught.value) and caught.value.remedy


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"at_s": [], "service_s": []}, "the trace is empty"),
        ({"at_s": [0.0, 2.0, 1.0], "service_s": [1.0] * 3}, "at_s of request 2"),
        ({"at_s": [0.0, float("nan")], "service_s": [1.0] * 2}, "at_s of request 1"),
        ({"at_s": [-1.0, 0.0], "service_s": [1.0] * 2}, "at_s of request 0"),
        ({"at_s": [0.0, 1.0], "service_s": [1.0]}, "service_s has the shape (1,) for 2 requests"),
        ({"at_s": [0.0, 1.0], "service_s": [1.0, -2.0]}, "service_s of request 1"),
        ({"at_s": [0.0], "speed": [1.0]}, "the columns are at_s, speed"),
        (
            {"at_s": [0.0], "input_tokens": [5], "output_tokens": [5]},
            "weighted tokens per second a replica carries",
        ),
    ],
)
def test_arrays_that_are_no_trace(columns, said):
    with pytest.raises(LeptaError) as caught:
        lepta.replay(columns, "fixed:1")
    assert said in str(caught.value)
