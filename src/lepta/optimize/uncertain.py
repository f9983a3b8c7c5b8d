"""Uncertain demand, case to case: one demand for a quantile, scenarios from days that happened.

These functions make cases that the planner already knows how to plan. They stand beside it, not in
it: a plan at a quantile is a plan of a plain case, with the same proof.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from lepta.domain.demand import Demand
from lepta.domain.plan import PlanCase
from lepta.errors import InputError

__all__ = ["levels", "mean", "quantile"]

EXACT = 1e-9
"""Probabilities this close are one: 0.1 + 0.2 + 0.7 is 1."""

Outcomes = list[tuple[float, float]]
"""(rate, probability), by rate."""


def quantile(case: PlanCase, q: float) -> PlanCase:
    """Return the case with the q-quantile of demand in place of its scenarios.

    Per class and period the rate is the least that at least q of the probability stays within; what
    is left of 1 is the probability of the demand table. Classes and periods are looked at one by
    one, so all of them together stay within it less often than q.

    Raises
    ------
    InputError
        q is no share above 0, there are no scenarios, or one has intervals of its own.
    """
    if not 0 < q <= 1:
        raise InputError(f"the quantile is {q!r}", remedy="give a share above 0 and up to 1")
    return _with_rates(case, lambda outcomes: _at(outcomes, q))


def mean(case: PlanCase) -> PlanCase:
    """Return the case with the expected demand in place of its scenarios.

    Raises
    ------
    InputError
        There are no scenarios, or one has intervals of its own.
    """
    return _with_rates(case, lambda outcomes: sum(rate * weight for rate, weight in outcomes))


def levels(case: PlanCase) -> tuple[float, ...]:
    """List the quantiles at which the demand of any class and period changes, ascending; last 1."""
    found = {1.0}
    for outcomes in _outcomes(case):
        below = 0.0
        for rate, weight in outcomes:
            below += weight
            if rate < outcomes[-1][0]:
                found.add(min(round(below, 12), 1.0))
    return tuple(sorted(q for q in found if q > EXACT))


def _at(outcomes: Outcomes, q: float) -> float:
    below = 0.0
    for rate, weight in outcomes:
        below += weight
        if below >= q - EXACT:
            return rate
    return outcomes[-1][0]


def _with_rates(case: PlanCase, rate: Callable[[Outcomes], float]) -> PlanCase:
    rows = zip(case.demand, _outcomes(case), strict=True)
    return replace(
        case,
        demand=tuple(replace(row, rate_per_s=rate(outcomes)) for row, outcomes in rows),
        scenarios=(),
    )


def _outcomes(case: PlanCase) -> list[Outcomes]:
    """Return for each row of demand what it may be, and how likely."""
    if not case.scenarios:
        raise InputError(
            "the case has no scenarios: its demand is certain",
            remedy="add scenarios.csv, or draw scenarios from history with --bootstrap-days",
        )
    rest = max(1.0 - sum(one.probability for one in case.scenarios), 0.0)
    said = [(one.probability, _said(case.demand, one.name, one.demand)) for one in case.scenarios]
    found = []
    for place, row in enumerate(case.demand):
        sums: dict[float, float] = {}
        for weight, rates in ((rest, {}), *said):
            value = rates.get(place, row.rate_per_s)
            sums[value] = sums.get(value, 0.0) + weight
        found.append(sorted((value, weight) for value, weight in sums.items() if weight > 0))
    return found


def _said(given: Sequence[Demand], scenario: str, rows: Sequence[Demand]) -> dict[int, float]:
    """Match the rows of a scenario with those of the demand table."""
    place = {(row.demand_class, row.start): k for k, row in enumerate(given)}
    found = {}
    for row in rows:
        k = place.get((row.demand_class, row.start))
        if k is None or abs((given[k].end - row.end).total_seconds()) > 1:
            raise InputError(
                f"its interval of {row.demand_class} from {row.start.isoformat()} for "
                f"{row.hours:g} h is none of the demand table",
                where=f"scenario {scenario}",
                remedy="give the intervals of demand.csv, with other rates",
            )
        found[k] = row.rate_per_s
    return found
