"""Sentences on promises beyond serving the demand, and on what was priced or could not be."""

from collections.abc import Sequence

from lepta.domain.offer import Term
from lepta.domain.plan import FleetPlan, PlanCase, Wish
from lepta.domain.promises import CVAR_TAIL
from lepta.errors import listing
from lepta.optimize.mix.calm import Calm
from lepta.optimize.mix.model import GIVEN
from lepta.optimize.mix.risk import Averse
from lepta.optimize.mix.writing import count, money

__all__ = ["calmed", "contradiction", "promised", "risked", "taken_on_trust"]

MOST_LINES = 8


def promised(case: PlanCase, plan: FleetPlan) -> list[str]:
    """Say what starts, emergencies, carbon, quotas and scenarios come to."""
    return [
        *_starts(plan),
        *_quotas(plan),
        *_emergencies(plan),
        *_carbon(case, plan),
        *_outlooks(case, plan),
    ]


def _starts(plan: FleetPlan) -> list[str]:
    if not plan.starts:
        return []
    number, cost = sum(row.count for row in plan.starts), sum(row.cost for row in plan.starts)
    return [
        f"{count(number, 'start')} of machines in {plan.hours:g} h cost {money(cost)} "
        f"{plan.currency}; each is asked for early enough to serve when its period begins."
    ]


def _quotas(plan: FleetPlan) -> list[str]:
    worth: dict[str, list[tuple[float, float]]] = {}
    for row in plan.shadow_prices:
        if row.kind == "quota" and row.value > 0:
            worth.setdefault(row.name, []).append((row.value * row.hours, row.hours))
    said = []
    for name, rows in sorted(worth.items(), key=lambda item: -sum(v for v, _ in item[1])):
        total, hours = sum(v for v, _ in rows), sum(h for _, h in rows)
        said.append(
            f"The quota {name} binds for {hours:g} h: one more within it would save about "
            f"{money(total / hours)} {plan.currency} per hour then, {money(total)} in all."
        )
    return said[:MOST_LINES]


def _emergencies(plan: FleetPlan) -> list[str]:
    said = []
    for scope in dict.fromkeys(one.scope for one in plan.emergencies):
        mine = [one for one in plan.emergencies if one.scope == scope]
        least = min(mine, key=lambda one: one.served)
        said.append(
            f"Lose any one {scope} ({listing([one.lost for one in mine], 4)}), and "
            f"{least.served:.0%} of every class is still served; promised are {least.wanted:.0%}."
        )
    extra: dict[str, float] = {}
    for row in plan.shadow_prices:
        if row.kind == "circumstance" and row.emergency:
            extra[row.emergency] = extra.get(row.emergency, 0.0) + row.value * row.hours
    if extra and plan.emergencies:
        worst = max(extra, key=lambda name: extra[name])
        said.append(f"Of these losses that of {worst} costs most to be ready for.")
    return said


def _carbon(case: PlanCase, plan: FleetPlan) -> list[str]:
    promises = case.promises
    if plan.carbon_kg is None:
        return []
    if not promises.carbon_price and promises.carbon_limit is None:
        return (
            [f"The machines emit {plan.carbon_kg:,.1f} kg CO2e as rated."] if plan.carbon_kg else []
        )
    said = f"The machines emit {plan.carbon_kg:,.1f} kg CO2e"
    if promises.carbon_price:
        said += (
            f", priced at {money(promises.carbon_price)} {plan.currency} per tonne: "
            f"{money(plan.carbon_cost)}"
        )
    if promises.carbon_limit is not None:
        said += f", of {promises.carbon_limit:,.1f} kg allowed"
    tonne = sum(row.value for row in plan.shadow_prices if row.kind == "carbon")
    if tonne > 0:
        said += f"; one more tonne would save {money(tonne)} {plan.currency}"
    return [said + "."]


def _outlooks(case: PlanCase, plan: FleetPlan) -> list[str]:
    if not plan.outlooks:
        return []
    expected = sum(one.probability * one.penalty for one in plan.outlooks)
    worst = max(plan.outlooks, key=lambda one: one.penalty + one.cost)
    said = [
        f"Over {len(plan.outlooks)} ways in which demand may come, {money(expected)} "
        f"{plan.currency} of penalties are expected."
    ]
    if worst.unserved > 0:
        said.append(
            f"If demand comes like {worst.scenario!r} (probability {worst.probability:.0%}), "
            f"{worst.unserved:.1%} of its requests are left, for {money(worst.penalty)} "
            f"{plan.currency}."
        )
    elif worst.scenario != GIVEN:
        said.append("None of them leaves a request unserved.")
    return said


def calmed(plan: FleetPlan, kept: Calm | None, payback_hours: float | None) -> list[str]:
    """Say what preferring what runs now changed."""
    if kept is None or kept.changed == kept.changed_before:
        return []
    more = kept.whole.cost - kept.cost_before
    said = (
        f"Of the plans that cost nearly the same, the one nearest to what runs now was taken: "
        f"{count(kept.changed, 'unit')} change at the beginning instead of {kept.changed_before}"
    )
    if payback_hours is not None:
        said = (
            f"Changes that do not earn their switching cost within {payback_hours:g} h were left "
            f"out: {count(kept.changed, 'unit')} change at the beginning instead of "
            f"{kept.changed_before}"
        )
    return [f"{said}, for {money(max(more, 0.0))} {plan.currency} more."]


def risked(case: PlanCase, plan: FleetPlan, kept: Averse | None) -> list[str]:
    """Say what an aversion to risk buys, and what it costs on average."""
    if kept is None or plan.cost is None or plan.bound is None:
        return []
    gap = (kept.value - kept.bound) / kept.value if kept.value > 0 else 0.0
    return [
        f"With {case.promises.risk:.0%} of the weight on the worst {CVAR_TAIL:.0%} of the "
        f"scenarios the plan is worth {money(kept.value)} {plan.currency} (within {gap:.2%} of the "
        f"best). On average it costs at most {money(plan.cost - plan.bound)} more than the "
        "cheapest plan: the price of safety."
    ]


def contradiction(wishes: Sequence[Wish]) -> list[str]:
    """Say which wishes cannot hold together, and at which value each could."""
    if not wishes:
        return []
    said = [
        f"These {len(wishes)} wishes cannot hold together, and could without any one of them:"
        if len(wishes) > 1
        else "This wish cannot hold by itself:"
    ]
    for wish in wishes:
        line = f"- {_WISH[wish.kind].format(name=wish.name, wanted=_amount(wish, wish.wanted))}"
        if wish.possible is None:
            line += ": no other value of it alone would be enough."
        else:
            line += (
                f": {_amount(wish, wish.possible)} would be possible with the others as they are."
            )
        said.append(line)
    return said


_WISH = {
    "demand": "serve {wanted} of {name}",
    "limit": "hold at most {wanted} of {name}",
    "quota": "stay within {wanted} of the quota {name}",
    "latency": "serve {name} within {wanted}",
    "regions": "serve {name} only",
    "survive": "survive the loss of any one {name} with a share of {wanted}",
    "carbon": "emit at most {wanted}",
    "scenario": "be ready for scenario {name}",
    "whole": "hold whole {name} only (fractions would do; more time, --time-limit, might help)",
}


def _amount(wish: Wish, value: float) -> str:
    if wish.unit == "share":
        return f"{value:.0%}"
    if wish.unit == "units":
        return f"{value:,.0f} units"
    return f"{value:,.4g} {wish.unit}"


def taken_on_trust(case: PlanCase, plan: FleetPlan) -> list[str]:
    """Name what is not known of offers that the plan uses, and so costs nothing in it."""
    used = {row.offer for row in plan.units}
    mine = [offer for offer in case.offers if offer.id in used]
    spot = [o.id for o in mine if o.term is Term.SPOT]
    risky = [o.id for o in mine if o.term is Term.SPOT and o.interruptions_per_hour is None]
    slow = [o.id for o in mine if o.startup_s is None and o.start_cost is None]
    said = []
    if risky:
        said.append(
            f"How often {listing(sorted(risky))} is interrupted is not known: planned as never."
        )
    elif spot:
        said.append(
            f"Interruptions of {listing(sorted(spot))} count by their mean (restarts, and the time "
            "until a replacement serves); for the loss of a whole pool at once ask --survive pool."
        )
    if slow and len(slow) < len(mine):
        said.append(
            f"How long {listing(sorted(slow))} takes to start is not known: planned as no time."
        )
    owned = [o.id for o in mine if o.term is Term.RESERVED and o.price_per_hour and not o.owned]
    if owned:
        said.append(
            f"Reserved offers count by the hour used: {listing(sorted(owned))}; where one is paid "
            "for anyway, write the number under owned."
        )
    free = [o.id for o in mine if not o.price_per_hour]
    if free:
        said.append(f"Counted as paid already (reserved at price 0): {listing(sorted(free))}.")
    known = {one.name for one in case.classes if one.latency_ms is not None}
    served = {row.demand_class for row in plan.routing}
    if any(route.round_trip_ms for route in case.routes) and served - known:
        said.append(
            "Round-trip times are taken as part of the latency objective that the profiles keep "
            f"for {listing(sorted(served - known))}."
        )
    return said
