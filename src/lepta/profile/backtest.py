"""How wrong a fit is on rows that it has not seen: folds, and whole pairs of lengths."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from lepta.domain.serving import BacktestLine, Objective, ServingRow, Setting
from lepta.numerics.program import Array
from lepta.profile.capacity import capacity
from lepta.profile.folds import FOLDS, fold_ratios
from lepta.profile.model import LEAST_ROWS, columns
from lepta.profile.table import Refusal, fitted, lengths_outside, measured_curve

__all__ = ["capacity_backtest", "fold_backtest", "line"]


def fold_backtest(groups: Mapping[Setting, Sequence[ServingRow]]) -> tuple[BacktestLine, ...]:
    """Hold out a quarter of the rows of every setting in turn."""
    errors: dict[str, list[Array]] = {"TTFT": [], "TPOT": [], "rate at a load": []}
    for rows in groups.values():
        if len(rows) < LEAST_ROWS:
            continue
        ttft, tpot = fold_ratios(rows)
        errors["TTFT"].append(_off(ttft))
        errors["TPOT"].append(_off(tpot))
        _, o, _, seen_ttft, seen_tpot = columns(rows)
        whole = seen_ttft + seen_tpot * (o - 1)
        predicted = seen_ttft / ttft + seen_tpot / tpot * (o - 1)
        errors["rate at a load"].append(np.abs(whole / predicted - 1))
    return tuple(line(f"{FOLDS}-fold", target, found) for target, found in errors.items() if found)


def capacity_backtest(
    groups: Mapping[Setting, Sequence[ServingRow]], *, share: float = 0.95
) -> tuple[BacktestLine, ...]:
    """Hold out all loads of one pair of lengths, and find its capacity from the other lengths.

    The objective is the TPOT that was measured in the middle of the held-out loads, and no promise
    of TTFT; the truth is the capacity read off the held-out rows.
    """
    errors: list[Array] = []
    inside: list[bool] = []
    for rows in groups.values():
        pairs = sorted({(row.input_tokens, row.output_tokens) for row in rows})
        tried = [one for pair in pairs if (one := _held_out(rows, *pair, share)) is not None]
        if tried:
            errors.append(np.array([off for off, _ in tried]))
            inside.extend(covered for _, covered in tried)
    if not errors:
        return ()
    return (line("lengths", "capacity", errors, covered=float(np.mean(inside))),)


def _held_out(
    rows: Sequence[ServingRow], inputs: float, outputs: float, share: float
) -> tuple[float, bool] | None:
    """Return the relative error of one capacity, and whether the truth lies inside the band."""
    others = [row for row in rows if (row.input_tokens, row.output_tokens) != (inputs, outputs)]
    seen, model = measured_curve(rows, inputs, outputs), fitted(others)
    if seen is None or len(seen[1]) < 3 or isinstance(model, Refusal):
        return None
    if lengths_outside(inputs, outputs, model):
        return None
    truth, loads = seen
    middle = float(truth.tpot[int(loads[len(loads) // 2]) - truth.least])
    objective = Objective(tpot=middle, share=share)
    real = capacity(truth, objective)
    said = capacity(
        model.curve(inputs, outputs, truth.least, truth.most),
        objective,
        slow=model.slow,
        fast=model.fast,
    )
    if real is None or said is None:
        return None if real is None else (1.0, False)
    covered = said.low <= real.rate and (said.high is None or real.rate <= said.high)
    return abs(said.rate / real.rate - 1), covered


def line(
    test: str, target: str, errors: Iterable[Array], *, covered: float | None = None
) -> BacktestLine:
    """Sum up relative errors: over all rows, and the worst mean of a group."""
    groups = list(errors)
    every = np.concatenate(groups)
    return BacktestLine(
        test=test,
        target=target,
        rows=len(every),
        groups=len(groups),
        mean=float(every.mean()),
        median=float(np.median(every)),
        p90=float(np.quantile(every, 0.9)),
        worst_group=float(max(group.mean() for group in groups)),
        covered=covered,
    )


def _off(measured_over_predicted: Array) -> Array:
    """Turn measured / predicted into |predicted / measured - 1|."""
    off: Array = np.abs(1 / measured_over_predicted - 1)
    return off
