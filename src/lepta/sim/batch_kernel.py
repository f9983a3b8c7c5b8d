"""One replica from iteration to iteration; iterations that differ in nothing are one step.

With n sequences that decode and K tokens in their memory, iteration k (from 0) of an undisturbed
run takes step(n) + e (K + k n), so the boundary before iteration k lies at

    anchor + k step(n) + e (k K + n k (k - 1) / 2).

Every boundary of a run is computed from its anchor, so that it is the same number however often
somebody looks in between. A run ends with the first completion, where memory ends, or at the first
boundary at or after the arrival of a request that may be admitted.

All of it stands in one file, since compiled code that is kept is renewed only with its own file.
Replicas are rows; row 0 is none of them: its queue holds what no replica can take at the moment.

The prefix cache: which leading blocks of a prompt it holds already.

A block has a number of references. Referred to, it is part of the memory in use; without one it
stays until memory is wanted, least recently used first, the end of a prompt before its beginning.
"""

from enum import IntEnum

import numpy as np

from lepta.numerics.compiled import compiled
from lepta.sim.batch_state import State

__all__ = [
    "BLOCK",
    "CLOSED",
    "DRAINING",
    "IDLE",
    "NONE",
    "ROUTES",
    "SERVING",
    "Tally",
    "clear",
    "fill",
    "next_s",
    "reset",
    "run",
    "run_closed",
    "use",
    "waiting_work",
]

NONE = -1
CLOSED, SERVING, DRAINING = 0, 1, 2
IDLE, DECODE, MIXED = 0, 1, 2
"""What a replica does: nothing (or stands between two iterations), only decode, also prefill."""


class Tally(IntEnum):
    """Places in the array of counters."""

    ARRIVED = 0
    SERVED = 1
    DROPPED = 2
    PREEMPTED = 3
    RECOMPUTED = 4
    HIT = 5
    PREFILLED = 6
    MADE = 7
    ITERATIONS = 8
    DONE = 9
    """Slots of ended requests not yet told."""
    TURN = 10
    """The row that took the last request."""
    NEXT = 11
    """The first pending arrival."""


SERVED, DROPPED, PREEMPTED = 0, 1, 2
BACK, FRONT, ORDERED = 0, 1, 2
BLOCK = 512
"""Tokens of a block of the prefix cache."""
GOLDEN = 0x9E3779B1
"""2^32 over the golden ratio (Knuth, volume 3, section 6.4)."""
ROUND_ROBIN, WEIGHTED, LEAST_REQUESTS, LEAST_TOKENS, PREFIX, CENTRAL = range(6)
ROUTES = ("round-robin", "weighted", "least-loaded", "least-tokens", "prefix-aware", "central")
LOBBY = 0


@compiled
def _home(block: int, places: int) -> int:
    # 30 bits times 32 bits: no product leaves 64 bits, compiled or not.
    folded = (block ^ (block >> 30)) & 0x3FFFFFFF
    return ((folded * GOLDEN) >> 16) & (places - 1)


@compiled
def reset(s: State, row: int, nodes: int) -> None:
    """Empty the table of a row and let it hold so many blocks."""
    s.places[row, :] = NONE
    s.tables[row].oldest = NONE
    s.tables[row].newest = NONE
    s.tables[row].idle = 0
    s.tables[row].held = 0
    s.tables[row].free = 0 if nodes > 0 else NONE
    for node in range(nodes):
        s.nodes[row, node].newer = node + 1 if node + 1 < nodes else NONE


@compiled
def find(s: State, row: int, block: int) -> int:
    """Return the node of a block, or none."""
    places = s.places.shape[1]
    at = _home(block, places)
    while s.places[row, at] != NONE:
        node = s.places[row, at]
        if s.nodes[row, node].block == block:
            return int(node)
        at = (at + 1) & (places - 1)
    return NONE


@compiled
def matched(s: State, row: int, start: int, most: int) -> int:
    """Return how many of the blocks start, start + 1, ... are held, from the first on."""
    count = 0
    while count < most and find(s, row, s.blocks[start + count]) != NONE:
        count += 1
    return count


@compiled
def retain(s: State, row: int, node: int) -> bool:
    """Add a reference; true: the block had none and is memory in use from now on."""
    s.nodes[row, node].refs += 1
    if s.nodes[row, node].refs > 1:
        return False
    _unlink(s, row, node)
    return True


@compiled
def insert(s: State, row: int, block: int) -> int:
    """Put a new block in with one reference; none: all blocks are referred to."""
    if s.tables[row].free == NONE:
        if s.tables[row].idle == 0:
            return NONE
        _evict(s, row)
    node = s.tables[row].free
    s.tables[row].free = s.nodes[row, node].newer
    s.nodes[row, node].block = block
    s.nodes[row, node].refs = 1
    s.tables[row].held += 1
    places = s.places.shape[1]
    at = _home(block, places)
    while s.places[row, at] != NONE:
        at = (at + 1) & (places - 1)
    s.places[row, at] = node
    return int(node)


@compiled
def release(s: State, row: int, node: int) -> bool:
    """Take a reference away; true: it was the last, and the block may go from now on."""
    s.nodes[row, node].refs -= 1
    if s.nodes[row, node].refs > 0:
        return False
    last = s.tables[row].newest
    s.nodes[row, node].older = last
    s.nodes[row, node].newer = NONE
    if last == NONE:
        s.tables[row].oldest = node
    else:
        s.nodes[row, last].newer = node
    s.tables[row].newest = node
    s.tables[row].idle += 1
    return True


@compiled
def trim(s: State, row: int, most: int) -> None:
    """Let go of blocks until at most so many are held without a reference."""
    while s.tables[row].idle > max(most, 0):
        _evict(s, row)


@compiled
def _unlink(s: State, row: int, node: int) -> None:
    before, after = s.nodes[row, node].older, s.nodes[row, node].newer
    if before == NONE:
        s.tables[row].oldest = after
    else:
        s.nodes[row, before].newer = after
    if after == NONE:
        s.tables[row].newest = before
    else:
        s.nodes[row, after].older = before
    s.tables[row].idle -= 1


@compiled
def _evict(s: State, row: int) -> None:
    node = s.tables[row].oldest
    _unlink(s, row, node)
    places = s.places.shape[1]
    at = _home(s.nodes[row, node].block, places)
    while s.places[row, at] != node:
        at = (at + 1) & (places - 1)
    # Close the gap, so that no block behind it is lost to a search.
    gap = at
    while True:
        at = (at + 1) & (places - 1)
        other = s.places[row, at]
        if other == NONE:
            break
        home = _home(s.nodes[row, other].block, places)
        if ((at - home) & (places - 1)) >= ((at - gap) & (places - 1)):
            s.places[row, gap] = other
            gap = at
    s.places[row, gap] = NONE
    s.nodes[row, node].newer = s.tables[row].free
    s.tables[row].free = node
    s.tables[row].held -= 1


@compiled
def boundary(s: State, row: int, k: int) -> float:
    """Return the instant before iteration k of the present run of decode iterations."""
    rows, kinds = s.rows, s.kinds
    variant = rows[row].variant
    n = rows[row].nrun
    at_s: float = rows[row].anchor_s + (
        k * s.step_s[variant, rows[row].wide]
        + kinds[variant].kv_s * (float(k) * rows[row].kv + n * (0.5 * k * (k - 1.0)))
    )
    return at_s


@compiled
def started(s: State, row: int, at_s: float) -> int:
    """Return how many iterations of the present run began before an instant."""
    rows = s.rows
    low, high = 0, rows[row].iterations
    if boundary(s, row, high) < at_s:
        return int(high)
    while low < high:  # the smallest k whose boundary is not before the instant
        middle = (low + high) // 2
        if boundary(s, row, middle) >= at_s:
            high = middle
        else:
            low = middle + 1
    return low


@compiled
def cut(s: State, row: int, at_s: float) -> None:
    """End a run of decode iterations at the first boundary at or after an instant."""
    rows = s.rows
    if rows[row].state == DECODE:
        k = max(started(s, row, at_s), 1)
        if k < rows[row].iterations:
            rows[row].iterations = k
            rows[row].end_s = boundary(s, row, k)


@compiled
def push(s: State, row: int, slot: int, where: int) -> None:
    """Put a request into the queue of a row: at its back, its front, or by order of arrival."""
    rows, work = s.rows, s.work
    before, after = NONE, rows[row].head
    if where == BACK:
        before, after = rows[row].tail, NONE
    elif where == ORDERED:
        while after != NONE and work[after].number < work[slot].number:
            before, after = after, work[after].link
    work[slot].link = after
    if before == NONE:
        rows[row].head = slot
    else:
        work[before].link = slot
    if after == NONE:
        rows[row].tail = slot
    rows[row].waiting += 1
    work[slot].row = row


@compiled
def pop(s: State, row: int) -> int:
    """Take the first request out of the queue of a row."""
    rows = s.rows
    slot = rows[row].head
    rows[row].head = s.work[slot].link
    if rows[row].head == NONE:
        rows[row].tail = NONE
    rows[row].waiting -= 1
    return int(slot)


@compiled
def _done(s: State, row: int) -> bool:
    """Tell whether a row has nothing to do."""
    return bool(s.rows[row].nrun == 0 and s.rows[row].head == NONE)


@compiled
def advance(s: State, row: int, until_s: float, longest: int) -> None:
    """Work one row up to an instant: ends at or before it, beginnings before it.

    What begins exactly then is left, so that requests that arrive at that instant join.
    """
    rows = s.rows
    while True:
        if rows[row].state != IDLE:
            if rows[row].end_s > until_s:
                return
            _end(s, row)
        elif _done(s, row) or rows[row].end_s >= until_s:
            return
        else:
            _begin(s, row, longest)


@compiled
def stop(s: State, row: int, at_s: float) -> None:
    """Lose all work of a row: what ran waits again from its beginning, before what waited."""
    rows, work = s.rows, s.work
    if rows[row].state == DECODE:
        whole = started(s, row, at_s)
        if boundary(s, row, whole) > at_s:
            whole -= 1
        if whole > 0:
            rows[row].iterations, rows[row].end_s = whole, boundary(s, row, whole)
            _end(s, row)
    _use(s, row, at_s)
    while rows[row].nrun > 0:
        slot = _leave_last(s, row)
        work[slot].made = 0
        work[slot].first_s = np.nan
        push(s, row, slot, FRONT)
    rows[row].state = IDLE


@compiled
def _use(s: State, row: int, at_s: float) -> None:
    """Add up the use of a row until now, before what runs in it changes."""
    rows = s.rows
    part = min(1.0, rows[row].wide / s.kinds[rows[row].variant].full)
    if part > 0:
        rows[row].busy_s += part * (at_s - rows[row].changed_s)
    rows[row].changed_s = at_s


@compiled
def _begin(s: State, row: int, longest: int) -> None:
    """Make room, admit, and begin the next run of iterations at the boundary of a row."""
    rows, work, kinds = s.rows, s.work, s.kinds
    at_s, variant = rows[row].end_s, rows[row].variant
    tokens = kinds[variant].steps == 0
    if tokens:
        while rows[row].used + rows[row].nrun - rows[row].npre > kinds[variant].capacity:
            _use(s, row, at_s)
            slot = _leave_last(s, row)
            work[slot].outcome = PREEMPTED
            s.tally[Tally.PREEMPTED] += 1
            push(s, row, slot, FRONT)
    if kinds[variant].static == 0 or rows[row].nrun == 0:
        while rows[row].head != NONE and _admit(s, row, rows[row].head, at_s):
            pass
    if rows[row].nrun == 0:
        return
    rows[row].anchor_s = at_s
    if rows[row].npre > 0:
        rows[row].state, rows[row].iterations = MIXED, 1
        rows[row].end_s = at_s + _mixed_s(s, row)
        room = rows[row].used + rows[row].nrun - rows[row].npre
    else:
        last = work[s.batch[row, 0]].finish
        for place in range(1, rows[row].nrun):
            last = min(last, work[s.batch[row, place]].finish)
        many = last - rows[row].count
        if tokens:
            many = min(many, (kinds[variant].capacity - rows[row].used) // rows[row].nrun)
        many = min(many, longest)
        rows[row].state, rows[row].iterations = DECODE, many
        rows[row].end_s = boundary(s, row, many)
        room = 0
    rows[row].peak = max(rows[row].peak, room)


@compiled
def _admit(s: State, row: int, slot: int, at_s: float) -> bool:
    """Let the first of the queue in, if batch and memory have room."""
    rows, work, kinds = s.rows, s.work, s.kinds
    variant = rows[row].variant
    limit = kinds[variant].limit
    if kinds[variant].steps > 0:
        width = min(work[slot].width, limit)
        if rows[row].wide + width > limit:
            return False
        _use(s, row, at_s)
        pop(s, row)
        s.batch[row, rows[row].nrun] = slot
        rows[row].nrun += 1
        rows[row].wide += width
        rounds = work[slot].prompt if work[slot].width == 1 else -(-work[slot].prompt // limit)
        work[slot].finish = rows[row].count + kinds[variant].steps * rounds
        if np.isnan(work[slot].start_s):
            work[slot].start_s = at_s
        return True
    context = work[slot].prompt + work[slot].made
    if rows[row].nrun + 1 > limit:
        return False
    start, hits, shared = work[slot].block_at, 0, 0
    if kinds[variant].blocks > 0 and work[slot].block_n > 0:
        # At least one token is computed: it gives the next one.
        most = min(work[slot].block_n, (context - 1) // BLOCK)
        hits = matched(s, row, start, most)
        for place in range(start, start + hits):
            if s.nodes[row, find(s, row, s.blocks[place])].refs > 0:
                shared += 1
    decoding = rows[row].nrun - rows[row].npre
    need = context - BLOCK * shared
    if rows[row].used + need + decoding > kinds[variant].capacity:
        return False
    _use(s, row, at_s)
    pop(s, row)
    for place in range(start, start + hits):
        retain(s, row, find(s, row, s.blocks[place]))
    s.batch[row, rows[row].nrun] = slot
    rows[row].nrun += 1
    rows[row].npre += 1
    rows[row].wide += 1
    rows[row].used += need
    work[slot].held = hits
    work[slot].context = context
    work[slot].left = context - BLOCK * hits
    if work[slot].outcome == PREEMPTED:
        s.tally[Tally.RECOMPUTED] += work[slot].left
    s.tally[Tally.HIT] += BLOCK * hits
    if np.isnan(work[slot].start_s):
        work[slot].start_s = at_s
    _trim(s, row)
    return True


@compiled
def _mixed_s(s: State, row: int) -> float:
    """Return the seconds of an iteration with prefill.

    A chunk of p tokens behind c known ones reads p (c + p / 2) pairs of tokens.
    """
    rows, work, kinds = s.rows, s.work, s.kinds
    variant = rows[row].variant
    decoding = rows[row].nrun - rows[row].npre
    left, pairs = kinds[variant].budget, 0.0
    for place in range(decoding, rows[row].nrun):
        slot = s.batch[row, place]
        part = min(left, work[slot].left)
        known = work[slot].context - work[slot].left
        pairs += part * (known + 0.5 * part)
        left -= part
        if left == 0:
            break
    seconds: float = (
        s.step_s[variant, decoding]
        + kinds[variant].prefill_s * (kinds[variant].budget - left)
        + kinds[variant].context_s * pairs
        + kinds[variant].kv_s * rows[row].kv
    )
    return seconds


@compiled
def _end(s: State, row: int) -> None:
    """End the present run of iterations: tokens, prefill, completions."""
    rows, work, kinds = s.rows, s.work, s.kinds
    at_s, variant, many = rows[row].end_s, rows[row].variant, rows[row].iterations
    running = rows[row].nrun
    decoding = running - rows[row].npre
    tokens = kinds[variant].steps == 0
    rows[row].count += many
    s.tally[Tally.ITERATIONS] += many
    if tokens:
        rows[row].kv += decoding * many
        rows[row].used += decoding * many
        s.tally[Tally.MADE] += decoding * many
        rows[row].peak = max(rows[row].peak, rows[row].used)
        _trim(s, row)
    left = kinds[variant].budget
    prefill = decoding
    ends = False
    for place in range(prefill, running):
        slot = s.batch[row, place]
        part = min(left, work[slot].left)
        left -= part
        work[slot].left -= part
        s.tally[Tally.PREFILLED] += part
        if work[slot].left == 0:
            rows[row].npre -= 1
            rows[row].kv += work[slot].context
            if work[slot].output > work[slot].made:
                work[slot].made += 1
                s.tally[Tally.MADE] += 1
                if np.isnan(work[slot].first_s):
                    work[slot].first_s = at_s
            work[slot].finish = rows[row].count + work[slot].output - work[slot].made
            _register(s, row, slot)
        if left == 0:
            break
    # From here on `finish` of every sequence in front of the prefill says when it ends.
    for place in range(running - rows[row].npre):
        if work[s.batch[row, place]].finish == rows[row].count:
            ends = True
            break
    if ends:
        _complete(s, row, at_s)
    rows[row].state = IDLE


@compiled
def _complete(s: State, row: int, at_s: float) -> None:
    """Let go of the sequences that have all their tokens, in order of admission."""
    rows, work = s.rows, s.work
    _use(s, row, at_s)
    running, kept = rows[row].nrun, 0
    decoding = running - rows[row].npre
    for place in range(running):
        slot = s.batch[row, place]
        if place < decoding and work[slot].finish == rows[row].count:
            _free(s, row, slot, True)
            rows[row].requests -= 1
            rows[row].tokens -= work[slot].prompt + work[slot].output
            work[slot].made = work[slot].output
            work[slot].end_s = at_s
            work[slot].row = NONE
            work[slot].outcome = SERVED
            s.done[s.tally[Tally.DONE]] = slot
            s.tally[Tally.DONE] += 1
            s.tally[Tally.SERVED] += 1
        else:
            s.batch[row, kept] = slot
            kept += 1
    rows[row].nrun = kept
    rows[row].last_s = at_s


@compiled
def _leave_last(s: State, row: int) -> int:
    """Take the youngest sequence out of the batch; it keeps what was made of it."""
    rows, work = s.rows, s.work
    slot = s.batch[row, rows[row].nrun - 1]
    decodes = rows[row].npre == 0
    _free(s, row, slot, decodes)
    rows[row].nrun -= 1
    if not decodes:
        rows[row].npre -= 1
    elif s.kinds[rows[row].variant].steps == 0:
        work[slot].made = work[slot].output - (work[slot].finish - rows[row].count)
    return int(slot)


@compiled
def _free(s: State, row: int, slot: int, decodes: bool) -> None:
    """Give back the memory and the place in the batch of a sequence."""
    rows, work = s.rows, s.work
    variant = rows[row].variant
    if s.kinds[variant].steps > 0:
        rows[row].wide -= min(work[slot].width, s.kinds[variant].limit)
        return
    rows[row].wide -= 1
    tokens = work[slot].context
    if decodes:
        made = work[slot].output - (work[slot].finish - rows[row].count)
        # The newest token is not in memory: the next iteration would bring it there.
        tokens = work[slot].prompt + max(made - 1, 0)
        rows[row].kv -= tokens
    held, start = work[slot].held, work[slot].block_at
    rows[row].used -= tokens - BLOCK * held
    for place in range(start + held - 1, start - 1, -1):
        if release(s, row, find(s, row, s.blocks[place])):
            rows[row].used -= BLOCK
    work[slot].held = 0


@compiled
def _register(s: State, row: int, slot: int) -> None:
    """Offer the full blocks of a computed prompt to later requests."""
    rows, work = s.rows, s.work
    if s.kinds[rows[row].variant].blocks == 0:
        return
    start = work[slot].block_at
    most = min(work[slot].block_n, work[slot].prompt // BLOCK)
    for place in range(work[slot].held, most):
        node = find(s, row, s.blocks[start + place])
        if node == NONE:
            if insert(s, row, s.blocks[start + place]) == NONE:
                return
        elif not retain(s, row, node):
            rows[row].used -= BLOCK  # somebody else's copy is in use already
        work[slot].held += 1


@compiled
def _trim(s: State, row: int) -> None:
    rows = s.rows
    if s.tables[row].idle > 0:
        room = s.kinds[rows[row].variant].capacity - rows[row].used
        trim(s, row, room // BLOCK)


@compiled
def run(s: State, fed: int, until_s: float, route: int, guard: float, longest: int) -> None:
    """Work through the arrivals up to an instant, and every row up to it."""
    tally = s.tally
    while tally[Tally.NEXT] < fed and s.work[s.pending[tally[Tally.NEXT]]].arrival_s <= until_s:
        slot = s.pending[tally[Tally.NEXT]]
        at_s = s.work[slot].arrival_s
        if route == CENTRAL:
            _in_order(s, at_s, longest)
        tally[Tally.NEXT] += 1
        tally[Tally.ARRIVED] += 1
        _place(s, slot, at_s, BACK, route, guard, longest)
    if route == CENTRAL:
        _in_order(s, until_s, longest)
        return
    for row in range(1, len(s.rows)):
        advance(s, row, until_s, longest)


@compiled
def _in_order(s: State, until_s: float, longest: int) -> None:
    """Work all rows up to an instant, end by end, for each may take the first of the one queue."""
    rows = s.rows
    while True:
        first, soonest = NONE, np.inf
        for row in range(1, len(rows)):
            if rows[row].state == IDLE:
                if _done(s, row) or rows[row].end_s >= until_s:
                    continue
                _begin(s, row, longest)
            if rows[row].end_s < soonest:
                first, soonest = row, rows[row].end_s
        if soonest > until_s:
            return
        _end(s, first)
        _pull(s, soonest, longest)


@compiled
def _pull(s: State, at_s: float, longest: int) -> None:
    """Give the first of the one queue to replicas that have room, until none has."""
    while s.rows[LOBBY].head != NONE:
        row = _roomiest(s, s.rows[LOBBY].head, at_s)
        if row == NONE:
            return
        _give(s, pop(s, LOBBY), row, at_s, BACK, longest)


@compiled
def _roomiest(s: State, slot: int, at_s: float) -> int:
    """Return the least loaded row whose batch and memory have room for a request now, or none."""
    rows, work, kinds = s.rows, s.work, s.kinds
    best, least = NONE, np.inf
    for row in range(1, len(rows)):
        variant = rows[row].variant
        load = (rows[row].requests + 1) / kinds[variant].weight
        if rows[row].open != SERVING or load >= least or not fits(s, variant, slot):
            continue
        if kinds[variant].static > 0 and rows[row].nrun > 0:
            continue
        limit, tokens = kinds[variant].limit, kinds[variant].steps == 0
        wide = rows[row].wide + min(work[slot].width, limit)
        need = work[slot].prompt + work[slot].made
        other = rows[row].head
        while other != NONE:
            wide += min(work[other].width, limit)
            need += work[other].prompt + work[other].made
            other = work[other].link
        if tokens:
            many = started(s, row, at_s) if rows[row].state == DECODE else 1
            need += rows[row].used + (rows[row].nrun - rows[row].npre) * many
            if rows[row].state != IDLE:
                need += rows[row].nrun  # of the iteration in which it would begin
        if wide <= limit and (not tokens or need <= kinds[variant].capacity):
            best, least = row, load
    return best


@compiled
def run_closed(s: State, fed: int, concurrency: int, longest: int) -> None:
    """Work through all requests with so many in flight: each end brings the next, in row 1."""
    tally, row, seen, at_s = s.tally, 1, s.tally[Tally.DONE], s.rows[1].end_s
    while True:
        inside = s.rows[row].nrun + s.rows[row].waiting
        while tally[Tally.NEXT] < fed and inside < concurrency:
            slot = s.pending[tally[Tally.NEXT]]
            tally[Tally.NEXT] += 1
            tally[Tally.ARRIVED] += 1
            s.work[slot].arrival_s = at_s
            _place(s, slot, at_s, BACK, ROUND_ROBIN, 0.0, longest)
            inside = s.rows[row].nrun + s.rows[row].waiting
        if _done(s, row):
            return
        while tally[Tally.DONE] == seen and not _done(s, row):
            if s.rows[row].state == IDLE:
                _begin(s, row, longest)
            else:
                at_s = s.rows[row].end_s
                _end(s, row)
        seen = tally[Tally.DONE]


@compiled
def clear(
    s: State, row: int, at_s: float, killed: bool, route: int, guard: float, longest: int
) -> None:
    """Move what waits at a row that no longer serves; if it was lost, what ran as well."""
    rows = s.rows
    if killed:
        stop(s, row, at_s)
    count = rows[row].waiting
    slots = np.empty(count, np.int64)
    for place in range(count):
        slots[place] = pop(s, row)
    for place in range(count - 1, -1, -1):
        slot = slots[place]
        rows[row].requests -= 1
        rows[row].tokens -= s.work[slot].prompt + s.work[slot].output
        where = FRONT if killed else ORDERED
        if route == CENTRAL:
            push(s, LOBBY, slot, where)
        else:
            _place(s, slot, at_s, where, route, guard, longest)
    if route == CENTRAL:
        _pull(s, at_s, longest)


@compiled
def fill(s: State, at_s: float, route: int, guard: float, longest: int) -> None:
    """Give out what waits for a replica, in its order."""
    if route == CENTRAL:
        _pull(s, at_s, longest)
        return
    for _ in range(s.rows[LOBBY].waiting):
        _place(s, pop(s, LOBBY), at_s, BACK, route, guard, longest)


@compiled
def fits(s: State, variant: int, slot: int) -> bool:
    """Tell whether a request alone fits into the memory of a variant, to its last token."""
    kinds, work = s.kinds, s.work
    if kinds[variant].steps > 0:
        return True
    return bool(work[slot].prompt + max(work[slot].output - 1, 0) <= kinds[variant].capacity)


@compiled
def _place(
    s: State, slot: int, at_s: float, where: int, route: int, guard: float, longest: int
) -> None:
    row = _choose(s, slot, at_s, route, guard, longest)
    if row != NONE:
        _give(s, slot, row, at_s, where, longest)
        return
    for variant in range(len(s.kinds)):
        if fits(s, variant, slot):
            push(s, LOBBY, slot, where)
            return
    s.work[slot].outcome = DROPPED
    s.work[slot].end_s = at_s
    s.work[slot].row = NONE
    s.done[s.tally[Tally.DONE]] = slot
    s.tally[Tally.DONE] += 1
    s.tally[Tally.DROPPED] += 1


@compiled
def _give(s: State, slot: int, row: int, at_s: float, where: int, longest: int) -> None:
    """Put a request into the queue of a row, at an instant."""
    rows, work = s.rows, s.work
    advance(s, row, at_s, longest)
    if rows[row].state == IDLE and _done(s, row):
        rows[row].end_s = max(rows[row].end_s, at_s)
    push(s, row, slot, where)
    rows[row].requests += 1
    rows[row].tokens += work[slot].prompt + work[slot].output
    variant = rows[row].variant
    if (
        rows[row].head == slot
        and s.kinds[variant].static == 0
        and rows[row].wide < s.kinds[variant].limit
    ):
        cut(s, row, at_s)


@compiled
def _choose(s: State, slot: int, at_s: float, route: int, guard: float, longest: int) -> int:
    """Return the row that takes a request now, or none."""
    rows, kinds, count = s.rows, s.kinds, len(s.rows)
    if route == CENTRAL:
        return int(_roomiest(s, slot, at_s)) if rows[LOBBY].head == NONE else NONE
    if route == ROUND_ROBIN:
        for step in range(1, count + 1):
            row = (s.tally[Tally.TURN] + step) % count
            if rows[row].open == SERVING and fits(s, rows[row].variant, slot):
                s.tally[Tally.TURN] = row
                return int(row)
        return NONE
    best, least, total = NONE, np.inf, 0.0
    for row in range(1, count):
        if rows[row].open != SERVING or not fits(s, rows[row].variant, slot):
            continue
        weight = kinds[rows[row].variant].weight
        if route == WEIGHTED:  # each gains its weight, the richest pays for all
            rows[row].turn += weight
            total += weight
            load = -rows[row].turn
        else:
            if rows[row].requests > 0 and rows[row].end_s <= at_s:
                advance(s, row, at_s, longest)
            if route == LEAST_TOKENS:
                own = work_tokens(s, slot)
                load = (rows[row].tokens + own) / weight
            else:
                load = (rows[row].requests + 1) / weight
        if load < least:
            best, least = row, load
    if best == NONE:
        return NONE
    if route == WEIGHTED:
        rows[best].turn -= total
    elif route == PREFIX and s.work[slot].block_n > 0:
        return int(_closest(s, slot, at_s, guard, best, least))
    return best


@compiled
def work_tokens(s: State, slot: int) -> int:
    """Return the tokens of a request."""
    return int(s.work[slot].prompt + s.work[slot].output)


@compiled
def _closest(s: State, slot: int, at_s: float, guard: float, best: int, least: float) -> int:
    """Return the row that holds most of a prompt, among those little busier than the idlest."""
    rows, kinds, work = s.rows, s.kinds, s.work
    most, known = 0, least
    for row in range(1, len(rows)):
        variant = rows[row].variant
        if rows[row].open != SERVING or kinds[variant].blocks == 0 or not fits(s, variant, slot):
            continue
        load = (rows[row].requests + 1) / kinds[variant].weight
        if load > least + guard / kinds[variant].weight:
            continue
        if s.tables[row].idle > 0 and rows[row].state != IDLE:
            many = started(s, row, at_s) if rows[row].state == DECODE else 1
            used = rows[row].used + (rows[row].nrun - rows[row].npre) * many
            trim(s, row, (kinds[variant].capacity - used) // BLOCK)
        hits = matched(s, row, work[slot].block_at, work[slot].block_n)
        if hits > most or (hits == most and hits > 0 and load < known):
            best, most, known = row, hits, load
    return best


@compiled
def next_s(s: State, fed: int, now_s: float) -> float:
    """Return the next instant at which something ends, begins or arrives; inf: none."""
    rows, soonest = s.rows, np.inf
    if s.tally[Tally.NEXT] < fed:
        soonest = s.work.arrival_s[s.pending[s.tally[Tally.NEXT]]]
    for row in range(1, len(rows)):
        if rows[row].state != IDLE:
            soonest = min(soonest, rows[row].end_s)
        elif rows[row].nrun > 0 or rows[row].head != NONE:
            # It begins as soon as time goes on.
            soonest = min(soonest, np.nextafter(max(rows[row].end_s, now_s), np.inf))
    return soonest


@compiled
def waiting_work(s: State, classes: int) -> np.ndarray:
    """Return the work that waits, per class."""
    work = np.zeros(classes)
    for row in range(len(s.rows)):
        slot = s.rows[row].head
        while slot != NONE:
            work[s.work[slot].kind] += s.work[slot].weight
            slot = s.work[slot].link
    return work


@compiled
def use(s: State, now_s: float) -> float:
    """Return the replica-seconds in use until now."""
    rows, total = s.rows, 0.0
    for row in range(1, len(rows)):
        part = min(1.0, rows[row].wide / s.kinds[rows[row].variant].full)
        total += rows[row].busy_s
        if part > 0:
            total += part * (now_s - rows[row].changed_s)
    return total
