"""What is given to M1: prices, supplies, needs, limits and costs of starting, checked once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.domain.cover import Numbered
from lepta.errors import InputError, listing
from lepta.numerics.columns import Market
from lepta.numerics.program import Array

__all__ = ["CoverCase", "free_of_charge", "read_case"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverCase:
    """The data of the program in the caller's units, checked."""

    names: Sequence[str]
    resources: tuple[str, ...]
    market: Market
    fixed: Array | None
    """Cost per start (n,), or None where starting costs nothing."""


def read_case(
    *,
    price: npt.ArrayLike,
    supply: npt.ArrayLike,
    need: npt.ArrayLike,
    limit: npt.ArrayLike | None,
    fixed: npt.ArrayLike | None,
    names: Sequence[str] | None,
    resources: Sequence[str] | None,
) -> CoverCase:
    """Check what was given; see `cover` for shapes, and for what is refused."""
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
    size = price_.size
    return CoverCase(
        names=_called(names, size, "node"),
        resources=tuple(_called(resources, need_.size, "resource")),
        market=Market(
            price=price_,
            supply=supply_,
            need=need_,
            limit=_per_node(np.inf if limit is None else limit, "limit", size, endless=True),
        ),
        fixed=None if fixed is None else _per_node(fixed, "fixed", size),
    )


def _numbers(given: npt.ArrayLike, name: str, *, endless: bool = False) -> Array:
    try:
        numbers = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"{name} is not an array of numbers", remedy="give numbers in rows of one length"
        ) from None
    if not numbers.size:
        return numbers
    high = np.inf if endless else np.finfo(np.float64).max
    if numbers.min() >= 0 and numbers.max() <= high:  # NaN is neither
        return numbers
    place = tuple(int(i) for i in np.argwhere(~((numbers >= 0) & (numbers <= high)))[0])
    where = f"{name}{list(place)}" if place else name
    if endless:
        raise InputError(
            f"{where} is {float(numbers[place])}, but must be at least 0: a limit is negative "
            "or NaN",
            remedy="give at least 0; inf is no limit",
        )
    raise InputError(
        f"{where} is {float(numbers[place])}, but must be a finite number, at least 0",
        remedy="leave out nodes whose numbers are not known",
    )


def _per_node(given: npt.ArrayLike, name: str, size: int, *, endless: bool = False) -> Array:
    numbers = _numbers(given, name, endless=endless)
    if numbers.shape not in ((), (size,)):
        raise InputError(
            f"{name} has shape {numbers.shape}, but price has shape ({size},)",
            remedy="give one number for all nodes, or one per node",
        )
    return np.broadcast_to(numbers, (size,))


def _called(names: Sequence[str] | None, size: int, kind: str) -> Sequence[str]:
    if names is None:
        return Numbered(kind, size)
    if len(names) != size:
        raise InputError(
            f"there are {len(names)} {kind} names for {size} {kind}s", remedy="give one name each"
        )
    if len(set(names)) != size:
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise InputError(f"{kind} {twice!r} stands twice", remedy="give each its own name")
    return tuple(names)


def free_of_charge(case: CoverCase) -> tuple[str, ...]:
    """Say which nodes count as free because their price is exactly 0."""
    price = case.market.price
    if price.min() > 0:
        return ()
    free = [case.names[int(i)] for i in np.flatnonzero(price == 0)]
    verb = "has" if len(free) == 1 else "have"
    return (f"{listing(free)} {verb} price 0: counted as free",)
