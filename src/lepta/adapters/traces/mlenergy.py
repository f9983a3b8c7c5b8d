"""Measured serving speed and energy of the ML.ENERGY leaderboard (Apache-2.0; NeurIPS D&B 2025).

One row per (task, model, GPU, number of GPUs, batch). Power is the sum over the GPUs of a replica.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lepta.adapters.traces.fetch import fetch
from lepta.units import Count, Milliseconds, PerSecond, Quantity, Seconds, check

__all__ = [
    "IMAGE_FILE",
    "LLM_FILE",
    "ImagePoint",
    "LlmPoint",
    "parse_image",
    "parse_llm",
    "read_image",
    "read_llm",
]

LLM_FILE = "llm_perf/mlenergy_llm.csv"
IMAGE_FILE = "llm_perf/mlenergy_diffusion.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmPoint:
    """One replica of a language model at one batch size."""

    task: str
    model: str
    gpu: str
    num_gpus: Count
    max_batch: Count
    active_params_billions: Quantity
    """Parameters that work on each token: all of a dense model, some of a mixture of experts."""
    tokens_per_s: PerSecond
    """Output tokens per second of the whole replica."""
    itl_p95_ms: Milliseconds
    """95th percentile of the time between two output tokens."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePoint:
    """One replica of a text-to-image model at one batch size."""

    model: str
    gpu: str
    num_gpus: Count
    batch: Count
    latency_s: Seconds
    """From the start of a batch to its images."""
    images_per_s: PerSecond

    def __post_init__(self) -> None:
        check(self)


def parse_llm(rows: Iterable[tuple[Any, ...]]) -> tuple[LlmPoint, ...]:
    """Name the cells of rows in the order of the fields of `LlmPoint`."""
    return tuple(
        LlmPoint(
            task=task,
            model=model,
            gpu=gpu,
            num_gpus=num_gpus,
            max_batch=batch,
            active_params_billions=params,
            tokens_per_s=speed,
            itl_p95_ms=itl,
        )
        for task, model, gpu, num_gpus, batch, params, speed, itl in rows
    )


def parse_image(rows: Iterable[tuple[Any, ...]]) -> tuple[ImagePoint, ...]:
    """Name the cells of rows in the order of the fields of `ImagePoint`."""
    return tuple(
        ImagePoint(
            model=model,
            gpu=gpu,
            num_gpus=num_gpus,
            batch=batch,
            latency_s=latency,
            images_per_s=speed,
        )
        for model, gpu, num_gpus, batch, latency, speed in rows
    )


def read_llm(folder: str | Path, task: str) -> tuple[LlmPoint, ...]:
    """Read the points of one task (lm-arena-chat, sourcegraph-fim, ...), in a fixed order."""
    sql = (
        "SELECT task, model_id, gpu_model, num_gpus, max_num_seqs, activated_params_billions, "
        "output_throughput_tokens_per_sec, p95_itl_ms FROM data WHERE task = $task ORDER BY ALL"
    )
    return parse_llm(fetch(folder, LLM_FILE, sql, task=task))


def read_image(folder: str | Path) -> tuple[ImagePoint, ...]:
    """Read the points of text-to-image, in a fixed order."""
    sql = (
        "SELECT model_id, gpu_model, num_gpus, batch_size, batch_latency_s, "
        "throughput_images_per_sec FROM data WHERE task = 'text-to-image' ORDER BY ALL"
    )
    return parse_image(fetch(folder, IMAGE_FILE, sql))
