"""Roofline multiples learned from a table, for GPUs and models that the table lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.domain.serving import BacktestLine, ServingRow
from lepta.numerics.nnls import fit_relative
from lepta.numerics.program import Array
from lepta.profile.backtest import line
from lepta.profile.model import columns
from lepta.profile.roofline import (
    PUBLISHED,
    Efficiency,
    GpuFigures,
    ModelFigures,
    Replica,
    tpot_terms,
    ttft_terms,
)

__all__ = [
    "LEAST_KNOWN",
    "Known",
    "calibrate",
    "kind_of",
    "known_rows",
    "multiples",
    "published",
    "transfer_backtest",
]

LEAST_KNOWN = 20
"""Fewer rows of a model than this do not tell its multiples; the published ones serve then."""


@dataclass(frozen=True, slots=True)
class Known:
    """Rows whose GPU, model and precision have figures, with their roofline terms and times."""

    gpus: npt.NDArray[np.str_]
    models: npt.NDArray[np.str_]
    kinds: npt.NDArray[np.str_]
    """Architecture: models of one would tell on each other when one is held out."""
    ttft_terms: Array
    tpot_terms: Array
    ttft: Array
    tpot: Array

    def __len__(self) -> int:
        return len(self.tpot)

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Known":
        """Return the chosen rows."""
        return Known(
            self.gpus[chosen],
            self.models[chosen],
            self.kinds[chosen],
            self.ttft_terms[chosen],
            self.tpot_terms[chosen],
            self.ttft[chosen],
            self.tpot[chosen],
        )


def known_rows(
    rows: Sequence[ServingRow],
    models: Mapping[str, ModelFigures],
    gpus: Mapping[str, GpuFigures],
) -> Known | None:
    """Keep the rows that have figures, and compute their terms; None: there is none."""
    groups: dict[Replica, list[ServingRow]] = {}
    for row in rows:
        at = row.setting
        if at.model in models and at.gpu in gpus and at.precision:
            replica = Replica(
                model=models[at.model],
                gpu=gpus[at.gpu],
                gpus=at.gpus,
                precision=at.precision,
            )
            groups.setdefault(replica, []).append(row)
    if not groups:
        return None
    parts = []
    for replica, seen in groups.items():
        i, o, b, ttft, tpot = columns(seen)
        terms = ttft_terms(replica, i, o, b), tpot_terms(replica, i, o, b)
        parts.append((replica, *terms, ttft, tpot))
    return Known(
        np.array([part[0].gpu.name for part in parts for _ in part[3]]),
        np.array([part[0].model.name for part in parts for _ in part[3]]),
        np.array([kind_of(part[0].model) for part in parts for _ in part[3]]),
        *(np.concatenate([part[k] for part in parts]) for k in (1, 2, 3, 4)),
    )


def calibrate(known: Known | None, model: str, gpu: str) -> tuple[Efficiency, str]:
    """Return multiples for a model on a GPU, and where they are from.

    Rows of the same model on other GPUs are used where there are enough; the band is then what they
    miss on each of those GPUs when it is held out. Otherwise the published multiples serve.
    """
    mine = known.where((known.models == model) & (known.gpus != gpu)) if known else None
    if mine is None or len(mine) < LEAST_KNOWN:
        return PUBLISHED, "published multiples"
    names = sorted(set(mine.gpus.tolist()))
    # Of one GPU alone nothing can be held out: the band is then the published one.
    band = _band(mine, mine.gpus) if len(names) > 1 else (PUBLISHED.slow, PUBLISHED.fast)
    made = Efficiency(*multiples(mine), *band)
    return made, f"multiples of {len(mine)} rows of {model} on {', '.join(names)}"


def published(known: Known) -> Efficiency:
    """Return the multiples that fit all rows, and the band from held-out GPUs and architectures."""
    return Efficiency(*multiples(known), *_band(known, known.gpus, known.kinds))


def transfer_backtest(known: Known) -> tuple[BacktestLine, ...]:
    """Hold out every GPU and every architecture in turn; then every GPU of each architecture."""
    lines = []
    for test, parts in (("GPU", known.gpus), ("model", known.kinds)):
        names = sorted(set(parts.tolist()))
        if len(names) > 1:
            for target in ("TTFT", "TPOT"):
                tpot = target == "TPOT"
                errors = [_off(known, parts == name, tpot=tpot) for name in names]
                lines.append(line(test, target, errors))
    for target in ("TTFT", "TPOT"):
        errors = []
        for kind in sorted(set(known.kinds.tolist())):
            mine = known.where(known.kinds == kind)
            for gpu in sorted(set(mine.gpus.tolist())):
                held = mine.gpus == gpu
                if np.count_nonzero(~held) >= LEAST_KNOWN:
                    errors.append(_off(mine, held, tpot=target == "TPOT"))
        if errors:
            lines.append(line("GPU of a known model", target, errors))
    return tuple(lines)


def kind_of(model: ModelFigures) -> str:
    """Name an architecture: models of the same figures are one."""
    return f"{model.parameters:g} parameters, {model.layers} layers, {model.hidden} wide"


def _off(known: Known, held: npt.NDArray[np.bool_], *, tpot: bool) -> Array:
    off: Array = np.abs(1 / _ratios(known, held, tpot=tpot) - 1)
    return off


def multiples(known: Known) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the multiples of TPOT and of TTFT."""
    tpot = fit_relative(known.tpot_terms, known.tpot)
    ttft = fit_relative(known.ttft_terms, known.ttft)
    return tuple(tpot.tolist()), tuple(ttft.tolist())


def _band(
    known: Known, *partitions: npt.NDArray[np.str_]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the 95th and the 5th percentile of measured over estimated TTFT and TPOT.

    Each part of each partition is estimated from all others.
    """
    ttft, tpot = (
        np.concatenate(
            [
                _ratios(known, parts == name, tpot=tpot)
                for parts in partitions
                for name in sorted(set(parts.tolist()))
            ]
        )
        for tpot in (False, True)
    )
    slow, fast = ((float(np.quantile(ttft, q)), float(np.quantile(tpot, q))) for q in (0.95, 0.05))
    return slow, fast


def _ratios(known: Known, held: npt.NDArray[np.bool_], *, tpot: bool) -> Array:
    """Return measured over estimated of the held rows, estimated from all others."""
    terms, seen = (known.tpot_terms, known.tpot) if tpot else (known.ttft_terms, known.ttft)
    ratios: Array = seen[held] / (terms[held] @ fit_relative(terms[~held], seen[~held]))
    return ratios
