"""The time of one iteration of a batched replica, fitted to measured TTFT and TPOT.

An iteration that takes p prompt tokens in, which see q pairs of a token and one before it, and one
token each of n sequences with K tokens in their memory, takes

    a + b p + c q + d n + e K + s (1 - exp(-n/16)) + t (1 - exp(-n/64))        [s]

With always B requests of i input and o output tokens, an iteration holds B i / o prompt tokens in
the mean, and a token of every request. So TPOT is a sum of the same terms, and TTFT of those of
the iterations that a request sees first: half of one that runs when it comes (none where it is
alone), then as many as its prompt has chunks, with its own prompt in them. All terms of both are
fitted at once by non-negative least squares on relative errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.domain.serving import ServingRow
from lepta.numerics.nnls import fit_relative
from lepta.numerics.program import Array
from lepta.profile.model import FEW, LEAST_ROWS, MANY, columns
from lepta.profile.roofline import GpuFigures, ModelFigures, Replica
from lepta.profile.table import Refusal

__all__ = ["Iteration", "fit_iteration", "kv_room", "outside"]

BUDGET = 2048
"""Prompt tokens per iteration where nobody says: a common default, and the best of 1024, 2048 and
8192 on held-out rows of the public table."""
FIRST_WEIGHT = 0.1
"""Of a relative error of TTFT, against one of TPOT: TTFT says more of how a load generator begins
than of the replica."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Iteration:
    """Seconds per term, and where they were measured."""

    fixed_s: float
    prefill_s: float
    context_s: float
    sequence_s: float
    kv_s: float
    few_s: float
    many_s: float
    inputs: tuple[float, float]
    outputs: tuple[float, float]
    loads: tuple[float, float]
    budget: int

    def step_s(self, limit: int) -> Array:
        """Return seconds of an iteration with 0 to limit sequences that decode, (limit + 1,)."""
        n = np.arange(limit + 1.0)
        seconds: Array = (
            self.fixed_s
            + self.sequence_s * n
            - self.few_s * np.expm1(-n / FEW)
            - self.many_s * np.expm1(-n / MANY)
        )
        return seconds

    def tpot(self, inputs: npt.ArrayLike, outputs: npt.ArrayLike, batch: npt.ArrayLike) -> Array:
        """Return seconds per output token with always `batch` requests, in closed form."""
        i, o, b = _together(inputs, outputs, batch)
        seconds: Array = _decode_terms(i, o, b) @ self._coefficients()
        return seconds

    def ttft(self, inputs: npt.ArrayLike, outputs: npt.ArrayLike, batch: npt.ArrayLike) -> Array:
        """Return seconds to the first token with always `batch` requests, in closed form."""
        i, o, b = _together(inputs, outputs, batch)
        terms = _first_terms(_decode_terms(i, o, b), i, b, self.budget)
        seconds: Array = terms @ self._coefficients()
        return seconds

    def _coefficients(self) -> Array:
        return np.array(
            (
                self.fixed_s,
                self.prefill_s,
                self.context_s,
                self.sequence_s,
                self.kv_s,
                self.few_s,
                self.many_s,
            )
        )


def fit_iteration(rows: Sequence[ServingRow], *, budget: int = BUDGET) -> Iteration | Refusal:
    """Fit the rows of one setting; a refusal where they are too few to tell the terms apart."""
    if len(rows) < LEAST_ROWS:
        return Refusal(f"{len(rows)} rows are measured, and a fit needs {LEAST_ROWS}")
    i, o, b, ttft, tpot = columns(rows)
    decode = _decode_terms(i, o, b)
    first = _first_terms(decode, i, b, budget)
    found = fit_relative(
        np.concatenate((decode, first)),
        np.concatenate((tpot, ttft)),
        np.repeat((1.0, FIRST_WEIGHT), len(rows)),
    ).tolist()
    return Iteration(
        fixed_s=found[0],
        prefill_s=found[1],
        context_s=found[2],
        sequence_s=found[3],
        kv_s=found[4],
        few_s=found[5],
        many_s=found[6],
        inputs=(float(i.min()), float(i.max())),
        outputs=(float(o.min()), float(o.max())),
        loads=(float(b.min()), float(b.max())),
        budget=budget,
    )


def _decode_terms(i: Array, o: Array, b: Array) -> Array:
    """Return the terms of a mean iteration, (rows, 7)."""
    return np.stack(
        (
            np.ones_like(b),
            b * i / o,
            b * i * i / (2 * o),
            b,
            b * (i + o / 2),
            -np.expm1(-b / FEW),
            -np.expm1(-b / MANY),
        ),
        axis=-1,
    )


def _first_terms(decode: Array, i: Array, b: Array, budget: int) -> Array:
    """Return the terms of the time to the first token, (rows, 7)."""
    alone = b <= 1
    seen = np.ceil(i / budget) + np.where(alone, 0.0, 0.5)
    others = np.where(alone[..., None], np.eye(decode.shape[-1])[0], decode)
    terms: Array = others * seen[..., None]
    terms[..., 1] += i
    terms[..., 2] += i * i / 2
    return terms


def _together(*values: npt.ArrayLike) -> tuple[Array, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(value, float) for value in values)))


def kv_room(
    model: ModelFigures | None, gpu: GpuFigures | None, gpus: int, precision: str
) -> int | None:
    """Return how many tokens the memory of a replica holds beside its weights.

    None: not known, where a figure of the model or the GPU is missing; 0: the weights do not fit.
    """
    if model is None or gpu is None or not precision:
        return None
    room = Replica(model=model, gpu=gpu, gpus=gpus, precision=precision).room
    return max(int(room), 0)


def outside(
    found: Iteration, input_tokens: npt.ArrayLike, output_tokens: npt.ArrayLike
) -> tuple[float, str]:
    """Return which share of requests has lengths that were not measured, and which, in words.

    Below the shortest measured length counts as outside too; nothing outside: 0 and no words.
    """
    i, o = np.asarray(input_tokens, float), np.asarray(output_tokens, float)
    parts, words = np.zeros(np.broadcast(i, o).shape, bool), []
    for name, column, (low, high) in (("input", i, found.inputs), ("output", o, found.outputs)):
        for what, out in (("shorter", column < low), ("longer", column > high)):
            if out.any():
                bound = low if what == "shorter" else high
                words.append(f"{out.mean():.1%} have {name}s {what} than the measured {bound:g}")
                parts |= out
    share = float(parts.mean()) if parts.size else 0.0
    return share, "; ".join(words)
