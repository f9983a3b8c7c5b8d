"""M1, resource configuration: how long to run which nodes so that every need is met cheapest.

    minimise    price @ time (+ fixed @ on)
    subject to  supply @ time >= need          for every resource
                0 <= time <= limit (* on)      (no limit: infinite)

A linear program (Dantzig 1963), and a mixed-integer one where starting a node costs something. The
answer carries its proof: a lower bound from the resource prices, and the checks of
`optimize/verify_cover.py`, which recompute it without the solver.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from lepta.domain.cover import CoverAnswer, ResourceLine
from lepta.domain.plan import Check
from lepta.errors import InputError, LeptaError
from lepta.numerics.columns import Market, Places
from lepta.numerics.face import optimal_face
from lepta.numerics.program import Array
from lepta.optimize.balance import balance as most_balanced
from lepta.optimize.cover_case import CoverCase, free_of_charge, read_case
from lepta.optimize.cover_lines import resource_lines
from lepta.optimize.cover_prices import price_ranges
from lepta.optimize.cover_program import Solved, cheapest, given
from lepta.optimize.cover_words import explain, explain_shortage
from lepta.optimize.onoff import on_off
from lepta.optimize.verify_cover import (
    lower_bound,
    verify_cover,
    verify_shortage,
    verify_starts,
)

__all__ = ["cover"]

NEAR = 1e-9
"""Relative size of what counts as the same amount."""


def cover(
    price: npt.ArrayLike,
    supply: npt.ArrayLike,
    need: npt.ArrayLike,
    limit: npt.ArrayLike | None = None,
    *,
    fixed: npt.ArrayLike | None = None,
    balance: bool = False,
    names: Sequence[str] | None = None,
    resources: Sequence[str] | None = None,
    gap: float = 1e-6,
    time_limit_s: float = 600.0,
) -> CoverAnswer:
    """Find the cheapest running times that meet every need, and prove it.

    Made for arrays: ten nodes or ten million. Beyond a few thousand nodes a sample and a few passes
    over all prices replace the general solver; the last pass is the proof.

    Parameters
    ----------
    price      (n,)    money per unit of time, at least 0
    supply     (K, n)  units of each resource per unit of time, at least 0
    need       (K,)    units wanted of each resource, at least 0
    limit      (n,)    the longest time of each node, or one number for all; None or inf: no limit
    fixed      (n,)    what each start of a node costs, or one number for all; None: nothing
    names, resources   what to call nodes and resources
    balance            among equally cheap answers take the most balanced one: the largest
                       time / limit (time, where nodes have no limit; where only some have one, the
                       largest limit stands in for the others) as small as possible, then the next
    gap                with `fixed`: how far the cost may lie above what is proven, relative to it

    Without `fixed` the answer is the optimum. With it the status is "optimal" where `gap` was
    reached, and "feasible" where `time_limit_s` came first; `answer.gap` is what was proven.

    Raises
    ------
    InputError
        Shapes do not fit each other, a number is negative or not finite, or `balance` is asked for
        where starts cost something.
    """
    if fixed is not None and balance:
        raise InputError(
            "balance spreads work over more nodes, but with `fixed` each start costs",
            remedy="leave out one of the two",
        )
    if not 0 <= gap < 1:
        raise InputError(
            f"gap is {gap}, but must be at least 0 and below 1",
            remedy="give a share of the cost, such as 1e-4",
        )
    if not time_limit_s > 0:
        raise InputError(
            f"time_limit_s is {time_limit_s}, but must be above 0", remedy="give seconds"
        )
    case = read_case(
        price=price,
        supply=supply,
        need=need,
        limit=limit,
        fixed=fixed,
        names=names,
        resources=resources,
    )
    most = case.market.most()
    short = case.market.need > most * (1 + 1e-12)
    if short.any():
        return _shortage(case, most, np.where(short, case.market.need - most, 0.0))
    if case.fixed is not None and case.fixed.any():
        return _started(case, case.fixed, most, gap=gap, time_limit_s=time_limit_s)
    found = cheapest(case.market, time_limit_s=time_limit_s)
    level = _balanced(found) if balance else found
    return _answer(case, found, level, most)


def _balanced(found: Solved) -> Solved:
    """Return the most balanced of the cheapest answers; never a dearer one, or one that lacks."""
    covering, x, limit = found.covering, found.x, found.market.limit[found.scale.used]
    held = np.isfinite(limit)
    longest = float(limit[held].max()) if held.any() else 1.0
    weight = found.scale.column / np.where(held, limit, longest)
    peak = float((weight * x).max(initial=0.0))
    if peak <= 0:
        return found
    level = most_balanced(optimal_face(covering, x, found.y), weight / peak)
    cheap = covering.cost @ level <= (covering.cost @ x) * (1 + NEAR) + 1e-300
    enough = (covering.matrix @ level >= covering.need * (1 - NEAR)).all()
    return replace(found, x=level) if cheap and enough else found


def _answer(case: CoverCase, found: Solved, level: Solved, most: Array) -> CoverAnswer:
    market, shadow = case.market, level.shadow_price
    runs, times = level.runs(market)
    time = np.zeros(market.price.size)
    time[runs] = times
    cost = float(np.sum(market.price[runs] * times))
    proven = lower_bound(market.price, market.supply, market.need, market.limit, shadow)
    bound = min(cost, proven)
    checks = verify_cover(
        price=market.price,
        supply=market.supply,
        need=market.need,
        limit=market.limit,
        time=time,
        cost=cost,
        shadow_price=shadow,
        resources=case.resources,
        proven=proven,
    )
    _hold(checks)
    lines = resource_lines(
        case.resources, market, level, most=most, supplied=given(market, runs, times)
    )
    time.flags.writeable = False
    before = times if level is found else found.runs(market)[1]
    return CoverAnswer(
        status="optimal",
        names=case.names,
        time=time,
        cost=cost,
        bound=bound,
        gap=(cost - bound) / cost if cost > 0 else 0.0,
        resources=lines,
        explanation=explain(
            names=case.names,
            resources=lines,
            runs=runs,
            time=times,
            saving=_saving(market, runs, times, shadow),
            useless=_useless(case),
            cost=cost,
            longest_before=float(before.max(initial=0.0)),
        ),
        checks=checks,
        unknown=free_of_charge(case),
        price=market.price,
        supply=market.supply,
        ranging=partial(price_ranges, market, time, shadow),
    )


def _hold(checks: Sequence[Check]) -> None:
    broken = [check.detail for check in checks if not check.ok]
    if broken:
        raise LeptaError(
            f"the solver's answer does not hold: {broken[0]}",
            remedy="scale the units of the input closer to 1",
        )


def _started(
    case: CoverCase, fixed: Array, most: Array, *, gap: float, time_limit_s: float
) -> CoverAnswer:
    """Answer where starts cost something; what one more unit costs is meant without another."""
    market = case.market
    found = on_off(market, fixed, gap=gap, time_limit_s=time_limit_s)
    runs, times = found.times.runs(found.market)
    time = np.zeros(market.price.size)
    time[found.on[runs]] = times
    time.flags.writeable = False
    checks = verify_starts(
        price=market.price,
        supply=market.supply,
        need=market.need,
        limit=market.limit,
        fixed=fixed,
        time=time,
        cost=found.cost,
        bound=found.bound,
        shadow_price=found.shadow_price,
        resources=case.resources,
    )
    _hold(checks)
    lines = resource_lines(
        case.resources,
        found.market,
        found.times,
        most=most,
        supplied=given(found.market, runs, times),
    )
    lines = tuple(
        replace(line, shadow_price=float(y))
        for line, y in zip(lines, found.shadow_price, strict=True)
    )
    return CoverAnswer(
        status="optimal" if found.gap <= max(gap, NEAR) else "feasible",
        names=case.names,
        time=time,
        cost=found.cost,
        bound=found.bound,
        gap=found.gap,
        resources=lines,
        explanation=explain(
            names=case.names,
            resources=lines,
            runs=found.on[runs],
            time=times,
            saving=None,
            useless=_useless(case),
            cost=found.cost,
            longest_before=0.0,
            gap=found.gap,
            started=float(np.sum(fixed[found.on[runs]])),
        ),
        checks=checks,
        price=market.price,
        supply=market.supply,
        fixed=fixed,
        unknown=free_of_charge(case),
    )


def _saving(
    market: Market, runs: Places, times: Array, shadow: Array
) -> tuple[int, int, float] | None:
    """Return how many nodes are held back by their limits, which one most, and by how much."""
    if market.endless:
        return None
    full = runs[times >= market.limit[runs]]
    margin = market.price[full] - sum(
        y * row[full] for y, row in zip(shadow, market.supply, strict=True)
    )
    held = margin < 0
    if not held.any():
        return None
    best = int(np.argmin(margin))
    return int(np.count_nonzero(held)), int(full[best]), -float(margin[best])


def _useless(case: CoverCase) -> Sequence[str]:
    """Return the nodes that supply nothing that is needed."""
    rows = np.flatnonzero(case.market.need > 0)
    if rows.size and case.market.supply[rows[0]].min() > 0:
        return ()
    needed = case.market.supply[rows]
    return [case.names[int(i)] for i in np.flatnonzero(~needed.any(axis=0))]


def _shortage(case: CoverCase, most: Array, short_by: Array) -> CoverAnswer:
    lines = tuple(
        ResourceLine(
            name=name,
            need=float(case.market.need[k]),
            supplied=float(most[k]),
            shadow_price=None,
            binding=bool(short_by[k] > 0),
            most=float(most[k]),
            short_by=float(short_by[k]),
        )
        for k, name in enumerate(case.resources)
    )
    return CoverAnswer(
        status="infeasible",
        names=case.names,
        time=np.empty(0),
        cost=None,
        bound=None,
        gap=None,
        resources=lines,
        explanation=explain_shortage(lines),
        checks=verify_shortage(
            supply=case.market.supply,
            need=case.market.need,
            limit=case.market.limit,
            short_by=short_by,
            resources=case.resources,
        ),
        price=case.market.price,
        supply=case.market.supply,
    )
