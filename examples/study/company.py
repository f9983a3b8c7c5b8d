"""The company of the study: what it has to serve, what it can rent, how fast that is.

Pure: tables in, a `PlanCase` out. docs/study.md gives the reasons.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tables import Advice, Api, GoogleMachine

from lepta.domain.demand import Demand, DemandClass, Profile
from lepta.domain.offer import Offer, Term
from lepta.domain.plan import PlanCase
from lepta.errors import LeptaError
from lepta.units import HOURS_PER_MONTH
from lepta.wiring.publicdata import CatalogEntry, PublicTables

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "real_data"))
from rules import (
    IMAGE_MODEL,
    MODELS,
    SERVICES,
    ordinary_day,
    peak_of_the_cheapest_type,
    prefill_seconds,
)

START = datetime(2026, 8, 3, tzinfo=UTC)
"""A label, as in the page of public data."""
CHAT_API = "azure_ai/Llama-3.3-70B-Instruct"

AWS_MACHINE, AWS_SMALL, AWS_B200 = "p5.48xlarge", "p5.4xlarge", "p6-b200.48xlarge"
AWS_REGIONS = ("us-east-1", "us-east-2", "us-west-2")
GOOGLE_MACHINES = ("a3-highgpu-8g", "a3-megagpu-8g")
GOOGLE_REGIONS = ("us-central1", "us-east4", "us-east5", "us-west4")
AZURE_OFFERS = ("Standard_ND96isr_H100_v5@eastus",)

GRID_OF = {
    "us-east-1": "us-east4",
    "us-east-2": "us-east5",
    "us-west-2": "us-west1",
    "eastus": "us-east4",
}
"""Google's place on the same grid: Northern Virginia, Columbus, Oregon, Northern Virginia."""

STARTUP_S = 300.0
SPOT_LIMIT = 2
WORST_BUCKET = 4
BUCKETS = (0.025, 0.075, 0.125, 0.175, 0.25)
"""Share of machines taken back in a month, by the advisor's bucket: its middle; ">20%" is 25 %."""
OBJECTIVES = {"chat": 50.0, "code": 50.0, "image": 10_000.0}
"""Milliseconds: 95 of 100 gaps between output tokens; for image, a batch."""

TIGHTER = {"chat": 30.0, "code": 30.0, "image": 7_000.0}
LOOSER = {"chat": 100.0, "code": 100.0, "image": 20_000.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """An operating point of a replica."""

    demand_class: str
    gpu: str
    num_gpus: int
    latency_ms: float
    rate_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """All that the study reads."""

    public: PublicTables
    advice: tuple[Advice, ...]
    google: tuple[GoogleMachine, ...]
    api: Api
    watts: Mapping[str, float]
    grids: Mapping[str, float]


def known(value: float | None, what: str) -> float:
    """Insist on a number that the study cannot do without."""
    if value is None:
        raise LeptaError(f"{what} is not known", remedy="give the tables that README.md lists")
    return value


def company(tables: Tables, days: Sequence[int]) -> PlanCase:
    """Return what the company has to plan over these days, and what it runs now.

    What runs now is a rule of thumb: one on-demand type, sized for the busiest hour.
    """
    offers = make_offers(tables)
    demand = demand_of(tables.public, days)
    profiles = make_profiles(offers, points(tables.public))
    kept = [
        p for p in profiles if p.latency_ms is None or p.latency_ms <= OBJECTIVES[p.demand_class]
    ]
    return PlanCase(
        offers=offers,
        demand=demand,
        profiles=profiles,
        classes=classes(OBJECTIVES),
        current=peak_of_the_cheapest_type(offers, demand, kept),
    )


def classes(objectives: Mapping[str, float]) -> tuple[DemandClass, ...]:
    """Name the objectives."""
    return tuple(DemandClass(name=name, latency_ms=most) for name, most in objectives.items())


def make_offers(tables: Tables) -> tuple[Offer, ...]:
    """List on-demand machines of three clouds and the spot pools of two."""
    listed = {entry.offer.id: entry for entry in tables.public.prices}
    base = known(listed[f"{AWS_MACHINE}@us-east-1"].offer.price_per_hour, f"price of {AWS_MACHINE}")
    offers = [
        *(_rented(tables, "aws", region, AWS_MACHINE, "H100", 8, base) for region in AWS_REGIONS),
        *(
            _rented(
                tables,
                entry.offer.provider,
                entry.offer.region,
                entry.offer.instance_type,
                entry.offer.accelerator,
                entry.offer.accelerator_count,
                entry.offer.price_per_hour,
            )
            for entry in _others(listed)
        ),
        *(
            _rented(tables, "gcp", m.region, m.machine, "H100", 8, m.on_demand)
            for m in tables.google
        ),
        *(
            _spot(tables, "aws", a.region, AWS_MACHINE, base * (1 - a.saving), BUCKETS[a.bucket])
            for a in tables.advice
        ),
        *(
            _spot(tables, "gcp", m.region, m.machine, m.spot, BUCKETS[WORST_BUCKET])
            for m in tables.google
        ),
    ]
    return tuple(offers)


def _others(listed: Mapping[str, CatalogEntry]) -> list[CatalogEntry]:
    return [listed[f"{m}@us-east-1"] for m in (AWS_SMALL, AWS_B200)] + [
        listed[name] for name in AZURE_OFFERS
    ]


def _rented(
    tables: Tables,
    provider: str,
    region: str,
    machine: str,
    gpu: str,
    count: float,
    price: float | None,
) -> Offer:
    return Offer(
        id=f"{machine}@{region}",
        provider=provider,
        region=region,
        instance_type=machine,
        accelerator=gpu,
        accelerator_count=count,
        price_per_hour=price,
        startup_s=STARTUP_S,
        carbon_g_per_hour=count * tables.watts[gpu] / 1e3 * grid(tables, region),
    )


def _spot(
    tables: Tables, provider: str, region: str, machine: str, price: float, lost_a_month: float
) -> Offer:
    return Offer(
        id=f"{machine}@{region} spot",
        provider=provider,
        region=region,
        instance_type=machine,
        accelerator="H100",
        accelerator_count=8,
        term=Term.SPOT,
        price_per_hour=round(price, 4),
        limit=SPOT_LIMIT,
        interruptions_per_hour=lost_a_month / HOURS_PER_MONTH,
        startup_s=STARTUP_S,
        carbon_g_per_hour=8 * tables.watts["H100"] / 1e3 * grid(tables, region),
    )


def grid(tables: Tables, region: str) -> float:
    """Return the intensity of the grid at a place, g/kWh, whoever the provider is."""
    return tables.grids[GRID_OF.get(region, region)]


def demand_of(public: PublicTables, days: Sequence[int]) -> tuple[Demand, ...]:
    """Take these language days one after the other, and the one image day for each."""
    by_day = {day.day: day for day in public.language_days}
    language = [rate for day in days for rate in by_day[day].rates_per_s]
    return hourly_demand(split(public, language, len(days)))


def split(public: PublicTables, language: Sequence[float], days: int) -> dict[str, list[float]]:
    """Share out language requests as Azure shares conv and code."""
    rates = {s.service: s.rate_per_s for s in public.services}
    total = sum(rates[service] for service in SERVICES.values())
    hourly = {
        name: [rate * rates[service] / total for rate in language]
        for name, service in SERVICES.items()
    }
    return hourly | {"image": list(ordinary_day(public.image_days).rates_per_s) * days}


def hourly_demand(hourly: Mapping[str, Sequence[float]]) -> tuple[Demand, ...]:
    """Turn requests/s by class and hour into demand from the first hour on."""
    return tuple(
        Demand(
            demand_class=name,
            start=START + timedelta(hours=hour),
            hours=1.0,
            rate_per_s=round(rate, 4),
        )
        for name, rates in hourly.items()
        for hour, rate in enumerate(rates)
    )


def points(public: PublicTables) -> tuple[Point, ...]:
    """Turn every measured setting into an operating point; reading the input takes its time."""
    found = []
    for name, service in SERVICES.items():
        sample = next(s for s in public.services if s.service == service)
        for p in public.llm_points:
            if p.model == MODELS[name]:
                flops = p.num_gpus * public.dense_flops[p.gpu]
                seconds = sample.mean_output_tokens / p.tokens_per_s + prefill_seconds(
                    sample.mean_input_tokens, p.active_params_billions, flops
                )
                found.append((name, p.gpu, p.num_gpus, p.itl_p95_ms, 1.0 / seconds))
    found += [
        ("image", p.gpu, p.num_gpus, 1e3 * p.latency_s, p.images_per_s)
        for p in public.image_points
        if p.model == IMAGE_MODEL
    ]
    return tuple(
        Point(demand_class=a, gpu=b, num_gpus=c, latency_ms=d, rate_per_s=e)
        for a, b, c, d, e in found
    )


def make_profiles(offers: Iterable[Offer], settings: Sequence[Point]) -> tuple[Profile, ...]:
    """Fill each machine with replicas of one setting; keep the settings that no other beats."""
    found = []
    names = dict.fromkeys(p.demand_class for p in settings)
    for offer in offers:
        for name in names:
            best = 0.0
            rows = sorted(
                (p.latency_ms, -(offer.accelerator_count // p.num_gpus) * p.rate_per_s)
                for p in settings
                if p.demand_class == name and p.gpu == offer.accelerator
            )
            for latency, rate in rows:
                if -rate > best:
                    best = -rate
                    found.append(
                        Profile(
                            demand_class=name,
                            offer=offer.id,
                            rate_per_s=round(best, 4),
                            latency_ms=round(latency, 2),
                        )
                    )
    return tuple(found)
