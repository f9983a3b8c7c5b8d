"""Every policy of ours keeps the contract that is shipped for others."""

import numpy as np
import pytest

from lepta.domain.pool import Pool, Variant
from lepta.policy.registry import BUILTIN, Future, parse
from lepta.testing import PolicyContract


class _Named(PolicyContract):
    text = ""

    def policy(self, pool):
        future = Future(load_per_s=np.full((200, 1), 50.0), tick_s=15.0)
        return parse(self.text, pool, future=future)


class TestHpa(_Named):
    text = "hpa"

    def test_an_empty_pool_grows_again(self):
        """Kubernetes switches the autoscaler off at 0 replicas (ScalingDisabled); so does ours."""
        pool = self.pool()
        policy = self.policy(pool)
        seen = self._seen(pool, [50.0] * 40, serving=0)
        assert policy.decide(seen, policy.start())[0].want == (0,)


class TestWva(_Named):
    text = "wva"


class TestWindow(_Named):
    text = "window"


class TestPredictive(_Named):
    text = "predictive"


class TestMixed(_Named):
    """Two kinds of replicas, of which the policy may hold either."""

    text = "predictive"

    def pool(self):
        small = Variant(name="L4", price_per_hour=0.8, startup_s=60.0, limit=30)
        large = Variant(name="H100", price_per_hour=4.0, startup_s=120.0, limit=6)
        return Pool(variants=(small, large), capacity_per_s=np.array([[10.0, 60.0]]))


class TestWvaMixed(TestMixed):
    text = "wva"


class TestHorizon(_Named):
    text = "horizon"


class TestHorizonMixed(TestMixed):
    text = "horizon"


@pytest.mark.parametrize("name", sorted(BUILTIN))
def test_every_parameter_is_explained(name):
    for parameter in BUILTIN[name].parameters:
        assert parameter.meaning and parameter.low <= parameter.high
