"""A pool of replicas as a policy sees it: what it may hold, what is there, what is asked of it."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lepta.errors import InputError
from lepta.units import Count, MoneyPerHour, PerHour, Seconds, check

__all__ = ["Array", "Counts", "Decision", "Pool", "Snapshot", "Variant"]

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One kind of replica that a pool may hold: a machine, its place and its term.

    `startup_s` is the time from the order until it serves (machine, image, model), paid like the
    time after it. `slots` is how many requests it works on at once, each at full speed, where
    requests bring their service time; batched replicas know their own limits.
    """

    name: str
    price_per_hour: MoneyPerHour
    startup_s: Seconds = 0.0
    limit: Count | None = None
    least: Count = 0
    slots: Count = 1
    spot: bool = False
    interruptions_per_hour: PerHour = 0.0
    notice_s: Seconds = 0.0
    """Between the notice of an interruption and the loss."""
    zone: str = ""

    def __post_init__(self) -> None:
        check(self)
        if self.limit is not None and self.least > self.limit:
            raise InputError(
                f"{self.name} holds at least {self.least} replicas, but at most {self.limit}",
                where=f"Variant {self.name}",
                remedy="raise the limit, or lower the least",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What may serve which demand classes, and how much of each.

    capacity_per_s (classes, variants): the largest load of a class that one replica of a variant
    carries inside the objective, in the unit of the load (requests, service seconds, weighted
    tokens ... per second); 0 = cannot serve it. Loads of several classes share a replica in
    proportion: sum_w load_w / capacity_wv <= 1.
    """

    name: str = "pool"
    classes: tuple[str, ...] = ("all",)
    variants: tuple[Variant, ...]
    capacity_per_s: Array
    unit: str = "requests"
    currency: str = "USD"

    def __post_init__(self) -> None:
        table = np.ascontiguousarray(self.capacity_per_s, float)
        shape = (len(self.classes), len(self.variants))
        if table.shape != shape or not (np.isfinite(table) & (table >= 0)).all():
            raise InputError(
                f"the capacities of {self.name} have the shape {table.shape} or hold what is no "
                "rate",
                remedy=f"give finite rates >= 0, {shape[0]} classes x {shape[1]} variants",
            )
        table.flags.writeable = False
        object.__setattr__(self, "capacity_per_s", table)

    @property
    def limits(self) -> Counts:
        """The most replicas of each variant; 2**31 where no limit is known."""
        return np.array([2**31 if v.limit is None else v.limit for v in self.variants], np.int64)

    @property
    def prices(self) -> Array:
        """List prices per hour of the variants."""
        return np.array([v.price_per_hour for v in self.variants])

    def replicas(self, load_per_s: npt.ArrayLike) -> Array:
        """Return how many replicas of each variant alone carry a load (..., classes).

        inf where a variant cannot serve a class that has load, NaN where the load was not seen.
        """
        load = np.asarray(load_per_s, float)[..., :, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.where(load == 0, 0.0, load / self.capacity_per_s)
        total: Array = parts.sum(axis=-2)
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What is known of a pool at one instant; arrays are read-only.

    `at_s` counts from the start of the run; `epoch_s` + at_s is Unix time where the trace has a
    calendar (NaN: it has none). load_per_s (ticks, classes): the mean load that arrived in each
    whole interval of `tick_s` up to now, oldest first, rows of NaN where it was not seen; the
    first rows may lie before the start of the run (`earlier` of them).
    """

    at_s: float
    pool: Pool
    tick_s: float
    load_per_s: Array
    serving: Counts
    """(variants,) replicas that take requests now."""
    starting: Counts
    """(variants,) ordered, paid, not yet serving."""
    draining: Counts
    """(variants,) finishing what they have, no longer counted."""
    wanted: Counts | None = None
    """(variants,) the levels set last; above `held` where no zone or market gives what is missing.
    None: as many as are held."""
    ready_in_s: tuple[tuple[int, float], ...] = ()
    """(variant, seconds until it serves) of each starting replica."""
    noticed: Counts | None = None
    """(variants,) of the draining ones, those that a spot market takes back."""
    price_per_hour: Array
    """(variants,) now."""
    available: npt.NDArray[np.bool_]
    """(variants,) whether the market or zone gives replicas now."""
    waiting: float = 0.0
    """Requests in queues now."""
    waiting_work: Array = field(default_factory=lambda: np.zeros(1))
    """(classes,) their work in the unit of the load x s."""
    running: float = 0.0
    """Requests being served now."""
    utilization: float = float("nan")
    """Share of the serving capacity that was busy over the last interval; NaN: not seen."""
    earlier: int = 0
    epoch_s: float = float("nan")

    @property
    def held(self) -> Counts:
        """Replicas per variant that serve or start: the level that a decision sets anew."""
        return self.serving + self.starting

    @property
    def level(self) -> Counts:
        """Replicas per variant that are asked for now, whether they are there or not."""
        return self.held if self.wanted is None else self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The levels to reach, one per variant, and why; the same decision twice is one.

    `why` is one short line, such as "load 41 of 44, forecast 52-61 by 09:18, L4 +3".
    """

    at_s: float
    policy: str
    want: tuple[int, ...]
    why: str
