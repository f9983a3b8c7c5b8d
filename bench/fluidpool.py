"""A pool of fluid replicas: first come, first served, one rate per replica; for sweeps of policies.

Requests bring work; n replicas work at n x capacity on the oldest. The wait of a request ends when
all work before it is done. Replicas ordered at a turn are paid at once, serve after `startup_s`,
and leave at once when released (those that start first). The policy is asked every `tick_s`.
"""

from dataclasses import dataclass, field

import numpy as np
from numba import njit

from lepta.domain.pool import Pool, Snapshot, Variant
from lepta.policy.base import Policy, asked

__all__ = ["Outcome", "Trace", "pool_of", "run"]


@dataclass(frozen=True)
class Trace:
    """Arrivals [s] with work and weight (how many requests each stands for), at one capacity."""

    name: str
    at_s: np.ndarray
    work: np.ndarray
    weight: np.ndarray
    capacity: float
    end_s: float
    tick_s: float = 15.0
    startup_s: float = 60.0
    objective_s: float = 2.0
    first: int = 1
    split_s: float = 0.0
    """Before: to tune on; after: to judge."""
    epoch_s: float = float("nan")
    given: np.ndarray = None
    made: np.ndarray = None
    """Tokens read and written, where they are known."""
    loads: np.ndarray = field(default=None, compare=False)

    def load_per_s(self):
        """Mean work per second in each whole tick."""
        if self.loads is None:
            ticks = int(np.ceil(self.end_s / self.tick_s))
            index = np.minimum((self.at_s / self.tick_s).astype(int), ticks - 1)
            object.__setattr__(self, "loads", np.bincount(index, self.work, ticks) / self.tick_s)
        return self.loads


@dataclass(frozen=True)
class Outcome:
    """What a policy did: from `since_s` on."""

    policy: str
    replica_hours: float
    violations: float
    changes_per_hour: float
    peak: int
    mean_wait_s: float
    levels: np.ndarray = field(repr=False)
    wait_s: np.ndarray = field(repr=False)


def pool_of(trace):
    return Pool(
        variants=(Variant(name="replica", price_per_hour=1.0, startup_s=trace.startup_s),),
        capacity_per_s=np.array([[trace.capacity]]),
        unit="work",
    )


@njit(cache=True)
def _serve(at, ahead, total, state, start, t0, t1, rate):
    """Work from t0 to t1 at one rate; state = [done work, next arrival, next to start]."""
    done, arrived, head = state[0], int(state[1]), int(state[2])
    n = at.size
    t = t0
    while True:
        known = total if arrived == n else ahead[arrived]
        until = t1 if arrived == n else min(t1, at[arrived])
        if until > t:
            goal = min(known, done + rate * (until - t))
            while head < arrived and ahead[head] <= goal:
                if ahead[head] > done:
                    start[head] = t + (ahead[head] - done) / rate
                else:
                    start[head] = max(t, at[head])
                head += 1
            done = goal
            t = until
        if arrived < n and at[arrived] < t1:
            if head == arrived and ahead[arrived] <= done and rate > 0:
                start[arrived] = at[arrived]
                head += 1
            arrived += 1
        elif t >= t1:
            break
    state[0], state[1], state[2] = done, arrived, head


def run(trace: Trace, policy: Policy, since_s: float = 0.0, until_s: float = np.inf) -> Outcome:
    """Replay a trace under a policy up to `until_s`; figures count from `since_s`."""
    pool = pool_of(trace)
    load = trace.load_per_s()[:, None]
    at = np.ascontiguousarray(trace.at_s)
    ahead = np.concatenate([[0.0], np.cumsum(trace.work)])[:-1]
    total = float(trace.work.sum())
    start = np.full(at.size, np.inf)
    state = np.zeros(3)
    memory = policy.start()
    serving, starting = trace.first, []  # ready instants, oldest first
    last_s = min(trace.end_s, until_s)
    ticks = int(np.ceil(last_s / trace.tick_s))
    levels, paid, changes, busy = np.zeros(ticks, int), 0.0, 0, float("nan")
    zero = np.zeros(1, np.int64)
    seconds = 0.0
    always, prices = np.ones(1, bool), pool.prices
    for k in range(ticks):
        now = k * trace.tick_s
        held = serving + len(starting)
        waiting = max(0.0, float(trace.weight[int(state[2]) : int(state[1])].sum()))
        backlog = max(0.0, (total if state[1] == at.size else ahead[int(state[1])]) - state[0])
        seen = Snapshot(
            at_s=now,
            pool=pool,
            tick_s=trace.tick_s,
            load_per_s=load[max(0, k - HISTORY) : k],
            serving=np.array([serving]),
            starting=np.array([len(starting)]),
            draining=zero,
            ready_in_s=tuple((0, ready - now) for ready in starting),
            price_per_hour=prices,
            available=always,
            waiting=waiting,
            waiting_work=np.array([backlog]),
            running=0.0 if np.isnan(busy) else busy * serving,
            utilization=busy,
            epoch_s=trace.epoch_s,
        )
        decision, memory = asked(policy, seen, memory)
        want = decision.want[0]
        counts = now >= since_s
        if want > held:
            starting += [now + trace.startup_s] * (want - held)
        elif want < held:
            cut = held - want
            fewer = min(cut, len(starting))
            starting = starting[: len(starting) - fewer]
            serving -= cut - fewer
        changes += counts and want != held
        levels[k] = want
        end = min(now + trace.tick_s, last_s)
        if counts:
            paid += want * (end - now)
            seconds += end - now
        t, before, able = now, state[0], 0.0
        while t < end:
            while starting and starting[0] <= t:
                starting.pop(0)
                serving += 1
            stop = min(end, starting[0]) if starting else end
            _serve(at, ahead, total, state, start, t, stop, serving * trace.capacity)
            able += serving * trace.capacity * (stop - t)
            t = stop
        busy = (state[0] - before) / able if able > 0 else float("nan")
    # The end: what waits goes on at the last level.
    rate = max(serving, 1) * trace.capacity
    _serve(at, ahead, total, state, start, last_s, last_s + DRAIN_S, rate)
    wait = start - at
    late = (at >= since_s) & (at < last_s)
    weight = trace.weight[late]
    share = float(weight[wait[late] > trace.objective_s].sum() / weight.sum())
    return Outcome(
        policy=policy.name,
        replica_hours=paid / 3600,
        violations=share,
        changes_per_hour=changes / (seconds / 3600),
        peak=int(levels.max()),
        mean_wait_s=float((np.minimum(wait[late], DRAIN_S) * weight).sum() / weight.sum()),
        levels=levels,
        wait_s=wait,
    )


HISTORY = 20_000
"""Ticks that a policy is shown at most."""
DRAIN_S = 3_600.0
