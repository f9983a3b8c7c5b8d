"""Who had which part of a machine, hour by hour (schema USAGE)."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lepta.domain.schemas import USAGE
from lepta.sim.company.calendar import DAYS, HOURS, day, hour, stamp
from lepta.sim.company.fleet import Fleet, Machine, Role
from lepta.sim.company.jobs import Job, Slot
from lepta.sim.company.services import SERVICES, Service

__all__ = ["HEADER", "Placement", "hours_held", "usage_rows"]

HEADER = tuple(column.name for column in USAGE.columns)
Row = tuple[object, ...]
Placement = Sequence[tuple[Job, Slot, float]]

_STAMPS = tuple(stamp(hour(index)) for index in range(HOURS))
OFFICE_HOURS = range(8, 18)
SATURDAY = 5


def usage_rows(
    fleet: Fleet,
    rates: Mapping[str, NDArray[np.float64]],
    placed: Placement,
    random: np.random.Generator,
) -> list[Row]:
    """All rows: machines in the order of the fleet, then volumes. What nobody measured is blank."""
    rows: list[Row] = []
    for service in SERVICES:
        group = [
            machine for machine in fleet.role(Role.SERVING) if machine.workload == service.name
        ]
        rows.extend(_serving(service, group, rates[service.name], random))
    for machine in fleet.role(Role.TRAINING, Role.BATCH):
        rows.extend(_jobs(machine, [each for each in placed if each[1].machine == machine.id]))
    for machine in fleet.machines:
        rows.extend(_steady(machine, random))
    for volume in fleet.volumes:
        held = 0 if volume.machine is None else 1
        owner = (volume.team, volume.workload, None)
        rows.extend(
            (volume.id, stamp(day(i)), 24, "volume", *owner, held, 1, *(None,) * 6)
            for i in range(DAYS)
        )
    return rows


def _serving(
    service: Service,
    group: list[Machine],
    rates: NDArray[np.float64],
    random: np.random.Generator,
) -> Iterator[Row]:
    """The gateway spreads requests evenly, give or take a little."""
    most = service.per_machine[group[0].shape.accelerator] * 3600.0
    luck = random.lognormal(0.0, 0.03, (len(group), HOURS))
    requests = np.rint(luck / luck.sum(axis=0) * rates * 3600.0)
    utilization = np.round(np.minimum(requests / most, 1.0), 3)
    gpus = group[0].shape.accelerators
    head = ("machine", service.team, service.name, "service", gpus, gpus)
    for machine, mine, busy in zip(group, requests.tolist(), utilization.tolist(), strict=True):
        for start, count, used in zip(_STAMPS, mine, busy, strict=True):
            yield (machine.id, start, 1, *head, used, int(count), *_work(service, count))


def _work(service: Service, requests: float) -> Row:
    """What so many requests produced; blank where it is not what the service does."""
    return tuple(
        round(requests * each) if each else None
        for each in (service.input_tokens, service.output_tokens, service.images, service.audio_s)
    )


def _jobs(machine: Machine, placed: Placement) -> Iterator[Row]:
    """One row per job and hour, `allocated` averaged over the hour; a row without work between."""
    capacity = machine.shape.accelerators
    held = hours_held(placed, machine.until)
    hours = sorted(held) if machine.elastic else range(machine.since, machine.until)
    for index in hours:
        working = held.get(index, [])
        for job, part in working:
            yield (
                *(machine.id, _STAMPS[index], 1, "machine", job.team, job.name, "job"),
                *(round(job.gpus * part, 4), capacity, job.utilization),
                *(None,) * 5,
            )
        if not working:
            yield (
                *(machine.id, _STAMPS[index], 1, "machine", None, None, None, 0, capacity, 0),
                *(None,) * 5,
            )


def hours_held(placed: Placement, until: int) -> dict[int, list[tuple[Job, float]]]:
    """Hour -> the jobs of one machine in it, each with the part of the hour that it ran."""
    held: dict[int, list[tuple[Job, float]]] = {}
    for job, _, start in placed:
        end = min(start + job.hours, until)
        for index in range(int(start), min(int(np.ceil(end)), until)):
            part = min(end, index + 1.0) - max(start, float(index))
            if part > 0:
                held.setdefault(index, []).append((job, part))
    return held


def _steady(machine: Machine, random: np.random.Generator) -> Iterator[Row]:
    """Machines with the same tenant all month, or with none."""
    kinds = {
        Role.IDLE: _idle,
        Role.NOTEBOOK: _notebook,
        Role.SILENT: _silent,
        Role.UNMEASURED: _unmeasured,
        Role.GENERAL: _general,
    }
    tell = kinds.get(machine.role)
    if tell is None:
        return
    capacity = machine.shape.accelerators or 1
    for index in range(machine.since, machine.until):
        kind, allocated, used, requests = tell(index, random)
        owner = (machine.team, machine.workload) if allocated else (None, None)
        yield (
            *(machine.id, _STAMPS[index], 1, "machine", *owner, kind),
            *(allocated * capacity, capacity, used, requests),
            *(None,) * 4,
        )


Told = tuple[str | None, int, float | None, int | None]


def _idle(index: int, random: np.random.Generator) -> Told:
    return None, 0, 0.0, None


def _notebook(index: int, random: np.random.Generator) -> Told:
    """Held around the clock; computes in office hours of working days only."""
    at_work = index % 24 in OFFICE_HOURS and hour(index).weekday() < SATURDAY
    return "job", 1, round(float(random.uniform(0.15, 0.6)), 3) if at_work else 0.0, None


def _silent(index: int, random: np.random.Generator) -> Told:
    return "service", 1, 0.0, 0


def _unmeasured(index: int, random: np.random.Generator) -> Told:
    return "job", 1, None, None


def _general(index: int, random: np.random.Generator) -> Told:
    return "service", 1, round(float(random.uniform(0.25, 0.7)), 3), None
