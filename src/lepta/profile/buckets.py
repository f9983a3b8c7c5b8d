"""Demand classes from a request log: size buckets whose means stand for their requests.

What a request costs a replica is, to a good approximation, a non-negative sum of 1, i, o, i², i·o
and o²: launches, prefill and its attention, decode steps, and the cache that each step reads
(profile/model.py). Taking the mean lengths of a bucket for its requests is exact for 1, i and o;
for the others it is off by the (co)variance inside the buckets. For any such cost the relative
error of the sum is at most the largest relative error of a term, since

    |sum_j c_j (a_j - b_j)| / sum_j c_j a_j  <=  max_j |a_j - b_j| / a_j        for c_j, a_j >= 0.

So the bound holds for every replica of that kind, whichever coefficients it has. Buckets are boxes,
split one at a time where the variance of a length falls most (Breiman et al. 1984 for the greedy
rule), until the bound is as asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import numpy.typing as npt

from lepta.domain.serving import Bucket
from lepta.errors import InputError
from lepta.numerics.program import Array

__all__ = ["MOST_BUCKETS", "bound", "buckets"]

MOST_BUCKETS = 500
FAR = np.inf


@dataclass(slots=True)
class _Box:
    """Requests (their places in the log) with lengths in (low, high], and its two best cuts."""

    members: npt.NDArray[np.intp]
    low: tuple[float, float]
    high: tuple[float, float]
    cuts: tuple[tuple[float, float], tuple[float, float]] = field(init=False)
    """Per axis: the fall in the sum of squares, and the length at which to cut."""
    off: Array = field(init=False)
    """What taking the means misses of the sums of i², o² and i·o."""


def buckets(
    name: str, inputs: Array, outputs: Array, *, error: float
) -> tuple[tuple[Bucket, ...], npt.NDArray[np.intp], float]:
    """Cut one class into buckets; return them, the bucket of each request, and the bound.

    Raises
    ------
    InputError
        So small an error takes more than 500 buckets.
    """
    lengths = np.stack((inputs, outputs))
    boxes = [_box(lengths, np.arange(len(inputs)), (0.0, 0.0), (FAR, FAR))]
    sums = _squares(lengths)
    while (off := _errors(boxes, sums)).max() > error:
        if len(boxes) == MOST_BUCKETS:
            raise InputError(
                f"{MOST_BUCKETS} buckets of {name!r} still err by {off.max():.2%}",
                remedy="ask for a larger --bucket-error",
            )
        # Cut the axis whose own error is too large; either, where only their product is.
        axes = np.flatnonzero(off[:2] > error).tolist() or [0, 1]
        place, axis = max(
            product(range(len(boxes)), axes),
            key=lambda at: boxes[at[0]].cuts[at[1]][0] / sums[at[1]],
        )
        boxes[place : place + 1] = _cut(lengths, boxes[place], axis)
    boxes.sort(key=lambda box: (box.low, box.high))
    bucket_of = np.empty(len(inputs), np.intp)
    for place, box in enumerate(boxes):
        bucket_of[box.members] = place
    return (
        tuple(_bucket(name, lengths, box, alone=len(boxes) == 1) for box in boxes),
        bucket_of,
        float(_errors(boxes, sums).max()),
    )


def bound(inputs: Array, outputs: Array, bucket_of: npt.NDArray[np.intp]) -> float:
    """Return the largest relative error of a term when means stand for the requests of a bucket."""
    count = np.bincount(bucket_of).astype(float)
    used = count > 0
    mean_i = np.bincount(bucket_of, inputs)[used] / count[used]
    mean_o = np.bincount(bucket_of, outputs)[used] / count[used]
    worst = 0.0
    for one, two, mean in (
        (inputs, inputs, mean_i * mean_i),
        (inputs, outputs, mean_i * mean_o),
        (outputs, outputs, mean_o * mean_o),
    ):
        real = np.bincount(bucket_of, one * two)[used]
        worst = max(worst, float(np.abs(real - count[used] * mean).sum() / real.sum()))
    return worst


def _squares(lengths: Array) -> Array:
    """Return the sums of i², o² and i·o."""
    i, o = lengths
    return np.array((i @ i, o @ o, i @ o))


def _errors(boxes: Sequence[_Box], sums: Array) -> Array:
    """Return the relative errors of i², o² and i·o over all boxes."""
    errors: Array = np.sum([box.off for box in boxes], axis=0) / sums
    return errors


def _box(
    lengths: Array,
    members: npt.NDArray[np.intp],
    low: tuple[float, float],
    high: tuple[float, float],
) -> _Box:
    box = _Box(members, low, high)
    own = lengths[:, members]
    box.cuts = (_best_cut(own[0]), _best_cut(own[1]))
    i, o = own.mean(axis=1)
    box.off = np.abs(_squares(own) - len(members) * np.array((i * i, o * o, i * o)))
    return box


def _best_cut(values: Array) -> tuple[float, float]:
    """Return the largest fall in the sum of squares by one cut, and the length that ends the left.

    (0, inf) where all values are equal.
    """
    ordered = np.sort(values)
    places = np.flatnonzero(ordered[1:] > ordered[:-1])
    if not places.size:
        return 0.0, FAR
    left, n = np.cumsum(ordered)[places], len(ordered)
    total, count = float(ordered.sum()), places + 1.0
    fall = left**2 / count + (total - left) ** 2 / (n - count) - total**2 / n
    best = int(np.argmax(fall))
    return max(float(fall[best]), np.finfo(float).tiny), float(ordered[places[best]])


def _cut(lengths: Array, box: _Box, axis: int) -> tuple[_Box, _Box]:
    edge = box.cuts[axis][1]
    left = lengths[axis, box.members] <= edge
    high, low = list(box.high), list(box.low)
    high[axis] = low[axis] = edge
    return (
        _box(lengths, box.members[left], box.low, (high[0], high[1])),
        _box(lengths, box.members[~left], (low[0], low[1]), box.high),
    )


def _bucket(name: str, lengths: Array, box: _Box, *, alone: bool) -> Bucket:
    i, o = lengths[:, box.members]
    spans = (
        f"{letter}{low + 1:.0f}-" + (f"{high:.0f}" if high < FAR else "")
        for letter, low, high in zip("io", box.low, box.high, strict=True)
    )
    return Bucket(
        name=name if alone else f"{name} {' '.join(spans)}",
        demand_class=name,
        input_low=box.low[0],
        input_high=box.high[0],
        output_low=box.low[1],
        output_high=box.high[1],
        requests=len(i),
        mean_input=float(i.mean()),
        mean_output=float(o.mean()),
    )
