"""A trace under a policy: the loop, its world, and what came of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lepta.domain.pool import Array, Decision, Pool, Snapshot
from lepta.domain.replay import Bound, Change, PolicyRun
from lepta.domain.requests import Requests
from lepta.loop.controller import Controller
from lepta.policy.base import Policy
from lepta.ports.scaling import Entry
from lepta.sim.course import Recorder
from lepta.sim.engine import Engine
from lepta.sim.faults import Faults
from lepta.sim.score import Amounts, Score
from lepta.sim.servers import Weigh
from lepta.sim.world import World

__all__ = ["MemoryLedger", "Setting", "replay"]

HOUR_S = 3600.0
GRACE_S = 3600.0
"""So long after the last arrival a pool that works on nothing is waited for."""
DAY_S = 86400.0
"""So long a pool is waited for that ends nothing because its replicas are lost again and again."""
LONGEST_S = 100 * DAY_S
"""So long after the last arrival a pool is waited for at all."""


@dataclass(slots=True)
class MemoryLedger:
    """Keeps the record in memory."""

    entries: list[Entry] = field(default_factory=list)

    def write(self, entry: Entry) -> None:
        """Append one line."""
        self.entries.append(entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a run needs beside the policy, the engine and the requests."""

    pool: Pool
    weigh: Weigh
    amount: Callable[[Requests], npt.NDArray[np.float64]]
    """Requests -> what each is worth, in what cost_per_unit counts."""
    objective: tuple[Bound, ...] = ()
    begin: tuple[int, ...] | None = None
    """Replicas that serve at the start; None: what the policy asks for first."""
    seed: int = 0
    tick_s: float = 15.0
    faults: Faults = field(default_factory=Faults)
    earlier: Array | None = None
    missing: tuple[tuple[float, float], ...] = ()
    """Times (from, to; s) that the record of the trace lost."""
    epoch_s: float = float("nan")
    span_s: float = 0.0
    """Roughly how long the trace is, for the intervals of the course."""


def replay(
    policy: Policy,
    engine: Engine,
    requests: Iterable[Requests],
    setting: Setting,
    *,
    ledger: MemoryLedger | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> PolicyRun:
    """Let a policy run a pool through a trace, and say what it cost and who waited.

    The run ends when the last request has ended; or where, after the last arrival, nothing has been
    worked on for an hour, nothing has ended for a day in which replicas were lost, or a hundred
    days have passed. What is left then is in flight, counts as broken, and is noted. Replicas are
    paid up to the end. `progress` is told the seconds that have passed.

    Raises
    ------
    PolicyFault
        The policy failed, or asked for what is no number of replicas.
    """
    amounts, score = Amounts(), Score(setting.objective)
    ledger = MemoryLedger() if ledger is None else ledger
    world = World(
        setting.pool,
        engine,
        _noted(requests, setting, amounts),
        setting.weigh,
        seed=setting.seed,
        tick_s=setting.tick_s,
        faults=setting.faults,
        earlier=setting.earlier,
        missing=setting.missing,
        epoch_s=setting.epoch_s,
    )
    if setting.begin is not None:
        world.apply(Decision(at_s=0.0, policy=policy.name, want=setting.begin, why="as it was"))
    watch = Watched(world, Recorder(setting.span_s, setting.tick_s))
    controller = Controller(policy, watch, world, ledger)
    units, patience = 0.0, Patience(world)
    while True:
        controller.turn()
        world.run()
        done = engine.finished()
        if len(done.request):
            units += amounts.take(done.request[done.outcome == 0])
            amounts.take(done.request[done.outcome != 0])
            watch.recorder.end(*score.add(done))
        progress(world.now_s)
        if world.over or patience.over(bool(len(done.request))):
            break
    return _sum_up(policy, world, score, units, ledger.entries, watch.recorder)


@dataclass(slots=True)
class Patience:
    """Tells when a pool will not end what it has."""

    world: World
    worked_s: float = 0.0
    ended_s: float = 0.0
    losses: int = 0

    def over(self, ended: bool) -> bool:
        """Note what a tick has brought, and tell whether it is time to give up."""
        world = self.world
        if ended or not world.fed:
            self.ended_s, self.losses = world.now_s, world.roster.losses
        if ended or not world.fed or world.engine.next_end_s() < np.inf:
            self.worked_s = world.now_s
        if world.now_s > self.worked_s + GRACE_S:
            return True
        if world.fed and world.now_s > world.last_arrival_s + LONGEST_S:
            return True
        late = world.now_s > self.ended_s + DAY_S
        return late and world.roster.losses > self.losses


@dataclass(slots=True)
class Watched:
    """An observer that lets the recorder look at what the policy sees."""

    world: World
    recorder: Recorder

    def observe(self) -> Snapshot:
        """Return what the world shows."""
        seen = self.world.observe()
        self.recorder.look(seen)
        return seen


def _noted(requests: Iterable[Requests], setting: Setting, amounts: Amounts) -> Iterator[Requests]:
    for chunk in requests:
        if len(chunk):
            amounts.add(np.asarray(setting.amount(chunk), float))
            yield chunk


def _sum_up(
    policy: Policy,
    world: World,
    score: Score,
    units: float,
    entries: Sequence[Entry],
    recorder: Recorder,
) -> PolicyRun:
    gauge, left = world.engine.gauge(), world.engine.in_flight()
    end_s = world.now_s if left else max(score.last_end_s, world.last_arrival_s)
    cost, seconds, by_variant = world.roster.paid(end_s)
    changes = _changes(entries, end_s)
    names = [variant.name for variant in world.pool.variants]
    return PolicyRun(
        policy=policy.name,
        cost=cost,
        replica_hours=seconds / HOUR_S,
        replica_hours_by_variant=tuple(
            (name, float(paid) / HOUR_S) for name, paid in zip(names, by_variant, strict=True)
        ),
        arrived=gauge.arrived,
        served=score.served,
        dropped=score.dropped,
        in_flight=left,
        violations=(score.broken + left) / gauge.arrived if gauge.arrived else 0.0,
        kept=score.kept(gauge.arrived, left),
        wait=score.wait.spread(),
        latency=score.latency.spread(),
        ttft=score.ttft.spread(),
        tpot=score.tpot.spread(),
        changes=changes,
        changes_per_hour=max(0, len(changes) - 1) / (end_s / HOUR_S) if end_s > 0 else 0.0,
        idle_share=min(1.0, max(0.0, 1 - gauge.busy_s / seconds)) if seconds > 0 else 0.0,
        losses=world.roster.lost(end_s),
        units=units,
        cost_per_unit=cost / units if units > 0 else None,
        end_s=end_s,
        course=recorder.course(end_s),
        notes=(
            *(() if score.latency.exact else ("quantiles of latency are within 0.05 %",)),
            *((f"given up at {end_s:,.0f} s with {left:,} requests in flight",) if left else ()),
        ),
    )


def _changes(entries: Sequence[Entry], end_s: float) -> tuple[Change, ...]:
    """Return the first decision and those that asked for other levels than the one before."""
    found: list[Change] = []
    for entry in entries:
        if entry.at_s <= end_s and (not found or entry.want != found[-1].want):
            found.append(Change(at_s=entry.at_s, want=entry.want, why=entry.why))
    return tuple(found)
