"""Bills and usage opened for assessment: files found, read, checked, and laid into one lake."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepta.domain.assessment import Unknown
from lepta.domain.charges import NO_CURRENCY, USAGE_ROWS
from lepta.errors import InputError, Refused, listing

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from lepta.adapters.bigfile import Head
    from lepta.adapters.lake import DuckLake
    from lepta.ports.lake import Lake

__all__ = ["Bills", "Given", "Sighting", "open_bills", "sources"]

Say = Callable[[str], None]
CODE = re.compile("[A-Z]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one source holds of one currency and category, summed on its own."""

    source: str
    currency: str
    category: str
    rows: int
    billed: Decimal
    effective: Decimal
    start: datetime
    end: datetime


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
        reader = _Reader(lake, currency, say)
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


class _Reader:
    """Reads files into a lake, collecting what should be said about how they were read."""

    def __init__(self, lake: "DuckLake", currency: str | None, say: Say) -> None:
        self.lake, self.currency, self.say = lake, currency, say
        self.notes: list[str] = []
        self.unknown: list[Unknown] = []
        self.locate: dict[str, Callable[[], InputError]] = {}
        self.same: list[dict[str, str]] = []
        """Per table of charges: the columns that hold one value in every row, and the value."""
        self.sound: list[bool] = []
        """Per table of charges: was every commitment status looked at?"""

    def bills(self, files: Sequence[Path]) -> "ir.Table":
        """Normalize every bill and stack them."""
        from lepta.adapters.bigfile import head

        tables, parquet = [], []
        for path in files:
            found = head(path)
            if found.parquet:
                parquet.append(path)
            elif not found.first:
                if len(files) == 1:
                    raise InputError(
                        "has a header but no rows",
                        where=str(path),
                        remedy="export a period with charges",
                    )
                self.notes.append(f"{path} has a header but no rows.")
            else:
                tables.append(self._csv_bill(found))
        tables.extend(self._parquet_bills(parquet))
        if not tables:
            raise InputError("no bill has a row", remedy="export a period with charges")
        return _stack(tables)

    def _csv_bill(self, found: "Head") -> "ir.Table":
        from lepta.adapters.bigfile import whole
        from lepta.adapters.focus import layout, normalize
        from lepta.adapters.focus.rows import blank

        source = str(found.path)
        self.say(f"reading {source}")
        whole(found)
        plan = layout(source, found.header)
        raw = self.lake.csv(found.path, found.header, found.delimiter, found.compression)
        dates = self._dates(found, raw, plan)
        self._version(source, plan.version, dates)
        cells = dict(zip(found.header, found.first, strict=False))
        zone = cells.get(plan.places["ChargePeriodStart"], "")
        if (
            dates == "ISO 8601"
            and not zone.rstrip().endswith(("Z", "z", "UTC"))
            and ("+" not in zone and zone.count("-") < 3)
        ):
            self.notes.append(_no_zone(source))

        def charges(table: "ir.Table") -> "ir.Table":
            return normalize(
                table,
                plan,
                source=source,
                dates=dates,
                commas=found.delimiter == ",",
                currency=self.currency,
            )

        self.locate[source] = lambda: self._first_fault(found, raw, plan, charges)
        self.same.append({"source": source})
        self.sound.append(False)
        return self.lake.keep(charges(raw.filter(~blank(raw))))

    def _dates(self, found: "Head", raw: "ir.Table", plan: Any) -> Any:
        from lepta.adapters.focus.cells import SLASHED, Dates, chosen_dates, decide_dates

        cells = dict(zip(found.header, found.first, strict=False))
        sample = cells.get(plan.places["ChargePeriodStart"], "")
        if "/" not in sample:
            return Dates.ISO
        names = [plan.places.get("BillingPeriodStart"), plan.places.get("BillingPeriodEnd")]
        if None in names or "/" not in cells.get(names[0], ""):
            raise InputError.at(
                plan.source,
                "is a slashed date, and there is no billing period by which to tell month and day",
                row=2,
                column=plan.places["ChargePeriodStart"],
                value=sample,
                remedy="write dates as ISO 8601, such as 2026-11-23T00:00:00Z",
            )
        slashed = raw.filter(raw[names[0]].re_search(SLASHED))
        counts = self.lake.rows(decide_dates(slashed, names[0], names[1]))[0]
        return chosen_dates(plan.source, counts, names[0], cells[names[0]])

    def _parquet_bills(self, paths: Sequence[Path]) -> "list[ir.Table]":
        from lepta.adapters.focus import distinct_texts, is_tidy, layout, normalize

        shapes: dict[Any, list[Path]] = {}
        for path in paths:
            table = self.lake.parquet([path])
            shapes.setdefault(tuple(table.schema().items()), []).append(path)
        tables = []
        for shape, members in shapes.items():
            header = [name for name, _ in shape if name != "filename"]
            plan = layout(str(members[0]), header)
            kinds = dict(shape)
            start = kinds[plan.places["ChargePeriodStart"]]
            for path in members:
                self._version(str(path), plan.version, "")
                if start.is_date() or (start.is_timestamp() and start.timezone is None):
                    self.notes.append(_no_zone(str(path)))
            raw = self.lake.parquet(members)
            values = {
                name: [row[0] for row in self.lake.rows(texts)]
                for name, texts in distinct_texts(raw, plan).items()
            }
            clean = {name for name, held in values.items() if is_tidy(name, held)}
            same = {
                name: held[0]
                for name, held in values.items()
                if name in clean and len(held) == 1 and held[0] is not None
            }
            only = str(members[0]) if len(members) == 1 else None
            tables.append(
                normalize(raw, plan, source=only, currency=self.currency, clean=clean, same=same)
            )
            single = {"source": only} if only else {}
            if "BillingCurrency" in same or not plan.has("BillingCurrency"):
                single["currency"] = same.get("BillingCurrency") or self.currency or NO_CURRENCY
            self.same.append(single)
            status = "CommitmentDiscountStatus"
            self.sound.append(status in clean or not plan.has(status))
            for path in members:
                self.locate[str(path)] = self._in_parquet(path, plan)
        return tables

    def _in_parquet(self, path: Path, plan: Any) -> Callable[[], InputError]:
        from lepta.adapters.focus import normalize

        def find_it() -> InputError:
            raw = self.lake.parquet([path])
            return self._first_fault(None, raw, plan, lambda table: normalize(table, plan))

        return find_it

    def _version(self, source: str, version: str, dates: str) -> None:
        read = f", dates read as {dates}" if dates and dates != "ISO 8601" else ""
        self.notes.append(f"{source} was read as FOCUS {version}{read}.")

    def _first_fault(
        self, found: "Head | None", raw: "ir.Table", plan: Any, charges: Any
    ) -> InputError:
        """Find the first faulty row in the order of the file, and say what is wrong with it."""
        import ibis

        from lepta.adapters.bigfile import line_of
        from lepta.adapters.focus import complaint, faults
        from lepta.adapters.focus.rows import blank

        numbered = raw.mutate(lepta_row=ibis.row_number())
        kept = numbered.filter(~blank(raw)) if found else numbered
        bad = faults(charges(kept)).order_by("lepta_row").limit(1)
        row = dict(zip(bad.columns, self.lake.in_order(bad)[0], strict=True))
        number = row["lepta_row"]
        cells = numbered.filter(numbered.lepta_row == number)
        whole = dict(zip(cells.columns, self.lake.in_order(cells)[0], strict=True))
        source = plan.source
        line = line_of(found, number) if found else None
        where = source if found else f"{source}, row {number + 1}"
        return complaint(where, plan, row, whole, line)

    def sightings(self, charges: "ir.Table") -> list[Sighting]:
        """Sum up what is there; the first faulty row is an error."""
        from lepta.adapters.focus import sightings

        self.say("adding up")
        same = self.same[0] if len(self.same) == 1 else {}
        seen = []
        for source, currency, category, rows, faulty, billed, effective, start, end in sorted(
            self.lake.rows(sightings(charges, same=same, sound=all(self.sound))),
            key=lambda row: (str(row[0]), str(row[1:3])),
        ):
            if faulty:
                raise self.locate[source]()
            if not CODE.fullmatch(currency):
                raise InputError.at(
                    source,
                    f"stands in {rows} row(s), and is no currency code",
                    column="BillingCurrency",
                    value=currency,
                    remedy="use ISO 4217, such as USD",
                )
            seen.append(
                Sighting(
                    source=source,
                    currency=currency,
                    category=category,
                    rows=rows,
                    billed=billed,
                    effective=effective,
                    start=start,
                    end=end,
                )
            )
        if not seen:
            raise InputError("no bill has a row", remedy="export a period with charges")
        return seen

    def usage(self, files: Sequence[Path]) -> "ir.Table":
        """Read usage tables, check every cell, and refuse overlapping holdings."""
        from lepta.adapters.bigfile import head, whole
        from lepta.adapters.usage import normalize_usage, tidy_usage, usage_faults
        from lepta.assess.share import overlaps

        tables = []
        for path in files:
            self.say(f"reading {path}")
            found = head(path)
            whole(found)
            source = str(path)
            if found.parquet:
                raw = self.lake.parquet([path])
            else:
                raw = self.lake.csv(path, found.header, found.delimiter, found.compression)
            kept = self.lake.keep(normalize_usage(self.lake.keep(tidy_usage(raw)), source))
            if not self.lake.rows(kept.count().as_table())[0][0]:
                raise InputError(
                    "has a header but no rows",
                    where=source,
                    remedy="give rows, or leave the table out: then nothing is called idle",
                )
            if self.lake.rows(usage_faults(kept).count().as_table())[0][0]:
                raise self._usage_fault(found, raw, source)
            tables.append(kept.select(*USAGE_ROWS))
        usage = _stack(tables)
        clash = self.lake.rows(overlaps(usage).limit(1))
        if clash:
            raise _overlapping(clash[0], listing([str(path) for path in files]))
        return usage

    def _usage_fault(self, found: "Head", raw: "ir.Table", source: str) -> InputError:
        import ibis

        from lepta.adapters.bigfile import line_of
        from lepta.adapters.usage import (
            normalize_usage,
            tidy_usage,
            usage_complaint,
            usage_faults,
        )

        numbered = raw.mutate(lepta_row=ibis.row_number())
        bad = (
            usage_faults(normalize_usage(tidy_usage(numbered), source))
            .order_by("lepta_row")
            .limit(1)
        )
        row = dict(zip(bad.columns, self.lake.in_order(bad)[0], strict=True))
        cells = numbered.filter(numbered.lepta_row == row["lepta_row"])
        whole = dict(zip(cells.columns, self.lake.in_order(cells)[0], strict=True))
        line = None if found.parquet else line_of(found, row["lepta_row"])
        where = f"{source}, row {row['lepta_row'] + 1}" if found.parquet else source
        return usage_complaint(where, row, whole, line)


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


def _overlapping(row: tuple[Any, ...], source: str) -> InputError:
    from datetime import UTC

    resource, team, workload, begin, _end, earlier, earlier_end = row

    def instant(seconds: int) -> str:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    return InputError.at(
        source,
        f"resource {resource}, workload {workload or 'none'}, team {team or 'none'}: the row that "
        f"starts {instant(begin)} overlaps the one from {instant(earlier)} to "
        f"{instant(earlier_end)}",
        column="start",
        remedy="keep one row per resource, workload and time",
    )


def _no_zone(source: str) -> str:
    return f"{source}: instants without a zone were taken as UTC, as FOCUS prescribes."


def _stack(tables: "Sequence[ir.Table]") -> "ir.Table":
    first, *rest = tables
    for table in rest:
        first = first.union(table, distinct=False)
    return first
