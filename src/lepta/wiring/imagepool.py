"""A pool of replicas that serve images, or audio in chunks, by measured latencies of batches."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lepta.domain.offer import Offer
from lepta.domain.pool import Pool, Variant
from lepta.domain.poolcase import variants_of
from lepta.domain.replay import Bound
from lepta.domain.requests import Requests
from lepta.domain.serving_tables import BATCHES
from lepta.errors import InputError, listing
from lepta.sim.batched import Batched
from lepta.sim.capacity import largest_rate
from lepta.sim.engine import Finished
from lepta.sim.imagereplica import image_replica
from lepta.sim.servers import BatchedServers
from lepta.sim.work import Work
from lepta.wiring.opened import Opened
from lepta.wiring.pools import read_offers, told
from lepta.wiring.serving import read_table

__all__ = ["image_pool", "is_batches"]

SAMPLE, LEAST_SAMPLE, SEED = 4000, 200, 7
CHUNK_S = 30.0
LEAST_WEIGHT = 1e-9
ONE = "replica"


def is_batches(path: str | Path) -> bool:
    """Tell whether a table holds latencies of batches."""
    try:
        with Path(path).open(encoding="utf-8-sig", errors="replace") as file:
            return "batch_latency_s" in file.readline()
    except OSError:
        return False  # whoever reads it will say what is wrong


def image_pool(
    opened: Opened,
    table: str | Path,
    *,
    offers: str | Path | None,
    objective: Sequence[Bound],
    price: float | None,
    startup_s: float | None,
    limit: int | None,
    routing: str,
) -> tuple[Pool, BatchedServers, tuple[str, ...], tuple[str, ...]]:
    """Return pool, servers, notes, and what is not known.

    A batch of images is filled when the one before it has ended; audio comes in chunks, of which
    each is a place in a batch. The capacity of a replica is the largest Poisson rate of the trace's
    own requests that keeps the latency objective, found by simulation.

    Raises
    ------
    InputError
        The trace has no images or audio, the objective no latency, or the table is wrong.
    """
    images = "images" in opened.columns
    if not images and "audio_s" not in opened.columns:
        raise InputError(
            "latencies of batches are of images or audio, and the trace has neither",
            where=opened.name,
            remedy="give a trace with images or audio_s",
        )
    bound = next((one for one in objective if one.what in ("latency", "wait")), None)
    if bound is None:
        raise InputError(
            "the objective says nothing of latency", remedy="give one, such as --slo p99=30s"
        )
    replicas = _replicas(table, images=images)
    machines, notes, unknown = _machines(replicas, offers, price, startup_s, limit)
    classes = opened.kinds or ("all",)
    samples = [_sample(opened, kind, images=images) for kind in range(len(classes))]
    rates = np.array(
        [
            [_capacity(replicas[machine.name], work, bound, images=images) for machine in machines]
            for work in samples
        ]
    )
    unit = "images" if images else "audio seconds"
    for name, row in zip(classes, rates, strict=True):
        if not row.any():
            raise InputError(
                f"no replica serves the class {name!r} inside {bound}",
                where=str(table),
                remedy="give a longer objective",
            )
        told = ", ".join(
            f"{machine.name} {rate:.3g}" for machine, rate in zip(machines, row, strict=True)
        )
        notes.append(f"{unit.capitalize()} of {name} per second inside {bound}: {told}.")
    kinds = tuple(
        replace(replicas[machine.name], weight=max(float(column.max()), LEAST_WEIGHT))
        for machine, column in zip(machines, rates.T, strict=True)
    )
    pool = Pool(
        classes=classes,
        variants=machines,
        capacity_per_s=rates,
        unit=unit,
        currency="replica-hours" if price is None and offers is None else "USD",
    )
    load = Work(images=1.0) if images else Work(audio_s=1.0)
    servers = BatchedServers(variants=kinds, route=routing, load=load)
    return pool, servers, tuple(notes), tuple(unknown)


def _replicas(table: str | Path, *, images: bool) -> dict[str, Batched]:
    rows: dict[str, list[tuple[float, float]]] = {}
    chunks: dict[str, float] = {}
    for row in read_table(table, BATCHES).rows:
        name = str(row["offer"] or ONE)
        rows.setdefault(name, []).append((float(row["batch_size"]), float(row["batch_latency_s"])))
        chunks[name] = float(row["chunk_s"] or CHUNK_S)
    found: dict[str, Batched] = {}
    for name, pairs in rows.items():
        sizes, seconds = zip(*pairs, strict=True)
        replica = image_replica(sizes, seconds, steps=1)
        found[name] = replica if images else replace(replica, static=False, chunk_s=chunks[name])
    return found


def _machines(
    replicas: Mapping[str, Batched],
    offers: str | Path | None,
    price: float | None,
    startup_s: float | None,
    limit: int | None,
) -> tuple[tuple[Variant, ...], list[str], list[str]]:
    notes: list[str] = []
    if offers is None:
        if price is None:
            notes.append("No price was given: a replica-hour costs 1, so cost is replica-hours.")
        known = [
            Offer(id=name, price_per_hour=1.0 if price is None else price) for name in replicas
        ]
    else:
        known = [offer for offer in read_offers(offers) if offer.id in replicas]
        if not known:
            raise InputError(
                f"no offer is one of {listing(sorted(replicas))}",
                where=str(offers),
                remedy="write the names of the offers into the column offer of the latencies",
            )
    machines, said = variants_of(known, startup_s=startup_s, limit=limit)
    known_now, unknown = told(said)
    return machines, [*notes, *known_now], list(unknown)


def _sample(opened: Opened, kind: int, *, images: bool) -> Requests:
    """Return requests of a class with their work, evenly from the whole trace."""
    parts = []
    for chunk in opened.trace.chunks():
        column = chunk.images if images else chunk.audio_s
        if column is not None:
            parts.append(column if chunk.kind is None else column[chunk.kind == kind])
    work = np.concatenate(parts)
    few = work[np.linspace(0, len(work) - 1, min(SAMPLE, len(work))).astype(np.int64)]
    many = np.resize(few, max(len(few), LEAST_SAMPLE))
    at = np.zeros(len(many))
    return Requests(at_s=at, images=many) if images else Requests(at_s=at, audio_s=many)


def _capacity(replica: Batched, work: Requests, bound: Bound, *, images: bool) -> float:
    """Return images, or seconds of audio, per second inside the objective."""

    def kept(done: Finished) -> np.ndarray:
        begin = done.start_s if bound.what == "wait" else done.end_s
        inside: np.ndarray = (done.outcome == 0) & (begin - done.arrival_s <= bound.bound_s)
        return inside

    rate = largest_rate(replica, work, bound.share, kept, SEED).rate_per_s
    column = work.images if images else work.audio_s
    return 0.0 if column is None else rate * float(np.mean(column))
