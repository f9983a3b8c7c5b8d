"""The compiled part of plain servers: from event to event, on arrays that stay between calls.

All state is in arrays, so that a run can stop at any instant and go on. Everything depends on the
events alone and not on where a run stopped. A queue is a linked list of requests; a lane has one
per level, served in their order, level 0 first: that of requests that lost their replica. Lane 0
is the central queue or, with a queue per replica, for requests that no replica can take yet; lane
r + 1 is that of replica r.

    state     the counters, one record
    request   one record per request in flight; the free ones are a list
    replica   one record per replica
    queues    (lanes, levels) first and last request of each; -1: none
    kinds     one record per kind: its level, and what waits of it
    heap      the requests that are served, by (end, number)
    idle      rows of replicas, one per free slot of the central queue, longest free first; a ring
    tree      tournament of the open replicas for the smallest key; its last half are the players
    told      what has ended
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lepta.numerics.compiled import compiled
from lepta.sim.ended import record

Records = npt.NDArray[Any]


STATE = record(
    "free heap idle_first idle waiting arrived served dropped oldest youngest turn replicas told "
    "levels routing limit",
    "patience busy busy_rest now passed",
)
REQUEST = record("number kind level row next before older younger", "arrival service start begun")
REPLICA = record("open slots running queued place", "speed last_end key")
QUEUE = record("head tail", "")
KIND = record("level waiting", "load rest")
SERVED = record("slot", "end")

CENTRAL, ROUND_ROBIN, LEAST_LOADED, WEIGHTED = range(4)


class State(NamedTuple):
    """All that plain servers know."""

    state: Records
    request: Records
    replica: Records
    queues: Records
    kinds: Records
    heap: Records
    idle: npt.NDArray[np.int64]
    tree: npt.NDArray[np.int64]
    told: Records


@compiled
def run(until, drain, at, service, kind, s):  # type: ignore[no-untyped-def]
    """Work through all events up to `until`; the arrivals up to there are given.

    Without `drain` it returns after the last of them: more follow before `until`. At one instant
    come first ends, then lost patience, then arrivals.
    """
    state, request, replica, queues, kinds, heap, idle, tree, told = s
    state = state[0]
    i, last = 0, len(at)
    while i < last or drain:
        end = heap[0]["end"] if state["heap"] > 0 else np.inf
        left = np.inf
        if state["oldest"] >= 0:
            left = request[state["oldest"]]["arrival"] + state["patience"]
        come = at[i] if i < last else np.inf
        now = min(end, left, come)
        if now > until or now == np.inf:
            break
        state["now"] = now
        if end == now:
            finish(now, state, request, replica, queues, kinds, heap, idle, tree, told)
        elif left == now:
            give_up(now, state, request, replica, queues, kinds, tree, told)
        else:
            arrive(
                now,
                service[i],
                kind[i],
                state,
                request,
                replica,
                queues,
                kinds,
                heap,
                idle,
                tree,
                told,
            )
            i += 1


@compiled
def stream(until, final, at, service, kind, s):  # type: ignore[no-untyped-def]
    """Do what `run` does, many times as fast, for one central queue of one level.

    Only where nobody is ever dropped and no request that lost its replica waits. Then each request
    in its turn takes the server that is free earliest, and it is known at once when: the recursion
    of `fcfs`. An end stays in the heap until its server is taken, or until the last block of the
    run; what leaves the heap leaves in order. Who finds no server before `until` is queued.
    """
    state, request, replica, queues, kinds, heap, idle, _, told = s
    state = state[0]
    i, last, n, now = 0, len(at), state["heap"], state["now"]
    while True:
        slot = queues[0, 1]["head"]
        if slot < 0 and i >= last:
            break
        come = request[slot]["arrival"] if slot >= 0 else at[i]
        start, unused = come, state["idle"] > 0
        if unused:
            row = longest_idle(state, idle)
            replica[row]["running"] += 1
        elif n > 0 and heap[0]["end"] <= until:
            free_at, done = heap[0]["end"], heap[0]["slot"]
            row = request[done]["row"]
            serve(free_at, done, state, request, replica, told)
            n -= 1
            if not replica[row]["open"]:
                replica[row]["running"] -= 1
                sink(n, 0, heap[n]["end"], heap[n]["slot"], request, heap)
                continue
            start = max(come, free_at)
        else:
            break
        if slot >= 0:
            take_out(slot, state, request, replica, queues, kinds)
        else:
            slot = admit(come, service[i], kind[i], state, request, kinds)
            i += 1
        one = request[slot]
        one["start"] = one["begun"] = now = start
        one["row"] = row
        end = start + one["service"] / replica[row]["speed"]
        n += 1
        if unused:
            rise(n - 1, end, slot, request, heap)
        else:
            sink(n, 0, end, slot, request, heap)
    while i < last:
        now = max(now, at[i])
        slot = admit(at[i], service[i], kind[i], state, request, kinds)
        enqueue(0, slot, -1, state, request, replica, queues, kinds)
        i += 1
    while final and n > 0 and heap[0]["end"] <= until:
        free_at, done = heap[0]["end"], heap[0]["slot"]
        row = request[done]["row"]
        serve(free_at, done, state, request, replica, told)
        now = max(now, free_at)
        replica[row]["running"] -= 1
        if replica[row]["open"]:
            idle[(state["idle_first"] + state["idle"]) % len(idle)] = row
            state["idle"] += 1
        n -= 1
        sink(n, 0, heap[n]["end"], heap[n]["slot"], request, heap)
    state["heap"], state["now"] = n, now


@compiled
def finish(now, state, request, replica, queues, kinds, heap, idle, tree, told):  # type: ignore[no-untyped-def]
    """End the request at the top of the heap, and begin the next of its queue."""
    slot = heap[0]["slot"]
    row = request[slot]["row"]
    last = state["heap"] - 1
    state["heap"] = last
    sink(last, 0, heap[last]["end"], heap[last]["slot"], request, heap)
    replica[row]["running"] -= 1
    serve(now, slot, state, request, replica, told)
    if not replica[row]["open"]:
        return
    if state["routing"] == CENTRAL:
        follower = first_of(0, state, queues) if state["waiting"] > 0 else -1
        if follower < 0:
            idle[(state["idle_first"] + state["idle"]) % len(idle)] = row
            state["idle"] += 1
    else:
        follower = first_of(row + 1, state, queues) if replica[row]["queued"] > 0 else -1
    if follower >= 0:
        take_out(follower, state, request, replica, queues, kinds)
        begin(now, row, follower, state, request, replica, heap)
    weigh(row, state, replica, tree)


@compiled
def serve(now, slot, state, request, replica, told):  # type: ignore[no-untyped-def]
    """Note that a request is served."""
    one = request[slot]
    server = replica[one["row"]]
    server["last_end"] = now
    spend(one["service"] / server["speed"] / server["slots"], state)
    state["served"] += 1
    tell(one["start"], now, slot, 0, state, request, told)


@compiled
def give_up(now, state, request, replica, queues, kinds, tree, told):  # type: ignore[no-untyped-def]
    """Drop the request that has waited longest."""
    slot = state["oldest"]
    row = request[slot]["row"]
    leave_line(slot, state, request)
    take_out(slot, state, request, replica, queues, kinds)
    state["dropped"] += 1
    tell(np.nan, now, slot, 1, state, request, told)
    if row >= 0:
        weigh(row, state, replica, tree)


@compiled
def arrive(now, service, kind, state, request, replica, queues, kinds, heap, idle, tree, told):  # type: ignore[no-untyped-def]
    """Let a request begin, wait or be dropped."""
    slot = admit(now, service, kind, state, request, kinds)
    row, lane, queued = -1, 0, state["waiting"]
    if state["routing"] == CENTRAL:
        if state["idle"] > 0:
            row = longest_idle(state, idle)
    elif state["replicas"] > 0:
        row = route(state, replica, tree)
        lane, queued = row + 1, replica[row]["queued"]
        if replica[row]["running"] >= replica[row]["slots"]:
            row = -1
    if row >= 0:
        begin(now, row, slot, state, request, replica, heap)
    elif state["limit"] >= 0 and queued >= state["limit"]:
        state["dropped"] += 1
        tell(np.nan, now, slot, 1, state, request, told)
    else:
        enqueue(lane, slot, -1, state, request, replica, queues, kinds)
        join_line(slot, state, request)
    if lane > 0:
        weigh(lane - 1, state, replica, tree)


@compiled
def admit(now, service, kind, state, request, kinds):  # type: ignore[no-untyped-def]
    """Take a free row for a request that comes, and return it."""
    slot = state["free"]
    one = request[slot]
    state["free"] = one["next"]
    one["number"], one["kind"], one["level"] = state["arrived"], kind, kinds[kind]["level"]
    one["older"] = one["younger"] = -1
    one["arrival"], one["service"], one["start"] = now, service, np.nan
    state["arrived"] += 1
    return slot


@compiled
def begin(now, row, slot, state, request, replica, heap):  # type: ignore[no-untyped-def]
    """Put a request to work on a replica that has a free slot."""
    if np.isnan(request[slot]["start"]):
        request[slot]["start"] = now
        leave_line(slot, state, request)
    request[slot]["begun"] = now
    request[slot]["row"] = row
    replica[row]["running"] += 1
    end = now + request[slot]["service"] / replica[row]["speed"]
    rise(state["heap"], end, slot, request, heap)
    state["heap"] += 1


@compiled
def tell(start, end, slot, how, state, request, told):  # type: ignore[no-untyped-def]
    """Note how a request ended, and forget it."""
    one, line = request[slot], told[state["told"]]
    line["number"], line["kind"], line["how"] = one["number"], one["kind"], how
    line["arrival"], line["start"], line["end"] = one["arrival"], start, end
    state["told"] += 1
    one["next"] = state["free"]
    state["free"] = slot


@compiled
def add(total, rest, value):  # type: ignore[no-untyped-def]
    """Return a sum and what rounding took from it (Knuth's two-sum)."""
    new = total + value
    part = new - total
    return new, rest + ((total - (new - part)) + (value - part))


@compiled
def spend(busy, state):  # type: ignore[no-untyped-def]
    """Count replica-seconds of work."""
    state["busy"], state["busy_rest"] = add(state["busy"], state["busy_rest"], busy)


@compiled
def sooner(end, slot, than, request, heap):  # type: ignore[no-untyped-def]
    """Whether an entry comes out before the one at a place of the heap."""
    if end != heap[than]["end"]:
        return end < heap[than]["end"]
    return request[slot]["number"] < request[heap[than]["slot"]]["number"]


@compiled
def rise(hole, end, slot, request, heap):  # type: ignore[no-untyped-def]
    """Put an entry into the heap: it rises from a place at its end."""
    while hole > 0:
        parent = (hole - 1) // 2
        if not sooner(end, slot, parent, request, heap):
            break
        heap[hole]["end"], heap[hole]["slot"] = heap[parent]["end"], heap[parent]["slot"]
        hole = parent
    heap[hole]["end"], heap[hole]["slot"] = end, slot


@compiled
def sink(n, hole, end, slot, request, heap):  # type: ignore[no-untyped-def]
    """Put an entry into a heap of n: it sinks from a place that is free."""
    child = 2 * hole + 1
    while child < n:
        if child + 1 < n:
            other = heap[child + 1]
            child += sooner(other["end"], other["slot"], child, request, heap)
        if sooner(end, slot, child, request, heap):
            break
        heap[hole]["end"], heap[hole]["slot"] = heap[child]["end"], heap[child]["slot"]
        hole, child = child, 2 * child + 1
    heap[hole]["end"], heap[hole]["slot"] = end, slot


@compiled
def join_line(slot, state, request):  # type: ignore[no-untyped-def]
    """Let the patience of a request run; the line is in order of arrival."""
    if state["patience"] == np.inf:
        return
    youngest = state["youngest"]
    request[slot]["older"] = youngest
    if youngest >= 0:
        request[youngest]["younger"] = slot
    else:
        state["oldest"] = slot
    state["youngest"] = slot


@compiled
def leave_line(slot, state, request):  # type: ignore[no-untyped-def]
    """Take a request out of the line of patience; it need not stand in it."""
    if state["patience"] == np.inf:
        return
    older, younger = request[slot]["older"], request[slot]["younger"]
    if older >= 0:
        request[older]["younger"] = younger
    elif state["oldest"] == slot:
        state["oldest"] = younger
    if younger >= 0:
        request[younger]["older"] = older
    elif state["youngest"] == slot:
        state["youngest"] = older
    request[slot]["older"] = request[slot]["younger"] = -1


@compiled
def first_of(lane, state, queues):  # type: ignore[no-untyped-def]
    """Return the request of a lane whose turn it is, or -1."""
    for level in range(state["levels"]):
        if queues[lane, level]["head"] >= 0:
            return queues[lane, level]["head"]
    return -1


@compiled
def enqueue(lane, slot, after, state, request, replica, queues, kinds):  # type: ignore[no-untyped-def]
    """Put a request into its level of a lane, before `after`, or at the end where that is -1."""
    level = request[slot]["level"]
    last = request[after]["before"] if after >= 0 else queues[lane, level]["tail"]
    request[slot]["before"], request[slot]["next"] = last, after
    if last >= 0:
        request[last]["next"] = slot
    else:
        queues[lane, level]["head"] = slot
    if after >= 0:
        request[after]["before"] = slot
    else:
        queues[lane, level]["tail"] = slot
    request[slot]["row"] = lane - 1
    if lane > 0:
        replica[lane - 1]["queued"] += 1
    state["waiting"] += 1
    count(request[slot], 1, kinds)


@compiled
def take_out(slot, state, request, replica, queues, kinds):  # type: ignore[no-untyped-def]
    """Take a request out of the queue in which it waits."""
    lane, level = request[slot]["row"] + 1, request[slot]["level"]
    last, after = request[slot]["before"], request[slot]["next"]
    if last >= 0:
        request[last]["next"] = after
    else:
        queues[lane, level]["head"] = after
    if after >= 0:
        request[after]["before"] = last
    else:
        queues[lane, level]["tail"] = last
    if lane > 0:
        replica[lane - 1]["queued"] -= 1
    state["waiting"] -= 1
    count(request[slot], -1, kinds)


@compiled
def count(one, sign, kinds):  # type: ignore[no-untyped-def]
    """Count a request, and its work, in or out of what waits of its kind."""
    kind = kinds[one["kind"]]
    kind["waiting"] += sign
    if kind["waiting"] == 0:
        kind["load"] = kind["rest"] = 0.0
    else:
        kind["load"], kind["rest"] = add(kind["load"], kind["rest"], sign * one["service"])


@compiled
def longest_idle(state, idle):  # type: ignore[no-untyped-def]
    """Take the slot that is free longest, and return the row of its replica."""
    row = idle[state["idle_first"]]
    state["idle_first"] = (state["idle_first"] + 1) % len(idle)
    state["idle"] -= 1
    return row


@compiled
def winner(a, b, replica):  # type: ignore[no-untyped-def]
    """Return the row with the smaller key, a where they are equal; -1 is none."""
    if b < 0 or (a >= 0 and replica[a]["key"] <= replica[b]["key"]):
        return a
    return b


@compiled
def set_key(row, key, replica, tree):  # type: ignore[no-untyped-def]
    """Give an open replica a new key, and play its games again."""
    replica[row]["key"] = key
    node = (len(tree) // 2 + replica[row]["place"]) // 2
    while node >= 1:
        tree[node] = winner(tree[2 * node], tree[2 * node + 1], replica)
        node //= 2


@compiled
def seat(s):  # type: ignore[no-untyped-def]
    """Play the whole tournament of the rows at the leaves."""
    state = s.state[0]
    replica = s.replica
    tree = s.tree
    leaves = len(tree) // 2
    for place in range(state["replicas"]):
        replica[tree[leaves + place]]["place"] = place
    for node in range(leaves - 1, 0, -1):
        tree[node] = winner(tree[2 * node], tree[2 * node + 1], replica)


@compiled
def weigh(row, state, replica, tree):  # type: ignore[no-untyped-def]
    """Renew the key of a replica after its number of requests has changed."""
    if state["routing"] == LEAST_LOADED and replica[row]["open"]:
        in_hand = replica[row]["running"] + replica[row]["queued"]
        set_key(row, in_hand / replica[row]["slots"], replica, tree)


@compiled
def route(state, replica, tree):  # type: ignore[no-untyped-def]
    """Return the row of the open replica that gets the next request."""
    if state["routing"] == ROUND_ROBIN:
        turn = state["turn"] if state["turn"] < state["replicas"] else 0
        state["turn"] = turn + 1
        return tree[len(tree) // 2 + turn]
    row = tree[1]
    if state["routing"] == WEIGHTED:
        # Stride scheduling (Waldspurger and Weihl 1995).
        state["passed"] = replica[row]["key"]
        stride = 1.0 / (replica[row]["slots"] * replica[row]["speed"])
        set_key(row, replica[row]["key"] + stride, replica, tree)
    return row


@compiled
def settle(s):  # type: ignore[no-untyped-def]
    """Give the requests of lane 0 to replicas, after these have changed."""
    state = s.state[0]
    request = s.request
    replica = s.replica
    queues = s.queues
    kinds = s.kinds
    heap = s.heap
    idle = s.idle
    tree = s.tree
    now = state["now"]
    slot = first_of(0, state, queues)
    if state["routing"] == CENTRAL:
        while slot >= 0 and state["idle"] > 0:
            take_out(slot, state, request, replica, queues, kinds)
            begin(now, longest_idle(state, idle), slot, state, request, replica, heap)
            slot = first_of(0, state, queues)
        return
    while slot >= 0 and state["replicas"] > 0:
        take_out(slot, state, request, replica, queues, kinds)
        row = route(state, replica, tree)
        if replica[row]["running"] < replica[row]["slots"]:
            begin(now, row, slot, state, request, replica, heap)
        else:
            enqueue(row + 1, slot, -1, state, request, replica, queues, kinds)
        weigh(row, state, replica, tree)
        slot = first_of(0, state, queues)


@compiled
def strip(row, lost, s):  # type: ignore[no-untyped-def]
    """Take what a replica works on out of the heap into `lost`; return how many."""
    state = s.state[0]
    request = s.request
    replica = s.replica
    heap = s.heap
    kept = found = 0
    for place in range(state["heap"]):
        slot = heap[place]["slot"]
        if request[slot]["row"] == row:
            lost[found] = slot
            found += 1
            spend((state["now"] - request[slot]["begun"]) / replica[row]["slots"], state)
        else:
            heap[kept]["end"], heap[kept]["slot"] = heap[place]["end"], slot
            kept += 1
    state["heap"] = kept
    for place in range(kept // 2 - 1, -1, -1):
        sink(kept, place, heap[place]["end"], heap[place]["slot"], request, heap)
    replica[row]["running"] = 0
    return found


@compiled
def unqueue(row, lost, s):  # type: ignore[no-untyped-def]
    """Empty the queue of a replica into `lost`; return how many."""
    state = s.state[0]
    request = s.request
    replica = s.replica
    queues = s.queues
    kinds = s.kinds
    found = 0
    slot = first_of(row + 1, state, queues)
    while slot >= 0:
        take_out(slot, state, request, replica, queues, kinds)
        lost[found] = slot
        found += 1
        slot = first_of(row + 1, state, queues)
    return found


@compiled
def merge(lost, s):  # type: ignore[no-untyped-def]
    """Put requests that are sorted by (level, number) where they belong in lane 0."""
    state = s.state[0]
    request = s.request
    replica = s.replica
    queues = s.queues
    kinds = s.kinds
    after, level = -1, -1
    for slot in lost:
        if request[slot]["level"] != level:
            level = request[slot]["level"]
            after = queues[0, level]["head"]
        while after >= 0 and request[after]["number"] < request[slot]["number"]:
            after = request[after]["next"]
        enqueue(0, slot, after, state, request, replica, queues, kinds)


@compiled
def busy_until(now, s):  # type: ignore[no-untyped-def]
    """Return the replica-seconds of work up to now, with what is being worked on."""
    state = s.state[0]
    request = s.request
    replica = s.replica
    heap = s.heap
    total, rest = state["busy"], state["busy_rest"]
    for place in range(state["heap"]):
        slot = heap[place]["slot"]
        part = (now - request[slot]["begun"]) / replica[request[slot]["row"]]["slots"]
        total, rest = add(total, rest, part)
    return total + rest
