"""List prices of 2026 as open-source projects publish them, turned into catalog entries.

Faults of the tables, and what is done about them: a price of 0 or none is unknown (`None`, never
free); Google lists prices in regions where the GPU is not sold, so only regions that offer the
machine are taken; a key that stands twice with two prices has no known price.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lepta.adapters.traces.fetch import fetch
from lepta.domain.offer import CatalogEntry, Offer, Term
from lepta.units import HOURS_PER_MONTH

__all__ = [
    "AZURE_GPUS",
    "parse_aws",
    "parse_azure",
    "parse_gcp",
    "read_aws",
    "read_azure",
    "read_gcp",
]

AWS_FILE, AWS_DAY = "prices/aws_instance_types.parquet", "2026-07-20"
AZURE_FILE, AZURE_DAY = "prices/azure_ondemand.parquet", "2026-06-18"
GCP_FILE, GCP_DAY = "prices/gcp_compute.parquet", "2026-07-30"
AWS_REGION = "us-east-1"

AZURE_GPUS = {
    "Standard_NC40ads_H100_v5": ("H100-NVL", 1),
    "Standard_NC80adis_H100_v5": ("H100-NVL", 2),
    "Standard_ND96is_H100_v5": ("H100", 8),
    "Standard_ND96isr_H100_v5": ("H100", 8),
}
"""Accelerators per machine from Azure's own description of its sizes. The price table does not say,
and the multi-cloud table of 2024 says 12 for the ND sizes, which have eight."""


def parse_aws(rows: Iterable[tuple[Any, ...]]) -> tuple[CatalogEntry, ...]:
    """Turn (type, vCPUs, MiB, accelerator, count, price in us-east-1) into on-demand entries."""
    return tuple(
        _entry(
            provider="aws",
            region=AWS_REGION,
            machine=machine,
            accelerator=accelerator.upper(),
            count=count,
            term=Term.ON_DEMAND,
            price=price,
            vcpus=vcpus,
            memory=memory_mib / 1024,
            source=AWS_FILE,
            as_of=AWS_DAY,
        )
        for machine, vcpus, memory_mib, accelerator, count, price in rows
    )


def parse_azure(rows: Iterable[tuple[str, str, float | None]]) -> tuple[CatalogEntry, ...]:
    """Turn (region, size, price) into on-demand entries; sizes without known GPUs are left out."""
    prices: dict[tuple[str, str], set[float | None]] = {}
    for region, size, price in rows:
        if size in AZURE_GPUS:
            prices.setdefault((region, size), set()).add(price)
    return tuple(
        _entry(
            provider="azure",
            region=region,
            machine=size,
            accelerator=AZURE_GPUS[size][0],
            count=AZURE_GPUS[size][1],
            term=Term.ON_DEMAND,
            price=found.copy().pop() if len(found) == 1 else None,
            source=AZURE_FILE,
            as_of=AZURE_DAY,
            note="" if len(found) == 1 else "two prices for one key",
        )
        for (region, size), found in sorted(prices.items())
    )


def parse_gcp(rows: Iterable[tuple[Any, ...]]) -> tuple[CatalogEntry, ...]:
    """Turn rows into on-demand, spot and one-year entries of the regions that offer the machine.

    A row: (type, region, vCPUs, GB, accelerator, count, on-demand and spot per hour, one-year
    commitment per month, offered). The commitment is paid in every hour of a month of 730 h.
    """
    entries: list[CatalogEntry] = []
    for machine, region, vcpus, memory, accelerator, count, demand, spot, year, offered in rows:
        if not offered:
            continue
        prices = (
            (Term.ON_DEMAND, demand, ""),
            (Term.SPOT, spot, ""),
            (Term.RESERVED, None if year is None else year / HOURS_PER_MONTH, "1 year"),
        )
        entries.extend(
            _entry(
                provider="gcp",
                region=region,
                machine=machine,
                accelerator=accelerator.split("-")[0].upper(),
                count=count,
                term=term,
                price=price,
                vcpus=vcpus,
                memory=memory,
                source=GCP_FILE,
                as_of=GCP_DAY,
                note=note,
            )
            for term, price, note in prices
        )
    return tuple(entries)


def read_aws(folder: str | Path, accelerators: Sequence[str]) -> tuple[CatalogEntry, ...]:
    """Read the machines with these accelerators (lower case: h100), in us-east-1."""
    sql = (
        "SELECT instance_type, vcpu, memory_mib, accelerator_name, accelerator_count, "
        "on_demand_usd_per_hour_us_east_1 FROM data "
        "WHERE list_contains($names, accelerator_name) ORDER BY instance_type"
    )
    return parse_aws(fetch(folder, AWS_FILE, sql, names=list(accelerators)))


def read_azure(folder: str | Path, regions: Sequence[str]) -> tuple[CatalogEntry, ...]:
    """Read the sizes whose GPUs are known, in these regions."""
    sql = (
        "SELECT region, sku, on_demand_usd_per_hour FROM data "
        "WHERE list_contains($regions, region) ORDER BY ALL"
    )
    return parse_azure(fetch(folder, AZURE_FILE, sql, regions=list(regions)))


def read_gcp(
    folder: str | Path, machines: Sequence[str], regions: Sequence[str]
) -> tuple[CatalogEntry, ...]:
    """Read these machine types in those of these regions that offer them."""
    sql = (
        "SELECT machine_type, region, vcpu, memory_gb, accelerator, accelerator_count, "
        "on_demand_usd_per_hour, spot_usd_per_hour, cud_1y_usd_per_month, offered_in_region "
        "FROM data WHERE list_contains($machines, machine_type) "
        "AND list_contains($regions, region) ORDER BY machine_type, region"
    )
    values = {"machines": list(machines), "regions": list(regions)}
    return parse_gcp(fetch(folder, GCP_FILE, sql, **values))


def _entry(
    *,
    provider: str,
    region: str,
    machine: str,
    accelerator: str,
    count: float,
    term: Term,
    price: float | None,
    source: str,
    as_of: str,
    vcpus: float | None = None,
    memory: float | None = None,
    note: str = "",
) -> CatalogEntry:
    return CatalogEntry(
        offer=Offer(
            id=f"{machine}@{region}" + ("" if term is Term.ON_DEMAND else f" {term.value}"),
            provider=provider,
            region=region,
            instance_type=machine,
            accelerator=accelerator,
            accelerator_count=count,
            term=term,
            price_per_hour=price or None,
        ),
        currency="USD",
        vcpus=vcpus,
        memory=memory,
        source=source,
        as_of=as_of,
        note=note,
    )
