"""All periods together: starts, minimum runs and the emissions of the whole horizon.

The linear relaxation of the whole prices what couples the periods: what a running unit is worth to
the next one, and what a tonne within the limit is worth. At these prices the periods fall apart
(Lagrangian relaxation; Geoffrion 1974), so that each can be settled with whole machines by itself:
the sum of their bounds bounds the whole, and their fleets, put side by side, are nearly one plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.errors import LeptaError
from lepta.numerics.linear import Solution, Status, solve
from lepta.optimize.mix.cells import Cells
from lepta.optimize.mix.model import Model
from lepta.optimize.mix.program import Layout, Problem, assemble
from lepta.optimize.mix.settle import LONG_S, Period

__all__ = ["Ties", "apart", "constant", "tie", "unit_cost"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

FEW = 20_000
"""Pairs up to which the relaxation is solved as it is; beyond, pairs come in as they are wanted."""
FIRST = 6
"""Kinds per class that the relaxation begins with."""
CHUNK = 60
"""Periods that are relaxed together; at the seams starts are free in the relaxation, so the bound
stays one."""
ROUNDS = 30


@dataclass(frozen=True, slots=True)
class Ties:
    """Prices of what couples periods."""

    start: Array
    """(P, G) currency: what one unit that runs before the period saves at its beginning."""
    tonne: float
    """Currency that one more tonne within the limit saves."""


def apart(model: Model) -> Ties:
    """Return the prices of periods that do not depend on each other."""
    return Ties(np.zeros((len(model.hours), len(model.market.offers))), 0.0)


def unit_cost(model: Model, ties: Ties) -> Array:
    """Return what a unit costs in each period once ties are paid for, (P, G)."""
    after = np.vstack((ties.start[1:], np.zeros((1, ties.start.shape[1]))))
    tonnes = np.outer(model.hours, np.nan_to_num(model.market.carbon))
    return np.asarray(model.unit_cost + ties.start - after + ties.tonne * tonnes)


def constant(model: Model, ties: Ties) -> float:
    """Return what the ties add to the sum of the bounds of the periods: what they are paid."""
    paid = 0.0
    if model.before is not None:
        paid += float(ties.start[0] @ model.before)
    if model.carbon_limit is not None:
        paid += ties.tonne * model.carbon_limit
    return -paid


def tie(model: Model, periods: Sequence[Period]) -> Ties | None:
    """Relax the whole horizon and return the prices of its ties; None: nothing can serve it."""
    whole = model.carbon_limit is not None  # one limit for all: no seams
    size = len(periods) if whole else CHUNK
    start = np.zeros((len(periods), len(model.market.offers)))
    tonne = 0.0
    for begin in range(0, len(periods), size):
        part = periods[begin : begin + size]
        found = _relax(model, part)
        if found is None:
            return None
        answer, layout = found
        begins = np.empty((0, 0)) if layout.begin is None else layout.begin
        for row, rows in enumerate(begins):
            step = layout.steps[row]
            if len(rows) and rows[0] >= 0:
                worth = np.maximum(-answer.row_dual[rows] * layout.scale, 0.0)
                start[step, layout.offers] = np.minimum(worth, model.market.start[layout.offers])
        if layout.carbon is not None:
            price = -float(answer.row_dual[layout.carbon]) * layout.scale / layout.tonne
            tonne = max(price, 0.0)
    return Ties(_affordable(model, start), tonne)


def _affordable(model: Model, start: Array) -> Array:
    """Let no running unit be worth more to the next period than it costs to hold until then.

    Any prices between 0 and the cost of a start prove a bound; the small errors of a solver must
    not make a unit that costs less than nothing, of which one would hold without end.
    """
    start = start.copy()
    for step in range(1, len(start)):
        start[step] = np.minimum(start[step], model.unit_cost[step - 1] + start[step - 1])
    return start


def _relax(model: Model, part: Sequence[Period]) -> tuple[Solution, Layout] | None:
    """Solve the relaxation of some periods, with the pairs that it wants (column generation)."""
    pairs = sum(len(cells.w) for period in part for cells in period.cells)
    keep = [[_first(model, period, one, pairs) for one in period.cells] for period in part]
    for _ in range(ROUNDS):
        cells = [
            tuple(one.only(mine) for one, mine in zip(period.cells, rows, strict=True))
            for period, rows in zip(part, keep, strict=True)
        ]
        program, layout = assemble(
            model,
            Problem(
                steps=tuple(period.step for period in part),
                cells=cells,
                cost=model.unit_cost,
                whole=False,
                starts=True,
                carbon=True,
            ),
        )
        answer = solve(program, time_limit_s=LONG_S)
        complete = all(mine.all() for rows in keep for mine in rows)
        if answer.status is Status.INFEASIBLE:
            if complete:
                return None
            keep = [[np.ones(len(mine), bool) for mine in rows] for rows in keep]
            continue
        if answer.status is not Status.OPTIMAL:
            raise LeptaError(
                f"the solver ended a linear program with {answer.status.value}",
                remedy="bring rates and prices closer to each other in size",
            )
        wanted = 0
        for row, period in enumerate(part):
            for place, one in enumerate(period.cells):
                more = _wanted(model, one, keep[row][place], answer, layout, (row, place))
                wanted += int(more.sum())
                keep[row][place] |= more
        if not wanted:
            return answer, layout
    return answer, layout  # any prices prove a bound; these are nearly the best ones


def _first(model: Model, period: Period, cells: Cells, pairs: int) -> Mask:
    """Choose the pairs to begin with: for each class the kinds that serve it cheapest."""
    if pairs <= FEW:
        return np.ones(len(cells.w), bool)
    cost = model.unit_cost[period.step] / model.market.up
    each = np.full(len(model.kinds.serverless), np.inf)
    np.minimum.at(each, model.kinds.of, cost)
    order = np.lexsort((cells.send + cells.need * each[cells.j], cells.w))
    begin = np.concatenate(([0], np.flatnonzero(np.diff(cells.w[order])) + 1, [len(order)]))
    rank = np.arange(len(order)) - np.repeat(begin[:-1], np.diff(begin))
    keep = np.zeros(len(order), bool)
    keep[order[rank < FIRST]] = True
    return keep


def _wanted(
    model: Model, cells: Cells, kept: Mask, answer: Solution, layout: Layout, at: tuple[int, int]
) -> Mask:
    """Price the pairs that are not in the program: which of them would make it cheaper?"""
    row, place = at
    price = np.zeros(len(model.market.classes))
    price[cells.classes] = answer.row_dual[layout.serve[row][place]]
    # A kind without any pair in the program has no row, so no price: its machines at their cost.
    load = np.zeros(len(model.kinds.serverless))
    load[layout.load_kinds[row][place]] = -answer.row_dual[layout.load[row][place]]
    absent = np.ones(len(load), bool)
    absent[layout.load_kinds[row][place]] = False
    if absent.any():
        market = model.market
        cost = model.unit_cost[layout.steps[row]] / market.up / layout.scale
        least = np.full(len(load), np.inf)
        np.minimum.at(least, model.kinds.of, cost)
        load = np.where(absent, least, load)
    reduced = cells.send / layout.scale + cells.need * np.where(cells.need > 0, load[cells.j], 0.0)
    reduced -= price[cells.w]
    size = np.maximum(np.abs(price[cells.w]), 1e-12)
    return np.asarray(~kept & (reduced < -1e-9 * size))
