"""What a replay goes through, and what serves it: from files, arrays, or a generated world."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np

from lepta.domain.pool import Pool
from lepta.domain.replay import Bound
from lepta.domain.requests import Requests
from lepta.errors import InputError, listing, shorten
from lepta.sim.servers import FluidServers, PlainServers, Routing, Servers
from lepta.sim.work import Work
from lepta.wiring.batchedpool import batched_pool, is_measured
from lepta.wiring.generated import generated
from lepta.wiring.imagepool import image_pool, is_batches
from lepta.wiring.opened import InMemory, Opened
from lepta.wiring.pools import open_pool, told

__all__ = ["open_trace", "served_by"]

MOST_KINDS = 1000
"""Classes of a trace, as in files."""
ROUTINGS = ("central", "round-robin", "least-loaded", "weighted", "prefix-aware")


def open_trace(
    requests: str | Path | Requests | Mapping[str, Any] | None,
    *,
    generate: str | None,
    seed: int,
    assume_utc: bool,
    workload: str | None = None,
    between_s: tuple[float, float] | None = None,
    share: float = 1.0,
) -> Opened:
    """Open a file, take requests as they are, or generate a world.

    Raises
    ------
    InputError
        There is none or more than one of them, or something in it is wrong.
    """
    if (requests is None) == (generate is None):
        raise InputError(
            "there is no trace" if requests is None else "there are two traces",
            remedy="give either --requests FILE or --generate WORLD",
        )
    if generate is not None:
        return generated(generate, seed)
    if isinstance(requests, str | Path):
        from lepta.wiring.requests import open_requests

        source = open_requests(
            requests,
            assume_utc=assume_utc,
            seed=seed,
            workload=workload,
            between_s=between_s,
            share=share,
        )
        return Opened(
            name=str(requests),
            trace=source,
            columns=source.columns,
            kinds=source.kinds,
            count=source.count,
            span_s=source.span_s,
            epoch_s=source.epoch_s,
            missing=source.missing,
            notes=source.notes,
        )
    return _given(requests)


def _given(requests: Requests | Mapping[str, Any] | None) -> Opened:
    if isinstance(requests, Mapping):
        given = [str(name) for name in requests]
        try:
            requests = Requests(**{k: _column(k, v) for k, v in requests.items()})
        except TypeError:
            names = [field.name for field in fields(Requests)]
            raise InputError(
                f"the columns are {listing(given)}",
                where="requests",
                remedy=f"give at_s and the work; there are {listing(names, 20)}",
            ) from None
    if not isinstance(requests, Requests):
        raise InputError(
            f"the requests are {shorten(requests)}",
            remedy="give a file, a mapping of columns, or lepta.domain.requests.Requests",
        )
    at = np.asarray(requests.at_s, float)
    if not at.size:
        raise InputError("the trace is empty", remedy="give at least one request")
    for field in fields(Requests):
        column = getattr(requests, field.name)
        if column is None or field.name.startswith("prefix"):
            continue
        if np.shape(column) != (at.size,):
            raise InputError(
                f"{field.name} has the shape {np.shape(column)} for {at.size} requests",
                where="requests",
                remedy="give one number per request",
            )
    wrong = np.flatnonzero(~np.isfinite(at) | (at < 0) | (np.diff(at, prepend=at[0]) < 0))
    if len(wrong):
        raise InputError(
            f"at_s of request {wrong[0]} is {at[wrong[0]]:g}",
            where="requests",
            remedy="give seconds from the start, finite, in order",
        )
    columns = []
    for name in ("service_s", "input_tokens", "output_tokens", "images", "audio_s"):
        column = getattr(requests, name)
        if column is None:
            continue
        columns.append(name)
        bad = np.flatnonzero(~np.isfinite(column) | (np.asarray(column) < 0))
        if len(bad):
            raise InputError(
                f"{name} of request {bad[0]} is {column[bad[0]]:g}",
                where="requests",
                remedy="give finite numbers, 0 or more",
            )
    kinds: tuple[str, ...] = ()
    if requests.kind is not None:
        odd = np.flatnonzero((np.asarray(requests.kind) < 0) | (requests.kind >= MOST_KINDS))
        if len(odd):
            raise InputError(
                f"kind of request {odd[0]} is {requests.kind[odd[0]]}",
                where="requests",
                remedy=f"number the classes from 0 to {MOST_KINDS - 1}",
            )
        kinds = tuple(f"class {k}" for k in range(int(np.max(requests.kind)) + 1))
    return Opened(
        name="requests",
        trace=InMemory(requests),
        columns=("at_s", *columns),
        kinds=kinds,
        count=len(at),
        span_s=float(at[-1]),
    )


def _column(name: str, values: Any) -> Any:
    whole = name in ("kind", "tenant", "input_tokens", "output_tokens", "images", "prefix_start")
    try:
        column = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"{name} holds what is no number", where="requests", remedy="give numbers"
        ) from None
    if not whole and name != "prefix_block":
        return np.ascontiguousarray(column)
    parts = np.flatnonzero(~(np.abs(column) < 2.0**53) | (column != np.trunc(column)))
    if len(parts):
        raise InputError(
            f"{name} of request {parts[0]} is {column.flat[parts[0]]:g}",
            where="requests",
            remedy="give whole numbers",
        )
    return np.ascontiguousarray(values, np.int64)


def served_by(
    opened: Opened,
    *,
    profiles: str | Path | None,
    offers: str | Path | None,
    price: float | None,
    capacity: float | None,
    slots: int,
    startup_s: float | None,
    limit: int | None,
    routing: str,
    priority: str | None,
    objective: Sequence[Bound],
    model: str | None,
    models: str | Path | None,
    gpu_figures: str | Path | None,
    extrapolate: bool,
) -> tuple[Pool, Servers, tuple[str, ...], tuple[str, ...]]:
    """Return pool, servers, notes, and what is not known.

    Raises
    ------
    InputError
        The work of the trace needs profiles or a capacity that is not given, or an option is wrong.
    """
    if routing not in ROUTINGS:
        raise InputError(
            f"there is no routing {routing!r}", where="routing", remedy=f"take {listing(ROUTINGS)}"
        )
    batches = profiles is not None and is_batches(profiles)
    measured = profiles is not None and not batches and is_measured(profiles)
    if (batches or measured) and (priority is not None or capacity is not None):
        raise InputError(
            "batched replicas know neither priority nor capacity", remedy="leave them out"
        )
    if profiles is not None and batches:
        return image_pool(
            opened,
            profiles,
            offers=offers,
            objective=objective,
            price=price,
            startup_s=startup_s,
            limit=limit,
            routing=routing,
        )
    if profiles is not None and measured:
        batched = batched_pool(
            opened,
            profiles,
            offers=offers,
            model=model,
            objective=objective,
            price=price,
            startup_s=startup_s,
            limit=limit,
            routing=routing,
            extrapolate=extrapolate,
            models=models,
            gpu_figures=gpu_figures,
        )
        return batched.pool, batched.servers, batched.notes, batched.unknown
    plain = "service_s" in opened.columns
    unit, load = _load(opened.columns)
    latency = next((bound.bound_s for bound in objective if bound.what == "latency"), None)
    found = open_pool(
        opened.kinds,
        offers=offers,
        profiles=profiles,
        latency_ms=None if latency is None else 1000 * latency,
        price_per_hour=price,
        capacity_per_s=capacity,
        unit=unit,
        startup_s=startup_s,
        slots=slots,
        limit=limit,
        currency="replica-hours" if price is None and offers is None else "USD",
    )
    notes, unknown = told(found.notes)
    if plain and profiles is None:
        servers: Servers = PlainServers(
            routing=_plain(routing), priority=_ranks(priority, found.pool.classes)
        )
    else:
        load = load if profiles is None else Work(requests=1.0)
        servers = FluidServers(load=load, unit=found.pool.unit)
        _refused(routing, priority)
        notes += _lent(found.pool)
    return found.pool, servers, notes, unknown


def _lent(pool: Pool) -> tuple[str, ...]:
    """Say which classes fluid replicas work on that their profiles do not serve."""
    pairs = [
        f"{variant.name} on {name}"
        for w, name in enumerate(pool.classes)
        for v, variant in enumerate(pool.variants)
        if not pool.capacity_per_s[w, v]
    ]
    if not pairs:
        return ()
    return (
        "Fluid replicas work together on whatever is oldest, also where they have no profile: "
        f"{listing(pairs)}. Read waits and latencies of such a mix as too short.",
    )


def _load(columns: Sequence[str]) -> tuple[str, Work]:
    """Return the unit in which the load of a trace is counted, and how."""
    if "service_s" in columns:
        return "service seconds", Work(service_s=1.0)
    if "output_tokens" in columns:
        return "weighted tokens", Work(input_tokens=1 / 8, output_tokens=1.0)
    if "images" in columns:
        return "images", Work(images=1.0)
    return (
        ("audio seconds", Work(audio_s=1.0))
        if "audio_s" in columns
        else ("requests", Work(requests=1.0))
    )


def _refused(routing: str, priority: str | None) -> None:
    if routing != "central" or priority is not None:
        raise InputError(
            "fluid replicas know neither routing nor priority",
            remedy="leave them out, or give measured latencies (--profiles)",
        )


def _plain(routing: str) -> Routing:
    for known in get_args(Routing):
        if routing == known:
            return cast(Routing, known)
    raise InputError(
        f"the routing {routing!r} is for batched replicas",
        where="routing",
        remedy=f"take {listing(get_args(Routing))}",
    )


def _ranks(priority: str | None, classes: Sequence[str]) -> tuple[int, ...] | None:
    if priority is None:
        return None
    first = [name.strip() for name in priority.split(",")]
    strangers = [name for name in first if name not in classes]
    if strangers:
        raise InputError(
            f"the trace has no class {listing(strangers)}",
            where="priority",
            remedy=f"there are {listing(classes)}",
        )
    return tuple(len(first) - first.index(name) if name in first else 0 for name in classes)
