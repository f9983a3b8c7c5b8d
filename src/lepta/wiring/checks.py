"""Opening every source that a configuration names, to tell whether and how well it can be read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepta.adapters.csvfile import read_csv
from lepta.adapters.systemclock import SystemClock
from lepta.config import Config
from lepta.domain.charges import NO_CURRENCY
from lepta.domain.checkup import Source
from lepta.domain.offer import CatalogEntry
from lepta.errors import InputError, LeptaError, listing
from lepta.ports.clock import Clock
from lepta.wiring.configured import Configured, plan_case, table_names
from lepta.wiring.prices import catalog

if TYPE_CHECKING:
    from lepta.adapters.bigfile import Head
    from lepta.adapters.lake import DuckLake

__all__ = ["bills_and_usage", "plan_tables", "price_lists", "system_clock"]

GAPS: Sequence[tuple[frozenset[str], str]] = (
    (frozenset({"Tags", "x_Team", "x_Workload"}), "no cost per team or workload"),
    (frozenset({"ResourceId"}), "usage cannot be matched, so nothing can be called idle"),
    (frozenset({"ServiceName"}), "no cost per service"),
    (frozenset({"RegionId", "RegionName"}), "no cost per region"),
    (frozenset({"BillingCurrency"}), "the currency is what lepta.yaml says"),
    (frozenset({"x_Accelerator"}), "no cost per accelerator, unless a machine type tells it"),
    (frozenset({"CommitmentDiscountStatus"}), "unused commitments cannot be told apart"),
    (frozenset({"ConsumedQuantity"}), "no unit costs from metered quantities"),
)
"""Columns of a bill of which one is needed, and what cannot be answered without any of them."""


def system_clock() -> Clock:
    """Return the clock of this machine."""
    return SystemClock()


def bills_and_usage(given: Configured) -> list[Source]:
    """Open bills and usage one by one; what fails is told, and the others are still checked."""
    sources = given.config.sources
    found: list[Source] = []
    if not (sources.bills or sources.usage):
        return found
    from lepta.adapters.lake import DuckLake

    for kind, patterns, look in (
        ("bill", sources.bills, partial(_bill, given.config)),
        ("usage", sources.usage, _usage),
    ):
        for pattern in given.paths(patterns):
            files, fault = _expanded(kind, pattern)
            found.extend(fault)
            for file in files:
                with DuckLake() as lake:
                    found.append(_tried(kind, file, partial(look, lake)))
    return found


def _expanded(kind: str, pattern: str) -> tuple[tuple[Path, ...], list[Source]]:
    from lepta.adapters.bigfile import find

    try:
        return tuple(find([pattern])), []
    except LeptaError as error:
        return (), [_broken(kind, pattern, error)]


def _bill(config: Config, lake: "DuckLake", file: Path) -> dict[str, Any]:
    from lepta.adapters.focus import layout
    from lepta.wiring.bills import open_bills

    header = _header(file, lake)
    plan = layout(str(file), header)
    # Read as `lepta assess` would: a currency without a rate is a fault of this source.
    rates = {name: Decimal(str(rate)) for name, rate in config.rates.items()}
    said = config.currency if "currency" in config.model_fields_set else None
    with open_bills([file], currency=said, rates=rates) as bills:
        seen = bills.sightings
    lacks = tuple(
        f"no column {' or '.join(sorted(names))}: {loss}"
        for names, loss in GAPS
        if not any(plan.has(name) for name in names)
    )
    currencies = sorted({sight.currency for sight in seen if sight.currency != NO_CURRENCY})
    return {
        "rows": sum(sight.rows for sight in seen),
        "newest": _aware(max(sight.end for sight in seen)),
        "detail": ", ".join(filter(None, (f"FOCUS {plan.version}", *currencies))),
        "missing": lacks,
    }


def _usage(lake: "DuckLake", file: Path) -> dict[str, Any]:
    from lepta.adapters.bigfile import head, whole
    from lepta.adapters.usage import normalize_usage, tidy_usage, usage_faults

    found = head(file)
    whole(found)
    table = lake.keep(normalize_usage(lake.keep(tidy_usage(_raw(found, lake))), str(file)))
    machine = table.kind == "machine"
    blind = machine & (table.allocated > 0) & table.utilization.isnull()
    rows, end, machines, blank = lake.rows(
        table.aggregate(
            rows=table.count(), end=table.end.max(), machines=machine.sum(), blank=blind.sum()
        )
    )[0]
    faults = lake.rows(usage_faults(table).count().as_table())[0][0]
    if faults:
        raise InputError(
            f"has {faults} rows with a cell that cannot be read",
            where=str(file),
            remedy="run `lepta assess`: it names the first one by line and column",
        )
    lacks = (
        f"{blank} of {machines} rows of machines say no utilization: what these machines held "
        "is never called unused",
    )
    return {
        "rows": rows,
        "newest": datetime.fromtimestamp(end, UTC) if end is not None else None,
        "detail": "usage",
        "missing": lacks if blank else (),
    }


def _header(file: Path, lake: "DuckLake") -> Sequence[str]:
    from lepta.adapters.bigfile import head

    found = head(file)
    if not found.parquet:
        return found.header
    return [name for name in lake.parquet([file]).columns if name != "filename"]


def _raw(found: "Head", lake: "DuckLake") -> Any:
    if found.parquet:
        return lake.parquet([found.path])
    return lake.csv(found.path, found.header, found.delimiter, found.compression)


def price_lists(given: Configured) -> list[Source]:
    """Read each price list on its own."""
    lists = given.config.prices
    found = []
    if lists.builtin:
        found.append(_tried("catalog", "built-in", lambda _: _prices(catalog()[0])))
    found.extend(_tried("rate card", path, _card) for path in given.paths(lists.rate_cards))
    found.extend(_tried("skypilot", path, _sky) for path in given.paths(lists.skypilot))
    return found


def _card(path: str | Path) -> dict[str, Any]:
    return _prices(catalog(builtin=False, rate_cards=[path])[0])


def _sky(path: str | Path) -> dict[str, Any]:
    return _prices(catalog(builtin=False, skypilot=[path])[0])


def _prices(entries: Iterable[CatalogEntry]) -> dict[str, Any]:
    listed = list(entries)
    unknown = sum(entry.offer.price_per_hour is None for entry in listed)
    days = [entry.as_of for entry in listed if entry.as_of]
    newest = datetime.combine(datetime.fromisoformat(max(days)), time(), UTC) if days else None
    lacks = []
    if unknown:
        lacks.append(f"{unknown} offers have no price: they are never planned with")
    if len(days) < len(listed):
        lacks.append(f"{len(listed) - len(days)} offers do not say the day of their price")
    return {"rows": len(listed), "newest": newest, "detail": "offers", "missing": tuple(lacks)}


def plan_tables(given: Configured) -> tuple[list[Source], tuple[str, ...]]:
    """Read the tables of the plan, and say which names do not meet each other."""
    plan = given.config.plan
    if plan is None:
        return [], ()
    rows: dict[str, Sequence[Mapping[str, Any]]] = {}
    found = []
    for schema, name in table_names(plan):

        def look(path: str | Path, schema: Any = schema) -> dict[str, Any]:
            parsed = schema.parse(read_csv(path))
            rows[schema.name] = parsed
            ends = [r["start"] + timedelta(hours=r["hours"]) for r in parsed if "start" in r]
            return {
                "rows": len(parsed),
                "newest": max(ends, default=None),
                "detail": schema.name,
            }

        found.append(_tried(schema.name, given.path(name), look))
    if all(source.readable for source in found):
        # The names in the tables have to meet each other and the price lists.
        whole = _tried("plan", str(given.file), _case)
        found.extend([whole] if not whole.readable else [])
    return found, tuple(_mismatches(rows))


def _case(file: str | Path) -> dict[str, Any]:
    case = plan_case(file)
    return {"rows": len(case.offers), "detail": "plan"}


def _mismatches(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterable[str]:
    classes = {row["class"] for row in rows.get("demand", ())}
    served = {row["class"] for row in rows.get("profiles", ())}
    if "demand" in rows and "profiles" in rows:
        if unserved := sorted(classes - served):
            yield f"no profile serves {listing(unserved)}: no plan can keep that promise"
        if unasked := sorted(served - classes):
            yield f"profiles of {listing(unasked)} have no demand: they are passed over"
    unpriced = sorted(
        row["offer"] for row in rows.get("offers", ()) if not row.get("price_per_hour")
    )
    if unpriced:
        yield f"offers without a price ({listing(unpriced)}) are never planned with"


def _tried(kind: str, name: str | Path, look: Callable[[Any], Mapping[str, Any]]) -> Source:
    try:
        seen = look(name)
    except LeptaError as error:
        return _broken(kind, str(name), error)
    return Source(kind=kind, name=str(name), readable=True, modified=_modified(name), **seen)


def _broken(kind: str, name: str, error: LeptaError) -> Source:
    where = error.where.removeprefix(name).lstrip(", ")
    said = f"{where}: {error.what}" if where else error.what
    return Source(
        kind=kind,
        name=name,
        readable=False,
        modified=_modified(name),
        detail=said,
        remedy=error.remedy,
    )


def _modified(name: str | Path) -> datetime | None:
    try:
        path = Path(name)
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.is_file() else None
    except (OSError, ValueError):
        return None


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
