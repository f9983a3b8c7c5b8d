"""What the company holds: machines and volumes, the useful ones and the planted waste."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

import numpy as np
from numpy.typing import NDArray

from lepta.sim.company.calendar import HOURS
from lepta.sim.company.catalog import AWS, SHAPES, Shape
from lepta.sim.company.services import SERVICES, Service

__all__ = ["COMMITMENT", "Fleet", "Machine", "Role", "Volume", "build_fleet"]

TARGET_UTILIZATION = 0.85
"""The load per machine that the company sizes its services for, at the peak hour."""
COMMITMENT = "cud-a2-highgpu-8g-2026"
"""The one-year commitment over two A100 machines."""


class Role(StrEnum):
    """Why a machine runs."""

    SERVING = "serving"
    TRAINING = "training"
    BATCH = "batch"
    GENERAL = "general"
    IDLE = "idle"
    NOTEBOOK = "notebook"
    SILENT = "silent"
    UNMEASURED = "unmeasured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine that is paid for from hour `since` to hour `until` of the month."""

    id: str
    name: str
    shape: Shape
    role: Role
    team: str | None
    workload: str | None
    term: str = "on-demand"
    since: int = 0
    until: int = HOURS

    @property
    def elastic(self) -> bool:
        """Whether it is up only while a job holds it."""
        return self.role is Role.BATCH or self.name.startswith("burst")


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A disk. `machine` is the machine that it hangs on; None: on none."""

    id: str
    name: str
    provider: str
    region: str
    zone: str
    kind: str
    gigabytes: int
    team: str | None
    workload: str | None
    machine: str | None


@dataclass(frozen=True, slots=True)
class Fleet:
    """Everything that is held during the month."""

    machines: tuple[Machine, ...]
    volumes: tuple[Volume, ...]

    def role(self, *roles: Role) -> tuple[Machine, ...]:
        """The machines of these roles."""
        return tuple(machine for machine in self.machines if machine.role in roles)


def build_fleet(rates: Mapping[str, NDArray[np.float64]], random: np.random.Generator) -> Fleet:
    """Size the services for their peak hour, and add the rest of the company."""
    machines = [*_serving(rates, random), *_others(random)]
    return Fleet(tuple(machines), tuple(_volumes(machines, random)))


def replicas(service: Service, rates: NDArray[np.float64]) -> int:
    """Machines of today's shape that carry the peak hour at the target utilization."""
    most = service.per_machine[SHAPES[service.home].accelerator] * TARGET_UTILIZATION
    return ceil(float(rates.max()) / most)


def _serving(
    rates: Mapping[str, NDArray[np.float64]], random: np.random.Generator
) -> Iterator[Machine]:
    for service in SERVICES:
        for index in range(replicas(service, rates[service.name])):
            yield _machine(
                f"{service.name}-{index:02d}",
                service.home,
                Role.SERVING,
                service.team,
                service.name,
                random,
            )


def _others(random: np.random.Generator) -> Iterator[Machine]:
    a100, spot_pool = "a2-highgpu-8g@us-central1", "g2-standard-48@us-central1"
    four_l40s, four_a10g = "g6e.12xlarge@us-east-1", "g5.12xlarge@us-east-1"
    one_a100 = "a2-ultragpu-1g@us-central1"
    research, role = "research", Role
    # name, shape, role, team, workload, term, first hour, hour after the last
    rows: tuple[tuple[str, str, Role, str | None, str | None, str, int, int], ...] = (
        ("train-a100-0", a100, role.TRAINING, research, None, "reserved", 0, HOURS),
        # Deleted after day 21: from then on its half of the commitment is paid for, not used.
        ("train-a100-1", a100, role.TRAINING, research, None, "reserved", 0, 21 * 24),
        ("burst-a100-0", a100, role.TRAINING, research, None, "on-demand", 0, HOURS),
        ("burst-a100-1", a100, role.TRAINING, research, None, "on-demand", 0, HOURS),
        ("batch-l4-0", spot_pool, role.BATCH, research, None, "spot", 0, HOURS),
        ("bench-l40s-0", four_l40s, role.IDLE, research, None, "on-demand", 0, HOURS),
        ("bench-a10g-0", four_a10g, role.IDLE, None, None, "on-demand", 96, HOURS),
        ("notebook-0", four_l40s, role.NOTEBOOK, "speech", "notebook-0", "on-demand", 0, HOURS),
        ("chat-v1-0", one_a100, role.SILENT, "assistant", "chat-v1", "on-demand", 0, HOURS),
        ("chat-v1-1", one_a100, role.SILENT, "assistant", "chat-v1", "on-demand", 0, HOURS),
        # Split into MIG instances: nvidia-smi says [N/A] for their utilization.
        ("eval-mig-0", one_a100, role.UNMEASURED, research, "evaluation", "on-demand", 0, HOURS),
        ("eval-mig-1", one_a100, role.UNMEASURED, research, "evaluation", "on-demand", 0, HOURS),
    )
    for name, shape, kind, team, workload, term, since, until in rows:
        yield _machine(name, shape, kind, team, workload, random, term, since, until)
    shapes = ("m7i.8xlarge@us-east-1", "n2-standard-16@us-central1")
    for index in range(10):
        owner, work = ((research, "etl"), ("developer", "gateway"))[index % 2]
        tagged = index < 8
        yield _machine(
            f"general-{index}",
            shapes[index % 2],
            role.GENERAL,
            owner if tagged else None,
            work if tagged else None,
            random,
        )


def _machine(
    name: str,
    shape: str,
    role: Role,
    team: str | None,
    workload: str | None,
    random: np.random.Generator,
    term: str = "on-demand",
    since: int = 0,
    until: int = HOURS,
) -> Machine:
    found = SHAPES[shape]
    return Machine(
        id=_resource_id(found.provider, found.zone, "instances", name, random),
        name=name,
        shape=found,
        role=role,
        team=team,
        workload=workload or None,
        term=term,
        since=since,
        until=until,
    )


def _resource_id(
    provider: str, zone: str, kind: str, name: str, random: np.random.Generator
) -> str:
    """An identifier in the provider's way of writing."""
    if provider == AWS:
        prefix = "i" if kind == "instances" else "vol"
        return f"{prefix}-0{int(random.integers(16**12)):012x}"
    return f"projects/halden-prod/zones/{zone}/{kind}/{name}"


UNATTACHED = (
    (4000, "research"),
    (4000, "research"),
    (8000, None),
    (2000, "assistant"),
    (6000, "creative"),
    (10000, "research"),
)
"""GB and team of the disks that stayed behind when their machine was deleted."""


def _volumes(machines: list[Machine], random: np.random.Generator) -> Iterator[Volume]:
    home = SHAPES["a2-highgpu-8g@us-central1"]

    def volume(
        name: str, gigabytes: int, team: str | None, workload: str | None, on: Machine | None
    ) -> Volume:
        return Volume(
            id=_resource_id(home.provider, home.zone, "disks", name, random),
            name=name,
            provider=home.provider,
            region=home.region,
            zone=home.zone,
            kind="ssd" if gigabytes > 1000 else "balanced",
            gigabytes=gigabytes,
            team=team,
            workload=workload,
            machine=on.id if on else None,
        )

    for machine in machines:
        if machine.shape.region != home.region or machine.until < HOURS or machine.elastic:
            continue
        size = 12_000 if machine.role is Role.TRAINING else 500
        yield volume(f"{machine.name}-disk", size, machine.team, machine.workload, machine)
    for index, (gigabytes, team) in enumerate(UNATTACHED):
        yield volume(f"checkpoints-{index}", gigabytes, team, None, None)
