"""A pool of batched replicas, fitted to measured latencies of model servers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lepta.domain import serving_tables
from lepta.domain.offer import Offer
from lepta.domain.pool import Counts, Pool, Variant
from lepta.domain.poolcase import STARTUP_S, variants_of
from lepta.domain.replay import Bound
from lepta.domain.serving import Objective, ServiceProfile, ServingClass, ServingRow, Setting
from lepta.errors import InputError, listing
from lepta.profile import rows as read
from lepta.profile.choose import places_of_offers, same_gpu, table_profiles
from lepta.profile.iteration import Iteration, fit_iteration, kv_room, outside
from lepta.profile.roofline import GpuFigures, ModelFigures
from lepta.profile.table import Refusal, by_setting
from lepta.sim.batched import Batched
from lepta.sim.capacity import simulated_rate
from lepta.sim.closedloop import fitted_replica
from lepta.sim.servers import BatchedServers
from lepta.wiring.opened import Opened
from lepta.wiring.pools import read_offers, told
from lepta.wiring.serving import read_table

__all__ = ["BatchedPool", "batched_pool", "is_measured"]

SAMPLE, LEAST_SAMPLE, SEED = 4000, 200, 7
"""Requests by whose lengths the capacity of a replica is found; the seed of their arrivals."""
LEAST_WEIGHT = 1e-9
SERVED_MORE = 2.0
"""A replica takes at most so many times the largest measured number of sequences at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchedPool:
    """Pool and servers, and what is to be said of them."""

    pool: Pool
    servers: BatchedServers
    notes: tuple[str, ...]
    unknown: tuple[str, ...]


def is_measured(path: str | Path) -> bool:
    """Tell whether a table holds measured latencies rather than rates."""
    if str(path).endswith((".parquet", ".pq")):
        return True
    try:
        with Path(path).open(encoding="utf-8-sig", errors="replace") as file:
            names = file.readline().lower()
    except OSError:
        return False  # whoever reads it will say what is wrong
    return "ttft" in names and "tpot" in names


def batched_pool(
    opened: Opened,
    table: str | Path,
    *,
    offers: str | Path | None,
    model: str | None,
    objective: Sequence[Bound],
    price: float | None,
    startup_s: float | None,
    limit: int | None,
    routing: str,
    extrapolate: bool,
    models: str | Path | None = None,
    gpu_figures: str | Path | None = None,
) -> BatchedPool:
    """Fit the replicas of a pool to a table of measured TTFT and TPOT.

    For each offer that setting of the table is taken which serves the classes of the trace best
    inside the objective. A machine that holds several replicas is parted: each is a variant with
    its part of the price. Without offers there is one kind of replica, the best of the table per
    GPU. The memory for the KV cache is known where `models` and `gpu_figures` (tables of published
    figures) are given.

    Raises
    ------
    InputError
        The table or a class is wrong, or nothing serves a class inside the objective; the message
        says why, for each offer.
    """
    rows, left = read.serving_rows(read_table(table, serving_tables.SERVING))
    rows = tuple(row for row in rows if model is None or row.setting.model == model)
    if not rows:
        raise InputError(
            f"no row is of the model {model!r}", where=str(table), remedy="name one of the table"
        )
    groups = by_setting(rows)
    wanted = _objective(objective)
    sizes = _sizes(opened)
    names = opened.kinds or ("all",)
    asked = tuple(
        ServingClass(
            name=name,
            input_tokens=max(1.0, sizes.means[k][0]),
            output_tokens=max(1.0, sizes.means[k][1]),
            objective=wanted,
            model=model,
        )
        for k, name in enumerate(names)
    )
    known = () if offers is None else read_offers(offers)
    places = None if offers is None else places_of_offers(known)
    found, why = table_profiles(asked, groups, places, {}, extrapolate=extrapolate)
    chosen = _chosen(found, sizes, names, best_only=offers is None)
    if not chosen:
        raise InputError(
            f"nothing serves the trace inside {wanted}. " + " ".join(f"{said}." for said in why),
            where=str(table),
            remedy="give a longer objective, or other offers"
            + ("" if extrapolate else "; --extrapolate serves lengths outside the table, marked"),
        )
    return _built(
        opened,
        chosen,
        _Figures(
            {}
            if models is None
            else read.model_figures(read_table(models, serving_tables.MODELS), None),
            {}
            if gpu_figures is None
            else read.gpu_figures(read_table(gpu_figures, serving_tables.GPUS)),
        ),
        groups,
        known,
        sizes,
        names,
        price=price,
        startup_s=startup_s,
        limit=limit,
        route=routing,
        wanted=wanted,
        notes=left,
        unknown=tuple(f"{said}." for said in why),
    )


@dataclass(frozen=True, slots=True)
class _Figures:
    """Published figures, from which the room for the KV cache follows."""

    models: Mapping[str, ModelFigures]
    gpus: Mapping[str, GpuFigures]

    def kv_tokens(self, setting: Setting) -> int | None:
        """Return how many tokens a replica holds; None: not known."""
        gpu = next((each for name, each in self.gpus.items() if same_gpu(name, setting.gpu)), None)
        return kv_room(self.models.get(setting.model), gpu, setting.gpus, setting.precision)


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Lengths of the requests of a trace, per class, and a sample of all of them."""

    counts: tuple[int, ...]
    means: tuple[tuple[float, float], ...]
    inputs: Counts
    outputs: Counts
    kinds: Counts

    def sample(self, kind: int) -> tuple[Counts, Counts]:
        """Return the lengths of up to `SAMPLE` requests of a class, evenly from the whole trace."""
        mine = np.flatnonzero(self.kinds == kind)
        few = mine[np.linspace(0, len(mine) - 1, min(SAMPLE, len(mine))).astype(np.int64)]
        most = np.resize(few, max(len(few), LEAST_SAMPLE))
        return self.inputs[most], self.outputs[most]


def _sizes(opened: Opened) -> _Sizes:
    classes = max(1, len(opened.kinds))
    counts, sums = np.zeros(classes), np.zeros((classes, 2))
    inputs, outputs, kinds = [], [], []
    for chunk in opened.trace.chunks():
        if chunk.input_tokens is None or chunk.output_tokens is None:
            raise InputError(
                "measured latencies are of tokens, and the trace has none",
                where=opened.name,
                remedy="give a trace with input_tokens and output_tokens",
            )
        kind = np.zeros(len(chunk), np.int64) if chunk.kind is None else chunk.kind
        counts += np.bincount(kind, minlength=classes)
        sums[:, 0] += np.bincount(kind, chunk.input_tokens, classes)
        sums[:, 1] += np.bincount(kind, chunk.output_tokens, classes)
        inputs.append(chunk.input_tokens)
        outputs.append(chunk.output_tokens)
        kinds.append(kind)
    means = sums / np.maximum(counts, 1)[:, None]
    return _Sizes(
        tuple(int(count) for count in counts),
        tuple((float(i), float(o)) for i, o in means),
        np.concatenate(inputs),
        np.concatenate(outputs),
        np.concatenate(kinds),
    )


def _objective(bounds: Sequence[Bound]) -> Objective:
    given = {bound.what: bound.bound_s for bound in bounds if bound.what != "wait"}
    if not given:
        raise InputError(
            "the objective says nothing of latency, TTFT or TPOT",
            remedy="give one, such as --slo ttft:p95=1s,tpot:p95=50ms",
        )
    return Objective(
        ttft=given.get("ttft"),
        tpot=given.get("tpot"),
        e2e=given.get("latency"),
        share=max(bound.share for bound in bounds),
    )


def _chosen(
    found: Sequence[ServiceProfile], sizes: _Sizes, names: Sequence[str], *, best_only: bool
) -> dict[str, tuple[Setting, dict[str, ServiceProfile]]]:
    """Return per offer the setting that its largest class runs best on, and its profiles."""
    weight = dict(zip(names, sizes.counts, strict=True))
    by_offer: dict[str, list[ServiceProfile]] = {}
    for profile in found:
        if profile.rate and profile.setting is not None:
            by_offer.setdefault(profile.offer, []).append(profile)
    chosen = {}
    for offer, mine in by_offer.items():
        main = max(mine, key=lambda profile: weight.get(profile.demand_class, 0))
        if main.setting is not None:
            chosen[offer] = (main.setting, {profile.demand_class: profile for profile in mine})
    if best_only and chosen:

        def per_gpu(offer: str) -> float:
            setting, mine = chosen[offer]
            safe = max((p.rate_low or p.rate or 0.0) / p.replicas for p in mine.values())
            return safe / setting.gpus

        ranked = sorted(chosen, key=lambda offer: (-per_gpu(offer), offer))
        best: dict[str, tuple[Setting, dict[str, ServiceProfile]]] = {}
        for offer in ranked:
            setting, served = chosen[offer]
            best.setdefault(f"{setting.gpus}x {setting.gpu}, {setting.backend}", (setting, served))
        return best
    return chosen


def _built(
    opened: Opened,
    chosen: Mapping[str, tuple[Setting, dict[str, ServiceProfile]]],
    figures: _Figures,
    groups: Mapping[Setting, Sequence[ServingRow]],
    offers: Sequence[Offer],
    sizes: _Sizes,
    names: Sequence[str],
    *,
    price: float | None,
    startup_s: float | None,
    limit: int | None,
    route: str,
    wanted: Objective,
    notes: Sequence[str],
    unknown: Sequence[str],
) -> BatchedPool:
    said, missing = list(notes), list(unknown)
    fits = _fits(chosen, groups, missing)
    if offers:
        useful = [offer for offer in offers if offer.id in fits]
        machines, more = variants_of(useful, startup_s=startup_s, limit=limit)
    else:
        if price is None:
            said.append("No price was given: a replica-hour costs 1, so cost is replica-hours.")
        plain = [Offer(id=name, price_per_hour=1.0 if price is None else price) for name in fits]
        machines, _ = variants_of(plain, startup_s=startup_s, limit=limit)
        more = ()
        if startup_s is None:
            missing.append(f"Time to start unknown, taken as {STARTUP_S:.0f} s.")
    for place, some in zip((said, missing), told(more), strict=True):
        place += some
    variants, kinds, columns = [], [], []
    for machine in machines:
        setting, mine = chosen[machine.name]
        fit, parts = fits[machine.name], max(1, max(p.replicas for p in mine.values()))
        variants.append(_part(machine, parts if offers else 1))
        if parts > 1 and offers:
            said.append(f"{machine.name} holds {parts} replicas: each is taken as a part of it.")
        room = figures.kv_tokens(setting)
        if room == 0:
            raise InputError(
                f"the weights of {setting.model} do not fit into {setting}",
                remedy="correct the figures of model and GPU, or leave the offer out",
            )
        replica = _replica(fit, mine, room)
        rates = [
            simulated_rate(replica, wanted, *sizes.sample(k), seed=SEED).rate_per_s
            if n in mine
            else 0.0
            for k, n in enumerate(names)
        ]
        if not offers and not all(rates):
            # The next best: what the closed form holds possible, the simulation need not.
            variants.pop()
            continue
        if not any(rates):
            variants.pop()
            missing.append(f"{machine.name} is left out: by simulation it keeps no objective.")
            continue
        columns.append(rates)
        kinds.append(replace(replica, weight=max(*rates, LEAST_WEIGHT)))
        said.append(f"{machine.name}: {setting.model} on {setting}.")
        said += [
            f"{machine.name} serves {rate:.3g} requests/s of {n} inside the objective by "
            f"simulation, {(mine[n].rate or 0.0) / parts:.3g} by the closed form of its profile."
            for n, rate in zip(names, rates, strict=True)
            if n in mine
        ]
        share, words = outside(fit, sizes.inputs, sizes.outputs)
        if share > 0:
            missing.append(f"{machine.name}: {words}; their times are extrapolated.")
        if room is None:
            missing.append(
                f"{machine.name}: its memory for the KV cache is not known, so it never ends "
                "(--models and --gpu-figures tell it)."
            )
        if not offers:
            break
    if not columns:
        raise InputError(
            "by simulation no setting of the table serves every class inside the objective",
            where=opened.name,
            remedy="; ".join(missing) or "give a longer objective, or offers",
        )
    missing.append(
        "TTFT is that of the iterations; what frontends and schedulers add is not in it "
        "(docs/models/replica.md)."
    )
    table = np.array(columns).T
    for name, row in zip(names, table, strict=True):
        if not row.any():
            raise InputError(
                f"no offer serves the class {name!r} inside the objective",
                where=opened.name,
                remedy="; ".join(missing) or "give a longer objective",
            )
    pool = Pool(
        classes=tuple(names),
        variants=tuple(variants),
        capacity_per_s=table,
        currency="replica-hours" if price is None and not offers else "USD",
    )
    servers = BatchedServers(variants=tuple(kinds), route=route)
    return BatchedPool(pool=pool, servers=servers, notes=tuple(said), unknown=tuple(missing))


def _fits(
    chosen: Mapping[str, tuple[Setting, dict[str, ServiceProfile]]],
    groups: Mapping[Setting, Sequence[ServingRow]],
    missing: list[str],
) -> dict[str, Iteration]:
    fits = {}
    for offer, (setting, _) in chosen.items():
        fit = fit_iteration(groups[setting])
        if isinstance(fit, Refusal):
            missing.append(f"{offer} is left out: {fit}.")
        else:
            fits[offer] = fit
    if not fits:
        raise InputError(
            "no setting has enough rows to fit a replica: " + listing(missing),
            remedy="give more measurements of one setting",
        )
    return fits


def _replica(fit: Iteration, mine: Mapping[str, ServiceProfile], kv_tokens: int | None) -> Batched:
    batch = max((int(profile.concurrency or 1) for profile in mine.values()), default=1)
    limit = max(batch, int(SERVED_MORE * fit.loads[1]))
    return replace(fitted_replica(fit, limit=limit, kv_tokens=kv_tokens), full=batch)


def _part(machine: Variant, parts: int) -> Variant:
    return replace(
        machine,
        price_per_hour=machine.price_per_hour / parts,
        limit=None if machine.limit is None else machine.limit * parts,
        least=machine.least * parts,
    )
