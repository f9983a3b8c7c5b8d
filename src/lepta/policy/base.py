"""The protocol of a policy, and what is asked of every answer."""

import math
from typing import Any, Protocol

from lepta.domain.pool import Decision, Snapshot
from lepta.errors import LeptaError, PolicyFault, shorten

__all__ = ["Policy", "asked"]


class Policy(Protocol):
    """Decides how many replicas of each variant a pool should have.

    A policy is a value: what it must remember from one decision to the next (a window of earlier
    recommendations, a fitted forecast) goes through `memory`, which the caller keeps and hands
    back. So the same decision can be taken again from the record.
    """

    @property
    def name(self) -> str:
        """As it was asked for, such as "fixed:10"."""
        ...

    def start(self) -> Any:
        """Return the memory before the first decision."""
        ...

    def decide(self, seen: Snapshot, memory: Any) -> tuple[Decision, Any]:
        """Return the levels wanted now, and what to remember."""
        ...


MOST = 2**31
"""Replicas of a variant that are no slip."""


def asked(policy: Policy, seen: Snapshot, memory: Any) -> tuple[Decision, Any]:
    """Ask a policy, and refuse what is no answer.

    Levels above a limit are cut to it, levels below the least are raised, and the decision says so.

    Raises
    ------
    PolicyFault
        The policy raised an error, or asks for what is no number of replicas (NaN, -3, 2.5).
    """
    where = f"policy {policy.name}, {seen.at_s:g} s after the start"
    try:
        decision, memory = policy.decide(seen, memory)
        want = tuple(decision.want)
    except LeptaError:
        raise
    except Exception as error:
        raise PolicyFault(
            f"failed with {type(error).__name__}: {error}",
            where=where,
            remedy="correct the policy; nothing was changed",
        ) from error
    variants = seen.pool.variants
    if len(want) != len(variants):
        raise PolicyFault(
            f"gave {len(want)} levels for {len(variants)} variants",
            where=where,
            remedy="give one number of replicas per variant, in their order",
        )
    cut: list[int] = []
    words: list[str] = []
    for level, variant in zip(want, variants, strict=True):
        if not _whole(level):
            raise PolicyFault(
                f"asks for {shorten(level)} replicas of {variant.name}",
                where=where,
                remedy="give whole numbers of replicas, from 0 to 2**31",
            )
        held = max(int(level), variant.least)
        held = held if variant.limit is None else min(held, variant.limit)
        if held != level:
            words.append(f"{variant.name} {int(level)} cut to {held}")
        cut.append(held)
    why = "; ".join([decision.why, *words]) if words else decision.why
    return Decision(at_s=decision.at_s, policy=policy.name, want=tuple(cut), why=why), memory


def _whole(level: Any) -> bool:
    try:
        return math.isfinite(level) and 0 <= level <= MOST and float(level).is_integer()
    except (TypeError, ValueError, OverflowError):
        return False
