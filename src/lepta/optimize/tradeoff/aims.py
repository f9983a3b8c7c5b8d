"""Second aims: which levels each can have, and the case in which a level is a promise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from lepta.domain.demand import DemandClass
from lepta.domain.frontier import Against
from lepta.domain.plan import FleetPlan, PlanCase
from lepta.domain.promises import Scope, Survival
from lepta.errors import Infeasible, InputError, listing
from lepta.optimize.mix.pipelines import choices
from lepta.optimize.uncertain import levels as quantiles
from lepta.optimize.uncertain import quantile

__all__ = ["Aim", "Solve", "aim_of"]

Solve = Callable[[PlanCase], FleetPlan]

STEPS = 40
"""Levels of an aim that can have any value between its ends."""
MOST_LEVELS = 500
"""Sums of stage latencies that are told apart; beyond, evenly spaced ones."""
GREEN = 1e4
"""A tonne counts so much in the search for the least emissions that the money of the cheapest plan
is worth one part in so many of its emissions."""
SAME = 1e-9
"""Relative difference below which two levels are one: a solver does not tell them apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A second aim. `levels` go from the loosest, which is cheapest, to the tightest."""

    against: Against
    about: str
    unit: str
    more_is_better: bool
    levels: tuple[float, ...]
    case_at: Callable[[float], PlanCase]
    asked: float | None = None
    """The level that the case as given asks for; None: none."""
    reached: Callable[[FleetPlan], float | None] = lambda plan: None
    """What a plan reaches, where it can be more than it was asked for."""
    unknown: tuple[str, ...] = ()

    def keeps(self, value: float, level: float) -> bool:
        """Tell whether a value is as good as a level."""
        slack = SAME * max(abs(value), abs(level))
        return value >= level - slack if self.more_is_better else value <= level + slack


def aim_of(case: PlanCase, against: Against, demand_class: str | None, solve: Solve) -> Aim:
    """Return the second aim of a case; `solve` is asked where its ends are plans themselves.

    Raises
    ------
    InputError
        The case does not have what the aim is about.
    Infeasible
        The ends of the aim cannot be found: no fleet serves the demand.
    """
    if demand_class is not None and against is not Against.LATENCY:
        raise InputError(
            f"{against} is an aim of the whole fleet, not of the class {demand_class}",
            remedy="leave the class out, or take latency",
        )
    if against is Against.LATENCY:
        return _latency(case, demand_class)
    if against is Against.CARBON:
        return _carbon(case, solve)
    return _risk(case) if against is Against.RISK else _spread(case)


def _latency(case: PlanCase, name: str | None) -> Aim:
    """One class or pipeline in milliseconds, or all objectives times a factor."""
    names = sorted({row.demand_class for row in case.demand})
    stages = {stage.demand_class for pipe in case.pipelines for stage in pipe.stages}
    if name is not None and name not in {*names, *stages}:
        raise InputError(
            f"there is no class {name!r}", remedy=f"there are {listing(sorted({*names, *stages}))}"
        )
    if name is None and len(names) == 1:
        name = names[0]
    if name is not None:
        return Aim(
            against=Against.LATENCY,
            about=name,
            unit="ms",
            more_is_better=False,
            levels=_levels(_achievable(case, name), name),
            case_at=lambda level: _promising(case, {name: level}),
            asked=_objective(case, name),
        )
    asked = {one: objective for one in names if (objective := _objective(case, one))}
    if not asked:
        raise InputError(
            "no class has a latency objective that could be moved",
            remedy=f"name one class with --class, or give latency_ms for {listing(names)}",
        )
    ratios = {ms / objective for one, objective in asked.items() for ms in _achievable(case, one)}
    return Aim(
        against=Against.LATENCY,
        about="all latency objectives",
        unit="x",
        more_is_better=False,
        levels=_levels(ratios, listing(sorted(asked))),
        case_at=lambda level: _promising(case, {one: ms * level for one, ms in asked.items()}),
        asked=1.0,
    )


def _levels(values: set[float], about: str) -> tuple[float, ...]:
    if not any(value > 0 for value in values):
        raise InputError(
            f"no profile of {about} states a latency",
            remedy="give profiles.csv several operating points with latency_ms",
        )
    return _apart(values)


def _apart(values: set[float]) -> tuple[float, ...]:
    """Sort levels down, those that are one but for rounding once, and not too many of them."""
    ordered = sorted(values, reverse=True)
    kept = ordered[:1] + [b for a, b in pairwise(ordered) if a - b > SAME * a]
    if len(kept) > MOST_LEVELS:
        kept = [kept[k] for k in np.linspace(0, len(kept) - 1, MOST_LEVELS).round().astype(int)]
    return tuple(kept)


def _objective(case: PlanCase, name: str) -> float | None:
    known = {one.name: one.latency_ms for one in case.classes}
    limits = [known.get(name), *(p.latency_ms for p in case.pipelines if p.name == name)]
    return min((q for q in limits if q is not None), default=None)


def _achievable(case: PlanCase, name: str) -> set[float]:
    """Return what the offers of a class take; of a pipeline, the sums over its stages."""
    free = _without_objective(case, name)
    pipeline = next((pipe for pipe in case.pipelines if pipe.name == name), None)
    if pipeline is None:
        (one,) = choices(free, (name,))
        return set(one.budgets) if one.fastest else set()
    sums = {0.0}
    for one in choices(free, tuple(stage.demand_class for stage in pipeline.stages)):
        sums = set(_apart({value + budget for value in sums for budget in one.budgets}))
    return sums


def _without_objective(case: PlanCase, name: str) -> PlanCase:
    classes = (replace(one, latency_ms=None) if one.name == name else one for one in case.classes)
    return replace(case, classes=tuple(classes))


def _promising(case: PlanCase, objectives: dict[str, float]) -> PlanCase:
    """Return the case with other objectives; a sum of budgets may be off by a rounding error."""
    pipelines = {pipe.name for pipe in case.pipelines}
    known = {one.name: one for one in case.classes}
    for name, level in objectives.items():
        mine = known.get(name, DemandClass(name=name))
        objective = None if name in pipelines else level * (1 + SAME)
        known[name] = replace(mine, latency_ms=objective)
    return replace(
        case,
        classes=tuple(known.values()),
        pipelines=tuple(
            replace(pipe, latency_ms=objectives[pipe.name] * (1 + SAME))
            if pipe.name in objectives
            else pipe
            for pipe in case.pipelines
        ),
    )


def _carbon(case: PlanCase, solve: Solve) -> Aim:
    """Emissions between those of the cheapest plan and the least there can be."""
    silent = {o.id for o in case.offers if not o.serverless and o.carbon_g_per_hour is None}
    if len(silent) == sum(not offer.serverless for offer in case.offers):
        raise InputError(
            "no machine says what it emits",
            remedy="fill in carbon_g_per_hour of offers.csv",
        )
    unknown = []
    if silent:
        unknown.append(
            f"Emissions of {listing(sorted(silent))} are not known: not planned with here."
        )
    if any(offer.serverless for offer in case.offers):
        unknown.append("Emissions of APIs are not known: they count as none.")
    usable = tuple(
        replace(offer, limit=0, owned=0) if offer.id in silent else offer for offer in case.offers
    )
    free = replace(case, offers=usable, promises=replace(case.promises, carbon_limit=None))
    cheapest = _served(solve(free))
    most = cheapest.carbon_kg or 0.0
    least = most
    if most > 0:
        tonne = GREEN * max(cheapest.cost or 0.0, 1e-9) / (most / 1000.0)
        promises = replace(free.promises, carbon_price=tonne)
        greenest = _served(solve(replace(free, promises=promises)))
        least = min(most, greenest.carbon_kg or 0.0)

    def case_at(level: float) -> PlanCase:
        if level >= most:
            return free
        promises = replace(free.promises, carbon_limit=level * (1 + SAME))
        return replace(free, promises=promises)

    return Aim(
        against=Against.CARBON,
        about="the horizon",
        unit="kg CO2e",
        more_is_better=False,
        levels=_apart(set(np.linspace(most, least, STEPS + 1).tolist())),
        case_at=case_at,
        asked=case.promises.carbon_limit,
        reached=lambda plan: plan.carbon_kg,
        unknown=tuple(unknown),
    )


def _served(plan: FleetPlan) -> FleetPlan:
    if plan.cost is None:
        raise Infeasible(
            "no fleet serves all demand, so there is no frontier",
            where=plan.explanation[1].rstrip("."),
            remedy="run `lepta plan`: it says which class falls short, when and why",
        )
    return plan


def _risk(case: PlanCase) -> Aim:
    """The quantile of uncertain demand, from the median to the worst that may come."""
    found = [q for q in quantiles(case) if q >= 0.5]
    return Aim(
        against=Against.RISK,
        about="demand per class and period",
        unit="quantile",
        more_is_better=True,
        levels=tuple(found),
        case_at=lambda level: quantile(case, level),
    )


def _spread(case: PlanCase) -> Aim:
    """The share still served when any one provider is lost; with one provider: region, or zone."""
    scope = next(
        (
            scope
            for scope in (Scope.PROVIDER, Scope.REGION, Scope.ZONE)
            if len({scope.of(offer) for offer in case.offers if not offer.serverless} - {""}) > 1
        ),
        None,
    )
    if scope is None:
        raise InputError(
            "all offers are in one place, so nothing can be spread",
            remedy="fill in provider, region or zone of offers.csv, with more than one of them",
        )
    others = tuple(one for one in case.promises.survive if one.scope is not scope)
    asked = next((one.share for one in case.promises.survive if one.scope is scope), None)

    def case_at(share: float) -> PlanCase:
        mine: Sequence[Survival] = (Survival(scope=scope, share=share),) if share > 0 else ()
        return replace(case, promises=replace(case.promises, survive=(*others, *mine)))

    return Aim(
        against=Against.SPREAD,
        about=scope.value,
        unit="share",
        more_is_better=True,
        levels=tuple(step / STEPS for step in range(STEPS + 1)),
        case_at=case_at,
        asked=asked,
    )
