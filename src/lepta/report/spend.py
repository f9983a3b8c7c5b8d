"""The spend side of a report: breakdowns that are cut short and still sum to the bill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lepta.domain.assessment import IDLE, UNALLOCATED, UNKNOWN, Assessment, Finding, UnitCost
from lepta.report.numbers import ALWAYS_SHOWN, label

__all__ = [
    "Breakdown",
    "Daily",
    "Line",
    "Told",
    "breakdown",
    "daily",
    "lines",
    "ranked_findings",
    "ranked_units",
    "unowned",
]


MACHINE_UNIT = "GPU-hour"
"""The unit that says what a machine costs rather than the work done on it."""

MANY = {
    "allocated-not-computing": "workloads held accelerators without computing",
    "endpoint-without-traffic": "endpoints served no request",
    "idle-machine": "machines had no work",
    "unattached-volume": "volumes were attached to nothing",
}
"""What several findings of a kind are called together."""

GROUP_FROM = 3
"""So many findings of one kind, team and confidence are told as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One member of a dimension and its money."""

    key: str
    label: str
    micros: int
    known: bool = True
    """Could it be seen at all? What could not is shown as unknown, never as zero."""

    @property
    def special(self) -> bool:
        """Is it idle, unallocated or not stated, rather than somebody's?"""
        return self.key in ALWAYS_SHOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """The largest members of a dimension, and all others as one sum: together the bill."""

    dimension: str
    lines: tuple[Line, ...]
    more: int
    """Members that are not shown one by one."""
    rest_micros: int
    total_micros: int

    @property
    def says_something(self) -> bool:
        """Are there at least two members, or one that has a name?"""
        return len(self.lines) + self.more > 1 or any(not line.special for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """Money per day (columns) and member (rows); the last row may be "N others"."""

    days: tuple[date, ...]
    series: tuple[tuple[Line, tuple[int, ...]], ...]


def breakdown(assessment: Assessment, dimension: str, most: int = 12) -> Breakdown:
    """Cut a dimension to its `most` largest members; the three special lines always stay."""
    return lines(dimension, assessment.by(dimension), most)


def lines(dimension: str, sums: Mapping[str, int], most: int = 12) -> Breakdown:
    """Cut sums that are known already; by the size of the amount, so that credits show too."""
    named = [key for key in sums if key not in ALWAYS_SHOWN]
    named.sort(key=lambda key: (-abs(sums[key]), key))
    # An "other" row takes as much room as the one row that it would hide.
    kept = named if len(named) <= most + 1 else named[:most]
    kept = sorted(kept, key=lambda key: (-sums[key], key))
    special = [key for key in (IDLE, UNALLOCATED, UNKNOWN) if key in sums]
    total = sum(sums.values())
    shown = tuple(Line(key=key, label=label(key), micros=sums[key]) for key in (*kept, *special))
    return Breakdown(
        dimension=dimension,
        lines=shown,
        more=len(named) - len(kept),
        rest_micros=total - sum(line.micros for line in shown),
        total_micros=total,
    )


def unowned(assessment: Assessment) -> tuple[Line, ...]:
    """Give what no team owns as lines of their own: idle, unallocated, not stated."""
    sums = assessment.by("team")
    return tuple(
        Line(
            key=key,
            label=label(key),
            micros=sums.get(key, 0),
            known=key != IDLE or assessment.usage_seen,
        )
        for key in (IDLE, UNALLOCATED, UNKNOWN)
    )


def daily(assessment: Assessment, dimension: str = "team", most: int = 7) -> Daily:
    """Stack the days by the largest members. A day without a row of a member cost nothing there."""
    cells = [cell for cell in assessment.daily if cell.dimension == dimension]
    if not cells:
        return Daily(days=(), series=())
    first, last = min(cell.day for cell in cells), max(cell.day for cell in cells)
    days = tuple(first + timedelta(days=index) for index in range((last - first).days + 1))
    place = {day: index for index, day in enumerate(days)}
    grid: dict[str, list[int]] = {}
    for cell in cells:
        grid.setdefault(cell.key, [0] * len(days))[place[cell.day]] += cell.cost_micros
    cut = lines(dimension, {key: sum(row) for key, row in grid.items()}, most)
    series = [(line, tuple(grid.pop(line.key))) for line in cut.lines]
    if grid:
        rest = tuple(sum(column) for column in zip(*grid.values(), strict=True))
        other = Line(key="", label=f"{len(grid)} others", micros=sum(rest))
        # Beside the other named members, before the gray ones.
        spot = next((i for i, (line, _) in enumerate(series) if line.special), len(series))
        series.insert(spot, (other, rest))
    return Daily(days=days, series=tuple(series))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One finding, or several of a kind told as one; the parts are the dearest first."""

    title: str
    parts: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """Return the finding that stands for the group."""
        return self.parts[0]

    @property
    def saving_micros(self) -> int:
        """Return what all parts save within the bill."""
        return sum(part.saving_micros for part in self.parts)

    @property
    def saving_per_month_micros(self) -> int:
        """Return what all parts save in a month of 730 h."""
        return sum(part.saving_per_month_micros for part in self.parts)


def ranked_findings(findings: Sequence[Finding]) -> list[Told]:
    """Order findings by money, telling many of one kind, team and confidence as one."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in sorted(findings, key=lambda it: (-it.saving_micros, it.id)):
        key = (finding.kind, finding.team, finding.confidence)
        groups.setdefault(key, []).append(finding)
    told: list[Told] = []
    for (kind, *_), parts in groups.items():
        if len(parts) < GROUP_FROM:
            told.extend(Told(title=part.title, parts=(part,)) for part in parts)
        else:
            title = f"{len(parts)} {MANY.get(kind, kind)}"
            told.append(Told(title=title, parts=tuple(parts)))
    return sorted(told, key=lambda it: (-it.saving_micros, it.first.id))


def ranked_units(units: Sequence[UnitCost]) -> list[UnitCost]:
    """Order unit costs: work done first, the dearest workload on top, then what it ran on.

    The rows of one workload (input and output tokens) stand together; so do those of one
    accelerator, whose row over all teams comes first.
    """
    weight: dict[tuple[bool, str, str], int] = {}

    def group(unit: UnitCost) -> tuple[bool, str, str]:
        if unit.unit == MACHINE_UNIT:
            return (True, unit.accelerator, "")
        return (False, unit.team, unit.workload)

    for unit in units:
        weight[group(unit)] = weight.get(group(unit), 0) + unit.cost_micros
    return sorted(
        units, key=lambda u: (group(u)[0], -weight[group(u)], group(u), -u.cost_micros, u.unit)
    )
