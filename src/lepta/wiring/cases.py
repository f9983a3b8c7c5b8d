"""A case folder: offers.csv, demand.csv, profiles.csv, and maybe the tables of `OPTIONAL`."""

from pathlib import Path

from lepta.adapters.csvfile import read_csv
from lepta.domain import schemas
from lepta.domain.case import Table, build_case, demand_rows
from lepta.domain.demand import Demand
from lepta.domain.plan import PlanCase
from lepta.domain.tables import TableSchema
from lepta.errors import InputError

__all__ = ["read_case", "read_demand"]

NEEDED = (schemas.OFFERS, schemas.DEMAND, schemas.PROFILES)
OPTIONAL = (
    schemas.ROUTES,
    schemas.CURRENT,
    schemas.CLASSES,
    schemas.QUOTAS,
    schemas.PIPELINES,
    schemas.SCENARIOS,
)


def read_case(folder: str | Path, *, utilization: float = 0.85, currency: str = "USD") -> PlanCase:
    """Read a case folder; each table may be gzipped (`demand.csv.gz`).

    Only these file names are ever opened: names inside the tables are data, never paths.

    Raises
    ------
    InputError
        The folder or a table is missing, or a table is wrong: file, line, column, value, remedy.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(
            "is not a folder" if folder.exists() else "there is no such folder",
            where=str(folder),
            remedy="give a folder with " + ", ".join(f"{table.name}.csv" for table in NEEDED),
        )
    try:
        tables = {schema.name: _table(folder, schema) for schema in NEEDED}
        more = {schema.name: _table(folder, schema) for schema in OPTIONAL if _path(folder, schema)}
    except PermissionError as error:  # of the folder: those of a file are told by its reader
        raise InputError(
            f"cannot be read: {error.strerror}",
            where=str(folder),
            remedy="check the permissions of the folder",
        ) from None
    return build_case(**tables, **more, utilization=utilization, currency=currency)


def read_demand(path: str | Path) -> tuple[Demand, ...]:
    """Read one table of demand, such as a history.

    Raises
    ------
    InputError
        The file is missing or wrong: file, line, column, value, remedy.
    """
    return demand_rows(Table(str(path), schemas.DEMAND.parse(read_csv(path))))


def _path(folder: Path, schema: TableSchema) -> Path | None:
    paths = (folder / f"{schema.name}.csv", folder / f"{schema.name}.csv.gz")
    return next((path for path in paths if path.exists()), None)


def _table(folder: Path, schema: TableSchema) -> Table:
    path = _path(folder, schema) or folder / f"{schema.name}.csv"
    return Table(str(path), schema.parse(read_csv(path)))
