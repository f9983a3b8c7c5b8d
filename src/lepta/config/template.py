"""A commented lepta.yaml: what `lepta init` writes."""

import json
from collections.abc import Mapping, Sequence

__all__ = ["EXAMPLES", "template"]

EXAMPLES: Mapping[str, str] = {
    "bills": "bills/*.parquet",
    "usage": "usage/*.csv",
    "rate_cards": "rates.csv",
    "skypilot": "~/.sky/catalogs/v8",
    "demand": "demand.csv",
    "profiles": "profiles.csv",
    "routes": "routes.csv",
    "current": "current.csv",
    "classes": "classes.csv",
    "quotas": "quotas.csv",
    "pipelines": "pipelines.csv",
    "scenarios": "scenarios.csv",
    "offers": "offers.csv",
}
"""What stands in a comment where nothing was found."""


def template(found: Mapping[str, Sequence[str]] | None = None) -> str:
    """Render a configuration in which `found` (kind -> paths) is filled in and the rest commented.

    It is valid as it stands; fields are filled in by taking the `#` away.
    """
    have = {kind: list(paths) for kind, paths in (found or {}).items() if paths}
    plans = "demand" in have and "profiles" in have
    return "\n".join((*_head(), *_sources(have), *_prices(have), *_plan(have, plans), *_tail()))


def _quoted(text: str) -> str:
    """Quote a path for YAML; JSON strings are YAML strings."""
    return json.dumps(text, ensure_ascii=False)


def _list(kind: str, have: Mapping[str, Sequence[str]], about: str) -> list[str]:
    paths = have.get(kind)
    said = [f"  # {about}"]
    if not paths:
        return [*said, f"  # {kind}: [{_quoted(EXAMPLES[kind])}]"]
    return [*said, f"  {kind}:", *(f"    - {_quoted(path)}" for path in paths)]


def _head() -> list[str]:
    return [
        "# lepta.yaml: where the bills, the usage and the demand lie, and how to read them.",
        "# `lepta check` tells whether each can be read. Paths count from this file's folder.",
        "version: 1",
        "",
        "# Currency of every answer (ISO 4217); sums over other currencies need a rate to it.",
        "currency: USD",
        "# rates: {EUR: 1.08}",
        "",
    ]


def _sources(have: Mapping[str, Sequence[str]]) -> list[str]:
    return [
        "sources:",
        *_list("bills", have, "FOCUS bills, 1.0 to 1.3: CSV or Parquet, gzip and zstd too."),
        *_list("usage", have, "Hourly usage tables. Without them nothing can be called idle."),
        "",
        "# Which tag of a bill names the owner; the first one that a row has decides.",
        "tags:",
        "  # team: [team, cost-center]",
        "  # workload: [workload, app]",
        "",
    ]


def _prices(have: Mapping[str, Sequence[str]]) -> list[str]:
    return [
        "prices:",
        "  # The catalog inside lepta: list prices, each with its source and its day.",
        "  builtin: true",
        *_list("rate_cards", have, "Your own prices (CSV); they replace built-in offers."),
        *_list("skypilot", have, "SkyPilot catalog folders with <cloud>/vms.csv."),
        "",
    ]


def _plan(have: Mapping[str, Sequence[str]], plans: bool) -> list[str]:
    """The plan needs demand and profiles: with one of them alone all of it stays a comment."""
    lines = []
    for kind, about in (
        ("demand", "What has to be served: class, start, hours, rate_per_s."),
        ("profiles", "What one machine of an offer serves: class, offer, rate_per_s."),
        ("routes", "What a request costs on the way: class, offer, usd_per_request."),
        ("current", "What runs now: offer, units."),
        ("classes", "Objectives, regions, tokens and penalties of classes."),
        ("quotas", "The most that may be held at once, over several offers."),
        ("pipelines", "Stages that share one latency budget."),
        ("scenarios", "Ways in which demand may come, with probabilities."),
        ("offers", "What can be rented. Without it the price lists above are used."),
    ):
        lines.append(f"  # {about}")
        path = have.get(kind, [EXAMPLES[kind]])[0]
        mark = "" if plans and kind in have else "# "
        lines.append(f"  {mark}{kind}: {_quoted(path)}")
    lines += [
        "  # Which offers of the price lists may be used (not together with offers).",
        '  # filter: {accelerator: "H100,L4", region: "us-*", term: "on-demand,spot"}',
        "  # Largest load of a machine, as a share.",
        f"  {'' if plans else '# '}utilization: 0.85",
        "  # Lose any one zone (region, provider, pool) and still serve so much of the demand.",
        "  # survive: {zone: 0.9}",
        "  # Price of a tonne of CO2e; most kg; hours within which a change must pay; risk.",
        "  # carbon_price_per_tonne: 80",
        "  # carbon_limit_kg: 5000",
        "  # payback_hours: 24",
        "  # risk: 0.2",
        "  # Stop within this share of the optimum, or after so many seconds.",
        "  # gap: 0.001",
        "  # time_limit_s: 60",
    ]
    return ["plan:" if plans else "# plan:", *lines, ""]


def _tail() -> list[str]:
    return ["# Folder for what lepta writes.", "output: out", ""]
