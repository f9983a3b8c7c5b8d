"""One policy on one trace as a value that any process can run."""

from collections.abc import Callable
from dataclasses import dataclass

from lepta.domain.replay import PolicyRun
from lepta.policy.base import Policy
from lepta.ports.scaling import Entry
from lepta.sim.replay import MemoryLedger, Setting, replay
from lepta.sim.servers import Servers
from lepta.sim.trace import Trace

__all__ = ["ReplayTask", "run_task"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayTask:
    """What a replay of one policy needs; `keep_ledger`: every decision comes back too."""

    policy: Policy
    servers: Servers
    trace: Trace
    setting: Setting
    keep_ledger: bool = False


def run_task(
    task: ReplayTask, progress: Callable[[float], None] = lambda _: None
) -> tuple[PolicyRun, tuple[Entry, ...]]:
    """Run a policy through its trace; the same task gives the same answer anywhere."""
    ledger = MemoryLedger()
    run = replay(
        task.policy,
        task.servers.engine(task.setting.pool),
        task.trace.chunks(),
        task.setting,
        ledger=ledger,
        progress=progress,
    )
    return run, tuple(ledger.entries) if task.keep_ledger else ()
