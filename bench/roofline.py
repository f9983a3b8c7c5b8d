"""Throughput of four GPUs by a roofline, and the settings of the Melange comparison made from it.

The paper measured Llama-2-7B; its table is not copied here. A request of i input and o output
tokens, b of them together on one GPU:

    step      t(b) = (weights + b * kv * (i + o / 2)) / (bandwidth * 0.8)      seconds per token
    reading   p    = 2 * parameters * i / (FLOP/s * 0.5)                       seconds per request
    rate      R(b) = b / (o * t(b) + b * p)                                    requests per second
    per token TPOT = t(b) + b * p / o
    memory    weights + b * kv * (i + o) <= 0.9 * memory

and the profile is the largest R(b) with TPOT within the objective. Deterministic; shares of
buckets are exact integrals of lognormal sizes. Sizes are the upper corner of their bucket.
"""

import math
from datetime import UTC, datetime

from lepta.domain.demand import Demand, Profile
from lepta.domain.offer import Offer
from lepta.domain.plan import PlanCase

__all__ = ["DATASETS", "GPUS", "OBJECTIVES_MS", "RATES", "largest_rate", "setting", "shares"]

GPUS = {
    "L4": (0.70, 24e9, 300e9, 121e12),
    "A10G": (1.01, 24e9, 600e9, 70e12),
    "A100-80GB": (3.67, 80e9, 2039e9, 312e12),
    "H100": (7.516, 80e9, 3350e9, 989e12),
}
"""USD per hour (the paper's prices), bytes, bytes/s, dense 16-bit FLOP/s (the makers' sheets)."""

PARAMETERS, WEIGHTS = 6.74e9, 2 * 6.74e9
KV_PER_TOKEN = 2 * 32 * 4096 * 2
"""Llama-2-7B in 16 bits: keys and values of 32 layers of 4,096, bytes per token."""

BANDWIDTH_REACHED, FLOPS_REACHED, MEMORY_USED = 0.8, 0.5, 0.9

INPUTS = (25, 100, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000)
OUTPUTS = (25, 100, 250, 500, 1_000, 2_000)
"""Upper edges: 10 x 6 buckets, as many as in the paper."""

OBJECTIVES_MS = {"loose": 120.0, "tight": 60.0}
"""Mean time per output token. The paper's tight one is 40 ms: by this roofline no L4 reaches it."""

RATES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)

_CHAT, _DOCUMENT = (120.0, 1.2, 150.0, 0.9), (3_200.0, 0.6, 250.0, 0.5)
DATASETS = {
    "chat": ((1.0, _CHAT),),
    "document": ((1.0, _DOCUMENT),),
    "mixed": ((0.8, _CHAT), (0.2, _DOCUMENT)),
}
"""Share, then median and sigma (of the logarithm) of input and of output tokens."""

LEAST_SHARE = 1e-4
"""Buckets with a smaller share are left out, and the rest made to sum to 1."""


def largest_rate(gpu: str, given: int, made: int, objective_ms: float) -> float:
    """Requests per second that one GPU serves of one size in time; 0 where it cannot."""
    _, memory, bandwidth, flops = GPUS[gpu]
    fits = int((MEMORY_USED * memory - WEIGHTS) // (KV_PER_TOKEN * (given + made)))
    read = 2 * PARAMETERS * given / (flops * FLOPS_REACHED)
    best = 0.0
    for batch in range(1, fits + 1):
        step = (WEIGHTS + batch * KV_PER_TOKEN * (given + made / 2)) / (
            bandwidth * BANDWIDTH_REACHED
        )
        if 1000 * (step + batch * read / made) > objective_ms:
            break
        best = batch / (made * step + batch * read)
    return best


def shares(dataset: str) -> dict[tuple[int, int], float]:
    """Share of the requests in each bucket (upper edges of input and output)."""
    found: dict[tuple[int, int], float] = {}
    for weight, (i_median, i_sigma, o_median, o_sigma) in DATASETS[dataset]:
        for given, i_share in _cut(INPUTS, i_median, i_sigma).items():
            for made, o_share in _cut(OUTPUTS, o_median, o_sigma).items():
                found[given, made] = found.get((given, made), 0.0) + weight * i_share * o_share
    kept = {size: share for size, share in found.items() if share >= LEAST_SHARE}
    return {size: share / sum(kept.values()) for size, share in kept.items()}


def _cut(edges: tuple[int, ...], median: float, sigma: float) -> dict[int, float]:
    """Share of a lognormal between the edges; what lies above the last is left out."""
    below = [
        0.5 * (1 + math.erf(math.log(edge / median) / (sigma * math.sqrt(2)))) for edge in edges
    ]
    return dict(
        zip(
            edges,
            (high - low for low, high in zip([0.0, *below], below, strict=False)),
            strict=True,
        )
    )


def setting(dataset: str, objective: str, rate: float) -> PlanCase:
    """One cell of the comparison: one period, loads up to 1, no quotas."""
    limit = OBJECTIVES_MS[objective]
    able = {
        (size, gpu): found
        for size in shares(dataset)
        for gpu in GPUS
        if (found := largest_rate(gpu, *size, limit)) > 0
    }
    served = {size for size, _ in able}
    demand = {size: share for size, share in shares(dataset).items() if size in served}
    return PlanCase(
        offers=tuple(
            Offer(id=gpu, accelerator=gpu, accelerator_count=1, price_per_hour=sheet[0])
            for gpu, sheet in GPUS.items()
        ),
        demand=tuple(
            Demand(
                demand_class=f"{given}in-{made}out",
                start=datetime(2026, 11, 23, tzinfo=UTC),
                hours=1.0,
                rate_per_s=rate * share / sum(demand.values()),
            )
            for (given, made), share in demand.items()
        ),
        profiles=tuple(
            Profile(demand_class=f"{size[0]}in-{size[1]}out", offer=gpu, rate_per_s=found)
            for (size, gpu), found in able.items()
        ),
        utilization=1.0,
    )
