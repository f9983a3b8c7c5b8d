"""Conformance suites for what others plug into lepta: subclass, give a fixture, inherit the tests.

from lepta.testing import PolicyContract

class TestMine(PolicyContract):
    def policy(self, pool):
        return Mine(target=0.7)
"""

from lepta.testing.policies import PolicyContract

__all__ = ["PolicyContract"]
