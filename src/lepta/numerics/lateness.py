"""What comes late where a fixed number of fluid servers works through a given load."""

import numpy as np
import numpy.typing as npt

from lepta.numerics.compiled import compiled

__all__ = ["late_work"]

Array = npt.NDArray[np.float64]


def late_work(
    load: npt.ArrayLike,
    servers: npt.ArrayLike,
    slack: float,
    backlog: npt.NDArray[np.float64] | None = None,
) -> Array:
    """Return the mean work per step that waits longer than `slack` steps, for each number held.

    Parameters
    ----------
    load     (steps,)       work that arrives evenly within each step, in server-steps, >= 0
    servers  (candidates,)  numbers held throughout, >= 0
    slack                   the longest wait that is in time, in steps
    backlog  (candidates,)  work that waits at the beginning, replaced by that at the end; none

    Work is served first come, first served; what is left at the end of a step waits on. Where
    nobody serves, all work is late.
    """
    steps = np.ascontiguousarray(load, np.float64)
    held = np.ascontiguousarray(servers, np.float64)
    late = np.zeros(len(held))
    if len(steps):
        _late(steps, held, float(slack), np.zeros(len(held)) if backlog is None else backlog, late)
    return late


@compiled
def _late(load, servers, slack, waiting, late):  # type: ignore[no-untyped-def]
    for j in range(len(servers)):
        n = servers[j]
        most = n * slack  # a backlog of this much is served in time
        backlog, total = waiting[j], 0.0
        for i in range(len(load)):
            came = load[i]
            left = backlog + came - n
            if n == 0.0:
                share = 1.0
            elif backlog <= most and left <= most:
                share = 0.0
            elif backlog > most and left > most:
                share = 1.0
            elif left > most:
                share = (left - most) / (left - backlog)
            else:
                share = (backlog - most) / (backlog - left)
            total += share * came
            backlog = left if left > 0.0 else 0.0
        late[j] = total / len(load)
        waiting[j] = backlog
