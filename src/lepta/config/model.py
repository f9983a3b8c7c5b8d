"""What may stand in lepta.yaml: one class per section; the manual and the schema come from here."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

__all__ = ["Config", "Filter", "Plan", "Prices", "Sources", "Survive", "Tags", "json_schema"]


def _several(value: object) -> object:
    """Let one text stand for a list of one, and a list for a tuple."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Name = Annotated[str, Field(min_length=1, pattern=r"^[^\x00-\x1f]+$")]
Names = Annotated[
    tuple[Name, ...],
    BeforeValidator(_several),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "items": {"type": "string", "minLength": 1}},
            ]
        }
    ),
]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Section(BaseModel):
    """Unknown fields are refused, values never change, no text is taken for a number."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )

    @model_validator(mode="before")
    @classmethod
    def _nothing_written(cls, value: object) -> object:
        """A section whose fields are all commented out is an empty one."""
        return {} if value is None else value


class Sources(_Section):
    """Where bills and usage lie. Paths count from the folder of lepta.yaml; globs are fine."""

    bills: Names = ()
    """FOCUS bills: CSV or Parquet, gzip and zstd too."""
    usage: Names = ()
    """Hourly usage tables (docs/reference/tables.md); without them nothing can be called idle."""


class Tags(_Section):
    """Which tag of a bill names the owner; the first one that a row has decides."""

    team: Names = ()
    """Tag keys that name the team."""
    workload: Names = ()
    """Tag keys that name the workload."""


class Prices(_Section):
    """Which price lists are searched; yours replaces a built-in offer of the same name."""

    builtin: bool = True
    """Search the catalog inside lepta."""
    rate_cards: Names = ()
    """CSV files with your own prices."""
    skypilot: Names = ()
    """SkyPilot catalog folders with <cloud>/vms.csv."""


class Filter(_Section):
    """Which offers of the price lists a plan may use; globs and comma lists."""

    accelerator: Name | None = None
    """For example "H100,L4"; a family finds its members."""
    term: Name | None = None
    """on-demand, spot, reserved, or a comma list."""
    region: Name | None = None
    """For example "us-*"."""
    provider: Name | None = None
    """For example "aws,gcp"."""
    instance_type: Name | None = None
    """For example "p5.*"."""
    max_price: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """Largest price of a machine-hour."""


Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Survive(_Section):
    """Lose any one of these and still serve a share of the demand, from 0 to 1 (0.9, not 90%)."""

    zone: Share | None = None
    """Share of every class that is served without any one zone."""
    region: Share | None = None
    """Share of every class that is served without any one region."""
    provider: Share | None = None
    """Share of every class that is served without any one provider."""
    pool: Share | None = None
    """Share of every class that is served when one pool of spot machines is taken back."""


class Plan(_Section):
    """What `lepta plan` plans: tables in CSV (docs/reference/tables.md)."""

    demand: Name
    """What has to be served: class, start, hours, rate_per_s."""
    profiles: Name
    """What one unit of an offer serves: class, offer, rate_per_s."""
    routes: Name | None = None
    """What a request costs on the way: class, offer, usd_per_request, round_trip_ms."""
    current: Name | None = None
    """What runs now: offer, units."""
    classes: Name | None = None
    """What is known of classes: class, latency_ms, regions, tokens, penalty_per_request."""
    quotas: Name | None = None
    """The most that may be held at once: quota, limit, and of which offers."""
    pipelines: Name | None = None
    """Stages that a request passes: pipeline, stage, class, latency_ms."""
    scenarios: Name | None = None
    """Ways in which demand may come: scenario, probability, class, start, hours, rate_per_s."""
    offers: Name | None = None
    """What can be rented; left out, the price lists are used (see filter)."""
    filter: Filter | None = None
    """Which offers of the price lists may be used; not together with offers."""
    utilization: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 0.85
    """Largest load of a machine, as a share from 0 to 1 (0.85, not 85%)."""
    survive: Survive = Survive()
    """What may be lost, and how much of the demand is served without it."""
    carbon_price_per_tonne: Amount = 0.0
    """What a tonne of CO2e counts in the cost."""
    carbon_limit_kg: Amount | None = None
    """Most CO2e over the horizon, in kg."""
    payback_hours: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Change what runs now only where that pays within so many hours, in hours."""
    risk: Share = 0.0
    """Weight of the worst scenarios against the mean cost, from 0 to 1."""
    gap: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] | None = None
    """Stop when the plan is proven to lie within this share of the optimum (0.001 is 0.1 %)."""
    time_limit_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Stop after so many seconds with the best plan found, in seconds."""

    @model_validator(mode="after")
    def _one_source_of_offers(self) -> Self:
        if self.offers is not None and self.filter is not None:
            raise ValueError("offers and filter exclude each other")
        return self


class Config(_Section):
    """lepta.yaml: where the bills, the usage and the demand lie, and how to read them."""

    version: Annotated[int, Field(ge=1, le=1)]
    """Version of this file's format."""
    currency: Currency = "USD"
    """Currency of every answer, ISO 4217."""
    rates: dict[Currency, Rate] = {}
    """What one unit of another currency costs in yours, as in EUR: 1.08."""
    sources: Sources = Sources()
    """Where bills and usage lie."""
    tags: Tags = Tags()
    """Which tags name the owner of a cost."""
    prices: Prices = Prices()
    """Which price lists are searched."""
    plan: Plan | None = None
    """What to plan."""
    output: Name = "out"
    """Folder for what lepta writes."""


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of lepta.yaml, as published in docs/reference/lepta.schema.json."""
    schema = Config.model_json_schema()
    for field in schema["properties"].values():
        if "$ref" in field:
            # A section whose fields are all commented out reads as null.
            field["anyOf"] = [{"$ref": field.pop("$ref")}, {"type": "null"}]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "lepta.yaml",
    }
