"""Which accelerators a machine type has: what a price list knows, made ready to look up.

    p5.48xlarge               ->  8 x H100
    Standard_NC24ads_A100_v4  ->  1 x A100-80GB, on bills also as NC24ads_A100_v4
    c7i.4xlarge               ->  known, and without accelerators

A machine type is looked up whole, in any letter case; nothing is told from the beginning of a name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lepta.domain.accelerators import normal_accelerator
from lepta.domain.offer import Offer
from lepta.units import Quantity

__all__ = ["ACCELERATOR_SKUS", "SKU_ENDS", "Machine", "known_machines", "plain_machine"]

ACCELERATOR_SKUS: Mapping[str, str] = {
    "nvidia tesla k80 gpu": "K80",
    "nvidia tesla p4 gpu": "P4",
    "nvidia tesla p100 gpu": "P100",
    "nvidia tesla t4 gpu": "T4",
    "nvidia tesla v100 gpu": "V100",
    "nvidia tesla a100 gpu": "A100-40GB",
    "nvidia tesla a100 80gb gpu": "A100-80GB",
    "nvidia l4 gpu": "L4",
    "nvidia h100 80gb gpu": "H100",
    "nvidia h100 80gb mega gpu": "H100-MEGA",
    "nvidia h200 141gb gpu": "H200",
}
"""How SKUs of Google Cloud that are one accelerator begin; its A100 without a size has 40 GB."""

SKU_ENDS = (" running in ", " attached to spot preemptible vms running in ")
"""How they go on; a commitment or a reservation of accelerators reads otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine type; `accelerator` is empty where it is known to have none."""

    name: str
    accelerator: str
    count: Quantity


def plain_machine(name: str) -> str:
    """Compare machine types without letter case; Azure meters write blanks for underscores."""
    return name.strip().lower().replace(" ", "_")


def known_machines(offers: Iterable[Offer]) -> dict[str, Machine]:
    """Map machine types, and their other spellings, to what they have.

    A name of which two offers say different things is left out: then it is not known.
    """
    found: dict[str, set[Machine]] = {}
    for offer in offers:
        name = plain_machine(offer.instance_type)
        if not name:
            continue
        accelerator = normal_accelerator(offer.accelerator) if offer.accelerator else ""
        machine = Machine(
            name=name,
            accelerator=accelerator,
            count=float(offer.accelerator_count or 0) if accelerator else 0.0,
        )
        found.setdefault(name, set()).add(machine)
        if offer.provider.lower() == "azure" and name.startswith("standard_"):
            found.setdefault(name.removeprefix("standard_"), set()).add(machine)
    return {name: next(iter(said)) for name, said in sorted(found.items()) if len(said) == 1}
