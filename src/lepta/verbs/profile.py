"""`lepta profile`: what a machine can serve inside a latency objective, and how that is known."""

from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path

from lepta.domain import schemas, serving_tables
from lepta.domain.case import Table
from lepta.domain.rows import offer_of
from lepta.domain.serving import (
    Bucketing,
    Objective,
    Profiles,
    ServiceProfile,
    ServingClass,
    ServingRow,
    parse_duration,
    parse_objective,
)
from lepta.errors import InputError, listing
from lepta.profile import rows as read
from lepta.profile.backtest import fold_backtest
from lepta.profile.benchmark import serve
from lepta.profile.choose import (
    Place,
    estimated_profiles,
    parse_places,
    places_of_offers,
    replica_costs,
    same_gpu,
    table_profiles,
)
from lepta.profile.demand import bucketed
from lepta.profile.observed import judge, observe, summary
from lepta.profile.roofline import GpuFigures, ModelFigures
from lepta.profile.table import by_setting
from lepta.profile.transfer import calibrate, known_rows, transfer_backtest
from lepta.profile.truths import capacity_backtest, capacity_transfer
from lepta.report.profiles import classes_csv, demand_csv, profiles_csv
from lepta.wiring.serving import read_requests, read_snapshot, read_table

__all__ = ["profile", "write"]

File = str | Path


def profile(
    table: File | None = None,
    *,
    metrics: File | Sequence[File] | None = None,
    benchmark: File | None = None,
    roofline: bool = False,
    requests: File | None = None,
    classes: File | None = None,
    slo: str | Objective | None = None,
    share: float = 0.95,
    offers: File | None = None,
    gpus: str | None = None,
    models: File | None = None,
    gpu_figures: File | None = None,
    model: str | None = None,
    precision: str | None = None,
    backend: str | None = None,
    demand_class: str | None = None,
    offer: str | None = None,
    interval: str | None = None,
    every: str = "1h",
    bucket_error: float = 0.05,
    assume_utc: bool = False,
    extrapolate: bool = False,
    backtest: bool = False,
) -> Profiles:
    """Find the largest rate of each demand class inside its objective on each offer, with a band.

    Sources, one at a time: `table`, measured latencies of model servers; `metrics`, one snapshot
    of a running server's Prometheus text or two; `benchmark`, a load test; `roofline`, published
    figures (`models`, `gpu_figures`), with a `table` to learn from where there is one. `requests`
    is a log to make demand classes from, alone or with `table` or `roofline`. `backtest` reports
    how wrong fits to the `table` are on rows held out, with figures also on GPUs and models.

    `slo` is "ttft=2s,tpot=50ms,e2e=30s", kept by `share` of the requests. Where no rate can be
    told, `unknown` says why; there is never a silent number.

    Raises
    ------
    InputError
        A file or a value is wrong: it says where, and what to do.
    """
    sources = [bool(table) and not roofline, bool(metrics), bool(benchmark), roofline]
    mixed = requests and (metrics or benchmark)
    if sum(sources) > 1 or mixed or not (any(sources) or requests):
        raise InputError(
            "there must be one source of rates",
            remedy="give one of --table, --metrics, --benchmark, --roofline, or --requests",
        )
    objective = parse_objective(slo, share) if isinstance(slo, str) else slo
    if metrics:
        return _from_metrics(
            metrics, _needed(objective), interval=interval, name=demand_class, offer=offer
        )
    if benchmark:
        tests = read_table(benchmark, serving_tables.BENCHMARK)
        return _from_benchmark(tests, _needed(objective), name=demand_class, offer=offer)
    figures = _models(models, precision)
    rows, left = _rows(table, backend, precision)
    if backtest:
        return _backtest(rows, figures, _gpus(gpu_figures), left)
    groups, places = by_setting(rows), _places(offers, gpus)
    bucketing = None
    if requests:
        log = read_requests(requests, assume_utc=assume_utc)
        known = table is not None and not roofline
        costs = partial(replica_costs, groups, places, _needed(objective), model) if known else None
        seconds = parse_duration(every, "--every")
        bucketing = bucketed(log.rows, every=seconds, error=bucket_error, replicas=costs)
    if not any(sources):
        return Profiles(bucketing=bucketing, notes=left)
    asked = _asked(classes, bucketing, objective, model, share)
    if roofline:
        made = _estimated(asked, places, figures, _gpus(gpu_figures), rows)
    else:
        made = table_profiles(asked, groups, places, figures, extrapolate=extrapolate)
    return Profiles(
        profiles=made[0],
        bucketing=bucketing,
        classes=asked,
        notes=(_inside([one.objective for one in asked]), *left),
        unknown=made[1],
    )


def write(
    found: Profiles, *, csv: File | None = None, out: File | None = None, safe: bool = False
) -> tuple[Path, ...]:
    """Write profiles.csv to `csv`, or it with classes.csv and demand.csv into the folder `out`.

    `safe` writes the lower end of each band as the rate. Profiles without a rate are left out.

    Raises
    ------
    Permanent
        A file cannot be written.
    """
    from lepta.wiring.outfiles import write_csv

    tables = [(Path(csv), profiles_csv(found, safe=safe))] if csv else []
    if out:
        folder = Path(out)
        if found.profiles:
            tables.append((folder / "profiles.csv", profiles_csv(found, safe=safe)))
        if found.classes or found.bucketing:
            tables.append((folder / "classes.csv", classes_csv(found)))
        if found.bucketing:
            tables.append((folder / "demand.csv", demand_csv(found)))
    return tuple(write_csv(path, header, rows) for path, (header, rows) in tables)


def _needed(objective: Objective | None) -> Objective:
    if objective is None:
        raise InputError("there is no objective", remedy="give --slo ttft=2s,tpot=50ms")
    return objective


def _from_metrics(
    metrics: File | Sequence[File],
    objective: Objective,
    *,
    interval: str | None,
    name: str | None,
    offer: str | None,
) -> Profiles:
    files = [metrics] if isinstance(metrics, str | Path) else list(metrics)
    if len(files) > 2:
        raise InputError(
            f"there are {len(files)} snapshots", remedy="give one, or an earlier and a later one"
        )
    if not offer:
        raise InputError("no offer is named", remedy="give --offer: what the server runs on")
    *earlier, later = (read_snapshot(file) for file in files)
    seconds = None if interval is None else parse_duration(interval, "--interval")
    try:
        seen = observe(later, earlier[0] if earlier else None, interval=seconds)
    except InputError as error:
        where = " and ".join(str(file) for file in files)
        raise InputError(error.what, where=where, remedy=error.remedy) from None
    if name and len(seen) > 1:
        models = listing([one.model for one in seen])
        raise InputError(
            f"one class {name!r} for the models {models}",
            remedy="leave out --class: each model is a class of its own name then",
        )
    profiles = tuple(
        judge(one, objective, name=name or one.model or one.engine, offer=offer) for one in seen
    )
    return Profiles(
        profiles=profiles,
        seen=tuple(summary(one, objective) for one in seen),
        notes=(
            _inside([objective]),
            "one operating point bounds a capacity from one side; it does not tell it",
        ),
        unknown=tuple(f"{p.demand_class} on {p.offer}: {p.note}" for p in profiles if not p.rate),
    )


def _from_benchmark(
    tests: Table, objective: Objective, *, name: str | None, offer: str | None
) -> Profiles:
    tested = read.benchmark_rows(tests, objective, name=name or "all", offer=offer or "")
    profiles = serve(tested, objective)
    return Profiles(
        profiles=profiles,
        notes=(_inside([objective]),),
        unknown=tuple(f"{p.demand_class} on {p.offer}: {p.note}" for p in profiles if not p.rate),
    )


def _inside(objectives: Sequence[Objective]) -> str:
    """Say which objectives the rates keep."""
    return "inside " + listing(list(dict.fromkeys(map(str, objectives))), 3)


def _asked(
    classes: File | None,
    bucketing: Bucketing | None,
    objective: Objective | None,
    model: str | None,
    share: float,
) -> tuple[ServingClass, ...]:
    if classes and bucketing:
        raise InputError(
            "the classes come from --classes and from --requests", remedy="give one of the two"
        )
    if classes:
        table = read_table(classes, serving_tables.CLASSES)
        return read.classes(table, objective, model, share)
    if bucketing is None:
        raise InputError(
            "there are no demand classes", remedy="give --classes FILE, or a log with --requests"
        )
    return tuple(
        ServingClass(
            name=bucket.name,
            input_tokens=bucket.mean_input,
            output_tokens=bucket.mean_output,
            objective=_needed(objective),
            model=model,
        )
        for bucket in bucketing.buckets
    )


def _places(offers: File | None, gpus: str | None) -> tuple[Place, ...] | None:
    wanted = None if gpus is None else parse_places(gpus)
    if offers is None:
        return wanted
    table = read_table(offers, schemas.OFFERS)
    rented = places_of_offers([offer_of(table.source, row) for row in table.rows])
    if wanted is not None:
        rented = tuple(p for p in rented if any(same_gpu(p.gpu, one.gpu) for one in wanted))
    if not rented:
        raise InputError(
            "no offer has accelerators" + (f" that {gpus!r} names" if gpus else ""),
            where=str(offers),
            remedy="fill in accelerator and accelerator_count",
        )
    return rented


def _rows(
    table: File | None, backend: str | None, precision: str | None
) -> tuple[tuple[ServingRow, ...], tuple[str, ...]]:
    if table is None:
        return (), ()
    rows, left = read.serving_rows(read_table(table, serving_tables.SERVING))
    for name, wanted in (("backend", backend), ("precision", precision)):
        if wanted is not None:
            there = sorted({getattr(row.setting, name) for row in rows} - {""})
            rows = tuple(row for row in rows if getattr(row.setting, name) == wanted)
            if not rows:
                raise InputError(
                    f"no row has the {name} {wanted!r}",
                    where=str(table),
                    remedy=f"there are {', '.join(there)}",
                )
    return rows, left


def _models(models: File | None, precision: str | None) -> dict[str, ModelFigures]:
    if models is None:
        return {}
    return read.model_figures(read_table(models, serving_tables.MODELS), precision)


def _gpus(gpus: File | None) -> dict[str, GpuFigures]:
    return {} if gpus is None else read.gpu_figures(read_table(gpus, serving_tables.GPUS))


def _estimated(
    asked: Sequence[ServingClass],
    places: Sequence[Place] | None,
    figures: Mapping[str, ModelFigures],
    gpus: Mapping[str, GpuFigures],
    rows: Sequence[ServingRow],
) -> tuple[tuple[ServiceProfile, ...], tuple[str, ...]]:
    if not (figures and gpus and places):
        raise InputError(
            "an estimate needs figures of models and GPUs, and places",
            remedy="give --models, --gpu-figures, and --offers or --gpus h100_sxm:4",
        )
    known = known_rows(rows, figures, gpus)
    return estimated_profiles(asked, places, figures, gpus, cache(partial(calibrate, known)))


def _backtest(
    rows: Sequence[ServingRow],
    figures: Mapping[str, ModelFigures],
    gpus: Mapping[str, GpuFigures],
    left: tuple[str, ...],
) -> Profiles:
    if not rows:
        raise InputError("there is no table to test on", remedy="give --table")
    groups = by_setting(rows)
    lines = (*fold_backtest(groups), *capacity_backtest(groups))
    known = known_rows(rows, figures, gpus)
    if known is not None:
        lines += transfer_backtest(known) + capacity_transfer(rows, figures, gpus)
    return Profiles(backtest=lines, notes=left)
