"""`lepta profile`: what a machine can serve inside a latency objective."""

from functools import partial
from typing import Annotated

import typer

from lepta.cli.output import AsJson, emit, note

__all__ = ["register"]

EXAMPLES = """\b
Examples:
  lepta profile --table serving.csv --classes classes.csv --slo ttft=2s,tpot=50ms
  lepta profile --table serving.parquet --classes classes.csv --offers offers.csv \\
      --csv profiles.csv --safe
  lepta profile --requests log.csv --bucket-error 5% --every 10m --out case
  lepta profile --metrics before.prom --metrics after.prom --interval 5m \\
      --offer l40s-east --slo ttft=1s,tpot=60ms
  lepta profile --benchmark load_test.csv --offer l40s-east --slo ttft=1s
  lepta profile --roofline --models models.csv --gpu-figures gpus.csv --gpus h100_sxm:4 \\
      --classes classes.csv --slo tpot=50ms
  lepta profile --table serving.parquet --backtest

The columns of all tables: docs/reference/files.md"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("profile", epilog=EXAMPLES)(profile)


_file = partial(typer.Option, metavar="FILE", show_default=False)


def profile(
    table: Annotated[str | None, _file(help="Measured latencies of model servers.")] = None,
    metrics: Annotated[
        list[str] | None,
        _file(help="Prometheus text of a running server; twice: an earlier and a later one."),
    ] = None,
    benchmark: Annotated[str | None, _file(help="A load test.")] = None,
    roofline: Annotated[
        bool, typer.Option("--roofline", help="Estimate from published figures.")
    ] = False,
    requests: Annotated[
        str | None, _file(help="A log of requests, to make demand classes from.")
    ] = None,
    classes: Annotated[str | None, _file(help="Demand classes: lengths and objectives.")] = None,
    slo: Annotated[
        str | None,
        typer.Option(
            help="ttft=2s,tpot=50ms,e2e=30s; any of them.", show_default=False, metavar="OBJECTIVE"
        ),
    ] = None,
    at_share: Annotated[
        str, typer.Option("--share", help="Share of requests that keep it.", metavar="SHARE")
    ] = "95%",
    offers: Annotated[str | None, _file(help="offers.csv: what can be rented.")] = None,
    gpus: Annotated[
        str | None,
        typer.Option(help="h100_sxm:4,l40s; name and number.", show_default=False, metavar="GPUS"),
    ] = None,
    models: Annotated[str | None, _file(help="Published figures of models.")] = None,
    gpu_figures: Annotated[str | None, _file(help="Published figures of GPUs.")] = None,
    model: Annotated[
        str | None, typer.Option(help="Model of classes that name none.", show_default=False)
    ] = None,
    precision: Annotated[
        str | None, typer.Option(help="Of the weights: bf16, fp8, fp4.", show_default=False)
    ] = None,
    backend: Annotated[
        str | None, typer.Option(help="Server: vllm, sglang, ...", show_default=False)
    ] = None,
    demand_class: Annotated[
        str | None,
        typer.Option("--class", help="Class of a server or test.", show_default=False),
    ] = None,
    offer: Annotated[
        str | None,
        typer.Option(help="Offer that the server or test ran on.", show_default=False),
    ] = None,
    interval: Annotated[
        str | None,
        typer.Option(
            help="Time between the snapshots, or since the start: 5m.",
            show_default=False,
            metavar="TIME",
        ),
    ] = None,
    every: Annotated[
        str, typer.Option(help="Length of the intervals of the demand.", metavar="TIME")
    ] = "1h",
    bucket_error: Annotated[
        str, typer.Option(help="Largest error from taking means of buckets.", metavar="SHARE")
    ] = "5%",
    assume_utc: Annotated[
        bool, typer.Option("--assume-utc", help="Times of the log without a zone are UTC.")
    ] = False,
    extrapolate: Annotated[
        bool, typer.Option("--extrapolate", help="Answer outside measured lengths, marked.")
    ] = False,
    backtest: Annotated[
        bool, typer.Option("--backtest", help="Report errors on rows held out of the fits.")
    ] = False,
    safe: Annotated[
        bool, typer.Option("--safe", help="Write the lower end of each band as the rate.")
    ] = False,
    csv: Annotated[str | None, _file(help="Write profiles.csv here.")] = None,
    out: Annotated[
        str | None,
        typer.Option(
            help="Write profiles.csv, classes.csv, demand.csv into this folder.",
            metavar="DIR",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find what a machine can serve inside a latency objective, and how well that is known."""
    from lepta.report.schema.profile import to_json
    from lepta.report.terminal.profile import show
    from lepta.verbs.profile import profile as find
    from lepta.verbs.profile import write

    found = find(
        table,
        metrics=metrics,
        benchmark=benchmark,
        roofline=roofline,
        requests=requests,
        classes=classes,
        slo=slo,
        share=_share(at_share),
        offers=offers,
        gpus=gpus,
        models=models,
        gpu_figures=gpu_figures,
        model=model,
        precision=precision,
        backend=backend,
        demand_class=demand_class,
        offer=offer,
        interval=interval,
        every=every,
        bucket_error=_share(bucket_error),
        assume_utc=assume_utc,
        extrapolate=extrapolate,
        backtest=backtest,
    )
    written = write(found, csv=csv, out=out, safe=safe)
    emit(to_json(found), as_json=as_json, show=lambda console: show(found, console))
    for path in written:
        note(f"wrote {path}")


def _share(text: str) -> float:
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no share such as 5% or 0.05") from None
    return number / 100 if text.endswith("%") else number
