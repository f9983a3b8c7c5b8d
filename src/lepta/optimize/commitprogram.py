"""M3 as a two-stage stochastic program, solved by cuts over all hours of all scenarios.

With units x of each line and the bill on demand D_s(x) of scenario s, which is convex in x:

    minimize    (1 - risk) mean_s C_s + risk (mean_s B_s + CVaR_s (C_s - B_s))
    subject to  x_l in whole lots, at most what can be used, at least the minimum if any is bought

with C_s = sum_l cost_l x_l + D_s(x), and B_s the cost of scenario s with nothing new. CVaR is the
mean of the worst 5 % (Rockafellar & Uryasev 2000), here of the loss against buying nothing: the
risk of a contract is that it stands unused, not that demand, and every bill with it, grows.

D_s is replaced by the largest of its cuts (`commitcuts`), one more per scenario and round (Birge &
Louveaux 1988), until the bound of the small program and the bill of all hours at its answer meet.
Rounds start on groups of hours, whose cuts hold for all hours too, and probe halfway between the
answer and the best point so far (in-out separation; Ben-Ameur & Neto 2007).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.errors import LeptaError
from lepta.numerics.linear import Matrix, Program, Status, solve
from lepta.numerics.tail import tail_mean
from lepta.optimize.commitbill import bill
from lepta.optimize.commitcuts import Cut, cut_at
from lepta.optimize.commitmarket import Market

__all__ = ["TAIL", "Chosen", "choose", "objective_of"]

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

TAIL = 0.05
"""The share of scenarios that counts as the bad end."""
GROUPS = 48
"""Groups per scenario and window in the first rounds."""
ROUNDS = 80
"""Of each stage."""
ROUNDING = 1e-9
"""A number of lots this close to a whole one is that one."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Units of each line, the objective of the bill of all hours, and the bound that proves it."""

    units: Array
    objective: float
    bound: float
    rounds: int


def objective_of(cost: Array, nothing: Array, risk: float) -> float:
    """Weigh the mean cost against what the worst 5 % make of the cost of buying nothing."""
    mean = float(cost.mean())
    if risk == 0:
        return mean
    worst = float(nothing.mean()) + tail_mean(cost - nothing, TAIL)
    return (1.0 - risk) * mean + risk * worst


def choose(market: Market, *, risk: float, whole: bool, gap: float, time_limit_s: float) -> Chosen:
    """Find how much of each line to buy, with a bound that holds for all hours.

    Raises
    ------
    LeptaError
        The solver broke down, or found no answer within its time.
    """
    owned = np.array([line.units or 0.0 for line in market.lines])
    nothing = bill(market, owned).cost
    master = _Master(market, nothing, risk=risk, whole=whole)
    coarse = market
    if market.usage.shape[1] > 2 * GROUPS * len(market.windows):
        coarse = market.grouped(GROUPS)
    stages = [(coarse, False), (coarse, True), (market, True)]
    if not master.mixed:
        stages = [(coarse, False), (market, False)]
    fixed = np.array([line.cost for line in market.lines])
    best = owned
    lowest = bound = -np.inf
    rounds = 0
    for here, mixed in stages:
        point = best = master.allowed(best) if mixed else best
        lowest = np.inf
        for turn in range(ROUNDS):
            cut = cut_at(here, point)
            cost = objective_of(cut.on_demand + float(fixed @ point), nothing, risk)
            master.add(cut)
            if cost < lowest and (not mixed or master.allows(point)):
                lowest, best = cost, point
            answer, floor = master.solve(mixed=mixed, gap=gap / 4, time_limit_s=time_limit_s)
            bound, rounds = max(bound, floor), rounds + 1
            if lowest - bound <= gap / 2 * abs(lowest) or (mixed and np.array_equal(answer, point)):
                break
            point = answer if mixed or turn % 2 else (answer + best) / 2
    return Chosen(best, lowest, min(bound, lowest), rounds)


class _Master:
    """The small program: lots of each line, the bill of each scenario above its cuts, the tail.

    Money is divided by the bill of the mean scenario on demand before the solver sees it.
    """

    def __init__(self, market: Market, nothing: Array, *, risk: float, whole: bool) -> None:
        self.lines, self.risk, self.scenarios = market.lines, risk, len(market.usage)
        on_demand = ((market.usage @ market.price) * market.worth).sum(axis=1)
        self.scale = max(float(on_demand.mean()), 1e-300)
        self.top = on_demand / self.scale
        self.nothing = nothing / self.scale
        self.lots = np.array([(line.lot or 1.0) if whole else 1.0 for line in market.lines])
        free = np.array([line.units is None for line in market.lines], dtype=bool)
        least = np.array([line.offering.contract.minimum for line in market.lines])
        self.whole = free & np.array([whole and bool(line.lot) for line in market.lines], bool)
        self.least = np.where(free, least, 0.0) / self.lots
        self.least = np.where(self.whole, np.ceil(self.least - ROUNDING), self.least)
        self.most = np.array([line.most for line in market.lines]) / self.lots
        self.owned = np.where(free, 0.0, self.most)
        self.mixed = bool(self.whole.any() or (self.least > 0).any())
        self.cost = np.array([line.cost for line in market.lines]) * self.lots / self.scale
        self.cuts: list[Cut] = []

    def add(self, cut: Cut) -> None:
        """Take a cut of every scenario."""
        self.cuts.append(cut)

    def allowed(self, units: Array) -> Array:
        """Round down to whole lots, and to nothing below the minimum."""
        lots = units / self.lots
        lots = np.where(self.whole, np.floor(lots + ROUNDING), lots)
        return np.asarray(np.where(lots < self.least - ROUNDING, 0.0, lots) * self.lots)

    def allows(self, units: Array) -> bool:
        """Tell whether these units may be bought."""
        return bool(np.allclose(self.allowed(units), units, rtol=1e-9, atol=1e-9))

    def solve(self, *, mixed: bool, gap: float, time_limit_s: float) -> tuple[Array, float]:
        """Return units per line, and the bound of the objective in money."""
        answer = solve(self._program(mixed=mixed), gap=gap, time_limit_s=time_limit_s)
        if answer.status not in (Status.OPTIMAL, Status.FEASIBLE):
            raise LeptaError(
                f"the program of the commitments ended as {answer.status}",
                remedy="give fewer contracts or scenarios, or more time",
            )
        lots = np.clip(answer.x[: len(self.lots)], self.owned, self.most)
        if mixed:
            lots = np.where(self.whole, np.rint(lots), lots)
        return lots * self.lots, answer.bound * self.scale

    def _program(self, *, mixed: bool) -> Program:
        build, s, risk = _Build(), self.scenarios, self.risk
        most = np.where(self.whole, np.floor(self.most + ROUNDING), self.most)
        build.columns((1 - risk) * self.cost, most, low=self.owned, integer=mixed & self.whole)
        bills = build.columns(np.full(s, (1 - risk) / s), self.top) + np.arange(s)
        for cut in self.cuts:
            slope = cut.slope * self.lots / self.scale
            row = build.rows(-cut.base / self.scale) + np.arange(s)
            build.entries(row, bills, np.full(s, -1.0))
            scenario, line = np.nonzero(slope)
            build.entries(row[scenario], line, -slope[scenario, line])
        if mixed:
            self._minimum(build, most)
        if risk > 0:
            self._tail(build, bills, float(self.cost @ most))
        return build.program()

    def _minimum(self, build: "_Build", most: Array) -> None:
        """Add lots >= least z and lots <= most z, with z 0 or 1, where there is a minimum."""
        for n in np.flatnonzero(self.least > 0):
            z = build.columns(np.zeros(1), np.ones(1), integer=np.ones(1, dtype=bool))
            row = build.rows(np.zeros(2))
            build.entries(
                np.array([row, row, row + 1, row + 1]),
                np.array([n, z, n, z]),
                np.array([-1.0, self.least[n], 1.0, -max(most[n], self.least[n])]),
            )

    def _tail(self, build: "_Build", bills: Places, committed: float) -> None:
        """Add risk (mean B + eta + sum_s z_s / (5 % S)) with z_s >= C_s - B_s - eta, z_s >= 0."""
        s, lines = self.scenarios, np.arange(len(self.lots))
        build.columns(np.array([self.risk * self.nothing.mean()]), np.ones(1), low=np.ones(1))
        # C_s - B_s lies between minus the dearest B and the dearest bill, and so does eta.
        least, most = float(self.nothing.max()), float(self.top.max()) + committed
        eta = build.columns(np.array([self.risk]), np.array([most]), low=np.array([-least]))
        above = build.columns(np.full(s, self.risk / (TAIL * s)), np.full(s, most + least))
        row = build.rows(self.nothing) + np.arange(s)
        build.entries(np.tile(row, len(lines)), np.repeat(lines, s), np.repeat(self.cost, s))
        build.entries(row, bills, np.ones(s))
        build.entries(row, np.full(s, eta), -np.ones(s))
        build.entries(row, above + np.arange(s), -np.ones(s))


class _Build:
    """A program that grows by blocks of columns, of rows that have an upper side, of entries."""

    def __init__(self) -> None:
        self._columns: list[tuple[Array, Array, Array, Mask]] = []
        self._rows: list[Array] = []
        self._entries: list[tuple[Places, Places, Array]] = []
        self._width = self._height = 0

    def columns(
        self, cost: Array, high: Array, *, low: Array | None = None, integer: Mask | None = None
    ) -> int:
        """Add columns; the place of the first."""
        size = len(cost)
        low = np.zeros(size) if low is None else low
        integer = np.zeros(size, dtype=bool) if integer is None else integer
        self._columns.append((cost, high, low, integer))
        self._width += size
        return self._width - size

    def rows(self, high: Array) -> int:
        """Add rows that stay below `high`; the place of the first."""
        self._rows.append(high)
        self._height += len(high)
        return self._height - len(high)

    def entries(self, row: Places, column: Places, value: Array) -> None:
        """Add entries, each place at most once."""
        self._entries.append((row, column, value))

    def program(self) -> Program:
        """Put the blocks together."""
        cost, high, low, integer = (np.concatenate(p) for p in zip(*self._columns, strict=True))
        row, column, value = (np.concatenate(parts) for parts in zip(*self._entries, strict=True))
        return Program(
            cost=cost,
            matrix=Matrix.triplets(row, column, value, shape=(self._height, self._width)),
            row_low=np.full(self._height, -np.inf),
            row_high=np.concatenate(self._rows),
            low=low,
            high=high,
            integer=integer if integer.any() else None,
        )
