"""What published figures of a GPU and a model say about a replica that nobody measured.

Each term is a time in seconds that no replica can beat, or a fixed cost per layer; real servers
take a multiple of it (the roofline of Williams, Waterman and Patterson 2009). Per decode iteration
with B sequences of i input and o output tokens on n GPUs:

    weights   bytes read / (n bandwidth); a mixture reads the experts that B tokens touch,
              1 - (1 - k/E)^B of them
    cache     B (i + o/2) kv bytes / (n bandwidth)
    arithmetic 2 active parameters B (1 + i/o) / (n FLOP/s of the precision)
    exchange  2 layers hidden 2 bytes B (1 + i/o) / (bandwidth between GPUs), where n > 1
    layers    1 µs per layer, and once more where n > 1 (launches and waits)

The multiples are those that fit `serving_silicon` best (bench/bench_profile.py makes them anew);
the band is what such multiples missed on models and GPUs that had been held out.
"""

from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
import numpy.typing as npt

from lepta.errors import InputError
from lepta.numerics.program import Array
from lepta.profile.capacity import Curve
from lepta.units import Count, GiB, Unit, check

__all__ = [
    "PUBLISHED",
    "Efficiency",
    "GpuFigures",
    "ModelFigures",
    "Replica",
    "estimate",
    "kv_gib",
    "tpot_terms",
    "ttft_terms",
    "weights_gib",
]

Bytes = Annotated[float, Unit("B", low=0.0)]
PerSecond = Annotated[float, Unit("1/s", low=0.0)]

BYTES: Final = {"bf16": 2.0, "fp16": 2.0, "fp8": 1.0, "int8": 1.0, "fp4": 0.5, "int4": 0.5}
KV_BYTES: Final = 2.0
"""Per cached number: servers cache in 16 bits unless told otherwise."""
LAYER_S: Final = 1e-6
USABLE: Final = 0.9
"""Of a GPU's memory: the rest is activations, graphs and fragments (the default of vLLM)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuFigures:
    """Published figures of one GPU."""

    name: str
    memory: Bytes
    bandwidth: PerSecond
    """Bytes per second of its memory."""
    bf16: PerSecond
    fp8: PerSecond | None
    fp4: PerSecond | None
    link: PerSecond
    """Bytes per second to the other GPUs of its machine."""

    def __post_init__(self) -> None:
        check(self)

    def flops(self, precision: str) -> float:
        """Return dense operations per second; a precision without units runs in the next wider."""
        fp8 = self.fp8 or self.bf16
        return {8.0: fp8, 4.0: self.fp4 or fp8}.get(8 * BYTES[precision], self.bf16)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFigures:
    """Published figures of one model."""

    name: str
    parameters: Annotated[float, Unit("1", low=1.0)]
    active: Annotated[float, Unit("1", low=1.0)]
    layers: Count
    hidden: Count
    kv_elements: Annotated[float, Unit("1", low=1.0)]
    experts: Count | None = None
    experts_per_token: Count | None = None
    precision: str = "bf16"

    def __post_init__(self) -> None:
        check(self)
        if (self.experts is None) != (self.experts_per_token is None) or (
            self.experts and self.experts_per_token and self.experts_per_token > self.experts
        ):
            raise InputError(
                f"{self.experts} experts, {self.experts_per_token} of them per token",
                where=self.name,
                remedy="give both, the second at most the first, or neither for a dense model",
            )
        if self.active > self.parameters:
            raise InputError(
                f"{self.active:g} active parameters of {self.parameters:g}",
                where=self.name,
                remedy="active_parameters is at most parameters",
            )

    def read(self, batch: npt.ArrayLike, precision: str) -> Array:
        """Return the bytes of weights that one iteration of a batch reads."""
        tokens = np.asarray(batch, float)
        if self.experts is None or self.experts_per_token is None:
            return np.full_like(tokens, self.parameters * BYTES[precision])
        part = self.experts_per_token / self.experts
        routed = (self.parameters - self.active) / (1 - part) if part < 1 else 0.0
        touched: Array = self.parameters - routed * (1 - part) ** tokens
        return touched * BYTES[precision]


@dataclass(frozen=True, slots=True)
class Efficiency:
    """Multiples of the terms of TPOT and TTFT, and measured over estimated on what was held out.

    `slow` and `fast` are the 95th and 5th percentile of that ratio, TTFT and TPOT.
    """

    tpot: tuple[float, ...]
    ttft: tuple[float, ...]
    slow: tuple[float, float]
    fast: tuple[float, float]


PUBLISHED: Final = Efficiency(
    tpot=(53.739, 42.812, 1.438, 0.389, 1.771, 1.19),
    ttft=(313.954, 6.561, 0.0, 0.142, 9.758, 13.276, 20.346),
    slow=(7.905, 2.378),
    fast=(0.523, 0.640),
)
"""Fitted to the 2,612 aggregated rows of serving_silicon (ai-dynamo/aiconfigurator, Apache-2.0;
H100, H200, B200, B300, GB200; seven models) whose replica and precision are known."""


def weights_gib(model: ModelFigures, precision: str) -> GiB:
    """Return the memory of the weights."""
    return model.parameters * BYTES[precision] / 2**30


def kv_gib(model: ModelFigures, tokens: float) -> GiB:
    """Return the memory of so many cached tokens."""
    return model.kv_elements * KV_BYTES * tokens / 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """A model on some GPUs of one kind, its weights in one precision."""

    model: ModelFigures
    gpu: GpuFigures
    gpus: Count
    precision: str

    def __post_init__(self) -> None:
        check(self)
        if self.precision not in BYTES:
            raise InputError(
                f"the precision is {self.precision!r}",
                where=self.model.name,
                remedy=f"give one of {', '.join(BYTES)}",
            )

    @property
    def room(self) -> float:
        """Cached tokens that fit beside the weights; below 1: the weights do not fit."""
        weights = self.model.parameters * BYTES[self.precision]
        free = self.gpus * self.gpu.memory * USABLE - weights
        return free / (self.model.kv_elements * KV_BYTES)


def tpot_terms(
    replica: Replica, inputs: npt.ArrayLike, outputs: npt.ArrayLike, batch: npt.ArrayLike
) -> Array:
    """Return the terms of one decode iteration in seconds, (m, 6)."""
    model, gpu, gpus, precision = replica.model, replica.gpu, replica.gpus, replica.precision
    i, o, b = _together(inputs, outputs, batch)
    tokens = b * (1 + i / o)
    layers = np.full_like(b, LAYER_S * model.layers)
    several = float(gpus > 1)
    return np.stack(
        (
            layers,
            layers * several,
            model.read(b, precision) / (gpus * gpu.bandwidth),
            b * (i + o / 2) * model.kv_elements * KV_BYTES / (gpus * gpu.bandwidth),
            2 * model.active * tokens / (gpus * gpu.flops(precision)),
            _exchange(model, gpu, tokens) * several,
        ),
        axis=-1,
    )


def ttft_terms(
    replica: Replica, inputs: npt.ArrayLike, outputs: npt.ArrayLike, batch: npt.ArrayLike
) -> Array:
    """Return the terms of the first token in seconds, (m, 7): own prefill, and that of others."""
    model, gpu, gpus, precision = replica.model, replica.gpu, replica.gpus, replica.precision
    i, _, b = _together(inputs, outputs, batch)
    speed = gpus * gpu.flops(precision)
    layers = np.full_like(b, LAYER_S * model.layers)
    return np.stack(
        (
            layers,
            np.full_like(b, model.parameters * BYTES[precision] / (gpus * gpu.bandwidth)),
            2 * model.active * i / speed,
            2 * model.active * i * b / speed,
            4 * model.layers * model.hidden * i * i / speed,
            _exchange(model, gpu, i) * float(gpus > 1),
            layers * b,
        ),
        axis=-1,
    )


def estimate(
    replica: Replica, efficiency: Efficiency, inputs: float, outputs: float, most: int
) -> Curve:
    """Return the estimated latencies at the batches 1 to most."""
    batches = np.arange(1, most + 1)
    return Curve(
        1,
        ttft_terms(replica, inputs, outputs, batches) @ np.array(efficiency.ttft),
        tpot_terms(replica, inputs, outputs, batches) @ np.array(efficiency.tpot),
        outputs,
    )


def _exchange(model: ModelFigures, gpu: GpuFigures, tokens: Array) -> Array:
    seconds: Array = 2 * model.layers * model.hidden * 2.0 * tokens / gpu.link
    return seconds


def _together(*values: npt.ArrayLike) -> tuple[Array, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(value, float) for value in values)))
