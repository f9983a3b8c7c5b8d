"""The first thing a report says: what is paid, what is wasted, what the plan saves, and proof."""

from dataclasses import dataclass

from lepta.domain.assessment import Assessment
from lepta.domain.plan import FleetPlan
from lepta.report.fleet import failed, saving
from lepta.report.numbers import decimals, money, period, share, span
from lepta.units import from_micros

__all__ = ["Part", "headline", "proof", "text"]

MILLIONTH = 1e-6
"""Below this gap a percentage no longer reads well."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence; the strong ones are the figures to remember."""

    text: str
    strong: bool = False


def text(parts: tuple[Part, ...]) -> str:
    """Join the pieces without emphasis."""
    return "".join(part.text for part in parts)


def headline(assessment: Assessment | None, plan: FleetPlan | None) -> tuple[Part, ...]:
    """Say it in one sentence; a part that was not made is not spoken of."""
    parts = [] if assessment is None else _paid(assessment)
    if plan is not None:
        parts += [Part(", and the plan " if parts else "The plan "), *_planned(plan)]
    return (*parts, Part("."))


def _paid(assessment: Assessment) -> list[Part]:
    spend, saving_micros = assessment.spend, assessment.total_saving_micros
    total = from_micros(spend.total_micros)
    when = period(spend.start, spend.end)
    parts = [
        Part("You paid "),
        Part(f"{money(total, decimals(total))}\N{NO-BREAK SPACE}{spend.currency}", strong=True),
        Part(f" for {when}; " if spend.start else "; "),
    ]
    if not saving_micros:
        return [*parts, Part("no waste was found in what could be seen")]
    waste = from_micros(saving_micros)
    return [
        *parts,
        Part(f"{money(waste, decimals(total))}\N{NO-BREAK SPACE}{spend.currency}", strong=True),
        Part(f" of it ({share(saving_micros, spend.total_micros)}) was waste that can be named"),
    ]


def _planned(plan: FleetPlan) -> list[Part]:
    if plan.cost is None:
        return [
            Part("cannot keep every promise", strong=True),
            Part(": see below which class falls short, and by how much"),
        ]
    saved = saving(plan)
    digits = decimals(max(plan.cost, plan.cost_now or 0.0))
    cost = f"{money(plan.cost, digits)}\N{NO-BREAK SPACE}{plan.currency}"
    if saved is None or plan.cost_now is None:
        return [
            Part("serves the demand for "),
            Part(cost, strong=True),
            Part(f" over {span(plan.hours)}; what runs now is not known, so no saving is claimed"),
        ]
    if saved <= 0:
        return [
            Part("serves the demand for "),
            Part(cost, strong=True),
            Part(f" over {span(plan.hours)}: "),
            Part(_no_saving(plan, saved)),
        ]
    return [
        Part("serves the same demand for "),
        Part(f"{share(saved, plan.cost_now)} less", strong=True),
        Part(f" than the fleet that runs now: {cost} instead of "),
        Part(f"{money(plan.cost_now, digits)}\N{NO-BREAK SPACE}{plan.currency}"),
        Part(f" over {span(plan.hours)}"),
    ]


def _no_saving(plan: FleetPlan, saved: float) -> str:
    if saved == 0:
        return "as much as the fleet that runs now"
    more = money(-saved, decimals(saved))
    return f"{more} {plan.currency} more than what runs now, which may not keep every promise"


def proof(plan: FleetPlan) -> str:
    """Say how far the plan can be from the cheapest possible, and whether its checks hold."""
    said = []
    if plan.cost is not None and plan.bound is not None and plan.gap is not None:
        bound = f"{money(plan.bound, decimals(plan.cost))}\N{NO-BREAK SPACE}{plan.currency}"
        if plan.gap <= 1e-9:
            said.append(f"proven cheapest: no plan can cost less than {bound}")
        elif plan.gap <= MILLIONTH:
            said.append(
                "proven within one millionth of the cheapest possible: "
                f"no plan can cost less than {bound}"
            )
        else:
            said.append(
                f"at most {100 * plan.gap:.2g}% above the cheapest possible: "
                f"no plan can cost less than {bound}"
            )
    if plan.checks:
        bad = failed(plan)
        total = len(plan.checks)
        said.append(
            f"{bad} of {total} checks failed: do not apply this plan"
            if bad
            else f"all {total} checks passed, recomputed without the solver"
        )
    sentence = "; ".join(said)
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""
