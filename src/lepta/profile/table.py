"""From measured serving tables to capacities: interpolate, fit between, refuse beyond."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lepta.domain.serving import Capacity, Objective, ServingClass, ServingRow, Setting, Source
from lepta.numerics.program import Array
from lepta.profile.capacity import Curve, capacity, poisson_rate
from lepta.profile.folds import fold_ratios, length_ratios
from lepta.profile.model import LEAST_ROWS, IterationTime, columns, fit

__all__ = [
    "Fitted",
    "Refusal",
    "by_setting",
    "fitted",
    "lengths_outside",
    "measured_curve",
    "serve",
]

LEAST_LOADS = 2


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a setting has no rate for a class."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The model of one setting, where it was measured, and how far held-out rows were off.

    `slow` and `fast` are the 95th and 5th percentile of measured over predicted, TTFT and TPOT.
    """

    time: IterationTime
    inputs: tuple[float, float]
    outputs: tuple[float, float]
    loads: tuple[int, int]
    slow: tuple[float, float]
    fast: tuple[float, float]

    def curve(self, inputs: float, outputs: float, least: int, most: int) -> Curve:
        """Return the latencies of requests of one length at the batches least to most."""
        batches = np.arange(least, most + 1)
        return Curve(
            least,
            self.time.ttft(inputs, outputs, batches),
            self.time.tpot(inputs, outputs, batches),
            outputs,
        )


def by_setting(rows: Iterable[ServingRow]) -> dict[Setting, tuple[ServingRow, ...]]:
    """Group rows by what was measured together, sorted."""
    groups: dict[Setting, list[ServingRow]] = defaultdict(list)
    for row in rows:
        groups[row.setting].append(row)
    return {setting: tuple(groups[setting]) for setting in sorted(groups, key=repr)}


def fitted(rows: Sequence[ServingRow]) -> Fitted | Refusal:
    """Fit the rows of one setting, with the band that its own held-out rows show."""
    if len(rows) < LEAST_ROWS:
        return Refusal(f"{len(rows)} rows are measured, and a fit needs {LEAST_ROWS}")
    i, o, b, _, _ = columns(rows)
    parts = fold_ratios(rows), length_ratios(rows)
    ttft, tpot = (np.concatenate(both) for both in zip(*parts, strict=True))
    slow, fast = ((float(np.quantile(ttft, q)), float(np.quantile(tpot, q))) for q in (0.95, 0.05))
    return Fitted(
        time=fit(rows),
        inputs=(float(i.min()), float(i.max())),
        outputs=(float(o.min()), float(o.max())),
        loads=(int(np.ceil(b.min())), int(b.max())),
        slow=(max(slow[0], 1.0), max(slow[1], 1.0)),
        fast=(min(fast[0], 1.0), min(fast[1], 1.0)),
    )


def serve(
    asked: ServingClass,
    rows: Sequence[ServingRow],
    fit_of: Callable[[], Fitted | Refusal],
    *,
    extrapolate: bool = False,
) -> tuple[Capacity, Source] | Refusal:
    """Say what one replica of a setting serves of a class, and how that is known.

    Lengths that were measured are interpolated between measured loads; others come from the fit,
    which is asked for only then, inside the measured range of lengths. Outside, the answer is a
    refusal, or marked.
    """
    measured = measured_curve(rows, asked.input_tokens, asked.output_tokens)
    if measured is not None:
        exact = _measured(*measured, asked.objective)
        return exact if isinstance(exact, Refusal) else (exact, Source.MEASURED)
    found = fit_of()
    if isinstance(found, Refusal):
        return found
    outside = lengths_outside(asked.input_tokens, asked.output_tokens, found)
    if outside and not extrapolate:
        return Refusal(outside)
    curve = found.curve(asked.input_tokens, asked.output_tokens, *found.loads)
    answer = capacity(curve, asked.objective, slow=found.slow, fast=found.fast)
    if answer is None:
        return Refusal(f"the objective is broken at the smallest measured load, {curve.least}")
    return answer, Source.EXTRAPOLATED if outside else Source.FITTED


def measured_curve(
    rows: Sequence[ServingRow], inputs: float, outputs: float
) -> tuple[Curve, Array] | None:
    """Interpolate the rows of exactly these lengths; None: fewer than two loads were measured.

    Repeated loads are averaged. Latency is made to grow with the load (its running maximum), so
    that a lucky row does not make a larger batch look better than a smaller one.
    """
    at: dict[float, list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        if row.input_tokens == inputs and row.output_tokens == outputs:
            at[row.concurrency].append((row.ttft, row.tpot))
    if len(at) < LEAST_LOADS:
        return None
    loads = np.array(sorted(at), float)
    seen = np.maximum.accumulate([np.mean(at[load], axis=0) for load in loads])
    batches = np.arange(np.ceil(loads[0]), loads[-1] + 1)
    ttft, tpot = (np.interp(batches, loads, seen[:, k]) for k in (0, 1))
    return Curve(int(batches[0]), ttft, tpot, outputs), loads


def _measured(curve: Curve, loads: Array, objective: Objective) -> Capacity | Refusal:
    """Bound the capacity by the last load that keeps the objective and the first that breaks it."""
    answer = capacity(curve, objective)
    if answer is None:
        return Refusal(f"the objective is broken at the smallest measured load, {curve.least}")
    kept = int(max(load for load in loads if load <= answer.concurrency))
    broken = [int(load) for load in loads if load > answer.concurrency]
    rates, share = curve.throughput(), objective.share
    return replace(
        answer,
        low=min(answer.rate, poisson_rate(rates, kept, share)),
        high=max(answer.rate, poisson_rate(rates, broken[0], share)) if broken else None,
    )


def lengths_outside(inputs: float, outputs: float, found: Fitted) -> str:
    """Say which length lies outside the measured range; empty: none does."""
    for name, value, (low, high) in (
        ("input", inputs, found.inputs),
        ("output", outputs, found.outputs),
    ):
        if not low <= value <= high:
            return (
                f"{value:g} {name} tokens lie outside the measured {low:g} to {high:g}; "
                "--extrapolate answers, and says so"
            )
    return ""
