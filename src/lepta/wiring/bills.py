"""Bills and usage opened for assessment: files found, read, checked, and laid into one lake."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepta.domain.assessment import Unknown
from lepta.domain.charges import NO_CURRENCY
from lepta.errors import InputError, Refused, listing
from lepta.wiring.billreader import CODE, Reader, Say, Sighting

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from lepta.ports.lake import Lake

__all__ = ["Bills", "Given", "Sighting", "open_bills", "sources"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bills:
    """Charges and usage, as table expressions of one lake."""

    lake: "Lake"
    charges: "ir.Table"
    named: "Mapping[str, ir.Table]"
    """What texts of charges name, by `assess.machines`; only columns that name anything."""
    usage: "ir.Table | None"
    sightings: tuple[Sighting, ...]
    currency: str
    unknown: tuple[Unknown, ...]
    notes: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Which files to read, and how to count money."""

    focus: tuple[str, ...]
    usage: tuple[str, ...]
    currency: str | None
    rates: Mapping[str, Decimal]
    team_tags: tuple[str, ...] = ()
    workload_tags: tuple[str, ...] = ()
    """Tag keys that the configuration names; empty: lepta's own choice."""


def sources(
    focus: Sequence[str | Path],
    usage: Sequence[str | Path],
    currency: str | None,
    rates: Mapping[str, Decimal | str | float] | None,
    config: str | Path | None,
) -> Given:
    """Take the files given, or else the sources of the configuration.

    Raises
    ------
    InputError
        No bill is named anywhere, or a currency or a rate makes no sense.
    """
    if isinstance(focus, str | Path) or isinstance(usage, str | Path):
        raise InputError("focus and usage are lists of files", remedy="write focus=[path]")
    bills, uses = [str(path) for path in focus], [str(path) for path in usage]
    exchange: dict[str, Any] = dict(rates or {})
    team_tags: tuple[str, ...] = ()
    workload_tags: tuple[str, ...] = ()
    if not bills:
        from lepta.wiring.configured import bill_sources

        found = bill_sources(config)
        bills, uses = list(found.focus), uses or list(found.usage)
        currency = currency or found.currency
        exchange = {**found.rates, **exchange}
        team_tags, workload_tags = found.team_tags, found.workload_tags
    return Given(
        focus=tuple(bills),
        usage=tuple(uses),
        currency=_code(currency) if currency else None,
        rates={_code(name): _rate(name, value) for name, value in exchange.items()},
        team_tags=team_tags,
        workload_tags=workload_tags,
    )


def _code(name: str) -> str:
    code = name.strip().upper()
    if not CODE.fullmatch(code):
        raise InputError(f"{name!r} is no currency code", remedy="use ISO 4217, such as USD")
    return code


def _rate(name: str, value: Decimal | str | float) -> Decimal:
    try:
        rate = Decimal(str(value))
    except InvalidOperation:
        rate = Decimal(0)
    if not rate.is_finite() or not Decimal("1e-9") <= rate < Decimal("1e9"):
        raise InputError(
            f"the rate of {name} is {value!r}", remedy="give a number above 0, such as EUR=1.08"
        )
    return rate.quantize(Decimal("1e-9"))


@contextmanager
def open_bills(
    focus: Sequence[str | Path],
    usage: Sequence[str | Path] = (),
    *,
    currency: str | None = None,
    rates: Mapping[str, Decimal] | None = None,
    say: Say = lambda _: None,
) -> Iterator[Bills]:
    """Open FOCUS bills and usage tables; what is temporary is gone at the end.

    `currency`: of a bill that names none, and the one that others are changed to by `rates`
    (units of `currency` for one of theirs).

    Raises
    ------
    InputError
        A file is missing, cut off, not FOCUS, or a cell is wrong: file, line, column, value.
    Refused
        Several currencies stand in the bills, and no rate was given for one of them.
    """
    from lepta.adapters.bigfile import find
    from lepta.adapters.lake import DuckLake
    from lepta.wiring.machines import hints_read

    files = find(focus)
    uses = find(usage)
    if not files:
        raise InputError("no bill was given", remedy="name one: lepta assess --focus bill.csv")
    with DuckLake() as lake:
        reader = Reader(lake, currency, say)
        charges = reader.bills(files)
        sightings = reader.sightings(charges)
        charges, target = _one_currency(charges, sightings, currency, rates or {})
        if {seen.currency for seen in sightings} != {target}:
            for same in reader.same:
                same.pop("currency", None)
            sightings = reader.sightings(charges)
            said = ", ".join(f"1 {name} = {rate} {target}" for name, rate in (rates or {}).items())
            reader.notes.append(f"Amounts were changed to {target} charge by charge: {said}.")
        if target == NO_CURRENCY:
            reader.unknown.append(
                Unknown(
                    what="the currency: no bill says BillingCurrency, so amounts are in XXX",
                    remedy="say it: --currency USD",
                )
            )
        for name in (*files.twice, *uses.twice):
            reader.notes.append(f"{name} was named more than once and is counted once.")
        _doubts(sightings, reader.unknown)
        yield Bills(
            lake=lake,
            charges=charges,
            named=hints_read(lake, charges),
            usage=reader.usage(uses) if uses else None,
            sightings=tuple(sightings),
            currency=target,
            unknown=tuple(reader.unknown),
            notes=tuple(dict.fromkeys(reader.notes)),
            sources=tuple(str(path) for path in (*files, *uses)),
        )


def _one_currency(
    charges: "ir.Table",
    sightings: Sequence[Sighting],
    currency: str | None,
    rates: Mapping[str, Decimal],
) -> "tuple[ir.Table, str]":
    """Change all amounts to one currency by the rates given, or refuse."""
    from lepta.assess.money import changed

    found = sorted({seen.currency for seen in sightings})
    target = currency or (found[0] if len(found) == 1 else None)
    foreign = [name for name in found if name != target and name not in rates]
    if target is None or foreign:
        raise Refused(
            f"the bills are in {listing(found)}, and sums over currencies mean nothing",
            remedy="give a target and a rate for each other currency, such as "
            f"--currency {target or found[0]} --rate "
            f"{(foreign or [n for n in found if n != (target or found[0])])[0]}=1.08",
        )
    used = {name: rates[name] for name in found if name != target}
    return (changed(charges, target, used) if used else charges), target


def _doubts(sightings: Sequence[Sighting], unknown: list[Unknown]) -> None:
    """Say so when two files hold the same sums of the same period: probably the same rows twice."""
    sums: dict[str, list[Any]] = {}
    for seen in sightings:
        sums.setdefault(seen.source, []).append(
            (seen.currency, seen.category, seen.rows, seen.billed, seen.effective, seen.start)
        )
    first: dict[Any, str] = {}
    for source, held in sums.items():
        key = tuple(held)
        if key in first and any(part[3] or part[4] for part in held):
            unknown.append(
                Unknown(
                    what=f"whether {source} and {first[key]} hold the same rows twice: rows, sums "
                    "and periods are equal; both are counted",
                    remedy="leave one of them out if they are the same export",
                    cost_micros=int(sum(part[3] for part in held) * 1_000_000),
                )
            )
        first.setdefault(key, source)
