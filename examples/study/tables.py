"""Read what the study needs beyond `examples/real_data`: spot, commitments, APIs, power, carbon."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from lepta.units import HOURS_PER_MONTH

ADVISOR = "spot_prices/aws_spot_advisor_2025_06_28.parquet"
GCP = "prices/gcp_compute.parquet"
APIS = "prices/llm_api_token_prices_2025_09.csv"
OLD_PRICES = "prices/multicloud_2024_05.parquet"
POWER = "llm_perf/gpu_specs.csv"
GRIDS = "carbon/gcp_region_yearly.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What AWS says of a spot pool: below on demand by so much, taken back so often a month."""

    region: str
    saving: float
    bucket: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleMachine:
    """Google's prices of a machine of eight GPUs in a region that sells it, USD per hour."""

    machine: str
    region: str
    on_demand: float
    spot: float
    one_year: float
    three_years: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What an API asks for a token that is read, and for one that is written, USD per million."""

    model: str
    read: float
    written: float


def advice(data: Path, machine: str, regions: Sequence[str]) -> tuple[Advice, ...]:
    """Read what the advisor says of Linux machines of one type."""
    rows = _rows(
        "SELECT region, savings_pct_vs_on_demand / 100, interruption_bucket "
        "FROM read_parquet($file) WHERE os = 'Linux' AND instance_type = $machine "
        "AND list_contains($regions, region) "
        "ORDER BY list_position($regions, region)",
        data / ADVISOR,
        machine=machine,
        regions=list(regions),
    )
    return tuple(Advice(region=a, saving=float(b), bucket=int(c)) for a, b, c in rows)


def google(
    data: Path, machines: Sequence[str], regions: Sequence[str]
) -> tuple[GoogleMachine, ...]:
    """Read machines where they are offered; a month is 730 h."""
    rows = _rows(
        "SELECT machine_type, region, on_demand_usd_per_hour, spot_usd_per_hour, "
        "cud_1y_usd_per_month, cud_3y_usd_per_month FROM read_parquet($file) "
        "WHERE offered_in_region AND list_contains($machines, machine_type) "
        "AND list_contains($regions, region) ORDER BY 1, list_position($regions, region)",
        data / GCP,
        machines=list(machines),
        regions=list(regions),
    )
    return tuple(
        GoogleMachine(
            machine=machine,
            region=region,
            on_demand=demand,
            spot=spot,
            one_year=year / HOURS_PER_MONTH,
            three_years=three / HOURS_PER_MONTH,
        )
        for machine, region, demand, spot, year, three in rows
    )


def apis(data: Path, models: Sequence[str]) -> tuple[Api, ...]:
    """Read what the APIs of these names ask per million tokens, in the order of the names."""
    rows = _rows(
        "SELECT model, 1e6 * input_cost_per_token::DOUBLE, 1e6 * output_cost_per_token::DOUBLE "
        "FROM read_csv($file) WHERE list_contains($models, model) "
        "ORDER BY list_position($models, model)",
        data / APIS,
        models=list(models),
    )
    return tuple(Api(model=a, read=round(b, 6), written=round(c, 6)) for a, b, c in rows)


def same_price_in_2024(data: Path, machine: str, regions: Sequence[str]) -> bool:
    """Tell whether AWS asked one on-demand price in all these regions in May 2024."""
    rows = _rows(
        "SELECT region, on_demand_usd_per_hour FROM read_parquet($file) WHERE cloud = 'aws' "
        "AND instance_type = $machine AND list_contains($regions, region) GROUP BY ALL",
        data / OLD_PRICES,
        machine=machine,
        regions=list(regions),
    )
    return {row[0] for row in rows} == set(regions) and len({row[1] for row in rows}) == 1


def watts(data: Path) -> dict[str, float]:
    """Read the power of one GPU of each kind, as its maker states it."""
    rows = _rows(
        "SELECT gpu_system, power_w FROM read_csv($file) WHERE gpu_system LIKE '%_sxm'",
        data / POWER,
    )
    return {name.removesuffix("_sxm").upper(): float(power) for name, power in rows}


def grids(data: Path, year: int) -> dict[str, float]:
    """Read the carbon intensity of the grid at each of Google's places, g/kWh."""
    return {
        region: float(grams)
        for region, grams in _rows(
            "SELECT region, grid_ci_g_per_kwh FROM read_csv($file) WHERE year = $year",
            data / GRIDS,
            year=year,
        )
    }


def _rows(sql: str, file: Path, **values: object) -> list[tuple]:
    return duckdb.execute(sql, {"file": str(file), **values}).fetchall()
