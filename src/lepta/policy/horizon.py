"""Plan the next periods as one fleet, act on the first, plan again some minutes later.

What to carry comes from the newsvendor of `predictive`; which variants carry it, spot or on demand,
and whether a change pays for its start, from the fleet plan M2 over the periods to come. Between
two plans the levels are held.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from lepta.domain.demand import Demand, Profile
from lepta.domain.offer import Offer, Term
from lepta.domain.plan import FleetPlan, PlanCase
from lepta.domain.pool import Array, Decision, Snapshot
from lepta.domain.promises import Promises, Scope, Survival
from lepta.errors import LeptaError
from lepta.optimize.mix import mix
from lepta.policy.fill import fill
from lepta.policy.parameters import Parameter
from lepta.policy.predictive import PARAMETERS as PREDICTIVE_PARAMETERS
from lepta.policy.predictive import Memory, Predictive
from lepta.policy.single import clock, latest_load
from lepta.policy.worth import worth

__all__ = ["PARAMETERS", "Horizon", "Planned"]

PARAMETERS = (
    *PREDICTIVE_PARAMETERS,
    Parameter("every", 300.0, 15.0, 86_400.0, "s", "between two plans"),
    Parameter("periods", 6, 1, 168, "periods", "planned at once", whole=True),
    Parameter("period", 600.0, 60.0, 86_400.0, "s", "length of a period"),
    Parameter(
        "fallback",
        0.5,
        0.0,
        1.0,
        "share",
        "of the load that is still carried when any one spot pool is lost; 0: no care",
        tune=True,
    ),
)

DAY_S = 86_400.0
START = datetime(2026, 1, 1, tzinfo=UTC)
"""The calendar of a run that has none: plans only need differences."""
GAP, TIME_LIMIT_S = 0.01, 60.0
"""The time is far more than these small programs take, so that no clock decides."""
CLIP = 3.0
"""Most that yesterday's shape may say the load grows within the horizon."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What the newsvendor remembers, and when the last plan was made and for how much."""

    inner: Memory = field(default_factory=Memory)
    at_s: float = -float("inf")
    carried: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """Rolling M2: heterogeneous variants, spot with on demand behind it, start costs.

    It plans anew every `every` seconds, and at once where the need passes what is held, or a
    variant that is held is no longer given. It shrinks only to the largest need of the last
    max(`down`, start-up) seconds, as `predictive` does, so planning more often never makes it
    less calm.
    """

    inner: Predictive = field(default_factory=Predictive)
    every: float = 300.0
    periods: int = 6
    period: float = 600.0
    fallback: float = 0.5
    name: str = "horizon"

    def start(self) -> Planned:
        """No plan yet."""
        return Planned()

    def decide(self, seen: Snapshot, memory: Planned) -> tuple[Decision, Planned]:
        """Return the levels of the first period of a plan, or those held."""
        wish, kept = self.inner.decide(seen, memory.inner)
        past = kept.past
        if not len(past.load):
            return self._told(seen, wish.want, wish.why), replace(memory, inner=kept)
        value = worth(seen.pool, past.mix)
        held = float(seen.held @ value.replica)
        need, largest = kept.needs[-1][1], max(n for _, n in kept.needs)
        lost = bool((seen.held > 0)[~seen.available].any())
        short = need > held * (1 + self.inner.band) or (need > 0 and held == 0)
        due = seen.at_s - memory.at_s >= self.every - 1e-9
        if not (due or short or lost):
            why = (
                f"{wish.why.split(', forecast')[0]}, plan of {clock(seen, memory.at_s - seen.at_s)}"
            )
            return self._told(seen, tuple(int(n) for n in seen.held), why), replace(
                memory, inner=kept
            )
        carry = float(max(need, largest))
        growth = self._growth(seen)
        loads = (value.mix / value.whole)[None, :] * (carry * growth)[:, None]
        plan = self._plan(seen, loads)
        if plan is None:
            want, _ = fill(seen, loads[0])
            said = "no plan keeps every limit, cheapest first"
        else:
            want = self._levels(seen, plan)
            said = f"plan of {self.periods} x {self.period:g} s"
        want = self._calm(seen, want, value.replica, carry, lost)
        said += (
            f" for {self._unit(value.mix, value.whole) * carry:.3g} by {clock(seen, self.period)}"
        )
        why = f"load {latest_load(seen):.3g} at {clock(seen)}, {said}{self._moves(seen, want)}"
        return self._told(seen, want, why), Planned(inner=kept, at_s=seen.at_s, carried=carry)

    def _growth(self, seen: Snapshot) -> Array:
        """Load of each period over that of now, by the same hours yesterday; 1 where not seen."""
        rows = seen.load_per_s.sum(axis=1)
        width, day = round(self.period / seen.tick_s), round(DAY_S / seen.tick_s)
        width = max(1, width)
        grown = np.ones(self.periods)
        origin = len(rows) - day
        if origin < width:
            return grown
        now = float(np.nanmean(rows[origin - width : origin])) if origin >= width else 0.0
        for p in range(1, self.periods):
            part = rows[origin + (p - 1) * width : origin + p * width]
            if now > 0 and len(part) and np.isfinite(part).any():
                grown[p] = float(np.clip(np.nanmean(part) / now, 1 / CLIP, CLIP))
        return grown

    def _plan(self, seen: Snapshot, loads: Array) -> FleetPlan | None:
        hours, pool = self.period / 3600.0, seen.pool
        begin = START if np.isnan(seen.epoch_s) else datetime.fromtimestamp(seen.epoch_s, UTC)
        begin += timedelta(seconds=seen.at_s)
        offers, profiles = [], []
        for v, variant in enumerate(pool.variants):
            room = None if variant.limit is None else int(variant.limit)
            if not seen.available[v]:
                room = int(seen.held[v])
            offers.append(
                Offer(
                    id=variant.name,
                    provider="pool",
                    zone=variant.zone,
                    instance_type=variant.name,
                    term=Term.SPOT if variant.spot else Term.ON_DEMAND,
                    price_per_hour=float(seen.price_per_hour[v]),
                    limit=room,
                    interruptions_per_hour=variant.interruptions_per_hour,
                    startup_s=variant.startup_s,
                )
            )
            alive = float(np.exp(-variant.interruptions_per_hour * (variant.startup_s / 3600.0)))
            profiles += [
                Profile(
                    demand_class=name,
                    offer=variant.name,
                    rate_per_s=float(pool.capacity_per_s[w, v]) * alive,
                )
                for w, name in enumerate(pool.classes)
                if pool.capacity_per_s[w, v] > 0
            ]
        case = PlanCase(
            offers=tuple(offers),
            demand=tuple(
                Demand(
                    demand_class=name,
                    start=begin + timedelta(seconds=p * self.period),
                    hours=hours,
                    rate_per_s=float(loads[p, w]),
                )
                for w, name in enumerate(pool.classes)
                for p in range(self.periods)
            ),
            profiles=tuple(profiles),
            current=tuple(
                (variant.name, int(n))
                for variant, n in zip(pool.variants, seen.held, strict=True)
                if n
            ),
            currency=pool.currency,
            utilization=1.0,
        )
        spot = self.fallback > 0 and any(variant.spot for variant in pool.variants)
        promised = Promises(survive=(Survival(scope=Scope.POOL, share=self.fallback),))
        # A market that cannot keep the fallback is still better planned than left.
        for one in (replace(case, promises=promised), case) if spot else (case,):
            try:
                plan = mix(one, gap=GAP, time_limit_s=TIME_LIMIT_S, runner_ups=0)
            except LeptaError:
                continue
            if plan.units and plan.status != "infeasible":
                return plan
        return None

    def _levels(self, seen: Snapshot, plan: FleetPlan) -> tuple[int, ...]:
        """What the first period holds, and what must be ordered before the next plan."""
        begin = START if np.isnan(seen.epoch_s) else datetime.fromtimestamp(seen.epoch_s, UTC)
        first = begin + timedelta(seconds=seen.at_s)
        want = []
        for variant in seen.pool.variants:
            soon = first + timedelta(seconds=variant.startup_s + self.every)
            mine = [one for one in plan.units if one.offer == variant.name]
            want.append(max((one.count for one in mine if one.start <= soon), default=0))
        return tuple(want)

    def _calm(
        self, seen: Snapshot, want: tuple[int, ...], replica: Array, carry: float, lost: bool
    ) -> tuple[int, ...]:
        """Leave small steps: where what is held carries it, and is hardly more than is planned."""
        held = float(seen.held @ replica)
        planned = float(np.array(want) @ replica)
        price = float(seen.price_per_hour @ seen.held)
        again = float(seen.price_per_hour @ np.array(want))
        band = self.inner.band
        enough = held * (1 + band) >= carry
        if not lost and enough and planned >= held * (1 - band) and again >= price * (1 - band):
            return tuple(int(n) for n in seen.held)
        return want

    def _unit(self, mix_: Array, whole: float) -> float:
        return float(mix_.sum()) / whole if whole > 0 else 0.0

    def _moves(self, seen: Snapshot, want: tuple[int, ...]) -> str:
        moves = [
            f"{variant.name} {n - int(had):+d}"
            for variant, n, had in zip(seen.pool.variants, want, seen.held, strict=True)
            if n != had
        ]
        return f", {', '.join(moves)}" if moves else ""

    def _told(self, seen: Snapshot, want: tuple[int, ...], why: str) -> Decision:
        return Decision(at_s=seen.at_s, policy=self.name, want=want, why=why)
