"""Who does the calls of a sweep: this process, several of this machine, or a cluster."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from lepta.adapters.localpool import LocalPool
from lepta.adapters.raycluster import RayCluster
from lepta.domain.replay import PolicyRun
from lepta.domain.requests import Requests
from lepta.errors import InputError
from lepta.ports.scaling import Entry
from lepta.ports.sweep import Sweep
from lepta.sim.task import ReplayTask, run_task
from lepta.sim.trace import Trace

__all__ = ["open_sweep", "run_tasks"]

Answer = tuple[PolicyRun, tuple[Entry, ...]]


def open_sweep(jobs: int = 1, cluster: str | None = None) -> Sweep:
    """Choose `jobs` processes of this machine, or the Ray cluster at an address.

    `cluster` is host:port, or "auto" for the address in the variable RAY_ADDRESS; the number of
    tasks at once is then the cluster's own affair.

    Raises
    ------
    InputError
        Less than one process was asked for, or "auto" and RAY_ADDRESS is not set.
    """
    if cluster is None:
        return LocalPool(jobs)
    if cluster == "auto":
        cluster = os.environ.get("RAY_ADDRESS", "")
        if not cluster:
            raise InputError(
                "no cluster is named: RAY_ADDRESS is not set",
                remedy="set it to host:port of the cluster's head, or give the address",
            )
    return RayCluster(cluster)


def run_tasks(
    tasks: Sequence[ReplayTask],
    *,
    jobs: int,
    cluster: str | None,
    progress: Callable[[str, float], None],
) -> list[Answer]:
    """Run every task; answers come in their order, the same wherever they were computed.

    `progress` is told (policy, second reached); from other processes only that a task is done.

    Raises
    ------
    LeptaError
        As a task raised it.
    AdapterError
        A process or a node was lost, and its task could not be done again.
    """
    sweep = open_sweep(jobs, cluster)
    if cluster is None and (jobs == 1 or len(tasks) < 2):

        def watched(task: ReplayTask) -> Answer:
            return run_task(task, partial(progress, task.policy.name))

        return list(sweep.map(watched, tasks))
    call, items = run_task, tasks
    if cluster is not None and tasks and all(task.trace is tasks[0].trace for task in tasks):
        # Other machines do not see the files of this one: the trace travels, and only once.
        call = partial(_run_on, _Carried(tuple(tasks[0].trace.chunks())))
        items = [replace(task, trace=_Carried(())) for task in tasks]
    answers = []
    for task, answer in zip(tasks, sweep.map(call, items), strict=True):
        progress(task.policy.name, task.setting.span_s)
        answers.append(answer)
    return answers


@dataclass(frozen=True, slots=True)
class _Carried:
    """A trace whose requests are all in memory."""

    parts: tuple[Requests, ...]

    def chunks(self) -> Iterator[Requests]:
        yield from self.parts


def _run_on(trace: Trace, task: ReplayTask) -> Answer:
    return run_task(replace(task, trace=trace))
