"""From parsed tables to the values of this room; what a row cannot mean is said with its line."""

from dataclasses import replace
from typing import Any

from lepta.domain.case import Table
from lepta.domain.serving import Objective, ServingClass, ServingRow, Setting
from lepta.errors import InputError
from lepta.profile.benchmark import Tested
from lepta.profile.roofline import GpuFigures, ModelFigures

__all__ = ["benchmark_rows", "classes", "gpu_figures", "model_figures", "serving_rows"]


def serving_rows(table: Table) -> tuple[tuple[ServingRow, ...], tuple[str, ...]]:
    """Return the usable rows of a serving table, and what was left out, in words."""
    rows, left = [], {"disaggregated": 0, "without gpus": 0, "without concurrency": 0}
    for row in table.rows:
        if row["mode"] == "disagg":
            left["disaggregated"] += 1
        elif row["gpus"] is None:
            left["without gpus"] += 1
        elif row["concurrency"] is None:
            left["without concurrency"] += 1
        else:
            rows.append(_serving_row(row))
    if not rows:
        raise InputError(
            "has no row with gpus and concurrency of an aggregated server",
            where=table.source,
            remedy="fill in gpus and concurrency",
        )
    said = tuple(
        f"{table.source}: left out for being {what}: {count} of {len(table.rows)} rows"
        for what, count in left.items()
        if count
    )
    return tuple(rows), said


def _serving_row(row: Any) -> ServingRow:
    return ServingRow(
        setting=Setting(
            model=row["model"],
            gpu=row["gpu"],
            gpus=row["gpus"],
            backend=row["backend"] or "",
            backend_version=row["backend_version"] or "",
            precision=row["precision"] or "",
            attention_dp=row["attention_dp_size"],
        ),
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        concurrency=row["concurrency"],
        ttft=row["ttft_ms"] / 1000,
        tpot=row["tpot_ms"] / 1000,
    )


def classes(
    table: Table, objective: Objective | None, model: str | None, share: float
) -> tuple[ServingClass, ...]:
    """Return the demand classes; what a row leaves blank is that of the command.

    Raises
    ------
    InputError
        A class has no objective at all.
    """
    return tuple(
        ServingClass(
            name=row["class"],
            input_tokens=row["input_tokens"],
            output_tokens=row["output_tokens"],
            objective=_objective(table.source, row, objective, share),
            model=row["model"] or model,
        )
        for row in table.rows
    )


def _objective(source: str, row: Any, default: Objective | None, share: float) -> Objective:
    own = {
        name: row[f"{name}_ms"] / 1000
        for name in ("ttft", "tpot", "e2e")
        if row[f"{name}_ms"] is not None
    }
    if default is None and not own:
        raise InputError.at(
            source,
            "has no latency objective",
            row=row["_line"],
            column="ttft_ms",
            remedy="give --slo ttft=2s,tpot=50ms, or fill in ttft_ms, tpot_ms or e2e_ms",
        )
    return replace(default, **own) if default else Objective(**own, share=share)


def benchmark_rows(
    table: Table, objective: Objective, *, name: str, offer: str
) -> tuple[Tested, ...]:
    """Return the loads of a test; `name` and `offer` stand for blank cells.

    Raises
    ------
    InputError
        A row lacks a latency that is promised, a load, or an offer.
    """
    by_concurrency = all(row["concurrency"] is not None for row in table.rows)
    return tuple(
        _tested(table.source, row, objective, name, offer, by_concurrency) for row in table.rows
    )


def _tested(
    source: str, row: Any, objective: Objective, name: str, offer: str, by_concurrency: bool
) -> Tested:
    def missing(column: str, why: str) -> InputError:
        return InputError.at(
            source, f"is blank, but {why}", row=row["_line"], column=column, remedy="fill it in"
        )

    seconds = {k: None if row[f"{k}_ms"] is None else row[f"{k}_ms"] / 1000 for k in LATENCIES}
    for latency in LATENCIES:
        if getattr(objective, latency) is not None and seconds[latency] is None:
            raise missing(f"{latency}_ms", "the objective promises it")
    rate = row["rate_per_s"]
    if rate is None:
        whole = seconds["e2e"]
        if whole is None and seconds["ttft"] is not None and seconds["tpot"] is not None:
            whole = seconds["ttft"] + seconds["tpot"] * (row["output_tokens"] - 1)
        if row["concurrency"] is None or whole is None:
            raise missing("rate_per_s", "there is no concurrency and whole latency to tell it from")
        rate = row["concurrency"] / whole
    at = row["offer"] or offer
    if not at:
        raise missing("offer", "no --offer is given")
    return Tested(
        name=row["class"] or name,
        offer=at,
        output_tokens=row["output_tokens"],
        load=row["concurrency"] if by_concurrency else rate,
        rate=rate,
        concurrency=row["concurrency"],
        **seconds,
    )


LATENCIES = ("ttft", "tpot", "e2e")


def model_figures(table: Table, precision: str | None) -> dict[str, ModelFigures]:
    """Return the figures of models by name; `precision` overrides that of the table."""
    return {row["model"]: _model(table.source, row, precision) for row in table.rows}


def _model(source: str, row: Any, precision: str | None) -> ModelFigures:
    try:
        return ModelFigures(
            name=row["model"],
            parameters=row["parameters"],
            active=row["active_parameters"] or row["parameters"],
            layers=row["layers"],
            hidden=row["hidden"],
            kv_elements=row["kv_elements"],
            experts=row["experts"],
            experts_per_token=row["experts_per_token"],
            precision=precision or row["precision"] or "bf16",
        )
    except InputError as error:
        raise InputError.at(source, error.what, row=row["_line"], remedy=error.remedy) from None


def gpu_figures(table: Table) -> dict[str, GpuFigures]:
    """Return the figures of GPUs by name."""
    return {
        row["gpu"]: GpuFigures(
            name=row["gpu"],
            memory=row["memory_bytes"],
            bandwidth=row["memory_bandwidth_bytes_per_s"],
            bf16=row["bf16_dense_flops"],
            fp8=row["fp8_dense_flops"],
            fp4=row["fp4_dense_flops"],
            link=row["intra_node_bandwidth_bytes_per_s"],
        )
        for row in table.rows
    }
