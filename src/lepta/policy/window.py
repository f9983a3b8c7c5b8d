"""A quantile of the recent load, with a margin and a window on the way down."""

from dataclasses import dataclass

import numpy as np

from lepta.domain.pool import Decision, Snapshot
from lepta.policy.behavior import NO_LIMIT, Behavior, History
from lepta.policy.parameters import Parameter
from lepta.policy.single import ceiling, clock, latest_load, levels, main_variant

__all__ = ["PARAMETERS", "Window"]

PARAMETERS = (
    Parameter("quantile", 0.95, 0.0, 1.0, "share", "of the loads of the window", tune=True),
    Parameter("window", 900.0, 15.0, 86_400.0, "s", "past that counts", tune=True, log=True),
    Parameter("margin", 1.15, 0.1, 10.0, "factor", "on the quantile", tune=True),
    Parameter(
        "down", 300.0, 0.0, 3_600.0, "s", "window of recommendations before it shrinks", tune=True
    ),
    Parameter("min", 1, 0, 1e9, "replicas", "never fewer", whole=True),
)


@dataclass(frozen=True, slots=True)
class Window:
    """ceil(quantile of the load of a window x margin / capacity), up at once, down by the largest.

    It scales the variant that is cheapest per load among those that serve every class.
    """

    quantile: float = 0.95
    window_s: float = 900.0
    margin: float = 1.15
    down_s: float = 300.0
    least: int = 1
    name: str = "window"

    def start(self) -> History:
        """Return an empty history."""
        return History()

    def decide(self, seen: Snapshot, memory: History) -> tuple[Decision, History]:
        """Return the levels of this turn."""
        variant = main_variant(seen.pool)
        current = int(seen.level[variant])
        ticks = max(1, int(self.window_s // seen.tick_s))
        needs = seen.pool.replicas(seen.load_per_s[-ticks:])[:, variant]
        needs = needs[~np.isnan(needs)]
        if not len(needs):
            level, why = max(current, self.least), "no load seen yet"
        else:
            wanted = ceiling(float(np.quantile(needs, self.quantile)) * self.margin)
            rule = Behavior(down_window_s=self.down_s, up_pods=NO_LIMIT, least=self.least)
            level, held, memory = rule.level(seen.at_s, current, wanted, memory)
            why = f"load {latest_load(seen):.3g} at {clock(seen)}, recommends {wanted}"
            why += f", {held}" if held else ""
        step = level - current
        why += f", {seen.pool.variants[variant].name} {step:+d}" if step else ""
        want = levels(seen, variant, level)
        return Decision(at_s=seen.at_s, policy=self.name, want=want, why=why), memory
