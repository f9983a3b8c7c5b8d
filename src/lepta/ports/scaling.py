"""What the loop asks of a pool and of a record: simulated, recorded or real."""

from dataclasses import dataclass
from typing import Protocol

from lepta.domain.pool import Decision, Snapshot

__all__ = ["Actuator", "Entry", "Ledger", "Observer"]


class Observer(Protocol):
    """Looks at a pool."""

    def observe(self) -> Snapshot:
        """Return what is known of the pool now."""
        ...


class Actuator(Protocol):
    """Brings a pool to the levels wanted."""

    def apply(self, decision: Decision) -> None:
        """Order or release replicas until each variant has its level; twice is once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the record of a pool: what was wanted, what there was, and why."""

    at_s: float
    policy: str
    had: tuple[int, ...]
    want: tuple[int, ...]
    why: str
    held: str = ""
    """What the handover rule kept, and why; blank: the wish stands as it was."""


class Ledger(Protocol):
    """Keeps every decision; written before it is acted on."""

    def write(self, entry: Entry) -> None:
        """Append one line."""
        ...
