"""Request rates of ServeGen (alibaba/ServeGen, Apache-2.0): per client and window of 600 s.

A window may be missing from the record: its total is 0, or a trickle where the edge of the hole
cuts a window, while the neighbors carry hundreds per second. Such a window is lost, not idle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import fmean, median

from lepta.adapters.traces.fetch import fetch
from lepta.errors import InputError

__all__ = ["FILE", "HOURS", "LOST_BELOW", "Day", "days", "read"]

FILE = "llm_requests/servegen_client_rates.parquet"
HOURS = 24
LOST_BELOW = 0.1
"""A window with less than this share of the median window of its workload counts as lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The mean rate of each hour of one day, all clients together."""

    workload: str
    day: int
    rates_per_s: tuple[float, ...]
    windows_lost: int
    """Windows left out of the hourly means."""
    hours_bridged: tuple[int, ...]
    """Hours without any window, drawn straight between the hours around them."""

    @property
    def mean_per_s(self) -> float:
        """The mean rate of the day."""
        return fmean(self.rates_per_s)


def read(folder: str | Path, workload: str) -> tuple[Day, ...]:
    """Read the days of one workload (m-large, m-mid, deepseek-r1, mm-image).

    Raises
    ------
    InputError
        The file has no such workload.
    """
    return days(
        workload,
        fetch(
            folder,
            FILE,
            "SELECT t_s, sum(requests_per_s::DOUBLE ORDER BY client) FROM data "
            "WHERE workload = $workload GROUP BY t_s ORDER BY t_s",
            workload=workload,
        ),
    )


def days(workload: str, windows: Sequence[tuple[int, float]]) -> tuple[Day, ...]:
    """Turn (start in seconds, total rate) of windows, in order of time, into hourly days.

    Raises
    ------
    InputError
        There is no window, or a whole day is lost.
    """
    if not windows:
        raise InputError(f"there is no workload {workload!r}", where=FILE, remedy="name another")
    least = LOST_BELOW * median(rate for _, rate in windows)
    return tuple(
        _day(workload, day, list(group), least)
        for day, group in groupby(windows, key=lambda window: window[0] // 86_400)
    )


def _day(workload: str, day: int, windows: list[tuple[int, float]], least: float) -> Day:
    kept: dict[int, list[float]] = {}
    for start, rate in windows:
        if rate > 0 and rate >= least:
            kept.setdefault(start % 86_400 // 3_600, []).append(rate)
    if not kept:
        raise InputError(f"day {day} of {workload} is lost", where=FILE, remedy="name another day")
    means = {hour: fmean(rates) for hour, rates in kept.items()}
    return Day(
        workload=workload,
        day=day,
        rates_per_s=tuple(_bridge(means, hour) for hour in range(HOURS)),
        windows_lost=len(windows) - sum(map(len, kept.values())),
        hours_bridged=tuple(hour for hour in range(HOURS) if hour not in means),
    )


def _bridge(means: dict[int, float], hour: int) -> float:
    if hour in means:
        return means[hour]
    before = max((known for known in means if known < hour), default=None)
    after = min((known for known in means if known > hour), default=None)
    if before is None or after is None:
        return means[min(means) if before is None else max(means)]
    part = (hour - before) / (after - before)
    return means[before] * (1 - part) + means[after] * part
