"""300 training and batch jobs: GPUs and durations as in Philly, activity as in Acme.

Draws are stratified: the i-th of n jobs takes the quantile (i + 1/2)/n of the published
distribution, in random order, so that a small company has the published shape in every seed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lepta.sim.company.calendar import HOURS
from lepta.sim.company.figures import figure

__all__ = ["JOBS", "Job", "Slot", "draw_jobs", "place_jobs"]

JOBS = 300
SIZES = (1, 2, 4, 8)
QUANTILES = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
BATCH_EVERY = 4
"""Each fourth one-GPU job is a batch job that runs on the spot pool."""
POWER_QUANTILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
PATIENCE = 6.0
"""Hours that a job waits for a committed machine before it gets another one: our choice."""
IDLE_W = 60.0
RATED_W = 400.0
COMPUTING = 0.55
"""The share of Seren's GPUs below 100 W: those of the rest compute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as submitted. Times in hours since the start of the month."""

    name: str
    team: str
    kind: str
    """training or batch."""
    gpus: int
    submit: float
    hours: float
    utilization: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A machine that jobs may run on from hour `since` to hour `until`."""

    machine: str
    gpus: int
    since: float
    until: float
    kind: str
    elastic: bool = False
    """Rented only while a job holds it."""


def draw_jobs(random: np.random.Generator) -> list[Job]:
    """Draw the month's jobs, in the order in which they are submitted."""
    share = np.array(figure("job_gpus_share").values)
    counts = np.floor(share / share.sum() * JOBS).astype(int)
    counts[0] += JOBS - counts.sum()
    gpus = np.repeat(SIZES, counts)
    hours = np.concatenate([_hours(size, n, random) for size, n in zip(SIZES, counts, strict=True)])
    activity = random.permutation(_activity(JOBS))
    # Long jobs are submitted early enough to end within the month; the rest at any time.
    latest = np.maximum(HOURS - 24.0 - 1.5 * hours, 12.0)
    submit = np.round(random.uniform(0.0, latest), 3)
    teams = random.choice(("research", "assistant", "speech"), size=JOBS, p=(0.6, 0.2, 0.2))
    jobs = []
    for rank, i in enumerate(np.argsort(submit, kind="stable")):
        batch = gpus[i] == 1 and i % BATCH_EVERY == 0
        kind = "batch" if batch else "training"
        jobs.append(
            Job(
                name=f"{kind}-{rank:03d}",
                team=str(teams[i]),
                kind=kind,
                gpus=int(gpus[i]),
                submit=float(submit[i]),
                hours=float(hours[i]),
                utilization=round(float(activity[i]), 3),
            )
        )
    return jobs


def _hours(gpus: int, count: int, random: np.random.Generator) -> NDArray[np.float64]:
    at = (np.arange(count) + 0.5) / count
    known = np.log(figure(f"job_seconds_{gpus}").values)
    seconds: NDArray[np.float64] = np.exp(np.interp(at, QUANTILES, known))
    return random.permutation(seconds) / 3600.0


def _activity(count: int) -> NDArray[np.float64]:
    """Share of the power between idle and rated, over the GPUs that compute."""
    at = COMPUTING + (1.0 - COMPUTING) * (np.arange(count) + 0.5) / count
    watts = np.interp(at, POWER_QUANTILES, figure("gpu_power_w").values)
    return np.clip((watts - IDLE_W) / (RATED_W - IDLE_W), 0.05, 0.99)


def place_jobs(jobs: list[Job], slots: list[Slot]) -> list[tuple[Job, Slot, float]]:
    """First come, first served, on machines where the job starts within `PATIENCE`.

    Gives (job, machine, start in hours). Among those, machines that are held anyway come before
    elastic ones, the least loaded first. Where it would wait longer everywhere, the job goes where
    it starts first. A job that would not end while a machine lives takes the next best machine;
    where there is none it is cut at the end of the month.
    """
    free = {slot.machine: np.full(slot.gpus, float(slot.since)) for slot in slots}
    load = dict.fromkeys(free, 0.0)
    placed = []
    for job in jobs:
        choices = []
        for slot in slots:
            if slot.kind != job.kind or slot.gpus < job.gpus:
                continue
            ready = float(np.sort(free[slot.machine])[job.gpus - 1])
            start = max(job.submit, ready)
            late = start + job.hours > slot.until
            wait = max(start - job.submit - PATIENCE, 0.0)
            rank = (start >= slot.until, late, wait, slot.elastic, load[slot.machine])
            choices.append((rank, start, slot))
        (gone, *_), start, slot = min(choices, key=lambda choice: choice[0])
        if gone:
            raise ValueError(f"the demo company has no room for job {job.name}")
        load[slot.machine] += job.gpus * job.hours
        gpus = free[slot.machine]
        gpus[np.argsort(gpus, kind="stable")[: job.gpus]] = min(start + job.hours, slot.until)
        placed.append((job, slot, start))
    return placed
