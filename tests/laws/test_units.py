"""Units: a value is in its range at birth; money crosses the border between float and integer."""

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepta.errors import InputError
from lepta.units import Count, Fraction, Money, MoneyPerHour, check, from_micros, to_micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    id: str = "x"
    price: MoneyPerHour | None = None
    share: Fraction = 0.0
    count: Count = 0
    saved: Money = 0.0

    def __post_init__(self) -> None:
        check(self)


@given(st.floats(0, 1e300), st.floats(0, 1), st.integers(0, 10**18), st.floats(-1e300, 1e300))
def test_values_in_range_are_born(price, share, count, saved) -> None:
    assert Thing(price=price, share=share, count=count, saved=saved).price == price


@given(st.sampled_from(["price", "share", "count"]), st.floats(max_value=-1e-300))
def test_negative_is_refused_where_it_has_no_meaning(field, number) -> None:
    with pytest.raises(InputError, match=f"^Thing x: {field} is "):
        Thing(**{field: number})


@pytest.mark.parametrize(
    "number", [math.nan, math.inf, -math.inf, 10**400], ids=lambda n: str(n)[:4]
)
def test_not_finite_is_refused_everywhere(number) -> None:
    for field in ("price", "share", "saved"):
        with pytest.raises(InputError, match="remedy"):
            Thing(**{field: number})


@pytest.mark.parametrize("value", ["1", b"1", [1.0], 1j])
def test_what_is_no_number_is_refused_with_words(value) -> None:
    with pytest.raises(InputError, match="must be a number"):
        Thing(price=value)


def test_a_count_is_whole() -> None:
    with pytest.raises(InputError, match="whole number"):
        Thing(count=1.5)  # type: ignore[arg-type]


def test_unknown_is_not_checked_and_not_zero() -> None:
    assert Thing(price=None).price is None


@given(st.integers(-(10**15), 10**15))
def test_micros_survive_the_way_there_and_back(micros) -> None:
    assert to_micros(from_micros(micros)) == micros


@given(st.floats(-1e9, 1e9))
def test_money_is_rounded_by_half_a_micro_at_most(amount) -> None:
    # Half a micro-unit, and one step of float64 at the size of amount * 1e6.
    assert abs(to_micros(amount) - amount * 1e6) <= 0.5 + math.ulp(abs(amount) * 1e6)


@pytest.mark.parametrize("amount", [math.nan, math.inf, -math.inf])
def test_money_that_is_not_finite(amount) -> None:
    with pytest.raises(InputError, match="amount of money"):
        to_micros(amount)
