"""The bill of the month: resources by day, commitment, storage, egress, tax, credits, refund."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from lepta.sim.company.calendar import DAYS, END, START, day, hour, stamp
from lepta.sim.company.catalog import AWS, GCP, SHAPES, STORAGE_PRICES
from lepta.sim.company.fleet import COMMITMENT, Fleet, Machine, Volume
from lepta.sim.company.focus import Charge, decimal
from lepta.sim.company.services import SERVICES

__all__ = ["charges"]

COMPUTE = {AWS: "Amazon Elastic Compute Cloud", GCP: "Compute Engine"}
TYPES = {AWS: "Instance", GCP: "VM Instance"}
HOURS_PER_MONTH = 730
"""Disks are priced per GB and month; a day is 24/730 of it."""
TAX_SHARE = Decimal("0.02")
"""Our choice: sales tax on the usage of the month."""
BUCKETS = (
    ("halden-datasets", 620_000, "research", None),
    ("halden-media", 240_000, "creative", "posters"),
    ("halden-audio", 180_000, "speech", "transcribe"),
    ("halden-logs", 90_000, None, None),
)
"""Name, GB kept, team, workload. Sizes are our choice."""
NEGOTIATED = Decimal("0.9")
"""Object storage costs 10 % less than listed, by contract: our choice."""


def charges(
    fleet: Fleet,
    hours_run: Mapping[str, NDArray[np.int64]],
    rates: Mapping[str, NDArray[np.float64]],
) -> list[Charge]:
    """All charges of the month. `hours_run`: resource -> 1 for each hour that it ran, else 0."""
    found: list[Charge] = []
    for machine in fleet.machines:
        found.extend(_machine(machine, hours_run[machine.id]))
    found.extend(_commitment(fleet, hours_run))
    for volume in fleet.volumes:
        found.extend(_volume(volume))
    for bucket in BUCKETS:
        found.extend(_bucket(*bucket))
    found.extend(_egress(rates))
    found.extend(_shared())
    found.extend(_month_end(found))
    return found


def _machine(machine: Machine, ran: NDArray[np.int64]) -> Iterator[Charge]:
    shape = machine.shape
    listed = decimal(shape.on_demand)
    pricing, billed_price, effective_price = "Standard", listed, listed
    commitment: dict[str, object] | None = None
    if machine.term == "spot":
        pricing = "Dynamic"
        listed = billed_price = effective_price = decimal(shape.spot or 0.0)
    if machine.term == "reserved":
        pricing = "Committed"
        billed_price, effective_price = Decimal(0), decimal(shape.committed or 0.0)
    details: dict[str, object] = {"CoreCount": shape.vcpus, "InstanceType": shape.instance_type}
    if shape.accelerators:
        details["GpuCount"] = shape.accelerators
    details["MemorySize"] = shape.memory_gib
    for start, end, count in _periods(machine, ran):
        if machine.term == "reserved":
            commitment = _commitment_cells("Used", count)
        yield Charge(
            provider=shape.provider,
            start=stamp(start),
            end=stamp(end),
            category="Usage",
            description=f"{shape.instance_type} {machine.term} Linux, {shape.region}",
            service_category="Compute",
            service_subcategory="Virtual Machines",
            service=COMPUTE[shape.provider],
            billed=billed_price * count,
            effective=effective_price * count,
            pricing=pricing,
            list_price=listed,
            contracted_price=listed,
            quantity=Decimal(count),
            unit="Hours",
            sku=f"{shape.instance_type}.{shape.region}",
            sku_details=details,
            meter="Instance Hours",
            region=shape.region,
            zone=shape.zone,
            resource=machine.id,
            resource_name=machine.name,
            resource_type=TYPES[shape.provider],
            commitment=commitment,
            team=machine.team,
            workload=machine.workload,
            accelerator=shape.accelerator or None,
            accelerators=shape.accelerators or None,
        )


def _periods(machine: Machine, ran: NDArray[np.int64]) -> Iterator[tuple[datetime, datetime, int]]:
    """Charge periods with the hours in them: by day; by hour for a machine that comes and goes."""
    if machine.elastic:
        for index in np.flatnonzero(ran).tolist():
            yield hour(index), hour(index + 1), 1
        return
    for index, count in enumerate(ran.reshape(-1, 24).sum(axis=1).tolist()):
        if count:
            yield day(index), day(index + 1), count


def _commitment_cells(status: str | None, hours: int) -> dict[str, object]:
    return {
        "CommitmentDiscountCategory": "Usage",
        "CommitmentDiscountId": COMMITMENT,
        "CommitmentDiscountName": "Two a2-highgpu-8g for one year",
        "CommitmentDiscountQuantity": str(hours),
        "CommitmentDiscountStatus": status,
        "CommitmentDiscountType": "Resource-based CUD",
        "CommitmentDiscountUnit": "Hours",
    }


def _commitment(fleet: Fleet, hours_run: Mapping[str, NDArray[np.int64]]) -> Iterator[Charge]:
    """The monthly fee (billed, amortized elsewhere), and per day what of it nobody used."""
    shape = SHAPES["a2-highgpu-8g@us-central1"]
    covered = [machine.id for machine in fleet.machines if machine.term == "reserved"]
    price = decimal(shape.committed or 0.0)
    bought = 24 * len(covered)

    def charge(start: int, end: int, hours: int, *, status: str | None) -> Charge:
        fee = status is None
        return Charge(
            provider=GCP,
            start=stamp(day(start)),
            end=stamp(day(end)),
            category="Purchase" if fee else "Usage",
            description="Commitment v1: a2-highgpu-8g for 1 year, "
            + ("monthly fee" if fee else "unused"),
            service_category="Compute",
            service_subcategory="Virtual Machines",
            service=COMPUTE[GCP],
            billed=price * hours if fee else Decimal(0),
            effective=Decimal(0) if fee else price * hours,
            frequency="Recurring" if fee else "Usage-Based",
            pricing="Standard" if fee else "Committed",
            list_price=price,
            contracted_price=price,
            quantity=Decimal(hours),
            unit="Hours",
            consumed=False,
            sku="CUD.a2-highgpu-8g.1y" if fee else "CUD.a2-highgpu-8g.1y.unused",
            meter="Commitment Hours",
            region=shape.region,
            resource=COMMITMENT,
            resource_name="cud-a2-highgpu-8g",
            resource_type="Commitment",
            commitment=_commitment_cells(status, hours),
        )

    yield charge(0, DAYS, bought * DAYS, status=None)
    for index in range(DAYS):
        left = bought - int(
            sum(hours_run[name][24 * index : 24 * index + 24].sum() for name in covered)
        )
        if left:
            yield charge(index, index + 1, left, status="Unused")


def _volume(volume: Volume) -> Iterator[Charge]:
    price = decimal(STORAGE_PRICES[volume.kind])
    quantity = (Decimal(volume.gigabytes) * 24 / HOURS_PER_MONTH).quantize(Decimal("0.0001"))
    for index in range(DAYS):
        yield Charge(
            provider=volume.provider,
            start=stamp(day(index)),
            end=stamp(day(index + 1)),
            category="Usage",
            description=f"{volume.kind} persistent disk, {volume.region}",
            service_category="Storage",
            service_subcategory="Block Storage",
            service=COMPUTE[volume.provider],
            billed=price * quantity,
            list_price=price,
            contracted_price=price,
            quantity=quantity,
            unit="GB-Months",
            sku=f"pd-{volume.kind}.{volume.region}",
            meter="Storage",
            region=volume.region,
            zone=volume.zone,
            resource=volume.id,
            resource_name=volume.name,
            resource_type="Disk",
            team=volume.team,
            workload=volume.workload,
        )


def _bucket(name: str, gigabytes: int, team: str | None, workload: str | None) -> Iterator[Charge]:
    price = decimal(STORAGE_PRICES["bucket"])
    quantity = (Decimal(gigabytes) * 24 / HOURS_PER_MONTH).quantize(Decimal("0.001"))
    for index in range(DAYS):
        yield Charge(
            provider=GCP,
            start=stamp(day(index)),
            end=stamp(day(index + 1)),
            category="Usage",
            description="Standard object storage, us-central1",
            service_category="Storage",
            service_subcategory="Object Storage",
            service="Cloud Storage",
            billed=price * NEGOTIATED * quantity,
            list_price=price,
            contracted_price=price * NEGOTIATED,
            quantity=quantity,
            unit="GB-Months",
            sku="standard-storage.us-central1",
            meter="Storage",
            region="us-central1",
            resource=f"buckets/{name}",
            resource_name=name,
            resource_type="Bucket",
            team=team,
            workload=workload,
        )


def _egress(rates: Mapping[str, NDArray[np.float64]]) -> Iterator[Charge]:
    """What the answers weigh on their way to the internet."""
    for service in SERVICES:
        shape = SHAPES[service.home]
        key, name = ("egress-aws", "AWS Data Transfer")
        if shape.provider == GCP:
            key, name = ("egress-gcp", "Networking")
        price = decimal(STORAGE_PRICES[key])
        for index in range(DAYS):
            requests = float(rates[service.name][24 * index : 24 * index + 24].sum()) * 3600
            gigabytes = decimal(round(requests * service.response_mb / 1000.0, 3))
            yield Charge(
                provider=shape.provider,
                start=stamp(day(index)),
                end=stamp(day(index + 1)),
                category="Usage",
                description=f"Data transfer out to the internet, {shape.region}",
                service_category="Networking",
                service_subcategory="Other (Networking)",
                service=name,
                billed=price * gigabytes,
                list_price=price,
                contracted_price=price,
                quantity=gigabytes,
                unit="GB",
                sku=f"{key}.{shape.region}",
                meter="Data Transfer Out",
                region=shape.region,
                resource=f"endpoint/{service.name}",
                resource_name=service.name,
                resource_type="Endpoint",
                team=service.team,
                workload=service.name,
            )


def _shared() -> Iterator[Charge]:
    """Charges that carry no tag: gateways and load balancers (0.0225 and 0.045 USD/h, AWS list)."""
    for name, price, count in (("nat-gateway", "0.045", 6), ("load-balancer", "0.0225", 12)):
        for index in range(DAYS):
            yield Charge(
                provider=AWS,
                start=stamp(day(index)),
                end=stamp(day(index + 1)),
                category="Usage",
                description=f"{name} hours, us-east-1",
                service_category="Networking",
                service_subcategory="Network Connectivity",
                service="Amazon Virtual Private Cloud",
                billed=Decimal(price) * 24 * count,
                list_price=Decimal(price),
                contracted_price=Decimal(price),
                quantity=Decimal(24 * count),
                unit="Hours",
                sku=f"{name}.us-east-1",
                meter="Gateway Hours",
                region="us-east-1",
                resource=f"{name}/halden-prod",
                resource_name=name,
                resource_type="Network",
            )


def _month_end(so_far: list[Charge]) -> list[Charge]:
    """Tax on each provider's charges, promotional credits, and a refund for August."""
    found = [
        _plain(AWS, "Usage", "-3852.8", "Refund: p5.4xlarge billed twice in August 2026",
               charge_class="Correction"),
        _plain(AWS, "Credit", "-6000", "Credit: activation program"),
        _plain(GCP, "Credit", "-4500", "Credit: committed growth program"),
    ]  # fmt: skip
    for provider in (AWS, GCP):
        usage = sum((each.billed for each in so_far if each.provider == provider), Decimal(0))
        tax = (usage * TAX_SHARE).quantize(Decimal("0.01"))
        found.append(_plain(provider, "Tax", str(tax), "Sales tax for September 2026"))
    return found


def _plain(
    provider: str, category: str, amount: str, description: str, charge_class: str | None = None
) -> Charge:
    """A charge of the whole month without price and quantity."""
    compute = category == "Usage"
    return Charge(
        provider=provider,
        start=stamp(START),
        end=stamp(END),
        category=category,
        description=description,
        service_category="Compute" if compute else "Other",
        service_subcategory="Virtual Machines" if compute else "Other (Other)",
        service=COMPUTE[provider] if compute else f"{provider} {category}",
        billed=Decimal(amount),
        frequency="One-Time",
        charge_class=charge_class,
        pricing="Standard" if compute else None,
    )
