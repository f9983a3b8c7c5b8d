"""`lepta replay`: what a scaling policy would have cost on a trace, and who would have waited."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import lepta
from lepta.domain.pool import Pool
from lepta.domain.replay import Bound, PolicyRun, Replay, parse_bounds
from lepta.domain.requests import Requests
from lepta.domain.serving import parse_duration
from lepta.errors import InputError, listing
from lepta.policy import registry
from lepta.policy.base import Policy
from lepta.policy.registry import Future
from lepta.ports.scaling import Entry
from lepta.sim.faults import Faults
from lepta.sim.replay import Setting
from lepta.sim.servers import BatchedServers, Servers, Worth
from lepta.sim.task import ReplayTask
from lepta.sim.trace import Later, Trace, load_of
from lepta.wiring.clock import clock
from lepta.wiring.faults import read_faults
from lepta.wiring.opened import Opened
from lepta.wiring.policies import kinds, plugins
from lepta.wiring.replayed import open_trace, served_by
from lepta.wiring.sweeps import run_tasks

__all__ = ["policy_table", "replay", "write_replay"]

BEGIN_S = 300.0
"""What arrives in this time at the start sizes the pool that is there at the start."""
MOST_TICKS, MOST_CELLS = 2e7, 5e7
"""Of a replay: decisions, and numbers of its load (ticks x classes)."""
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed(Replay):
    """A replay with the ledgers of its policies, where they were kept."""

    ledgers: tuple[tuple[Entry, ...], ...] = ()


def replay(
    requests: str | Path | Requests | Mapping[str, Any] | None = None,
    policy: str | Policy | Sequence[str | Policy] = "hpa,keda,predictive,oracle",
    *,
    slo: str | None = "p99=2s",
    generate: str | None = None,
    workload: str | None = None,
    between: str | tuple[float, float] | None = None,
    share: float = 1.0,
    profiles: str | Path | None = None,
    offers: str | Path | None = None,
    model: str | None = None,
    models: str | Path | None = None,
    gpu_figures: str | Path | None = None,
    price: float | None = None,
    capacity: float | None = None,
    slots: int = 1,
    startup: str | float | None = None,
    limit: int | None = None,
    begin: str | int | None = None,
    tick: str | float = 15.0,
    history: str | float = 0.0,
    routing: str = "central",
    priority: str | None = None,
    faults: str | Path | Faults | None = None,
    seed: int = 7,
    jobs: int = 1,
    cluster: str | None = None,
    assume_utc: bool = False,
    extrapolate: bool = False,
    keep_ledger: bool = False,
    progress: Progress = lambda _, __: None,
) -> Replayed:
    """Replay a trace of requests under scaling policies.

    Parameters
    ----------
    requests   a file (CSV, Parquet, JSON lines), `Requests`, or a mapping of columns: at_s, and the
               work as service_s, input_tokens and output_tokens, images or audio_s
    policy     texts such as "fixed:10,hpa:target=0.7", a policy of yours, or a list of both
               (anything with name, start and decide: `lepta.policy.base.Policy`)
    slo        "p99=2s" (latency), "wait:p99=2s", "ttft:p95=500ms,tpot:p95=50ms"; None: nothing
    generate   a generated world in place of a file, such as "week" or "bursts:days=2,rate=20"
    workload, between, share  of a file of client rates (ServeGen): which workload, which time of it
               ("1d..2d" or seconds), and which share of its rates is drawn
    profiles   measured latencies of model servers, or the rates of profiles.csv
    offers     offers.csv: what replicas run on; without it one kind of replica that costs `price`
    model      of the measured latencies: which model, where there are several
    models, gpu_figures  tables of published figures, from which the memory for the KV cache follows
    price      per replica-hour; None: 1, and the currency reads "replica-hours"
    capacity   weighted tokens per second of one replica, where there are no profiles
    slots      requests that a replica works on at once, where they bring service_s
    startup    "60s" or seconds, from the order until a replica serves, where no offer says it
    limit      most replicas of each kind
    begin      replicas that serve at the start, "10" or "8/2"; None: what the first five minutes of
               the trace need
    tick       time between two decisions
    history    so much of the trace is only learned from; the replay begins after it
    routing    "central" (one queue), "round-robin", "least-loaded", "weighted", "prefix-aware"
    priority   classes that are served before others, highest first
    faults     failures, lost zones, dry markets and price changes; a YAML file or `Faults`
    seed       of all that is drawn; the same seed gives the same answer on any number of processes
    jobs, cluster  processes, or the address of a Ray cluster
    progress   told (policy, part done)

    Raises
    ------
    InputError
        A file, an option or a policy is wrong: it says where, and what to do.
    PolicyFault
        A policy failed, or asked for what is no number of replicas.
    """
    objective = () if slo is None else parse_bounds(slo)
    if seed != int(seed) or seed < 0:
        raise InputError(f"the seed is {seed!r}", remedy="give a whole number, 0 or more")
    tick_s = _seconds(tick, "tick")
    history_s = math.floor(_seconds(history, "history", zero=True) / tick_s) * tick_s
    opened = open_trace(
        requests,
        generate=generate,
        seed=seed,
        assume_utc=assume_utc,
        workload=workload,
        between_s=_span(between),
        share=share,
    )
    pool, servers, notes, unknown = served_by(
        opened,
        profiles=profiles,
        offers=offers,
        price=price,
        capacity=capacity,
        slots=slots,
        startup_s=None if startup is None else _seconds(startup, "startup", zero=True),
        limit=limit,
        routing=routing,
        priority=priority,
        objective=objective,
        model=model,
        models=models,
        gpu_figures=gpu_figures,
        extrapolate=extrapolate,
    )
    _bounded(opened, tick_s, len(pool.classes))
    _timed(objective, servers)
    trace, earlier = _split(opened, servers, pool, tick_s, history_s)
    future = load_of(trace, servers.weigh, tick_s, len(pool.classes))
    if not len(future):
        raise InputError(
            f"no request arrives after the first {history_s:g} s",
            where=opened.name,
            remedy="give a shorter history",
        )
    policies = _policies(policy, pool, Future(load_per_s=future, tick_s=tick_s))
    worth = Worth.of(opened.columns)
    span_s = opened.span_s - history_s
    setting = Setting(
        pool=pool,
        weigh=servers.weigh,
        amount=worth,
        objective=objective,
        begin=_begin(begin, pool, future, tick_s),
        seed=seed,
        tick_s=tick_s,
        faults=faults if isinstance(faults, Faults) else read_faults(faults, pool),
        earlier=earlier,
        missing=tuple(
            (first - history_s, last - history_s)
            for first, last in opened.missing
            if last > history_s
        ),
        epoch_s=opened.epoch_s + history_s,
        span_s=span_s,
    )
    tasks = [
        ReplayTask(
            policy=one, servers=servers, trace=trace, setting=setting, keep_ledger=keep_ledger
        )
        for one in policies
    ]
    done = run_tasks(tasks, jobs=jobs, cluster=cluster, progress=_told(progress, span_s))
    runs = tuple(run for run, _ in done)
    return Replayed(
        trace=opened.name,
        requests=runs[0].arrived if runs else opened.count,
        span_s=span_s,
        unit=worth.unit,
        engine=servers.words,
        objective=objective,
        policies=runs,
        currency=pool.currency,
        seed=seed,
        tick_s=tick_s,
        version=lepta.__version__,
        shown=objective[0].what if objective else "latency",
        variants=tuple(variant.name for variant in pool.variants),
        epoch_s=setting.epoch_s,
        notes=(*opened.notes, *notes),
        unknown=unknown,
        ledgers=tuple(entries for _, entries in done),
    )


def policy_table() -> list[dict[str, Any]]:
    """Return every policy that there is, with what it can be told."""
    return [
        {
            "name": kind.name,
            "summary": kind.summary,
            "parameters": [
                {
                    "name": each.name,
                    "default": each.default,
                    "low": each.low if math.isfinite(each.low) else None,
                    "high": each.high if math.isfinite(each.high) else None,
                    "unit": each.unit,
                    "meaning": each.meaning,
                }
                for each in kind.parameters
            ],
        }
        for kind in kinds()
    ]


def write_replay(
    found: Replayed, *, html: str | Path | None = None, ledger: str | Path | None = None
) -> tuple[Path, ...]:
    """Write the page, the ledgers (ledger/1-hpa.jsonl, one decision per line), or both.

    Raises
    ------
    Permanent
        A file cannot be written.
    """
    from lepta.wiring.outfiles import write_text

    texts: list[tuple[Path, str]] = []
    if html is not None:
        from lepta.report.html.replay import replay_page

        texts.append((Path(html), replay_page(found, generated_at=clock().now())))
    if ledger is not None:
        for number, (run, entries) in enumerate(
            zip(found.policies, found.ledgers, strict=True), start=1
        ):
            name = "".join(letter if letter.isalnum() else "-" for letter in run.policy)
            texts.append((Path(ledger) / f"{number}-{name[:60]}.jsonl", _lines(entries)))
    return tuple(write_text(path, text) for path, text in texts)


def _lines(entries: Sequence[Entry]) -> str:
    return "".join(
        json.dumps(
            {
                "at_s": entry.at_s,
                "policy": entry.policy,
                "had": entry.had,
                "want": entry.want,
                "why": entry.why,
                "held": entry.held,
            },
            ensure_ascii=False,
        )
        + "\n"
        for entry in entries
    )


def _seconds(value: str | float, what: str, *, zero: bool = False) -> float:
    """Turn "15s" or a number of seconds into seconds."""
    if isinstance(value, str):
        if zero and value.strip().rstrip("smhd") in ("0", "0.0"):
            return 0.0
        return parse_duration(value, what)
    if not (math.isfinite(value) and (value > 0 or (zero and value == 0))):
        raise InputError(f"{what} is {value!r}", remedy="give seconds above 0, or text like 15s")
    return float(value)


def _span(between: str | tuple[float, float] | None) -> tuple[float, float] | None:
    """Turn "1d..2d" into seconds."""
    if not isinstance(between, str):
        return between
    first, dots, last = between.partition("..")
    if not dots:
        raise InputError(f"between is {between!r}", remedy="give a span such as 1d..2d")
    return _seconds(first, "between", zero=True), _seconds(last, "between")


def _split(
    opened: Opened, servers: Servers, pool: Pool, tick_s: float, history_s: float
) -> tuple[Trace, np.ndarray[Any, np.dtype[np.float64]] | None]:
    """Return the part that is replayed, and the load of the part before it."""
    if not history_s:
        return opened.trace, None
    ticks = round(history_s / tick_s)
    before = load_of(opened.trace, servers.weigh, tick_s, len(pool.classes))[:ticks]
    quiet = np.zeros((ticks - len(before), len(pool.classes)))
    earlier = np.concatenate((before, quiet))
    for first, last in opened.missing:
        earlier[math.floor(first / tick_s) : math.ceil(last / tick_s)] = np.nan
    return Later(opened.trace, history_s), earlier


def _policies(
    asked: str | Policy | Sequence[str | Policy], pool: Pool, future: Future
) -> tuple[Policy, ...]:
    parts: list[str | Policy] = []
    several = asked if isinstance(asked, Sequence) and not isinstance(asked, str) else [asked]
    for each in several:
        parts += registry.split(each) if isinstance(each, str) else [each]
    known = plugins()
    found = tuple(
        registry.parse(each, pool, future=future, plugins=known) if isinstance(each, str) else each
        for each in parts
    )
    names = [one.name for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"asked for twice: {listing(twice)}", where="policy", remedy="ask for each once"
        )
    if not found:
        raise InputError("no policy is asked for", remedy="give one, such as hpa or fixed:10")
    return found


def _begin(
    begin: str | int | None,
    pool: Pool,
    future: np.ndarray[Any, np.dtype[np.float64]],
    tick_s: float,
) -> tuple[int, ...]:
    """Return the levels at the start; by default of the cheapest variant that serves what comes."""
    count = len(pool.variants)
    if begin is None:
        first = future[: max(1, round(BEGIN_S / tick_s))].mean(axis=0)
        need = np.ceil(pool.replicas(first) - 1e-9)
        with np.errstate(invalid="ignore"):
            costs = np.where(np.isfinite(need), need, np.inf) * (pool.prices + 1e-12)
        cheapest = int(np.nanargmin(np.where(np.isnan(costs), np.inf, costs)))
        levels = [variant.least for variant in pool.variants]
        if math.isfinite(need[cheapest]):
            wanted = max(1, int(need[cheapest]))
            levels[cheapest] = min(max(wanted, levels[cheapest]), int(pool.limits[cheapest]))
        return tuple(levels)
    try:
        given = [int(part) for part in str(begin).split("/")]
    except ValueError:
        given = []
    if len(given) not in (1, count) or min(given, default=-1) < 0:
        each = f" or {count} with slashes, like {'/'.join('82431'[:count])}" if count > 1 else ""
        raise InputError(
            f"begin is {begin!r}", remedy=f"give replicas at the start, one number{each}"
        )
    held = tuple(given) if len(given) == count else (*given, *[0] * (count - 1))
    for level, variant in zip(held, pool.variants, strict=True):
        if variant.limit is not None and level > variant.limit:
            raise InputError(
                f"begin is {begin!r}, but {variant.name} holds at most {variant.limit}",
                remedy="begin with fewer, or raise the limit",
            )
    return held


def _bounded(opened: Opened, tick_s: float, classes: int) -> None:
    """Refuse a trace of which a replay would not end, or would not fit into memory."""
    ticks = opened.span_s / tick_s
    if ticks > MOST_TICKS or ticks * classes > MOST_CELLS:
        of = f" of {classes:,} classes" if classes > 1 else ""
        raise InputError(
            f"the last request arrives after {opened.span_s:,.0f} s: {ticks:,.0f} ticks{of}",
            where=opened.name,
            remedy="check the times, give a longer --tick, or fewer classes",
        )


def _timed(objective: Sequence[Bound], servers: Servers) -> None:
    """Refuse a promise that these replicas know nothing of: unknown is not kept."""
    if isinstance(servers, BatchedServers):
        return
    unknown = [bound.what for bound in objective if bound.what in ("ttft", "tpot")]
    if unknown:
        raise InputError(
            f"{servers.words} know no {listing(unknown)}",
            where="slo",
            remedy="promise latency or wait, or give measured latencies (--profiles)",
        )


def _told(progress: Progress, span_s: float) -> Callable[[PolicyRun | str, float], None]:
    def tell(name: PolicyRun | str, at_s: float) -> None:
        progress(str(name), at_s / span_s if span_s > 0 else 1.0)

    return tell
