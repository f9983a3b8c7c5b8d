"""The budget of a pipeline shared out between its stages, by branch and bound over the splits.

A box gives each stage a range of budgets. Every stage at the top of its range is a relaxation of
all splits in the box, so the linear bound of that case bounds them all (Land & Doig 1960). Where
the tops fit into the budget together, they are a split, and the best one of the box: it is solved
whole. Other boxes are halved. The plan's bound is the least over everything that was put aside,
so its gap stays true whatever the search left out.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lepta.domain.demand import Pipeline
from lepta.domain.periods import Horizon, cut
from lepta.domain.plan import FleetPlan, PlanCase, Short, Split
from lepta.errors import LeptaError
from lepta.optimize.mix.budget import Budget
from lepta.optimize.mix.dominated import undominated
from lepta.optimize.mix.market import Market
from lepta.optimize.mix.model import Model, model_of
from lepta.optimize.mix.pipelines import Choice, busy, check_pipelines, choices, expand
from lepta.optimize.mix.search import Found, find, floor
from lepta.optimize.mix.stagewords import (
    NO_OTHER_SPLIT,
    NO_SPLIT_AT_ALL,
    Room,
    miss_of,
    prices_of,
    search_of,
    split_of,
)
from lepta.optimize.mix.survey import survey

__all__ = ["MOST_SPLITS", "Laid", "lay_out"]

MOST_SPLITS = 1000
"""Boxes whose relaxation is solved; then the best split so far and its true gap have to do."""
PATIENCE = 5
"""So many times more boxes are looked at while not one split that can be served is found."""
FITS = 1e-12
"""Relative error of adding budgets up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A case without pipelines, as arrays, and what was found for it."""

    case: PlanCase
    horizon: Horizon
    market: Market
    model: Model
    found: Found
    unknown: tuple[str, ...]
    pipelines: tuple[Pipeline, ...] = ()
    """Of the case before it was laid out."""
    splits: tuple[Split, ...] = ()
    shortfalls: tuple[Short, ...] = ()
    """Where no split exists at all: stages that cannot be fast enough together."""
    said: tuple[str, ...] = ()

    def told(self, plan: FleetPlan) -> FleetPlan:
        """Return a plan with its splits and what is to be said of them."""
        explanation = (*plan.explanation, *self.said, *prices_of(self.pipelines, plan))
        return replace(plan, splits=self.splits, explanation=explanation)


def lay_out(case: PlanCase, *, gap: float, budget: Budget) -> Laid:
    """Lay a case out and find its plan; with pipelines, over all ways to share out their budgets.

    Raises
    ------
    InputError
        A pipeline contradicts itself or the case.
    LeptaError
        So many splits are impossible that none was found in time.
    """
    check_pipelines(case)
    case = replace(case, pipelines=busy(case))
    if not case.pipelines:
        laid = _lay(case, case)
        return replace(laid, found=_found(case, laid.model, gap=gap, budget=budget))
    return _Search(case, gap=gap, budget=budget).run()


def _found(case: PlanCase, model: Model, *, gap: float, budget: Budget) -> Found:
    promises = case.promises
    return find(
        model,
        gap=gap,
        budget=budget,
        payback_hours=promises.payback_hours,
        risk=promises.risk,
    )


def _lay(case: PlanCase, expanded: PlanCase) -> Laid:
    # Gaps in the demand are those of the case as given: stages have none of their own.
    horizon = replace(cut(expanded.demand), gaps=cut(case.demand).gaps)
    market, unknown = survey(expanded, horizon)
    kept = undominated(expanded, market)
    if len(kept) < len(market.offers):
        left = len(market.offers) - len(kept)
        unknown += (f"{left:,} offers were left out: another is at least as good in everything.",)
        market = market.only(kept)
    model = model_of(expanded, market, horizon)
    return Laid(
        case=expanded,
        horizon=horizon,
        market=market,
        model=model,
        found=Found(),
        unknown=unknown,
        pipelines=case.pipelines,
    )


@dataclass(frozen=True, slots=True)
class _Box:
    """Ranges of places among the budgets of each choice, both ends included."""

    low: tuple[int, ...]
    high: tuple[int, ...]
    bound: float = 0.0
    impossible: tuple[int, ...] = ()


class _Search:
    def __init__(self, case: PlanCase, *, gap: float, budget: Budget) -> None:
        self.case, self.gap, self.budget = case, gap, budget
        self.choices = choices(case)
        self.rooms = _rooms(case, self.choices)
        self.looked = 0
        self.best: tuple[_Box, Laid] | None = None
        self.cost = math.inf
        self.nearest: _Box | None = None
        """The split, or the relaxation, that leaves the fewest periods short."""
        self.solved: list[tuple[_Box, float]] = []
        """Splits that were solved whole, with their bounds."""
        self.least = math.inf
        """The least bound of what was put aside."""

    def run(self) -> Laid:
        root = self._fitted(
            _Box((0,) * len(self.choices), tuple(len(c.budgets) - 1 for c in self.choices))
        )
        if root is None:
            return self._too_slow()
        self.open = [self._bounded(root)]
        while self.open and not self._ended():
            box = self._next()
            if box.impossible:
                self._remember_miss(box)
            elif any(_within(box.high, done.high) for done, _ in self.solved):
                continue  # a solved split gives every stage as much: its bound holds here, too
            elif box.bound >= self.cost * (1 - self.gap):
                self.least = min(self.least, box.bound)
            elif self._is_split(box):
                self._solve(box)
            else:
                self.open += [
                    self._bounded(part)
                    for half in self._halves(box)
                    if (part := self._fitted(half)) is not None
                ]
        return self._answer()

    def _ended(self) -> bool:
        if self.best is None:
            return self.looked >= PATIENCE * MOST_SPLITS
        return self.looked >= MOST_SPLITS or self.budget.over

    def _next(self) -> _Box:
        """Take the box of the least bound; while no plan is in hand, the deepest one."""
        best = min(
            self.open,
            key=lambda box: (
                bool(box.impossible),
                0 if self.best else -sum(box.low),
                box.bound,
                -sum(box.high),
            ),
        )
        self.open.remove(best)
        return best

    def _budgets(self, box: _Box) -> dict[str, float]:
        return {
            choice.demand_class: choice.budgets[top]
            for choice, top in zip(self.choices, box.high, strict=True)
        }

    def _bounded(self, box: _Box) -> _Box:
        self.looked += 1
        model = _lay(self.case, expand(self.case, self._budgets(box))).model
        bound, impossible = floor(model, tied=True)
        return replace(box, bound=max(bound, box.bound), impossible=impossible)

    def _fitted(self, box: _Box) -> _Box | None:
        """Cut the tops that cannot fit beside the lowest others; None: nothing fits."""
        high = list(box.high)
        for room in self.rooms:
            used = sum(self.choices[k].budgets[box.low[k]] for k in room.stages)
            left = room.latency_ms * (1 + FITS) - used
            if left < 0:
                return None
            for k in room.stages:
                budgets = self.choices[k].budgets
                while budgets[high[k]] > budgets[box.low[k]] + left:
                    high[k] -= 1
        return replace(box, high=tuple(high))

    def _over(self, box: _Box) -> Room | None:
        for room in self.rooms:
            used = sum(self.choices[k].budgets[box.high[k]] for k in room.stages)
            if used > room.latency_ms * (1 + FITS):
                return room
        return None

    def _is_split(self, box: _Box) -> bool:
        return self._over(box) is None

    def _halves(self, box: _Box) -> list[_Box]:
        """Halve the widest range of a pipeline whose tops do not fit."""
        room = self._over(box)
        stages = room.stages if room else ()
        k = max(stages, key=lambda k: (box.high[k] - box.low[k], k))
        middle = (box.low[k] + box.high[k]) // 2
        low, high = list(box.low), list(box.high)
        low[k], high[k] = middle + 1, middle
        return [replace(box, low=tuple(low)), replace(box, high=tuple(high))]

    def _solve(self, box: _Box) -> None:
        laid = _lay(self.case, expand(self.case, self._budgets(box)))
        seconds = self.budget.share(0, 2)  # half of what is left: later splits are less likely
        budget = Budget(seconds, self.budget.clock)
        found = _found(self.case, laid.model, gap=self.gap, budget=budget)
        if found.whole is None:
            self._remember_miss(replace(box, impossible=found.impossible))
            return
        self.solved.append((box, max(found.bound, box.bound)))
        if found.whole.cost < self.cost:
            self.best, self.cost = (box, replace(laid, found=found)), found.whole.cost

    def _remember_miss(self, box: _Box) -> None:
        if self.nearest is None or len(box.impossible) < len(self.nearest.impossible):
            self.nearest = box

    def _answer(self) -> Laid:
        if self.best is None:
            return self._nothing()
        box, laid = self.best
        bounds = [self.least, *(bound for _, bound in self.solved), *(b.bound for b in self.open)]
        budgets = self._budgets(box)
        return replace(
            laid,
            found=replace(laid.found, bound=min(self.cost, *bounds)),
            splits=self._splits(budgets),
            said=(
                *(split_of(room, self.choices, budgets) for room in self.rooms),
                *search_of(len(self.solved), self.looked, len(self.open)),
            ),
        )

    def _splits(self, budgets: Mapping[str, float]) -> tuple[Split, ...]:
        return tuple(
            Split(
                pipeline=pipeline.name,
                demand_class=stage.demand_class,
                budget_ms=budgets[stage.demand_class],
            )
            for pipeline in self.case.pipelines
            for stage in pipeline.stages
        )

    def _nothing(self) -> Laid:
        """No split can be served: show the one that comes nearest."""
        if self.open or self.nearest is None:
            raise LeptaError(
                f"none of {self.looked} groups of splits of the latency budgets can be served",
                remedy="give fewer operating points per stage, or longer budgets",
            )
        box = self.nearest
        budgets = self._budgets(box)
        laid = _lay(self.case, expand(self.case, budgets))
        found = Found(impossible=box.impossible)
        if not self._is_split(box):
            return replace(laid, found=found, said=(NO_SPLIT_AT_ALL,))
        said = (split_of(room, self.choices, budgets) for room in self.rooms)
        return replace(
            laid, found=found, splits=self._splits(budgets), said=(*said, NO_OTHER_SPLIT)
        )

    def _too_slow(self) -> Laid:
        """No split exists: the fastest offers of all stages take longer than a budget."""
        fastest = {choice.demand_class: choice.budgets[0] for choice in self.choices}
        laid = _lay(self.case, expand(self.case, fastest))
        shortfalls: list[Short] = []
        said: list[str] = []
        for room in self.rooms:
            if sum(self.choices[k].budgets[0] for k in room.stages) > room.latency_ms * (1 + FITS):
                slow, why, help_ = miss_of(room, self.choices)
                shortfalls += _whole_demand(laid, slow, why)
                said.append(help_)
        return replace(laid, shortfalls=tuple(shortfalls), said=tuple(said))


def _whole_demand(laid: Laid, name: str, why: str) -> list[Short]:
    place = laid.horizon.classes.index(name)
    return [
        Short(demand_class=name, start=period.start, short_rate_per_s=period.rates[place], why=why)
        for period in laid.horizon.periods
        if period.rates[place] > 0
    ]


def _rooms(case: PlanCase, found: Sequence[Choice]) -> tuple[Room, ...]:
    place = {choice.demand_class: k for k, choice in enumerate(found)}
    known = {one.name: one.latency_ms for one in case.classes}
    return tuple(
        Room(
            pipeline.name,
            tuple(place[stage.demand_class] for stage in pipeline.stages),
            min(q for q in (pipeline.latency_ms, known.get(pipeline.name)) if q is not None),
        )
        for pipeline in case.pipelines
    )


def _within(one: Sequence[int], other: Sequence[int]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))
