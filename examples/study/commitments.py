"""What to commit to, on the hours of ten days, and what mix comes out of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import company as firm
import numpy as np
import variants
from promises import Question, accelerators
from tables import GoogleMachine

import lepta
from lepta.domain.commitment import (
    HOURS_PER_YEAR,
    CommitCase,
    CommitPlan,
    Contract,
    History,
    Pool,
)
from lepta.domain.offer import Term
from lepta.domain.plan import FleetPlan, PlanCase

FAMILY, ANYWHERE = "H100", "any"
LOT = 8
SCENARIOS = 20
ON_DEMAND = (f"{firm.AWS_MACHINE}@us-east-1", f"{firm.AWS_SMALL}@us-east-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """What `lepta commit` says of the H100 that a fleet rents on demand, hour by hour."""

    spot: bool
    usage: tuple[float, ...]
    neutral: CommitPlan
    cautious: CommitPlan

    @property
    def units(self) -> int:
        """The H100 bought for three years where risk is neutral."""
        return round(sum(row.units for row in self.neutral.bought))


def history_case(case: PlanCase, *, spot: bool) -> PlanCase:
    """Leave one cloud's on-demand H100, and the spot pools if asked; nothing runs before."""
    left = variants.only(
        case, lambda offer: offer.id in ON_DEMAND or (spot and offer.term is Term.SPOT)
    )
    return replace(left, current=None)


def commitment(case: PlanCase, plan: FleetPlan, google: GoogleMachine, *, spot: bool) -> Commitment:
    """Ask what of the on-demand H100 of a plan to commit to, at Google's prices."""
    usage = accelerators(case, plan, Term.ON_DEMAND)
    history = History(start=firm.START, pools=((FAMILY, ANYWHERE),), units=np.array(usage)[:, None])
    price = firm.known(
        next(o.price_per_hour for o in case.offers if o.id == ON_DEMAND[0]), "on-demand price"
    )
    asked = CommitCase(
        pools=(Pool(family=FAMILY, region=ANYWHERE, price_per_hour=price / LOT),),
        contracts=tuple(
            Contract(
                id=name,
                hours=years * HOURS_PER_YEAR,
                price_per_hour=hourly / LOT,
                family=FAMILY,
                lot=LOT,
            )
            for name, years, hourly in (
                ("one year", 1, google.one_year),
                ("three years", 3, google.three_years),
            )
        ),
    )
    neutral, cautious = (
        lepta.commit(history, asked, risk=risk, scenarios=SCENARIOS) for risk in (0.0, 1.0)
    )
    return Commitment(spot=spot, usage=tuple(usage), neutral=neutral, cautious=cautious)


def mixes(case: PlanCase, google: GoogleMachine, units: int) -> Iterator[Question]:
    """Ask for the fleet with so many H100 committed, without spot and with it."""
    for spot in (False, True):
        rented = variants.only(case, lambda offer, spot=spot: spot or offer.term is not Term.SPOT)
        yield Question(
            key="committed-spot" if spot else "committed",
            promise=f"{'on demand and spot' if spot else 'on demand'}, {units} GPUs committed",
            case=variants.with_reserved(rented, google, google.three_years, units // LOT),
        )
