"""Ways in which the past of a load may stand for what is to come, and which of them paid best.

No one way suits every load: a ramp asks for the level of now, bursts that are over before new
replicas serve ask for none. So each outlook is followed by a pool that exists on paper only: held,
started and shrunk by the same rules, under the load that really came. What such a pool would have
cost, price and lateness together, says which outlook to follow: the leader, with a threshold for a
change.
"""

from dataclasses import dataclass, replace

import numpy as np

from lepta.domain.pool import Array
from lepta.numerics.lateness import late_work
from lepta.policy.past import Past

__all__ = ["OUTLOOKS", "Outlook", "Trial", "leader", "scenarios", "tried"]


@dataclass(frozen=True, slots=True)
class Outlook:
    """Past loads brought to one level of now (its place in HALVES; None: as they were).

    `reach`: how far back, over the parameter `memory`; `grows`: the level goes on by its trend.
    """

    name: str
    level: int | None
    reach: float = 1.0
    grows: bool = False


OUTLOOKS = (
    Outlook("the last hours", None, reach=6.0),
    Outlook("the level of minutes", 1, reach=4.0),
    Outlook("the level of now", 0, reach=4.0, grows=True),
    Outlook("the level of now, lately", 0, grows=True),
)
TINY = 1e-9
"""Loads below this many replicas have no level that others could be scaled by."""
CLIP = 1.5
"""Most that a level grows over a lead time, or shrinks, and most that a past tick is scaled."""
BETTER = 0.97
"""A new leader costs less than this share of the old one."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A pool on paper: levels of the last lead time, oldest first, its needs, backlog and cost.

    Work in replica-ticks; `cost` discounted, in prices of a replica-tick.
    """

    levels: tuple[float, ...]
    needs: tuple[tuple[float, int], ...] = ()
    backlog: float = 0.0
    cost: float = 0.0

    @property
    def serving(self) -> float:
        """What of the level was ordered long enough ago."""
        return min(self.levels)


def scenarios(outlook: Outlook, past: Past, ahead: int, memory: int, trend: float) -> Array:
    """Return (scenarios, PARTS) loads of ticks one lead time from now, in replicas, oldest first.

    Each past tick over what the level foretold of it `ahead` ticks before, times what the level
    foretells now; while fewer than three lead times were seen, over the level at that tick.
    """
    load = past.parts[-max(1, int(memory * outlook.reach)) :]
    if outlook.level is None:
        return load
    base = past.level[outlook.level]
    if outlook.grows and trend > 0:
        base = base * _growth(base, min(ahead, len(base) - 1), trend)
    told, now = past.level[outlook.level], base[-1]
    if len(base) > 3 * ahead:
        told = base[:-ahead]
    told = told[-len(load) :]
    load = load[-len(told) :]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        scale = np.where(told > TINY, now / told, 1.0)
    likely: Array = load * np.clip(scale, 1 / CLIP, CLIP)[:, None]
    return likely


def _growth(level: Array, ahead: int, trend: float) -> Array:
    """(ticks,) growth of a level over the last `ahead` ticks (fewer at the start), to a power."""
    grown = np.ones(len(level))
    if ahead < 1:
        return grown
    before = np.concatenate([np.full(ahead, level[0]), level[:-ahead]])
    np.divide(level, before, out=grown, where=before > TINY)
    powered: Array = np.clip(grown, 1 / CLIP, CLIP) ** trend
    return powered


def tried(
    trials: tuple[Trial, ...], came: Array, penalty: float, slack: float, keep: float
) -> tuple[Trial, ...]:
    """Return the pools on paper after the parts of ticks that `came`; `slack`, `keep` per part."""
    backlog = np.array([trial.backlog for trial in trials])
    late = late_work(came, [trial.serving for trial in trials], slack, backlog)
    return tuple(
        replace(
            trial,
            backlog=float(backlog[j]),
            cost=trial.cost * keep ** len(came)
            + len(came) * (trial.levels[-1] + penalty * float(late[j])),
        )
        for j, trial in enumerate(trials)
    )


def leader(trials: tuple[Trial, ...], now: int) -> int:
    """Return the outlook to follow, given that which is followed now."""
    costs = [trial.cost for trial in trials]
    best = int(np.argmin(costs))
    return best if costs[best] < BETTER * costs[now] else now
