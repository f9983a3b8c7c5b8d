"""How wrong a capacity is where lengths, a GPU or an architecture were held out.

The truth is read off the held-out rows: their capacity where the objective is the TPOT measured at
the middle one of their loads, with no promise of TTFT.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lepta.domain.serving import BacktestLine, Objective, ServingRow, Setting
from lepta.profile.backtest import line
from lepta.profile.capacity import Curve, capacity
from lepta.profile.roofline import (
    PUBLISHED,
    Efficiency,
    GpuFigures,
    ModelFigures,
    Replica,
    estimate,
)
from lepta.profile.table import Refusal, by_setting, fitted, lengths_outside, measured_curve
from lepta.profile.transfer import kind_of, known_rows, multiples

__all__ = ["capacity_backtest", "capacity_transfer"]

LEAST_LOADS = 3
SHARE = 0.95

Trial = tuple[float, bool | None]

Band = tuple[tuple[float, float], tuple[float, float]]
"""How much slower and how much faster than estimated, TTFT and TPOT each."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A measured capacity, the latencies that it was read off, and the objective."""

    curve: Curve
    objective: Objective
    rate: float

    def against(self, said: Curve, band: Band) -> Trial:
        """Return the relative error of what was said, and whether the truth is in its band.

        Where no rate is said at all, the error is 100 %, and there is no band.
        """
        found = capacity(said, self.objective, slow=band[0], fast=band[1])
        if found is None:
            return 1.0, None
        inside = found.low <= self.rate and (found.high is None or self.rate <= found.high)
        return abs(found.rate / self.rate - 1), inside


def capacity_backtest(
    groups: Mapping[Setting, Sequence[ServingRow]],
) -> tuple[BacktestLine, ...]:
    """Hold out every pair of lengths, and find its capacity from the other lengths."""
    tried: dict[Setting, list[Trial]] = defaultdict(list)
    for at, rows in groups.items():
        for inputs, outputs, truth in _truths(rows):
            others = [r for r in rows if (r.input_tokens, r.output_tokens) != (inputs, outputs)]
            model = fitted(others)
            if isinstance(model, Refusal) or lengths_outside(inputs, outputs, model):
                continue
            said = model.curve(inputs, outputs, truth.curve.least, truth.curve.most)
            tried[at].append(truth.against(said, (model.slow, model.fast)))
    return _lines("lengths", tried.values())


def capacity_transfer(
    rows: Sequence[ServingRow],
    models: Mapping[str, ModelFigures],
    gpus: Mapping[str, GpuFigures],
) -> tuple[BacktestLine, ...]:
    """Hold out every GPU, then every architecture, and estimate capacities from the others.

    The band is that of the published multiples.
    """
    known = known_rows(rows, models, gpus)
    if known is None:
        return ()
    lines: list[BacktestLine] = []
    for test, parts in (("GPU", known.gpus), ("model", known.kinds)):
        names = sorted(set(parts.tolist()))
        if len(names) < 2:
            continue
        learned = {
            name: Efficiency(*multiples(known.where(parts != name)), PUBLISHED.slow, PUBLISHED.fast)
            for name in names
        }
        tried: dict[str, list[Trial]] = defaultdict(list)
        for replica, seen in _replicas(rows, models, gpus):
            name = replica.gpu.name if test == "GPU" else kind_of(replica.model)
            for inputs, outputs, truth in _truths(seen):
                said = estimate(replica, learned[name], inputs, outputs, truth.curve.most)
                tried[name].append(truth.against(said, (PUBLISHED.slow, PUBLISHED.fast)))
        lines.extend(_lines(test, tried.values()))
    return tuple(lines)


def _replicas(
    rows: Sequence[ServingRow],
    models: Mapping[str, ModelFigures],
    gpus: Mapping[str, GpuFigures],
) -> Iterator[tuple[Replica, Sequence[ServingRow]]]:
    for at, seen in by_setting(rows).items():
        if at.model in models and at.gpu in gpus and at.precision:
            model, gpu = models[at.model], gpus[at.gpu]
            yield Replica(model=model, gpu=gpu, gpus=at.gpus, precision=at.precision), seen


def _truths(rows: Sequence[ServingRow]) -> Iterator[tuple[float, float, Truth]]:
    for inputs, outputs in sorted({(row.input_tokens, row.output_tokens) for row in rows}):
        seen = measured_curve(rows, inputs, outputs)
        if seen is None or len(seen[1]) < LEAST_LOADS:
            continue
        curve, loads = seen
        middle = float(curve.tpot[int(loads[len(loads) // 2]) - curve.least])
        objective = Objective(tpot=middle, share=SHARE)
        real = capacity(curve, objective)
        if real is not None:
            yield inputs, outputs, Truth(curve, objective, real.rate)


def _lines(test: str, tried: Collection[Sequence[Trial]]) -> tuple[BacktestLine, ...]:
    if not tried:
        return ()
    errors = [np.array([off for off, _ in part]) for part in tried]
    banded = [inside for part in tried for _, inside in part if inside is not None]
    covered = float(np.mean(banded)) if banded else None
    return (line(test, "capacity", errors, covered=covered),)
