"""Hold what is cheapest on average over the loads that may come until new replicas serve.

The load of the lead time is a distribution: past ticks, as they were or brought to a level of now
(`outlook`). For numbers of replicas the fluid queue is run through it; the number that minimizes

    price x replicas + penalty x work that comes too late

is held (a newsvendor whose shortage is not a quantile but lateness, so that a backlog that drains
in time costs nothing, and one that does not costs all that queues behind it). Which past stands for
what may come is found by pools on paper: one per outlook, and that which cost least is followed.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from lepta.domain.pool import Array, Decision, Snapshot
from lepta.numerics.lateness import late_work
from lepta.numerics.queueing import servers_for_wait
from lepta.policy.fill import fill
from lepta.policy.outlook import OUTLOOKS, Trial, leader, scenarios, tried
from lepta.policy.parameters import Parameter
from lepta.policy.past import PARTS, Past, look
from lepta.policy.single import ceiling, clock, latest_load
from lepta.policy.worth import Worth, cheapest_rate, worth

__all__ = ["PARAMETERS", "Memory", "Predictive"]

PARAMETERS = (
    Parameter(
        "penalty",
        10.0,
        0.1,
        1e4,
        "prices",
        "what late work costs, in prices of the replica time that it takes",
        tune=True,
        log=True,
    ),
    Parameter(
        "quantile",
        0.0,
        0.0,
        0.9999,
        "share of ticks",
        "hold this quantile of the forecast instead of weighing price and penalty; 0: weigh",
    ),
    Parameter(
        "memory",
        900.0,
        60.0,
        86_400.0,
        "s",
        "past that stands for what may come; some outlooks take up to six times as much",
        tune=True,
        log=True,
    ),
    Parameter(
        "half",
        60.0,
        15.0,
        86_400.0,
        "s",
        "half-life of the level of the load",
        tune=True,
        log=True,
    ),
    Parameter(
        "trend",
        1.0,
        0.0,
        2.0,
        "share",
        "how much of the growth over a lead time goes on",
        tune=True,
    ),
    Parameter("margin", 1.0, 0.5, 3.0, "factor", "on the loads that may come", tune=True),
    Parameter(
        "drain",
        1.0,
        0.0,
        10.0,
        "factor",
        "on the replicas that clear a backlog soonest for its price; 0: leave it to the rest",
        tune=True,
    ),
    Parameter(
        "down",
        120.0,
        0.0,
        3_600.0,
        "s",
        "shrink to the largest need of so long, and never sooner than a start takes",
        tune=True,
    ),
    Parameter(
        "band", 0.1, 0.0, 0.5, "share", "a need this close to the level changes nothing", tune=True
    ),
    Parameter(
        "judge",
        7200.0,
        60.0,
        1e6,
        "s",
        "half-life of what an outlook cost, by which the one to follow is found",
        log=True,
    ),
    Parameter(
        "late",
        0.0,
        0.0,
        0.5,
        "share of ticks",
        "move the margin until this share ends with a queue longer than `wait`; 0: leave it",
        tune=True,
    ),
    Parameter("wait", 2.0, 0.0, 3_600.0, "s", "the longest wait that is in time"),
    Parameter(
        "least",
        1,
        0,
        1e9,
        "replicas",
        "of the cheapest variant, never fewer, but zero where a start fits into `wait`",
        whole=True,
    ),
    Parameter(
        "share",
        0.0,
        0.0,
        0.5,
        "share",
        "plain servers (slots and one request in each): share that may wait longer, by Erlang C; "
        "0: capacities hold it already",
    ),
    Parameter("arrivals", 1.0, 0.0, 100.0, "1", "squared variation between arrivals, for `share`"),
    Parameter("service", 1.0, 0.0, 100.0, "1", "squared variation of service, for `share`"),
)

STEP, MOST_MORE = 0.02, 1.0
"""How fast the margin learns, and how much it may add."""
REACH = max(outlook.reach for outlook in OUTLOOKS)
"""Past that is kept, over `memory`."""
EARLY, JUDGED = 2, 3
"""Lead times that are seen before a pool may shrink, and before pools on paper are compared."""
Needs = tuple[tuple[float, int], ...]
"""Instants [s] and what was needed then, oldest first."""
MOST_LEVELS = 16
"""Numbers of replicas that are compared at a time."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The past of the load, the needs found within the last `down` seconds, the pools on paper."""

    past: Past = field(default_factory=Past)
    needs: Needs = ()
    more: float = 0.0
    """What was learned to add to the margin."""
    trials: tuple[Trial, ...] = ()
    """One per outlook."""
    leads: int = len(OUTLOOKS) - 1
    """The outlook that is followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictive:
    """Newsvendor over the start-up lead time, with hysteresis; parameters as in `PARAMETERS`.

    Up at once where the need passes the level by more than the band; down only to the largest need
    of the last max(`down`, start-up) seconds. So between a step up and the next step down at least
    that time passes, whatever the load does. Of several variants the cheapest that survives is
    filled first (`fill`).
    """

    penalty: float = 10.0
    quantile: float = 0.0
    memory: float = 900.0
    half: float = 60.0
    trend: float = 1.0
    margin: float = 1.0
    drain: float = 1.0
    down: float = 120.0
    band: float = 0.1
    judge: float = 7200.0
    late: float = 0.0
    wait: float = 2.0
    least: int = 1
    share: float = 0.0
    arrivals: float = 1.0
    service: float = 1.0
    name: str = "predictive"

    def start(self) -> Memory:
        """Nothing seen yet."""
        return Memory()

    def decide(self, seen: Snapshot, memory: Memory) -> tuple[Decision, Memory]:
        """Return the levels for the lead time, and the memory."""
        past = look(memory.past, seen, self.half, self.memory * REACH)
        if not len(past.load):
            want = tuple(int(level) for level in seen.held)
            if not sum(want):
                value = worth(seen.pool, cheapest_rate(seen.pool))
                want = self._spread(seen, value, max(self.least, 1))
            why = "no load seen yet"
            needs = memory.needs or ((seen.at_s, sum(want)),)
            return self._told(seen, want, why), Memory(past, needs)
        value = worth(seen.pool, past.mix)
        lead_s = max(v.startup_s for v in seen.pool.variants) + seen.tick_s
        held = round(float(seen.held @ value.replica), 9)
        more = self._learned(seen, value, memory.more)
        margin = self.margin + more
        # What was found at the first turn counts as a need: too little is known to undo it.
        begin = ((seen.at_s, ceiling(held)),)
        pools = memory.trials or (Trial((held,), begin),) * len(OUTLOOKS)
        trials, forecasts = self._tried(seen, past, pools, margin)
        leads = leader(trials, memory.leads)
        likely, need = forecasts[leads], trials[leads].needs[-1][1]
        reason = ""
        backlog = self._backlog(seen, past, value)
        if backlog > need:
            need, reason = backlog, f", {float(seen.waiting_work.sum()):.3g} wait"
        needs = self._recent(memory.needs or begin, seen, need)
        level = self._calm(held, needs, float(likely.mean()) / margin, early(past, seen))
        if level == held:
            want = tuple(int(n) for n in seen.held)
            lost = bool(((seen.held > 0) & ~seen.available).any())
            if lost and len(want) > 1:
                want = self._spread(seen, value, level)
        else:
            want = self._spread(seen, value, level)
        return self._told(seen, want, self._why(seen, likely, value, reason, want, lead_s)), Memory(
            past, needs, more, tuple(trials), leads
        )

    def _tried(
        self, seen: Snapshot, past: Past, pools: tuple[Trial, ...], margin: float
    ) -> tuple[tuple[Trial, ...], list[Array]]:
        """The pools on paper after the last ticks and with their levels of now, and the loads
        (scenarios, PARTS) that each outlook expects.
        """
        ahead = ticks_ahead(seen)
        fresh = past.parts[len(past.load) - past.fresh :].ravel()
        if len(fresh) and len(past.load) > JUDGED * ahead:
            keep = 0.5 ** (seen.tick_s / PARTS / self.judge)
            slack = self.wait / seen.tick_s * PARTS
            pools = tried(pools, fresh, self.penalty, slack, keep)
        trials, forecasts = [], []
        for outlook, trial in zip(OUTLOOKS, pools, strict=True):
            memory = int(self.memory // seen.tick_s)
            likely = margin * scenarios(outlook, past, ahead, memory, self.trend)
            needs = self._recent(trial.needs, seen, self._hold(seen, likely, past))
            level = self._calm(
                trial.levels[-1], needs, float(likely.mean()) / margin, early(past, seen)
            )
            trials.append(replace(trial, levels=(*trial.levels, level)[-ahead:], needs=needs))
            forecasts.append(likely)
        return tuple(trials), forecasts

    def _recent(self, needs: Needs, seen: Snapshot, need: int) -> Needs:
        """The needs of the last max(`down`, start-up) seconds, and that of now."""
        window_s = max(self.down, max(v.startup_s for v in seen.pool.variants))
        return (*(one for one in needs if one[0] > seen.at_s - window_s), (seen.at_s, need))

    def _calm(self, held: float, needs: Needs, mean: float, early: bool) -> float:
        """The level to hold: up where the need passes it by the band, down to the largest need.

        A mean load above what is held is a queue without end: no band for that. Early on too
        little is seen to shrink.
        """
        need, largest = needs[-1][1], max(n for _, n in needs)
        if need > held * (1 + self.band) or (need > held and (held == 0 or mean > held)):
            return float(need)
        if early:
            return held
        if largest < held * (1 - self.band) or (largest == 0 and held > 0):
            return float(largest)
        return held

    def _learned(self, seen: Snapshot, value: Worth, more: float) -> float:
        """The margin by adaptive conformal inference (Gibbs & Candes 2021): up by a step for each
        late tick, down by a little for each other one, so that in the long run the share is kept.
        """
        able = float(seen.serving @ value.replica)
        if not self.late or able <= 0:
            return more
        late = float(float(seen.waiting_work @ value.load) > able * self.wait)
        return float(np.clip(more + STEP * (late - self.late), 0.9 - self.margin, MOST_MORE))

    def _hold(self, seen: Snapshot, likely: Array, past: Past) -> int:
        """The number with the least cost of holding and of being late."""
        top = ceiling(float(likely.max()))
        if self.quantile > 0:
            need = ceiling(float(np.quantile(likely.mean(axis=1), self.quantile)))
        else:
            need = self._weighed(likely.ravel(), top, self.wait / seen.tick_s * PARTS)
        if self.share > 0:
            need = max(need, self._servers(seen, past))
        cold = max(v.startup_s for v in seen.pool.variants) <= self.wait
        if top == 0 and cold:
            return 0
        return max(need, self.least, 0 if cold else 1)

    def _weighed(self, likely: Array, top: int, slack: float) -> int:
        """The least of price and penalty: first in wide steps, then in single ones around it."""
        low, high = max(1, ceiling(float(likely.mean()))), max(1, top)
        while True:
            step = max(1, math.ceil((high - low) / MOST_LEVELS))
            levels = np.arange(low, high + step, step, dtype=float)
            late = late_work(likely, levels, slack)
            best = int(levels[int(np.argmin(levels + self.penalty * late))])
            if step == 1:
                return best
            low, high = max(low, best - step), min(high, best + step)

    def _servers(self, seen: Snapshot, past: Past) -> int:
        """Plain servers by Erlang C and Allen-Cunneen, at the level of now."""
        unit = cheapest_rate(seen.pool)
        best = int(np.argmax(seen.pool.capacity_per_s[0] == unit[0]))
        slots = max(1, seen.pool.variants[best].slots)
        service_s = slots / float(unit[0]) if unit[0] > 0 else 0.0
        if service_s == 0:
            return 0
        servers = servers_for_wait(
            float(past.level[0, -1]) * slots,
            service_s,
            self.wait,
            self.share,
            self.arrivals,
            self.service,
        )
        return ceiling(float(servers) / slots) if np.isfinite(servers) else 0

    def _backlog(self, seen: Snapshot, past: Past, value: Worth) -> int:
        """What clears the backlog that will be there when replicas ordered now serve.

        n more are paid for their start, for the time that they are kept, and while they work off
        the backlog b; until then the load x is late: n (start + kept) + penalty x b / n is least
        at n = sqrt(penalty x b / (start + kept)).
        """
        work = float(seen.waiting_work @ value.load)
        if not self.drain or not work > 0:
            return 0
        lead = max(v.startup_s for v in seen.pool.variants)
        coming = sum(max(0.0, lead - ready) * value.replica[v] for v, ready in seen.ready_in_s)
        recent = float(past.load[-4:].mean())
        left = work + recent * lead - coming - lead * float(seen.serving @ value.replica)
        if left <= 0:
            return 0
        paid = lead + max(self.down, lead, seen.tick_s)
        return ceiling(recent + self.drain * math.sqrt(self.penalty * recent * left / paid))

    def _spread(self, seen: Snapshot, value: Worth, level: float) -> tuple[int, ...]:
        """Levels of the variants worth so many replicas of the cheapest, at the mix of now."""
        if len(seen.pool.variants) == 1:
            return (ceiling(level),)
        want, _ = fill(seen, value.mix * (level / value.whole) if value.whole > 0 else value.mix)
        return want

    def _why(
        self,
        seen: Snapshot,
        likely: Array,
        value: Worth,
        reason: str,
        want: tuple[int, ...],
        lead_s: float,
    ) -> str:
        unit = float(value.mix.sum()) / value.whole if value.whole > 0 else 0.0
        able = float(seen.serving @ value.replica) * unit
        ordered = np.sort(likely.mean(axis=1))
        low, high = (float(ordered[int(q * (len(likely) - 1))]) * unit for q in (0.5, 0.95))
        moves = ", ".join(
            f"{variant.name} {n - int(had):+d}"
            for variant, n, had in zip(seen.pool.variants, want, seen.held, strict=True)
            if n != had
        )
        return (
            f"load {latest_load(seen):.3g} of {able:.3g} at {clock(seen)}{reason}, forecast "
            f"{low:.3g}-{high:.3g} by {clock(seen, lead_s)}" + (f", {moves}" if moves else "")
        )

    def _told(self, seen: Snapshot, want: tuple[int, ...], why: str) -> Decision:
        return Decision(at_s=seen.at_s, policy=self.name, want=want, why=why)


def ticks_ahead(seen: Snapshot) -> int:
    """Return the ticks from the load seen last to the first that replicas ordered now serve."""
    return max(1, round(max(v.startup_s for v in seen.pool.variants) / seen.tick_s + 1))


def early(past: Past, seen: Snapshot) -> bool:
    """Tell whether so little is seen that nothing should be given up for it."""
    return len(past.load) <= EARLY * ticks_ahead(seen)
