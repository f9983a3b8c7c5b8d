"""Fleets of single periods put side by side: bridged, kept running, and improved window by window.

What the periods chose for themselves is a plan already. It gets cheaper where a unit that is given
back is started again soon: holding it costs less than another start. After that, windows of a few
periods are solved again with what lies beside them as it is (relax-and-fix neighborhoods; Pochet &
Wolsey 2006, section 3.6), for as long as there is time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from lepta.errors import LeptaError
from lepta.numerics.linear import Status, solve
from lepta.optimize.mix.budget import Budget
from lepta.optimize.mix.cells import Cells
from lepta.optimize.mix.model import Model
from lepta.optimize.mix.program import Anchor, Floors, Problem, assemble
from lepta.optimize.mix.settle import Fleet, Period, route

__all__ = [
    "Whole",
    "exact",
    "improve",
    "join",
    "keep_running",
    "routed",
    "starts_of",
    "total",
    "window",
    "within_swaps",
]

Array = npt.NDArray[np.float64]

SMALL_PAIRS, SMALL_UNITS = 4_000, 400
"""A horizon up to this size is also given to branch and bound as one."""
WINDOW_UNITS = 240
"""Whole numbers in one window."""
FINER = 20.0
"""A window is solved to so much smaller a gap than the whole."""
BETTER = 1e-9
"""Relative gain below which a change is none."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A plan for all periods: fleets one after the other, and what starts between them."""

    fleets: tuple[Fleet, ...]
    cost: float
    """Units, starts, sending, penalties, and carbon at its price."""

    @property
    def units(self) -> Array:
        """(P, G)"""
        return np.array([fleet.units for fleet in self.fleets])


def starts_of(model: Model, units: Array) -> Array:
    """Count the units that start at the beginning of each period, (P, G).

    Where nobody knows what runs before, the first period starts nothing.
    """
    before = units[:1] if model.before is None else model.before[None, :]
    return np.maximum(np.diff(np.vstack((before, units)), axis=0), 0.0)


def total(model: Model, fleets: Sequence[Fleet]) -> float:
    """Add up what the fleets cost together."""
    units = np.array([fleet.units for fleet in fleets])
    sent = sum(send + fine for fleet in fleets for send, fine, _ in fleet.spent)
    starts = float((starts_of(model, units) @ model.market.start).sum())
    return float((model.unit_cost * units).sum()) + starts + sent


def within_swaps(model: Model, units: Array) -> bool:
    """Tell whether units (P, G) leave room in each quota while machines replace each other."""
    if not len(model.quota):
        return True
    begun = starts_of(model, units)
    before = units[:1] if model.before is None else model.before[None, :]
    used = (np.vstack((before, units[:-1])) + begun) @ model.quota_use.T
    room = np.tile(model.quota, (len(units), 1))
    if model.before is not None:
        room[0] = np.maximum(room[0], model.quota_use @ model.before)
    starts = bool((model.market.start > 0).any())
    held = units @ model.quota_use.T <= model.quota + 1e-9
    return bool(held.all()) and (not starts or bool((used <= room + 1e-9).all()))


def join(model: Model, periods: Sequence[Period], fleets: Sequence[Fleet]) -> Whole | None:
    """Put fleets side by side, bridge short gaps, and keep running what must run."""
    units = np.array([fleet.units for fleet in fleets])
    plans = [
        routed(model, periods, keep_running(model, mine), fleets)
        for mine in (units, _bridge(model, units))
    ]
    kept = (plan for plan in plans if plan and model.keeps_carbon(plan.units))
    return min(kept, key=lambda plan: plan.cost, default=None)


def routed(
    model: Model, periods: Sequence[Period], units: Array, known: Sequence[Fleet] = ()
) -> Whole | None:
    """Route the demand over these units (P, G); what is known of the same units is kept.

    None where the units of a period do not carry it, or quotas or emissions are exceeded.
    """
    found = []
    for step, (period, mine) in enumerate(zip(periods, units, strict=True)):
        fleet = known[step] if known and np.array_equal(known[step].units, mine) else None
        fleet = fleet or route(period, model.unit_cost[step], mine)
        if fleet is None:
            return None
        found.append(fleet)
    if not (within_swaps(model, units) and model.keeps_carbon(units)):
        return None
    return Whole(tuple(found), total(model, found))


def _bridge(model: Model, units: Array) -> Array:
    """Hold each unit through gaps that cost less than another start; exact for units as required.

    The k-th unit of an offer is required where the fleet has k or more. Between two stretches it is
    held if its hours there cost less than the start, and also from what runs before the horizon.
    """
    held = units.copy()
    edge = np.concatenate((np.zeros((1, units.shape[1])), np.cumsum(model.unit_cost, axis=0)))
    for g in np.flatnonzero(model.market.start > 0):
        first = int(units[0, g] if model.before is None else model.before[g])
        line = np.concatenate(([first], units[:, g]))
        for level in range(1, int(line.max(initial=0)) + 1):
            on = np.flatnonzero(line >= level)
            for a, b in pairwise(on):
                if b > a + 1 and edge[b - 1, g] - edge[a, g] < model.market.start[g]:
                    held[a : b - 1, g] = np.maximum(held[a : b - 1, g], level)
    if len(model.quota):  # a bridge must leave room where another offer needs the quota
        for step in range(len(held)):
            if (model.quota_use @ held[step] > model.quota + 1e-9).any():
                held[step] = units[step]
    return held


def keep_running(model: Model, units: Array) -> Array:
    """Keep what started running for its shortest run."""
    if not (model.market.min_hours > 0).any():
        return units
    units, edge = units.copy(), np.concatenate(([0.0], np.cumsum(model.hours)))
    for g in np.flatnonzero(model.market.min_hours > 0):
        least = model.market.min_hours[g]
        begun = np.zeros(len(units))
        before = units[0, g] if model.before is None else model.before[g]
        for step in range(len(units)):
            recent = begun[:step][edge[step] - edge[:step] < least - 1e-9].sum()
            units[step, g] = max(units[step, g], recent)
            begun[step] = max(units[step, g] - before, 0.0)
            before = units[step, g]
    return units


def exact(
    model: Model,
    periods: Sequence[Period],
    whole: Whole | None,
    floors: Floors,
    *,
    gap: float,
    time_limit_s: float,
) -> tuple[Whole | None, float]:
    """Give a small horizon to branch and bound as one; its bound is -inf where it is too large.

    `floors` are what the periods were proven to cost, each by itself: as cuts they lift the bound
    of the whole to their sum at once.
    """
    pairs = sum(len(cells.w) for period in periods for cells in period.cells)
    machines = int((~model.market.serverless).sum())
    if pairs > SMALL_PAIRS or machines * len(periods) > SMALL_UNITS:
        return whole, -np.inf
    everything = [period.cells for period in periods]
    found, bound = _solve(
        model,
        periods,
        everything,
        whole,
        (0, len(periods)),
        gap=gap,
        time_limit_s=time_limit_s,
        floors=floors,
    )
    if found is None or (whole is not None and whole.cost <= found.cost):
        return whole, bound
    return found, bound


def improve(
    model: Model,
    periods: Sequence[Period],
    cells: Sequence[Sequence[Cells]],
    whole: Whole,
    budget: Budget,
    *,
    gap: float,
    floor: float,
) -> Whole:
    """Solve windows again while there is time, and until a sweep gains nothing.

    `cells` are the pairs that matter; `floor` a lower bound: within `gap` of it all is done.
    """
    machines = max(int((~model.market.serverless).sum()), 1)
    size = int(np.clip(WINDOW_UNITS // machines, 2, 12))
    for turn in range(4):
        begin, before = whole.cost, turn * (size // 2) % size
        places = list(range(-before, len(periods), size))
        for place, a in enumerate(places):
            if budget.over or whole.cost - floor <= gap * whole.cost:
                return whole
            span = (max(a, 0), min(a + size, len(periods)))
            share = min(budget.share(place, len(places), rounds=2), 20.0)
            fine = gap / FINER
            found = window(model, periods, cells, whole, span, gap=fine, time_limit_s=share)
            if found is not None and found.cost < whole.cost * (1 - BETTER):
                whole = found
        if begin - whole.cost <= max(BETTER, gap / 10) * whole.cost:
            break
    return whole


def window(
    model: Model,
    periods: Sequence[Period],
    cells: Sequence[Sequence[Cells]],
    whole: Whole,
    span: tuple[int, int],
    *,
    gap: float,
    time_limit_s: float,
    anchor: Anchor | None = None,
) -> Whole | None:
    """Solve periods [a, b) again, what lies beside them as it is; None where nothing was found."""
    found, _ = _solve(
        model, periods, cells, whole, span, gap=gap, time_limit_s=time_limit_s, anchor=anchor
    )
    return found


def _emitted(model: Model, units: Array, span: tuple[int, int] | None = None) -> float:
    """Return the tonnes that units (P, G) emit, in all periods or in [a, b)."""
    a, b = span or (0, len(units))
    return float((model.hours[a:b] @ units[a:b]) @ np.nan_to_num(model.market.carbon))


def _solve(
    model: Model,
    periods: Sequence[Period],
    cells: Sequence[Sequence[Cells]],
    whole: Whole | None,
    span: tuple[int, int],
    *,
    gap: float,
    time_limit_s: float,
    anchor: Anchor | None = None,
    floors: Floors | None = None,
) -> tuple[Whole | None, float]:
    """Solve periods [a, b) with what lies beside them as it is in `whole`."""
    a, b = span
    units = None if whole is None else whole.units
    problem = Problem(
        steps=tuple(range(a, b)),
        cells=cells[a:b],
        cost=model.unit_cost,
        whole=True,
        starts=True,
        before=units[a - 1] if units is not None and a > 0 else None,
        after=units[b] if units is not None and b < len(periods) else None,
        carbon=True,
        elsewhere=0.0 if units is None else _emitted(model, units) - _emitted(model, units, span),
        anchor=anchor,
        floors=floors,
        near=b - a < len(periods),
    )
    program, layout = assemble(model, problem)
    try:
        answer = solve(program, gap=gap, time_limit_s=time_limit_s)
    except LeptaError:
        return None, -np.inf
    if answer.status not in (Status.OPTIMAL, Status.FEASIBLE):
        return None, -np.inf
    size = (len(periods), len(model.market.offers))
    new = np.zeros(size) if units is None else units.copy()
    new[a:b] = 0.0
    new[a:b][:, layout.offers] = np.rint(answer.x[layout.units])
    new = keep_running(model, new)
    known = () if whole is None else whole.fleets
    return routed(model, periods, new, known), answer.bound * layout.scale
