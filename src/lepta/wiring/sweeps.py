"""Tasks run side by side."""

from collections.abc import Callable, Sequence

from lepta.domain.replay import PolicyRun
from lepta.ports.scaling import Entry
from lepta.sim.task import ReplayTask, run_task

__all__ = ["run_tasks"]


def run_tasks(
    tasks: Sequence[ReplayTask],
    *,
    jobs: int,
    cluster: str | None,
    progress: Callable[[str, float], None],
) -> list[tuple[PolicyRun, tuple[Entry, ...]]]:
    """Run every task; answers come in their order."""
    found = []
    for task in tasks:
        name = task.policy.name
        found.append(run_task(task, lambda at_s, name=name: progress(name, at_s)))  # type: ignore[misc]
    return found
