"""A replay in plain Python, by lists and loops: slow, and independent of `lepta.sim`.

It follows docs/howto/replay.md, not the simulator: only the draws of lifetimes are shared. All that
happens at one instant happens in this order: work ends, requests arrive, replicas change by
themselves, the policy looks and decides.
"""

import itertools
import math
from dataclasses import dataclass, field

from lepta.sim.faults import Faults, lifetime_s

INF = math.inf
HOUR = 3600.0


@dataclass
class Box:
    """One replica."""

    number: int
    variant: int
    ordered: float
    ready: float
    state: str = "starting"
    closed: float = INF
    last: float = 0.0
    gone: float = INF
    noticed: bool = False
    lost: bool = False
    running: list = field(default_factory=list)


@dataclass
class Ask:
    """One request."""

    number: int
    kind: int
    at: float
    work: float
    start: float = math.nan
    end: float = math.nan
    again: bool = False
    begun: float = math.nan
    left: float = 0.0


class SlowWorld:
    """A pool, a trace [(at, kind, work)] and a script [(from when on, levels)]."""

    def __init__(
        self,
        pool,
        trace,
        script,
        *,
        tick,
        seed,
        faults=None,
        begin=None,
        fluid=False,
        priority=None,
        objective=(),
        grace=HOUR,
    ):
        self.pool, self.tick, self.seed, self.fluid = pool, tick, seed, fluid
        self.variants = pool.variants
        self.asks = [Ask(n, kind, at, work, left=work) for n, (at, kind, work) in enumerate(trace)]
        self.script, self.faults = script, faults or Faults()
        self.priority = priority or [0] * len(pool.classes)
        self.objective, self.grace = objective, grace
        self.boxes, self.events, self.serial = [], [], 0
        self.want = [0] * len(self.variants)
        self.away = [0] * len(self.variants)
        self.readied = [0] * len(self.variants)
        self.free, self.queue = [], []
        self.busy, self.seen_busy, self.alive_time = 0.0, 0.0, 0.0
        self.now, self.losses = 0.0, []
        self.looks, self.entries = [], []
        for span in self.faults.zone_losses:
            for v, variant in enumerate(self.variants):
                if variant.zone and variant.zone == span.name:
                    self.push(span.from_s, 4, ("zone", v))
                    self.push(span.to_s, 0, v)
        for span in self.faults.dry_markets:
            for v, variant in enumerate(self.variants):
                if variant.name == span.name:
                    self.push(span.from_s, 4, ("dry", v))
                    self.push(span.to_s, 0, v)
        if begin is not None:
            self.bring(begin, at_once=True)

    def push(self, at, rank, what):
        self.events.append((at, rank, self.serial, what))
        self.serial += 1

    # The life of replicas.

    def mine(self, v, *states):
        return [box for box in self.boxes if box.variant == v and box.state in states]

    def order(self, v, count, at_once=False):
        if self.away[v] > 0:
            return
        for _ in range(count):
            ready = self.now if at_once else self.now + self.variants[v].startup_s
            box = Box(len(self.boxes), v, self.now, ready)
            self.boxes.append(box)
            if ready <= self.now:
                self.serve(box)
            else:
                self.push(ready, 1, box)

    def serve(self, box):
        if box.state != "starting":
            return
        variant = self.variants[box.variant]
        box.state = "serving"
        self.free += [box] * variant.slots
        nth = self.readied[box.variant]
        self.readied[box.variant] += 1
        hazard = variant.interruptions_per_hour if variant.spot else 0.0
        taken = lifetime_s(self.seed, box.variant, nth, hazard, 1)
        failed = lifetime_s(self.seed, box.variant, nth, self.faults.failures_per_hour, 2)
        if taken < failed:
            self.push(self.now + max(0.0, taken - variant.notice_s), 2, box)
            self.push(self.now + max(taken, variant.notice_s), 3, box)
        elif failed < INF:
            self.push(self.now + failed, 3, box)

    def bring(self, want, at_once=False):
        for v, level in enumerate(want):
            self.want[v] = level
            mine = self.mine(v, "starting") + self.mine(v, "serving")
            if len(mine) < level:
                self.order(v, level - len(mine), at_once)
            youngest = sorted(self.mine(v, "starting"), key=lambda b: -b.number)
            youngest += sorted(self.mine(v, "serving"), key=lambda b: -b.number)
            for box in youngest[: max(0, len(mine) - level)]:
                if box.state == "starting":
                    box.state, box.gone = "gone", self.now
                else:
                    self.drain(box)

    def refill(self, v):
        held = len(self.mine(v, "starting", "serving"))
        self.order(v, max(0, self.want[v] - held))

    def drain(self, box):
        box.state, box.closed = "draining", self.now
        self.free = [slot for slot in self.free if slot is not box]
        self.leave()

    def leave(self):
        """Let drained replicas go when they ended their last request."""
        for box in self.boxes:
            if box.state == "draining" and (self.fluid or not box.running):
                box.state, box.gone = "gone", max(box.closed, box.last)

    def lose(self, box):
        if box.state == "gone":
            return
        serving = box.state == "serving"
        box.state, box.gone, box.lost = "gone", self.now, True
        self.losses.append(self.now)
        self.free = [slot for slot in self.free if slot is not box]
        for ask in box.running:
            ask.again = True
            self.busy += (self.now - ask.begun) / self.variants[box.variant].slots
            self.queue.append(ask)
        box.running = []
        if serving:
            self.refill(box.variant)

    def happen(self, rank, what):
        if rank == 0:
            self.away[what] -= 1
            self.refill(what)
        elif rank == 1:
            self.serve(what)
        elif rank == 2:
            what.noticed = what.state != "gone"
            if what.state == "serving":
                self.drain(what)
                self.refill(what.variant)
        elif rank == 3:
            self.lose(what)
        else:
            how, v = what
            self.away[v] += 1
            if how == "zone":
                for box in list(self.boxes):
                    if box.variant == v:
                        self.lose(box)

    # The work.

    def flow(self):
        """Units per second of all open replicas."""
        return sum(
            self.pool.capacity_per_s[0, b.variant] for b in self.boxes if b.state == "serving"
        )

    def next_end(self):
        if self.fluid:
            flow = self.flow()
            return self.now + self.queue[0].left / flow if self.queue and flow > 0 else INF
        return min((a.begun + a.work for b in self.boxes for a in b.running), default=INF)

    def pass_to(self, at):
        """Let time pass; nothing happens in between."""
        if self.fluid and self.queue and self.flow() > 0:
            self.busy += (at - self.now) * sum(b.state == "serving" for b in self.boxes)
            self.queue[0].left -= (at - self.now) * self.flow()
        paid = sum(b.state in ("serving", "draining") for b in self.boxes)
        self.alive_time += paid * (at - self.now)
        self.now = at

    def end_one(self):
        if self.fluid:
            ask = self.queue.pop(0)
            ask.end = self.now
            if self.queue and math.isnan(self.queue[0].start):
                self.queue[0].start = self.now
            return
        box, ask = min(
            ((b, a) for b in self.boxes for a in b.running),
            key=lambda pair: (pair[1].begun + pair[1].work, pair[1].number),
        )
        box.running.remove(ask)
        ask.end = box.last = self.now
        self.busy += (self.now - ask.begun) / self.variants[box.variant].slots
        if box.state == "serving":
            self.free.append(box)
        self.leave()
        self.begin_work()

    def begin_work(self):
        if self.fluid:
            if self.queue and self.flow() > 0 and math.isnan(self.queue[0].start):
                self.queue[0].start = self.now
            elif self.queue and self.flow() == 0 and self.queue[0].start == self.now:
                self.queue[0].start = math.nan  # its turn, but nothing was done
            return
        self.queue.sort(
            key=lambda a: (not a.again, 0 if a.again else -self.priority[a.kind], a.number)
        )
        while self.queue and self.free:
            box, ask = self.free.pop(0), self.queue.pop(0)
            ask.begun = self.now
            if math.isnan(ask.start):
                ask.start = self.now
            box.running.append(ask)

    # The run.

    def look(self, k):
        serving, starting, draining = (
            tuple(len(self.mine(v, state)) for v in range(len(self.variants)))
            for state in ("serving", "starting", "draining")
        )
        begun = [a for b in self.boxes for a in b.running]
        waiting = list(self.queue)
        if self.fluid:
            begun = [a for a in self.queue[:1] if not math.isnan(a.start)]
            waiting = self.queue[len(begun) :]
        busy = self.busy + sum(
            (self.now - a.begun) / self.variants[b.variant].slots
            for b in self.boxes
            for a in b.running
        )
        used = math.nan
        if self.alive_time > 0:
            used = min(1.0, (busy - self.seen_busy) / self.alive_time)
        self.seen_busy, self.alive_time = busy, 0.0
        last = [0.0] * len(self.pool.classes)
        for ask in self.asks:
            if k and (k - 1) * self.tick <= ask.at < k * self.tick:
                last[ask.kind] += ask.work / self.tick
        self.looks.append(
            {
                "at": self.now,
                "serving": serving,
                "starting": starting,
                "draining": draining,
                "waiting": len(waiting),
                "running": len(begun),
                "used": used,
                "load": last,
                "work": sum(a.work for a in waiting),
                "away": [a > 0 for a in self.away],
            }
        )
        return serving

    def decide(self, serving):
        want = [levels for at, levels in self.script if at <= self.now][-1]
        want = [
            min(max(level, v.least), INF if v.limit is None else v.limit)
            for level, v in zip(want, self.variants, strict=True)
        ]
        held = handed_over(
            want, serving, self.pool, [self.price(v, self.now) for v in range(len(want))]
        )
        self.entries.append((self.now, tuple(held)))
        return held

    def price(self, v, at):
        price = self.variants[v].price_per_hour
        for change in sorted(self.faults.prices, key=lambda c: c.at_s):
            if change.variant == self.variants[v].name and change.at_s <= at:
                price = change.price_per_hour
        return price

    def run(self):
        self.coming = list(self.asks)
        k, worked, before = 0, 0.0, 0
        self.go_on(0.0)
        while True:
            serving = self.look(k)
            self.bring(self.decide(serving), at_once=k == 0)
            self.begin_work()
            k += 1
            self.go_on(k * self.tick)
            ended = [a for a in self.asks if not math.isnan(a.end)]
            if not self.coming and len(ended) == len(self.asks):
                break
            if self.coming or len(ended) > before or self.next_end() < INF:
                worked = self.now
            if self.now > worked + self.grace:
                break
            before = len(ended)
        return self.sum_up()

    def go_on(self, until):
        """Let happen all up to an instant; what the last changes there bring about comes later."""
        while True:
            event = min((e[0] for e in self.events), default=INF)
            end, come = self.next_end(), self.coming[0].at if self.coming else INF
            at = min(event, end, come, until)
            self.pass_to(max(at, self.now))
            if end <= at:
                self.end_one()
            elif come <= at:
                self.queue.append(self.coming.pop(0))
                self.begin_work()
            elif event <= at:
                self.settle([e for e in self.events if e[0] <= self.now])
            if (at >= until and min(event, end, come) > until) or (
                event <= at < min(end, come) and at >= until
            ):
                break

    def settle(self, due):
        """Let happen what is due, in its order, and what it brings about at once."""
        while due:
            first = min(due, key=lambda e: e[:3])
            self.events.remove(first)
            self.happen(first[1], first[3])
            due = [e for e in self.events if e[0] <= self.now]
        self.begin_work()

    def sum_up(self):
        ended = [a for a in self.asks if not math.isnan(a.end)]
        left = len(self.asks) - len(ended)
        stop = self.now if left else max([self.asks[-1].at, *(a.end for a in ended)])
        seconds, cost = [0.0] * len(self.variants), 0.0
        for box in self.boxes:
            last = min(box.gone, stop)
            cuts = [box.ordered, last, *(c.at_s for c in self.faults.prices)]
            cuts = sorted(c for c in cuts if box.ordered <= c <= last)
            for a, b in itertools.pairwise(cuts):
                cost += (b - a) / HOUR * self.price(box.variant, a)
                seconds[box.variant] += b - a
        busy = self.busy + sum(
            (self.now - a.begun) / self.variants[b.variant].slots
            for b in self.boxes
            for a in b.running
        )
        late = left
        for ask in ended:
            times = {"wait": ask.start - ask.at, "latency": ask.end - ask.at}
            late += any(times[bound.what] > bound.bound_s for bound in self.objective)
        changes = [e for e in self.entries if e[0] <= stop]
        changes = [e for n, e in enumerate(changes) if not n or e[1] != changes[n - 1][1]]
        return {
            "cost": cost,
            "hours": [s / HOUR for s in seconds],
            "served": len(ended),
            "left": left,
            "violations": late / len(self.asks),
            "waits": [a.start - a.at for a in ended],
            "latencies": [a.end - a.at for a in ended],
            "end": stop,
            "changes": changes,
            "idle": 1 - busy / sum(seconds) if sum(seconds) else 0.0,
            "losses": sum(at <= stop for at in self.losses),
        }


def handed_over(want, serving, pool, prices):
    """Keep serving replicas, one by one and the cheapest first, until no load is given up."""
    kept = [min(a, b) for a, b in zip(want, serving, strict=True)]
    if not any(w > s for w, s in zip(want, serving, strict=True)):
        return want
    for row in pool.capacity_per_s:
        goal = min(sum(row * want), sum(row * serving))
        while sum(row * kept) < goal - 1e-9 * max(goal, 1.0):
            more = [v for v in range(len(want)) if kept[v] < serving[v] and row[v] > 0]
            kept[min(more, key=lambda v: (prices[v] / row[v], v))] += 1
    return [max(w, k) for w, k in zip(want, kept, strict=True)]
