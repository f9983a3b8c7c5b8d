"""Scenarios of demand from days that happened: whole days drawn again, all classes together.

A day of history is one draw, so the shape of a day and what classes do at the same time stay as
they were; what one day does to the next does not (a block bootstrap with days as blocks; Kunsch
1989). The level is that of the history: no growth is added.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from lepta.domain.demand import Demand, Scenario
from lepta.errors import InputError, listing

__all__ = ["bootstrap_days"]

Array = npt.NDArray[np.float64]

DAY = timedelta(days=1)
SLACK_S = 2.0
"""A day of which no more than this is missing is whole: hours are rounded."""


def bootstrap_days(
    history: Sequence[Demand],
    wanted: Sequence[Demand],
    count: int,
    rng: np.random.Generator,
) -> tuple[Scenario, ...]:
    """Draw scenarios with the intervals of `wanted` from whole days (UTC) of a history.

    Parameters
    ----------
    history  demand that was seen; days that miss a part of a class are not drawn
    wanted   the demand to be planned: its classes and intervals
    count    scenarios, all equally likely
    rng      where chance comes from: the same state gives the same scenarios

    Each day of the horizon takes a day of the same weekday where the history has one, else any day.

    Raises
    ------
    InputError
        A class has no history, the history has no whole day, or no scenario is asked for.
    """
    if count < 1:
        raise InputError(f"{count} scenarios are asked for", remedy="give 1 or more")
    classes = sorted({row.demand_class for row in wanted})
    days = _whole_days(history, classes)
    dates = sorted({piece for row in wanted for piece, _, _ in _pieces(row)})
    same = {
        day: [one for one in days if one.weekday() == day.weekday()] or list(days) for day in dates
    }
    found = []
    for number in range(1, count + 1):
        drawn = {day: same[day][int(rng.integers(len(same[day])))] for day in dates}
        rows = tuple(
            replace(row, rate_per_s=_mean(row, {day: days[drawn[day]] for day in dates}))
            for row in wanted
        )
        found.append(Scenario(name=f"days {number}", probability=1.0 / count, demand=rows))
    return tuple(found)


def _mean(row: Demand, days: "dict[date, dict[str, _Line]]") -> float:
    """Average the rate over an interval, each part of it on the day that was drawn for it."""
    total = 0.0
    for day, begin, end in _pieces(row):
        total += days[day][row.demand_class].between(begin, end)
    return total / sum(end - begin for _, begin, end in _pieces(row))


def _pieces(row: Demand) -> list[tuple[date, float, float]]:
    """Cut an interval at midnights: (day, seconds of the day from, to)."""
    found, begin = [], row.start.astimezone(UTC)
    while begin < row.end:
        midnight = datetime.combine(begin.date(), time(), UTC)
        end = min(row.end.astimezone(UTC), midnight + DAY)
        found.append(
            (begin.date(), (begin - midnight).total_seconds(), (end - midnight).total_seconds())
        )
        begin = end
    return found


class _Line:
    """The requests of a class up to each second of a day."""

    def __init__(self, parts: Sequence[tuple[float, float, float]]) -> None:
        ordered = sorted(parts)
        self.edges: Array = np.array([ordered[0][0], *(end for _, end, _ in ordered)])
        sums = np.cumsum([rate * (end - begin) for begin, end, rate in ordered])
        self.sums: Array = np.concatenate(([0.0], sums))
        self.missing = 86_400.0 - sum(end - begin for begin, end, _ in ordered)

    def between(self, begin: float, end: float) -> float:
        """Count the requests between two seconds of the day."""
        low, high = np.interp([begin, end], self.edges, self.sums)
        return float(high - low)


def _whole_days(history: Sequence[Demand], classes: Sequence[str]) -> dict[date, dict[str, _Line]]:
    parts: dict[date, dict[str, list[tuple[float, float, float]]]] = {}
    for row in history:
        for day, begin, end in _pieces(row):
            mine = parts.setdefault(day, {}).setdefault(row.demand_class, [])
            mine.append((begin, end, row.rate_per_s))
    unseen = [name for name in classes if not any(name in mine for mine in parts.values())]
    if unseen:
        raise InputError(
            f"there is no history of {listing(unseen)}",
            remedy="give intervals of each class that is planned, under the same name",
        )
    whole = {}
    for day, seen in sorted(parts.items()):
        lines = {name: _Line(seen[name]) for name in classes if name in seen}
        if len(lines) == len(classes) and all(line.missing <= SLACK_S for line in lines.values()):
            whole[day] = lines
    if not whole:
        raise InputError(
            f"the history of {listing(sorted(classes))} has no whole day (UTC)",
            remedy="give at least one day from midnight to midnight without gaps, in all classes",
        )
    return whole
