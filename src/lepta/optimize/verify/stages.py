"""Pipelines read again: what each stage is asked, within the budget that the plan gives it.

Shares no code with `mix`: rows of demand are added up between the instants at which any begins or
ends.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from lepta.domain.demand import Demand, DemandClass
from lepta.domain.plan import Check, FleetPlan, PlanCase
from lepta.optimize.verify.facts import judged

__all__ = ["budgets", "unfolded"]

BUDGET = 1e-9
"""Largest relative error of a sum of budgets."""


def budgets(case: PlanCase, plan: FleetPlan) -> Check:
    """Each stage that is asked has a budget, and those of a pipeline fit into its own together."""
    worst = 0.0
    given = [*case.demand, *(row for one in case.scenarios for row in one.demand)]
    told = {(row.pipeline, row.demand_class): row.budget_ms for row in plan.splits}
    asked = {
        (pipeline.name, stage.demand_class)
        for pipeline in case.pipelines
        for stage in pipeline.stages
        if any(
            r.rate_per_s * stage.per_request > 0 for r in given if r.demand_class == pipeline.name
        )
    }
    if set(told) != asked or len(plan.splits) != len(asked):
        return judged("pipelines", math.inf, "the budgets are not those of the stages")
    objective = {one.name: one.latency_ms for one in case.classes}
    for pipeline in case.pipelines:
        used = math.fsum(budget for (name, _), budget in told.items() if name == pipeline.name)
        own = objective.get(pipeline.name)
        most = pipeline.latency_ms if own is None else min(own, pipeline.latency_ms)
        worst = max(worst, (used - most) / max(most, 1e-6))
    said = f"{len(asked)} stages within the budgets of {len(case.pipelines)} pipelines"
    return judged("pipelines", worst, said, BUDGET)


def unfolded(case: PlanCase, plan: FleetPlan) -> PlanCase:
    """Return the case as its stages see it; it still names its pipelines."""
    if not case.pipelines:
        return case
    known = {one.name: one for one in case.classes}
    for row in plan.splits:
        mine = known.get(row.demand_class, DemandClass(name=row.demand_class))
        tight = math.inf if mine.latency_ms is None else mine.latency_ms
        known[row.demand_class] = replace(mine, latency_ms=min(tight, row.budget_ms))
    for pipeline in case.pipelines:
        regions = known[pipeline.name].regions if pipeline.name in known else ()
        for stage in pipeline.stages if regions else ():
            mine = known.get(stage.demand_class, DemandClass(name=stage.demand_class))
            both = [name for name in mine.regions or regions if name in regions]
            known[mine.name] = replace(mine, regions=tuple(both))
    return replace(
        case,
        classes=tuple(known.values()),
        demand=_asked(case, case.demand),
        scenarios=tuple(
            replace(one, demand=_asked(case, _laid_over(case.demand, one.demand)))
            for one in case.scenarios
        ),
    )


def _laid_over(given: Sequence[Demand], rows: Sequence[Demand]) -> list[Demand]:
    said = {(row.demand_class, row.start): row.rate_per_s for row in rows}
    return [
        replace(row, rate_per_s=said.get((row.demand_class, row.start), row.rate_per_s))
        for row in given
    ]


def _asked(case: PlanCase, rows: Sequence[Demand]) -> tuple[Demand, ...]:
    pipelines = {pipeline.name for pipeline in case.pipelines}
    found = [row for row in rows if row.demand_class not in pipelines]
    for stage_class in {s.demand_class for pipeline in case.pipelines for s in pipeline.stages}:
        own = [row for row in found if row.demand_class == stage_class]
        found = [row for row in found if row.demand_class != stage_class]
        sent = [
            replace(row, demand_class=stage_class, rate_per_s=row.rate_per_s * stage.per_request)
            for pipeline in case.pipelines
            for stage in pipeline.stages
            if stage.demand_class == stage_class
            for row in rows
            if row.demand_class == pipeline.name
        ]
        found += _added(stage_class, [*own, *sent])
    return tuple(found)


def _added(name: str, rows: Iterable[Demand]) -> list[Demand]:
    """Add rows up that overlap."""
    change: dict[datetime, list[float]] = {}
    for row in rows:
        change.setdefault(row.start.astimezone(UTC), []).append(row.rate_per_s)
        change.setdefault(row.end.astimezone(UTC), []).append(-row.rate_per_s)
    instants = sorted(change)
    found, here = [], []
    for begin, end in pairwise(instants):
        here += change[begin]
        found.append(
            Demand(
                demand_class=name,
                start=begin,
                hours=(end - begin) / timedelta(hours=1),
                rate_per_s=max(math.fsum(here), 0.0),
            )
        )
    return found
