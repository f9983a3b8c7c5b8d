"""What a cumulative histogram proves about the values that it counted."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepta.errors import InputError
from lepta.profile.histogram import Histogram, added, since

EDGES = (0.1, 0.5, 1.0, 5.0, math.inf)
VALUES = st.lists(st.floats(0, 20), min_size=1, max_size=50)


def counted(values: list[float]) -> Histogram:
    counts = tuple(float(sum(v <= edge for v in values)) for edge in EDGES)
    return Histogram(EDGES, counts, float(sum(values)))


@given(VALUES, st.floats(0.01, 0.999))
def test_the_quantile_lies_between_its_edges(values, share) -> None:
    low, high = counted(values).quantile(share)
    place = math.ceil(share * len(values) - 1e-9) - 1
    assert low <= sorted(values)[max(place, 0)] <= high


@given(VALUES, st.floats(0.001, 30))
def test_the_share_inside_lies_between_its_bounds(values, bound) -> None:
    low, high = counted(values).share_within(bound)
    assert low - 1e-12 <= np.mean([v <= bound for v in values]) <= high + 1e-12


@given(VALUES, st.sampled_from(EDGES[:-1]))
def test_at_an_edge_the_share_is_exact(values, bound) -> None:
    low, high = counted(values).share_within(bound)
    assert low == high == np.mean([v <= bound for v in values])


@given(VALUES, VALUES)
def test_what_came_after_is_the_difference(first, then) -> None:
    both, early = counted(first + then), counted(first)
    assert since(both, early).counts == counted(then).counts
    assert added((early, counted(then))).counts == both.counts


@pytest.mark.parametrize(
    ("edges", "counts"),
    [
        ((1.0, 2.0), (1.0, 2.0)),
        ((2.0, 1.0, math.inf), (1.0, 2.0, 3.0)),
        ((1.0, math.inf), (3.0, 2.0)),
        ((1.0, math.inf), (-1.0, 2.0)),
        ((1.0, math.inf), (1.0, math.nan)),
        ((1.0, math.inf), (1.0, math.inf)),
        ((), ()),
    ],
)
def test_a_histogram_that_makes_no_sense_is_refused(edges, counts) -> None:
    with pytest.raises(InputError):
        Histogram(edges, counts)


def test_a_server_that_was_started_anew_is_seen() -> None:
    with pytest.raises(InputError, match="smaller in the later snapshot"):
        since(counted([0.2]), counted([0.2, 0.3]))
