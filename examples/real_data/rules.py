"""The rules that turn public tables into a planning case; docs/howto/real-data.md gives reasons.

Pure: tables in, rows out. Rates are requests/s, times hours or seconds as named, money USD.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import TypeVar

from lepta.domain.demand import Demand, Profile
from lepta.domain.offer import Offer, Term
from lepta.wiring.publicdata import CatalogEntry, Day, ImagePoint, LlmPoint, PublicTables

MODELS = {"chat": "meta-llama/Llama-3.3-70B-Instruct", "code": "Qwen/Qwen3-30B-A3B-Instruct-2507"}
IMAGE_MODEL = "stabilityai/stable-diffusion-3.5-large"
SERVICES = {"chat": "conv", "code": "code"}

ITL_P95_MS = 50.0
"""Objective of chat and code: 95 of 100 gaps between output tokens are at most this long."""
IMAGE_S = 10.0
"""Objective of image: a batch is done within this time."""
PREFILL_EFFICIENCY = 0.5
"""Share of the dense BF16 speed that reading the input reaches."""
UTILIZATION = 0.85
"""Largest planned load of a unit; the same as the default of `lepta plan`."""

Point = TypeVar("Point", LlmPoint, ImagePoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """What one model on some GPUs of one kind serves of a class inside its objective."""

    demand_class: str
    gpu: str
    num_gpus: int
    batch: int
    rate_per_s: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The tables of `lepta plan --case`, and what they were made from."""

    offers: tuple[Offer, ...]
    demand: tuple[Demand, ...]
    profiles: tuple[Profile, ...]
    current: tuple[tuple[str, int], ...]
    replicas: tuple[Replica, ...]
    scale: float
    """By how much the Azure rates were multiplied to reach the level of the language day."""
    language_day: int


def make_case(tables: PublicTables, start: datetime, spot_limit: int = 0) -> Case:
    """Apply every rule; `spot_limit` machines may be held of each spot pool (0: no spot)."""
    offers = choose_offers(tables.prices, spot_limit)
    language = ordinary_day(tables.language_days)
    rates = {s.service: s.rate_per_s for s in tables.services}
    scale = language.mean_per_s / sum(rates[service] for service in SERVICES.values())
    demand = make_demand(tables, language, start)
    replicas = (*text_replicas(tables), *image_replicas(tables.image_points))
    profiles = make_profiles(offers, replicas)
    return Case(
        offers=offers,
        demand=demand,
        profiles=profiles,
        current=peak_of_the_cheapest_type(offers, demand, profiles),
        replicas=replicas,
        scale=scale,
        language_day=language.day,
    )


def choose_offers(prices: Iterable[CatalogEntry], spot_limit: int) -> tuple[Offer, ...]:
    """Keep on-demand and reserved prices, and spot pools up to a limit that the user names."""
    return tuple(
        Offer(
            id=entry.offer.id,
            provider=entry.offer.provider,
            region=entry.offer.region,
            instance_type=entry.offer.instance_type,
            accelerator=entry.offer.accelerator,
            accelerator_count=entry.offer.accelerator_count,
            term=entry.offer.term,
            price_per_hour=entry.offer.price_per_hour,
            limit=spot_limit if entry.offer.term is Term.SPOT else None,
        )
        for entry in prices
        if spot_limit or entry.offer.term is not Term.SPOT
    )


def ordinary_day(days: Sequence[Day]) -> Day:
    """Choose the whole day (no lost window) whose mean is nearest to the mean of such days."""
    whole = [day for day in days if not day.windows_lost]
    mean = fmean(day.mean_per_s for day in whole)
    return min(whole, key=lambda day: (abs(day.mean_per_s - mean), day.day))


def make_demand(tables: PublicTables, language: Day, start: datetime) -> tuple[Demand, ...]:
    """Split the language day as Azure splits conv and code; take the image day as it is."""
    rates = {s.service: s.rate_per_s for s in tables.services}
    total = sum(rates[service] for service in SERVICES.values())
    hourly: dict[str, list[float]] = {
        name: [rate * rates[service] / total for rate in language.rates_per_s]
        for name, service in SERVICES.items()
    }
    hourly["image"] = list(ordinary_day(tables.image_days).rates_per_s)
    return tuple(
        Demand(
            demand_class=name,
            start=start + timedelta(hours=hour),
            hours=1.0,
            rate_per_s=round(rate, 6),
        )
        for name, rates_of_day in hourly.items()
        for hour, rate in enumerate(rates_of_day)
    )


def text_replicas(tables: PublicTables) -> tuple[Replica, ...]:
    """Choose, per class, GPU kind and number of GPUs, the batch that serves most in time."""
    found = []
    for name, service in SERVICES.items():
        sample = next(s for s in tables.services if s.service == service)
        mine = [
            p for p in tables.llm_points if p.model == MODELS[name] and p.itl_p95_ms <= ITL_P95_MS
        ]
        for (gpu, num_gpus), points in _by_shape(mine).items():
            best = max(points, key=lambda p: (p.tokens_per_s, -p.max_batch))
            decode_s = sample.mean_output_tokens / best.tokens_per_s
            prefill_s = prefill_seconds(
                sample.mean_input_tokens,
                best.active_params_billions,
                num_gpus * tables.dense_flops[gpu],
            )
            found.append(
                Replica(
                    demand_class=name,
                    gpu=gpu,
                    num_gpus=num_gpus,
                    batch=best.max_batch,
                    rate_per_s=1.0 / (decode_s + prefill_s),
                    why=f"{best.tokens_per_s:.1f} tokens/s at p95 {best.itl_p95_ms:.1f} ms; "
                    f"{1e3 * decode_s:.2f} ms to write and {1e3 * prefill_s:.2f} ms to read",
                )
            )
    return tuple(found)


def prefill_seconds(tokens: float, params_billions: float, flops: float) -> float:
    """Replica time to read an input: 2 FLOP per parameter and token, at the stated efficiency."""
    return 2.0 * params_billions * 1e9 * tokens / (flops * PREFILL_EFFICIENCY)


def image_replicas(points: Iterable[ImagePoint]) -> tuple[Replica, ...]:
    """Choose, per GPU kind and number of GPUs, the setting that makes most images in time."""
    mine = [p for p in points if p.model == IMAGE_MODEL and p.latency_s <= IMAGE_S]
    found = []
    for (gpu, num_gpus), shape in _by_shape(mine).items():
        best = max(shape, key=lambda p: (p.images_per_s, -p.batch))
        found.append(
            Replica(
                demand_class="image",
                gpu=gpu,
                num_gpus=num_gpus,
                batch=best.batch,
                rate_per_s=best.images_per_s,
                why=f"batch of {best.batch} in {best.latency_s:.2f} s",
            )
        )
    return tuple(found)


def make_profiles(offers: Iterable[Offer], replicas: Sequence[Replica]) -> tuple[Profile, ...]:
    """Fill each machine with the replicas of one shape that serve most; none fits: no row."""
    classes = dict.fromkeys(replica.demand_class for replica in replicas)
    found = []
    for offer in offers:
        for name in classes:
            rates = [
                offer.accelerator_count // replica.num_gpus * replica.rate_per_s
                for replica in replicas
                if replica.demand_class == name and replica.gpu == offer.accelerator
            ]
            if rates and max(rates) > 0:
                found.append(
                    Profile(demand_class=name, offer=offer.id, rate_per_s=round(max(rates), 6))
                )
    return tuple(found)


def peak_of_the_cheapest_type(
    offers: Sequence[Offer], demand: Sequence[Demand], profiles: Sequence[Profile]
) -> tuple[tuple[str, int], ...]:
    """Size one on-demand type that serves every class for the busiest hour; take the cheapest."""
    rates = {(p.offer, p.demand_class): p.rate_per_s for p in profiles}
    load: dict[str, dict[datetime, float]] = {}
    for offer in offers:
        if offer.term is not Term.ON_DEMAND or offer.price_per_hour is None:
            continue
        if all((offer.id, d.demand_class) in rates for d in demand):
            hours = load.setdefault(offer.id, {})
            for d in demand:
                share = d.rate_per_s / rates[offer.id, d.demand_class]
                hours[d.start] = hours.get(d.start, 0.0) + share
    units = {name: math.ceil(max(hours.values()) / UTILIZATION) for name, hours in load.items()}
    prices = {offer.id: offer.price_per_hour or math.inf for offer in offers}
    cheapest = min(units, key=lambda name: (units[name] * prices[name], name))
    return ((cheapest, units[cheapest]),)


def _by_shape(points: Iterable[Point]) -> Mapping[tuple[str, int], list[Point]]:
    shapes: dict[tuple[str, int], list[Point]] = {}
    for point in sorted(points, key=lambda p: (p.gpu, p.num_gpus)):
        shapes.setdefault((point.gpu, point.num_gpus), []).append(point)
    return shapes
