"""The questions of the study: one promise at a time, and several together."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import company as firm
import variants

from lepta.domain.offer import Term
from lepta.domain.plan import FleetPlan, PlanCase
from lepta.domain.promises import Promises, Scope, Survival

CARBON_PRICE = 100.0
CARBON_CUT = 0.2
PAYBACK_HOURS = 1.0
QUANTILE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One row: what is promised, and the case that says so."""

    key: str
    promise: str
    case: PlanCase


def base(case: PlanCase) -> Question:
    """Ask for nothing but that every request is served inside its objective."""
    return Question(key="base", promise="none: every request, inside its latency", case=case)


def questions(
    case: PlanCase, tables: firm.Tables, days: int, carbon_kg: float
) -> Iterator[Question]:
    """Ask for one promise at a time; `carbon_kg` is what the plan without promises emits."""

    def promised(**more: Any) -> PlanCase:
        return replace(case, promises=Promises(**more))

    def survive(scope: Scope, share: float) -> PlanCase:
        return promised(survive=(Survival(scope=scope, share=share),))

    rows: list[tuple[str, str, PlanCase]] = [
        ("tighter", "30 ms between tokens, images in 7 s", _objectives(case, firm.TIGHTER)),
        ("looser", "100 ms between tokens, images in 20 s", _objectives(case, firm.LOOSER)),
        ("no-spot", "no spot", variants.only(case, lambda offer: offer.term is not Term.SPOT)),
        ("more-spot", "four machines of each spot pool", variants.spot_limit(case, 4)),
        ("pool", "lose any spot pool, serve 90 %", survive(Scope.POOL, 0.9)),
        ("region", "lose any region, serve 90 %", survive(Scope.REGION, 0.9)),
        ("provider-50", "lose any provider, serve 50 %", survive(Scope.PROVIDER, 0.5)),
        ("provider-90", "lose any provider, serve 90 %", survive(Scope.PROVIDER, 0.9)),
        (
            "carbon-cap",
            f"{100 * CARBON_CUT:g} % less carbon",
            promised(carbon_limit=(1 - CARBON_CUT) * carbon_kg),
        ),
        (
            "carbon-price",
            f"carbon at {CARBON_PRICE:g} USD/t",
            promised(carbon_price=CARBON_PRICE),
        ),
        (
            "payback",
            f"changes pay back in {PAYBACK_HOURS:g} h",
            promised(payback_hours=PAYBACK_HOURS),
        ),
        (
            "busy",
            f"each hour as busy as on {100 * QUANTILE:g} % of days",
            variants.busy_days(case, tables.public, days, QUANTILE),
        ),
        (
            "scenarios",
            "one fleet for all days of the trace, a penalty for what it leaves",
            variants.with_scenarios(case, tables.public, days),
        ),
        ("together", "tighter latency, pool, region, provider 50 %, carbon price", _all(case)),
        ("api", "chat may go to an API", variants.with_api(case, tables)),
    ]
    for key, promise, asked in rows:
        yield Question(key=key, promise=promise, case=asked)


def _objectives(case: PlanCase, objectives: dict[str, float]) -> PlanCase:
    return replace(case, classes=firm.classes(objectives))


def _all(case: PlanCase) -> PlanCase:
    return replace(
        _objectives(case, firm.TIGHTER),
        promises=Promises(
            survive=(
                Survival(scope=Scope.POOL, share=0.9),
                Survival(scope=Scope.REGION, share=0.9),
                Survival(scope=Scope.PROVIDER, share=0.5),
            ),
            carbon_price=CARBON_PRICE,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How many units of an offer run: the mean over the hours, and the most at once."""

    offer: str
    term: str
    accelerators: float
    mean: float
    peak: int


def held(case: PlanCase, plan: FleetPlan) -> tuple[Held, ...]:
    """Sum up the units of a plan by offer, in the order of the case."""
    found = []
    for offer in case.offers:
        mine = [unit for unit in plan.units if unit.offer == offer.id and unit.count]
        if mine:
            found.append(
                Held(
                    offer=offer.id,
                    term=offer.term.value,
                    accelerators=offer.accelerator_count,
                    mean=sum(unit.count * unit.hours for unit in mine) / plan.hours,
                    peak=max(unit.count for unit in mine),
                )
            )
    return tuple(found)


def accelerators(case: PlanCase, plan: FleetPlan, term: Term) -> list[float]:
    """Count the accelerators held on a term, hour by hour."""
    counts = {o.id: o.accelerator_count for o in case.offers if o.term is term}
    starts = sorted({demand.start for demand in case.demand})
    hours = dict.fromkeys(starts, 0.0)
    for unit in plan.units:
        if unit.offer in counts:
            for start in starts:
                if 0 <= (start - unit.start).total_seconds() < 3600 * unit.hours:
                    hours[start] += unit.count * counts[unit.offer]
    return list(hours.values())
