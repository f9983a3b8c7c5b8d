"""The page of the study: words in page.md, numbers from what was found."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import company as firm
from rules import SERVICES, UTILIZATION

from lepta.domain.offer import Term
from lepta.domain.plan import PlanCase

if TYPE_CHECKING:
    from run import Answer, Study

WORDS = Path(__file__).resolve().parent / "page.md"


def money(amount: float) -> str:
    """Round to 10 USD: what is below depends on which of the plans within the gap was found."""
    return f"{round(amount, -1) + 0.0:,.0f}"


def signed(amount: float) -> str:
    """The same with its sign."""
    return f"{round(amount, -1) + 0.0:+,.0f}".replace("+0", "0")


def page(found: "Study") -> str:
    """Fill the words with the numbers."""
    case, hours = found.base.question.case, found.base.plan.hours
    now = 24 * firm.known(found.base.plan.cost_now, "cost of what runs now") / hours
    rows = {a.question.key: _row(found.base, a) for a in (found.base, *found.rows, *found.mixes)}
    values: dict[str, Any] = {
        "q": rows,
        "now": money(now),
        "now_units": f"{case.current[0][1]} {firm.AWS_MACHINE}",
        "now_saving": f"{100 * (1 - found.base.per_day / now):.0f} %",
        "promises": _promises(found),
        "offers": _offers(found),
        "speeds": _speeds(found),
        "base_units": _units(found.base),
        "mixes": _mixes(found),
        "commit": [_commit(one) for one in found.commitments],
        "chat": _chat(found),
        "carbon": _carbon(found),
        "scenario": _scenario(found),
        "ten_days": money(found.histories[1].per_day),
        "one_year": f"{found.google.one_year / 8:.2f}",
        "three_years": f"{found.google.three_years / 8:.2f}",
        "on_demand": f"{_price(case, firm.AWS_SMALL):.2f}",
        "spot_limit": firm.SPOT_LIMIT,
        "spot_pools": sum(offer.term is Term.SPOT for offer in case.offers),
        "spot_lost": f"{100 * _lost(case):.3f} %",
        "demand": _demand(found),
    }
    return WORDS.read_text(encoding="utf-8").format_map(values)


def _price(case: PlanCase, machine: str) -> float:
    return next(o.price_per_hour or 0.0 for o in case.offers if o.id == f"{machine}@us-east-1")


def _lost(case: PlanCase) -> float:
    """Return the largest share of its time that a spot machine of the case is not up."""
    return max((o.interruptions_per_hour or 0.0) * o.lead_hours for o in case.offers)


def _demand(found: "Study") -> SimpleNamespace:
    """Say how much is asked for: least and most of an hour, and the share of chat in language."""
    rates: dict[str, list[float]] = {}
    for row in found.base.question.case.demand:
        rates.setdefault(row.demand_class, []).append(row.rate_per_s)
    language = [a + b for a, b in zip(rates["chat"], rates["code"], strict=True)]
    chat = 100 * sum(rates["chat"]) / sum(language)
    return SimpleNamespace(
        language=f"{min(language):.0f} to {max(language):.0f}",
        image=f"{min(rates['image']):.1f} to {max(rates['image']):.1f}",
        split=f"{chat:.0f} to {100 - chat:.0f}",
    )


def _row(base: "Answer", answer: "Answer") -> SimpleNamespace:
    plan = answer.plan
    difference = answer.per_day - base.per_day
    spot, rented, kept = (
        answer.accelerators(term) for term in (Term.SPOT, Term.ON_DEMAND, Term.RESERVED)
    )
    kilograms = None if plan.carbon_kg is None else 24 * plan.carbon_kg / plan.hours
    return SimpleNamespace(
        cost=money(answer.per_day),
        more=signed(difference),
        apart=money(abs(difference)),
        share=f"{abs(100 * difference / base.per_day):.0f} %",
        percent=f"{100 * difference / base.per_day:+.0f} %".replace("+0", "0").replace("-0", "0"),
        least=signed(answer.bound_per_day - base.per_day),
        most=signed(answer.per_day - base.bound_per_day),
        spot=_span(spot),
        rented=_span(rented),
        kept=_span(kept),
        kilograms="unknown" if kilograms is None else f"{kilograms:,.0f}",
    )


def _span(mean_and_most: tuple[float, float]) -> str:
    mean, most = mean_and_most
    return f"{mean:.0f} / {most:.0f}" if most else "0"


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _promises(found: "Study") -> str:
    rows = []
    for answer in (found.base, *found.rows):
        r = _row(found.base, answer)
        first = answer is found.base
        rows.append(
            (
                answer.question.promise,
                r.cost,
                "" if first else r.more,
                "" if first else r.percent,
                "" if first else f"{r.least} to {r.most}",
                r.spot,
                r.rented,
                r.kilograms,
                f"{100 * (answer.plan.gap or 0.0):.1f} %",
            )
        )
    header = (
        "promise",
        "USD/day",
        "more",
        "",
        "proven between",
        "spot GPUs, mean / peak",
        "on-demand GPUs",
        "kg CO2/day",
        "gap",
    )
    return _table(header, rows)


def _offers(found: "Study") -> str:
    rows = []
    for offer in found.base.question.case.offers:
        price = firm.known(offer.price_per_hour, offer.id)
        lost = offer.interruptions_per_hour
        rows.append(
            (
                offer.id,
                f"{offer.accelerator_count:g} {offer.accelerator}",
                f"{price:.2f}",
                f"{price / offer.accelerator_count:.2f}",
                "" if lost is None else f"{100 * lost * 730:.1f} %",
                f"{firm.grid(found.tables, offer.region):.0f}",
            )
        )
    return _table(("offer", "GPUs", "USD/h", "per GPU", "taken back in a month", "g CO2/kWh"), rows)


def _speeds(found: "Study") -> str:
    """Show what a latency costs: the rate of one machine inside each objective."""
    case = found.base.question.case
    rows = []
    for name in (f"{firm.AWS_MACHINE}@us-east-1", f"{firm.AWS_B200}@us-east-1"):
        for service in firm.OBJECTIVES:
            mine = [
                (p.latency_ms or 0.0, p.rate_per_s)
                for p in case.profiles
                if p.offer == name and p.demand_class == service
            ]
            rates = [
                max(rate for latency, rate in mine if latency <= objective[service])
                for objective in (firm.TIGHTER, firm.OBJECTIVES, firm.LOOSER)
            ]
            rows.append((name, service, *(f"{rate:.2f}" for rate in rates)))
    return _table(("machine", "class", "tighter", "as asked", "looser"), rows)


def _units(answer: "Answer") -> str:
    return _table(
        ("offer", "units, mean", "peak"),
        [(h.offer, f"{h.mean:.1f}", h.peak) for h in answer.held],
    )


def _mixes(found: "Study") -> str:
    alone = next(a for a in found.rows if a.question.key == "no-spot")
    rented, spot = found.mixes
    rows = []
    for name, answer in (
        ("on demand", alone),
        (rented.question.promise, rented),
        ("on demand and spot", found.base),
        (spot.question.promise, spot),
    ):
        r = _row(found.base, answer)
        rows.append((name, r.cost, r.rented, r.spot, r.kept))
    return _table(
        ("fleet", "USD/day", "on-demand GPUs, mean / peak", "spot GPUs", "committed GPUs"), rows
    )


def _commit(one: Any) -> SimpleNamespace:
    neutral, cautious = one.neutral, one.cautious
    three = next(row for row in neutral.bought if row.contract == "three years")
    fallen = next(row for row in neutral.regret if row.demand == 0.5)
    return SimpleNamespace(
        units=one.units,
        cautious=round(sum(row.units for row in cautious.bought)),
        mean=f"{sum(one.usage) / len(one.usage):.0f}",
        least=f"{min(one.usage):.0f}",
        most=f"{max(one.usage):.0f}",
        percent=f"{100 * neutral.saving.expected / neutral.cost_now:.0f} %",
        break_even=f"{100 * (three.break_even or 0.0):.0f} %",
        next_used="" if three.next_used is None else f"{100 * three.next_used:.0f} %",
        fallen=f"{fallen.saving.expected / 1e6 + 0.0:.1f}",
        saved=f"{neutral.saving.expected / 1e6:.1f}",
    )


def _chat(found: "Study") -> SimpleNamespace:
    """Price 1,000 requests of chat: on a full machine rented, on one of spot, by the API."""
    sample = next(s for s in found.tables.public.services if s.service == SERVICES["chat"])
    api = found.tables.api
    case = found.base.question.case
    rates = [
        p.rate_per_s
        for p in case.profiles
        if p.offer == f"{firm.AWS_MACHINE}@us-east-1"
        and p.demand_class == "chat"
        and (p.latency_ms or 0.0) <= firm.OBJECTIVES["chat"]
    ]
    served = 3.6 * UTILIZATION * max(rates)
    prices = [o.price_per_hour or 0.0 for o in case.offers if o.term is Term.SPOT]
    answer = next(a for a in found.rows if a.question.key == "api")
    chat = {d.start: d.rate_per_s for d in case.demand if d.demand_class == "chat"}
    sent = sum(r.rate_per_s * r.hours for r in answer.plan.routing if r.offer == firm.CHAT_API)
    tokens = api.read * sample.mean_input_tokens + api.written * sample.mean_output_tokens
    return SimpleNamespace(
        api=f"{tokens / 1e3:.2f}",
        rented=f"{_price(case, firm.AWS_MACHINE) / served:.2f}",
        cheapest=f"{min(prices) / served:.2f}",
        dearest=f"{max(prices) / served:.2f}",
        share=f"{100 * sent / sum(chat.values()):.0f} %",
        read=f"{api.read:g}",
        written=f"{api.written:g}",
        break_even=f"{tokens / 1e3 * served:.0f}",
    )


def _carbon(found: "Study") -> SimpleNamespace:
    """Price the carbon that a limit and a price avoid, in USD per tonne."""
    by_key = {a.question.key: a for a in found.rows}
    base = found.base.plan

    def per_tonne(key: str) -> float:
        plan = by_key[key].plan
        more = plan.cost - plan.carbon_cost - base.cost
        return 1000.0 * more / (base.carbon_kg - plan.carbon_kg)

    priced = by_key["carbon-price"].plan
    return SimpleNamespace(
        cap=f"{round(per_tonne('carbon-cap'), -2):,.0f}",
        avoided=f"{100 * (1 - priced.carbon_kg / base.carbon_kg):.0f} %",
        charge=money(24 * priced.carbon_cost / priced.hours),
    )


def _scenario(found: "Study") -> SimpleNamespace:
    answer = next(a for a in found.rows if a.question.key == "scenarios")
    outlooks = [o for o in answer.plan.outlooks if o.probability > 1e-9]
    worst = max(outlooks, key=lambda o: o.unserved)
    days = answer.plan.hours / 24
    return SimpleNamespace(
        penalty=money(sum(o.probability * o.penalty for o in outlooks) / days),
        worst=f"{100 * worst.unserved:.2f} %",
        name=worst.scenario,
        whole=sum(1 for o in outlooks if o.unserved < 1e-6),
        number=len(outlooks),
    )
