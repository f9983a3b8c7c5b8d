"""How wrong the latencies of a fit are on rows that it has not seen."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from lepta.domain.serving import BacktestLine, ServingRow, Setting
from lepta.numerics.program import Array
from lepta.profile.folds import FOLDS, fold_ratios
from lepta.profile.model import LEAST_ROWS, columns

__all__ = ["fold_backtest", "line"]


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
