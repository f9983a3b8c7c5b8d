"""The time of one iteration of a batched replica, and of its first token, as sums of known terms.

A replica that holds B requests of i input and o output tokens does, per iteration, one token of
each, and the prefill of B / o new requests. Its time is

    TPOT = a + d B + e B (i + o/2) + b B i/o + s (1 - exp(-B/16)) + t (1 - exp(-B/64))       [s]

a: weights and launches; d: per running sequence; e: KV cache read; b: prefill that interleaves. The
last two terms are what a sum of straight lines lacks: a small batch does not yet read all experts
of a mixture, nor fill the units that a large one fills, so the first sequences cost more than later
ones. The first token of a request waits for its own prefill and for those it shares a batch with:

    TTFT = f + g i + h i² + p B + q B i                                                      [s]

All coefficients are >= 0, so both times grow with the batch, and the largest batch inside an
objective is one number. (Prefill grows with its context too; that term, B i²/o in TPOT, made
held-out errors worse and is left out.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.domain.serving import ServingRow
from lepta.numerics.nnls import fit_relative
from lepta.numerics.program import Array

__all__ = ["FEW", "LEAST_ROWS", "MANY", "IterationTime", "columns", "fit", "fit_columns"]

LEAST_ROWS = 8
"""Fewer rows than this do not tell the terms apart."""

FEW, MANY = 16.0, 64.0


def tpot_terms(inputs: npt.ArrayLike, outputs: npt.ArrayLike, batch: npt.ArrayLike) -> Array:
    """Return the terms of TPOT, (m, 6)."""
    i, o, b = _together(inputs, outputs, batch)
    return np.stack(
        (
            np.ones_like(b),
            b,
            b * (i + o / 2),
            b * i / o,
            -np.expm1(-b / FEW),
            -np.expm1(-b / MANY),
        ),
        axis=-1,
    )


def ttft_terms(inputs: npt.ArrayLike, outputs: npt.ArrayLike, batch: npt.ArrayLike) -> Array:
    """Return the terms of TTFT, (m, 5)."""
    i, _, b = _together(inputs, outputs, batch)
    return np.stack((np.ones_like(b), i, i * i, b, b * i), axis=-1)


@dataclass(frozen=True, slots=True)
class IterationTime:
    """Coefficients of one setting, in seconds per term."""

    tpot_per_term: Array
    ttft_per_term: Array

    def tpot(self, inputs: npt.ArrayLike, outputs: npt.ArrayLike, batch: npt.ArrayLike) -> Array:
        """Return seconds per output token."""
        times: Array = tpot_terms(inputs, outputs, batch) @ self.tpot_per_term
        return times

    def ttft(self, inputs: npt.ArrayLike, outputs: npt.ArrayLike, batch: npt.ArrayLike) -> Array:
        """Return seconds to the first token."""
        times: Array = ttft_terms(inputs, outputs, batch) @ self.ttft_per_term
        return times


def fit(rows: Sequence[ServingRow]) -> IterationTime:
    """Fit both times to the rows of one setting by non-negative robust relative regression."""
    return fit_columns(*columns(rows))


def fit_columns(i: Array, o: Array, b: Array, ttft: Array, tpot: Array) -> IterationTime:
    """Fit columns of input, output, concurrency, TTFT and TPOT."""
    return IterationTime(
        fit_relative(tpot_terms(i, o, b), tpot), fit_relative(ttft_terms(i, o, b), ttft)
    )


def columns(rows: Sequence[ServingRow]) -> tuple[Array, Array, Array, Array, Array]:
    """Return input, output, concurrency, TTFT and TPOT as arrays."""
    table = np.array(
        [(r.input_tokens, r.output_tokens, r.concurrency, r.ttft, r.tpot) for r in rows], float
    )
    i, o, b, ttft, tpot = table.T
    return i, o, b, ttft, tpot


def _together(*values: npt.ArrayLike) -> tuple[Array, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(value, float) for value in values)))
