"""Rows held out of a fit in turn: how far its predictions are from what was measured."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lepta.domain.serving import ServingRow
from lepta.numerics.program import Array
from lepta.profile.model import LEAST_ROWS, columns, fit_columns

__all__ = ["FOLDS", "fold_ratios", "length_ratios"]

FOLDS = 4
GOLDEN = (5**0.5 - 1) / 2
"""Multiples of it modulo 1 fill the interval evenly: folds that are mixed, and the same each time
(Knuth, The Art of Computer Programming 3, section 6.4)."""


def fold_ratios(rows: Sequence[ServingRow], folds: int = FOLDS) -> tuple[Array, Array]:
    """Return measured over predicted TTFT and TPOT of every row, predicted without its fold."""
    i, o, b, ttft, tpot = columns(rows)
    order = np.lexsort((b, o, i))
    mixed = order[np.argsort(np.arange(len(rows)) * GOLDEN % 1.0, kind="stable")]
    fold_of = np.empty(len(rows), int)
    fold_of[mixed] = np.arange(len(rows)) % folds
    return _held_out((i, o, b, ttft, tpot), fold_of)


def length_ratios(rows: Sequence[ServingRow]) -> tuple[Array, Array]:
    """Return the same, each row predicted without any row of its pair of lengths.

    Pairs without which too few rows are left to fit are passed over: the answer may be empty.
    """
    i, o, b, ttft, tpot = columns(rows)
    _, pair_of = np.unique(np.stack((i, o)), axis=1, return_inverse=True)
    return _held_out((i, o, b, ttft, tpot), pair_of.reshape(-1))


def _held_out(
    table: tuple[Array, Array, Array, Array, Array], part_of: npt.NDArray[np.integer]
) -> tuple[Array, Array]:
    """Predict each part from all others."""
    i, o, b, ttft, tpot = table
    ratios = np.full((2, len(b)), np.nan)
    for part in np.unique(part_of):
        held = part_of == part
        if held.all() or np.count_nonzero(~held) < LEAST_ROWS // 2:
            continue
        time = fit_columns(*(column[~held] for column in table))
        ratios[0, held] = ttft[held] / time.ttft(i[held], o[held], b[held])
        ratios[1, held] = tpot[held] / time.tpot(i[held], o[held], b[held])
    known = np.isfinite(ratios[0])
    return ratios[0, known], ratios[1, known]
