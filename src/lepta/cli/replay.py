"""`lepta replay`: what a scaling policy would have cost, and who would have waited."""

import sys
from functools import partial
from typing import Annotated

import typer

from lepta.cli.output import AsJson, emit, note

__all__ = ["register"]

EXAMPLES = """\b
Examples:
  lepta replay --requests log.csv --policy fixed:10,hpa,predictive,oracle --slo p99=2s
  lepta replay --requests azure.parquet --capacity 150 --startup 60s \\
      --policy hpa:target=0.7,predictive --slo wait:p96=2s --html replay.html
  lepta replay --requests log.parquet --profiles serving.parquet --offers offers.csv \\
      --policy hpa,horizon --slo ttft:p95=1s,tpot:p95=50ms --json
  lepta replay --generate week --policy hpa,keda,predictive,oracle --slo p99=2s --jobs 2

\b
Policies (name:parameter=value,...; `lepta replay --policies` lists the parameters):
  fixed:10    hpa    keda    wva    window    predictive    horizon    oracle

\b
Objectives (--slo), several with commas:
  p99=2s            latency, from arrival to the end
  wait:p99=2s       until work on the request begins
  ttft:p95=500ms    until the first token;  tpot:p95=50ms  per token after it

The columns of a trace: docs/howto/replay.md"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay", epilog=EXAMPLES)(replay)


_file = partial(typer.Option, metavar="FILE", show_default=False)
_time = partial(typer.Option, metavar="TIME")


def replay(
    requests: Annotated[
        str | None, _file(help="The trace: CSV, Parquet or JSON lines with ts and work.")
    ] = None,
    generate: Annotated[
        str | None,
        typer.Option(
            help="A generated trace instead: week, bursts, flash, drift; week:days=2,rate=20.",
            metavar="WORLD",
            show_default=False,
        ),
    ] = None,
    workload: Annotated[
        str | None,
        typer.Option(help="Of client rates (ServeGen): which workload.", show_default=False),
    ] = None,
    between: Annotated[
        str | None,
        typer.Option(
            help="Of client rates: the time to draw, 1d..2d.", metavar="SPAN", show_default=False
        ),
    ] = None,
    share: Annotated[
        float, typer.Option(help="Of client rates: share of the rates.", min=0, max=1)
    ] = 1.0,
    policy: Annotated[
        str, typer.Option(help="Policies, with commas.", metavar="LIST")
    ] = "hpa,keda,predictive,oracle",
    slo: Annotated[
        str, typer.Option(help="What requests are promised.", metavar="OBJECTIVE")
    ] = "p99=2s",
    profiles: Annotated[
        str | None, _file(help="Measured latencies of model servers, or profiles.csv.")
    ] = None,
    offers: Annotated[str | None, _file(help="offers.csv: what replicas run on.")] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Of measured latencies: which model.", show_default=False),
    ] = None,
    models: Annotated[
        str | None, _file(help="Published figures of models, for the KV memory of a replica.")
    ] = None,
    gpu_figures: Annotated[str | None, _file(help="Published figures of GPUs, likewise.")] = None,
    price: Annotated[
        float | None,
        typer.Option(
            help="Price of a replica-hour, where there are no offers.", show_default=False, min=0
        ),
    ] = None,
    capacity: Annotated[
        float | None,
        typer.Option(
            help="Weighted tokens per second that a replica serves, where there are no profiles.",
            show_default=False,
            min=0,
        ),
    ] = None,
    slots: Annotated[
        int, typer.Option(help="Requests at once in a replica, for service_s.", min=1)
    ] = 1,
    startup: Annotated[
        str | None,
        _time(
            help="From the order until a replica serves, where no offer says it.",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Most replicas of each kind.", show_default=False, min=0)
    ] = None,
    begin: Annotated[
        str | None,
        typer.Option(
            help="Replicas at the start: 10, or 8/2 of two kinds. Left out: what the first five "
            "minutes need.",
            metavar="N",
            show_default=False,
        ),
    ] = None,
    tick: Annotated[str, _time(help="Between two decisions.")] = "15s",
    history: Annotated[
        str, _time(help="So much of the trace is only learned from, not replayed.")
    ] = "0s",
    routing: Annotated[
        str,
        typer.Option(
            help="central (one queue), round-robin, least-loaded, weighted, prefix-aware.",
            metavar="NAME",
        ),
    ] = "central",
    priority: Annotated[
        str | None,
        typer.Option(
            help="Classes served before others, highest first, with commas.",
            metavar="LIST",
            show_default=False,
        ),
    ] = None,
    faults: Annotated[
        str | None,
        _file(help="YAML: failures_per_hour, zone_losses, dry_markets, prices."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all that is drawn.", min=0)] = 7,
    jobs: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
    cluster: Annotated[
        str | None,
        typer.Option(help="Address of a Ray cluster.", metavar="ADDRESS", show_default=False),
    ] = None,
    assume_utc: Annotated[
        bool, typer.Option("--assume-utc", help="Times without a zone are UTC.")
    ] = False,
    extrapolate: Annotated[
        bool, typer.Option("--extrapolate", help="Serve lengths outside the profiles, marked.")
    ] = False,
    policies: Annotated[
        bool, typer.Option("--policies", help="List policies and parameters, and end.")
    ] = False,
    html: Annotated[
        str | None, _file(help="Write a page with the charts; it opens offline.")
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option(
            help="Write every decision of each policy into this folder.",
            metavar="DIR",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replay a trace under scaling policies: what each would have cost, and who waited."""
    from lepta.cli.progress import advancing
    from lepta.report.schema.replay import to_json
    from lepta.report.terminal.policies import show_policies
    from lepta.report.terminal.replay import show
    from lepta.verbs.replay import policy_table, write_replay
    from lepta.verbs.replay import replay as run

    if policies:
        table = policy_table()
        emit({"policies": table}, as_json=as_json, show=lambda c: show_policies(table, c))
        return
    with advancing(sys.stderr) as progress:
        found = run(
            requests,
            policy=policy,
            slo=slo,
            generate=generate,
            workload=workload,
            between=between,
            share=share,
            profiles=profiles,
            offers=offers,
            model=model,
            models=models,
            gpu_figures=gpu_figures,
            price=price,
            capacity=capacity,
            slots=slots,
            startup=startup,
            limit=limit,
            begin=begin,
            tick=tick,
            history=history,
            routing=routing,
            priority=priority,
            faults=faults,
            seed=seed,
            jobs=jobs,
            cluster=cluster,
            assume_utc=assume_utc,
            extrapolate=extrapolate,
            keep_ledger=ledger is not None,
            progress=progress,
        )
    files = write_replay(found, html=html, ledger=ledger)
    emit(to_json(found), as_json=as_json, show=lambda console: show(found, console))
    for path in files:
        note(f"wrote {path}")
