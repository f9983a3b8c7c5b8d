"""What the demo company rents: machine shapes with list prices, and what one serves.

AWS on-demand: us-east-1 list prices of 2026-07-20 (aws/karpenter-provider-aws). AWS spot:
on-demand less the saving of the Spot Advisor of 2025-06-28. Google Cloud: list, spot and one-year
committed prices of 2026-07-30 (Cyclenerd/google-cloud-pricing-cost-calculator). Power: see
`figures.py` (ai-dynamo/aiconfigurator). Grid: 2024 yearly means (GoogleCloudPlatform/
region-carbon-info), northern Virginia for us-east-1.
"""

from dataclasses import dataclass

__all__ = ["AWS", "GCP", "SHAPES", "STORAGE_PRICES", "Shape"]

AWS = "Amazon Web Services"
GCP = "Google Cloud"

GRID_G_PER_KWH = {"us-east-1": 323.05, "us-central1": 412.72, "europe-west4": 208.81}

STORAGE_PRICES = {
    "ssd": 0.17,  # USD/GB-month, GCP us-central1, zonal SSD disk
    "balanced": 0.10,  # USD/GB-month, GCP us-central1, balanced disk
    "bucket": 0.02,  # USD/GB-month, GCP us-central1, standard object storage
    "egress-aws": 0.09,  # USD/GB, us-east-1 to the internet (skyplane, 2023-04)
    "egress-gcp": 0.08,  # USD/GB, us-central1 to the internet above 10 TB
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A machine type at a place, with its prices per hour in USD; None: not sold that way."""

    instance_type: str
    provider: str
    region: str
    zone: str
    accelerator: str
    accelerators: int
    vcpus: int
    memory_gib: float
    on_demand: float
    spot: float | None = None
    committed: float | None = None
    """One-year committed price."""
    watts: float = 0.0
    """Rated power of all its accelerators."""
    interruptions_per_hour: float = 0.0
    """Hazard of a spot machine: -ln(1 - monthly share) / 730 h."""

    @property
    def carbon_g_per_hour(self) -> float:
        """Emissions of its accelerators at full power; host and cooling are not in it."""
        return round(self.watts / 1000.0 * GRID_G_PER_KWH[self.region], 1)


_SPOT_5_10 = 1.07e-4
"""Spot Advisor bucket 5-10 % a month, taken at 7.5 %."""
_SPOT_OVER_20 = 3.9e-4
"""Bucket above 20 %, taken at 25 %; also assumed for Google Cloud, which publishes none."""


def _shapes() -> dict[str, Shape]:
    us = ("us-central1", "us-central1-a")
    eu = ("europe-west4", "europe-west4-a")
    virginia = ("us-east-1", "us-east-1a")
    # type, place, GPU, GPUs, vCPU, GiB, on demand, spot, committed, W per GPU, spot hazard
    rows = (
        ("p5.4xlarge", virginia, "H100", 1, 16, 256, 6.88, None, None, 700, 0.0),
        ("p5.48xlarge", virginia, "H100", 8, 192, 2048, 55.04, None, None, 700, 0.0),
        ("g6e.xlarge", virginia, "L40S", 1, 4, 32, 1.861, 0.78162, None, 350, _SPOT_5_10),
        ("g6e.12xlarge", virginia, "L40S", 4, 48, 384, 10.49264, None, None, 350, 0.0),
        ("g6.xlarge", virginia, "L4", 1, 4, 16, 0.8048, 0.410448, None, 72, _SPOT_OVER_20),
        ("g5.12xlarge", virginia, "A10G", 4, 48, 192, 5.672, None, None, 300, 0.0),
        ("m7i.8xlarge", virginia, "", 0, 32, 128, 1.6128, None, None, 0, 0.0),
        (
            "a2-ultragpu-1g",
            us,
            "A100-80GB",
            1,
            12,
            170,
            5.068798,
            2.759546,
            None,
            400,
            _SPOT_OVER_20,
        ),
        ("a2-highgpu-8g", us, "A100", 8, 96, 680, 29.38708, None, 18.513656, 400, 0.0),
        ("a3-highgpu-1g", us, "H100", 1, 26, 234, 11.06125, 6.326193, None, 700, _SPOT_OVER_20),
        ("g2-standard-4", us, "L4", 1, 4, 16, 0.706832, 0.397336, None, 72, _SPOT_OVER_20),
        ("g2-standard-48", us, "L4", 4, 48, 192, 4.001665, 2.249632, None, 72, _SPOT_OVER_20),
        ("g2-standard-4", eu, "L4", 1, 4, 16, 0.742916, 0.38986, None, 72, _SPOT_OVER_20),
        ("n2-standard-16", us, "", 0, 16, 64, 0.776944, 0.36848, None, 0, 0.0),
    )
    shapes = {}
    for name, place, gpu, gpus, vcpus, gib, price, spot, committed, watts, hazard in rows:
        region, zone = place
        shape = Shape(
            instance_type=name,
            provider=AWS if region == "us-east-1" else GCP,
            region=region,
            zone=zone,
            accelerator=gpu,
            accelerators=gpus,
            vcpus=vcpus,
            memory_gib=float(gib),
            on_demand=price,
            spot=spot,
            committed=committed,
            watts=float(watts * gpus),
            interruptions_per_hour=hazard,
        )
        shapes[f"{name}@{region}"] = shape
    return shapes


SHAPES = _shapes()
"""`type@region` -> shape."""
