"""SkyPilot catalogs: `<cloud>/vms.csv`, one row per machine type, region and zone.

Columns (skypilot-org/skypilot-catalog, v5 to v8): InstanceType, AcceleratorName, AcceleratorCount,
vCPUs, MemoryGiB, GpuInfo, Price, SpotPrice, Region; AvailabilityZone and Arch in some clouds. What
has to be known about them:

* Zero or blank is unknown, never free: vast writes SpotPrice 0.00 where there is none.
* GCP keeps accelerators in rows of their own, without InstanceType; the rows of a2, a3, a4, g2 and
  g4 machines leave the GPU out. Both prices are added; a machine whose GPU row is missing has an
  unknown price. Accelerators that attach to any N1 machine are passed over: they are no machine.
* TPU rows are whole slices; 700.0 for every size is a placeholder and taken as unknown.
* GpuInfo is a Python literal, or just a name. `MemoryInfo.SizeInMiB` is per accelerator in most
  clouds and the sum over all in some (vast); the sum beside it or the sizes that a card is sold
  with decide, and otherwise it is unknown.
* Some keys stand twice, a few with two prices (Azure): the higher one is kept, and it is said.
"""

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lepta.domain.accelerators import normal_accelerator
from lepta.domain.offer import CatalogEntry, Offer, Term
from lepta.domain.tables import Column, Kind, RawTable, TableSchema

__all__ = ["VMS", "parse_vms"]


def _price_column(name: str, about: str) -> Column:
    return Column(name=name, kind=Kind.NUMBER, unit="USD/h", low=0, about=about)


VMS = TableSchema(
    name="SkyPilot catalog",
    about="Machines and prices of one cloud: vms.csv of a SkyPilot catalog.",
    columns=(
        Column(name="InstanceType", about="machine type; blank in rows of bare accelerators"),
        Column(name="AcceleratorName", about="accelerator, such as A100-80GB"),
        Column(name="AcceleratorCount", kind=Kind.NUMBER, low=0, about="accelerators per machine"),
        Column(name="vCPUs", kind=Kind.NUMBER, low=0, about="virtual processors"),
        Column(name="MemoryGiB", kind=Kind.NUMBER, unit="GiB", low=0, about="main memory"),
        Column(name="GpuInfo", about="literal with the memory of the accelerator"),
        _price_column("Price", "on-demand price of a machine-hour"),
        _price_column("SpotPrice", "spot price of a machine-hour"),
        Column(name="Region", about="region"),
        Column(name="AvailabilityZone", about="zone; blank: any"),
    ),
)
NEEDED = ("InstanceType", "Price", "Region")

G2 = {"4": 1, "8": 1, "12": 1, "16": 1, "32": 1, "24": 2, "48": 4, "96": 8}
G4 = {"48": 1, "96": 2, "192": 4, "384": 8}
GCP_MACHINES = (
    (re.compile(r"a2-(?:highgpu|megagpu)-(\d+)g"), ("A100",)),
    (re.compile(r"a2-ultragpu-(\d+)g"), ("A100-80GB",)),
    (re.compile(r"a3-(?:highgpu|edgegpu)-(\d+)g(?:-nolssd)?"), ("H100",)),
    (re.compile(r"a3-megagpu-(\d+)g"), ("H100-MEGA", "H100-MEGA-80GB")),
    (re.compile(r"a3-ultragpu-(\d+)g(?:-nolssd)?"), ("H200", "H200-141GB")),
    (re.compile(r"a4-highgpu-(\d+)g(?:-nolssd)?"), ("B200",)),
)
PLACEHOLDER = 700.0
CARDS_GIB: Mapping[str, tuple[int, ...]] = {
    "A10": (24,),
    "A10G": (24,),
    "A100": (40, 80),
    "A40": (48,),
    "A6000": (48,),
    "B200": (180, 192),
    "H100": (80, 94),
    "H200": (141,),
    "L4": (24,),
    "L40S": (48,),
    "RTX4090": (24,),
    "RTX5090": (32,),
    "T4": (16,),
    "V100": (16, 32),
}
"""Memory with which a card is sold."""


@dataclass(frozen=True, slots=True)
class _Price:
    value: float | None
    why: str = ""


def parse_vms(
    raw: RawTable, *, cloud: str, as_of: str = ""
) -> tuple[tuple[CatalogEntry, ...], tuple[str, ...]]:
    """Turn one vms.csv into offers and remarks on what was passed over.

    Each row gives an on-demand offer, and a spot offer where the column SpotPrice has something.

    Raises
    ------
    InputError
        A column is missing, a price is negative or no number, a row has too few cells.
    """
    schema = VMS
    if missing := [name for name in NEEDED if name not in raw.header]:
        schema = _requiring(missing)
    rows = schema.parse(raw)
    parts = _gcp_parts(rows)
    found: dict[str, CatalogEntry] = {}
    passed: dict[str, int] = {}
    twice: list[str] = []
    for row in rows:
        machine = row["InstanceType"] or ""
        if not machine and not (row["AcceleratorName"] or "").lower().startswith("tpu"):
            name = row["AcceleratorName"] or "nothing"
            passed[name] = passed.get(name, 0) + 1
            continue
        for entry in _offers(row, machine, parts, cloud, as_of, raw.source):
            old = found.get(entry.offer.id)
            if old is None:
                found[entry.offer.id] = entry
            elif old.offer.price_per_hour != entry.offer.price_per_hour:
                twice.append(entry.offer.id)
                found[entry.offer.id] = max(old, entry, key=_price_or_zero)
    return tuple(found.values()), tuple(_remarks(raw.source, passed, twice))


def _requiring(names: Sequence[str]) -> TableSchema:
    columns = tuple(
        Column(name=c.name, required=c.name in names, about=c.about) for c in VMS.columns
    )
    return TableSchema(name=VMS.name, columns=columns)


def _price_or_zero(entry: CatalogEntry) -> float:
    return entry.offer.price_per_hour or 0.0


def _remarks(source: str, passed: Mapping[str, int], twice: Sequence[str]) -> Iterable[str]:
    if passed:
        names = ", ".join(sorted(passed)[:6])
        yield (
            f"{source}: passed over {sum(passed.values())} rows of accelerators without a machine "
            f"({names}): their price lacks the machine's, or is part of one listed here"
        )
    if twice:
        yield (
            f"{source}: {len(twice)} offers stand there with two prices (such as {twice[0]}); "
            "the higher one is kept"
        )


def _offers(
    row: Mapping[str, Any],
    machine: str,
    parts: Mapping[tuple[str, float, str], Mapping[str, Any]],
    cloud: str,
    as_of: str,
    source: str,
) -> Iterable[CatalogEntry]:
    name, count = row["AcceleratorName"] or "", row["AcceleratorCount"] or 0.0
    added: Mapping[str, Any] | None = None
    inside = None if name else _gcp_inside(machine) if cloud == "gcp" else None
    if inside:
        names, count = inside
        name = names[0]
        place = row["AvailabilityZone"] or row["Region"] or ""
        added = next((parts[n, count, place] for n in names if (n, count, place) in parts), {})
    elif not machine:
        machine = name
    memory = _memory((added or row).get("GpuInfo"), count, name)
    for term, column in ((Term.ON_DEMAND, "Price"), (Term.SPOT, "SpotPrice")):
        price = _price(row, column, added, name)
        if term is Term.SPOT and row["SpotPrice"] is None:
            continue
        region, zone = row["Region"] or "", row["AvailabilityZone"] or ""
        place = f"{region}/{zone}" if zone and zone != region else region
        yield CatalogEntry(
            offer=Offer(
                id="/".join(part for part in (cloud, place, machine, term.value) if part),
                provider=cloud,
                region=region,
                zone=zone,
                instance_type=machine,
                accelerator=normal_accelerator(name, memory),
                accelerator_count=count,
                term=term,
                price_per_hour=price.value,
            ),
            currency="USD",
            vcpus=row["vCPUs"],
            memory=row["MemoryGiB"],
            accelerator_memory=memory,
            source=source,
            as_of=as_of,
            note=price.why,
        )


def _price(
    row: Mapping[str, Any], column: str, added: Mapping[str, Any] | None, accelerator: str
) -> _Price:
    price = row[column]
    if not price:
        return _Price(None, f"price unknown ({'blank' if price is None else '0'} in the source)")
    if accelerator.lower().startswith("tpu") and price == PLACEHOLDER:
        return _Price(None, f"price unknown ({PLACEHOLDER:g} is a placeholder for every slice)")
    if added is None:
        return _Price(price)
    if not added.get(column):
        return _Price(None, f"price unknown (the row of the machine lacks its {accelerator})")
    return _Price(round(price + added[column], 6))


def _gcp_inside(machine: str) -> tuple[tuple[str, ...], float] | None:
    """Name the accelerators that a GCP machine type brings: (spellings, count)."""
    for pattern, names in GCP_MACHINES:
        if match := pattern.fullmatch(machine):
            return names, float(match[1])
    family, _, size = machine.rpartition("-")
    if family == "g2-standard" and size in G2:
        return ("L4",), float(G2[size])
    if family == "g4-standard" and size in G4:
        return ("RTXPRO6000", "RTX-PRO-6000"), float(G4[size])
    return None


def _gcp_parts(
    rows: Sequence[Mapping[str, Any]],
) -> dict[tuple[str, float, str], Mapping[str, Any]]:
    """Rows of bare accelerators by (name, count, zone or region)."""
    return {
        (row["AcceleratorName"], row["AcceleratorCount"] or 0.0, place): row
        for row in rows
        if not row["InstanceType"] and row["AcceleratorName"]
        for place in (row["AvailabilityZone"], row["Region"])
        if place
    }


def _memory(info: str | None, count: float, name: str) -> float | None:
    """Memory of one accelerator in GiB, where GpuInfo tells it without doubt."""
    if not info or not info.startswith("{"):
        return None
    try:
        told = ast.literal_eval(info)
        size = float(told["Gpus"][0]["MemoryInfo"]["SizeInMiB"]) / 1024
        total = float(told.get("TotalGpuMemoryInMiB", 0.0)) / 1024
    except (ValueError, SyntaxError, KeyError, IndexError, TypeError, RecursionError, MemoryError):
        return None
    if not 0 < size < 1e6:
        return None
    if count <= 1 or abs(total - size * count) <= 0.01 * total:
        return round(size, 3)
    chip = normal_accelerator(name).partition("-")[0]
    for candidate in (size, size / count):
        if any(0.93 * sold <= candidate <= 1.01 * sold for sold in CARDS_GIB.get(chip, ())):
            return round(candidate, 3)
    return None
