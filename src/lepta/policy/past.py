"""What a policy remembers of the load: one number per tick, and its levels, fast to slow."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from lepta.domain.pool import Array, Snapshot
from lepta.policy.worth import cheapest_rate, per_replica

__all__ = ["HALVES", "PARTS", "Past", "look"]

HALVES = (1.0, 10.0)
"""Half-lives of the levels over that of the fastest."""
PARTS = 8
"""Parts of a tick."""
LATELY = 240
"""Ticks whose changes stand for the bursts within a tick."""
GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


@dataclass(frozen=True, slots=True)
class Past:
    """Load in replicas of the cheapest variant per class, one value per tick, oldest first.

    `level` (levels, ticks) are the exponentially weighted means up to each tick, one per half-life
    of HALVES; `mix` (classes,) the weighted loads now. Ticks that were not seen are left out.
    """

    ticks: int = 0
    count: int = 0
    """Loads seen in all."""
    fresh: int = 0
    """How many of the loads are new since the last look."""
    load: Array = field(default_factory=lambda: np.zeros(0))
    parts: Array = field(default_factory=lambda: np.zeros((0, PARTS)))
    """(ticks, PARTS) loads of parts of each tick, as they may have been (`_parts`)."""
    level: Array = field(default_factory=lambda: np.zeros((len(HALVES), 0)))
    mix: Array = field(default_factory=lambda: np.zeros(0))
    total: Array = field(default_factory=lambda: np.zeros(len(HALVES)))
    """(levels,) the weighted sum of each, and its weight."""
    weight: Array = field(default_factory=lambda: np.zeros(len(HALVES)))


def look(past: Past, seen: Snapshot, half_life_s: float, keep_s: float) -> Past:
    """Take in the ticks since the last look; of those before the first, up to `keep_s`."""
    now = round(seen.at_s / seen.tick_s) + seen.earlier
    keep = max(1, int(keep_s // seen.tick_s))
    rows = seen.load_per_s[max(0, len(seen.load_per_s) - (now - past.ticks)) :]
    if not past.ticks:
        rows = rows[-keep:]
    if not len(rows):
        return replace(past, ticks=now, fresh=0) if now else past
    unit = cheapest_rate(seen.pool)
    share = per_replica(unit)
    decay = 0.5 ** (seen.tick_s / (half_life_s * np.array(HALVES)))
    total, weight = past.total, past.weight
    mix = past.mix if len(past.mix) else np.zeros(len(unit))
    loads: list[float] = []
    levels: list[Array] = []
    for row in rows:
        if np.isnan(row).any():
            continue
        x = float(row @ share)
        total, weight, mix = total * decay + x, weight * decay + 1.0, mix * decay[0] + row
        loads.append(x)
        levels.append(total / weight)
    if not loads:
        return replace(past, ticks=now, fresh=0)
    return Past(
        ticks=now,
        count=past.count + len(loads),
        fresh=min(len(loads), keep),
        load=np.append(past.load, loads)[-keep:],
        parts=np.concatenate([past.parts, _parts(past, np.array(loads))])[-keep:],
        level=np.concatenate([past.level, np.array(levels).T], axis=1)[:, -keep:],
        mix=mix,
        total=total,
        weight=weight,
    )


def _parts(past: Past, loads: Array) -> Array:
    """Return (new ticks, PARTS) the loads of parts of new ticks, in the unit of the loads.

    What is not seen, the bursts within a tick, is taken to be like the changes from tick to tick,
    as of independent arrivals: the variance of a part's load is PARTS times that of a tick's. The
    changes are dealt out in the order of multiples of the golden ratio (evenly, without a
    generator); no part is below zero, and the parts of a tick have its mean.
    """
    change = np.diff(np.concatenate([past.load[-LATELY:], loads])) / math.sqrt(2.0)
    if not len(change):
        return np.repeat(loads[:, None], PARTS, axis=1)
    first = past.count * PARTS
    order = np.arange(first, first + len(loads) * PARTS) * GOLDEN % 1.0 * len(change)
    apart = change[order.astype(int)].reshape(len(loads), PARTS)
    parts = loads[:, None] + math.sqrt(PARTS) * (apart - apart.mean(axis=1)[:, None])
    parts = np.maximum(parts, 0.0)
    mean = parts.mean(axis=1)
    whole: Array = parts * np.divide(loads, mean, out=np.zeros(len(loads)), where=mean > 0)[:, None]
    return whole
