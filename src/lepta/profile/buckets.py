"""Demand classes from a request log: size buckets whose means stand for their requests.

What a request costs a replica is, to a good approximation, a non-negative sum of 1, i, o, i², i·o
and o²: launches, prefill and its attention, decode steps, and the cache that each step reads
(profile/model.py). Taking the mean lengths of a bucket for its requests is exact for 1, i and o;
for the others it is off by the (co)variance inside the buckets. For any such cost the relative
error of the sum is at most the largest relative error of a term, since

    |sum_j c_j (a_j - b_j)| / sum_j c_j a_j  <=  max_j |a_j - b_j| / a_j        for c_j, a_j >= 0.

So the bound holds for every replica of that kind, whichever coefficients it has. Where the replicas
are known, their own cost per request inside the objective (profile/costs.py) joins the terms: the
batch that an objective allows depends on the lengths, and that is no sum of powers.

Buckets are boxes, cut one at a time where the worst term falls most, until the bound is as asked.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.domain.serving import Bucket
from lepta.errors import InputError
from lepta.numerics.program import Array

__all__ = ["MOST_BUCKETS", "POWERS", "Cost", "bound", "buckets"]

Cost = Callable[[Array, Array], Array]
"""Replica-seconds of requests with these inputs and outputs, up to a factor; all above 0."""

POWERS: tuple[Cost, ...] = (
    lambda i, o: i * i,
    lambda i, o: o * o,
    lambda i, o: i * o,
)

MOST_BUCKETS = 500
FAR = np.inf


@dataclass(frozen=True, slots=True)
class _Box:
    """Requests (their places in the log) with lengths in (low, high], and what their mean misses.

    off (terms,): |sum over the requests - number x term of the mean|.
    """

    members: npt.NDArray[np.intp]
    low: tuple[float, float]
    high: tuple[float, float]
    off: Array


def buckets(
    name: str, inputs: Array, outputs: Array, *, error: float, costs: Sequence[Cost] = ()
) -> tuple[tuple[Bucket, ...], npt.NDArray[np.intp], float]:
    """Cut one class into buckets; return them, the bucket of each request, and the bound.

    Raises
    ------
    InputError
        So small an error takes more than 500 buckets.
    """
    cutter = _Cutter(inputs, outputs, (*POWERS, *costs))
    boxes = [cutter.box(np.arange(len(inputs)), (0.0, 0.0), (FAR, FAR))]
    while (off := cutter.errors(boxes)).max() > error:
        if len(boxes) == MOST_BUCKETS:
            raise InputError(
                f"{MOST_BUCKETS} buckets of {name!r} still err by {off.max():.2%}",
                remedy="ask for a larger --bucket-error",
            )
        worst = int(off.argmax())
        place = max(range(len(boxes)), key=lambda at: float(boxes[at].off[worst]))
        boxes[place : place + 1] = cutter.cut(boxes[place], worst)
    boxes.sort(key=lambda box: (box.low, box.high))
    bucket_of = np.empty(len(inputs), np.intp)
    for place, box in enumerate(boxes):
        bucket_of[box.members] = place
    made = tuple(_bucket(name, cutter.lengths, box, alone=len(boxes) == 1) for box in boxes)
    return made, bucket_of, float(cutter.errors(boxes).max())


def bound(
    inputs: Array, outputs: Array, bucket_of: npt.NDArray[np.intp], costs: Sequence[Cost] = ()
) -> float:
    """Return the largest relative error of a term when means stand for the requests of a bucket."""
    count = np.bincount(bucket_of).astype(float)
    used = count > 0
    mean_i, mean_o = (
        np.bincount(bucket_of, lengths)[used] / count[used] for lengths in (inputs, outputs)
    )
    worst = 0.0
    for cost in (*POWERS, *costs):
        real = np.bincount(bucket_of, cost(inputs, outputs))[used]
        said = count[used] * cost(mean_i, mean_o)
        worst = max(worst, float(np.abs(real - said).sum() / real.sum()))
    return worst


class _Cutter:
    """The lengths and the terms of a class, and how to cut a box of it."""

    def __init__(self, inputs: Array, outputs: Array, costs: Sequence[Cost]) -> None:
        self.lengths = np.stack((inputs, outputs))
        self.costs = costs
        self.terms = np.stack([cost(inputs, outputs) for cost in costs])
        self.sums = self.terms.sum(axis=1)

    def errors(self, boxes: Sequence[_Box]) -> Array:
        """Return the relative error of each term over all boxes."""
        errors: Array = np.sum([box.off for box in boxes], axis=0) / self.sums
        return errors

    def box(
        self, members: npt.NDArray[np.intp], low: tuple[float, float], high: tuple[float, float]
    ) -> _Box:
        """Return a box with what its mean misses."""
        mean_i, mean_o = self.lengths[:, members].mean(axis=1, keepdims=True)
        said = np.concatenate([cost(mean_i, mean_o) for cost in self.costs])
        off = np.abs(self.terms[:, members].sum(axis=1) - len(members) * said)
        return _Box(members, low, high, off)

    def cut(self, box: _Box, term: int) -> tuple[_Box, _Box]:
        """Cut a box in two, so that the two miss least of a term."""
        parts = [self._parts(box, axis, edge) for axis, edge in self._edges(box)]
        return min(parts, key=lambda two: float(two[0].off[term] + two[1].off[term]))

    def _edges(self, box: _Box) -> Iterator[tuple[int, float]]:
        """Yield cuts to try: where the variance of a length, or of its logarithm, falls most."""
        for axis, values in enumerate(self.lengths[:, box.members]):
            ordered = np.sort(values)
            places = np.flatnonzero(ordered[1:] > ordered[:-1])
            if places.size:
                for scaled in (ordered, np.log(ordered)):
                    yield axis, float(ordered[places[_steepest(scaled, places)]])

    def _parts(self, box: _Box, axis: int, edge: float) -> tuple[_Box, _Box]:
        left = self.lengths[axis, box.members] <= edge
        high, low = list(box.high), list(box.low)
        high[axis] = low[axis] = edge
        return (
            self.box(box.members[left], box.low, (high[0], high[1])),
            self.box(box.members[~left], (low[0], low[1]), box.high),
        )


def _steepest(ordered: Array, places: npt.NDArray[np.intp]) -> int:
    """Return which of the cuts after `places` lets the sum of squares fall most."""
    left, n = np.cumsum(ordered)[places], len(ordered)
    count, total = places + 1.0, float(ordered.sum())
    return int(np.argmax(left**2 / count + (total - left) ** 2 / (n - count)))


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
