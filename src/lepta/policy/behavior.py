"""How a Kubernetes autoscaler comes from a recommendation to a level: windows, rates, bounds.

The rules of `behavior` of the API autoscaling/v2: recommendations are stabilized over a window
(down: the largest of the window, up: the smallest), steps are limited per period, the least
limiting policy counts, and minimum and maximum come last.
"""

import math
from dataclasses import dataclass

__all__ = ["Behavior", "History"]

NO_LIMIT = 2**31


@dataclass(frozen=True, slots=True)
class History:
    """Recommendations and changes of earlier turns, as (instant, number); oldest first."""

    recommended: tuple[tuple[float, int], ...] = ()
    changed: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Behavior:
    """Windows and rates; the defaults are those of the controller."""

    up_window_s: float = 0.0
    down_window_s: float = 300.0
    up_pods: int = 4
    up_share: float = 1.0
    down_share: float = 1.0
    period_s: float = 15.0
    least: int = 1
    most: int = NO_LIMIT

    def level(
        self, at_s: float, current: int, recommended: int, history: History
    ) -> tuple[int, str, History]:
        """Return the level to reach, what bounded it ("" : nothing) and the history to keep.

        A recommendation counts from the turn in which it was made until its window has passed.
        """
        # The level found at the first turn counts as the first recommendation.
        earlier = history.recommended or ((at_s, current),)
        kept = (*earlier, (at_s, recommended))
        longest = max(self.up_window_s, self.down_window_s)
        kept = tuple(one for one in kept if one[0] > at_s - longest) or kept[-1:]
        low = min([recommended, *(n for t, n in kept if t > at_s - self.up_window_s)])
        high = max([recommended, *(n for t, n in kept if t > at_s - self.down_window_s)])
        # As stabilizeRecommendationWithBehaviors: up to the least, then down to the most.
        level, why = current, ""
        level = max(level, low)
        level = min(level, high)
        if level != recommended:
            window = self.down_window_s if level > recommended else self.up_window_s
            why = f"{recommended} held {window:g} s"
        # At the edge of the period the change no longer counts (the controller: after cutoff).
        recent = tuple(one for one in history.changed if one[0] > at_s - self.period_s)
        added = sum(n for _, n in recent if n > 0)
        removed = -sum(n for _, n in recent if n < 0)
        if level > current:
            base = current - added + removed
            share = base * (1 + self.up_share)
            ceiling = max(base + self.up_pods, math.ceil(min(share, NO_LIMIT)))
            most = min(max(ceiling, current), self.most)
            if level > most:
                level, why = most, f"{level} limited to {most}"
        elif level < current:
            base = current - added + removed
            floor = math.floor(base * (1 - self.down_share))
            least = max(min(floor, current), self.least)
            if level < least:
                level, why = least, f"{level} limited to {least}"
        bounded = min(max(level, self.least), self.most)
        if bounded != level:
            level, why = bounded, f"{level} bounded to {bounded}"
        changed = recent
        if level != current:
            changed = (*recent, (at_s, level - current))
        return level, why, History(kept, changed)
