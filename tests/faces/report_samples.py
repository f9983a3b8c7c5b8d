"""Sample values for report tests: a small company with every kind of line, and awkward names."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from lepta.domain.assessment import (
    IDLE,
    UNALLOCATED,
    UNKNOWN,
    Allocation,
    Assessment,
    Basis,
    Confidence,
    DailyCost,
    Finding,
    Spend,
    UnitCost,
    Unknown,
)
from lepta.domain.plan import (
    Check,
    Emergency,
    FleetPlan,
    Outlook,
    Routing,
    ShadowPrice,
    Split,
    Started,
    UnitsHeld,
)

NOW = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
START = datetime(2026, 9, 1, tzinfo=UTC)
AWKWARD = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.test","x")',
    "x" * 200,
    "فريق \u202eقلب\u202c 🚀",
    "[bold red]markup[/] $x^2$ %{y}",
    "\x1b[31mred\x1b[0m",
)
TEAMS = {
    "search": [("ranker", "EC2", "us-east-1", "A100", 61_220_410_004)],
    "assistant": [
        ("chat-large", "EC2", "us-east-1", "H100", 88_310_000_127),
        ("chat-small", "EC2", "us-west-2", "L4", 9_412_000_000),
    ],
    "vision": [("captioner", "Compute Engine", "europe-west4", "L4", 21_050_330_333)],
    "speech": [("transcriber", "Virtual Machines", "westeurope", "A10", 12_940_118_000)],
    "research": [("training", "EC2", "us-east-1", "H100", 54_006_200_901)],
}
SPECIAL = [
    Allocation(
        team=IDLE,
        workload=IDLE,
        service="EC2",
        region="us-east-1",
        accelerator="H100",
        cost_micros=26_400_000_000,
        billed_micros=26_400_000_000,
        effective_micros=26_400_000_000,
    ),
    Allocation(
        team=UNALLOCATED,
        workload=UNALLOCATED,
        service="S3",
        region=UNKNOWN,
        accelerator=UNKNOWN,
        cost_micros=7_800_250_001,
        billed_micros=7_800_250_001,
        effective_micros=7_800_250_001,
    ),
]


def cell(team: str, workload: str, service: str, region: str, acc: str, micros: int) -> Allocation:
    return Allocation(
        team=team,
        workload=workload,
        service=service,
        region=region,
        accelerator=acc,
        cost_micros=micros,
        billed_micros=micros,
        effective_micros=micros,
    )


def assessment(*, scale: int = 1, divide: int = 1, awkward: bool = False) -> Assessment:
    """The sample; `scale` and `divide` change its size, `awkward` adds hostile names."""
    cells = [cell(team, *row) for team, rows in TEAMS.items() for row in rows]
    cells += SPECIAL
    if awkward:
        cells += [cell(name, name, name, name, name, 900_000_000) for name in AWKWARD]
    cells = [
        cell(
            c.team,
            c.workload,
            c.service,
            c.region,
            c.accelerator,
            c.cost_micros * scale // divide,
        )
        for c in cells
    ]
    total = sum(c.cost_micros for c in cells)
    name = AWKWARD[0] if awkward else "gpu-node-17"
    savings = [26_400_000_000, 9_100_500_000, 3_040_000_000, 310_000_000]
    kinds = ("idle capacity", "allocated, not computing", "no traffic", "unattached volume")
    findings = tuple(
        Finding(
            id=f"F{index}",
            kind=kinds[index],
            title=(
                "H100 nodes with no work",
                "GPUs allocated but not computing",
                "Endpoint without traffic",
                "Volume attached to nothing",
            )[index],
            resource=(name, "job/eval-nightly", "endpoint/draft-v1", "vol-0a93")[index],
            team=(UNALLOCATED, "research", "assistant", "vision")[index],
            workload=(UNALLOCATED, "training", "chat-small", "captioner")[index],
            saving_micros=money * scale // divide,
            saving_per_month_micros=money * scale // divide * 730 // 720,
            evidence=(
                f"{(412, 96, 300, 720)[index]} h seen, tensor cores active 0.4 % on average",
                "no request in any hour of the period",
            ),
            confidence=tuple(Confidence)[index % 3],
            remedy="Scale the node group from 6 to 4 and let jobs queue; check the reservation.",
            overlaps=("F0",) if index == 1 else (),
        )
        for index, money in enumerate(savings)
    )
    units = (
        UnitCost(
            unit="1M output tokens",
            team="assistant",
            workload="chat-large",
            cost_micros=61_000_000_000 * scale // divide,
            quantity=41_231.5,
            per_unit=1.479,
            rule="GPU time by decode share",
        ),
        UnitCost(
            unit="1M input tokens",
            team="assistant",
            workload="chat-large",
            cost_micros=27_310_000_127 * scale // divide,
            quantity=301_288.0,
            per_unit=0.0906,
            rule="GPU time by prefill share",
        ),
        UnitCost(
            unit="image",
            team="vision",
            workload="captioner",
            cost_micros=21_050_330_333 * scale // divide,
            quantity=9_120_443.0,
            per_unit=0.002308,
            rule="all of the workload's cost",
        ),
        UnitCost(
            unit="audio hour",
            team="speech",
            workload="transcriber",
            cost_micros=12_940_118_000 * scale // divide,
            quantity=None,
            per_unit=None,
            rule="no audio seconds in the usage table",
        ),
    )
    return Assessment(
        spend=Spend(
            currency="USD",
            basis=Basis.EFFECTIVE,
            total_micros=total,
            billed_micros=total + 1_250_000_000 * scale // divide,
            effective_micros=total,
            by_category={
                "Usage": total + 2_000_000_000 * scale // divide,
                "Tax": 1_000_000_000 * scale // divide,
                "Credit": total
                - (total + 2_000_000_000 * scale // divide)
                - 1_000_000_000 * scale // divide,
            },
            rows=182_340,
            start=START,
            end=START + timedelta(days=30),
        ),
        allocation=tuple(cells),
        daily=_daily(cells),
        units=units,
        findings=findings,
        unknown=(
            Unknown(
                what="GPU use of europe-west4: no usage table covers it",
                remedy="add the exporter's table with --usage",
                cost_micros=21_050_330_333 * scale // divide,
                share=0.075,
            ),
            Unknown(what="Utilization before Sep 4", remedy="keep 30 days of metrics"),
        ),
        sources=("bills/2026-09-aws.parquet", "bills/2026-09-gcp.csv.gz", "usage/dcgm.csv"),
        notes=("FOCUS 1.2 detected by its columns.", "Text NULL was read as null in 14 columns."),
    )


def _daily(cells: list[Allocation]) -> tuple[DailyCost, ...]:
    sums: dict[str, int] = {}
    for c in cells:
        sums[c.team] = sums.get(c.team, 0) + c.cost_micros
    found = []
    for place, (team, micros) in enumerate(sums.items()):
        weights = [10 + (day * (3 + place) + place) % 7 for day in range(30)]
        parts = [micros * w // sum(weights) for w in weights]
        parts[-1] += micros - sum(parts)
        found += [
            DailyCost(
                day=date(2026, 9, 1) + timedelta(days=day),
                dimension="team",
                key=team,
                cost_micros=part,
            )
            for day, part in enumerate(parts)
        ]
    return tuple(found)


def plan(*, scale: float = 1.0, awkward: bool = False, hours: int = 48) -> FleetPlan:
    """A plan of two days over three offers, with proof."""
    offers = (
        ("aws/us-east-1/p5/H100x8/reserved", 31.2, lambda h: 2),
        ("gcp/us-central1/g2/L4x1/spot", 0.28, lambda h: 18 + (h % 24 > 7) * 22),
        (AWKWARD[0] if awkward else "azure/eastus/nc/A100x1/on-demand", 3.67, lambda h: h % 24 > 9),
    )
    start = datetime(2026, 10, 1, tzinfo=UTC)
    units, routing = [], []
    for name, price, rule in offers:
        for hour in range(hours):
            at = start + timedelta(hours=hour)
            number = int(rule(hour))
            units.append(
                UnitsHeld(
                    offer=name, start=at, hours=1.0, count=number, cost=number * price * scale
                )
            )
            routing.append(
                Routing(
                    demand_class="chat" if "H100" in name else "image",
                    offer=name,
                    start=at,
                    hours=1.0,
                    rate_per_s=4.0 * number,
                    cost=0.0,
                )
            )
    cost = sum(part.cost for part in units)
    return FleetPlan(
        status="optimal",
        currency="USD",
        cost=cost,
        bound=cost * 0.9962,
        gap=0.0038,
        cost_now=cost * 1.46,
        hours=float(hours),
        units=tuple(units),
        routing=tuple(routing),
        shadow_prices=tuple(
            ShadowPrice(
                kind="class",
                name=name,
                start=start + timedelta(hours=h),
                hours=1.0,
                value=0.0123 + h / 1000,
                unit="USD per 1,000 requests",
            )
            for name in ("chat", "image")
            for h in range(3)
        ),
        checks=(
            Check(name="demand met", ok=True, worst=0.0, detail="every class in every hour"),
            Check(name="quota kept", ok=True, worst=0.0, detail="units against the limit"),
            Check(name="bill", ok=True, worst=2.3e-10, detail="units x hours x price"),
        ),
        explanation=("Chat stays on two reserved H100 machines.", "Images move to spot L4."),
        unknown=("No price for 3 of 214 offers: they were left out.",),
        current=(("aws/us-east-1/p5/H100x8/reserved", 3), ("gcp/us-central1/g2/L4x1/spot", 12)),
    )


def full_plan(*, awkward: bool = False) -> FleetPlan:
    """The same plan with starts, losses, scenarios, pipelines and carbon."""
    base = plan(awkward=awkward)
    spot = "gcp/us-central1/g2/L4x1/spot"
    lost = AWKWARD[0] if awkward else "gcp/us-central1/a"
    starts = tuple(
        Started(
            offer=spot,
            start=base.units[0].start + timedelta(hours=hour),
            order=base.units[0].start + timedelta(hours=hour, minutes=-4),
            count=22,
            cost=0.41,
        )
        for hour in (8, 32)
    )
    return replace(
        base,
        cost=base.cost + 0.82 + 12.5 + 6.0 + 0.8,
        starts=starts,
        carbon_kg=156.25,
        carbon_cost=12.5,
        emergencies=(
            Emergency(scope="zone", lost=lost, wanted=0.9, served=0.915, worst=starts[0].start),
            Emergency(scope="pool", lost="L4 pool", wanted=0.5, served=0.62, worst=starts[1].start),
        ),
        outlooks=(
            Outlook(
                scenario=AWKWARD[4] if awkward else "launch day",
                probability=0.2,
                cost=4.0,
                penalty=30.0,
                unserved=0.0123,
            ),
            Outlook(scenario="as usual", probability=0.8, cost=0.0, penalty=0.0, unserved=0),
        ),
        splits=(
            Split(pipeline="ask", demand_class="embed", budget_ms=60.0),
            Split(pipeline="ask", demand_class="answer", budget_ms=340.0),
        ),
        shadow_prices=(
            *base.shadow_prices,
            ShadowPrice(
                kind="class",
                name="chat",
                start=starts[0].start,
                hours=1.0,
                value=0.004,
                unit="USD per 1,000 requests",
                emergency=f"zone {lost}",
            ),
        ),
    )
