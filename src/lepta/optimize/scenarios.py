"""Usage that may come: whole weeks or days of the history drawn anew, times growth.

Blocks are drawn whole and for all families at once, so what rises together in the history rises
together in the forecast (block bootstrap; Kuensch 1989). The random generator is handed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from lepta.domain.commitment import HOURS_PER_YEAR, Forecast, History
from lepta.errors import InputError, listing

__all__ = ["MOST_CELLS", "bootstrap", "fitted"]

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

HOUR = timedelta(hours=1)
DAY = 24
WEEK = 168
FEWEST_WEEKS = 4
"""Whole weeks from which on weeks are drawn; below, days."""
LOWEST_GROWTH = -0.95
MOST_CELLS = 20_000_000
"""Scenarios x hours x families: 160 MB, of which a few copies are made."""


@dataclass(frozen=True, slots=True)
class _Blocks:
    length: int
    groups: tuple[Places, ...]
    """First hours of the blocks to draw from, by turn: block t comes from group t mod len."""
    said: str


def bootstrap(
    history: History,
    *,
    hours: int,
    scenarios: int,
    growth: float,
    spread: float,
    random: np.random.Generator,
) -> Forecast:
    """Draw scenarios of `hours` hours that start where the history ends.

    Each scenario has a yearly growth of its own: `growth` plus `spread` times a normal number, in
    pairs that lie as far above as below. Its usage is the block drawn times (1 + growth)^t, with t
    in years from the start of the forecast to that of the block.

    Raises
    ------
    InputError
        The history has no whole day in which every family is known, or the forecast is too large.
    """
    start = history.start + len(history.units) * HOUR
    _check_size(scenarios, hours, len(history.pools))
    blocks = _blocks(history)
    count = -(-hours // blocks.length)
    first = np.stack(
        [random.choice(blocks.groups[t % len(blocks.groups)], scenarios) for t in range(count)], 1
    )
    pairs = random.normal(size=(scenarios + 1) // 2)
    yearly = np.maximum(
        growth + spread * np.concatenate((pairs, -pairs))[:scenarios], LOWEST_GROWTH
    )
    years = np.arange(count) * blocks.length / HOURS_PER_YEAR
    level = (1.0 + yearly)[:, None] ** years
    hour = first[:, :, None] + np.arange(blocks.length)
    drawn = history.units[hour] * level[:, :, None, None]
    units = drawn.reshape(scenarios, count * blocks.length, -1)[:, :hours]
    note = (
        f"The forecast draws {blocks.said} of the history, {scenarios} scenarios, times a growth "
        f"of {100 * growth:g}% a year with a standard deviation of {100 * spread:g}% between "
        "scenarios; both are assumptions, not measured."
    )
    return Forecast(start=start, pools=history.pools, units=units, notes=(note, *_holes(history)))


def fitted(forecast: Forecast, *, hours: int, keep: Sequence[tuple[str, str]]) -> Forecast:
    """Cut a forecast to `hours` hours and the families to keep; repeat it where it is shorter."""
    given = forecast.units.shape[1]
    _check_size(len(forecast.units), hours, len(keep))
    columns = [forecast.pools.index(pool) for pool in keep]
    place = np.arange(hours) % given
    notes = forecast.notes
    if given < hours:
        notes += (
            f"The forecast covers {given / DAY:g} of {hours / DAY:g} days: it is repeated to the "
            "end, without growth.",
        )
    units = forecast.units[:, :, columns][:, place]
    return Forecast(start=forecast.start, pools=tuple(keep), units=units, notes=notes)


def _check_size(scenarios: int, hours: int, pools: int) -> None:
    if scenarios * hours * max(pools, 1) > MOST_CELLS:
        raise InputError(
            f"{scenarios} scenarios of {hours} hours and {pools} families are more than "
            f"{MOST_CELLS:,} numbers",
            remedy=f"use at most {max(MOST_CELLS // (hours * pools), 1)} scenarios, or fewer "
            "families",
        )


def _blocks(history: History) -> _Blocks:
    """Find the blocks to draw from: in step with the forecast, and known hour by hour."""
    known = np.asarray(~np.isnan(history.units).any(axis=1), dtype=np.bool_)
    weeks = _whole(known, WEEK)
    if len(weeks) >= FEWEST_WEEKS:
        return _Blocks(WEEK, (weeks,), f"from {len(weeks)} whole weeks")
    days = _whole(known, DAY)
    if not len(days):
        silent = [
            f"{family} in {region}"
            for (family, region), line in zip(history.pools, history.units.T, strict=True)
            if np.isnan(line).any()
        ]
        raise InputError(
            "the history has no whole day in which the usage of every family is known"
            + (f"; hours are missing for {listing(silent)}" if silent else ""),
            remedy="give at least 24 hours in a row of each family, or a forecast",
        )
    turn = (len(known) - days) // DAY % 7
    # The forecast starts where the history ends: its day t is on the weekday of days 7 k - t.
    groups = tuple(days[turn == -t % 7] for t in range(7))
    if all(len(group) for group in groups):
        return _Blocks(DAY, groups, f"from {len(days)} whole days, each weekday from its own kind,")
    return _Blocks(DAY, (days,), f"from {len(days)} whole days, without regard to weekdays,")


def _whole(known: Mask, length: int) -> Places:
    """First hours of the blocks that end a whole number of blocks before the end and are known."""
    first = np.arange(len(known) % length, len(known), length)
    return np.array([hour for hour in first if known[hour : hour + length].all()], dtype=np.int64)


def _holes(history: History) -> tuple[str, ...]:
    notes = []
    for (family, region), line in zip(history.pools, history.units.T, strict=True):
        missing = np.flatnonzero(np.isnan(line))
        if len(missing):
            moment: datetime = history.start + int(missing[0]) * HOUR
            notes.append(
                f"The usage of {family} in {region} is unknown in {len(missing)} h of "
                f"{len(line)}, first at {moment.isoformat().replace('+00:00', 'Z')}: days or weeks "
                "with such an hour are not drawn from."
            )
    return tuple(notes)
