"""Bills and usage read into a lake: normalized, every cell checked, faults named by their place."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepta.domain.assessment import Unknown
from lepta.domain.charges import NO_CURRENCY, USAGE_ROWS
from lepta.errors import InputError, listing

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from lepta.adapters.bigfile import Head
    from lepta.adapters.lake import DuckLake

__all__ = ["CODE", "Reader", "Say", "Sighting"]

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


class Reader:
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
