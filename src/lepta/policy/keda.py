"""Scaling by the length of a queue, as KEDA does: activation, cooldown to zero, else the HPA."""

import math
from dataclasses import dataclass, field, replace

from lepta.domain.pool import Decision, Snapshot
from lepta.policy.behavior import Behavior, History
from lepta.policy.parameters import Parameter
from lepta.policy.single import ceiling, clock, levels, main_variant, within

__all__ = ["KEDA", "PARAMETERS", "Queue"]

PARAMETERS = (
    Parameter(
        "queue", 5.0, 0.01, 1e6, "requests", "length per replica to aim at", tune=True, log=True
    ),
    Parameter("activation", 0.0, 0.0, 1e9, "requests", "more than this wakes it from zero"),
    Parameter("cooldown", 300.0, 0.0, 86_400.0, "s", "inactive for this long before zero"),
    Parameter("tolerance", 0.1, 0.0, 1.0, "share", "ratios this close to 1 change nothing"),
    Parameter(
        "down", 300.0, 0.0, 3_600.0, "s", "window of recommendations before it shrinks", tune=True
    ),
    Parameter("min", 0, 0, 1e9, "replicas", "never fewer", whole=True),
    Parameter("max", 2**31, 1, 2**31, "replicas", "never more", whole=True),
    Parameter(
        "count",
        "all",
        0,
        0,
        "",
        "requests in the system, as scalers of message queues do, or only those that wait",
        choices=("all", "waiting"),
    ),
)


@dataclass(frozen=True, slots=True)
class Queue:
    """Since when the queue was last active, and the history of the autoscaler behind."""

    active_s: float = -math.inf
    history: History = field(default_factory=History)


@dataclass(frozen=True, slots=True)
class KEDA:
    """ceil(length / target) by the HPA between 1 and max; to and from zero by itself.

    It scales the variant that is cheapest per load among those that serve every class, and leaves
    all others as they are.
    """

    queue: float = 5.0
    activation: float = 0.0
    cooldown_s: float = 300.0
    tolerance: float = 0.1
    behavior: Behavior = field(default_factory=lambda: Behavior(least=0))
    count: str = "all"
    name: str = "keda"

    def start(self) -> Queue:
        """Nothing was seen yet."""
        return Queue()

    def decide(self, seen: Snapshot, memory: Queue) -> tuple[Decision, Queue]:
        """Return the levels of this turn."""
        variant = main_variant(seen.pool)
        current = int(seen.level[variant])
        length = seen.waiting + (seen.running if self.count == "all" else 0.0)
        if math.isnan(length):
            return self._told(seen, variant, current, "queue not seen, nothing changed"), memory
        active = length > self.activation
        since = seen.at_s if active or memory.active_s == -math.inf else memory.active_s
        said = f"queue {length:.4g} at {clock(seen)}"
        least = self.behavior.least
        if current == 0:
            level = max(least, 1) if active else least
            why = "wakes up" if active else "inactive"
            return self._told(seen, variant, level, f"{said}, {why}"), Queue(since, History())
        if not active and least == 0:
            quiet = seen.at_s - since
            if quiet >= self.cooldown_s:
                why = f"{said}, inactive {quiet:.0f} s"
                return self._told(seen, variant, 0, why), Queue(since, History())
        ratio = length / (self.queue * current)
        wanted = current if within(ratio, self.tolerance) else ceiling(length / self.queue)
        # The autoscaler behind holds at least one; only the cooldown ends at zero.
        inner = replace(self.behavior, least=max(1, least))
        level, held, history = inner.level(seen.at_s, current, wanted, memory.history)
        parts = [said, f"recommends {wanted}", *([held] if held else [])]
        return self._told(seen, variant, level, ", ".join(parts)), Queue(since, history)

    def _told(self, seen: Snapshot, variant: int, level: int, why: str) -> Decision:
        step = level - int(seen.level[variant])
        move = f", {seen.pool.variants[variant].name} {step:+d}" if step else ""
        return Decision(
            at_s=seen.at_s, policy=self.name, want=levels(seen, variant, level), why=why + move
        )
