"""From a load to levels of several variants: the cheapest first, spot at what of it survives."""

import math

import numpy as np
import numpy.typing as npt

from lepta.domain.pool import Array, Snapshot

__all__ = ["fill", "survival"]

HOUR_S = 3600.0
ROOM = 1e-9


def survival(seen: Snapshot) -> Array:
    """Return per variant the chance that a replica lives through its start and the next tick."""
    return np.array(
        [
            math.exp(-v.interruptions_per_hour * (v.startup_s + seen.tick_s) / HOUR_S)
            for v in seen.pool.variants
        ]
    )


def fill(seen: Snapshot, load_per_s: npt.ArrayLike) -> tuple[tuple[int, ...], Array]:
    """Return levels that carry a load (classes,), and what of it finds no place (classes,).

    Each class goes to the variants by their price per load that survives, cheapest first, up to
    their limits; of a variant that the market does not give now, no more than is held. Classes
    that few variants can serve come first.
    """
    pool, left = seen.pool, np.array(load_per_s, float)
    alive = survival(seen)
    rate = pool.capacity_per_s * alive
    room = np.where(seen.available, pool.limits, seen.held).astype(float)
    used = np.zeros(len(pool.variants))
    for w in np.argsort((rate > 0).sum(axis=1), kind="stable"):
        with np.errstate(divide="ignore"):
            per_load = np.where(rate[w] > 0, seen.price_per_hour / rate[w], np.inf)
        for v in np.argsort(per_load, kind="stable"):
            if left[w] <= 0 or not math.isfinite(per_load[v]):
                break
            take = min(left[w] / rate[w, v], room[v] - used[v])
            used[v] += take
            left[w] -= take * rate[w, v]
    want = np.ceil(used - ROOM * np.maximum(1.0, used))
    return tuple(int(level) for level in np.maximum(want, 0)), np.maximum(left, 0.0)
