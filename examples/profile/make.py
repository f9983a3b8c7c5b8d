"""Make the tables of this folder anew: a pretend model server, its measurements and its requests.

    python examples/profile/make.py

The numbers are generated, none was measured: times are those of a known replica with a few percent
of noise, so that a reader can see what the fit makes of them. models.csv is not made here; its
figures are those that the models' own configuration files state.
"""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
MODEL = "example-8b"
INPUTS, OUTPUTS, LOADS = (256, 1024, 4096), (64, 256, 1024), (1, 4, 16, 64, 128)
# Seconds per term of a decode step (fixed, per sequence, per cached token, per prefill token) and
# of the first token (fixed, per input token, per input token of the whole batch).
REPLICAS = {
    ("l40s", 1): ((19e-3, 90e-6, 0.16e-6, 45e-6), (20e-3, 55e-6, 3e-6)),
    ("h100_sxm", 1): ((6e-3, 35e-6, 0.04e-6, 12e-6), (9e-3, 15e-6, 0.8e-6)),
}
FIRST_DAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
EDGES = (0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0)


def serving(chance: np.random.Generator) -> list[tuple[object, ...]]:
    """Return one row per replica, lengths and load."""
    rows: list[tuple[object, ...]] = []
    for (gpu, gpus), (step, first) in REPLICAS.items():
        for i in INPUTS:
            for o in OUTPUTS:
                for load in LOADS:
                    ttft, tpot = latency(step, first, i, o, load) * chance.normal(1, 0.03, 2)
                    known = (MODEL, gpu, gpus, "vllm", "fp8", i, o, load)
                    rows.append((*known, f"{ttft * 1000:.1f}", f"{tpot * 1000:.2f}"))
    return rows


def latency(
    step: tuple[float, ...], first: tuple[float, ...], i: int, o: int, load: int
) -> np.ndarray:
    """Return seconds to the first token and per token after it."""
    tpot = step[0] + load * (step[1] + step[2] * (i + o / 2) + step[3] * i / o)
    return np.array((first[0] + first[1] * i + first[2] * i * load, tpot))


def requests(chance: np.random.Generator) -> list[tuple[object, ...]]:
    """Return two hours of chat and code, with long tails."""
    rows = []
    for name, count, i, o in (("chat", 900, 6.2, 5.0), ("code", 400, 7.3, 3.2)):
        seconds = np.sort(chance.uniform(0, 7200, count))
        lengths = np.exp(chance.normal((i, o), (0.8, 0.7), (count, 2))).clip(1, 4096).astype(int)
        for at, (given, made) in zip(seconds.tolist(), lengths.tolist(), strict=True):
            moment = FIRST_DAY + timedelta(seconds=round(at, 3))
            rows.append((moment.isoformat().replace("+00:00", "Z"), given, made, name))
    return sorted(rows)


def load_test() -> list[tuple[object, ...]]:
    """Return a load test of one L40S: requests per second against the 95th percentile."""
    return [
        (rate, 1024, 256, f"{150 + 40 * rate**2:.0f}", f"{21 + 3 * rate**1.5:.1f}")
        for rate in (0.5, 1.0, 2.0, 3.0, 4.0, 6.0)
    ]


def snapshot(chance: np.random.Generator, count: int) -> str:
    """Return what a vLLM server exposes after so many requests."""
    said = [
        "# HELP vllm:request_success_total Count of successfully processed requests.",
        "# TYPE vllm:request_success_total counter",
        f'vllm:request_success_total{{finished_reason="stop",model_name="{MODEL}"}} {count}.0',
    ]
    for name, middle in (
        ("time_to_first_token_seconds", 0.2),
        ("request_time_per_output_token_seconds", 0.03),
    ):
        values = chance.lognormal(np.log(middle), 0.5, count)
        said.append(f"# TYPE vllm:{name} histogram")
        for edge in EDGES:
            below = float((values <= edge).sum())
            said.append(f'vllm:{name}_bucket{{le="{edge}",model_name="{MODEL}"}} {below}')
        said.append(f'vllm:{name}_bucket{{le="+Inf",model_name="{MODEL}"}} {count}.0')
        said.append(f'vllm:{name}_count{{model_name="{MODEL}"}} {count}.0')
        said.append(f'vllm:{name}_sum{{model_name="{MODEL}"}} {values.sum():.3f}')
    return "\n".join(said) + "\n"


def write(name: str, header: str, rows: list[tuple[object, ...]]) -> None:
    """Write a table."""
    with (HERE / name).open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header.split(","), *rows])


def main() -> None:
    """Write every table."""
    chance = np.random.default_rng(8)
    lengths = "input_tokens,output_tokens"
    write(
        "serving.csv",
        f"model,gpu,gpus,backend,precision,{lengths},concurrency,ttft_ms,tpot_ms",
        serving(chance),
    )
    write("requests.csv", f"ts,{lengths},class", requests(chance))
    write("load_test.csv", f"rate_per_s,{lengths},ttft_ms,tpot_ms", load_test())
    write(
        "classes.csv",
        f"class,{lengths}",
        [("chat", 1024, 256), ("code", 2000, 64), ("long", 4096, 1024)],
    )
    write(
        "gpus.csv",
        "gpu,memory_bytes,memory_bandwidth_bytes_per_s,bf16_dense_flops,fp8_dense_flops,"
        "fp4_dense_flops,intra_node_bandwidth_bytes_per_s",
        [
            ("h100_sxm", 85899345920, 3.35e12, 9.89e14, 1.978e15, "", 4.5e11),
            ("l40s", 48305799168, 8.64e11, 3.6205e14, 7.33e14, "", 3.2e10),
        ],
    )
    (HERE / "after.prom").write_text(snapshot(chance, 1200), encoding="utf-8")


if __name__ == "__main__":
    main()
