"""What was planted: the waste that an honest assessment has to find, and what it must not claim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lepta.sim.company.fleet import Fleet, Role
from lepta.sim.company.focus import Charge

__all__ = ["Planted", "Truth", "truth"]

WASTE = {
    Role.IDLE: "idle-machine",
    Role.NOTEBOOK: "allocated-not-computing",
    Role.SILENT: "endpoint-without-traffic",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A resource that wastes money, and the share of its cost that is waste."""

    kind: str
    resource: str
    name: str
    cost_micros: int
    """What the resource cost in the month (EffectiveCost)."""
    wasted_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The ground truth of a generated company."""

    planted: tuple[Planted, ...]
    unmeasured: tuple[str, ...]
    """Resources whose utilization nobody knows: unknown, never idle."""
    billed_micros: int
    effective_micros: int
    unused_commitment_micros: int


def truth(fleet: Fleet, charges: Sequence[Charge], idle_share: Mapping[str, float]) -> Truth:
    """Add up what was planted. `idle_share`: resource -> share of held hours without computing."""
    cost: dict[str, int] = {}
    unused = 0
    for charge in charges:
        micros = _micros(charge)
        if charge.resource is not None:
            cost[charge.resource] = cost.get(charge.resource, 0) + micros
        if (charge.commitment or {}).get("CommitmentDiscountStatus") == "Unused":
            unused += micros
    planted = [
        Planted(
            kind=WASTE[machine.role],
            resource=machine.id,
            name=machine.name,
            cost_micros=cost[machine.id],
            wasted_share=idle_share.get(machine.id, 1.0),
        )
        for machine in fleet.role(*WASTE)
    ]
    planted += [
        Planted(
            kind="unattached-volume",
            resource=volume.id,
            name=volume.name,
            cost_micros=cost[volume.id],
            wasted_share=1.0,
        )
        for volume in fleet.volumes
        if volume.machine is None
    ]
    return Truth(
        planted=tuple(planted),
        unmeasured=tuple(machine.id for machine in fleet.role(Role.UNMEASURED)),
        billed_micros=sum(round(charge.billed * 1_000_000) for charge in charges),
        effective_micros=sum(_micros(charge) for charge in charges),
        unused_commitment_micros=unused,
    )


def _micros(charge: Charge) -> int:
    amount = charge.billed if charge.effective is None else charge.effective
    return round(amount * 1_000_000)
