"""A slow, readable simulator of plain servers, written beside the compiled one and not with it.

Everything is lists, dictionaries and a heap of ends; nothing is clever.
"""

import heapq
import math
from dataclasses import dataclass, field


@dataclass
class Job:
    number: int
    kind: int
    arrival: float
    service: float
    level: int
    start: float = math.nan
    begun: float = math.nan


@dataclass
class Replica:
    slots: int
    speed: float
    is_open: bool = True
    closed_at: float = math.inf
    last_end: float = 0.0
    passed: float = 0.0
    running: list = field(default_factory=list)
    queue: list = field(default_factory=list)


class SlowServers:
    def __init__(
        self, slots, speed, *, routing="central", ranks=(0,), patience=math.inf, limit=math.inf
    ):
        self.slots, self.speed, self.routing = slots, speed, routing
        self.patience, self.limit = patience, limit
        order = sorted(set(ranks), reverse=True)
        self.levels = [1 + order.index(rank) for rank in ranks]
        self.now = 0.0
        self.to_come = []
        self.replicas = {}
        self.open_ones = []
        self.common = []
        self.free = []  # names of replicas, one per free slot, longest free first
        self.ends = []  # (end, number, name, job)
        self.turn = 0
        self.passed = 0.0
        self.arrived = self.dropped = 0
        self.busy_parts = []
        self.done = []  # (number, kind, arrival, start, end, how)

    def feed(self, jobs):
        for kind, arrival, service in jobs:
            number = self.arrived + len(self.to_come)
            self.to_come.append(Job(number, kind, arrival, service, self.levels[kind]))

    def open(self, name, variant):
        replica = Replica(self.slots[variant], self.speed[variant], passed=self.passed)
        self.replicas[name] = replica
        self.open_ones.append(name)
        self.free += [name] * replica.slots

    def close(self, name):
        replica = self.replicas[name]
        replica.is_open, replica.closed_at = False, self.now
        place = self.open_ones.index(name)
        self.open_ones.remove(name)
        if place < self.turn:
            self.turn -= 1
        self.free = [other for other in self.free if other != name]
        self.common += replica.queue
        replica.queue = []

    def kill(self, name):
        replica = self.replicas[name]
        if replica.is_open:
            self.close(name)
        for job in replica.running:
            self.busy_parts.append((self.now - job.begun) / replica.slots)
            job.level = 0
            self.common.append(job)
        replica.running, replica.last_end = [], self.now
        self.ends = [entry for entry in self.ends if entry[2] != name]
        heapq.heapify(self.ends)

    def settle(self):
        self.common.sort(key=lambda job: (job.level, job.number))
        if self.routing == "central":
            while self.common and self.free:
                self.begin(self.common.pop(0), self.free.pop(0))
            return
        while self.common and self.open_ones:
            self.hand(self.common.pop(0), self.choose())

    def choose(self):
        if self.routing == "round-robin":
            if self.turn >= len(self.open_ones):
                self.turn = 0
            self.turn += 1
            return self.open_ones[self.turn - 1]
        if self.routing == "least-loaded":
            return min(self.open_ones, key=lambda name: self.in_hand(self.replicas[name]))
        name = min(self.open_ones, key=lambda name: self.replicas[name].passed)
        replica = self.replicas[name]
        self.passed = replica.passed
        replica.passed += 1 / (replica.slots * replica.speed)
        return name

    @staticmethod
    def in_hand(replica):
        return (len(replica.running) + len(replica.queue)) / replica.slots

    def hand(self, job, name):
        replica = self.replicas[name]
        if len(replica.running) < replica.slots:
            self.begin(job, name)
        else:
            replica.queue.append(job)

    def begin(self, job, name):
        replica = self.replicas[name]
        if math.isnan(job.start):
            job.start = self.now
        job.begun = self.now
        replica.running.append(job)
        heapq.heappush(self.ends, (self.now + job.service / replica.speed, job.number, name, job))

    def waiting(self):
        return self.common + [job for r in self.replicas.values() for job in r.queue]

    def impatient(self):
        """Return the waiting job that leaves first, or None."""
        if self.patience == math.inf:
            return None
        never = [job for job in self.waiting() if math.isnan(job.start)]
        return min(never, key=lambda job: job.number, default=None)

    def run(self, until):
        self.settle()
        while True:
            end = self.ends[0][0] if self.ends else math.inf
            leaver = self.impatient()
            leave = leaver.arrival + self.patience if leaver else math.inf
            come = self.to_come[0].arrival if self.to_come else math.inf
            now = min(end, leave, come)
            if now > until or now == math.inf:
                break
            self.now = now
            if end == now:
                self.one_ends()
            elif leave == now:
                queues = [self.common, *(r.queue for r in self.replicas.values())]
                for queue in queues:
                    if leaver in queue:
                        queue.remove(leaver)
                self.drop(leaver)
            else:
                self.one_comes(self.to_come.pop(0))
        if until < math.inf:
            self.now = until

    def one_ends(self):
        end, number, name, job = heapq.heappop(self.ends)
        replica = self.replicas[name]
        replica.running.remove(job)
        replica.last_end = end
        self.busy_parts.append(job.service / replica.speed / replica.slots)
        self.done.append((number, job.kind, job.arrival, job.start, end, 0))
        if not replica.is_open:
            return
        queue = self.common if self.routing == "central" else replica.queue
        if queue:
            best = min(queue, key=lambda job: job.level)  # the first of the best level
            queue.remove(best)
            self.begin(best, name)
        else:
            self.free.append(name)

    def one_comes(self, job):
        self.arrived += 1
        if self.routing == "central":
            if self.free:
                self.begin(job, self.free.pop(0))
            elif len(self.common) >= self.limit:
                self.drop(job)
            else:
                self.common.append(job)
            return
        if not self.open_ones:
            if len(self.common) >= self.limit:
                self.drop(job)
            else:
                self.common.append(job)
            return
        name = self.choose()
        replica = self.replicas[name]
        if len(replica.running) >= replica.slots and len(replica.queue) >= self.limit:
            self.drop(job)
        else:
            self.hand(job, name)

    def drop(self, job):
        self.dropped += 1
        self.done.append((job.number, job.kind, job.arrival, math.nan, self.now, 1))

    def busy(self):
        parts = [
            (self.now - job.begun) / replica.slots
            for replica in self.replicas.values()
            for job in replica.running
        ]
        return math.fsum(self.busy_parts + parts)

    def idle_since(self, name):
        replica = self.replicas[name]
        if replica.is_open or replica.running:
            return math.inf
        return max(replica.closed_at, replica.last_end)
