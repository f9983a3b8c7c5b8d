"""Promises beyond serving the demand: starts, shortest runs, emissions, emergencies, scenarios."""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import numpy as np

from lepta.domain.demand import Demand
from lepta.domain.plan import Check, Emergency, FleetPlan
from lepta.optimize.verify.axis import RATE, UNIT, Axis
from lepta.optimize.verify.facts import STRETCH_S, Facts, judged, seconds

__all__ = ["carbon", "circumstances", "shortest_runs", "starts"]


def starts(facts: Facts, plan: FleetPlan, axis: Axis) -> Check:
    """What is held more than before was started, and is told."""
    told: dict[tuple[str, float], int] = {}
    late = 0.0
    for row in plan.starts:
        lead = 3600.0 * facts.offers[row.offer].lead_hours
        late = max(late, abs(seconds(row.start) - seconds(row.order) - lead))
        key = (row.offer, seconds(row.start))
        told[key] = told.get(key, 0) + row.count
    before = None if facts.case.current is None else dict(facts.case.current)
    worst, said = 0.0, f"{sum(told.values())} starts, each told"
    if late > STRETCH_S:
        worst, said = late, f"a start is asked for {late:g} s off the time that it needs"
    for name, line in zip(axis.offers, axis.held, strict=True):
        last = None if before is None else float(before.get(name, 0))
        for begin, held in zip(axis.begins, line, strict=True):
            more = 0.0 if last is None else max(held - last, 0.0)
            off = abs(more - told.pop((name, _near(told, name, begin)), 0))
            if off > worst:
                worst, said = off, f"{name}: {more:g} units start, told otherwise"
            last = held
    worst = max(worst, float(sum(told.values())))
    return judged("starts", worst, said)


def _near(told: Mapping[tuple[str, float], int], name: str, begin: float) -> float:
    return next((t for n, t in told if n == name and abs(t - begin) <= STRETCH_S), begin)


def shortest_runs(facts: Facts, plan: FleetPlan, axis: Axis) -> Check:
    """What started keeps running for its shortest run, or to the end of the horizon."""
    worst, said = 0.0, "every start runs as long as it must"
    begun: dict[str, list[tuple[float, int]]] = {}
    for row in plan.starts:
        begun.setdefault(row.offer, []).append((seconds(row.start), row.count))
    for name, line in zip(axis.offers, axis.held, strict=True):
        least = 3600.0 * facts.offers[name].min_hours
        for begin, held in zip(axis.begins, line, strict=True):
            must = sum(
                count
                for moment, count in begun.get(name, [])
                if least and moment - STRETCH_S <= begin < moment + least - STRETCH_S
            )
            if must - held > worst:
                worst, said = must - held, f"{name}: {must - held:g} units stop too soon"
    return judged("shortest runs", worst, said)


def carbon(facts: Facts, plan: FleetPlan) -> Check:
    """Emissions are those of the machines held, at their price, and within the limit."""
    tonnes = {row.offer: facts.carbon_tonnes(facts.offers[row.offer]) for row in plan.units}
    total = math.fsum(row.count * row.hours * tonnes[row.offer] for row in plan.units)
    promises = facts.case.promises
    if math.isnan(total):
        counts = promises.carbon_price or promises.carbon_limit is not None
        wrong = counts or plan.carbon_kg is not None
        said = "emissions are not known"
        return judged("carbon", math.inf if wrong else 0.0, said)
    stated = math.nan if plan.carbon_kg is None else plan.carbon_kg
    off = abs(stated / 1000.0 - total) / max(total, 1e-9)
    price = abs(plan.carbon_cost - total * promises.carbon_price)
    worst = off if math.isnan(off) else max(off, price / max(total * promises.carbon_price, 1e-6))
    said = f"{total * 1000.0:,.1f} kg CO2e"
    if promises.carbon_limit is not None:
        worst = max(worst, total * 1000.0 / max(promises.carbon_limit, 1e-9) - 1.0)
        said += f" of {promises.carbon_limit:,.1f} kg"
    return judged("carbon", worst, said, 1e-6)


def circumstances(facts: Facts, plan: FleetPlan) -> list[Check]:
    """In each emergency and scenario the routes shown carry what they must."""
    found = []
    if facts.case.promises.survive:
        found.append(_emergencies(facts, plan))
    if facts.case.scenarios:
        found.append(_scenarios(facts, plan))
    return found


def _emergencies(facts: Facts, plan: FleetPlan) -> Check:
    told = {(one.scope, one.lost): one for one in plan.emergencies}
    count, worst, said = 0, 0.0, ""
    for promise in facts.case.promises.survive:
        places = {
            promise.scope.of(offer)
            for offer in facts.offers.values()
            if facts.is_priced(offer) and facts.is_clean(offer)
        }
        for lost in sorted(place for place in places if place and promise.share > 0):
            count += 1
            name = f"{promise.scope.value} {lost}"
            routes = [row for row in plan.detours if row.under == name]
            there = {row.offer for row in routes}
            if any(promise.scope.of(facts.offers[offer]) == lost for offer in there):
                return judged("emergencies", math.inf, f"{name}: requests go where all is lost")
            wanted = [
                replace(row, rate_per_s=row.rate_per_s * promise.share) for row in facts.case.demand
            ]
            axis = Axis(facts, plan, wanted, routes)
            off = max(check.worst / tol for check, tol in _carried(axis))
            if not _told_truly(told.get((promise.scope.value, lost)), promise.share):
                off = math.inf
            if not off <= worst:
                worst, said = off, f"; worst is {name}"
    return judged("emergencies", worst, f"{count} losses, each survived as promised{said}", 1.0)


def _told_truly(said: Emergency | None, share: float) -> bool:
    """Tell whether an emergency states what was promised, and no more than its routes carry."""
    if said is None:
        return False
    return abs(said.wanted - share) <= 1e-9 and abs(said.served - share) <= RATE


def _carried(axis: Axis) -> tuple[tuple[Check, float], ...]:
    checks = (axis.demand(), RATE), (axis.load(), UNIT), (axis.rates(), RATE)
    return *checks, (axis.memory(), UNIT)


def _scenarios(facts: Facts, plan: FleetPlan) -> Check:
    """Served and unserved add up to each scenario; only classes with a penalty are left."""
    outlooks = {one.scenario: one for one in plan.outlooks}
    worst, said = 0.0, ""
    for scenario in facts.case.scenarios:
        rows = [row for row in plan.detours if row.under == scenario.name]
        axis = Axis(facts, plan, _overlaid(facts, scenario.demand), rows)
        left = np.maximum(axis.wanted - axis.served, 0.0)
        for place, name in enumerate(axis.classes):
            known = facts.classes.get(name)
            if known is None or known.penalty_per_request is None:
                worst = max(
                    worst, float(np.max(left[place] / np.maximum(axis.wanted[place], 1e-300)))
                )
        more = np.max((axis.served - axis.wanted) / np.maximum(axis.wanted, 1e-300), initial=0.0)
        worst = max(worst, float(more), axis.load().worst, axis.rates().worst)
        worst = max(worst, axis.memory().worst)
        stated = outlooks.get(scenario.name)
        total, missed = float((axis.wanted @ axis.hours).sum()), left @ axis.hours
        share = float(missed.sum()) / total if total else 0.0
        fines = [
            (facts.classes[name].penalty_per_request or 0.0) if name in facts.classes else 0.0
            for name in axis.classes
        ]
        penalty = 3600.0 * float(np.array(fines) @ missed)
        # Rates are known to RATE, so a penalty is known to that part of the one for leaving all.
        most = 3600.0 * float(np.array(fines) @ (axis.wanted @ axis.hours))
        sent = math.fsum(row.cost for row in rows)
        off = math.inf
        if stated is not None:
            off = max(
                abs(stated.unserved - share),
                abs(stated.penalty - penalty) / max(penalty, RATE * most, 1e-6),
                abs(stated.cost - sent) / max(sent, 1e-6),
                abs(stated.probability - scenario.probability),
            )
        if not max(worst, off) <= RATE:
            worst, said = max(worst, off), f"; worst is {scenario.name}"
    return judged(
        "scenarios", worst, f"{len(facts.case.scenarios)} scenarios add up{said}", 2 * RATE
    )


def _overlaid(facts: Facts, rows: tuple[Demand, ...]) -> list[Demand]:
    """Return the demand of a scenario: its rows, and the table where it says nothing."""
    said: dict[tuple[str, datetime], float] = {
        (row.demand_class, row.start): row.rate_per_s for row in rows
    }
    return [
        replace(row, rate_per_s=said.get((row.demand_class, row.start), row.rate_per_s))
        for row in facts.case.demand
    ]
