"""What a replica of each variant is worth, in replicas of the cheapest at the mix of now."""

from dataclasses import dataclass

import numpy as np

from lepta.domain.pool import Array, Pool

__all__ = ["Worth", "cheapest_rate", "per_replica", "worth"]


@dataclass(frozen=True, slots=True)
class Worth:
    """One unit for loads and replicas of a mixed pool: a replica of each class's cheapest variant.

    load (classes,): replicas per unit of load of a class; replica (variants,): what one of each
    variant is worth; mix (classes,): the loads that this holds for; whole: they, in replicas.
    """

    load: Array
    replica: Array
    mix: Array
    whole: float


def cheapest_rate(pool: Pool) -> Array:
    """Return (classes,) the capacity of the variant that serves each class cheapest; 0: none."""
    rate = pool.capacity_per_s
    if rate.size == 1:
        return np.asarray(rate[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        per_load = np.where(rate > 0, pool.prices / rate, np.inf)
    best = np.argmin(per_load, axis=1)
    return np.asarray(rate[np.arange(len(rate)), best])


def per_replica(rate: Array) -> Array:
    """Return 1 / rate, 0 where it is 0."""
    return np.divide(1.0, rate, out=np.zeros(len(rate)), where=rate > 0)


def worth(pool: Pool, mix: Array) -> Worth:
    """Return the worth of replicas at a mix of loads (classes,); no load: equal parts.

    A variant that serves every class of the mix is worth what it serves of it; one that serves
    some classes is worth its best class.
    """
    rate = pool.capacity_per_s
    unit = cheapest_rate(pool)
    load = per_replica(unit)
    loads = mix if len(mix) and mix.sum() > 0 else unit
    whole = float(loads @ load)
    if rate.size == 1:
        return Worth(load=load, replica=np.ones(1), mix=loads, whole=whole)
    asked = (loads > 0)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        alone = np.where(asked, loads[:, None] / rate, 0.0).sum(axis=0)
        all_of_it = np.where(np.isfinite(alone) & (alone > 0), whole / alone, 0.0)
    best = np.where(asked & (rate > 0), rate * load[:, None], 0.0).max(axis=0)
    replica = np.where(all_of_it > 0, all_of_it, best)
    return Worth(load=load, replica=replica, mix=loads, whole=whole)
