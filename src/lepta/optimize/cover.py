"""M1, resource configuration: how long to run which nodes so that every need is met cheapest.

    minimise    price @ time
    subject to  supply @ time >= need          for every resource
                0 <= time <= limit             (no limit: infinite)

A linear program (Dantzig 1963). The answer carries its proof: a lower bound from the resource
prices, and the checks of `optimize/verify_cover.py`, which recompute it without the solver.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.domain.cover import CoverAnswer, ResourceLine
from lepta.errors import InputError, LeptaError
from lepta.numerics.face import Covering, Face, next_unit, optimal_face, polish, reach
from lepta.numerics.linear import Solution, Status, solve
from lepta.numerics.program import Array
from lepta.optimize.balance import balance as most_balanced
from lepta.optimize.cover_words import explain, explain_shortage
from lepta.optimize.verify_cover import lower_bound, verify_cover, verify_shortage

__all__ = ["cover"]

NEAR = 1e-9
"""Relative size of what counts as the same amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """The data of the program in the caller's units, checked."""

    names: tuple[str, ...]
    resources: tuple[str, ...]
    price: Array
    supply: Array
    need: Array
    limit: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """Units in which the numbers lie near 1, where a solver's tolerances are relative ones.

    x = time * spread / column; a need is `spread`; money is counted in `money`.
    """

    used: npt.NDArray[np.intp]
    """Nodes that supply anything that is needed."""
    rows: npt.NDArray[np.intp]
    """Resources that are needed."""
    column: Array
    spread: float
    money: float


def cover(
    *,
    price: npt.ArrayLike,
    supply: npt.ArrayLike,
    need: npt.ArrayLike,
    limit: npt.ArrayLike | None = None,
    names: Sequence[str] | None = None,
    resources: Sequence[str] | None = None,
    balance: bool = True,
    time_limit_s: float = 600.0,
) -> CoverAnswer:
    """Find the cheapest running times that meet every need, and prove it.

    Parameters
    ----------
    price      (n,)    money per unit of time, at least 0
    supply     (K, n)  units of each resource per unit of time, at least 0
    need       (K,)    units wanted of each resource, at least 0
    limit      (n,)    the longest time of each node, or one number for all; None or inf: no limit
    names, resources   what to call nodes and resources
    balance            among equally cheap answers take the most balanced one: the largest
                       time / limit (time, where nodes have no limit; where only some have one, the
                       largest limit stands in for the others) as small as possible, then the next

    Raises
    ------
    InputError
        Shapes do not fit each other, or a number is negative or not finite.
    """
    case = _case(price, supply, need, limit, names, resources)
    with np.errstate(invalid="ignore"):
        most = np.where(case.supply > 0, case.supply * case.limit, 0.0).sum(axis=1)
    short = case.need > most * (1 + 1e-12)
    if short.any():
        return _shortage(case, most, np.where(short, case.need - most, 0.0))
    scale = _scale(case)
    covering = _scaled(case, scale)
    answer = solve(covering.program(), time_limit_s=time_limit_s)
    if answer.status in (Status.FEASIBLE, Status.UNKNOWN):
        raise LeptaError(
            f"the solver was not done after {time_limit_s:g} s",
            remedy="give it more time (time_limit_s), or fewer nodes",
        )
    if answer.status is not Status.OPTIMAL:  # there is an answer: the limits were summed up above
        raise LeptaError(
            "the solver finds no answer, though there is one: the numbers lie too far apart",
            remedy="leave out nodes that cost or supply a million times more or less than others",
        )
    x, y = polish(covering, answer.x, np.maximum(answer.row_dual, 0.0))
    if balance:
        x = _balanced(case, scale, covering, x, y)
    return _answer(case, scale, covering, answer, x, y, most)


def _case(
    price: npt.ArrayLike,
    supply: npt.ArrayLike,
    need: npt.ArrayLike,
    limit: npt.ArrayLike | None,
    names: Sequence[str] | None,
    resources: Sequence[str] | None,
) -> _Case:
    price_, supply_, need_ = (
        _numbers(a, b) for a, b in ((price, "price"), (supply, "supply"), (need, "need"))
    )
    if price_.ndim != 1 or need_.ndim != 1 or supply_.shape != (need_.size, price_.size):
        raise InputError(
            f"supply has shape {supply_.shape}, but price has shape {price_.shape} and need has "
            f"shape {need_.shape}",
            remedy="give supply one row per resource and one column per node: "
            f"({need_.size}, {price_.size})",
        )
    if not price_.size or not need_.size:
        raise InputError(
            f"there are {price_.size} nodes and {need_.size} resources",
            remedy="give at least one of each",
        )
    limit_ = np.asarray(np.inf if limit is None else limit, dtype=np.float64)
    if limit_.shape not in ((), price_.shape):
        raise InputError(
            f"limit has shape {limit_.shape}, but price has shape {price_.shape}",
            remedy="give one limit for all nodes, or one per node",
        )
    if np.isnan(limit_).any() or (limit_ < 0).any():
        raise InputError("a limit is negative or NaN", remedy="give at least 0; inf is no limit")
    names_ = _called(names, price_.size, "node")
    resources_ = _called(resources, need_.size, "resource")
    return _Case(
        names=names_,
        resources=resources_,
        price=price_,
        supply=supply_,
        need=need_,
        limit=np.broadcast_to(limit_, price_.shape),
    )


def _numbers(given: npt.ArrayLike, name: str) -> Array:
    try:
        numbers = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"{name} is not an array of numbers", remedy="give numbers in rows of one length"
        ) from None
    bad = np.argwhere(~np.isfinite(numbers) | (numbers < 0))
    if len(bad):
        place = tuple(int(i) for i in bad[0])
        raise InputError(
            f"{name}{list(place)} is {float(numbers[place])}, but must be a finite number, "
            "at least 0",
            remedy="leave out nodes whose numbers are not known",
        )
    return numbers


def _called(names: Sequence[str] | None, size: int, kind: str) -> tuple[str, ...]:
    if names is None:
        return tuple(f"{kind} {i + 1}" for i in range(size))
    if len(names) != size:
        raise InputError(
            f"there are {len(names)} {kind} names for {size} {kind}s", remedy="give one name each"
        )
    if len(set(names)) != size:
        twice = next(name for name in names if list(names).count(name) > 1)
        raise InputError(f"{kind} {twice!r} stands twice", remedy="give each its own name")
    return tuple(names)


def _scale(case: _Case) -> _Scale:
    rows = np.flatnonzero(case.need > 0)
    with np.errstate(over="ignore"):
        share = (case.supply[rows] / case.need[rows, None]).max(axis=0, initial=0.0)
    used = np.flatnonzero((share > 0) & (case.limit > 0))
    if not np.isfinite(share).all():
        raise InputError(
            "a need is too small beside what nodes supply",
            remedy="scale the units of the resource closer to 1",
        )
    column = 1.0 / share[used]
    room = case.limit[used] / column
    held = room[np.isfinite(room)]
    spread = float(np.clip(1.0 / np.median(held), 1.0, 1e9)) if held.size else 1.0
    whole = case.price[used] * column
    money = float(whole.min(initial=np.inf))
    if held.size:  # the price of the node at which the cheapest first would be enough
        order = np.argsort(whole, kind="stable")
        place = int(np.searchsorted(np.cumsum(room[order]), 1.0))
        money = float(whole[order[min(place, len(order) - 1)]])
    if not 0 < money < np.inf:
        money = float(np.median(whole[whole > 0])) if (whole > 0).any() else 1.0
    return _Scale(used=used, rows=rows, column=column, spread=spread, money=money)


def _scaled(case: _Case, scale: _Scale) -> Covering:
    rows, used = scale.rows, scale.used
    with np.errstate(over="ignore"):
        return Covering(
            cost=case.price[used] * scale.column / scale.money,
            matrix=case.supply[np.ix_(rows, used)] * scale.column / case.need[rows, None],
            need=np.full(len(rows), scale.spread),
            high=case.limit[used] / scale.column * scale.spread,
        )


def _balanced(case: _Case, scale: _Scale, covering: Covering, x: Array, y: Array) -> Array:
    """Return the most balanced of the cheapest answers; never a dearer one, or one that lacks."""
    limit = case.limit[scale.used]
    held = np.isfinite(limit)
    longest = float(limit[held].max()) if held.any() else 1.0
    weight = scale.column / np.where(held, limit, longest)
    peak = float((weight * x).max(initial=0.0))
    if peak <= 0:
        return x
    face = optimal_face(covering, x, y)
    found = most_balanced(face, weight / peak)
    cheap = covering.cost @ found <= (covering.cost @ x) * (1 + NEAR) + 1e-300
    enough = (covering.matrix @ found >= covering.need * (1 - NEAR)).all()
    return found if cheap and enough else x


def _answer(
    case: _Case, scale: _Scale, covering: Covering, found: Solution, x: Array, y: Array, most: Array
) -> CoverAnswer:
    time = np.zeros(len(case.names))
    time[scale.used] = np.minimum(x * scale.column / scale.spread, case.limit[scale.used])
    shadow = np.zeros(len(case.need))
    shadow[scale.rows] = y * scale.money / case.need[scale.rows]
    node_cost = case.price * time
    cost = float(node_cost.sum())
    bound = min(cost, lower_bound(case.price, case.supply, case.need, case.limit, shadow))
    checks = verify_cover(
        price=case.price,
        supply=case.supply,
        need=case.need,
        limit=case.limit,
        time=time,
        cost=cost,
        bound=found.bound * scale.money / scale.spread,
        shadow_price=shadow,
        resources=case.resources,
    )
    broken = [check.detail for check in checks if not check.ok]
    if broken:
        raise LeptaError(
            f"the solver's answer does not hold: {broken[0]}",
            remedy="scale the units of the input closer to 1",
        )
    lines = _lines(case, scale, covering, x, y, shadow, most, case.supply @ time)
    reduced = case.price - shadow @ case.supply
    for array in (time, node_cost, reduced):
        array.flags.writeable = False
    first = np.zeros(len(case.names))
    first[scale.used] = found.x * scale.column / scale.spread
    return CoverAnswer(
        status="optimal",
        names=case.names,
        time=time,
        node_cost=node_cost,
        reduced_cost=reduced,
        cost=cost,
        bound=bound,
        gap=(cost - bound) / cost if cost > 0 else 0.0,
        resources=lines,
        explanation=explain(
            names=case.names,
            resources=lines,
            time=time,
            limit=case.limit,
            reduced_cost=reduced,
            useless=_useless(case, scale),
            cost=cost,
            longest_before=float(first.max(initial=0.0)),
        ),
        checks=checks,
    )


def _useless(case: _Case, scale: _Scale) -> tuple[str, ...]:
    """Return the nodes that supply nothing that is needed."""
    gives = case.supply[scale.rows].any(axis=0)
    return tuple(case.names[i] for i in np.flatnonzero(~gives))


def _lines(
    case: _Case,
    scale: _Scale,
    covering: Covering,
    x: Array,
    y: Array,
    shadow: Array,
    most: Array,
    supplied: Array,
) -> tuple[ResourceLine, ...]:
    face = optimal_face(covering, x, y)
    row = {int(k): r for r, k in enumerate(scale.rows)}
    lines = []
    for k, name in enumerate(case.resources):
        need, price = float(case.need[k]), float(shadow[k])
        next_cost, low, high = (
            _ranging(face, row[k], need / scale.spread, scale.money / need, price)
            if k in row
            else (0.0 if supplied[k] > 0 else None, 0.0, float(supplied[k]))
        )
        lines.append(
            ResourceLine(
                name=name,
                need=need,
                supplied=float(supplied[k]),
                shadow_price=price,
                binding=k in row and bool(price > 0 or supplied[k] <= need * (1 + NEAR)),
                next_unit_cost=next_cost,
                holds_from=low,
                holds_to=high,
                most=float(most[k]),
            )
        )
    return tuple(lines)


def _ranging(
    face: Face, row: int, unit: float, money: float, price: float
) -> tuple[float | None, float, float]:
    """Return what one more unit of need costs, and from which to which need that holds."""
    low, high = reach(face, row)
    need = float(face.covering.need[row])
    if high > need * (1 + NEAR):
        return price, low * unit, high * unit
    dual = next_unit(face, row)
    if dual is None:
        return None, low * unit, need * unit
    dual = np.where(dual > NEAR * dual.max(initial=0.0), dual, 0.0)
    _, high = reach(optimal_face(face.covering, face.x, dual), row)
    return float(dual[row]) * money, need * unit, max(high, need) * unit


def _shortage(case: _Case, most: Array, short_by: Array) -> CoverAnswer:
    nothing = np.empty(0)
    lines = tuple(
        ResourceLine(
            name=name,
            need=float(case.need[k]),
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
        time=nothing,
        node_cost=nothing,
        reduced_cost=nothing,
        cost=None,
        bound=None,
        gap=None,
        resources=lines,
        explanation=explain_shortage(lines),
        checks=verify_shortage(
            supply=case.supply,
            need=case.need,
            limit=case.limit,
            short_by=short_by,
            resources=case.resources,
        ),
    )
