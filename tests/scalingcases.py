"""Pools and snapshots for the tests of policies."""

import math

import numpy as np

from lepta.domain.pool import Pool, Snapshot, Variant

__all__ = ["pool_of", "snapshot"]


def pool_of(*capacities, prices=None, startup_s=60.0, **options):
    """A pool of one class; one variant per capacity, priced like its capacity if not told."""
    prices = prices or [capacity / 10 for capacity in capacities]
    return Pool(
        variants=tuple(
            Variant(name=f"v{i}", price_per_hour=price, startup_s=startup_s, **options)
            for i, price in enumerate(prices)
        ),
        capacity_per_s=np.array([capacities], float),
    )


def snapshot(
    pool,
    serving,
    *,
    at_s=0.0,
    load=math.nan,
    starting=None,
    waiting=0.0,
    running=0.0,
    work=0.0,
    tick_s=15.0,
    utilization=math.nan,
    ready_in_s=(),
    available=None,
    price=None,
):
    """What is seen of a pool; `load` is one number (the last interval) or a list."""
    rows = np.atleast_1d(np.asarray(load, float))[:, None]
    zero = np.zeros(len(pool.variants), np.int64)
    return Snapshot(
        at_s=at_s,
        pool=pool,
        tick_s=tick_s,
        load_per_s=rows,
        serving=np.asarray(serving, np.int64),
        starting=zero if starting is None else np.asarray(starting, np.int64),
        draining=zero,
        ready_in_s=tuple(ready_in_s),
        price_per_hour=pool.prices if price is None else np.asarray(price, float),
        available=np.ones(len(pool.variants), bool) if available is None else np.array(available),
        waiting=waiting,
        running=running,
        waiting_work=np.array([work]),
        utilization=utilization,
    )
