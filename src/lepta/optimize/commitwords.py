"""Why this purchase: sentences about each contract, the whole, and what is not known."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from lepta.domain.commitment import (
    Bought,
    CommitCase,
    CommitPlan,
    Regret,
    Safety,
)
from lepta.errors import listing
from lepta.optimize.commitmarket import Line
from lepta.optimize.commitoffers import Offering
from lepta.units import HOURS_PER_MONTH

__all__ = ["explain", "left_out", "why"]

FALL = 0.7
"""The share of the forecast that the answer names: demand falls by 30 %."""
FULL = 1e-9


def why(
    line: Line,
    bought: float,
    used: float | None,
    break_even: float,
    next_used: float,
    *,
    careful: bool,
) -> str:
    """Say why so much of a contract, and not more; `careful` where risk is weighed."""
    contract = line.offering.contract
    even = f"it breaks even at {_percent(break_even)}"
    more = f"the {'next' if bought else 'first'} {_lot(line)} would be used {_percent(next_used)}"
    limit = contract.maximum is not None and bought >= contract.maximum * (1 - FULL)
    if bought:
        said = f"used {_percent(used or 0.0)} of its hours, {even}; "
        if limit:
            return f"{said}its maximum binds ({more})"
        stops = careful and next_used > break_even
        return said + more + (" on average: caution stops here" if stops else "")
    if next_used < break_even:
        return f"{more} of its hours, {even}"
    if careful:
        return f"{more} on average, {even}: caution, or another contract, stops it"
    if contract.minimum > 0:
        return f"{more}, {even}, but its minimum of {contract.minimum:g} as a whole does not pay"
    return f"{more}, {even}: another contract earns as much, or a whole lot does not pay"


def _lot(line: Line) -> str:
    contract = line.offering.contract
    if not line.lot:
        return "amount"
    return (
        "unit" if line.lot == 1 and contract.category.value == "Usage" else f"lot of {line.lot:g}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def left_out(case: CommitCase, found: Sequence[Offering], start: datetime) -> tuple[str, ...]:
    """Name what cannot be bought, what expired, and what is owned at an unknown price."""
    said = [
        f"Contract {o.contract.id} is left out: {o.why_not}."
        for o in found
        if o.why_not and o.contract.maximum != 0
    ]
    over = [h.contract for h in case.owned if h.end <= start]
    if over:
        said.append(
            f"Owned {listing(sorted(set(over)))} expired before {_day(start)}: it counts for "
            "nothing."
        )
    owned = {h.contract for h in case.owned if h.end > start and h.units}
    free = sorted(o.contract.id for o in found if o.price is None and o.contract.id in owned)
    if free:
        said.append(
            f"The price of owned {listing(free)} is unknown: what it covers counts, what it costs "
            "is left out of every cost, and no saving depends on it."
        )
    idle = sorted(o.contract.id for o in found if not o.pools and o.contract.id in owned)
    if idle:
        said.append(f"Owned {listing(idle)} covers no usage that is priced here.")
    return tuple(said)


def explain(
    plan: CommitPlan,
    *,
    regret: tuple[Regret, ...],
    safety: Safety | None,
    unknown: tuple[str, ...],
    rounds: int,
) -> CommitPlan:
    """Return the plan with its regret, its price of safety, and its reasons in sentences."""
    said = [*_whole(plan), *_expiries(plan), *_intended(plan)]
    fallen = next((row for row in regret if row.demand == FALL), None)
    if fallen is not None:
        verb = "saves" if fallen.saving.expected >= 0 else "loses"
        said.append(
            f"If demand is 30% below the forecast, the purchase {verb} "
            f"{_money(abs(fallen.saving.expected))} {plan.currency}, and costs "
            f"{_money(fallen.regret)} more than the best purchase for that demand would."
        )
    if safety is not None:
        said.append(
            f"Caution ({safety.risk:g}) costs {_money(safety.price)} {plan.currency} of expected "
            f"saving: the boldest purchase would save {_money(safety.expected_saving)}, and "
            f"{_money(safety.worst_saving)} in the worst 5% of the scenarios."
        )
    later = ", with what is intended later" if plan.intended else ""
    weighed = " (weighed by risk)" if plan.risk else ""
    said.append(
        f"No purchase for this forecast costs less than {_money(plan.bound)} {plan.currency}"
        f"{weighed}; this one costs {_money(plan.objective)}{later} (proven by cuts over every "
        f"hour, {rounds} rounds)."
    )
    taken = [
        "On-demand prices, and the terms of contracts that are bought again, are taken to stay as "
        "they are."
    ]
    if plan.capital == 0:
        taken.append("The cost of capital is 0: an upfront payment costs as much as later ones.")
    return replace(
        plan,
        regret=regret,
        safety=safety,
        explanation=tuple(said),
        unknown=(*unknown, *taken),
    )


def _whole(plan: CommitPlan) -> list[str]:
    bought = [row for row in plan.bought if row.units > 0]
    if not bought:
        return [_nothing(plan.bought)]
    names = listing([f"{_units(row)} of {row.contract}" for row in bought])
    months = plan.hours / HOURS_PER_MONTH
    saved = plan.saving
    tail = "lose" if saved.worst < 0 else "save"
    return [
        f"Buy {names}.",
        f"Over {plan.hours / 24:g} days this saves {_money(saved.expected)} {plan.currency} of "
        f"{_money(plan.cost_now)} ({_percent(saved.expected / plan.cost_now)}), "
        f"{_money(saved.expected / months)} per month of 730 h.",
        f"The worst 5% of the scenarios {tail} {_money(abs(saved.worst))} on average; 95% save "
        f"at least {_money(saved.quantile)}.",
    ]


def _nothing(rows: Sequence[Bought]) -> str:
    said = "Buy nothing: no contract earns its price."
    near = max(rows, key=_nearness, default=None)
    if near is None or _nearness(near) < 0:
        return said
    return f"{said} Nearest is {near.contract}: {near.why}."


def _nearness(row: Bought) -> float:
    if row.next_used is None or not row.break_even:
        return -1.0
    return row.next_used / row.break_even


def _expiries(plan: CommitPlan) -> list[str]:
    soon = sorted((row.end, row.contract, row.units) for row in plan.held)
    return [
        f"Owned {units:,.10g} of {name} run until {_day(end)}." for end, name, units in soon[:5]
    ]


def _intended(plan: CommitPlan) -> list[str]:
    if not plan.intended:
        return []
    said = listing(
        [f"{row.units:,.10g} of {row.contract} on {_day(row.start)}" for row in plan.intended], 6
    )
    return [f"Meant for later, not signed and in no saving: {said}. Ask again then."]


def _units(row: Bought) -> str:
    return f"{row.units:,.10g}" if row.category == "Usage" else f"{row.units:,.2f} per hour"


def _money(amount: float) -> str:
    return f"{amount:,.2f}"


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
