"""The policy that never changes anything."""

from dataclasses import dataclass

from lepta.domain.pool import Decision, Snapshot

__all__ = ["Fixed"]


@dataclass(frozen=True, slots=True)
class Fixed:
    """Holds the same number of replicas of each variant at all times."""

    want: tuple[int, ...]
    name: str = "fixed"

    def start(self) -> None:
        """Nothing to remember."""

    def decide(self, seen: Snapshot, memory: None) -> tuple[Decision, None]:
        """Return the levels that were given."""
        return Decision(at_s=seen.at_s, policy=self.name, want=self.want, why="fixed"), None
