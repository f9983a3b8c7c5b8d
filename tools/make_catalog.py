"""Make the built-in catalog: a curated selection of list prices, each with its source and day.

    python tools/make_catalog.py [FOLDER]      default: $LEPTA_DATA, then ../shared/data

Reads the public price tables in FOLDER/prices and writes
src/lepta/adapters/catalog_data/offers.csv. The faults of those tables are known and met here:

* GCP lists prices where a machine is not offered, and the spot price then lacks the GPU: rows are
  kept only where `offered_in_region`, and a spot price below 15 % of on-demand stops the tool.
* AWS gives on-demand prices of 2026 for us-east-1 only. Older prices of other regions and of spot
  are taken only for machines whose us-east-1 price has not moved since.
* AWS counts a fraction of a GPU as 0: the share is derived from its memory.
* Azure has prices of 0 and keys with two prices: neither is taken. Its accelerator counts come from
  the vendor's size names (SIZES), because the old table says 12 for an 8-GPU machine.
* Lambda lists every machine in every region: the region is left blank. TPU slices and accelerators
  without a machine are not machines: left out. Zero is unknown: left out.
"""

# ruff: noqa: SIM905 (long word lists read better as words)

import csv
import io
import os
import sys
from collections import Counter
from pathlib import Path

import duckdb

from lepta.domain.accelerators import normal_accelerator

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "src" / "lepta" / "adapters" / "catalog_data" / "offers.csv"
HEADER = (
    "offer,provider,region,zone,instance_type,accelerator,accelerator_count,term,price_per_hour,"
    "currency,vcpus,memory_gib,accelerator_memory_gib,source,as_of"
).split(",")

AWS_NOW = ("aws/karpenter-provider-aws", "2026-07-20")
AZURE_NOW = ("Azure/karpenter-provider-azure", "2026-06-18")
GCP_NOW = ("Cyclenerd/google-cloud-pricing", "2026-07-30")
SKY = "skypilot-catalog v5"
FSDL = ("the-full-stack/website cloud-gpus", "2025-03-01")

AWS_TYPES = """p5.48xlarge p5.4xlarge p5en.48xlarge p6-b200.48xlarge p6-b300.48xlarge p4d.24xlarge
p4de.24xlarge p3dn.24xlarge g6.xlarge g6.2xlarge g6.4xlarge g6.12xlarge g6.48xlarge g6f.large
g6f.2xlarge g6f.4xlarge g6e.xlarge g6e.2xlarge g6e.12xlarge g6e.48xlarge g5.xlarge g5.2xlarge
g5.4xlarge g5.12xlarge g5.48xlarge g4dn.xlarge g4dn.2xlarge g4dn.12xlarge g7e.2xlarge g7e.48xlarge
inf2.xlarge inf2.8xlarge inf2.48xlarge trn1.2xlarge trn1.32xlarge m7i.2xlarge m7g.2xlarge
c7i.4xlarge r7i.2xlarge m6i.2xlarge c6i.4xlarge""".split()
AWS_ELSEWHERE = {
    "on_demand": (
        "g4dn.xlarge g5.xlarge g5.12xlarge g5.48xlarge g6.xlarge g6.12xlarge m6i.2xlarge",
        "us-west-2 eu-central-1 ap-northeast-1",
    ),
    "spot": (
        "g4dn.xlarge g4dn.12xlarge g5.xlarge g5.2xlarge g5.12xlarge g5.48xlarge g6.xlarge "
        "g6.12xlarge inf2.xlarge trn1.32xlarge m6i.2xlarge c6i.4xlarge",
        "us-east-1 us-west-2",
    ),
}
# size: accelerator, count, memory of one in GiB, vCPUs, memory in GiB (None: not in the sources)
SIZES = {
    "Standard_NC24ads_A100_v4": ("A100-80GB", 1, 80, 24, 220),
    "Standard_NC48ads_A100_v4": ("A100-80GB", 2, 80, 48, 440),
    "Standard_NC96ads_A100_v4": ("A100-80GB", 4, 80, 96, 880),
    "Standard_ND96amsr_A100_v4": ("A100-80GB", 8, 80, 96, 1924),
    "Standard_NC40ads_H100_v5": ("H100-NVL", 1, 94, 40, 320),
    "Standard_NC80adis_H100_v5": ("H100-NVL", 2, 94, 80, 640),
    "Standard_ND96isr_H100_v5": ("H100", 8, 80, 96, 1900),
    "Standard_ND96isr_H200_v5": ("H200", 8, 141, 96, None),
    "Standard_ND96isr_MI300X_v5": ("MI300X", 8, 192, 96, None),
    "Standard_NC4as_T4_v3": ("T4", 1, 16, 4, 28),
    "Standard_NC16as_T4_v3": ("T4", 1, 16, 16, 110),
    "Standard_NC64as_T4_v3": ("T4", 4, 16, 64, 440),
    "Standard_NC6s_v3": ("V100", 1, 16, 6, 112),
    "Standard_NC24s_v3": ("V100", 4, 16, 24, 448),
    "Standard_NV36ads_A10_v5": ("A10", 1, 24, 36, 440),
    "Standard_NV6ads_A10_v5": ("A10", round(1 / 6, 4), 24, 6, 55),
    "Standard_D8s_v5": ("", 0, None, 8, 32),
    "Standard_E8s_v5": ("", 0, None, 8, 64),
}
AZURE_REGIONS = ("eastus", "westus3", "westeurope", "southeastasia")
AZURE_SPOT = (
    "Standard_NC24ads_A100_v4 Standard_NC96ads_A100_v4 Standard_NC4as_T4_v3 Standard_NC6s_v3 "
    "Standard_NV36ads_A10_v5"
).split()
GCP_TYPES = """a2-highgpu-1g a2-highgpu-8g a2-ultragpu-1g a2-ultragpu-8g a3-highgpu-1g a3-highgpu-8g
a3-megagpu-8g g2-standard-4 g2-standard-48 g4-standard-6 g4-standard-48
g4-standard-384 n2-standard-8 e2-standard-8""".split()
GCP_REGIONS = ("us-central1", "us-east4", "europe-west4", "asia-southeast1")
GCP_RESERVED = ("us-central1", "us-east4")
GCP_MEMORY = {
    "a100": 40,
    "a100-80gb": 80,
    "h100-80gb": 80,
    "h100-80gb-mega": 80,
    "l4": 24,
    "rtx6000": 96,
}
SMALLER = {
    # cloud: (its name here, day of the table, regions kept ("" = the source does not bind to one))
    "oci": ("oci", "2023-06-08", ("us-ashburn-1", "eu-frankfurt-1")),
    "runpod": ("runpod", "2024-01-08", ("US",)),
    "scaleway": ("scaleway", "2023-12-22", ("fr-par",)),
    "ovhcloud": ("ovhcloud", "2023-11-26", ("GRA",)),
    "scp": ("samsung", "2023-05-22", ("KOREA-WEST-1-SCP-B001",)),
    "lambda": ("lambda", "2024-02-05", ("",)),
    "ibm": ("ibm", "2023-01-15", ("us-east", "eu-de")),
}
SMALLER_TYPES = """VM.GPU.A10.1 VM.GPU.A10.2 BM.GPU.A10.4 BM.GPU4.8 BM.GPU.A100-v2.8 VM.GPU3.1
1x_A100-80GB_SECURE 1x_H100-SXM_SECURE 8x_H100-SXM_SECURE 1x_L4_SECURE 1x_L40_SECURE
1x_RTX4090_SECURE 1x_RTX6000-Ada_SECURE 1x_A40_SECURE H100-1-80G H100-2-80G a100-180 a100-360
t1-le-45 g1v16a1 g1v128a8 gpu_1x_a10 gpu_8x_h100_sxm5 gx2-8x64x1v100""".split()
FSDL_CLOUDS = {
    "Lambda": "lambda",
    "Datacrunch": "datacrunch",
    "Exoscale": "exoscale",
    "FluidStack": "fluidstack",
    "Jarvislabs": "jarvislabs",
    "Latitude.sh": "latitude",
    "Paperspace": "paperspace",
    "OVHcloud": "ovhcloud",
    "Oracle Cloud": "oci",
}


def folder() -> Path:
    """The public data: an argument, the environment, or beside the checkout."""
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("LEPTA_DATA")
    return Path(given) if given else ROOT.parent / "shared" / "data"


def number(text: str) -> float | None:
    """A number, or None where the list has a range or nothing."""
    try:
        return float(text)
    except ValueError:
        return None


class Maker:
    """Collects rows; refuses a second row of one name and a price that is not above zero."""

    def __init__(self, prices: Path) -> None:
        self.prices = prices
        self.rows: dict[str, list[object]] = {}
        self.database = duckdb.connect()

    def ask(self, query: str, table: str, *values: object) -> list[tuple]:
        """Run a query; `table` in it stands for the file."""
        file = str(self.prices / table).replace("'", "''")
        return self.database.execute(query.replace("table", f"'{file}'"), values).fetchall()

    def add(
        self,
        provider: str,
        region: str,
        machine: str,
        term: str,
        price: float | None,
        source: tuple[str, str],
        *,
        zone: str = "",
        accelerator: str = "",
        count: float = 0,
        gpu_memory: float | None = None,
        vcpus: float | None = None,
        memory: float | None = None,
        variant: str = "",
    ) -> None:
        """Add one offer, unless its price is unknown."""
        if not price or not price > 0:
            return
        name = "/".join(p for p in (provider, region, machine, variant or term) if p)
        if name in self.rows:
            raise SystemExit(f"{name} stands twice")
        common = normal_accelerator(accelerator, gpu_memory) if accelerator else ""
        numbers = ("" if n is None or n != n else f"{n:.6g}" for n in (vcpus, memory, gpu_memory))
        self.rows[name] = [
            name,
            provider,
            region,
            zone,
            machine,
            common,
            f"{count:g}",
            term,
            f"{round(price, 6):g}" if price < 1 else f"{round(price, 6):.10g}",
            "USD",
            *numbers,
            *source,
        ]


def aws(make: Maker) -> None:
    """us-east-1 on-demand of 2026, and older spot and regions where the price has not moved."""
    specs = {}
    now = {}
    for machine, name, count, each, vcpus, mib, price in make.ask(
        """select instance_type, accelerator_name, accelerator_count, accelerator_memory_mib_each,
        vcpu, memory_mib, on_demand_usd_per_hour_us_east_1 from table""",
        "aws_instance_types.parquet",
    ):
        if machine not in AWS_TYPES:
            continue
        if name and not count:
            count = round(each / 22888, 3)
        specs[machine] = {
            "accelerator": name or "",
            "count": count or 0,
            # 22,888 MiB is what a 24 GB card leaves: said as the card is sold.
            "gpu_memory": None
            if not each
            else {22888: 24, 45776: 48}.get(int(each), each / 1024 if count >= 1 else 24),
            "vcpus": vcpus,
            "memory": mib / 1024,
        }
        now[machine] = price
        make.add("aws", "us-east-1", machine, "on-demand", price, AWS_NOW, **specs[machine])
    for column, (types, regions) in AWS_ELSEWHERE.items():
        term = "spot" if column == "spot" else "on-demand"
        for machine in types.split():
            then = make.ask(
                """select max(on_demand_usd_per_hour) from table where cloud = 'aws'
                and region = 'us-east-1' and instance_type = ?""",
                "multicloud_2024_05.parquet",
                machine,
            )[0][0]
            if then is None or abs(then - (now.get(machine) or 0)) > 1e-6:
                print(f"aws {machine}: {then} then, {now.get(machine)} now: older prices left out")
                continue
            for region in regions.split():
                found = make.ask(
                    f"""select zone, {column}_usd_per_hour from table where cloud = 'aws' and
                    region = ? and instance_type = ? and {column}_usd_per_hour > 0
                    order by 2, 1 limit 1""",  # noqa: S608
                    "multicloud_2024_05.parquet",
                    region,
                    machine,
                )
                for zone, price in found:
                    place = {"zone": zone} if term == "spot" else {}
                    source = (SKY, "2024-05-01")
                    make.add("aws", region, machine, term, price, source, **place, **specs[machine])


def azure(make: Maker) -> None:
    """On-demand of 2026 in five regions; spot of 2023 where the table has one price for the key."""
    for machine, (name, count, each, vcpus, memory) in SIZES.items():
        spec = {
            "accelerator": name,
            "count": count,
            "gpu_memory": each,
            "vcpus": vcpus,
            "memory": memory,
        }
        for region in AZURE_REGIONS:
            found = make.ask(
                """select distinct on_demand_usd_per_hour from table where region = ?
                and sku = ?""",
                "azure_ondemand.parquet",
                region,
                machine,
            )
            if len(found) == 1:
                make.add("azure", region, machine, "on-demand", found[0][0], AZURE_NOW, **spec)
        for region in ("eastus", "westus2") if machine in AZURE_SPOT else ():
            found = make.ask(
                """select distinct spot_usd_per_hour from table where cloud = 'azure'
                and region = ? and instance_type = ?""",
                "multicloud_2024_05.parquet",
                region,
                machine,
            )
            if len(found) == 1:
                source = (SKY, "2023-12-08")
                make.add("azure", region, machine, "spot", found[0][0], source, **spec)


def gcp(make: Maker) -> None:
    """On-demand, spot and committed use (a month of 730 h), only where the machine is offered."""
    for machine, vcpus, memory, name, count, region, price, spot, year, years in make.ask(
        """select machine_type, vcpu, memory_gb, accelerator, accelerator_count, region,
        on_demand_usd_per_hour, spot_usd_per_hour, cud_1y_usd_per_month, cud_3y_usd_per_month
        from table where offered_in_region order by all""",
        "gcp_compute.parquet",
    ):
        if machine not in GCP_TYPES or region not in GCP_REGIONS:
            continue
        if spot and spot < 0.15 * price:
            raise SystemExit(f"gcp {machine} {region}: spot {spot} lacks a part of {price}")
        known = {"h100-80gb-mega": "H100-MEGA", "rtx6000": "RTX-PRO-6000"}
        spec = {
            "accelerator": known.get(name, name) if name else "",
            "count": count or 0,
            "gpu_memory": GCP_MEMORY.get(name),
            "vcpus": vcpus,
            "memory": memory,
        }
        make.add("gcp", region, machine, "on-demand", price, GCP_NOW, **spec)
        make.add("gcp", region, machine, "spot", spot, GCP_NOW, **spec)
        if region not in GCP_RESERVED:
            continue
        for months, variant in ((year, "reserved-1y"), (years, "reserved-3y")):
            cost = months / 730 if months else None
            make.add("gcp", region, machine, "reserved", cost, GCP_NOW, variant=variant, **spec)


def smaller(make: Maker) -> None:
    """Seven more clouds of the multi-cloud table."""
    for cloud, (provider, day, regions) in SMALLER.items():
        for region in regions:
            for machine, name, count, each, vcpus, memory, price, spot in make.ask(
                """select distinct instance_type, accelerator_name, accelerator_count,
                accelerator_memory_mib_each, vcpu, memory_gib, on_demand_usd_per_hour,
                spot_usd_per_hour from table where cloud = ? and (? = '' or region = ?)
                order by all""",
                "multicloud_2024_05.parquet",
                cloud,
                region,
                region,
            ):
                if machine not in SMALLER_TYPES:
                    continue
                spec = {
                    "accelerator": name,
                    "count": count,
                    "gpu_memory": each / 1024 if each else None,
                    "vcpus": vcpus,
                    "memory": memory,
                }
                make.add(provider, region, machine, "on-demand", price, (SKY, day), **spec)
                make.add(provider, region, machine, "spot", spot, (SKY, day), **spec)


def fsdl(make: Maker) -> None:
    """The hand-kept list of 2025 for clouds that the others lack, or had with older prices."""
    file = make.prices / "fsdl_cloud_gpus_2025_03.csv"
    for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
        cloud, kind, name = row["Cloud"], row["GPU Type"], row["Name"]
        count, vcpus, memory, price, spot = (
            number(row[column]) for column in ("GPUs", "vCPUs", "RAM", "On-demand", "Spot")
        )
        provider = FSDL_CLOUDS.get(cloud)
        if (
            provider is None
            or count not in (1, 4, 8)
            or "(" not in kind
            or "Quadro" in kind
            or "3080" in kind
        ):
            continue
        chip, memory_text = kind.split("(")
        if (cloud, chip.strip()) == ("Lambda", "A10G"):
            continue  # Lambda's own list says A10
        each = float(memory_text.split()[0])
        common = normal_accelerator(chip, each)
        newer = provider in ("oci", "ovhcloud")
        if newer and common not in ("H100", "L4"):
            continue
        if not newer and common.startswith(("P100", "RTX", "A4000", "A5000")):
            continue
        machine = (name or f"{int(count)}x-{common}").replace(" ", "-")
        spec = {
            "accelerator": chip,
            "count": count,
            "gpu_memory": each,
            "vcpus": vcpus,
            "memory": memory,
        }
        make.add(provider, "", machine, "on-demand", price, FSDL, **spec)
        make.add(provider, "", machine, "spot", spot, FSDL, **spec)


def main() -> None:
    """Write the catalog and say what is in it."""
    make = Maker(folder() / "prices")
    for part in (aws, azure, gcp, smaller, fsdl):
        part(make)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(make.rows.values())
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(text.getvalue(), encoding="utf-8")
    providers = Counter(str(row[1]) for row in make.rows.values())
    print(f"{len(make.rows)} offers, {OUT.stat().st_size / 1024:.0f} KiB, {dict(providers)}")


if __name__ == "__main__":
    main()
