"""What can be said of contracts before any forecast: price, reach, and why one cannot be bought."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lepta.domain.commit_case import one_price
from lepta.domain.commitment import Category, CommitCase, Contract
from lepta.errors import InputError

__all__ = ["HOUR", "Offering", "horizon_hours", "offerings", "priced"]

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Offering:
    """A contract with what follows from prices and the start alone."""

    contract: Contract
    price: float | None
    """Of one unit and hour, upfront spread over the term; None: unknown."""
    hours: int
    begin: int | None
    """Hours from the start of the horizon, for one that begins at a time of its own."""
    pools: tuple[int, ...]
    """Places of the pools that it covers, the dearest first."""
    why_not: str
    """Why it is not to be bought; empty where it may be."""


def priced(case: CommitCase) -> list[tuple[str, str]]:
    """Return (family, region) of the pools whose price is known: those that a forecast has.

    Raises
    ------
    InputError
        There is none.
    """
    found = [(p.family, p.region) for p in case.pools if p.price_per_hour is not None]
    if not found:
        raise InputError(
            "the on-demand price of no usage is known",
            remedy="give --on-demand with a price above 0 for the families and regions in use",
        )
    return found


def offerings(case: CommitCase, start: datetime) -> tuple[Offering, ...]:
    """Look at each contract: its price, what it covers, and whether it may be bought at all.

    Raises
    ------
    InputError
        A discount is off several on-demand prices at once.
    """
    return tuple(_offering(case, contract, start) for contract in case.contracts)


def _offering(case: CommitCase, contract: Contract, start: datetime) -> Offering:
    covered = [
        (pool.price_per_hour, n)
        for n, pool in enumerate(case.pools)
        if pool.price_per_hour is not None and contract.covers(pool)
    ]
    places = tuple(n for _, n in sorted(covered, key=lambda pair: (-pair[0], pair[1])))
    base = one_price(contract, case.pools)
    if contract.discount is not None and base is None:
        raise InputError(
            f"contract {contract.id} is a share off several on-demand prices",
            where=f"contract {contract.id}, column 'discount'",
            remedy="give price_per_hour, or one contract per family and region",
        )
    price = _price(contract, base or 0.0)
    begin = None if contract.start is None else round((contract.start - start) / HOUR)
    return Offering(
        contract=contract,
        price=price,
        hours=max(round(contract.hours), 1),
        begin=begin,
        pools=places,
        why_not=_why_not(contract, price, max((p for p, _ in covered), default=0.0), begin),
    )


def _price(contract: Contract, base: float) -> float | None:
    if contract.category is Category.SPEND:
        return None if contract.discount is None else 1.0
    if contract.discount is not None:
        hourly: float | None = (1.0 - contract.discount) * base or None
    else:
        hourly = contract.price_per_hour
    if hourly is None or hourly + contract.upfront_per_unit <= 0:
        return None
    return hourly + contract.upfront_per_unit / contract.hours


def _why_not(contract: Contract, price: float | None, dearest: float, begin: int | None) -> str:
    if contract.maximum == 0:
        return "not for sale: its maximum is 0"
    if dearest == 0:
        scope = " in ".join(part for part in (contract.family, contract.region) if part)
        return f"no usage with a known price is of {scope or 'any family'}: it cannot be used"
    if price is None:
        return "its price is unknown (blank or 0): never bought"
    if begin is not None and begin < 0:
        return "it began before the forecast does"
    if contract.category is Category.USAGE and price >= dearest:
        return f"its price of {price:.6g} is not below the on-demand price of {dearest:.6g}"
    return ""


def horizon_hours(found: tuple[Offering, ...]) -> int:
    """Return the hours until the last contract that may be bought now would end.

    Where none may be bought, the longest term counts: the answer is then to buy nothing.

    Raises
    ------
    InputError
        There is no contract at all.
    """
    if not found:
        raise InputError("there are no contracts", remedy="give at least one contract")
    ends = [(o.begin or 0) + o.hours for o in found if not o.why_not]
    return max(ends or [o.hours for o in found])
