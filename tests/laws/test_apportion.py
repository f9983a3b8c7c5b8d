"""Laws of rounding that keeps a sum."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepta.numerics.apportion import PICOS, apportion, round_half_even

amounts = st.lists(st.integers(-(10**20), 10**20), min_size=1, max_size=40)


@given(amounts)
def test_parts_sum_to_the_rounded_sum_and_stay_within_one_micro(picos: list[int]) -> None:
    parts = apportion(picos)
    assert sum(parts) == round_half_even(sum(picos))
    assert all(
        abs(part * PICOS - amount) < PICOS for part, amount in zip(parts, picos, strict=True)
    )


@given(amounts, st.integers(-(10**12), 10**12))
def test_any_total_is_kept(picos: list[int], total: int) -> None:
    assert sum(apportion(picos, total)) == total


@given(st.lists(st.integers(-(10**9), 10**9).map(lambda n: n * PICOS), min_size=1))
def test_whole_micros_stay(picos: list[int]) -> None:
    assert apportion(picos) == [amount // PICOS for amount in picos]


@given(st.integers(-(10**12), 10**12))
def test_half_even_is_what_python_rounds(picos: int) -> None:
    assert round_half_even(picos) == round(Fraction(picos, PICOS))


def test_nobody_carries_nothing() -> None:
    assert apportion([]) == []
    with pytest.raises(ValueError, match="nobody"):
        apportion([], 1)
