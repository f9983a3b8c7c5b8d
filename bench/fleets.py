"""Seeded fleet cases of any size, for the benchmarks and, in small, for their tests."""

from datetime import UTC, datetime, timedelta

import numpy as np

from lepta.domain.demand import Demand, Profile
from lepta.domain.offer import Offer
from lepta.domain.plan import PlanCase

__all__ = ["T0", "fleet"]

T0 = datetime(2026, 11, 23, tzinfo=UTC)

ABLE = 0.75
"""Share of the pairs (class, machine type) that can serve."""
LIMITED = 0.5
"""Share of the offers that have a quota; one machine type in the first zone never has."""


def fleet(
    *,
    classes: int,
    types: int,
    zones: int = 1,
    periods: int = 1,
    startup_s: float | None = None,
    level: float = 2.0,
    seed: int = 7,
) -> PlanCase:
    """Draw `types` machine types in each of `zones` zones, and the waves of `classes` classes.

    Speeds, class affinities and prices are lognormal (a machine twice as fast costs 1.87 times as
    much on average); zones differ in price by some percent and in their quotas. Rates follow the
    day, with half of it on the sixth and seventh. `level` scales rates and quotas: at 2 a class
    fills about ten machines; the fewer they are, the wider is the gap of whole machines. Where
    starts cost, nothing runs before the first period (`current` is empty), so that all who count
    starts count the same ones.
    """
    rng = np.random.default_rng(seed)
    speed = rng.lognormal(1.0, 0.9, types)
    price = 0.6 * speed**0.9 * rng.lognormal(0, 0.15, types)
    able = speed * rng.lognormal(0, 0.35, (classes, types))
    able[rng.random((classes, types)) >= ABLE] = 0.0
    able[:, 0] = np.maximum(able[:, 0], 0.5 * speed[0])  # the one type that takes everything
    dearer = np.concatenate(([1.0], rng.uniform(0.98, 1.08, zones - 1)))
    quota = np.where(
        rng.random((types, zones)) < LIMITED, rng.integers(4, 20, (types, zones)), np.nan
    )
    quota[0, 0] = np.nan
    quota = np.ceil(quota * level)
    base, peak = rng.lognormal(2.5, 0.7, classes), rng.integers(10, 22, classes)
    hour = np.arange(periods)
    wave = 1 + 0.6 * np.cos(2 * np.pi * (hour[None, :] - peak[:, None]) / 24)
    wave *= np.where(hour // 24 % 7 >= 5, 0.5, 1.0)
    rates = np.round(level * base[:, None] * wave * rng.lognormal(0, 0.05, (classes, periods)), 3)
    places = [(t, z) for z in range(zones) for t in range(types)]
    return PlanCase(
        offers=tuple(
            Offer(
                id=f"m{t:02}@z{z}",
                region="r",
                zone=f"z{z}",
                instance_type=f"m{t:02}",
                accelerator=f"gpu{t % 6}",
                price_per_hour=float(np.round(price[t] * dearer[z], 4)),
                limit=None if np.isnan(quota[t, z]) else int(quota[t, z]),
                startup_s=startup_s,
            )
            for t, z in places
        ),
        demand=tuple(
            Demand(
                demand_class=f"w{w:03}",
                start=T0 + timedelta(hours=int(h)),
                hours=1.0,
                rate_per_s=float(rates[w, h]),
            )
            for w in range(classes)
            for h in hour
        ),
        profiles=tuple(
            Profile(demand_class=f"w{w:03}", offer=f"m{t:02}@z{z}", rate_per_s=float(able[w, t]))
            for w in range(classes)
            for t, z in places
            if able[w, t] > 0
        ),
        current=None if startup_s is None else (),
    )
