"""The columns of the tables that `lepta commit` reads: usage, prices, contracts, forecasts."""

from lepta.domain.tables import MOST_HOURS, MOST_MONEY, MOST_UNITS, Column, Kind, TableSchema

__all__ = ["COMMIT_TABLES", "CONTRACTS", "FORECAST", "HOURLY_USAGE", "ON_DEMAND", "OWNED"]

_FAMILY = Column(
    name="family", required=True, about="what is rented, such as a3-highgpu-8g or H100"
)
_REGION = Column(name="region", required=True, about="where, such as us-central1")
_HOURS = Column(
    name="hours",
    kind=Kind.NUMBER,
    unit="h",
    required=True,
    low=1e-6,
    high=MOST_HOURS,
    about="length of the interval",
)
_UNITS_RUN = Column(
    name="units",
    kind=Kind.NUMBER,
    required=True,
    low=0,
    high=MOST_UNITS,
    about="units running in the interval; 0 is none, no row is unknown",
)

HOURLY_USAGE = TableSchema(
    name="hourly usage",
    about="How many units of a family ran in a region, hour by hour, whoever paid how for them.",
    key=("family", "region", "start"),
    columns=(
        _FAMILY,
        _REGION,
        Column(name="start", kind=Kind.INSTANT, required=True, about="start, ISO 8601 with zone"),
        _HOURS,
        _UNITS_RUN,
    ),
)

FORECAST = TableSchema(
    name="forecast",
    about="What will run, in scenarios that are equally likely; used instead of a bootstrap.",
    key=("family", "region", "scenario", "start"),
    columns=(
        _FAMILY,
        _REGION,
        Column(name="scenario", required=True, about="name of the scenario, such as 1 or high"),
        *HOURLY_USAGE.columns[2:],
    ),
)

ON_DEMAND = TableSchema(
    name="on-demand prices",
    about="What one unit costs for an hour without any commitment.",
    key=("family", "region"),
    columns=(
        _FAMILY,
        _REGION,
        Column(
            name="price_per_hour",
            kind=Kind.NUMBER,
            unit="currency/h",
            present=True,
            low=0,
            high=MOST_MONEY,
            about="blank or 0 is unknown: usage of that family and region is left out, and named",
        ),
    ),
)

CONTRACTS = TableSchema(
    name="contracts",
    about="Commitments that can be bought, or are owned: one row per contract.",
    key=("contract",),
    columns=(
        Column(name="contract", required=True, about="unique name of the contract"),
        Column(name="type", about="the provider's word for it, such as Savings Plan"),
        Column(
            name="category",
            choices=("usage", "spend"),
            about="usage: so many units each hour; spend: so much money each hour; blank: usage",
        ),
        Column(name="family", about="the only family that it covers; blank: any"),
        Column(name="region", about="the only region that it covers; blank: any"),
        Column(
            name="term_years",
            kind=Kind.NUMBER,
            unit="years of 8,760 h",
            low=1e-3,
            high=10,
            about="length, such as 1 or 3; else give hours",
        ),
        Column(
            name="hours",
            kind=Kind.NUMBER,
            unit="h",
            low=1,
            high=87_600,
            about="length in hours, instead of term_years",
        ),
        Column(
            name="start",
            kind=Kind.INSTANT,
            about="when it begins, for a capacity block; blank: when it is bought",
        ),
        Column(
            name="price_per_hour",
            kind=Kind.NUMBER,
            unit="currency/h",
            low=0,
            high=MOST_MONEY,
            about="paid per unit each hour, used or not; blank, or 0 with nothing upfront, is "
            "unknown: never bought",
        ),
        Column(
            name="discount",
            kind=Kind.NUMBER,
            low=0,
            high=0.999,
            about="share off the on-demand price (0.28), instead of price_per_hour; spend "
            "contracts have only this",
        ),
        Column(
            name="upfront_share",
            kind=Kind.NUMBER,
            low=0,
            high=1,
            about="share of price_per_hour over the whole term that is paid at its start; blank: 0",
        ),
        Column(
            name="upfront_per_unit",
            kind=Kind.NUMBER,
            unit="currency",
            low=0,
            high=MOST_MONEY,
            about="paid per unit at the start, on top of price_per_hour; blank: 0",
        ),
        Column(
            name="minimum",
            kind=Kind.NUMBER,
            low=0,
            high=MOST_UNITS,
            about="fewest units, if any are bought; blank: none",
        ),
        Column(
            name="maximum",
            kind=Kind.NUMBER,
            low=0,
            high=MOST_UNITS,
            about="most units; 0: not for sale (any more); blank: no limit",
        ),
        Column(
            name="lot",
            kind=Kind.NUMBER,
            low=1e-6,
            high=MOST_UNITS,
            about="sold in multiples of so many units; blank: 1, or any amount of money",
        ),
    ),
)

OWNED = TableSchema(
    name="owned",
    about="Contracts that run already; they are paid whatever else is bought.",
    key=("contract", "start"),
    may_be_empty=True,
    columns=(
        Column(name="contract", required=True, about="name in the table of contracts"),
        Column(
            name="units",
            kind=Kind.NUMBER,
            required=True,
            low=0,
            high=MOST_UNITS,
            about="units, or currency/h of a spend contract",
        ),
        Column(name="start", kind=Kind.INSTANT, required=True, about="when it began"),
        Column(
            name="end",
            kind=Kind.INSTANT,
            about="when it expires; blank: after the term of the contract",
        ),
    ),
)

COMMIT_TABLES = (HOURLY_USAGE, ON_DEMAND, CONTRACTS, OWNED, FORECAST)
