"""Up before down: no variant gives up what serves now before its replacement serves."""

import numpy as np

from lepta.domain.pool import Decision, Snapshot

__all__ = ["handover"]

ROOM = 1e-9


def handover(decision: Decision, seen: Snapshot) -> tuple[Decision, str]:
    """Hold back the part of a step that would shrink what serves now below what is wanted.

    Where some variants grow and others shrink, a shrinking one keeps so many of its serving
    replicas that the load which the wanted levels could carry is carried all the time, up to what
    serves now. Return the decision to act on, and what was kept ("" : nothing).
    """
    want = np.array(decision.want, np.int64)
    serving = seen.serving
    after = np.minimum(serving, want)
    grows, shrinks = want > serving, serving > want
    if not grows.any() or not shrinks.any():
        return decision, ""
    kept = after.copy()
    rate = seen.pool.capacity_per_s
    for row in rate:
        goal = min(float(row @ want), float(row @ serving))
        # The dearest per unit of load goes first, so the cheapest is kept longest.
        with np.errstate(divide="ignore", invalid="ignore"):
            order = np.argsort(np.where(row > 0, seen.price_per_hour / row, np.inf), kind="stable")
        for v in order:
            gap = goal - float(row @ kept)
            if gap <= ROOM * max(goal, 1.0) or not shrinks[v] or row[v] <= 0:
                continue
            kept[v] = min(int(serving[v]), int(kept[v] + np.ceil(gap / row[v] - ROOM)))
    held = np.maximum(want, kept)
    if (held == want).all():
        return decision, ""
    names = [
        f"{variant.name} keeps {int(level)}"
        for variant, level, wish in zip(seen.pool.variants, held, want, strict=True)
        if level > wish
    ]
    said = f"{', '.join(names)} until its replacement serves"
    return (
        Decision(
            at_s=decision.at_s,
            policy=decision.policy,
            want=tuple(int(level) for level in held),
            why=decision.why,
        ),
        said,
    )
