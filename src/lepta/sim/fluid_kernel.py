"""The compiled part of fluid servers: one stream of work, first come, first served.

The requests in flight are a ring. The first of them is being worked on: at the instant `anchor`
it had `left` units to go, and it ends at anchor + left / capacity. These change only with events
and with the capacity, so that it makes no difference where a run stopped.

    state  the counters, one record
    ring   one record per request in flight
    told   what has ended
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lepta.numerics.compiled import compiled
from lepta.sim.ended import record

Records = npt.NDArray[Any]

STATE = record(
    "first held arrived served told",
    "capacity replicas anchor left start since busy busy_rest now",
)
REQUEST = record("kind", "arrival work")


class State(NamedTuple):
    """All that fluid servers know."""

    state: Records
    ring: Records
    told: Records


@compiled
def run(until, drain, at, work, kind, s):  # type: ignore[no-untyped-def]
    """Work through all events up to `until`; the arrivals up to there are given.

    Without `drain` it returns after the last of them: more follow before `until`.
    """
    state, ring, told = s
    state = state[0]
    size = len(ring)
    i, last = 0, len(at)
    while i < last or drain:
        end = np.inf
        if state["held"] > 0 and state["capacity"] > 0:
            end = state["anchor"] + state["left"] / state["capacity"]
        come = at[i] if i < last else np.inf
        now = min(end, come)
        if now > until or now == np.inf:
            break
        state["now"] = now
        if end == now:
            place = state["first"]
            line = told[state["told"]]
            line["number"], line["kind"], line["how"] = state["served"], ring[place]["kind"], 0
            line["arrival"], line["start"] = ring[place]["arrival"], state["start"]
            line["end"] = end
            state["told"] += 1
            state["served"] += 1
            state["held"] -= 1
            place = place + 1 if place + 1 < size else 0
            state["first"] = place
            if state["held"] > 0:
                state["anchor"], state["left"], state["start"] = end, ring[place]["work"], end
            else:
                rest(state)
        else:
            place = state["first"] + state["held"]
            if place >= size:
                place -= size
            one = ring[place]
            one["arrival"], one["work"], one["kind"] = come, work[i], kind[i]
            if state["held"] == 0:
                state["anchor"], state["left"], state["since"] = come, work[i], come
                state["start"] = come if state["capacity"] > 0 else np.nan
            state["held"] += 1
            state["arrived"] += 1
            i += 1


@compiled
def rest(state):  # type: ignore[no-untyped-def]
    """Count the replica-seconds of work since the last change, up to now (Knuth's two-sum)."""
    value = 0.0
    if state["capacity"] > 0:
        value = (state["now"] - state["since"]) * state["replicas"]
    total = state["busy"]
    new = total + value
    part = new - total
    state["busy_rest"] += (total - (new - part)) + (value - part)
    state["busy"], state["since"] = new, state["now"]
