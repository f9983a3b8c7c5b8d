"""Pipelines as demand of their stages: which budgets a stage may get, and the case for one choice.

A request of a pipeline asks each stage so many times; the calls to one stage run side by side, the
stages one after the other. So the pipeline's rate becomes rate of the stages, and its latency
budget is shared out between them. A stage whose class has demand of its own serves both inside the
tighter objective: its machines do not ask where a request comes from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from lepta.domain.demand import Demand, DemandClass, Pipeline, Scenario
from lepta.domain.periods import Horizon, cut
from lepta.domain.plan import PlanCase
from lepta.errors import InputError
from lepta.optimize.mix.known import known_price

__all__ = ["Choice", "busy", "check_pipelines", "choices", "expand"]

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Choice:
    """The budgets that are worth giving to the class of a stage, ascending.

    Between two of them nothing changes: they are what its offers take, round trip included.
    """

    demand_class: str
    budgets: tuple[float, ...]
    """Milliseconds."""
    fastest: str
    """The offer that takes `budgets[0]`; "" where nothing can serve the class at all."""


def check_pipelines(case: PlanCase) -> None:
    """Refuse pipelines that contradict the case or themselves.

    Raises
    ------
    InputError
        A name or a stage stands twice, a pipeline is a stage, or is asked what only a stage can do.
    """
    names = [pipeline.name for pipeline in case.pipelines]
    known = {one.name: one for one in case.classes}
    for pipeline in case.pipelines:
        where = f"pipeline {pipeline.name}"
        stages = [stage.demand_class for stage in pipeline.stages]
        if names.count(pipeline.name) > 1:
            raise InputError("stands twice", where=where, remedy="keep one of the two")
        if not stages or len(set(stages)) < len(stages):
            raise InputError(
                "a class is two of its stages" if stages else "has no stages",
                where=where,
                remedy="give each stage a class of its own, with its own profiles",
            )
        if inner := sorted(set(stages) & set(names)):
            raise InputError(
                f"its stage {inner[0]} is a pipeline itself",
                where=where,
                remedy=f"write the stages of {inner[0]} in its place",
            )
        about = known.get(pipeline.name, DemandClass(name=pipeline.name))
        for field in ("memory_gib", "input_tokens", "output_tokens", "penalty_per_request"):
            if getattr(about, field) is not None:
                raise InputError(
                    f"has {field} {getattr(about, field):g}, but is served by its stages",
                    where=where,
                    remedy=f"give {field} to the classes of its stages",
                )


def busy(case: PlanCase) -> tuple[Pipeline, ...]:
    """Return the pipelines that are asked anything, with the stages that they ask.

    What nobody asks keeps every budget, however slow its machines are.
    """
    rows = (*case.demand, *(row for one in case.scenarios for row in one.demand))
    asked = {row.demand_class for row in rows if row.rate_per_s > 0}
    stages = (
        replace(one, stages=tuple(stage for stage in one.stages if stage.per_request > 0))
        for one in case.pipelines
        if one.name in asked
    )
    return tuple(one for one in stages if one.stages)


def choices(case: PlanCase, names: Sequence[str] | None = None) -> tuple[Choice, ...]:
    """List the budgets worth giving to each of these classes; left out: to each that is a stage."""
    stages = dict.fromkeys(
        (stage.demand_class for pipeline in case.pipelines for stage in pipeline.stages)
        if names is None
        else names
    )
    trip = {(r.demand_class, r.offer): r.round_trip_ms or 0.0 for r in case.routes}
    asked = _classes(case, {})
    offers = {offer.id: offer for offer in case.offers if known_price(offer) and offer.limit != 0}
    points: dict[str, dict[str, list[Point]]] = {name: {} for name in stages}
    for profile in case.profiles:
        offer, name = offers.get(profile.offer), profile.demand_class
        if name not in points or offer is None or not profile.rate_per_s > 0:
            continue
        took = trip.get((name, offer.id), 0.0) + (profile.latency_ms or 0.0)
        mine = asked.get(name, DemandClass(name=name))
        most, regions = mine.latency_ms, mine.regions
        if (most is None or took <= most) and (not regions or offer.region in regions):
            points[name].setdefault(offer.id, []).append((took, profile.rate_per_s))
    return tuple(_choice(name, mine) for name, mine in points.items())


def _choice(name: str, points: Mapping[str, Sequence[Point]]) -> Choice:
    """Keep the latencies at which some offer begins to serve, or serves more than before."""
    budgets: dict[float, str] = {}
    for offer, mine in sorted(points.items()):
        best = 0.0
        for took, rate in sorted(mine, key=lambda point: (point[0], -point[1])):
            if rate > best:
                budgets.setdefault(took, offer)
                best = rate
    ordered = sorted(budgets) or [0.0]
    return Choice(name, tuple(ordered), budgets.get(ordered[0], ""))


def expand(case: PlanCase, budgets: Mapping[str, float]) -> PlanCase:
    """Return the case without pipelines: their rate is that of their stages, within `budgets`.

    `budgets` maps the class of a stage to milliseconds; a stage left out keeps its own objective.
    """
    horizon = cut(case.demand)
    given = [dict(zip(horizon.classes, p.rates, strict=True)) for p in horizon.periods]
    return replace(
        case,
        demand=_staged(case, case.demand, horizon, given),
        scenarios=tuple(
            replace(one, demand=_staged(case, one.demand, horizon, _overlaid(one, horizon, given)))
            for one in case.scenarios
        ),
        classes=tuple(_classes(case, budgets).values()),
        pipelines=(),
    )


def _staged(
    case: PlanCase,
    rows: Sequence[Demand],
    horizon: Horizon,
    rates: Sequence[Mapping[str, float]],
) -> tuple[Demand, ...]:
    """Replace the rows of pipelines and stages by what the stages are asked in each period."""
    asked: dict[str, list[tuple[str, float]]] = {}
    for pipeline in case.pipelines:
        for stage in pipeline.stages:
            asked.setdefault(stage.demand_class, [(stage.demand_class, 1.0)]).append(
                (pipeline.name, stage.per_request)
            )
    replaced = {*asked, *(pipeline.name for pipeline in case.pipelines)}
    return (
        *(row for row in rows if row.demand_class not in replaced),
        *(
            Demand(
                demand_class=name,
                start=period.start,
                hours=period.hours,
                rate_per_s=sum(here.get(source, 0.0) * times for source, times in sources),
            )
            for name, sources in asked.items()
            for period, here in zip(horizon.periods, rates, strict=True)
        ),
    )


def _overlaid(
    scenario: Scenario, horizon: Horizon, given: Sequence[Mapping[str, float]]
) -> list[dict[str, float]]:
    """Lay a scenario over the demand as given: what it does not say stays."""
    rates = [dict(here) for here in given]
    for row in scenario.demand:
        for period, here in zip(horizon.periods, rates, strict=True):
            if row.start <= period.start + timedelta(hours=period.hours / 2) < row.end:
                here[row.demand_class] = row.rate_per_s
    return rates


def _classes(case: PlanCase, budgets: Mapping[str, float]) -> dict[str, DemandClass]:
    """Return what is asked of each class: a stage answers within its budget, in the regions of all.

    The class of a pipeline itself is gone.
    """
    known = {one.name: one for one in case.classes}
    for pipeline in case.pipelines:
        whole = known.pop(pipeline.name, None)
        for stage in pipeline.stages:
            name = stage.demand_class
            mine = known.get(name, DemandClass(name=name))
            limits = [q for q in (mine.latency_ms, budgets.get(name)) if q is not None]
            known[name] = replace(
                mine,
                latency_ms=min(limits, default=None),
                regions=_both(mine, whole) if whole is not None else mine.regions,
            )
    return known


def _both(stage: DemandClass, whole: DemandClass) -> tuple[str, ...]:
    """Return the regions that stage and pipeline both allow."""
    if not stage.regions or not whole.regions:
        return stage.regions or whole.regions
    found = tuple(region for region in stage.regions if region in whole.regions)
    if not found:
        raise InputError(
            f"no region is allowed to both the pipeline {whole.name} and its stage {stage.name}",
            remedy="name a region for both in classes.csv, or leave one blank",
        )
    return found
