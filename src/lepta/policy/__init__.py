"""Policies: from what is seen of a pool to the levels that it should have, and why."""
