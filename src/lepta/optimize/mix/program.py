"""Some periods of the fleet plan as a linear or mixed-integer program, block by block.

With y[w, j] the share of class w that machines of kind j serve, need[w, j] = r[w] / able[w, j] the
units of the kind that the whole class would fill, and z[w] the share left unserved, per period p
and circumstance c:

    minimize    sum_p sum_g ( cost_gp n_gp + start_g u_gp )
                + sum_pc weight_c 3600 h_p ( sum_wj r send_wj y_wj + sum_w r penalty_w z_w )
    subject to  sum_j y_wj + z_w = share_c             every request is served, or its share is
                sum_w need_wj y_wj <= sum_{g in j, alive} up_g n_g      load within the target
                y_wj <= sum_{g in j, alive} n_g        where need is small: no work without machine
                n_gp - n_g,p-1 <= u_gp                 what is more than before was started
                sum of starts within min_hours <= n_gp            and runs as long as it must
                sum_g use_qg n_gp <= quota_q,  owned_g <= n_gp <= limit_g,  n_gp whole
                sum_pg h_p carbon_g n_gp <= carbon limit
                replicas: need_wj y_wj <= v_wj whole, sum_w holds_w v_wj <= memory_j sum_g n_g

One integer per offer and period and continuous shares per kind: units of an offer are
interchangeable and offers that serve alike are one kind, so nothing is said about which unit
serves what, and no branch of the search is a mirror image of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.numerics.assembly import Assembly
from lepta.numerics.program import Program
from lepta.optimize.mix.cells import Cells
from lepta.optimize.mix.model import Circumstance, Model

__all__ = ["Anchor", "Floors", "Layout", "Problem", "assemble"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

SMALL_NEED = 1e-3
"""A class that would fill less of a unit than this is tied to a machine by a row of its own: within
the solver's tolerances the load alone would let it be served by no machine at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things stand in a program; `steps` are the periods in it."""

    steps: tuple[int, ...]
    offers: Places
    """Machine offers that may be held."""
    units: Places
    """(steps, offers) columns."""
    starts: Places | None
    """(steps, offers) columns; None where starts are not part of the program."""
    shares: tuple[tuple[Places, ...], ...]
    """Columns per step and circumstance, in the order of its cells."""
    lost: tuple[tuple[Places, ...], ...]
    """Columns of what is left unserved, one per class that may be."""
    serve: tuple[tuple[Places, ...], ...]
    """Rows per step and circumstance, one per class with demand."""
    load: tuple[tuple[Places, ...], ...]
    """Rows per step and circumstance, one per kind with machines (in the order of `load_kinds`)."""
    load_kinds: tuple[tuple[Places, ...], ...]
    begin: Places | None
    """(steps, offers) rows n - n_before - u <= 0; -1 where there is none."""
    quotas: Places
    """(steps, quotas) rows."""
    carbon: int | None
    tonne: float
    """Emissions are divided by this, in tonnes, before the solver sees them."""
    scale: float
    """Costs are divided by this before the solver sees them."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A fleet to stay near to in the first period, and what leaving it is priced at, (G,) each."""

    units: Array
    up: Array
    down: Array


@dataclass(frozen=True, slots=True)
class Floors:
    """What single periods are known to cost at least, at unit costs of their own: valid cuts."""

    cost: Array
    """(P, G) currency per unit held through the period."""
    least: Array
    """(P,) currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Which part of a model to write down, and how.

    `cost` replaces the cost of a unit per period and offer (P, G). `before` and `after` are the
    units beside the periods where those are decided already; without `before` the first period
    starts for free, unless it is the first of all and the model knows what runs.
    """

    steps: tuple[int, ...]
    cells: Sequence[Sequence[Cells]]
    """Per step (of `steps`) and circumstance."""
    cost: Array
    whole: bool
    starts: bool = False
    before: Array | None = None
    after: Array | None = None
    carbon: bool = False
    """Whether the limit of emissions is part of the program."""
    elsewhere: float = 0.0
    """Tonnes that the other periods emit, as they are decided."""
    held: Array | None = None
    """(steps, G) units that are given; only the routing is free then."""
    anchor: Anchor | None = None
    floors: Floors | None = None
    near: bool = False
    """Hold no more units than the busiest of these steps could use, though another might need them
    later: for plans, which may be improved, not for bounds."""
    loose: int = 0
    """So many of the last steps keep fractional machines in a whole program."""

    def is_whole(self, row: int) -> bool:
        """Tell whether machines are whole in a step."""
        return self.whole and row < len(self.steps) - self.loose


def assemble(model: Model, problem: Problem) -> tuple[Program, Layout]:
    """Write the program."""
    return _Writer(model, problem).write()


class _Writer:
    def __init__(self, model: Model, problem: Problem) -> None:
        self.model, self.problem, self.to = model, problem, Assembly()
        market = model.market
        self.offers = np.flatnonzero(~market.serverless & (market.limit > 0))
        paid = market.price[market.price > 0]
        self.scale = float(np.median(paid)) if paid.size else 1.0
        self.after: Places | None = None
        # Grams are nothing to a solver that counts tonnes: the largest emission is the unit.
        self.tonne = float(np.nan_to_num(market.carbon).max(initial=0.0)) or 1.0

    def write(self) -> tuple[Program, Layout]:
        units = self._units()
        problem = self.problem
        starts, begin = self._starts(units) if problem.starts else (None, None)
        shares, lost, serve, load, load_kinds = [], [], [], [], []
        for row, step in enumerate(problem.steps):
            columns = [
                self._circumstance(units[row], here, cells, whole=problem.is_whole(row))
                for here, cells in zip(self.model.stages[step], problem.cells[row], strict=True)
            ]
            if problem.floors is not None:
                self._floor(problem.floors, row, units[row], columns)
            shares.append(tuple(one[0] for one in columns))
            lost.append(tuple(one[1] for one in columns))
            serve.append(tuple(one[2] for one in columns))
            load.append(tuple(one[3] for one in columns))
            load_kinds.append(tuple(one[4] for one in columns))
        if problem.anchor is not None:
            self._anchored(units[0], problem.anchor)
        quotas = self._quotas(units, starts)
        carbon = self._carbon(units) if self.problem.carbon else None
        program = self.to.program()
        layout = Layout(
            steps=self.problem.steps,
            offers=self.offers,
            units=units,
            starts=starts,
            shares=tuple(shares),
            lost=tuple(lost),
            serve=tuple(serve),
            load=tuple(load),
            load_kinds=tuple(load_kinds),
            begin=begin,
            quotas=quotas,
            carbon=carbon,
            tonne=self.tonne,
            scale=self.scale,
        )
        return program, layout

    def _units(self) -> Places:
        """n_gp: owned <= n <= limit; a whole fleet never needs more than its whole load."""
        market, problem = self.model.market, self.problem
        low, high = market.owned[self.offers], market.limit[self.offers]
        found = []
        busiest = self.model.most[self.offers]
        if problem.near:
            busiest = np.max([self._most(row) for row in range(len(problem.steps))], axis=0)
        for row, step in enumerate(problem.steps):
            whole = problem.is_whole(row)
            top = np.maximum(self._most(row), low) if whole else high
            if whole and problem.starts:  # a unit may be held through an hour without work
                top = np.maximum(busiest, low)
                if self.model.before is not None:
                    top = np.maximum(top, self.model.before[self.offers])
            if problem.after is not None or problem.before is not None:
                beside = [side for side in (problem.before, problem.after) if side is not None]
                top = np.maximum(top, np.max(beside, axis=0)[self.offers])
            floor: Array = low
            ceiling: Array = np.minimum(high, top)
            if problem.held is not None:
                floor = ceiling = np.asarray(problem.held[row][self.offers])
            found.append(
                self.to.columns(
                    problem.cost[step][self.offers] / self.scale,
                    low=floor,
                    high=ceiling,
                    integer=whole and problem.held is None,
                )
            )
        return np.array(found, dtype=np.int64).reshape(len(problem.steps), len(self.offers))

    def _most(self, row: int) -> Array:
        """Return the most units of each offer that could ever have work in a step."""
        market, kinds = self.model.market, self.model.kinds
        filled: Array = np.zeros(len(kinds.serverless))
        for cells in self.problem.cells[row]:
            here = np.bincount(cells.j, cells.need, minlength=len(filled))
            if np.isfinite(market.holds).any():  # each replica may need a unit of its own
                here = np.bincount(cells.j, np.ceil(cells.need), minlength=len(filled))
            filled = np.maximum(filled, here.astype(np.float64))
        most: Array = np.maximum(1.0, np.ceil(filled[kinds.of] / market.up - 1e-9))
        return most[self.offers]

    def _starts(self, units: Places) -> tuple[Places, Places]:
        """u_gp >= n_gp - n_g,p-1, each paid; and what started runs as long as it must."""
        model, problem, to = self.model, self.problem, self.to
        cost = model.market.start[self.offers] / self.scale
        starts = np.array([to.columns(cost) for _ in problem.steps], dtype=np.int64)
        begin = np.full(units.shape, -1, dtype=np.int64)
        for row in range(len(problem.steps)):
            before = self._before(row)
            if row == 0 and before is None:
                continue
            rows = to.rows(
                -np.inf, before[self.offers] if before is not None else 0.0, count=len(self.offers)
            )
            to.put(rows, units[row], 1.0)
            to.put(rows, starts[row], -1.0)
            if row > 0:
                to.put(rows, units[row - 1], -1.0)
            begin[row] = rows
        if problem.after is not None:  # the period after pays for what is missing then
            after = self.after = to.columns(cost)
            rows = to.rows(problem.after[self.offers], np.inf)
            to.put(rows, units[-1], 1.0)
            to.put(rows, after, 1.0)
        self._min_hours(units, starts)
        return starts, begin

    def _min_hours(self, units: Places, starts: Places) -> None:
        model = self.model
        edge = np.concatenate(([0.0], np.cumsum(model.hours)))
        for k in np.flatnonzero(model.market.min_hours[self.offers] > 0):
            least = model.market.min_hours[self.offers[k]]
            for row, step in enumerate(self.problem.steps):
                recent = [
                    r
                    for r, s in enumerate(self.problem.steps[: row + 1])
                    if edge[step] - edge[s] < least - 1e-9
                ]
                if len(recent) > 1:
                    one = self.to.rows(-np.inf, 0.0, count=1)
                    self.to.put(one, starts[recent, k], 1.0)
                    self.to.put(one, units[row, k], -1.0)

    def _circumstance(
        self, units: Places, here: Circumstance, cells: Cells, *, whole: bool
    ) -> tuple[Places, Places, Places, Places, Places]:
        to = self.to
        # No upper bound of 1 on the shares in the relaxation: it follows from the rows, and as a
        # bound it would take part of the price of a class away from its row.
        high = np.minimum(cells.most, 1.0) if whole else cells.most
        share = to.columns(cells.send / self.scale, high=high)
        serve = to.rows(here.share, here.share, count=len(cells.classes))
        to.put(serve[np.searchsorted(cells.classes, cells.w)], share, 1.0)
        may = np.flatnonzero(np.isfinite(cells.lose))
        lost = to.columns(cells.lose[may] / self.scale)
        to.put(serve[may], lost, 1.0)
        machine = ~self.model.kinds.serverless[cells.j]
        kinds, of_kind = np.unique(cells.j[machine], return_inverse=True)
        load = to.rows(-np.inf, 0.0, count=len(kinds))
        to.put(load[of_kind], share[machine], cells.need[machine])
        members = np.flatnonzero(np.isin(self.model.kinds.of[self.offers], kinds))
        members = members[here.alive[self.offers[members]]]
        row_of = np.searchsorted(kinds, self.model.kinds.of[self.offers[members]])
        to.put(load[row_of], units[members], -self.model.market.up[self.offers[members]])
        if whole:
            self._ties(units, here, cells, share)
        self._memory(units, here, cells, share, whole=whole)
        return share, lost, serve, load, kinds

    def _floor(
        self,
        floors: Floors,
        row: int,
        units: Places,
        columns: Sequence[tuple[Places, Places, Places, Places, Places]],
    ) -> None:
        """cost n + sending + penalties >= what the period was proven to cost, by itself."""
        step = self.problem.steps[row]
        one = self.to.rows(floors.least[step] / self.scale, np.inf, count=1)
        self.to.put(one, units, floors.cost[step][self.offers] / self.scale)
        for (share, lost, *_), cells in zip(columns, self.problem.cells[row], strict=True):
            self.to.put(one, share, cells.send / self.scale)
            self.to.put(one, lost, cells.lose[np.isfinite(cells.lose)] / self.scale)

    def _ties(self, units: Places, here: Circumstance, cells: Cells, share: Places) -> None:
        small = np.flatnonzero((cells.need < SMALL_NEED) & (cells.need > 0))
        rows = self.to.rows(-np.inf, 0.0, count=len(small))
        self.to.put(rows, share[small], 1.0)
        for row, k in zip(rows, small, strict=True):
            mine = (self.model.kinds.of[self.offers] == cells.j[k]) & here.alive[self.offers]
            self.to.put(row, units[mine], -1.0)

    def _memory(
        self, units: Places, here: Circumstance, cells: Cells, share: Places, *, whole: bool
    ) -> None:
        """Whole replicas, each as large as the part of a unit in which so many of it fit.

        Two of 30 GiB fit into 80, so each takes 40; one that is larger than half takes a unit.
        """
        model, to = self.model, self.to
        holds, memory = model.market.holds[cells.w], model.kinds.memory[cells.j]
        asks = np.flatnonzero(np.isfinite(holds) & np.isfinite(memory) & (cells.need > 0))
        if not len(asks):
            return
        replicas = to.columns(0.0, integer=whole, count=len(asks))
        rows = to.rows(-np.inf, 0.0, count=len(asks))
        to.put(rows, share[asks], cells.need[asks])
        to.put(rows, replicas, -1.0)
        for j in np.unique(cells.j[asks]):
            which = cells.j[asks] == j
            mine = (model.kinds.of[self.offers] == j) & here.alive[self.offers]
            fit = np.floor(float(model.kinds.memory[j]) / holds[asks][which] + 1e-9)
            row = to.rows(-np.inf, 0.0, count=1)
            to.put(row, replicas[which], 1.0 / fit)
            to.put(row, units[mine], -1.0)

    def _anchored(self, units: Places, anchor: Anchor) -> None:
        """n - up + down = what runs now, in the first period."""
        to, offers = self.to, self.offers
        up = to.columns(anchor.up[offers] / self.scale)
        down = to.columns(anchor.down[offers] / self.scale)
        rows = to.rows(anchor.units[offers], anchor.units[offers])
        to.put(rows, units, 1.0)
        to.put(rows, up, -1.0)
        to.put(rows, down, 1.0)

    def _quotas(self, units: Places, starts: Places | None) -> Places:
        """What is held stays within each quota, also while one machine replaces another."""
        model, to, problem = self.model, self.to, self.problem
        count = len(model.quota)
        found = np.empty((len(problem.steps), count), dtype=np.int64)
        for row in range(len(problem.steps)):
            for q in range(count):
                use = model.quota_use[q, self.offers]
                one = to.rows(-np.inf, model.quota[q], count=1)
                to.put(one, units[row][use > 0], use[use > 0])
                found[row, q] = one[0]
                if starts is not None:
                    self._swap(q, row, units, starts)
        return found

    def _swap(self, q: int, row: int, units: Places, starts: Places) -> None:
        """What runs before a period and what starts for it fit into the quota together."""
        model, to = self.model, self.to
        use = model.quota_use[q, self.offers]
        mine = use > 0
        before = self._before(row)
        if row > 0:
            swap = to.rows(-np.inf, model.quota[q], count=1)
            to.put(swap, units[row - 1][mine], use[mine])
            to.put(swap, starts[row][mine], use[mine])
        elif before is not None:
            # Where more runs than the quota allows nothing may be added, and the rest must go.
            used = float(use @ before[self.offers])
            swap = to.rows(-np.inf, max(model.quota[q] - used, 0.0), count=1)
            to.put(swap, starts[row][mine], use[mine])
        if self.after is not None and row == len(units) - 1:
            swap = to.rows(-np.inf, model.quota[q], count=1)
            to.put(swap, units[row][mine], use[mine])
            to.put(swap, self.after[mine], use[mine])

    def _before(self, row: int) -> Array | None:
        """Return what runs before the first period of the program, where that is known."""
        if row > 0:
            return None
        return self.problem.before if self.problem.steps[0] > 0 else self.model.before

    def _carbon(self, units: Places) -> int | None:
        """These periods stay within what the others leave of the limit of emissions."""
        model = self.model
        if model.carbon_limit is None:
            return None
        tonnes = np.nan_to_num(model.market.carbon[self.offers]) / self.tonne
        room = max(model.carbon_limit - self.problem.elsewhere, 0.0)
        row = self.to.rows(-np.inf, room / self.tonne, count=1)
        for place, step in enumerate(self.problem.steps):
            self.to.put(row, units[place], model.hours[step] * tonnes)
        return int(row[0])
