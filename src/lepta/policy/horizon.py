"""The fleet plan of the next hours, solved again and again: which kinds of replicas, and when.

How much is needed now is the answer of `predictive`; how it goes on is the same time of earlier
days, where the past is long enough. For that demand M2 finds the cheapest levels period by period:
kinds of machines, spot beside on demand, what a start costs, what is there already
(`lepta.optimize.mix`). Its first period is what is asked for; it is solved anew every few minutes,
when the need leaves what was planned for, or when the market changes.
"""

import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from lepta.domain.demand import Demand, Profile
from lepta.domain.offer import Offer, Term
from lepta.domain.plan import FleetPlan, PlanCase
from lepta.domain.pool import Array, Decision, Snapshot
from lepta.domain.promises import Promises, Scope, Survival
from lepta.errors import LeptaError
from lepta.optimize.mix import mix
from lepta.policy.parameters import Parameter
from lepta.policy.predictive import Predictive
from lepta.policy.single import clock

__all__ = ["PARAMETERS", "Horizon", "Memory"]

PARAMETERS = (
    Parameter("every", 300.0, 15.0, 86_400.0, "s", "between two plans"),
    Parameter("ahead", 7_200.0, 300.0, 172_800.0, "s", "how far a plan looks"),
    Parameter("period", 900.0, 60.0, 7_200.0, "s", "of a plan; never shorter than a start"),
    Parameter(
        "fallback",
        0.5,
        0.0,
        1.0,
        "share",
        "of the need that still stands when any one spot pool is lost; 0: none",
        tune=True,
    ),
    Parameter("slack", 0.1, 0.0, 1.0, "share", "a need this far from the planned one plans anew"),
    Parameter("gap", 0.02, 1e-4, 0.5, "share", "distance from the bound that is good enough"),
)

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
DAY_S = 86_400.0
LONGEST_S = 60.0
"""Of one search; far more than the small programs here take, so that no clock decides."""
CALM = 3.0
"""Most that the same time of earlier days may say of the load to come, in loads of now."""


@dataclass(frozen=True, slots=True)
class Memory:
    """That of `predictive`, the last plan's levels, and what it was made for."""

    inner: Any
    want: tuple[int, ...] = ()
    solved_s: float = -math.inf
    need: float = 0.0
    market: tuple[tuple[float, bool], ...] = ()
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """Rolling M2 over the forecast.

    Parameters as in `PARAMETERS` and, for the amount, those of predictive.
    """

    amount: Predictive = field(default_factory=Predictive)
    every: float = 300.0
    ahead: float = 7_200.0
    period: float = 900.0
    fallback: float = 0.5
    slack: float = 0.1
    gap: float = 0.02
    name: str = "horizon"

    def start(self) -> Memory:
        """Nothing seen, nothing planned."""
        return Memory(self.amount.start())

    def decide(self, seen: Snapshot, memory: Memory) -> tuple[Decision, Memory]:
        """Return the first period of the plan, and the plan."""
        wish, inner = self.amount.decide(seen, memory.inner)
        memory = replace(memory, inner=inner)
        loads = _mix(seen)
        worth = _worth(seen, loads)
        need = float(worth @ np.array(wish.want))
        if not loads.sum() or not need:
            return replace(wish, policy=self.name), memory
        market = tuple(
            (float(price), bool(given))
            for price, given in zip(seen.price_per_hour, seen.available, strict=True)
        )
        stale = (
            seen.at_s >= memory.solved_s + self.every
            or market != memory.market
            or _gone(seen, memory.want)
            or need > memory.need * (1 + self.slack)
            or need < memory.need * (1 - self.slack)
        )
        if stale:
            want, said = self._planned(seen, loads, need, wish)
            memory = Memory(inner, want, seen.at_s, need, market, said)
        moves = ", ".join(
            f"{variant.name} {level - int(had):+d}"
            for variant, level, had in zip(seen.pool.variants, memory.want, seen.held, strict=True)
            if level != had
        )
        why = f"need {need:.4g} at {clock(seen)}, {memory.said}" + (f", {moves}" if moves else "")
        return Decision(at_s=seen.at_s, policy=self.name, want=memory.want, why=why), memory

    def _planned(
        self, seen: Snapshot, loads: Array, need: float, wish: Decision
    ) -> tuple[tuple[int, ...], str]:
        """Return the levels of the first period, or those of the wish where no plan is found."""
        case = self._case(seen, loads * need)
        try:
            plan = mix(case, gap=self.gap, time_limit_s=LONGEST_S, runner_ups=0)
            if plan.cost is None and case.promises.survive:
                # A market that cannot keep the fallback is still better used than left.
                case = replace(case, promises=Promises())
                plan = mix(case, gap=self.gap, time_limit_s=LONGEST_S, runner_ups=0)
        except LeptaError as error:
            return wish.want, f"no plan ({error.what[:60]}), cheapest first"
        if plan.cost is None:
            return wish.want, "no plan carries it, cheapest first"
        return _first(plan, seen), f"plan of {self.ahead / 3600:g} h from {clock(seen)}"

    def _case(self, seen: Snapshot, need: Array) -> PlanCase:
        pool = seen.pool
        period_s = max(self.period, *(v.startup_s for v in pool.variants))
        periods = max(1, round(self.ahead / period_s))
        shape = _shape(seen, period_s, periods)
        start = EPOCH + timedelta(seconds=seen.at_s)
        demand = tuple(
            Demand(
                demand_class=name,
                start=start + timedelta(seconds=p * period_s),
                hours=period_s / 3600,
                rate_per_s=float(need[w] * shape[p]),
            )
            for p in range(periods)
            for w, name in enumerate(pool.classes)
            if need[w] > 0
        )
        profiles = tuple(
            Profile(demand_class=name, offer=variant.name, rate_per_s=float(rate))
            for w, name in enumerate(pool.classes)
            for variant, rate in zip(pool.variants, pool.capacity_per_s[w], strict=True)
            if rate > 0 and need[w] > 0
        )
        spot = any(variant.spot for variant in pool.variants) and self.fallback > 0
        survival = (Survival(scope=Scope.POOL, share=self.fallback),) if spot else ()
        return PlanCase(
            offers=_offers(seen),
            demand=demand,
            profiles=profiles,
            current=tuple(
                (variant.name, int(count))
                for variant, count in zip(pool.variants, seen.held, strict=True)
                if count
            ),
            currency="USD",
            utilization=1.0,
            promises=Promises(survive=survival),
        )


def _gone(seen: Snapshot, want: tuple[int, ...]) -> bool:
    """Tell whether replicas were lost that the market does not give back now."""
    return any(
        not given and held < level
        for given, held, level in zip(seen.available, seen.held, want, strict=False)
    )


def _offers(seen: Snapshot) -> tuple[Offer, ...]:
    limits = np.where(seen.available, seen.pool.limits, seen.held)
    return tuple(
        Offer(
            id=variant.name,
            provider="pool",
            zone=variant.zone,
            term=Term.SPOT if variant.spot else Term.ON_DEMAND,
            price_per_hour=float(price),
            limit=int(max(limit, variant.least)) if limit < 2**31 else None,
            interruptions_per_hour=variant.interruptions_per_hour if variant.spot else None,
            startup_s=variant.startup_s,
            owned=variant.least,
        )
        for variant, price, limit in zip(
            seen.pool.variants, seen.price_per_hour, limits, strict=True
        )
    )


def _mix(seen: Snapshot) -> Array:
    """Return (classes,) the load of the last quarter of an hour, in replicas' worth of 1 in all."""
    rows = max(1, round(900.0 / seen.tick_s))
    recent = seen.load_per_s[-rows:]
    recent = recent[~np.isnan(recent).any(axis=1)]
    loads: Array = recent.mean(axis=0) if len(recent) else np.zeros(len(seen.pool.classes))
    cheapest = _cheapest(seen)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = float(np.where(loads > 0, loads / cheapest, 0.0).sum())
    return loads / whole if whole > 0 and math.isfinite(whole) else np.zeros_like(loads)


def _cheapest(seen: Snapshot) -> Array:
    """Return (classes,) the capacity of the variant that serves each class cheapest."""
    rate = seen.pool.capacity_per_s
    with np.errstate(divide="ignore"):
        best = np.where(rate > 0, seen.pool.prices / rate, np.inf).argmin(axis=1)
    return np.asarray(rate[np.arange(len(rate)), best])


def _worth(seen: Snapshot, loads: Array) -> Array:
    """Return (variants,) one replica in loads of the mix; 0 for one that serves none of it.

    A variant that serves a part of the classes counts by that part.
    """
    rate = seen.pool.capacity_per_s
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where((loads[:, None] > 0) & (rate > 0), loads[:, None] / rate, 0.0).sum(axis=0)
        return np.where(part > 0, 1 / part, 0.0)


def _shape(seen: Snapshot, period_s: float, periods: int) -> Array:
    """Return (periods,) the load to come in loads of now, from the same time of earlier days."""
    day = round(DAY_S / seen.tick_s)
    rows = max(1, round(period_s / seen.tick_s))
    past = seen.load_per_s
    if len(past) < day + rows:
        return np.ones(periods)
    cheapest = _cheapest(seen)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = np.where(cheapest > 0, past / cheapest, 0.0).sum(axis=1)
    now = np.nanmean(total[-day - rows : -day]) if len(total) >= day + rows else math.nan
    shape = np.ones(periods)
    for p in range(periods):
        first = len(total) - day + p * rows
        later = total[first : first + rows]
        if len(later) and not np.isnan(later).all() and now > 0:
            shape[p] = np.nanmean(later) / now
    return np.clip(shape, 1 / CALM, CALM)


def _first(plan: FleetPlan, seen: Snapshot) -> tuple[int, ...]:
    """Return the levels of the first period of a plan."""
    start = min(part.start for part in plan.units) if plan.units else None
    held = {part.offer: part.count for part in plan.units if part.start == start}
    return tuple(held.get(variant.name, 0) for variant in seen.pool.variants)
