"""One period with whole machines: the relaxation and its proof, branch and bound, routing.

Where the program is large, most pairs of class and kind never matter: pairs whose reduced cost
exceeds the distance between a fleet in hand and the bound cannot be part of a better one and are
left out, which is exact (reduced-cost fixing; Nemhauser & Wolsey 1988, section II.5.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lepta.errors import LeptaError
from lepta.numerics.linear import Solution, Status, solve
from lepta.optimize.mix.cells import WHOLE, Cells, cells_of
from lepta.optimize.mix.model import Circumstance, Model
from lepta.optimize.mix.program import Layout, Problem, assemble
from lepta.optimize.mix.proof import Prices, prove

__all__ = ["Fleet", "Period", "Relaxed", "better", "near", "period_of", "relax", "route", "settle"]

Array = npt.NDArray[np.float64]

LONG_S = 3600.0
"""Linear programs of one period take milliseconds; they are never cut short."""

LARGE = 1_500
"""Pairs from which on branch and bound is given only those that can matter."""

SPARE = 1e-9
"""Price of a unit that costs nothing, relative to the others: none is held for no work."""


@dataclass(frozen=True, slots=True)
class Period:
    """One period of a model: its place, and its pairs per circumstance."""

    model: Model
    step: int
    cells: tuple[Cells, ...]

    @property
    def stages(self) -> tuple[Circumstance, ...]:
        """The circumstances of the period."""
        return self.model.stages[self.step]

    @property
    def hopeless(self) -> bool:
        """Whether a class has nowhere to go in one of the circumstances."""
        return any(one.hopeless for one in self.cells)

    def problem(self, cost: Array, *, whole: bool, cells: Sequence[Cells] | None = None) -> Problem:
        """Write down the period alone; `cost` (G,) per unit held through it."""
        table = np.zeros((len(self.model.hours), len(cost)))
        table[self.step] = cost
        return Problem(steps=(self.step,), cells=(cells or self.cells,), cost=table, whole=whole)


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The period with fractional machines."""

    units: Array
    """(G,) fractional."""
    prices: Prices
    reduced: tuple[Array, ...]
    """Reduced cost of each pair, per circumstance, in currency of the period."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Whole machines for a period, with what the routing costs."""

    cost: float
    """Units at the cost asked for, sending and penalties, over the period."""
    bound: float
    units: Array
    """(G,) whole."""
    routes: tuple[Array, ...]
    """Per circumstance (W, G) requests per second; the demand as given first."""
    spent: tuple[tuple[float, float, Array], ...]
    """Per circumstance: sending, penalty (currency of the period, by probability), and the share
    of each class that is left unserved (W,)."""


def period_of(model: Model, step: int) -> Period:
    """Lay out one period."""
    return Period(model, step, tuple(cells_of(model, step, c) for c in model.stages[step]))


def relax(period: Period, cost: Array) -> Relaxed | None:
    """Solve the period with fractional machines; None where no fleet at all can serve it.

    Limits are whole numbers, so rounding the fractional fleet up keeps those of offers; where
    quotas or memory bind, the whole fleet may still not exist (`settle` then finds out).
    """
    model = period.model
    if period.hopeless:
        return None
    program, layout = assemble(model, period.problem(cost, whole=False))
    if not len(program.cost):
        nothing = tuple(np.zeros(len(model.market.classes)) for _ in period.stages)
        prices = prove(
            model, period.stages, period.cells, cost, nothing, np.zeros(len(model.quota))
        )
        return Relaxed(np.zeros(len(cost)), prices, tuple(np.empty(0) for _ in period.cells))
    answer = solve(program, time_limit_s=LONG_S)
    if answer.status is not Status.OPTIMAL:
        if answer.status is not Status.INFEASIBLE:
            raise LeptaError(
                f"the solver ended a linear program with {answer.status.value}",
                remedy="bring rates and prices closer to each other in size",
            )
        return None
    units = np.zeros(len(cost))
    units[layout.offers] = answer.x[layout.units[0]]
    return Relaxed(units, *_priced(period, cost, answer, layout, 0))


def _priced(
    period: Period, cost: Array, answer: Solution, layout: Layout, row: int
) -> tuple[Prices, tuple[Array, ...]]:
    """Read the duals of one step of a program, and make them a proof."""
    model = period.model
    classes = []
    for place, cells in enumerate(period.cells):
        price = np.zeros(len(model.market.classes))
        price[cells.classes] = answer.row_dual[layout.serve[row][place]] * layout.scale
        classes.append(price)
    quota = -answer.row_dual[layout.quotas[row]] * layout.scale
    prices = prove(model, period.stages, period.cells, cost, classes, quota)
    reduced = tuple(
        answer.reduced_cost[layout.shares[row][place]] * layout.scale
        for place in range(len(period.cells))
    )
    return prices, reduced


def settle(
    period: Period,
    relaxed: Relaxed,
    cost: Array,
    *,
    gap: float,
    time_limit_s: float,
    hand: Array | None = None,
) -> Fleet | None:
    """Find whole machines for a period, within `gap` of the best where time allows.

    `hand` (G,) is a fleet to begin with. The bound is the better one of branch and bound and of the
    relaxation. Where the time ends before branch and bound has a fleet, the relaxation is rounded
    up and thinned out. None: no whole fleet keeps quotas and memory.
    """
    best = None if hand is None else route(period, cost, hand)
    floor = relaxed.prices.bound
    pairs = sum(len(cells.w) for cells in period.cells)
    if pairs > LARGE:
        rounded = _round(period, relaxed, cost)
        best = _cheaper(best, rounded)
        few = tuple(near(cells, reduced) for cells, reduced in _zip(period, relaxed))
        tried, _ = _branch(period, few, cost, gap=gap / 2, time_limit_s=time_limit_s / 2)
        best = _cheaper(best, tried)
        if best is not None and best.cost - floor <= gap * abs(best.cost):
            return replace(best, bound=min(floor, best.cost))
    cells = period.cells
    if best is not None and pairs > LARGE:
        slack = best.cost - floor
        cells = tuple(
            one.only(reduced <= slack * (1 + 1e-6)) for one, reduced in _zip(period, relaxed)
        )
    found, bound = _branch(period, cells, cost, gap=gap, time_limit_s=time_limit_s)
    best = _cheaper(best, found)
    if best is None:
        best = _round(period, relaxed, cost)
    if best is None:
        return None
    return replace(best, bound=min(max(floor, bound), best.cost))


def _zip(period: Period, relaxed: Relaxed) -> list[tuple[Cells, Array]]:
    return list(zip(period.cells, relaxed.reduced, strict=True))


def near(cells: Cells, reduced: Array, slack: float = 0.0) -> Cells:
    """Keep the pairs of the smallest reduced cost: three per class, and all up to `slack`."""
    order = np.lexsort((reduced, cells.w))
    first = np.concatenate(([0], np.flatnonzero(np.diff(cells.w[order])) + 1))
    rank = np.arange(len(order)) - np.repeat(first, np.diff(np.concatenate((first, [len(order)]))))
    keep = np.zeros(len(order), bool)
    keep[order[rank < 3]] = True
    return cells.only(keep | (reduced <= slack))


def _branch(
    period: Period,
    cells: Sequence[Cells],
    cost: Array,
    *,
    gap: float,
    time_limit_s: float,
) -> tuple[Fleet | None, float]:
    """Run branch and bound over these pairs; the bound holds for them alone."""
    model = period.model
    paid = np.abs(cost[cost > 0])
    spare = np.where(cost == 0, SPARE * (float(np.median(paid)) if paid.size else 1.0), cost)
    program, layout = assemble(model, period.problem(spare, whole=True, cells=cells))
    if not len(program.cost):
        return route(period, cost, np.zeros(len(cost))), -np.inf
    try:
        answer = solve(program, gap=gap, time_limit_s=time_limit_s)
    except LeptaError:
        # Whole numbers within the solver's tolerance that do not hold once rounded: rare, and
        # the caller has the rounded relaxation to fall back on.
        return None, -np.inf
    if answer.status not in (Status.OPTIMAL, Status.FEASIBLE):
        return None, -np.inf
    units = np.zeros(len(cost))
    units[layout.offers] = np.rint(answer.x[layout.units[0]])
    found = _fleet(period, cells, layout, 0, answer.x, units, cost)
    # What free units are charged is no cost: take the most of it off the bound.
    charged = float((spare - cost)[layout.offers] @ program.high[layout.units[0]])
    return found, answer.bound * layout.scale - charged


def route(period: Period, cost: Array, units: Array) -> Fleet | None:
    """Send the demand over a given fleet as cheaply as possible; None where it does not fit.

    The bound of the answer is that of nothing known (-inf).
    """
    if period.hopeless:
        return None
    problem = replace(period.problem(cost, whole=False), held=units[None, :])
    program, layout = assemble(period.model, problem)
    if not len(program.cost):
        return _fleet(period, period.cells, layout, 0, np.empty(0), units, cost)
    answer = solve(program, time_limit_s=LONG_S)
    if answer.status is not Status.OPTIMAL:
        return None
    return _fleet(period, period.cells, layout, 0, answer.x, units, cost)


def _fleet(
    period: Period,
    cells: Sequence[Cells],
    layout: Layout,
    row: int,
    x: Array,
    units: Array,
    cost: Array,
) -> Fleet | None:
    """Clean the shares (each class sums up exactly) and count what they cost.

    None where a class was served by no machine, within the tolerance of the solver.
    """
    model = period.model
    spent, routes = [], []
    for place, (here, one) in enumerate(zip(period.stages, cells, strict=True)):
        there = np.bincount(
            model.kinds.of, (units > 0.5) & here.alive, minlength=len(model.kinds.serverless)
        )
        idle = (one.need > 0) & (there[one.j] == 0)
        share = x[layout.shares[row][place]].copy()
        share[(share < WHOLE) | idle] = 0.0
        lost = np.zeros(len(one.classes))
        lost[np.isfinite(one.lose)] = np.clip(x[layout.lost[row][place]], 0.0, here.share)
        lost[lost < WHOLE] = 0.0
        size = len(model.market.classes)
        served, wanted = np.bincount(one.w, share, minlength=size), np.zeros(size)
        wanted[one.classes] = here.share - lost
        if np.any((wanted > WHOLE) & (served < 0.5 * wanted)):
            return None
        share *= (wanted / np.where(served > 0, served, 1.0))[one.w]
        penalty = float(np.where(lost > 0, one.lose, 0.0) @ lost)
        left = np.zeros(size)
        left[one.classes] = lost
        spent.append((float(one.send @ share), penalty, left))
        routes.append(_per_offer(model, here, one, share, units))
    total = float(cost @ units) + sum(send + penalty for send, penalty, _ in spent)
    return Fleet(total, -np.inf, units, tuple(routes), tuple(spent))


def _per_offer(model: Model, here: Circumstance, cells: Cells, share: Array, units: Array) -> Array:
    """Share what a kind takes out to its offers, by what their units can do, (W, G)."""
    kinds, market = model.kinds, model.market
    able = np.where(market.serverless, 1.0, units * market.up) * here.alive
    total = np.bincount(kinds.of, able, minlength=len(kinds.serverless))
    part = able / np.where(total[kinds.of] > 0, total[kinds.of], 1.0)
    table = np.zeros((len(market.classes), len(kinds.serverless)))
    table[cells.w, cells.j] = share * here.rates[cells.w]
    return table[:, kinds.of] * part[None, :]


def _round(period: Period, relaxed: Relaxed, cost: Array) -> Fleet | None:
    """Round the fractional fleet up, then take units away, the dearest first, while all fits."""
    best = None
    for slack in (1e-7, 0.0):
        units = np.minimum(np.ceil(relaxed.units - slack), period.model.market.limit)
        if not _within_quotas(period.model, units):
            continue
        best = route(period, cost, units)
        if best is not None:
            break
    if best is None:
        return None
    owned = period.model.market.owned
    if sum(len(cells.w) for cells in period.cells) > LARGE:
        return best
    for g in np.argsort(-cost, kind="stable"):
        if cost[g] <= 0 or best.units[g] <= owned[g]:
            continue
        fewer = best.units.copy()
        fewer[g] -= 1
        thinner = route(period, cost, fewer)
        if thinner is not None and thinner.cost < best.cost:
            best = thinner
    return best


def _within_quotas(model: Model, units: Array) -> bool:
    return not len(model.quota) or bool(
        (model.quota_use @ units <= model.quota * (1 + 1e-9) + 1e-9).all()
    )


def _cheaper(one: Fleet | None, two: Fleet | None) -> Fleet | None:
    if one is None or two is None:
        return two if one is None else one
    return one if one.cost <= two.cost else two


def better(one: Fleet, two: Fleet) -> Fleet:
    """Return the cheaper fleet with the higher bound."""
    best = one if one.cost <= two.cost else two
    return replace(best, bound=min(max(one.bound, two.bound), best.cost))
