"""The demo company as a value: its tables, and the truth about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lepta.errors import InputError
from lepta.sim.company import bill, focus, usage
from lepta.sim.company.calendar import HOURS, hour
from lepta.sim.company.case import case_tables, demand_table
from lepta.sim.company.fleet import Fleet, Role, build_fleet
from lepta.sim.company.jobs import Slot, draw_jobs, place_jobs
from lepta.sim.company.traffic import expected_rates, hourly_rates
from lepta.sim.company.truth import Truth, truth

__all__ = ["SEED", "Company", "Table", "make_company"]

SEED = 7
FOLDER_OF_CASE = "case"


@dataclass(frozen=True, slots=True)
class Table:
    """A table as text cells and numbers; None is an empty cell."""

    header: tuple[str, ...]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A generated company.

    `tables`: path inside the company's folder -> table; the largest one, "usage", has no suffix,
    since whoever writes it chooses the format.
    """

    seed: int
    tables: Mapping[str, Table]
    truth: Truth
    teams: tuple[str, ...]
    services: tuple[str, ...]
    jobs: int


def make_company(seed: int = SEED) -> Company:
    """Generate the company; the same seed gives the same company to the last digit.

    Raises
    ------
    InputError
        The seed is negative.
    """
    if seed < 0:
        raise InputError(f"no company comes from seed {seed}", remedy="give a seed of 0 or more")
    random = np.random.default_rng(seed)
    rates = hourly_rates(random)
    fleet = build_fleet(rates, random)
    slots = _slots(fleet)
    jobs = draw_jobs(random)
    placed = place_jobs(jobs, slots)
    used = usage.usage_rows(fleet, rates, placed, random)
    charges = bill.charges(fleet, _hours_run(fleet, placed), rates)
    tables = {
        "bill.csv": Table(focus.COLUMNS, [focus.row(charge) for charge in charges]),
        "usage": Table(usage.HEADER, used),
    }
    tables["demand.csv"] = Table(*demand_table(rates, hour))
    for name, (header, rows) in case_tables(fleet, expected_rates(rates)).items():
        tables[f"{FOLDER_OF_CASE}/{name}"] = Table(header, rows)
    teams = {team for row in used if isinstance(team := row[4], str)}
    return Company(
        seed=seed,
        tables=tables,
        truth=truth(fleet, charges, _idle_share(fleet, used)),
        teams=tuple(sorted(teams)),
        services=tuple(rates),
        jobs=len(placed),
    )


def _slots(fleet: Fleet) -> list[Slot]:
    return [
        Slot(
            machine=machine.id,
            gpus=machine.shape.accelerators,
            since=machine.since,
            until=machine.until,
            kind="batch" if machine.role is Role.BATCH else "training",
            elastic=machine.elastic,
        )
        for machine in fleet.role(Role.TRAINING, Role.BATCH)
    ]


def _hours_run(fleet: Fleet, placed: usage.Placement) -> dict[str, NDArray[np.int64]]:
    """Resource -> 1 for each hour that it ran; elastic ones only while a job held them."""
    found = {}
    for machine in fleet.machines:
        ran = np.zeros(HOURS, dtype=np.int64)
        ran[machine.since : machine.until] = 1
        if machine.elastic:
            mine = [each for each in placed if each[1].machine == machine.id]
            ran[:] = 0
            ran[sorted(usage.hours_held(mine, machine.until))] = 1
        found[machine.id] = ran
    return found


def _idle_share(fleet: Fleet, rows: Sequence[usage.Row]) -> dict[str, float]:
    """Share of its hours in which a notebook was held and did not compute."""
    utilization = usage.HEADER.index("utilization")
    found = {}
    for machine in fleet.role(Role.NOTEBOOK):
        mine = [row for row in rows if row[0] == machine.id]
        found[machine.id] = sum(row[utilization] == 0 for row in mine) / len(mine)
    return found
