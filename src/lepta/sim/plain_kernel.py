"""The compiled part of plain servers: from event to event, on arrays that stay between calls.

All state is in arrays, so that a run can stop at any instant and go on. Everything depends on the
events alone and not on where a run stopped. A queue is a linked list of requests; a lane has one
per level, served in their order, level 0 first: that of requests that lost their replica. Lane 0
is the central queue or, with a queue per replica, for requests that no replica can take yet; lane
r + 1 is that of replica r.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lepta.numerics.compiled import compiled

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


class State(NamedTuple):
    """All that plain servers know; the names of places and columns are below."""

    whole: Counts
    real: Array
    request: Counts
    """One row per request in flight; the free ones are a list."""
    times: Array
    replica: Counts
    rates: Array
    heads: Counts
    """(lanes, levels) first request of each queue; -1: none."""
    tails: Counts
    level: Counts
    """(kinds,)"""
    waiting: Counts
    """(kinds,) how many wait."""
    load: Array
    """(kinds, 2) their service seconds, as a sum and its rest."""
    idle: Counts
    """Rows of replicas, one per free slot of the central queue, longest free first; a ring."""
    ends: Array
    """With `ending`, a heap of who is served, by (end, number)."""
    ending: Counts
    tree: Counts
    """Tournament of the open replicas for the smallest key; the last half are the players."""
    told: Counts
    """What has ended: number, kind."""
    told_s: Array
    """Arrival, start, end."""
    told_how: npt.NDArray[np.int8]


# Columns of `request` and `times`.
NUMBER, KIND, LEVEL, ROW, NEXT, BEFORE, OLDER, YOUNGER = range(8)
ARRIVAL, SERVICE, START, BEGUN = range(4)
# Columns of `replica` and `rates`.
OPEN, SLOTS, RUNNING, QUEUED, PLACE = range(5)
SPEED, LAST_END, KEY = range(3)
# Places of `whole` and `real`.
FREE, HEAP, IDLE_FIRST, IDLE, WAITING, ARRIVED, SERVED, DROPPED = range(8)
OLDEST, YOUNGEST, TURN, REPLICAS, TOLD, LEVELS, ROUTING, LIMIT = range(8, 16)
PATIENCE, BUSY, BUSY_REST, NOW, PASSED = range(5)

CENTRAL, ROUND_ROBIN, LEAST_LOADED, WEIGHTED = range(4)


@compiled
def run(until, drain, at, service, kind, first, last, s):  # type: ignore[no-untyped-def]
    """Work through all events up to `until`, with the arrivals from `first` to before `last`.

    Without `drain` it returns after the last of them: more follow before `until`. At one instant
    come first ends, then lost patience, then arrivals.
    """
    i = first
    while i < last or drain:
        end = s.ends[0] if s.whole[HEAP] > 0 else np.inf
        left = np.inf
        if s.whole[OLDEST] >= 0:
            left = s.times[s.whole[OLDEST], ARRIVAL] + s.real[PATIENCE]
        come = at[i] if i < last else np.inf
        now = min(end, left, come)
        if now > until or now == np.inf:
            break
        s.real[NOW] = now
        if end == now:
            finish(now, s)
        elif left == now:
            give_up(now, s)
        else:
            arrive(now, service[i], kind[i], s)
            i += 1


@compiled
def finish(now, s):  # type: ignore[no-untyped-def]
    """End the request at the top of the heap, and begin the next of its queue."""
    slot = s.ending[0]
    row = s.request[slot, ROW]
    last = s.whole[HEAP] - 1
    s.whole[HEAP] = last
    s.ends[0], s.ending[0] = s.ends[last], s.ending[last]
    sink(last, 0, s)
    s.replica[row, RUNNING] -= 1
    s.rates[row, LAST_END] = now
    spend(s.times[slot, SERVICE] / s.rates[row, SPEED] / s.replica[row, SLOTS], s)
    s.whole[SERVED] += 1
    tell(s.request[slot, NUMBER], s.request[slot, KIND], s.times[slot, START], now, slot, 0, s)
    if not s.replica[row, OPEN]:
        return
    if s.whole[ROUTING] == CENTRAL:
        follower = first_of(0, s) if s.whole[WAITING] > 0 else -1
        if follower < 0:
            s.idle[(s.whole[IDLE_FIRST] + s.whole[IDLE]) % len(s.idle)] = row
            s.whole[IDLE] += 1
    else:
        follower = first_of(row + 1, s) if s.replica[row, QUEUED] > 0 else -1
    if follower >= 0:
        take_out(follower, s)
        begin(now, row, follower, s)
    weigh(row, s)


@compiled
def give_up(now, s):  # type: ignore[no-untyped-def]
    """Drop the request that has waited longest."""
    slot = s.whole[OLDEST]
    row = s.request[slot, ROW]
    leave_line(slot, s)
    take_out(slot, s)
    s.whole[DROPPED] += 1
    tell(s.request[slot, NUMBER], s.request[slot, KIND], np.nan, now, slot, 1, s)
    if row >= 0:
        weigh(row, s)


@compiled
def arrive(now, service, kind, s):  # type: ignore[no-untyped-def]
    """Let a request begin, wait or be dropped."""
    slot = s.whole[FREE]
    s.whole[FREE] = s.request[slot, NEXT]
    s.request[slot, NUMBER], s.request[slot, KIND] = s.whole[ARRIVED], kind
    s.request[slot, LEVEL] = s.level[kind]
    s.request[slot, OLDER] = s.request[slot, YOUNGER] = -1
    s.times[slot, ARRIVAL], s.times[slot, SERVICE] = now, service
    s.times[slot, START] = np.nan
    s.whole[ARRIVED] += 1
    row, lane, queued = -1, 0, s.whole[WAITING]
    if s.whole[ROUTING] == CENTRAL:
        if s.whole[IDLE] > 0:
            row = longest_idle(s)
    elif s.whole[REPLICAS] > 0:
        row = route(s)
        lane, queued = row + 1, s.replica[row, QUEUED]
        if s.replica[row, RUNNING] >= s.replica[row, SLOTS]:
            row = -1
    if row >= 0:
        begin(now, row, slot, s)
    elif s.whole[LIMIT] >= 0 and queued >= s.whole[LIMIT]:
        s.whole[DROPPED] += 1
        tell(s.request[slot, NUMBER], kind, np.nan, now, slot, 1, s)
    else:
        enqueue(lane, slot, -1, s)
        join_line(slot, s)
    if lane > 0:
        weigh(lane - 1, s)


@compiled
def begin(now, row, slot, s):  # type: ignore[no-untyped-def]
    """Put a request to work on a replica that has a free slot."""
    if np.isnan(s.times[slot, START]):
        s.times[slot, START] = now
        leave_line(slot, s)
    s.times[slot, BEGUN] = now
    s.request[slot, ROW] = row
    s.replica[row, RUNNING] += 1
    # It rises from the end of the heap.
    hole = s.whole[HEAP]
    s.whole[HEAP] += 1
    s.ends[hole], s.ending[hole] = now + s.times[slot, SERVICE] / s.rates[row, SPEED], slot
    while hole > 0:
        parent = (hole - 1) // 2
        if not sooner(hole, parent, s):
            return
        swap(hole, parent, s)
        hole = parent


@compiled
def tell(number, kind, start, end, slot, how, s):  # type: ignore[no-untyped-def]
    """Note how a request ended, and forget it."""
    row = s.whole[TOLD]
    s.told[row, 0], s.told[row, 1] = number, kind
    s.told_s[row, 0], s.told_s[row, 1], s.told_s[row, 2] = s.times[slot, ARRIVAL], start, end
    s.told_how[row] = how
    s.whole[TOLD] = row + 1
    s.request[slot, NEXT] = s.whole[FREE]
    s.whole[FREE] = slot


@compiled
def add(total, rest, value):  # type: ignore[no-untyped-def]
    """Return a sum and what rounding took from it (Neumaier 1974)."""
    new = total + value
    if abs(total) >= abs(value):
        return new, rest + ((total - new) + value)
    return new, rest + ((value - new) + total)


@compiled
def spend(busy, s):  # type: ignore[no-untyped-def]
    """Count replica-seconds of work."""
    s.real[BUSY], s.real[BUSY_REST] = add(s.real[BUSY], s.real[BUSY_REST], busy)


@compiled
def sooner(a, b, s):  # type: ignore[no-untyped-def]
    """Whether place a of the heap ends before place b."""
    if s.ends[a] != s.ends[b]:
        return s.ends[a] < s.ends[b]
    return s.request[s.ending[a], NUMBER] < s.request[s.ending[b], NUMBER]


@compiled
def swap(a, b, s):  # type: ignore[no-untyped-def]
    """Exchange two places of the heap."""
    s.ends[a], s.ends[b] = s.ends[b], s.ends[a]
    s.ending[a], s.ending[b] = s.ending[b], s.ending[a]


@compiled
def sink(n, hole, s):  # type: ignore[no-untyped-def]
    """Let the entry at a place of the heap sink to where it belongs."""
    child = 2 * hole + 1
    while child < n:
        if child + 1 < n and sooner(child + 1, child, s):
            child += 1
        if not sooner(child, hole, s):
            return
        swap(hole, child, s)
        hole, child = child, 2 * child + 1


@compiled
def join_line(slot, s):  # type: ignore[no-untyped-def]
    """Let the patience of a request run; the line is in order of arrival."""
    if s.real[PATIENCE] == np.inf:
        return
    youngest = s.whole[YOUNGEST]
    s.request[slot, OLDER] = youngest
    if youngest >= 0:
        s.request[youngest, YOUNGER] = slot
    else:
        s.whole[OLDEST] = slot
    s.whole[YOUNGEST] = slot


@compiled
def leave_line(slot, s):  # type: ignore[no-untyped-def]
    """Take a request out of the line of patience; it need not stand in it."""
    if s.real[PATIENCE] == np.inf:
        return
    older, younger = s.request[slot, OLDER], s.request[slot, YOUNGER]
    if older >= 0:
        s.request[older, YOUNGER] = younger
    elif s.whole[OLDEST] == slot:
        s.whole[OLDEST] = younger
    if younger >= 0:
        s.request[younger, OLDER] = older
    elif s.whole[YOUNGEST] == slot:
        s.whole[YOUNGEST] = older
    s.request[slot, OLDER] = s.request[slot, YOUNGER] = -1


@compiled
def first_of(lane, s):  # type: ignore[no-untyped-def]
    """Return the request of a lane whose turn it is, or -1."""
    for level in range(s.whole[LEVELS]):
        if s.heads[lane, level] >= 0:
            return s.heads[lane, level]
    return -1


@compiled
def enqueue(lane, slot, after, s):  # type: ignore[no-untyped-def]
    """Put a request into its level of a lane, before `after`, or at the end where that is -1."""
    level = s.request[slot, LEVEL]
    last = s.request[after, BEFORE] if after >= 0 else s.tails[lane, level]
    s.request[slot, BEFORE], s.request[slot, NEXT] = last, after
    if last >= 0:
        s.request[last, NEXT] = slot
    else:
        s.heads[lane, level] = slot
    if after >= 0:
        s.request[after, BEFORE] = slot
    else:
        s.tails[lane, level] = slot
    s.request[slot, ROW] = lane - 1
    if lane > 0:
        s.replica[lane - 1, QUEUED] += 1
    count(slot, 1, s)


@compiled
def take_out(slot, s):  # type: ignore[no-untyped-def]
    """Take a request out of the queue in which it waits."""
    lane, level = s.request[slot, ROW] + 1, s.request[slot, LEVEL]
    last, after = s.request[slot, BEFORE], s.request[slot, NEXT]
    if last >= 0:
        s.request[last, NEXT] = after
    else:
        s.heads[lane, level] = after
    if after >= 0:
        s.request[after, BEFORE] = last
    else:
        s.tails[lane, level] = last
    if lane > 0:
        s.replica[lane - 1, QUEUED] -= 1
    count(slot, -1, s)


@compiled
def count(slot, sign, s):  # type: ignore[no-untyped-def]
    """Count a request, and its work, in or out of what waits."""
    kind = s.request[slot, KIND]
    s.whole[WAITING] += sign
    s.waiting[kind] += sign
    if s.waiting[kind] == 0:
        s.load[kind, 0] = s.load[kind, 1] = 0.0
    else:
        work = sign * s.times[slot, SERVICE]
        s.load[kind, 0], s.load[kind, 1] = add(s.load[kind, 0], s.load[kind, 1], work)


@compiled
def longest_idle(s):  # type: ignore[no-untyped-def]
    """Take the slot that is free longest, and return the row of its replica."""
    row = s.idle[s.whole[IDLE_FIRST]]
    s.whole[IDLE_FIRST] = (s.whole[IDLE_FIRST] + 1) % len(s.idle)
    s.whole[IDLE] -= 1
    return row


@compiled
def winner(a, b, s):  # type: ignore[no-untyped-def]
    """Return the row with the smaller key, a where they are equal; -1 is none."""
    if b < 0 or (a >= 0 and s.rates[a, KEY] <= s.rates[b, KEY]):
        return a
    return b


@compiled
def set_key(row, key, s):  # type: ignore[no-untyped-def]
    """Give an open replica a new key, and play its games again."""
    s.rates[row, KEY] = key
    node = (len(s.tree) // 2 + s.replica[row, PLACE]) // 2
    while node >= 1:
        s.tree[node] = winner(s.tree[2 * node], s.tree[2 * node + 1], s)
        node //= 2


@compiled
def seat(s):  # type: ignore[no-untyped-def]
    """Play the whole tournament of the rows at the leaves."""
    leaves = len(s.tree) // 2
    for place in range(s.whole[REPLICAS]):
        s.replica[s.tree[leaves + place], PLACE] = place
    for node in range(leaves - 1, 0, -1):
        s.tree[node] = winner(s.tree[2 * node], s.tree[2 * node + 1], s)


@compiled
def weigh(row, s):  # type: ignore[no-untyped-def]
    """Renew the key of a replica after its number of requests has changed."""
    if s.whole[ROUTING] == LEAST_LOADED and s.replica[row, OPEN]:
        in_hand = s.replica[row, RUNNING] + s.replica[row, QUEUED]
        set_key(row, in_hand / s.replica[row, SLOTS], s)


@compiled
def route(s):  # type: ignore[no-untyped-def]
    """Return the row of the open replica that gets the next request."""
    if s.whole[ROUTING] == ROUND_ROBIN:
        turn = s.whole[TURN] if s.whole[TURN] < s.whole[REPLICAS] else 0
        s.whole[TURN] = turn + 1
        return s.tree[len(s.tree) // 2 + turn]
    row = s.tree[1]
    if s.whole[ROUTING] == WEIGHTED:
        # Stride scheduling (Waldspurger and Weihl 1995).
        s.real[PASSED] = s.rates[row, KEY]
        stride = 1.0 / (s.replica[row, SLOTS] * s.rates[row, SPEED])
        set_key(row, s.rates[row, KEY] + stride, s)
    return row


@compiled
def settle(s):  # type: ignore[no-untyped-def]
    """Give the requests of lane 0 to replicas, after these have changed."""
    now = s.real[NOW]
    slot = first_of(0, s)
    if s.whole[ROUTING] == CENTRAL:
        while slot >= 0 and s.whole[IDLE] > 0:
            take_out(slot, s)
            begin(now, longest_idle(s), slot, s)
            slot = first_of(0, s)
        return
    while slot >= 0 and s.whole[REPLICAS] > 0:
        take_out(slot, s)
        row = route(s)
        if s.replica[row, RUNNING] < s.replica[row, SLOTS]:
            begin(now, row, slot, s)
        else:
            enqueue(row + 1, slot, -1, s)
        weigh(row, s)
        slot = first_of(0, s)


@compiled
def strip(row, lost, s):  # type: ignore[no-untyped-def]
    """Take what a replica works on out of the heap into `lost`; return how many."""
    kept = found = 0
    for place in range(s.whole[HEAP]):
        slot = s.ending[place]
        if s.request[slot, ROW] == row:
            lost[found] = slot
            found += 1
            spend((s.real[NOW] - s.times[slot, BEGUN]) / s.replica[row, SLOTS], s)
        else:
            s.ends[kept], s.ending[kept] = s.ends[place], slot
            kept += 1
    s.whole[HEAP] = kept
    for place in range(kept // 2 - 1, -1, -1):
        sink(kept, place, s)
    s.replica[row, RUNNING] = 0
    return found


@compiled
def unqueue(row, lost, s):  # type: ignore[no-untyped-def]
    """Empty the queue of a replica into `lost`; return how many."""
    found = 0
    slot = first_of(row + 1, s)
    while slot >= 0:
        take_out(slot, s)
        lost[found] = slot
        found += 1
        slot = first_of(row + 1, s)
    return found


@compiled
def merge(lost, s):  # type: ignore[no-untyped-def]
    """Put requests that are sorted by (level, number) where they belong in lane 0."""
    after, level = -1, -1
    for slot in lost:
        if s.request[slot, LEVEL] != level:
            level = s.request[slot, LEVEL]
            after = s.heads[0, level]
        while after >= 0 and s.request[after, NUMBER] < s.request[slot, NUMBER]:
            after = s.request[after, NEXT]
        enqueue(0, slot, after, s)


@compiled
def busy_until(now, s):  # type: ignore[no-untyped-def]
    """Return the replica-seconds of work up to now, with what is being worked on."""
    total, rest = s.real[BUSY], s.real[BUSY_REST]
    for place in range(s.whole[HEAP]):
        slot = s.ending[place]
        part = (now - s.times[slot, BEGUN]) / s.replica[s.request[slot, ROW], SLOTS]
        total, rest = add(total, rest, part)
    return total + rest
