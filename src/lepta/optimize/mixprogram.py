"""One period of the fleet plan as a mixed-integer program, and every way to solve it.

With y[w, g] = x[w, g] / r[w], the share of class w that offer g serves, and
need[w, g] = r[w] / (rho * cap[w, g]), the units of g that the whole class would fill:

    minimize    sum_g price_g n_g + sum_wg 3600 r_w per_request_wg y_wg      [currency per hour]
    subject to  sum_g y_wg = 1                    every request is served
                sum_w need_wg y_wg <= n_g         load within the target utilization
                y_wg <= n_g                       where need_wg is small: no work without a machine
                n_g <= limit_g, n_g whole, y >= 0

One integer per offer and continuous shares: units of one offer are interchangeable, so nothing
is said about which unit serves what, and no branch of the search is a mirror image of another.
(Rounding cuts y <= floor(need)/need + ... per pair were tried; the solver finds those it needs.)
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.errors import LeptaError
from lepta.numerics.linear import Matrix, Program, Status, shortfalls, solve
from lepta.optimize.market import Market

__all__ = ["Relaxed", "Settled", "relax", "route", "settle", "short_rates"]

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

LONG_S = 3600.0
"""Linear programs of one period take milliseconds; they are never cut short."""

SMALL_NEED = 1e-3
"""A class that would fill less of a unit than this is tied to a machine by a row of its own: within
the solver's tolerances the load alone would let it be served by no machine at all."""

MOST_NEED = 1e12
"""An offer of which a class would fill more units than this cannot serve it, in any numbers."""

WHOLE = 1e-9
"""A need this close (relatively) to a whole number is that number: 8.5 / 0.85 fills 10 units."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The period with fractional machines: a lower bound, and the prices that prove it."""

    cost: float
    """Currency per hour."""
    units: Array
    """(G,) fractional."""
    class_price: Array
    """(W,) currency per request: what one more request costs in the long run."""
    limit_price: Array
    """(G,) currency per hour that one more unit within the limit saves."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A fleet for the period, with whole machines."""

    cost: float
    """Currency per hour."""
    bound: float
    units: Places
    rates: Array
    """(W, G) requests per second."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where things stand in the program: pair k is class w[k] on offer g[k]."""

    w: Places
    g: Places
    offers: Places
    classes: Places
    need: Array
    scale: float
    """Costs are divided by this before the solver sees them."""


def _shape(market: Market, rates: Array) -> _Shape:
    can = (market.able > 0) & (rates[:, None] > 0) & (market.limit > 0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        can &= rates[:, None] / market.able <= MOST_NEED
    w, g = np.nonzero(can)
    need = rates[w] / market.able[w, g]
    near = np.abs(need - np.rint(need)) <= WHOLE * np.maximum(need, 1.0)
    paid = market.price[market.price > 0]
    return _Shape(
        w=w,
        g=g,
        offers=np.unique(g),
        classes=np.flatnonzero(rates > 0),
        need=np.where(near & (need >= 0.5), np.rint(need), need),
        scale=float(np.median(paid)) if paid.size else 1.0,
    )


def _program(
    market: Market, rates: Array, shape: _Shape, *, whole: bool, fixed: Array | None = None
) -> Program:
    """Build the program: columns are pairs, then offers; rows are classes, offers, small pairs."""
    pairs, offers, classes = len(shape.w), len(shape.offers), len(shape.classes)
    of_class, of_offer = (
        np.searchsorted(shape.classes, shape.w),
        np.searchsorted(shape.offers, shape.g),
    )
    pair, unit = np.arange(pairs), pairs + np.arange(offers)
    # The tie y <= n holds for whole machines only; the relaxation prices a share of a machine.
    small = np.flatnonzero(shape.need < SMALL_NEED) if whole else np.empty(0, np.int64)
    tie = classes + offers + np.arange(len(small))
    row_low = np.concatenate((np.ones(classes), np.full(offers + len(small), -np.inf)))
    row_high = np.concatenate((np.ones(classes), np.zeros(offers + len(small))))
    high = market.limit[shape.offers]
    low = np.zeros(offers)
    if whole:
        most = np.maximum(1.0, np.ceil(np.bincount(of_offer, shape.need, minlength=offers) - 1e-9))
        high = np.minimum(high, most)
    if fixed is not None:
        low = high = fixed[shape.offers]
    send = 3600.0 * rates[shape.w] * market.per_request[shape.w, shape.g]
    return Program(
        cost=np.concatenate((send, market.price[shape.offers])) / shape.scale,
        matrix=Matrix.triplets(
            np.concatenate((of_class, classes + of_offer, classes + np.arange(offers), tie, tie)),
            np.concatenate((pair, pair, unit, small, unit[of_offer[small]])),
            np.concatenate(
                (
                    np.ones(pairs),
                    shape.need,
                    -np.ones(offers),
                    np.ones(len(small)),
                    -np.ones(len(small)),
                )
            ),
            shape=(classes + offers + len(small), pairs + offers),
        ),
        row_low=row_low,
        row_high=row_high,
        low=np.concatenate((np.zeros(pairs), low)),
        # No upper bound of 1 on the shares in the relaxation: it follows from the rows, and as a
        # bound it would take part of the price of a class away from its row.
        high=np.concatenate((np.full(pairs, 1.0 if whole else np.inf), high)),
        integer=np.concatenate((np.zeros(pairs, bool), np.ones(offers, bool))) if whole else None,
    )


def relax(market: Market, rates: Array) -> Relaxed | None:
    """Solve the period with fractional machines; None where no fleet at all can serve it.

    Limits are whole numbers, so rounding the fractional fleet up keeps them: the period has a
    plan if and only if this relaxation has one.
    """
    shape = _shape(market, rates)
    if len(np.unique(shape.w)) < len(shape.classes):
        return None
    if not len(shape.w):
        return Relaxed(0.0, np.zeros(len(market.offers)), np.zeros(len(rates)), _zero(market))
    answer = solve(_program(market, rates, shape, whole=False), time_limit_s=LONG_S)
    if answer.status is not Status.OPTIMAL:
        if answer.status is not Status.INFEASIBLE:
            raise LeptaError(
                f"the solver ended a linear program with {answer.status.value}",
                remedy="bring rates and prices closer to each other in size",
            )
        return None
    units, class_price = _zero(market), np.zeros(len(rates))
    units[shape.offers] = answer.x[len(shape.w) :]
    dual = answer.row_dual[: len(shape.classes)] * shape.scale
    class_price[shape.classes] = np.maximum(dual, 0.0) / (3600.0 * rates[shape.classes])
    class_price, limit_price = _consistent(market, shape, class_price)
    limited = np.isfinite(market.limit)
    bound = float(3600.0 * (class_price @ rates) - limit_price[limited] @ market.limit[limited])
    return Relaxed(max(bound, 0.0), units, class_price, limit_price)


def _consistent(market: Market, shape: _Shape, class_price: Array) -> tuple[Array, Array]:
    """Turn the solver's duals into prices that prove their bound exactly (weak duality).

    Where an offer has no limit, no class may be priced above what one unit of it costs per
    request; where it has one, what a unit-hour earns beyond its price is the worth of the limit.
    The solver's tolerances are absolute, and would otherwise show where prices differ by far.
    """
    able = market.able[shape.w, shape.g]
    send = market.per_request[shape.w, shape.g]
    free = ~np.isfinite(market.limit[shape.g])
    most = np.full(len(class_price), np.inf)
    np.minimum.at(most, shape.w[free], (send + market.price[shape.g] / (3600.0 * able))[free])
    class_price = np.minimum(class_price, most)
    earned = np.zeros(len(market.offers))
    np.maximum.at(earned, shape.g, 3600.0 * able * (class_price[shape.w] - send))
    worth = np.where(np.isfinite(market.limit), np.maximum(earned - market.price, 0.0), 0.0)
    return class_price, np.where(worth > 1e-7 * market.price, worth, 0.0)


def _zero(market: Market) -> Array:
    return np.zeros(len(market.offers))


def route(market: Market, rates: Array, units: Array) -> Settled | None:
    """Send the demand over a given fleet as cheaply as possible; None where it does not fit.

    Machines that the routing leaves without work are given back: `units` of the answer may be
    fewer. The bound of the answer is that of nothing known (0).
    """
    shape = _shape(market, rates)
    if len(np.unique(shape.w)) < len(shape.classes):
        return None
    none = Settled(0.0, 0.0, np.zeros(len(market.offers), np.int64), np.zeros_like(market.able))
    if not len(shape.w):
        return none
    program = _program(market, rates, shape, whole=False, fixed=units)
    answer = solve(program, time_limit_s=LONG_S)
    if answer.status is not Status.OPTIMAL:
        return None
    return _settled(market, rates, shape, answer.x[: len(shape.w)], units)


def _settled(
    market: Market, rates: Array, shape: _Shape, share: Array, units: Array, bound: float = 0.0
) -> Settled | None:
    """Clean the shares (each class sums to 1 exactly), and count the units that they fill.

    None where a class was served by no machine, within the tolerance of the solver.
    """
    share = np.where((share < WHOLE) | (units[shape.g] < 0.5), 0.0, share)
    total = np.bincount(shape.w, share, minlength=len(rates))[shape.w]
    if not np.all(total > 0.5):
        return None
    share = share / total
    load = np.bincount(shape.g, shape.need * share, minlength=len(market.offers))
    filled = np.minimum(np.rint(units), np.ceil(load - 1e-7)).astype(np.int64)
    filled = np.maximum(filled, load > 0)
    sent = np.zeros_like(market.able)
    sent[shape.w, shape.g] = share * rates[shape.w]
    cost = float(market.price @ filled + 3600.0 * np.sum(market.per_request * sent))
    return Settled(cost, min(bound, cost), filled, sent)


def settle(
    market: Market, rates: Array, relaxed: Relaxed, *, gap: float, time_limit_s: float
) -> Settled:
    """Find whole machines for a period that has a plan, within `gap` of the best where time allows.

    The bound is the better one of branch and bound and of the relaxation. Where the time ends
    before branch and bound has a fleet, the relaxation is rounded up and thinned out (`_round`).
    """
    shape = _shape(market, rates)
    if not len(shape.w):
        empty = np.zeros(len(market.offers), np.int64)
        return Settled(0.0, 0.0, empty, np.zeros_like(market.able))
    program = _program(market, rates, shape, whole=True)
    try:
        answer = solve(program, gap=gap, time_limit_s=time_limit_s)
    except LeptaError:
        # Whole numbers within the solver's tolerance that do not hold once rounded: rare, and
        # the rounded relaxation below is a fleet in any case.
        return _round(market, rates, relaxed)
    found: Settled | None = None
    if answer.status in (Status.OPTIMAL, Status.FEASIBLE):
        pairs, units = len(shape.w), _zero(market)
        units[shape.offers] = answer.x[pairs:]
        bound = max(answer.bound * shape.scale, relaxed.cost)
        found = _settled(market, rates, shape, answer.x[:pairs], units, bound)
        if found is not None and found.cost - found.bound <= gap * found.cost:
            return found
    return _round(market, rates, relaxed) if found is None else found


def better(one: Settled, two: Settled) -> Settled:
    """Return the cheaper fleet with the higher bound."""
    bound = max(one.bound, two.bound)
    best = one if one.cost <= two.cost else two
    return Settled(best.cost, min(bound, best.cost), best.units, best.rates)


def _round(market: Market, rates: Array, relaxed: Relaxed) -> Settled:
    """Round the fractional fleet up, then take units away, the dearest first, while all fits."""
    units = np.ceil(relaxed.units - 1e-7)
    best = route(market, rates, units)
    if best is None:
        units = np.ceil(relaxed.units)
        best = route(market, rates, units)
    if best is None:
        raise LeptaError(
            "a rounded fleet cannot carry what its fractions carried",
            remedy="bring rates and prices closer to each other in size",
        )
    for g in np.argsort(-market.price, kind="stable"):
        while best.units[g] > 0:
            fewer = best.units.astype(float)
            fewer[g] -= 1
            thinner = route(market, rates, fewer)
            if thinner is None or thinner.cost >= best.cost:
                break
            best = thinner
    return Settled(best.cost, min(relaxed.cost, best.cost), best.units, best.rates)


def short_rates(market: Market, rates: Array, units: Array | None = None) -> Array:
    """Tell per class how much demand stays unserved, (W,) per second, when everything is used.

    Uses all units within the limits, or `units` (G,) where a fleet is given; the smallest sum of
    unserved shares. Classes that nothing can serve fall short whole.
    """
    short = np.zeros(len(rates))
    shape = _shape(market, rates)
    served = np.unique(shape.w)
    lost = np.setdiff1d(shape.classes, served)
    short[lost] = rates[lost]
    rest = np.where(np.isin(np.arange(len(rates)), served), rates, 0.0)
    shape = _shape(market, rest)
    if len(shape.w):
        program = _program(market, rest, shape, whole=False, fixed=units)
        for one in shortfalls(program, rows=np.arange(len(shape.classes))):
            place = shape.classes[one.row]
            short[place] = min(one.amount, 1.0) * rest[place]
    return short
