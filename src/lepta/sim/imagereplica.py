"""Replicas of images, from measured latencies of whole batches."""

import numpy as np
import numpy.typing as npt

from lepta.errors import InputError
from lepta.sim.batched import Batched

__all__ = ["image_replica"]


def image_replica(
    batch_size: npt.ArrayLike, batch_latency_s: npt.ArrayLike, *, steps: int
) -> Batched:
    """Return the replica that serves static batches in the measured times.

    Both (n,), in any order; repeated sizes are averaged. Between two measured sizes the latency is
    a straight line, below the smallest it stays; the largest measured is the largest batch: what
    lies beyond is not known.

    Raises
    ------
    InputError
        A size is no whole number above 0, a latency is no time above 0, or there is none at all.
    """
    sizes, seconds = np.asarray(batch_size, float), np.asarray(batch_latency_s, float)
    good = np.isfinite(seconds) & (seconds > 0) & (sizes >= 1) & (sizes == np.floor(sizes))
    if sizes.shape != seconds.shape or sizes.ndim != 1 or not sizes.size or not good.all():
        raise InputError(
            "the latencies of batches are not a table of whole sizes >= 1 and times > 0",
            remedy="give one latency in seconds per batch size",
        )
    if steps < 1:
        raise InputError(f"an image takes {steps} steps", remedy="give at least one")
    known = np.unique(sizes)
    means = np.array([seconds[sizes == size].mean() for size in known])
    batches = np.arange(known[-1] + 1)
    return Batched(step_s=np.interp(batches, known, means) / steps, steps=steps, static=True)
