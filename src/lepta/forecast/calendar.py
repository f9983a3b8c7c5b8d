"""Days and hours that are not like the others: holidays, launches, outages, with name and span.

A calendar turns Unix time into the features that a learned model reads, and tells a seasonal
profile which steps it should not learn from.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt

from lepta.errors import InputError

__all__ = ["DAY_S", "WEEK_S", "Calendar", "Event", "holidays_of"]

Array = npt.NDArray[np.float64]
DAY_S = 86_400.0
WEEK_S = 7 * DAY_S
MONDAY_S = 4 * DAY_S
"""Unix time began on a Thursday: the first Monday is four days in."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something with a name that makes [begin_s, end_s) in Unix time unlike other times.

    Events of one name are one kind: what the last one did is what the next one is expected to do.
    """

    name: str
    begin_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not (np.isfinite([self.begin_s, self.end_s]).all() and self.begin_s < self.end_s):
            raise InputError(
                f"it lasts from {self.begin_s:g} to {self.end_s:g}",
                where=f"event {self.name!r}",
                remedy="give a begin before its end, in Unix seconds",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Events, and where local midnight lies (`offset_s` east of UTC; no daylight saving)."""

    events: tuple[Event, ...] = ()
    offset_s: float = 0.0

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of its events, sorted, each once."""
        return tuple(sorted({event.name for event in self.events}))

    def special(self, unix_s: Array) -> npt.NDArray[np.bool_]:
        """Tell which instants lie in any event."""
        inside = np.zeros(len(unix_s), bool)
        for event in self.events:
            inside |= (unix_s >= event.begin_s) & (unix_s < event.end_s)
        return inside

    def features(self, unix_s: Array) -> Array:
        """Return (instants, 6 + kinds): what a learned model is told about each instant.

        Hour of the day and day of the week (both with fraction), sine and cosine of the day,
        weekend or not, the hours since local Monday, and for each kind of event 1 inside it.
        """
        local = unix_s + self.offset_s
        of_day = np.mod(local, DAY_S) / DAY_S
        of_week = np.mod(local - MONDAY_S, WEEK_S) / DAY_S
        turn = 2 * np.pi * of_day
        columns = [
            of_day * 24,
            np.floor(of_week),
            np.sin(turn),
            np.cos(turn),
            (of_week >= 5).astype(float),
            of_week * 24,
        ]
        for kind in self.kinds:
            inside = np.zeros(len(unix_s))
            for event in self.events:
                if event.name == kind:
                    inside[(unix_s >= event.begin_s) & (unix_s < event.end_s)] = 1.0
            columns.append(inside)
        return np.column_stack(columns)


def holidays_of(days: Iterable[tuple[date, str]], offset_s: float = 0.0) -> tuple[Event, ...]:
    """Turn public holidays, as (day, name), into events of whole local days.

    The library `holidays` gives such pairs: `holidays.country_holidays("US", years=2026).items()`.
    """
    found = []
    for day, name in sorted(days):
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() - offset_s
        found.append(Event(name, begin, begin + DAY_S))
    return tuple(found)
