"""What spot will cost: a price is a step function of the moments at which it changed.

It is sampled into a series, and `PRICE` forecasts that: the last price, with calibrated relative
errors of the whole past that follow the latest misses. Refit it daily.
"""

import numpy as np

from lepta.errors import InputError
from lepta.forecast.base import Array, Series
from lepta.forecast.calendar import DAY_S
from lepta.forecast.conformal import Conformal
from lepta.forecast.seasonal import Naive

__all__ = ["PRICE", "sampled"]

PRICE = Conformal(base=Naive(), power=1.0, reach_s=7 * DAY_S, share=0.8, rate=0.02)


def sampled(
    at_s: Array,
    price: Array,
    *,
    step_s: float,
    until_s: float,
    epoch_s: float = float("nan"),
    name: str = "",
    unit: str = "USD/h",
) -> Series:
    """Return the price at the beginning of every step from the first change to `until_s`.

    price (n,): what holds from at_s (n,) on, NaN while there is none (removed, no spot offered).

    Raises
    ------
    InputError
        There is no change, their times fall, or a price is negative.
    """
    times, values = np.asarray(at_s, float), np.asarray(price, float)
    where = f"prices of {name}".rstrip()
    if not len(times) or until_s <= times[0]:
        raise InputError("no price is known before the end", where=where, remedy="give changes")
    if (np.diff(times) < 0).any() or (values < 0).any():
        row = int(np.argmax(np.concatenate(([False], np.diff(times) < 0)) | (values < 0)))
        raise InputError(
            f"change {row + 1} lies before the one above, or its price is negative",
            where=where,
            remedy="sort the changes by time",
        )
    origin = 0.0 if np.isnan(epoch_s) else epoch_s
    first = int(np.ceil((times[0] + origin) / step_s - 1e-9))
    last = int(np.ceil((until_s + origin) / step_s - 1e-9))
    begins = np.arange(first, max(last, first)) * step_s - origin
    holds = np.searchsorted(times, begins + 1e-6, side="right") - 1
    return Series(
        values=values[holds],
        step_s=step_s,
        start_s=first * step_s - origin,
        epoch_s=epoch_s,
        name=name,
        unit=unit,
    )
