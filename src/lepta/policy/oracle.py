"""What it would have cost to know the load: just enough replicas, ordered just in time."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lepta.domain.pool import Counts, Decision, Pool, Snapshot
from lepta.errors import InputError
from lepta.numerics.standby import cheapest_levels
from lepta.policy.parameters import Parameter
from lepta.policy.single import clock, levels, main_variant

__all__ = ["PARAMETERS", "Oracle", "plan"]

PARAMETERS = (
    Parameter(
        "margin", 1.0, 0.1, 10.0, "factor", "on the load, for bursts within a tick", tune=True
    ),
)
ROOM = 1e-9


@dataclass(frozen=True, slots=True)
class Oracle:
    """Sees the load that will come, and holds the cheapest levels that carry it.

    `serving` (ticks,) are the replicas that must serve in each tick from the start of the run. Each
    is ordered so that it serves in time, and kept over a gap that is shorter than a start. For
    fluid replicas whose load arrives evenly within a tick and whose work cannot wait into the next
    one, no policy without a late request pays less (`numerics.standby`). Real queues are harsher
    (bursts within a tick) and, where requests may wait, a little milder.
    """

    serving: Counts
    variant: int
    name: str = "oracle"

    def start(self) -> None:
        """Nothing to remember: it knows."""

    def decide(self, seen: Snapshot, memory: None) -> tuple[Decision, None]:
        """Return what serves now, and what must start now to serve in time."""
        now = round(seen.at_s / seen.tick_s)
        ahead = math.ceil(seen.pool.variants[self.variant].startup_s / seen.tick_s - ROOM)
        part = self.serving[now : now + ahead + 1]
        level = int(part.max(initial=0))
        if not len(part):  # after the last arrival: until the queue is empty
            level = int(seen.level[self.variant])
        step = level - int(seen.level[self.variant])
        name = seen.pool.variants[self.variant].name
        why = f"needs {level} by {clock(seen, ahead * seen.tick_s)}"
        why += f", {name} {step:+d}" if step else ""
        want = levels(seen, self.variant, level)
        return Decision(at_s=seen.at_s, policy=self.name, want=want, why=why), None


def plan(
    pool: Pool,
    load_per_s: npt.ArrayLike,
    tick_s: float,
    *,
    margin: float = 1.0,
    first: int = 0,
    name: str = "oracle",
) -> Oracle:
    """Return the oracle of a load (ticks, classes).

    It scales the variant that is cheapest per load among those that serve every class.

    Raises
    ------
    InputError
        The load has gaps, or no variant serves every class.
    """
    load = np.asarray(load_per_s, float)
    if not np.isfinite(load).all():
        raise InputError(
            "the load that will come has gaps", where=name, remedy="give a load for every tick"
        )
    variant = main_variant(pool)
    need = pool.replicas(load)[:, variant] * margin
    whole = np.ceil(need - ROOM * np.maximum(1.0, need)).astype(np.int64)
    start = math.ceil(pool.variants[variant].startup_s / tick_s - ROOM)
    return Oracle(serving=cheapest_levels(whole, start, first), variant=variant, name=name)
