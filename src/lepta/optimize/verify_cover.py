"""Recompute an answer of M1 by hand: the bill, every need, every limit, the proof. No solver here.

The lower bound is weak duality, written out: for any prices y >= 0 of the resources,

    price @ t >= y @ need + sum_i min(0, price_i - y @ supply_i) * limit_i

Where a node has no limit, y is first scaled down until no such node is worth more than it costs.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lepta.domain.plan import Check

__all__ = ["lower_bound", "verify_cover", "verify_shortage", "verify_starts"]

Array = npt.NDArray[np.float64]

CLOSE = 1e-6
"""Relative error above which a promise counts as broken."""
RUN = 8_192


def lower_bound(price: Array, supply: Array, need: Array, limit: Array, y: Array) -> float:
    """Return a lower bound on the cost of every answer, from resource prices alone."""
    y, scale = np.maximum(y, 0.0), 1.0
    endless = limit.strides == (0,) and bool(np.isinf(limit[0]))
    for part in _runs(supply.shape):
        worth = y @ supply[:, part]
        over = worth > price[part]
        if not endless:
            over &= np.isinf(limit[part])
        if over.any():
            scale = min(scale, float(np.min(price[part][over] / worth[over])))
    if endless:
        return float(y @ need) * scale
    y, saved = y * scale, 0.0
    for part in _runs(supply.shape):
        margin = np.minimum(0.0, price[part] - y @ supply[:, part])
        saved += float(margin @ np.where(np.isfinite(limit[part]), limit[part], 0.0))
    return float(y @ need) + saved


def _runs(shape: tuple[int, ...]) -> Iterator[slice]:
    """Cut nodes into runs: what is made of one run stays in the cache of the processor."""
    step = max(256, RUN // max(shape[0], 1))
    return (slice(begin, begin + step) for begin in range(0, shape[1], step))


def verify_cover(
    *,
    price: Array,
    supply: Array,
    need: Array,
    limit: Array,
    time: Array,
    cost: float,
    bound: float | None = None,
    shadow_price: Array | None = None,
    resources: tuple[str, ...] = (),
    proven: float | None = None,
) -> tuple[Check, ...]:
    """Check an answer: price (n,), supply (K, n), need (K,), limit (n,), time (n,), claimed cost.

    `shadow_price` (K,) proves optimality; without it only the promises are checked. `bound` is a
    claimed lower bound: claiming more than can be proven is a fault; `proven` is what `lower_bound`
    makes of the shadow prices, where the caller has asked it already. `worst` is the largest
    violation, relative to the cost, the need or the limit.
    """
    names = resources or tuple(f"resource {k + 1}" for k in range(len(need)))
    checks = list(_promises(price, supply, need, limit, time, cost, names))
    if shadow_price is not None:
        if proven is None:
            proven = lower_bound(price, supply, need, limit, shadow_price)
        claimed = cost if bound is None else bound
        worst = max(
            _relative(abs(cost - proven), cost), _relative(max(claimed - proven, 0.0), cost)
        )
        checks.append(
            Check(
                name="proof",
                ok=worst <= CLOSE,
                worst=worst,
                detail=f"no answer costs less than {proven:.9g} (weak duality); "
                f"this one costs {cost:.9g}",
            )
        )
    return tuple(checks)


def verify_starts(
    *,
    price: Array,
    supply: Array,
    need: Array,
    limit: Array,
    fixed: Array,
    time: Array,
    cost: float,
    bound: float,
    shadow_price: Array,
    resources: tuple[str, ...],
) -> tuple[Check, ...]:
    """Check an answer where each start costs `fixed` (n,); the rest is as in `verify_cover`.

    The proof: no node runs longer than its limit or than it takes to meet every need alone, so each
    unit of its time carries at least its share of the start, and weak duality holds of that.
    """
    alone = np.zeros(len(price))
    for wanted, row in zip(need, supply, strict=True):
        if wanted > 0:
            alone = np.maximum(alone, np.divide(wanted, row, out=np.zeros_like(row), where=row > 0))
    most = np.where(fixed > 0, np.minimum(limit, alone), limit)
    share = np.divide(fixed, most, out=np.zeros_like(most), where=(fixed > 0) & (most > 0))
    proven = lower_bound(price + share, supply, need, most, shadow_price)
    started = float(np.sum(fixed[time > 0]))
    worst = _relative(max(proven - cost, bound - cost, 0.0), cost)
    searched = f"; branch and bound, {bound:.9g}" if bound > proven * (1 + 1e-12) else ""
    return (
        *_promises(price, supply, need, limit, time, cost, resources, started),
        Check(
            name="proof",
            ok=worst <= CLOSE,
            worst=worst,
            detail=f"no answer costs less than {proven:.9g} (weak duality){searched}; "
            f"this one costs {cost:.9g}",
        ),
    )


def verify_shortage(
    *, supply: Array, need: Array, limit: Array, short_by: Array, resources: tuple[str, ...]
) -> tuple[Check, ...]:
    """Check a claim of "infeasible": every node at its limit, what is missing of each resource."""
    most = _most(supply, limit)
    missing = np.where(most < need, need - np.where(np.isinf(most), need, most), 0.0)
    worst = float(np.max(np.abs(missing - short_by) / np.maximum(need, 1e-300), initial=0.0))
    short = [name for name, gap in zip(resources, missing, strict=True) if gap > 0]
    return (
        Check(
            name="shortage",
            ok=bool(short) and worst <= CLOSE,
            worst=worst,
            detail=f"with every node at its limit {' and '.join(short) or 'nothing'} falls short",
        ),
    )


def _most(supply: Array, limit: Array) -> Array:
    """Return what all nodes at their limits supply; 0 of a node without limit stays 0."""
    with np.errstate(invalid="ignore"):
        most: Array = np.where(supply > 0, supply * limit, 0.0).sum(axis=1)
    return most


def _promises(
    price: Array,
    supply: Array,
    need: Array,
    limit: Array,
    time: Array,
    cost: float,
    names: tuple[str, ...],
    started: float = 0.0,
) -> tuple[Check, Check, Check]:
    """Check the bill, the needs and the limits, of the nodes whose time is not 0."""
    runs = np.flatnonzero(time != 0.0)  # NaN is not 0 either
    now = time[runs]
    given = np.array([np.sum(row[runs] * now) for row in supply])
    return (
        _bill(float(np.sum(price[runs] * now)), cost, started),
        _needs(given, need, names),
        _limits(limit[runs], now),
    )


def _bill(ran: float, cost: float, started: float) -> Check:
    again = ran + started
    worst = _relative(abs(again - cost), cost)
    what = "price times time, and starts," if started else "price times time"
    said = f"{what} adds up to {again:.9g}; the answer says {cost:.9g}"
    return Check(name="bill", ok=worst <= CLOSE, worst=worst, detail=said)


def _needs(given: Array, need: Array, names: tuple[str, ...]) -> Check:
    gaps = np.maximum(need - given, 0.0) / np.where(need > 0, need, 1.0)
    k = int(np.argmax(gaps)) if len(gaps) else 0
    worst = float(gaps[k]) if len(gaps) else 0.0
    ok = worst <= CLOSE
    said = (
        "every need is met"
        if ok
        else f"{names[k]}: {given[k]:.9g} supplied where {need[k]:.9g} is needed"
    )
    return Check(name="needs", ok=ok, worst=worst, detail=said)


def _limits(most: Array, now: Array) -> Check:
    over = np.maximum(now - most, 0.0) / np.where(most > 0, most, 1.0)
    worst = max(float(over.max(initial=0.0)), -float(now.min(initial=0.0)))
    ok = worst <= CLOSE and bool(np.isfinite(now).all())
    said = "every time lies between 0 and its limit" if ok else "a time is negative or over limit"
    return Check(name="limits", ok=ok, worst=worst, detail=said)


def _relative(amount: float, size: float) -> float:
    return amount / max(abs(size), 1e-300) if amount else 0.0
