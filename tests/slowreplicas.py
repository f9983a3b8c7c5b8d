"""A slow, plain replay of batched replicas, iteration by iteration, for the engine to equal.

Nothing is kept that can be counted again: memory in use is summed up anew each time.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, field

from lepta.sim.batched import Batched

BLOCK = 512


@dataclass(eq=False)
class Sequence:
    number: int
    at_s: float
    prompt: int
    output: int
    blocks: tuple[int, ...] = ()
    made: int = 0
    context: int = 0
    left: int = 0
    held: int = 0
    start_s: float = math.nan
    first_s: float = math.nan
    end_s: float = math.nan
    dropped: bool = False

    def memory(self) -> int:
        """Tokens in memory or reserved."""
        return self.context if self.left else self.prompt + max(self.made - 1, 0)


@dataclass(eq=False)
class Replica:
    variant: Batched
    boundary_s: float
    serving: bool = True
    queue: list[Sequence] = field(default_factory=list)
    batch: list[Sequence] = field(default_factory=list)
    end_s: float | None = None
    refs: dict[int, int] = field(default_factory=dict)
    idle: OrderedDict[int, None] = field(default_factory=OrderedDict)
    parts: list[tuple[Sequence, int]] = field(default_factory=list)

    @property
    def capacity(self) -> float:
        return math.inf if self.variant.kv_tokens is None else self.variant.kv_tokens

    @property
    def nodes(self) -> float:
        given = self.variant.prefix_blocks
        return self.capacity // BLOCK if given is None else given

    def used(self) -> int:
        own = sum(seq.memory() - BLOCK * seq.held for seq in self.batch)
        return own + BLOCK * len(self.refs)

    def decoding(self) -> list[Sequence]:
        return [seq for seq in self.batch if not seq.left]

    def trim(self, used: int) -> None:
        while self.idle and len(self.idle) > max((self.capacity - used) // BLOCK, 0):
            self.idle.popitem(last=False)

    def hits(self, seq: Sequence, most: int) -> int:
        count = 0
        while count < most and (seq.blocks[count] in self.refs or seq.blocks[count] in self.idle):
            count += 1
        return count

    def take(self, block: int) -> None:
        self.idle.pop(block, None)
        self.refs[block] = self.refs.get(block, 0) + 1

    def let_go(self, seq: Sequence) -> None:
        self.batch.remove(seq)
        for block in reversed(seq.blocks[: seq.held]):
            self.refs[block] -= 1
            if not self.refs[block]:
                del self.refs[block]
                self.idle[block] = None
        seq.held = 0

    def register(self, seq: Sequence) -> None:
        most = min(len(seq.blocks), seq.prompt // BLOCK)
        for block in seq.blocks[seq.held : most]:
            known = block in self.refs or block in self.idle
            if not known and len(self.refs) + len(self.idle) >= self.nodes:
                if not self.idle:
                    return
                self.idle.popitem(last=False)
            self.take(block)
            seq.held += 1

    def admit(self, at_s: float) -> bool:
        seq = self.queue[0]
        context = seq.prompt + seq.made
        hits = 0
        if self.nodes:
            hits = self.hits(seq, min(len(seq.blocks), (context - 1) // BLOCK))
        shared = sum(block in self.refs for block in seq.blocks[:hits])
        need = self.used() + context - BLOCK * shared + len(self.decoding())
        if len(self.batch) >= self.variant.limit or need > self.capacity:
            return False
        self.queue.pop(0)
        for block in seq.blocks[:hits]:
            self.take(block)
        seq.held, seq.context, seq.left = hits, context, context - BLOCK * hits
        if math.isnan(seq.start_s):
            seq.start_s = at_s
        self.batch.append(seq)
        self.trim(self.used())
        return True


class Slow:
    """Replicas of tokens, as BatchedEngine."""

    def __init__(self, variants, route, guard=8.0) -> None:
        self.variants, self.route, self.guard = variants, route, guard
        self.replicas: dict[int, Replica] = {}
        self.row_of: dict[int, int] = {}
        self.lobby: list[Sequence] = []
        self.sequences: list[Sequence] = []
        self.turn = self.next = 0
        self.now_s = 0.0
        self.preemptions = self.hit = self.prefilled = 0
        self.peak = 0

    def begin(self, r: Replica) -> None:
        at_s = r.boundary_s
        while r.used() + len(r.decoding()) > r.capacity:
            seq = r.batch[-1]
            r.let_go(seq)
            seq.left = 0
            r.queue.insert(0, seq)
            self.preemptions += 1
        while r.queue and r.admit(at_s):
            self.hit += BLOCK * r.batch[-1].held
        decoding = r.decoding()
        left, pairs, v = r.variant.budget, 0.0, r.variant
        self.chunks(r)
        for seq, part in r.parts:
            pairs += part * (seq.context - seq.left + part / 2)
            left -= part
        r.end_s = (
            at_s
            + float(v.step_s[len(decoding)])
            + v.prefill_s * (v.budget - left)
            + v.context_s * pairs
            + v.kv_s * sum(seq.memory() for seq in decoding)
        )
        used = r.used() + len(decoding)
        assert used <= r.capacity
        assert len(r.batch) <= v.limit
        self.peak = max(self.peak, used)
        r.trim(used)

    def chunks(self, r: Replica) -> None:
        left, r.parts = r.variant.budget, []
        for seq in r.batch:
            if seq.left and left:
                part = min(left, seq.left)
                r.parts.append((seq, part))
                left -= part

    def end(self, r: Replica) -> None:
        at_s, r.end_s = r.end_s, None
        r.boundary_s = at_s
        for seq in r.decoding():
            seq.made += 1
        for seq, part in r.parts:
            seq.left -= part
            self.prefilled += part
            if not seq.left:
                if seq.made < seq.output:
                    seq.made += 1
                    if math.isnan(seq.first_s):
                        seq.first_s = at_s
                r.register(seq)
        for seq in list(r.batch):
            if not seq.left and seq.made >= seq.output:
                r.let_go(seq)
                seq.end_s = at_s

    def advance(self, r: Replica, until_s: float) -> None:
        while True:
            if r.end_s is not None:
                if r.end_s > until_s:
                    return
                self.end(r)
            elif (r.batch or r.queue) and r.boundary_s < until_s:
                self.begin(r)
            else:
                return

    def fits(self, v: Batched, seq: Sequence) -> bool:
        return v.kv_tokens is None or seq.prompt + max(seq.output - 1, 0) <= v.kv_tokens

    def advance_all(self, until_s: float) -> None:
        if self.route != "central":
            for r in self.replicas.values():
                self.advance(r, until_s)
            return
        while True:
            for r in self.replicas.values():
                if r.end_s is None and (r.batch or r.queue) and r.boundary_s < until_s:
                    self.begin(r)
            ends = [(r.end_s, n) for n, r in self.replicas.items() if r.end_s is not None]
            if not ends or min(ends)[0] > until_s:
                return
            r = self.replicas[min(ends)[1]]
            self.end(r)
            self.pull(r.boundary_s)

    def pull(self, at_s: float) -> None:
        while self.lobby:
            able = [n for n, r in self.replicas.items() if self.room(r, self.lobby[0])]
            if not able:
                return
            self.give(min(able, key=lambda n: (self.load(n), n)), self.lobby.pop(0), "back", at_s)

    def load(self, number: int) -> int:
        return len(self.replicas[number].queue) + len(self.replicas[number].batch)

    def room(self, r: Replica, seq: Sequence) -> bool:
        if not r.serving or len(r.batch) + len(r.queue) >= r.variant.limit:
            return False
        need = sum(other.prompt + other.made for other in [*r.queue, seq])
        growth = len(r.decoding())  # of the iteration that runs, or of the next
        if r.end_s is not None:
            growth += len(r.batch)
        return r.used() + growth + need <= r.capacity

    def give(self, number: int, seq: Sequence, where: str, at_s: float) -> None:
        r = self.replicas[number]
        if not r.batch and not r.queue:
            r.boundary_s = max(r.boundary_s, at_s)
        insert(r.queue, seq, where)

    def place(self, seq: Sequence, where: str = "back") -> None:
        self.advance_all(self.now_s)
        if self.route == "central" and any(self.fits(v, seq) for v in self.variants):
            insert(self.lobby, seq, where)
            if where == "back":
                self.pull(self.now_s)
            return
        order = list(self.replicas)
        able = [
            n
            for n in order
            if self.replicas[n].serving and self.fits(self.replicas[n].variant, seq)
        ]
        if not able:
            if any(self.fits(v, seq) for v in self.variants):
                insert(self.lobby, seq, where)
            else:
                seq.dropped, seq.end_s = True, self.now_s
            return
        loads = {n: self.load(n) for n in able}
        if self.route == "round-robin":
            chosen = min(able, key=lambda n: (n <= self.turn, n))
            self.turn = chosen
        else:
            least = min(loads.values())
            chosen = min(n for n in able if loads[n] == least)
            if self.route == "prefix-aware":
                near = [n for n in able if loads[n] <= least + self.guard]
                hits = {n: self.replicas[n].hits(seq, len(seq.blocks)) for n in near}
                if max(hits.values()):
                    chosen = min(near, key=lambda n: (-hits[n], loads[n], n))
        self.give(chosen, seq, where, self.now_s)

    def run(self, until_s: float) -> None:
        while self.next < len(self.sequences) and self.sequences[self.next].at_s <= until_s:
            seq = self.sequences[self.next]
            self.next += 1
            self.now_s = seq.at_s
            self.place(seq)
        self.now_s = until_s
        self.advance_all(until_s)

    def open(self, number: int, variant: int) -> None:
        # The place of a lost replica is given to the next one, with its turn.
        row = next(k for k in range(1, len(self.replicas) + 2) if k not in self.replicas)
        self.row_of[number] = row
        self.replicas[row] = Replica(self.variants[variant], self.now_s)
        self.replicas = dict(sorted(self.replicas.items()))
        if self.route == "central":
            self.pull(self.now_s)
            return
        waiting, self.lobby = self.lobby, []
        for seq in waiting:
            self.place(seq)

    def close(self, number: int, *, killed: bool = False) -> None:
        r = self.replicas[self.row_of[number]]
        r.serving = False
        if killed:
            del self.replicas[self.row_of[number]]
            for seq in reversed(list(r.batch)):
                seq.made, seq.left, seq.held, seq.first_s = 0, 0, 0, math.nan
                r.queue.insert(0, seq)
            r.batch.clear()
        moved, r.queue = r.queue, []
        for seq in reversed(moved):
            self.place(seq, "front" if killed else "ordered")
        if self.route == "central":
            self.pull(self.now_s)


def insert(queue: list[Sequence], seq: Sequence, where: str) -> None:
    place = len(queue) if where == "back" else 0
    if where == "ordered":
        while place < len(queue) and queue[place].number < seq.number:
            place += 1
    queue.insert(place, seq)
