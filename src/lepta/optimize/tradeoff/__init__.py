"""M7, cost against a second aim: a frontier, not a weight.

For each level of the second aim the cheapest fleet that keeps it (epsilon-constraint; Haimes,
Lasdon & Wismer 1971), each with the proof of its own plan. A weight would only find points on the
convex hull and hide what a level costs. The search comes in from both ends: cost rises with the
level, so where two levels cost the same nothing between them is worth a look, and the next level is
taken where cost changes most.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from lepta.domain.frontier import Against, Frontier, FrontierPoint
from lepta.domain.plan import FleetPlan, PlanCase
from lepta.errors import Infeasible, InputError
from lepta.optimize.mix import GAP, TIME_LIMIT_S, mix
from lepta.optimize.mix.budget import Budget
from lepta.optimize.tradeoff.aims import Aim, aim_of
from lepta.optimize.tradeoff.knee import knee_of
from lepta.optimize.tradeoff.words import explain, level_text

__all__ = ["POINTS", "frontier", "level_text"]

POINTS = 12
"""Levels that are planned, where nobody asks for more."""
ENDS = 4
"""Plans beyond the points that finding the ends may take."""


def frontier(
    case: PlanCase,
    against: Against,
    *,
    demand_class: str | None = None,
    points: int = POINTS,
    gap: float = GAP,
    time_limit_s: float = TIME_LIMIT_S,
    clock: Callable[[], datetime] | None = None,
) -> Frontier:
    """Find the plans of which none is better than another in both cost and the second aim.

    Parameters
    ----------
    case          as for `mix`
    against       the second aim
    demand_class  for latency: the class or pipeline whose objective moves; left out: all together
    points        most levels that are planned, the two ends included
    gap           relative gap of each plan; differences in cost below it are none
    time_limit_s  for the whole frontier
    clock         tells the time

    Raises
    ------
    InputError
        The case contradicts itself, or does not have what the aim is about.
    Infeasible
        No fleet serves the demand, and the aim needs one to begin with (carbon).
    """
    if points < 2:
        raise InputError(f"{points} points are asked for", remedy="give 2 or more: the two ends")
    search = _Search(points, gap, Budget(time_limit_s, clock))
    return search.run(aim_of(case, against, demand_class, search.solve))


class _Search:
    def __init__(self, points: int, gap: float, budget: Budget) -> None:
        self.points, self.gap, self.budget = points, gap, budget
        self.known: dict[PlanCase, FleetPlan | None] = {}
        self.found: dict[int, FleetPlan] = {}
        """Place among the levels -> plan."""
        self.impossible: list[int] = []

    def solve(self, case: PlanCase) -> FleetPlan:
        """Plan a case once, within a share of the time."""
        plan = self._solved(case)
        if plan is None:
            raise Infeasible(
                "no fleet keeps all promises together, so there is no frontier",
                remedy="loosen a quota or a promise",
            )
        return plan

    def _solved(self, case: PlanCase) -> FleetPlan | None:
        if case not in self.known:
            parts = self.points + ENDS
            seconds = self.budget.share(min(len(self.known), parts - 1), parts)
            try:
                plan = mix(
                    case,
                    gap=self.gap,
                    time_limit_s=seconds,
                    runner_ups=0,
                    clock=self.budget.clock,
                )
            except Infeasible:  # each period can be served, all promises together cannot be kept
                plan = None
            self.known[case] = plan
        return self.known[case]

    def run(self, aim: Aim) -> Frontier:
        self.aim = aim
        first = self._solved(aim.case_at(aim.levels[0]))
        if first is None or first.cost is None:
            return self._nothing(first)
        self.found[0] = first
        self._last()
        while len(self.found) < self.points and not self.budget.over:
            middle = self._next()
            if middle is None:
                break
            if not self._try(middle):
                self.impossible.append(middle)
        return self._answer()

    def _try(self, place: int) -> bool:
        plan = self._solved(self.aim.case_at(self.aim.levels[place]))
        if plan is None or plan.cost is None:
            return False
        self.found[place] = plan
        return True

    def _last(self) -> None:
        """Find the tightest level that some fleet keeps: what it keeps, looser levels keep."""
        low, high = 0, len(self.aim.levels) - 1
        if high == 0 or self._try(high):
            return
        self.impossible.append(high)
        while high - low > 1 and not self.budget.over:
            middle = (low + high) // 2
            if self._try(middle):
                low = middle
            else:
                self.impossible.append(middle)
                high = middle

    def _covers(self, place: int) -> int:
        """Return the tightest level that a plan keeps without being asked."""
        reached = self.aim.reached(self.found[place])
        while (
            reached is not None
            and place + 1 < len(self.aim.levels)
            and self.aim.keeps(reached, self.aim.levels[place + 1])
        ):
            place += 1
        return place

    def _next(self) -> int | None:
        """Choose the level in the middle of the stretch over which cost changes most."""
        places = sorted(self.found)
        best: tuple[float, int] | None = None
        for low, high in pairwise(places):
            begin, rise = self._covers(low), self._cost(high) - self._cost(low)
            if high - begin < 2 or rise <= self._noise(self._cost(low)):
                continue
            middle = (begin + high) // 2
            if middle not in self.impossible and (best is None or rise > best[0]):
                best = rise, middle
        return None if best is None else best[1]

    def _cost(self, place: int) -> float:
        return self.found[place].cost or 0.0

    def _noise(self, cost: float) -> float:
        """Return the difference in cost that two plans proven within the gap may have by chance."""
        return max(self.gap, 1e-9) * abs(cost)

    def _answer(self) -> Frontier:
        aim = self.aim
        kept: list[FrontierPoint] = []
        for point in reversed(self._efficient()):  # from the best value, which is dearest
            cost = point.plan.cost or 0.0
            if not kept or cost < (kept[-1].plan.cost or 0.0) - self._noise(cost):
                kept.append(point)
        marked = self._marked(tuple(reversed(kept)))
        plan = marked[0].plan
        made = Frontier(
            against=aim.against,
            about=aim.about,
            unit=aim.unit,
            more_is_better=aim.more_is_better,
            currency=plan.currency,
            hours=plan.hours,
            points=marked,
            levels=len(aim.levels),
            tried=len(self.found) + len(self.impossible),
            dominated=len(self.found) - len(marked),
            impossible=tuple(aim.levels[place] for place in sorted(self.impossible)),
            unknown=(*aim.unknown, *plan.unknown),
        )
        return replace(made, explanation=explain(made, cut=self.budget.over, gap=self.gap))

    def _efficient(self) -> list[FrontierPoint]:
        """Keep the plans that no other one beats in both aims, from the cheapest on."""
        points: list[FrontierPoint] = []
        for place in sorted(self.found, key=lambda place: (self._cost(place), -place)):
            level, reached = self.aim.levels[place], self.aim.reached(self.found[place])
            point = FrontierPoint(
                level=level,
                value=level if reached is None else reached,
                case=self.aim.case_at(level),
                plan=self.found[place],
            )
            if not points or not self.aim.keeps(points[-1].value, point.value):
                points.append(point)
        return points

    def _marked(self, points: tuple[FrontierPoint, ...]) -> tuple[FrontierPoint, ...]:
        aim = self.aim
        knee = knee_of([(point.value, point.plan.cost or 0.0) for point in points])
        asked = None
        if aim.asked is not None:
            fits = (k for k, point in enumerate(points) if aim.keeps(point.value, aim.asked))
            asked = next(fits, None)
        return tuple(
            replace(point, knee=k == knee, asked=k == asked) for k, point in enumerate(points)
        )

    def _nothing(self, plan: FleetPlan | None) -> Frontier:
        aim = self.aim
        if plan is None:
            raise Infeasible(
                "no fleet keeps all promises together, at whatever level",
                remedy="loosen a quota or a promise",
            )
        made = Frontier(
            against=aim.against,
            about=aim.about,
            unit=aim.unit,
            more_is_better=aim.more_is_better,
            currency=plan.currency,
            hours=plan.hours,
            points=(),
            levels=len(aim.levels),
            tried=1,
            dominated=0,
            impossible=aim.levels[:1],
            nothing=plan,
            unknown=(*aim.unknown, *plan.unknown),
        )
        return replace(made, explanation=explain(made, cut=False, gap=self.gap))
