"""Assessment and plan -> one HTML file that opens offline, prints, and runs nothing from data.

The charting library stands in the file once, compressed, as text; a script of ours unpacks it. A
content security policy names the two scripts by their hashes and allows no request at all, so even
a fault in escaping could not make the page run or send anything.
"""

import gzip
import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lepta.domain.assessment import DIMENSIONS, Assessment
from lepta.domain.plan import FleetPlan
from lepta.domain.plandiff import Comparison
from lepta.domain.planfile import Origin
from lepta.report import fleet, headline, numbers, spend, whatif
from lepta.report.html import charts, plancharts
from lepta.units import from_micros

__all__ = ["page", "plan_page", "render"]

MOST: Final = {
    "findings": 25,
    "units": 30,
    "lines": 10,
    "routes": 40,
    "marginals": 20,
    "fleet": 30,
    "starts": 30,
    "promises": 30,
    "changes": 30,
}
"""Rows of each table; what is beyond stands in report.json, and its sum in the last row."""


def page(
    assessment: Assessment | None,
    plan: FleetPlan | None,
    *,
    title: str | None = None,
    generated_at: datetime,
    assessed_at: datetime | None = None,
    planned_at: datetime | None = None,
    beside: Comparison | None = None,
    origin: Origin | None = None,
    alone: bool = False,
) -> str:
    """Return the page as text.

    `assessed_at` and `planned_at` say how old the parts are; None is "made for this report".
    `beside` sets the plan, which is then the one under what-ifs, beside its base; `origin` says for
    which case the plan was made; `alone` is a page of a plan, which misses no assessment.
    """
    return render(
        "page.html.j2",
        _figures(assessment, plan, beside.base if beside else None),
        title=title or "AI infrastructure cost report",
        assessment=assessment,
        plan=plan,
        generated_at=generated_at,
        assessed_at=assessed_at,
        planned_at=planned_at,
        headline=(headline.Part(whatif.verdict(beside)),)
        if beside
        else headline.headline(assessment, plan),
        alone=alone,
        whole="the JSON document (--out)" if alone else "report.json",
        beside=beside,
        both=_both(beside),
        origin=origin,
        proof=headline.proof(plan) if plan else "",
        spend=_spend(assessment),
        fleet=_fleet(plan),
    )


def render(template: str, figures: Mapping[str, Any], **values: Any) -> str:
    """Return a page of this house: its style, its script, the charting library, the figures."""
    library, library_hash = _library()
    script = _resource("page.js")
    return (
        _environment()
        .get_template(template)
        .render(
            figures={name: charts.legend(figure) for name, figure in figures.items()},
            figures_json=_json(figures),
            style=Markup(_resource("style.css")),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            script_hash=_hash(script.encode()),
            library=Markup(library),  # noqa: S704 - base64
            library_hash=library_hash,
            **values,
        )
    )


def plan_page(
    answer: FleetPlan | Comparison, origin: Origin | None, *, generated_at: datetime
) -> str:
    """Return the page of a plan alone, or of the one under what-ifs beside its base."""
    plan, beside = (answer, None) if isinstance(answer, FleetPlan) else (answer.changed, answer)
    title = "Fleet plan: what if" if beside else "Fleet plan"
    return page(
        None, plan, title=title, generated_at=generated_at, beside=beside, origin=origin, alone=True
    )


def _spend(assessment: Assessment | None) -> dict[str, Any] | None:
    if assessment is None:
        return None
    findings = spend.ranked_findings(assessment.findings)
    units = spend.ranked_units(assessment.units)
    return {
        "by": {name: spend.breakdown(assessment, name, MOST["lines"]) for name in DIMENSIONS},
        "categories": spend.lines("category", assessment.spend.by_category),
        "unowned": spend.unowned(assessment),
        "daily": spend.daily(assessment),
        "findings": _cut(findings, "findings"),
        "units": _cut(units, "units"),
        "rest_micros": sum(item.saving_micros for item in findings[MOST["findings"] :]),
        "digits": numbers.decimals(from_micros(assessment.spend.total_micros)),
        "waste_per_month": sum(item.saving_per_month_micros for item in findings),
    }


def _fleet(plan: FleetPlan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    held = fleet.held(plan)
    routed = fleet.routed(plan)
    return {
        "held": _cut(held, "fleet"),
        "held_rest": sum(row.cost for row in held[MOST["fleet"] :]),
        "held_total": sum(row.cost for row in held),
        "routed": _cut(routed, "routes"),
        "beside_machines": [
            (fleet.COSTS[name], amount)
            for name, amount in fleet.costs(plan).items()
            if name != "machines"
        ],
        "parts": [fleet.COSTS[name] for name in fleet.costs(plan)],
        "starts": _cut(sorted(plan.starts, key=lambda row: (row.order, row.offer)), "starts"),
        "emergencies": _cut(
            sorted(plan.emergencies, key=lambda row: (row.served - row.wanted, row.lost)),
            "promises",
        ),
        "outlooks": _cut(plan.outlooks, "promises"),
        "splits": _cut(plan.splits, "promises"),
        "marginals": _cut(fleet.marginals(plan), "marginals"),
        "saving": fleet.saving(plan),
        "saving_per_month": fleet.saving_per_month(plan),
        "failed": fleet.failed(plan),
        "digits": numbers.decimals(max(plan.cost or 0.0, plan.cost_now or 0.0)),
        "start": min((part.start for part in plan.units), default=None),
    }


def _both(beside: Comparison | None) -> dict[str, Any] | None:
    if beside is None:
        return None
    diff = beside.diff
    split = [(fleet.COSTS[pair.name], pair) for pair in diff.costs] if len(diff.costs) > 1 else []
    return {
        "costs": [("What runs now", diff.cost_now), ("Plan", diff.cost), *split],
        "offers": _cut([row for row in diff.offers if row.differs], "fleet"),
        "others": _cut(whatif.others(diff), "changes"),
    }


def _cut(rows: Any, name: str) -> dict[str, Any]:
    return {"rows": rows[: MOST[name]], "more": max(0, len(rows) - MOST[name])}


def _figures(
    assessment: Assessment | None, plan: FleetPlan | None, base: FleetPlan | None
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if assessment is not None:
        # One hue per team in all charts; teams that the days fold into "others" are gray like it.
        hues = charts.colors([line for line, _ in spend.daily(assessment).series])
        found["daily"] = charts.per_day(assessment, hues)
        for name in DIMENSIONS:
            table = spend.breakdown(assessment, name, MOST["lines"])
            if table.says_something:
                found[name] = charts.bars(
                    table, assessment.spend.currency, hues if name == "team" else None
                )
    if plan is not None:
        found["compare"] = plancharts.compare(plan, base)
        found["split"] = plancharts.split(plan, base)
        found["units"] = plancharts.units_over_time(plan)
        found["changes"] = plancharts.changes(plan)
    return {name: figure for name, figure in found.items() if figure is not None}


def _json(value: Mapping[str, Any]) -> Markup:
    """JSON that is safe inside a script element: no `<`, so that nothing can close it."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    return Markup(  # noqa: S704 - every character that HTML could read is escaped here
        text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    )


@cache
def _library() -> tuple[str, str]:
    """Return plotly.js (MIT), gzip in base64 (2 MB instead of 5), and the hash of its text."""
    from plotly.offline import get_plotlyjs

    code = get_plotlyjs().encode()
    return b64encode(gzip.compress(code, 6, mtime=0)).decode(), _hash(code)


@cache
def _resource(name: str) -> str:
    return (files("lepta.report.html") / name).read_text("utf-8")


def _hash(code: bytes) -> str:
    return f"sha256-{b64encode(sha256(code).digest()).decode()}"


@cache
def _environment() -> Environment:
    env = Environment(
        loader=PackageLoader("lepta.report.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(
        plain=numbers.plain,
        label=numbers.label,
        money=numbers.money,
        price=numbers.price,
        count=numbers.count,
        span=numbers.span,
        instant=numbers.instant,
        clip=numbers.clip,
        signed=numbers.signed,
    )
    env.globals.update(
        owner=numbers.owner,
        share=numbers.share,
        said=whatif.said,
        period=numbers.period,
        age=numbers.age,
        per_month=numbers.per_month,
        decimals=numbers.decimals,
        from_micros=from_micros,
    )
    return env
