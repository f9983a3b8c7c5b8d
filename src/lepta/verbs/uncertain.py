"""Uncertain demand for `lepta plan`: a quantile, scenarios from history, the price of safety."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from lepta.domain.plan import FleetPlan, PlanCase
from lepta.errors import InputError
from lepta.optimize.bootstrap import bootstrap_days
from lepta.wiring.cases import read_demand

__all__ = ["drawn", "price_of_safety"]

DRAWS = 200
"""Scenarios that are drawn where only a quantile of them is planned."""
PLANNED = 8
"""Scenarios that are drawn where each of them is planned."""


def drawn(
    case: PlanCase, history: str | Path, *, seed: int, few: bool
) -> tuple[PlanCase, tuple[str, ...]]:
    """Return the case with scenarios drawn from the days of a history, and say so.

    `few`: each scenario is planned, so there are not many.

    Raises
    ------
    InputError
        The case has scenarios already, or the history is wrong.
    """
    if case.scenarios:
        raise InputError(
            "the case has scenarios already",
            where=str(history),
            remedy="take scenarios.csv out of the case, or leave the history out",
        )
    rng = np.random.default_rng(seed)
    count = PLANNED if few else DRAWS
    try:
        found = bootstrap_days(read_demand(history), case.demand, count, rng)
    except InputError as error:
        if error.where:
            raise
        raise InputError(error.what, where=str(history), remedy=error.remedy) from None
    said = (
        f"Demand is uncertain: {count} scenarios of whole days drawn from {Path(history).name} "
        f"(seed {seed}), of the same weekday where there is one."
    )
    return replace(case, scenarios=found), (said,)


def price_of_safety(plan: FleetPlan, beside: FleetPlan, q: float) -> list[str]:
    """Say what planning the q-quantile of demand costs beside its mean."""
    share = f"{100 * q:g} %"
    said = [
        f"Planned for the {share} quantile of demand, per class and period; all of them together "
        "stay within it less often."
    ]
    if plan.cost is None and beside.cost is not None:
        said.append(
            f"The mean demand could be served for {beside.cost:,.2f} {plan.currency}; the "
            "limits do not allow more."
        )
    if plan.cost is None or beside.cost is None:
        return said
    more = plan.cost - beside.cost
    part = f" ({more / beside.cost:+.1%})" if beside.cost > 0 else ""
    said.append(
        f"The price of safety: {more:,.2f} {plan.currency} more{part} than the plan for the mean "
        f"demand, which costs {beside.cost:,.2f}."
        if more >= 0
        else f"No price of safety: the plan for the mean demand costs {-more:,.2f} {plan.currency} "
        "more, since demand is above this quantile at times."
    )
    return said
