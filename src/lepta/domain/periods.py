"""The horizon cut into periods within which no demand class changes its rate."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from lepta.domain.demand import Demand
from lepta.errors import InputError
from lepta.units import Hours, check

__all__ = ["SLACK", "Gap", "Horizon", "Interval", "Period", "cut", "overlap"]


class Interval(Protocol):
    """Whatever has a half-open interval [start, end)."""

    @property
    def start(self) -> datetime:
        """The first instant."""
        ...

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        ...


T = TypeVar("T", bound=Interval)

SLACK = timedelta(seconds=1)
"""Ends and starts that lie closer than this are one instant: 0.3333 h is meant to be 20 minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """[start, start + hours) with one arrival rate per class, in the order of the horizon."""

    start: datetime
    hours: Hours
    rates: tuple[float, ...]

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Time within the horizon for which nobody gave the demand of a class ("" is every class)."""

    demand_class: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """All periods in order of time. Time that no class covers is not part of any of them."""

    classes: tuple[str, ...]
    periods: tuple[Period, ...]
    gaps: tuple[Gap, ...]

    @property
    def hours(self) -> float:
        """The hours that are planned."""
        return sum(period.hours for period in self.periods)


def overlap(rows: Sequence[T], key: Callable[[T], Any]) -> tuple[int, int] | None:
    """Find two rows of one key that share more than a second of time: their places, or None."""
    order = sorted(range(len(rows)), key=lambda i: (key(rows[i]), rows[i].start, i))
    latest: int | None = None
    for place in order:
        row = rows[place]
        before = rows[latest] if latest is not None else None
        if before is None or latest is None or key(before) != key(row):
            latest = place
            continue
        if before.end - row.start > SLACK or before.start == row.start:
            return latest, place
        if row.end > before.end:
            latest = place
    return None


def cut(demand: Sequence[Demand]) -> Horizon:
    """Cut the horizon at every start and end of an interval.

    Raises
    ------
    InputError
        There is no demand at all, an interval is shorter than two seconds, or two intervals of
        one class overlap.
    """
    if not demand:
        raise InputError("there is no demand", remedy="give at least one row of demand")
    for row in demand:
        if row.end - row.start < 2 * SLACK:
            raise InputError(
                f"demand of {row.demand_class} from {row.start.isoformat()} lasts {row.hours:g} h",
                remedy="give intervals of at least two seconds",
            )
    if clash := overlap(demand, lambda row: row.demand_class):
        one, two = (demand[place] for place in clash)
        raise InputError(
            f"two intervals of {one.demand_class} overlap: {_span(one)} and {_span(two)}",
            remedy="cut or merge them, so that each moment has one rate",
        )
    instants = _instants(demand)
    classes = tuple(sorted({row.demand_class for row in demand}))
    place = {name: number for number, name in enumerate(classes)}
    rates: list[list[float | None]] = [[None] * len(classes) for _ in instants[:-1]]
    for row in demand:
        for step in range(_nearest(instants, row.start), _nearest(instants, row.end)):
            rates[step][place[row.demand_class]] = row.rate_per_s
    periods = tuple(
        Period(
            start=start,
            hours=(end - start) / timedelta(hours=1),
            rates=tuple(0.0 if rate is None else rate for rate in known),
        )
        for start, end, known in zip(instants, instants[1:], rates, strict=False)
        if any(rate is not None for rate in known)
    )
    return Horizon(classes=classes, periods=periods, gaps=_gaps(classes, instants, rates))


def _span(row: Demand) -> str:
    return f"{row.start.isoformat()} to {row.end.isoformat()}"


def _instants(demand: Sequence[Demand]) -> list[datetime]:
    """Return all starts, and the ends that do not meet a start, each once.

    Of starts that are one instant the first counts, of ends the last: nothing is cut off.
    """
    instants: list[datetime] = []
    starts, ends = sorted({row.start for row in demand}), sorted({row.end for row in demand})
    for moment in [*starts, *reversed(ends)]:
        if not instants or abs(instants[_nearest(instants, moment)] - moment) > SLACK:
            insort(instants, moment)
    return instants


def _nearest(instants: Sequence[datetime], moment: datetime) -> int:
    after = min(bisect_left(instants, moment), len(instants) - 1)
    before = max(bisect_right(instants, moment) - 1, 0)
    return min((before, after), key=lambda i: abs(instants[i] - moment))


def _gaps(
    classes: tuple[str, ...], instants: Sequence[datetime], rates: Sequence[Sequence[float | None]]
) -> tuple[Gap, ...]:
    found: list[Gap] = []
    silent = [all(rate is None for rate in known) for known in rates]
    for number, name in [(-1, ""), *enumerate(classes)]:
        begin: datetime | None = None
        for step, start in enumerate(instants):
            missing = step < len(rates) and (
                silent[step] if number < 0 else not silent[step] and rates[step][number] is None
            )
            if missing and begin is None:
                begin = start
            elif not missing and begin is not None:
                found.append(Gap(demand_class=name, start=begin, end=start))
                begin = None
    return tuple(found)
