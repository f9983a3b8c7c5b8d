"""What a policy remembers of the load: one number per tick, and its slow level."""

from dataclasses import dataclass, field, replace

import numpy as np

from lepta.domain.pool import Array, Snapshot
from lepta.policy.worth import cheapest_rate, per_replica

__all__ = ["SLOW", "Past", "look"]

SLOW = 10.0
"""Half-life of the slow level over that of the fast one."""


@dataclass(frozen=True, slots=True)
class Past:
    """Load in replicas of the cheapest variant per class, one value per tick, oldest first.

    `level` (ticks,) is the exponentially weighted mean up to each tick, `slow` the same with a
    half-life SLOW times as long; `mix` (classes,) the weighted loads now. Ticks that were not seen
    are left out.
    """

    ticks: int = 0
    load: Array = field(default_factory=lambda: np.zeros(0))
    level: Array = field(default_factory=lambda: np.zeros(0))
    slow: Array = field(default_factory=lambda: np.zeros(0))
    mix: Array = field(default_factory=lambda: np.zeros(0))
    sums: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    """Weighted sum and weight of the level, and of the slow one."""


def look(past: Past, seen: Snapshot, half_life_s: float, keep_s: float) -> Past:
    """Take in the ticks since the last look; of those before the first, up to `keep_s`."""
    now = round(seen.at_s / seen.tick_s) + seen.earlier
    keep = max(1, int(keep_s // seen.tick_s))
    rows = seen.load_per_s[max(0, len(seen.load_per_s) - (now - past.ticks)) :]
    if not past.ticks:
        rows = rows[-keep:]
    if not len(rows):
        return replace(past, ticks=now) if now else past
    unit = cheapest_rate(seen.pool)
    share = per_replica(unit)
    decay = 0.5 ** (seen.tick_s / half_life_s)
    slower = decay ** (1 / SLOW)
    total, weight, long_total, long_weight = past.sums
    mix = past.mix if len(past.mix) else np.zeros(len(unit))
    loads: list[float] = []
    levels: list[float] = []
    slow: list[float] = []
    for row in rows:
        if np.isnan(row).any():
            continue
        x = float(row @ share)
        total, weight, mix = total * decay + x, weight * decay + 1.0, mix * decay + row
        long_total, long_weight = long_total * slower + x, long_weight * slower + 1.0
        slow.append(long_total / long_weight)
        loads.append(x)
        levels.append(total / weight)
    return Past(
        ticks=now,
        load=np.append(past.load, loads)[-keep:],
        level=np.append(past.level, levels)[-keep:],
        slow=np.append(past.slow, slow)[-keep:],
        mix=mix,
        sums=(total, weight, long_total, long_weight),
    )
