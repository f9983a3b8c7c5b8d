"""Days of demand: seeded ones, and real ones from the public tables; prices and measured speed.

Three markets, of the list prices of July 2026 (on demand, AWS us-east-1 and Google us-central1):

leaderboard  chat, code, image on H100 and B200 by the rules of examples/real_data (ML.ENERGY)
servers      chat (Llama-3.1-70B, 1,024 tokens in and out, FP8) and code (gpt-oss-120b, 8,192 in,
             1,024 out) on H100, H200, B200 as aiconfigurator measured whole servers; image as above
results      chat (a model of 70 billion), code (of 8 billion) and image (SDXL) on L4, L40S, H100,
             H200, B200: medians of the published server results of inference v5.1, per accelerator

The first two also know reasoning (DeepSeek-R1, 1,024 in, 8,192 out, FP8; whole servers).
"""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from lepta.adapters.traces import listprices, servegen
from lepta.domain.demand import Demand
from lepta.domain.offer import Offer, Term
from lepta.domain.plan import PlanCase
from lepta.wiring.publicdata import open_tables

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples" / "real_data"))
import rules

__all__ = ["Market", "Trace", "case_of", "markets", "real_traces", "seeded_traces"]

Array = npt.NDArray[np.float64]

T0 = datetime(2026, 8, 1, tzinfo=UTC)
TPOT_MS, TTFT_MS = 50.0, 5_000.0
"""Objective of whole servers: mean time per output token, and to the first one."""

SERVERS = {
    "chat": ("meta-llama/Llama-3.1-70B", 1_024, 1_024, "fp8"),
    "code": ("openai/gpt-oss-120b", 8_192, 1_024, "fp4"),
    "reasoning": ("deepseek-ai/DeepSeek-R1", 1_024, 8_192, "fp8"),
}
"""Model, tokens in and out, and the precision that all GPU kinds were measured at."""

RESULTS = {
    "chat": ("llama2-70b-99", 294.0),
    "code": ("llama3.1-8b", 128.0),
    "image": ("stable-diffusion-xl", 1.0),
}
"""Model, and units of the result per request: it only scales the level, which is drawn anyway."""


WORKLOADS = {"m-large": "chat", "m-mid": "chat", "mm-image": "image", "deepseek-r1": "reasoning"}
"""What each workload of ServeGen asks for here."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Rates of each class per period of `hours`."""

    name: str
    rates: dict[str, Array]
    hours: float = 1.0


@dataclass(frozen=True, slots=True)
class Market:
    """Offers with list prices, and what was measured of them."""

    name: str
    offers: tuple[Offer, ...]
    replicas: tuple[rules.Replica, ...]

    @property
    def classes(self) -> set[str]:
        """The classes that something was measured for."""
        return {replica.demand_class for replica in self.replicas}

    def largest(self, name: str) -> float:
        """Requests/s that the fastest machine serves of a class."""
        profiles = rules.make_profiles(self.offers, self.replicas)
        return max(p.rate_per_s for p in profiles if p.demand_class == name)


def markets(folder: Path) -> tuple[Market, ...]:
    """Read prices and measurements."""
    tables = open_tables(folder)
    large = _offers(folder, ("h100", "h200", "b200"))
    text, image = rules.text_replicas(tables), rules.image_replicas(tables.image_points)
    servers = _whole_servers(folder)
    reasoning = tuple(r for r in servers if r.demand_class == "reasoning")
    return (
        Market("leaderboard", large, (*text, *image, *reasoning)),
        Market("servers", large, (*servers, *image)),
        Market(
            "results", _offers(folder, ("l4", "l40s", "h100", "h200", "b200")), _results(folder)
        ),
    )


def _offers(folder: Path, gpus: tuple[str, ...]) -> tuple[Offer, ...]:
    entries = (
        *listprices.read_aws(folder, gpus),
        *listprices.read_gcp(folder, ("a3-highgpu-1g", "a3-highgpu-8g"), ("us-central1",)),
    )
    return tuple(
        entry.offer
        for entry in entries
        if entry.offer.term is Term.ON_DEMAND and entry.offer.price_per_hour is not None
    )


def _whole_servers(folder: Path) -> tuple[rules.Replica, ...]:
    """Best measured server per class, GPU kind and number: requests in flight / time of one."""
    found = []
    for name, (model, given, made, precision) in SERVERS.items():
        rows = duckdb.execute(
            "SELECT gpu_system, num_gpus_derived, concurrency, "
            "concurrency / ((ttft_ms + tpot_ms * output_tokens) / 1000) AS rate, ttft_ms, tpot_ms "
            f"FROM '{folder}/llm_perf/serving_silicon.parquet' WHERE mode = 'agg' AND model = ? "
            "AND input_tokens = ? AND output_tokens = ? AND precision = ? AND concurrency > 0 "
            "AND gpu_system LIKE '%_sxm' AND num_gpus_derived <= 8 AND tpot_ms <= ? "
            "AND ttft_ms <= ? QUALIFY row_number() OVER (PARTITION BY gpu_system, num_gpus_derived "
            "ORDER BY rate DESC, id) = 1 ORDER BY ALL",
            [model, given, made, precision, TPOT_MS, TTFT_MS],
        ).fetchall()
        found += [
            rules.Replica(
                demand_class=name,
                gpu=system.removesuffix("_sxm").upper(),
                num_gpus=int(gpus),
                batch=int(batch),
                rate_per_s=float(rate),
                why=f"measured: first token {ttft:.0f} ms, then {tpot:.1f} ms",
            )
            for system, gpus, batch, rate, ttft, tpot in rows
        ]
    return tuple(found)


def _results(folder: Path) -> tuple[rules.Replica, ...]:
    """Median per accelerator of the closed server results, as if one accelerator were a replica."""
    found = []
    for name, (model, units) in RESULTS.items():
        rows = duckdb.execute(
            "SELECT regexp_extract(accelerator, 'NVIDIA (L4|L40S|H100|H200|B200)(-SXM|-PCIe|$)', 1)"
            " AS gpu, median(performance_result / (nodes * accelerators_per_node)) "
            f"FROM '{folder}/llm_perf/mlperf_inference_v5.1.csv' WHERE suite = 'datacenter' AND "
            "category = 'closed' AND scenario = 'Server' AND usedmodel = ? AND gpu <> '' "
            "AND accelerator NOT LIKE 'Virtual%' GROUP BY gpu ORDER BY gpu",
            [model],
        ).fetchall()
        found += [
            rules.Replica(
                demand_class=name,
                gpu=gpu,
                num_gpus=1,
                batch=0,
                rate_per_s=rate / units,
                why=f"median of the server results of {model}",
            )
            for gpu, rate in rows
        ]
    return tuple(found)


def case_of(trace: Trace, place: Market) -> PlanCase:
    """The planning case of a trace: all offers, nothing limited, starts free."""
    wanted = tuple(replica for replica in place.replicas if replica.demand_class in trace.rates)
    return PlanCase(
        offers=place.offers,
        demand=tuple(
            Demand(
                demand_class=name,
                start=T0 + timedelta(hours=trace.hours * step),
                hours=trace.hours,
                rate_per_s=round(float(rate), 6),
            )
            for name, rates in trace.rates.items()
            for step, rate in enumerate(rates)
        ),
        profiles=rules.make_profiles(place.offers, wanted),
        utilization=rules.UTILIZATION,
    )


def seeded_traces(place: Market, seeds: int) -> list[Trace]:
    """Days of chat, code and image: shapes and mixes in turn, levels and noise drawn."""
    return [_seeded(place, seed) for seed in range(seeds)]


SHAPES = ("diurnal", "bursty", "weekend", "two peaks")
MIXES = (
    ("chat", "code", "image"),
    ("chat", "code"),
    ("chat", "image"),
    ("code", "image"),
    ("chat",),
)
MACHINES = 3.0
"""Median of the mean rates, in machines of the fastest kind."""


def _seeded(place: Market, seed: int) -> Trace:
    rng = np.random.default_rng([20261124, seed])
    shape, classes = SHAPES[seed % len(SHAPES)], MIXES[seed % len(MIXES)]
    rates = {}
    for name in classes:
        level = MACHINES * place.largest(name) * rng.lognormal(0.0, 0.8)
        rates[name] = level * _shape(shape, rng) * rng.lognormal(0.0, 0.08, 24)
    return Trace(f"{seed:02} {shape}: {'+'.join(classes)}", rates)


def _shape(shape: str, rng: np.random.Generator) -> Array:
    """24 factors around 1."""
    hour, peak = np.arange(24), rng.uniform(11, 17)
    day = 1 + rng.uniform(0.4, 0.8) * np.cos(2 * np.pi * (hour - peak) / 24)
    if shape == "bursty":  # a quiet service with hours of many times its rate
        day = 0.6 * day
        day[rng.choice(24, size=3, replace=False)] *= rng.uniform(2, 5, 3)
    elif shape == "weekend":  # a Saturday of a service of working days
        day = 0.35 + 0.15 * (day - 1)
    elif shape == "two peaks":
        day = 0.4 + np.exp(-(((hour - 10) / 2.5) ** 2)) + np.exp(-(((hour - 20) / 2.5) ** 2))
    return np.asarray(day)


def real_traces(folder: Path, classes: set[str]) -> list[Trace]:
    """Azure conv and code per minute, ServeGen's days per hour; those of known classes."""
    case = rules.make_case(open_tables(folder), T0)
    found = [
        Trace(f"Azure {service} x {case.scale:.1f}", {name: case.scale * rates}, 1 / 60)
        for name, service in rules.SERVICES.items()
        for rates in [_minutes(folder, service)]
    ]
    for workload, name in WORKLOADS.items():
        day = servegen.read(folder, workload)[0]
        found.append(Trace(f"ServeGen {workload} day 0", {name: np.array(day.rates_per_s)}))
    together: dict[str, list[float]] = {}
    for row in case.demand:
        together.setdefault(row.demand_class, []).append(row.rate_per_s)
    found.append(
        Trace(
            "the day of examples/real_data",
            {name: np.array(rates) for name, rates in together.items()},
        )
    )
    return [trace for trace in found if set(trace.rates) <= classes]


def _minutes(folder: Path, service: str) -> Array:
    """Requests per second in each whole minute from the first request of the service."""
    at = np.sort(
        duckdb.execute(
            f"SELECT epoch(ts) AS at FROM '{folder}/llm_requests/azure_2023.parquet' "
            "WHERE service = ?",
            [service],
        ).fetchnumpy()["at"]
    )
    minute = ((at - at[0]) // 60).astype(int)
    return np.bincount(minute)[: int((at[-1] - at[0]) // 60)] / 60.0
