"""Other companies, alike but for one thing: what the questions of the study change."""

from collections.abc import Callable
from dataclasses import replace

import company as firm
import numpy as np
from company import demand_of, hourly_demand, split
from rules import SERVICES
from tables import GoogleMachine

from lepta.domain.demand import Profile, Scenario
from lepta.domain.offer import Offer, Term
from lepta.domain.plan import PlanCase
from lepta.wiring.publicdata import PublicTables

PENALTIES = {"chat": 0.01, "code": 0.002, "image": 0.1}
"""USD per request that is not served: assumed, seven to thirty times what one costs on demand."""
API_LIMIT_PER_S = 1_000.0
"""An assumption: no table says how much an API lets through."""


def only(case: PlanCase, keep: Callable[[Offer], bool]) -> PlanCase:
    """Leave out offers, and what they would have served."""
    offers = tuple(offer for offer in case.offers if keep(offer))
    names = {offer.id for offer in offers}
    profiles = tuple(p for p in case.profiles if p.offer in names)
    return replace(case, offers=offers, profiles=profiles)


def spot_limit(case: PlanCase, limit: int) -> PlanCase:
    """Let so many machines of each spot pool be held."""
    offers = tuple(
        replace(offer, limit=limit) if offer.term is Term.SPOT else offer for offer in case.offers
    )
    return replace(case, offers=offers)


def with_api(case: PlanCase, tables: firm.Tables) -> PlanCase:
    """Let chat be answered by an API that is paid by the token."""
    sample = next(s for s in tables.public.services if s.service == SERVICES["chat"])
    api = Offer(
        id=firm.CHAT_API,
        provider=firm.CHAT_API.split("/")[0],
        term=Term.SERVERLESS,
        price_per_hour=None,
        price_per_million_input_tokens=tables.api.read,
        price_per_million_output_tokens=tables.api.written,
    )
    lengths = {"input_tokens": sample.mean_input_tokens, "output_tokens": sample.mean_output_tokens}
    return replace(
        case,
        offers=(*case.offers, api),
        profiles=(
            *case.profiles,
            Profile(demand_class="chat", offer=api.id, rate_per_s=API_LIMIT_PER_S),
        ),
        classes=tuple(replace(c, **lengths) if c.name == "chat" else c for c in case.classes),
    )


def with_reserved(case: PlanCase, machine: GoogleMachine, price: float, count: int) -> PlanCase:
    """Add committed machines, paid in every hour."""
    like = f"{machine.machine}@{machine.region}"
    there = next(offer for offer in case.offers if offer.id == like)
    mine = replace(
        there,
        id=f"{like} committed",
        term=Term.RESERVED,
        price_per_hour=round(price, 4),
        owned=count,
        limit=count,
    )
    profiles = tuple(replace(p, offer=mine.id) for p in case.profiles if p.offer == like)
    return replace(case, offers=(*case.offers, mine), profiles=(*case.profiles, *profiles))


def with_scenarios(case: PlanCase, public: PublicTables, days: int) -> PlanCase:
    """Let demand come like any run of so many days of the trace, each day in one run."""
    names = [day.day for day in public.language_days]
    runs = [names[first : first + days] for first in range(0, len(names) - days + 1, days)]
    chances = [1.0 / len(runs)] * (len(runs) - 1)
    scenarios = tuple(
        Scenario(
            name=f"days {run[0]} to {run[-1]}", probability=chance, demand=demand_of(public, run)
        )
        for run, chance in zip(runs, [*chances, 1.0 - sum(chances)], strict=True)
    )
    asked = tuple(replace(c, penalty_per_request=PENALTIES[c.name]) for c in case.classes)
    return replace(case, scenarios=scenarios, classes=asked)


def busy_days(case: PlanCase, public: PublicTables, days: int, quantile: float) -> PlanCase:
    """Let every hour be as busy as that quantile of the same hour of all days of the trace."""
    hours = np.quantile([day.rates_per_s for day in public.language_days], quantile, axis=0)
    language = [float(rate) for rate in hours] * days
    return replace(case, demand=hourly_demand(split(public, language, days)))
