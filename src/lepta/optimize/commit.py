"""M3, commitments: how much of which contract to buy now, with its proof and its reasons.

The forecast is a set of equally likely scenarios; what is bought now is decided before one of them
comes true, and what it does not cover is paid on demand. A contract that expires within the horizon
may be bought again then, for the same forecast; such purchases are intentions, never savings.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lepta.domain.commitment import CommitCase, CommitPlan, Forecast, Intended, Regret, Safety
from lepta.errors import InputError
from lepta.optimize.commitbill import Bill, bill
from lepta.optimize.commitfigures import (
    bought_of,
    coverage_of,
    focus_of,
    held_of,
    pools_of,
    saving_of,
    utilization_of,
)
from lepta.optimize.commitmarket import Market, market_of
from lepta.optimize.commitoffers import HOUR, Offering, offerings, priced
from lepta.optimize.commitprogram import Chosen, choose
from lepta.optimize.commitwords import explain, left_out
from lepta.optimize.verify_commit import certified

__all__ = ["GAP", "TIME_LIMIT_S", "commit"]

Array = npt.NDArray[np.float64]

GAP = 1e-4
"""A purchase whose cost is this close to the bound (relatively) counts as optimal."""
TIME_LIMIT_S = 60.0
"""Of one program; a purchase takes several."""
REGRET_GROUPS = 512
"""Groups of hours per window on which the best purchase for another demand is sought."""
DEMANDS = tuple(round(0.5 + n / 10, 1) for n in range(11))
"""Shares of the forecast at which the regret is told."""


def commit(
    case: CommitCase,
    forecast: Forecast,
    *,
    risk: float = 0.0,
    whole: bool = True,
    gap: float = GAP,
    time_limit_s: float = TIME_LIMIT_S,
    remarks: tuple[str, ...] = (),
) -> CommitPlan:
    """Find the cheapest purchase of commitments for a forecast.

    Parameters
    ----------
    case          pools with their on-demand prices, contracts, what is owned
    forecast      usage of the pools with a known price, over the horizon (`horizon_hours`)
    risk          0: largest expected saving; 1: largest saving in the worst 5% of the scenarios
    whole         buy whole lots; else any fraction
    gap           relative distance from the bound that counts as optimal
    time_limit_s  of each program
    remarks       what is not known already, to be said in the answer

    Raises
    ------
    InputError
        An option is out of range, or the forecast is not that of the pools.
    LeptaError
        The purchase failed its own check, or the solver broke down.
    """
    _check_options(case, forecast, risk, gap)
    found = offerings(case, forecast.start)
    market = market_of(case, found, forecast)
    chosen = choose(market, risk=risk, whole=whole, gap=gap, time_limit_s=time_limit_s)
    owned = np.array([line.units or 0.0 for line in market.lines])
    signed = np.where([line.now for line in market.lines], chosen.units, owned)
    plan = _assemble(case, forecast, market, found, chosen, owned, signed, risk=risk, gap=gap)
    safety = None
    if risk > 0:
        calm = choose(market, risk=0.0, whole=whole, gap=gap, time_limit_s=time_limit_s)
        safety = _safety(market, chosen, calm, owned, risk)
    regret = tuple(_regrets(market, signed, owned, whole=whole, time_limit_s=time_limit_s))
    plan = explain(
        plan,
        regret=regret,
        safety=safety,
        unknown=(*remarks, *left_out(case, found, forecast.start), *forecast.notes),
        rounds=chosen.rounds,
    )
    return certified(case, forecast, plan, gap=gap)


def _check_options(case: CommitCase, forecast: Forecast, risk: float, gap: float) -> None:
    for name, value in (("risk", risk), ("gap", gap)):
        if not 0 <= value <= 1:
            raise InputError(f"the {name} is {value!r}", remedy="give a share from 0 to 1")
    if list(forecast.pools) != priced(case):
        raise InputError(
            "the forecast is not that of the families and regions with a known price",
            remedy="cut the forecast to them, in the order of the case",
        )
    usage = forecast.units
    if not usage.size or np.isnan(usage).any():
        raise InputError(
            "the forecast is empty, or does not know an hour",
            remedy="give units of at least 0 for every hour of every scenario",
        )
    if usage.max() == 0:
        raise InputError("nothing is used in any hour", remedy="give the usage that there is")


def _assemble(
    case: CommitCase,
    forecast: Forecast,
    market: Market,
    found: tuple[Offering, ...],
    chosen: Chosen,
    owned: Array,
    signed: Array,
    *,
    risk: float,
    gap: float,
) -> CommitPlan:
    nothing = bill(market, np.zeros(len(owned)))
    now, then, whole = (bill(market, units) for units in (owned, signed, chosen.units))
    distance = (chosen.objective - chosen.bound) / max(chosen.objective, 1e-300)
    return CommitPlan(
        status="optimal" if distance <= gap else "feasible",
        currency=case.currency,
        start=forecast.start,
        hours=float(market.usage.shape[1]),
        scenarios=len(forecast.units),
        risk=risk,
        capital=case.capital,
        objective=chosen.objective,
        bound=chosen.bound,
        gap=distance,
        cost_on_demand=_mean(nothing),
        cost_now=_mean(now),
        cost=_mean(then),
        saving=saving_of(now, then),
        coverage_now=coverage_of(market, now),
        coverage=coverage_of(market, then),
        utilization=utilization_of(market, then, signed),
        bought=bought_of(market, found, signed, then, careful=risk > 0),
        intended=tuple(
            Intended(
                contract=line.offering.contract.id,
                start=forecast.start + line.begin * HOUR,
                units=float(units),
            )
            for line, units in zip(market.lines, chosen.units, strict=True)
            if units > 0 and line.units is None and not line.now
        ),
        held=held_of(case, market, then, forecast.start),
        pools=pools_of(market, now, then),
        focus=focus_of(market, then, signed),
        scenario_costs=tuple(
            (float(a), float(b), float(c))
            for a, b, c in zip(now.cost, then.cost, whole.cost, strict=True)
        ),
    )


def _mean(found: Bill) -> float:
    return float(found.cost.mean())


def _safety(market: Market, chosen: Chosen, calm: Chosen, owned: Array, risk: float) -> Safety:
    """Compare with the purchase of the least expected cost, both with what they intend later."""
    now, bold, safe = (bill(market, units) for units in (owned, calm.units, chosen.units))
    other = saving_of(now, bold)
    return Safety(
        risk=risk,
        expected_saving=other.expected,
        worst_saving=other.worst,
        price=_mean(safe) - _mean(bold),
    )


def _regrets(
    market: Market, signed: Array, owned: Array, *, whole: bool, time_limit_s: float
) -> Iterator[Regret]:
    """Look at the purchase, and at the best one, where demand is another share of the forecast.

    Later purchases are made anew for that demand on both sides. Both are sought on groups of hours,
    and billed over all hours.
    """
    coarse = market.grouped(REGRET_GROUPS, merged=True)
    later = any(line.units is None and not line.now for line in market.lines)
    for demand in DEMANDS:
        other, small = market.scaled(demand), coarse.scaled(demand)
        then = bill(other, signed)
        cost = _mean(then)
        if later:
            again = choose(
                small.signed(signed), risk=0.0, whole=whole, gap=GAP, time_limit_s=time_limit_s
            )
            cost = _mean(bill(other, again.units))
        best = choose(small, risk=0.0, whole=whole, gap=GAP, time_limit_s=time_limit_s)
        yield Regret(
            demand=demand,
            saving=saving_of(bill(other, owned), then),
            regret=max(cost - _mean(bill(other, best.units)), 0.0),
        )
