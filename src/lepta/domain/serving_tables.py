"""The columns of the tables that `lepta profile` reads; the parser and the manual read them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from lepta.domain.tables import Column, Kind, RawTable, TableSchema

__all__ = [
    "BATCHES",
    "BENCHMARK",
    "CLASSES",
    "GPUS",
    "MODELS",
    "OTHER_NAMES",
    "PRECISIONS",
    "REQUESTS",
    "SERVING",
    "SERVING_TABLES",
    "parse_renamed",
]

PRECISIONS = ("bf16", "fp16", "fp8", "int8", "fp4", "int4")

# Far beyond all that there is, and still small enough to be multiplied: a number outside is a slip.
MOST_TOKENS = 1e8
MOST_SECONDS = 1e7
LEAST = 1e-9
LEAST_MS = 1e-6
MOST_MS = MOST_SECONDS * 1000

_INPUT = Column(
    name="input_tokens",
    kind=Kind.NUMBER,
    required=True,
    low=1,
    high=MOST_TOKENS,
    about="prompt tokens of a request",
)
_OUTPUT = Column(
    name="output_tokens",
    kind=Kind.NUMBER,
    required=True,
    low=1,
    high=MOST_TOKENS,
    about="generated tokens of a request",
)


def _milliseconds(name: str, about: str, *, required: bool = False) -> Column:
    return Column(
        name=name,
        kind=Kind.NUMBER,
        unit="ms",
        required=required,
        low=LEAST_MS,
        high=MOST_MS,
        about=about,
    )


SERVING = TableSchema(
    name="serving",
    about="Measured latency of model servers: one row per setting, length and concurrency.",
    columns=(
        Column(name="model", required=True, about="name of the model"),
        Column(name="gpu", required=True, about="GPU, such as h100_sxm (or: gpu_system)"),
        Column(
            name="gpus",
            kind=Kind.INTEGER,
            present=True,
            low=1,
            high=1e6,
            about="GPUs of one replica (or: num_gpus_derived); blank: unknown, the row is left out",
        ),
        Column(name="backend", about="server, such as vllm"),
        Column(name="backend_version", about="its version; versions are not mixed in one fit"),
        Column(name="precision", about="of the weights, such as fp8"),
        Column(
            name="attention_dp_size",
            kind=Kind.INTEGER,
            low=0,
            high=1e6,
            about="data-parallel ranks of the attention; not mixed in one fit",
        ),
        Column(name="mode", about="agg or disagg; rows of disagg are left out"),
        _INPUT,
        _OUTPUT,
        Column(
            name="concurrency",
            kind=Kind.NUMBER,
            present=True,
            low=1,
            high=1e5,
            about="requests in the server at once; blank: unknown, the row is left out",
        ),
        _milliseconds("ttft_ms", "time to first token", required=True),
        _milliseconds("tpot_ms", "time per output token after the first", required=True),
    ),
)

CLASSES = TableSchema(
    name="classes",
    about="What is asked for: one row per demand class, with its lengths and objectives.",
    key=("class",),
    columns=(
        Column(name="class", required=True, about="demand class, as in demand.csv"),
        _INPUT,
        _OUTPUT,
        Column(name="model", about="model that serves it; blank: the only one of the table"),
        _milliseconds("ttft_ms", "objective of the time to first token; blank: as in --slo"),
        _milliseconds("tpot_ms", "objective of the time per output token; blank: as in --slo"),
        _milliseconds("e2e_ms", "objective of the whole request; blank: as in --slo"),
    ),
)

BENCHMARK = TableSchema(
    name="benchmark",
    about="A load test: one row per load, with the latency at the percentile you care about.",
    columns=(
        Column(name="class", about="demand class; blank: as in --class"),
        Column(name="offer", about="what was tested; blank: as in --offer"),
        _INPUT,
        _OUTPUT,
        Column(
            name="rate_per_s",
            kind=Kind.NUMBER,
            unit="1/s",
            low=LEAST,
            high=1e9,
            about="requests completed per second; blank: from concurrency and latency",
        ),
        Column(
            name="concurrency",
            kind=Kind.NUMBER,
            low=1,
            high=1e5,
            about="requests in the server at once",
        ),
        _milliseconds("ttft_ms", "time to first token"),
        _milliseconds("tpot_ms", "time per output token after the first"),
        _milliseconds("e2e_ms", "whole request"),
    ),
)

BATCHES = TableSchema(
    name="batches",
    about="Latency of whole batches of images, or of chunks of audio, for a replay.",
    columns=(
        Column(name="offer", about="what it was measured on; blank: the one kind of replica"),
        Column(
            name="batch_size",
            kind=Kind.NUMBER,
            required=True,
            low=1,
            high=1e5,
            about="images, or chunks of audio, worked on together",
        ),
        Column(
            name="batch_latency_s",
            kind=Kind.NUMBER,
            unit="s",
            required=True,
            low=LEAST,
            high=MOST_SECONDS,
            about="time that the batch takes",
        ),
        Column(
            name="chunk_s",
            kind=Kind.NUMBER,
            unit="s",
            low=LEAST,
            high=MOST_SECONDS,
            about="audio in one chunk; blank: 30, the window of common models",
        ),
    ),
)

MODELS = TableSchema(
    name="models",
    about="Published figures of models, for memory and for the roofline.",
    key=("model",),
    columns=(
        Column(name="model", required=True, about="name of the model"),
        Column(
            name="parameters",
            kind=Kind.NUMBER,
            required=True,
            low=1e6,
            high=1e14,
            about="all parameters",
        ),
        Column(
            name="active_parameters",
            kind=Kind.NUMBER,
            low=1e6,
            high=1e14,
            about="parameters that one token uses; blank: all",
        ),
        Column(
            name="layers", kind=Kind.INTEGER, required=True, low=1, high=10_000, about="all layers"
        ),
        Column(
            name="hidden", kind=Kind.INTEGER, required=True, low=1, high=1e6, about="hidden size"
        ),
        Column(
            name="kv_elements",
            kind=Kind.NUMBER,
            required=True,
            low=1,
            high=1e9,
            about="numbers cached per token: 2 x KV heads x head size x layers that cache",
        ),
        Column(
            name="experts", kind=Kind.INTEGER, low=1, high=1e6, about="routed experts; blank: dense"
        ),
        Column(
            name="experts_per_token",
            kind=Kind.INTEGER,
            low=1,
            high=1e6,
            about="experts that a token uses; blank: dense",
        ),
        Column(name="precision", choices=PRECISIONS, about="of the weights; blank: bf16"),
    ),
)

GPUS = TableSchema(
    name="gpus",
    about="Published figures of GPUs, for the roofline.",
    key=("gpu",),
    columns=(
        Column(name="gpu", required=True, about="GPU, such as h100_sxm (or: gpu_system)"),
        Column(
            name="memory_bytes",
            kind=Kind.NUMBER,
            unit="B",
            required=True,
            low=1e8,
            high=1e14,
            about="memory of one GPU",
        ),
        Column(
            name="memory_bandwidth_bytes_per_s",
            kind=Kind.NUMBER,
            unit="B/s",
            required=True,
            low=1e9,
            high=1e16,
            about="of its memory",
        ),
        *(
            Column(
                name=f"{name}_dense_{work}",
                kind=Kind.NUMBER,
                unit="1/s",
                required=name == "bf16",
                low=1e10,
                high=1e19,
                about=f"dense {name} operations per second" + blank,
            )
            for name, work, blank in (
                ("bf16", "flops", ""),
                ("fp8", "flops", "; blank: as bf16"),
                ("fp4", "flops", "; blank: as fp8"),
            )
        ),
        Column(
            name="intra_node_bandwidth_bytes_per_s",
            kind=Kind.NUMBER,
            unit="B/s",
            required=True,
            low=1e8,
            high=1e16,
            about="between GPUs of one machine",
        ),
    ),
)

REQUESTS = TableSchema(
    name="requests",
    about="A log of requests: one row each.",
    columns=(
        Column(name="ts", kind=Kind.INSTANT, required=True, about="arrival, ISO 8601 with zone"),
        _INPUT,
        _OUTPUT,
        Column(name="class", about="class before the sizes are told apart (or: service)"),
    ),
)

SERVING_TABLES = (SERVING, CLASSES, BENCHMARK, BATCHES, MODELS, GPUS, REQUESTS)

OTHER_NAMES: Final[Mapping[str, str]] = {
    "gpu": "gpu_system",
    "gpus": "num_gpus_derived",
    "class": "service",
}
"""What public tables call some of these columns."""


def parse_renamed(schema: TableSchema, raw: RawTable) -> list[dict[str, Any]]:
    """Parse a table whose columns may have their other names; errors say the name in the file."""
    header = {name.strip() for name in raw.header}
    said = {
        name: other for name, other in OTHER_NAMES.items() if name not in header and other in header
    }
    columns = tuple(replace(c, name=said.get(c.name, c.name)) for c in schema.columns)
    key = tuple(said.get(name, name) for name in schema.key)
    back = {other: name for name, other in said.items()}
    rows = replace(schema, columns=columns, key=key).parse(raw)
    return [{back.get(name, name): value for name, value in row.items()} for row in rows]
