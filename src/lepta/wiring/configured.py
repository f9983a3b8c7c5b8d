"""What lepta.yaml points at: the bills to assess, and the case to plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from lepta.adapters.csvfile import read_csv
from lepta.assess.market import Query
from lepta.config import DEFAULT_NAME, Config, Plan, parse_config
from lepta.domain import schemas
from lepta.domain.case import Table, build_case
from lepta.domain.offer import CatalogEntry
from lepta.domain.plan import PlanCase
from lepta.domain.promises import Promises, Scope, Survival
from lepta.domain.tables import Row, TableSchema
from lepta.errors import ConfigError, InputError, listing
from lepta.wiring.prices import catalog

__all__ = [
    "BillSources",
    "Configured",
    "PlanLimits",
    "bill_sources",
    "configured",
    "plan_case",
    "plan_limits",
    "price_entries",
    "table_names",
]

LARGEST_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """A configuration and the folder that its paths count from."""

    config: Config
    file: Path

    def path(self, name: str) -> str:
        """Return a path of the configuration as seen from the current folder."""
        return str(self.file.parent / Path(name).expanduser())

    def paths(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return several paths or globs."""
        return tuple(self.path(name) for name in names)

    @property
    def output(self) -> Path:
        """Folder for what lepta writes."""
        return Path(self.path(self.config.output))


@dataclass(frozen=True, slots=True, kw_only=True)
class BillSources:
    """Where bills and usage lie, and how to read them. Empty tag keys mean lepta's own choice."""

    focus: tuple[str, ...]
    usage: tuple[str, ...] = ()
    currency: str | None = None
    """As written in the file; None where it says nothing."""
    rates: Mapping[str, Decimal]
    team_tags: tuple[str, ...] = ()
    workload_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLimits:
    """When the planner may stop; None leaves it to the planner."""

    gap: float | None = None
    time_limit_s: float | None = None


def configured(path: str | Path | None = None) -> Configured:
    """Read the configuration: `path`, or lepta.yaml in the current folder.

    Raises
    ------
    ConfigError
        There is no such file, or it is wrong.
    """
    file = Path(path or DEFAULT_NAME)
    source = str(file)
    try:
        if file.is_file() and file.stat().st_size > LARGEST_BYTES:
            raise ConfigError(
                "is no configuration: it is too large", where=source, remedy="check the path"
            )
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            "there is no such file",
            where=source,
            remedy="run `lepta init` to write one, or name the files: --focus FILE, --case DIR",
        ) from None
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8", where=source, remedy="save it as UTF-8") from None
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"cannot be read: {said}", where=source, remedy="check the path and its permissions"
        ) from None
    return Configured(config=parse_config(text, source), file=file)


def bill_sources(path: str | Path | None = None) -> BillSources:
    """Return the bills and usage that the configuration names.

    Raises
    ------
    ConfigError
        The configuration is missing or wrong, or names no bill.
    """
    given = configured(path)
    config = given.config
    if not config.sources.bills:
        raise ConfigError(
            "names no bill",
            where=f"{given.file}, field sources.bills",
            remedy="write the paths of your FOCUS bills there, or give --focus FILE",
        )
    return BillSources(
        focus=given.paths(config.sources.bills),
        usage=given.paths(config.sources.usage),
        currency=config.currency if "currency" in config.model_fields_set else None,
        rates={name: Decimal(str(rate)) for name, rate in config.rates.items()},
        team_tags=config.tags.team,
        workload_tags=config.tags.workload,
    )


def plan_limits(path: str | Path | None = None) -> PlanLimits:
    """Return when the planner may stop, as the configuration says."""
    plan = _plan(configured(path))
    return PlanLimits(gap=plan.gap, time_limit_s=plan.time_limit_s)


def plan_case(path: str | Path | None = None) -> PlanCase:
    """Build the case that the configuration describes.

    Without `plan.offers` the offers come from the price lists: those that `plan.filter` accepts and
    a profile names, and those that run now. Prices in another currency are changed by `rates`.

    Raises
    ------
    ConfigError
        The configuration is missing or wrong, or has no plan.
    InputError
        A table that it names is missing or wrong.
    """
    given = configured(path)
    plan = _plan(given)
    tables = {schema.name: _table(given.path(name), schema) for schema, name in table_names(plan)}
    if plan.offers is None:
        tables = _from_price_lists(given, plan, tables)
    case = build_case(**tables, currency=given.config.currency, utilization=plan.utilization)
    return replace(case, promises=_promises(plan))


def table_names(plan: Plan) -> tuple[tuple[TableSchema, str], ...]:
    """Return the tables that a plan names, with their paths as written."""
    named = (
        (schemas.DEMAND, plan.demand),
        (schemas.PROFILES, plan.profiles),
        (schemas.ROUTES, plan.routes),
        (schemas.CURRENT, plan.current),
        (schemas.CLASSES, plan.classes),
        (schemas.QUOTAS, plan.quotas),
        (schemas.PIPELINES, plan.pipelines),
        (schemas.SCENARIOS, plan.scenarios),
        (schemas.OFFERS, plan.offers),
    )
    return tuple((schema, name) for schema, name in named if name is not None)


def price_entries(given: Configured) -> tuple[tuple[CatalogEntry, ...], tuple[str, ...]]:
    """Read the price lists that a configuration names, and remarks on them."""
    lists = given.config.prices
    return catalog(
        builtin=lists.builtin,
        rate_cards=given.paths(lists.rate_cards),
        skypilot=given.paths(lists.skypilot),
    )


def _plan(given: Configured) -> Plan:
    if given.config.plan is None:
        raise ConfigError(
            "says nothing about a plan",
            where=f"{given.file}, field plan",
            remedy="name plan.demand and plan.profiles there, or give --case DIR",
        )
    return given.config.plan


def _promises(plan: Plan) -> Promises:
    shares = plan.survive.model_dump(exclude_none=True)
    return Promises(
        survive=tuple(Survival(scope=Scope(name), share=share) for name, share in shares.items()),
        carbon_price=plan.carbon_price_per_tonne,
        carbon_limit=plan.carbon_limit_kg,
        payback_hours=plan.payback_hours,
        risk=plan.risk,
    )


def _table(path: str, schema: TableSchema) -> Table:
    return Table(path, schema.parse(read_csv(path)))


def _from_price_lists(
    given: Configured, plan: Plan, tables: Mapping[str, Table]
) -> dict[str, Table]:
    """Take the offers from the price lists, and drop profiles and routes of those filtered out."""
    entries, _ = price_entries(given)
    known = {entry.offer.id: entry for entry in entries}
    query = Query(**plan.filter.model_dump()) if plan.filter else Query()
    for name in ("profiles", "current"):
        _refuse_unknown(tables.get(name), known)
    named = {row["offer"] for row in tables["profiles"].rows}
    running = {row["offer"] for row in tables["current"].rows} if "current" in tables else set()
    used = {
        name
        for name in named & known.keys()
        if query.accepts(known[name]) and not query.dear(known[name])
    }
    if not used and named & known.keys():
        raise InputError(
            f"the filter leaves none of the offers that the profiles name "
            f"({listing(sorted(named & known.keys()), 3)})",
            where=f"{given.file}, field plan.filter",
            remedy="loosen it, or add profiles of offers that it accepts",
        )
    rows = [_row(known[name], given) for name in sorted((used | running) & known.keys())]
    source = "the price lists"
    filtered = known.keys() - used
    kept = dict(tables)
    for name in tables.keys() & {"profiles", "routes"}:
        left = [row for row in tables[name].rows if row["offer"] not in filtered]
        kept[name] = Table(tables[name].source, left)
    return {**kept, "offers": Table(source, rows)}


def _refuse_unknown(table: Table | None, known: Mapping[str, CatalogEntry]) -> None:
    for row in table.rows if table else ():
        if row["offer"] in known:
            continue
        near = get_close_matches(row["offer"], list(known), n=1)
        meant = f"is {near[0]!r} meant? " if near else ""
        raise InputError.at(
            table.source if table else "",
            "names an offer that no price list has",
            row=row["_line"],
            column="offer",
            value=row["offer"],
            remedy=f"{meant}`lepta prices` lists the names; your own prices go into a rate card",
        )


def _row(entry: CatalogEntry, given: Configured) -> Row:
    offer, config = entry.offer, given.config
    price = offer.price_per_hour
    if price is not None and entry.currency != config.currency:
        if entry.currency not in config.rates:
            raise ConfigError(
                f"{offer.id} costs {entry.currency}, and there is no rate to {config.currency}",
                where=f"{given.file}, field rates",
                remedy=f"write what one {entry.currency} costs, as in {entry.currency}: 1.08",
            )
        price *= config.rates[entry.currency]
    special: dict[str, Any] = {
        "offer": offer.id,
        "term": offer.term.value,
        "price_per_hour": price,
        "_line": None,
    }
    return special | {
        column.name: getattr(offer, column.name)
        for column in schemas.OFFERS.columns
        if column.name not in special
    }
