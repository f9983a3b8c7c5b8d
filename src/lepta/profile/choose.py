"""Which replica stands on which offer: the best setting for each class and offer."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from math import floor

from lepta.domain.accelerators import normal_accelerator
from lepta.domain.offer import Offer
from lepta.domain.serving import (
    Capacity,
    Objective,
    ServiceProfile,
    ServingClass,
    ServingRow,
    Setting,
    Source,
)
from lepta.errors import InputError, listing
from lepta.numerics.program import Array
from lepta.profile.buckets import Cost
from lepta.profile.capacity import capacity
from lepta.profile.costs import request_cost
from lepta.profile.roofline import (
    BYTES,
    Efficiency,
    GpuFigures,
    ModelFigures,
    Replica,
    estimate,
    kv_gib,
    weights_gib,
)
from lepta.profile.table import Fitted, Refusal, fitted, serve

__all__ = [
    "Place",
    "estimated_profiles",
    "parse_places",
    "places_of_offers",
    "replica_costs",
    "table_profiles",
]

MOST_BATCH = 256
"""Sequences of one replica in an estimate; servers have a limit of about that unless told."""

NO_SUCH_GPUS = "no replica of the table has such GPUs, in so small a number"

Calibrate = Callable[[str, str], tuple[Efficiency, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What can be rented: so many GPUs of one kind under one name. `gpus` None: any number."""

    offer: str
    gpu: str
    gpus: int | None


def parse_places(text: str) -> tuple[Place, ...]:
    """Turn "h100_sxm:4,l40s" into places; without a number, any number of that GPU.

    Raises
    ------
    InputError
        A part is no name with an optional whole number above 0.
    """
    places = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*([^\s:]+)\s*(?::\s*(\d{1,4})\s*)?", part)
        count = int(found[2]) if found and found[2] else None
        if not found or count == 0:
            raise InputError(
                f"--gpus has the part {part.strip()!r}", remedy="write h100_sxm:4,l40s"
            )
        name = found[1] if count is None else f"{count}x {found[1]}"
        places.append(Place(offer=name, gpu=found[1], gpus=count))
    return tuple(dict.fromkeys(places))


def places_of_offers(offers: Sequence[Offer]) -> tuple[Place, ...]:
    """Return the offers that have accelerators."""
    return tuple(
        Place(offer=offer.id, gpu=offer.accelerator, gpus=floor(offer.accelerator_count))
        for offer in offers
        if offer.accelerator and offer.accelerator_count >= 1
    )


def same_gpu(one: str, other: str) -> bool:
    """Tell whether two names are of one GPU: h100_sxm is H100."""
    return normal_accelerator(one) == normal_accelerator(other)


def table_profiles(
    classes: Sequence[ServingClass],
    groups: Mapping[Setting, Sequence[ServingRow]],
    places: Sequence[Place] | None,
    figures: Mapping[str, ModelFigures],
    *,
    extrapolate: bool = False,
) -> tuple[tuple[ServiceProfile, ...], tuple[str, ...]]:
    """Return the best setting for each class and place, and why others have none.

    Best is the largest safe rate (`rate_low`) of the whole machine, so that a lucky fit with a wide
    band does not win; ties go to the larger rate. Without places, every measured replica is one.
    """
    fit_of = cache(lambda at: fitted(groups[at]))
    profiles, unknown = [], []
    for asked in classes:
        model = _model_of(asked, sorted({setting.model for setting in groups}), "the table")
        mine = {at: rows for at, rows in groups.items() if at.model == model}
        answers = {}
        for at, rows in mine.items():
            if places is not None and not any(_stands(at, place) for place in places):
                continue
            answers[at] = serve(asked, rows, partial(fit_of, at), extrapolate=extrapolate)
        for place in _own_places(mine) if places is None else places:
            found, why = _best(asked, place, answers, figures.get(model))
            if found is None:
                unknown.append(f"{asked.name} on {place.offer}: {why}")
            else:
                profiles.append(found)
    return tuple(profiles), tuple(unknown)


def replica_costs(
    groups: Mapping[Setting, Sequence[ServingRow]],
    places: Sequence[Place] | None,
    objective: Objective,
    model: str | None,
    inputs: Array,
    outputs: Array,
) -> dict[str, Cost]:
    """Return the cost per request of each replica that would serve the mean of these requests."""
    mean = ServingClass(
        name="requests",
        input_tokens=float(inputs.mean()),
        output_tokens=float(outputs.mean()),
        objective=objective,
        model=model,
    )
    found, _ = table_profiles([mean], groups, places, {}, extrapolate=True)
    costs = {}
    for setting in {profile.setting for profile in found if profile.setting}:
        fit = fitted(groups[setting])
        if isinstance(fit, Fitted):
            costs[str(setting)] = request_cost(fit, objective, inputs, outputs)
    return costs


def estimated_profiles(
    classes: Sequence[ServingClass],
    places: Sequence[Place],
    models: Mapping[str, ModelFigures],
    gpus: Mapping[str, GpuFigures],
    calibrate: Calibrate,
) -> tuple[tuple[ServiceProfile, ...], tuple[str, ...]]:
    """Estimate each class on each place from published figures; always marked as an estimate.

    The replica takes 1, 2, 4, ... GPUs of the place, whichever gives the machine the largest rate;
    its batch ends where its memory does, or at 256.
    """
    profiles, unknown = [], []
    for asked in classes:
        model = models[_model_of(asked, sorted(models), "the table of models")]
        for place in places:
            gpu = next((gpu for name, gpu in gpus.items() if same_gpu(name, place.gpu)), None)
            if gpu is None:
                raise InputError(
                    f"there are no figures of {place.gpu!r} for {place.offer}",
                    remedy=f"add it to the table of GPUs, which has {listing(sorted(gpus))}",
                )
            efficiency, told = calibrate(model.name, gpu.name)
            found, why = _best_estimate(asked, place, model, gpu, efficiency, told)
            if found is None:
                unknown.append(f"{asked.name} on {place.offer}: {why}")
            else:
                profiles.append(found)
    return tuple(profiles), tuple(unknown)


def _model_of(asked: ServingClass, known: Sequence[str], where: str) -> str:
    if asked.model is None and len(known) == 1:
        return known[0]
    if asked.model is not None and asked.model in known:
        return asked.model
    said = "names no model" if asked.model is None else f"wants the model {asked.model!r}"
    raise InputError(
        f"the class {asked.name!r} {said}, and {where} has {listing(known)}",
        remedy="give --model, or fill in the column model of the classes",
    )


def _stands(at: Setting, place: Place) -> bool:
    fits = place.gpus is None or at.gpus <= place.gpus
    return fits and (at.gpu == place.gpu or same_gpu(at.gpu, place.gpu))


def _own_places(settings: Mapping[Setting, object]) -> tuple[Place, ...]:
    pairs = sorted({(at.gpu, at.gpus) for at in settings})
    return tuple(Place(offer=f"{n}x {gpu}", gpu=gpu, gpus=n) for gpu, n in pairs)


def _best(
    asked: ServingClass,
    place: Place,
    answers: Mapping[Setting, tuple[Capacity, Source] | Refusal],
    figures: ModelFigures | None,
) -> tuple[ServiceProfile | None, str]:
    here = {at: answer for at, answer in answers.items() if _stands(at, place)}
    found = [
        (at, _replicas(place, at.gpus), *answer)
        for at, answer in here.items()
        if not isinstance(answer, Refusal)
    ]
    if not found:
        whys = sorted({answer.why for answer in here.values() if isinstance(answer, Refusal)})
        return None, "; ".join(whys) or NO_SUCH_GPUS
    at, replicas, answer, source = max(
        found, key=lambda one: (one[1] * one[2].low, one[1] * one[2].rate, repr(one[0]))
    )
    memory = None
    if figures and at.precision in BYTES:
        memory = _memory(figures, at.precision, asked, answer.concurrency)
    note = "the objective is kept at the largest measured load" if answer.at_edge else ""
    return _profile(asked, place, at, replicas, answer, source, memory, note), ""


def _best_estimate(
    asked: ServingClass,
    place: Place,
    model: ModelFigures,
    gpu: GpuFigures,
    efficiency: Efficiency,
    told: str,
) -> tuple[ServiceProfile | None, str]:
    best, why = None, "the weights do not fit into the memory of so few GPUs"
    most_gpus = place.gpus or 8
    for gpus in (n for n in (1, 2, 4, 8, 16, 32, 64) if n <= most_gpus):
        replica = Replica(model=model, gpu=gpu, gpus=gpus, precision=model.precision)
        batch = floor(min(MOST_BATCH, replica.room / (asked.input_tokens + asked.output_tokens)))
        if batch < 1:
            continue
        curve = estimate(replica, efficiency, asked.input_tokens, asked.output_tokens, batch)
        answer = capacity(curve, asked.objective, slow=efficiency.slow, fast=efficiency.fast)
        if answer is None:
            why = "the objective is broken at a batch of one"
            continue
        replicas = _replicas(place, gpus)
        if best is None or answer.rate * replicas > best[0].rate * best[1]:
            best = answer, replicas, gpus
    if best is None:
        return None, why
    answer, replicas, gpus = best
    at = Setting(model=model.name, gpu=gpu.name, gpus=gpus, precision=model.precision)
    memory = _memory(model, model.precision, asked, answer.concurrency)
    note = f"estimate from {told}"
    if answer.at_edge:
        note += "; the objective is kept at the largest batch that fits"
    return _profile(asked, place, at, replicas, answer, Source.ESTIMATE, memory, note), ""


def _replicas(place: Place, gpus: int) -> int:
    return 1 if place.gpus is None else place.gpus // gpus


def _memory(figures: ModelFigures, precision: str, asked: ServingClass, batch: float) -> float:
    """Return GiB of the weights and of the cache when every sequence has its full length."""
    full = batch * (asked.input_tokens + asked.output_tokens)
    return weights_gib(figures, precision) + kv_gib(figures, full)


def _profile(
    asked: ServingClass,
    place: Place,
    at: Setting,
    replicas: int,
    answer: Capacity,
    source: Source,
    memory: float | None,
    note: str,
) -> ServiceProfile:
    return ServiceProfile(
        demand_class=asked.name,
        offer=place.offer,
        source=source,
        rate=answer.rate * replicas,
        rate_low=answer.low * replicas,
        rate_high=None if answer.high is None else answer.high * replicas,
        concurrency=answer.concurrency,
        replicas=replicas,
        setting=at,
        tokens_per_s=answer.rate * replicas * asked.output_tokens,
        ttft=answer.ttft,
        tpot=answer.tpot,
        memory=memory,
        note=note,
    )
