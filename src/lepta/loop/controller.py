"""One turn of the loop; it cannot tell whether its world is real."""

from dataclasses import dataclass
from typing import Any

from lepta.policy.base import Policy, asked
from lepta.policy.handover import handover
from lepta.ports.scaling import Actuator, Entry, Ledger, Observer

__all__ = ["Controller"]


@dataclass(slots=True)
class Controller:
    """Runs one policy over one pool; `memory` is what the policy wants to keep between turns."""

    policy: Policy
    observer: Observer
    actuator: Actuator
    ledger: Ledger
    memory: Any = None

    def __post_init__(self) -> None:
        if self.memory is None:
            self.memory = self.policy.start()

    def turn(self) -> Entry:
        """Observe, decide, write, apply; the record is written before anything is done.

        Raises
        ------
        PolicyFault
            The policy gave no answer; nothing was applied.
        """
        seen = self.observer.observe()
        wish, self.memory = asked(self.policy, seen, self.memory)
        decision, held = handover(wish, seen)
        entry = Entry(
            at_s=seen.at_s,
            policy=self.policy.name,
            had=tuple(int(level) for level in seen.held),
            want=decision.want,
            why=decision.why,
            held=held,
        )
        self.ledger.write(entry)
        self.actuator.apply(decision)
        return entry
