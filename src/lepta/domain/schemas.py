"""The columns of the tables that people hand to lepta; the parser and the manual read them."""

from lepta.domain.commit_tables import COMMIT_TABLES
from lepta.domain.serving_tables import SERVING_TABLES
from lepta.domain.tables import MOST_HOURS, MOST_MONEY, MOST_UNITS, Column, Kind, TableSchema

__all__ = [
    "CLASSES",
    "CURRENT",
    "DEMAND",
    "OFFERS",
    "PIPELINES",
    "PROFILES",
    "QUOTAS",
    "RATE_CARD",
    "ROUTES",
    "SCENARIOS",
    "TABLES",
    "USAGE",
]

TERMS = ("on-demand", "spot", "reserved", "serverless")

OFFERS = TableSchema(
    name="offers",
    about="What can be rented: one row per offer.",
    key=("offer",),
    columns=(
        Column(name="offer", required=True, about="unique name of the offer"),
        Column(name="provider", about="cloud or owner, such as aws"),
        Column(name="region", about="region of the provider, such as us-east-1"),
        Column(name="zone", about="zone inside the region"),
        Column(name="instance_type", about="machine type, such as p5.48xlarge"),
        Column(name="accelerator", about="accelerator name, such as H100"),
        Column(name="accelerator_count", kind=Kind.NUMBER, low=0, about="accelerators per machine"),
        Column(
            name="term",
            choices=TERMS,
            about="on-demand, spot, reserved or serverless (an API); blank: on-demand",
        ),
        Column(
            name="price_per_hour",
            kind=Kind.NUMBER,
            unit="currency/h",
            present=True,
            low=0,
            high=MOST_MONEY,
            about="price of one machine-hour; blank or 0 is unknown and never planned with "
            "(serverless: leave it blank)",
        ),
        Column(
            name="limit",
            kind=Kind.INTEGER,
            low=0,
            high=MOST_UNITS,
            about="most machines held at once (quota, stock); blank: none known",
        ),
        Column(
            name="interruptions_per_hour",
            kind=Kind.NUMBER,
            unit="1/h",
            low=0,
            about="hazard of losing a running machine; blank: unknown",
        ),
        Column(
            name="startup_s",
            kind=Kind.NUMBER,
            unit="s",
            low=0,
            about="from request to serving; blank: unknown",
        ),
        Column(
            name="carbon_g_per_hour",
            kind=Kind.NUMBER,
            unit="gCO2e/h",
            low=0,
            about="emissions of one machine-hour; blank: unknown",
        ),
        Column(
            name="owned",
            kind=Kind.INTEGER,
            low=0,
            high=MOST_UNITS,
            about="units that are paid for whether they work or not; blank: 0",
        ),
        Column(
            name="start_cost",
            kind=Kind.NUMBER,
            unit="currency/start",
            low=0,
            high=MOST_MONEY,
            about="what a start costs beyond the machine time of startup_s; blank: 0",
        ),
        Column(
            name="min_hours",
            kind=Kind.NUMBER,
            unit="h",
            low=0,
            high=MOST_HOURS,
            about="shortest run of a unit once it serves; blank: 0",
        ),
        Column(
            name="pool",
            about="spot units of one pool are interrupted together; blank: by machine and zone",
        ),
        Column(
            name="accelerator_memory_gib",
            kind=Kind.NUMBER,
            unit="GiB",
            low=0,
            about="memory of one accelerator, for models that share a machine; blank: unknown",
        ),
        Column(
            name="price_per_request",
            kind=Kind.NUMBER,
            unit="currency/request",
            low=0,
            high=MOST_MONEY,
            about="serverless: price of a request; blank: 0, where tokens are priced",
        ),
        Column(
            name="price_per_million_input_tokens",
            kind=Kind.NUMBER,
            unit="currency/1M tokens",
            low=0,
            high=MOST_MONEY,
            about="serverless: price of prompt tokens; blank: 0, where something else is priced",
        ),
        Column(
            name="price_per_million_output_tokens",
            kind=Kind.NUMBER,
            unit="currency/1M tokens",
            low=0,
            high=MOST_MONEY,
            about="serverless: price of generated tokens; blank: 0, where something else is priced",
        ),
    ),
)

DEMAND = TableSchema(
    name="demand",
    about="What has to be served: one row per class and interval.",
    key=("class", "start"),
    columns=(
        Column(name="class", required=True, about="demand class, such as chat or image"),
        Column(
            name="start",
            kind=Kind.INSTANT,
            required=True,
            about="start of the interval, ISO 8601 with zone (2026-11-23T14:00:00Z)",
        ),
        Column(
            name="hours",
            kind=Kind.NUMBER,
            unit="h",
            required=True,
            low=1e-6,
            high=MOST_HOURS,
            about="length of the interval",
        ),
        Column(
            name="rate_per_s",
            kind=Kind.NUMBER,
            unit="1/s",
            required=True,
            low=0,
            about="mean arrival rate of requests",
        ),
    ),
)

PROFILES = TableSchema(
    name="profiles",
    about="What one unit of an offer serves inside a latency; no row: it cannot.",
    key=("class", "offer", "latency_ms"),
    columns=(
        Column(name="class", required=True, about="demand class"),
        Column(name="offer", required=True, about="name of the offer"),
        Column(
            name="rate_per_s",
            kind=Kind.NUMBER,
            unit="1/s",
            required=True,
            low=0,
            about="largest rate of the class that one unit serves inside the latency; of a "
            "serverless offer: the largest rate that may be sent",
        ),
        Column(
            name="latency_ms",
            kind=Kind.NUMBER,
            unit="ms",
            low=0,
            about="latency that is kept at this rate, one row per operating point; blank: inside "
            "the objective",
        ),
    ),
)

CLASSES = TableSchema(
    name="classes",
    about="What a class asks for beyond its rate; a class or a cell left out asks for nothing.",
    key=("class",),
    may_be_empty=True,
    columns=(
        Column(name="class", required=True, about="demand class"),
        Column(
            name="latency_ms",
            kind=Kind.NUMBER,
            unit="ms",
            low=0,
            about="objective for round trip and profile latency together; blank: as profiled",
        ),
        Column(name="regions", about="regions that may serve it, split by |; blank: any"),
        Column(
            name="memory_gib",
            kind=Kind.NUMBER,
            unit="GiB",
            low=0,
            about="accelerator memory that one replica holds; blank: a machine of its own share",
        ),
        Column(name="input_tokens", kind=Kind.NUMBER, low=0, about="mean per request"),
        Column(name="output_tokens", kind=Kind.NUMBER, low=0, about="mean per request"),
        Column(
            name="penalty_per_request",
            kind=Kind.NUMBER,
            unit="currency/request",
            low=0,
            high=MOST_MONEY,
            about="cost of a request left unserved in a scenario; blank: none may be",
        ),
    ),
)

QUOTAS = TableSchema(
    name="quotas",
    about="The most that may be held at once of all offers that match; blank matches all.",
    key=("quota",),
    may_be_empty=True,
    columns=(
        Column(name="quota", required=True, about="name of the quota"),
        Column(
            name="limit",
            kind=Kind.NUMBER,
            required=True,
            low=0,
            high=MOST_UNITS,
            about="the most at once, also while one machine replaces another",
        ),
        Column(
            name="measure",
            choices=("units", "accelerators"),
            about="what is counted; blank: units (machines)",
        ),
        Column(name="provider", about="of the offers that it holds for"),
        Column(name="region", about="of the offers that it holds for"),
        Column(name="zone", about="of the offers that it holds for"),
        Column(name="accelerator", about="of the offers that it holds for"),
        Column(name="instance_type", about="of the offers that it holds for"),
        Column(name="term", choices=TERMS, about="of the offers that it holds for"),
    ),
)

PIPELINES = TableSchema(
    name="pipelines",
    about="Stages that a request passes in order; demand.csv has the rate of the pipeline.",
    key=("pipeline", "stage"),
    may_be_empty=True,
    columns=(
        Column(name="pipeline", required=True, about="name of the pipeline: a class of demand"),
        Column(name="stage", kind=Kind.INTEGER, required=True, low=1, about="place, from 1"),
        Column(name="class", required=True, about="class of the stage, as profiles name it"),
        Column(
            name="latency_ms",
            kind=Kind.NUMBER,
            unit="ms",
            required=True,
            low=0,
            about="budget of the whole pipeline, the same in all its rows",
        ),
        Column(
            name="requests",
            kind=Kind.NUMBER,
            low=0,
            about="requests of the stage per request of the pipeline; blank: 1",
        ),
    ),
)

SCENARIOS = TableSchema(
    name="scenarios",
    about="Ways in which demand may come; what is left of 1 is the probability of demand.csv.",
    key=("scenario", "class", "start"),
    may_be_empty=True,
    columns=(
        Column(name="scenario", required=True, about="name of the scenario"),
        Column(
            name="probability",
            kind=Kind.NUMBER,
            required=True,
            low=0,
            high=1,
            about="of the scenario, the same in all its rows",
        ),
        *DEMAND.columns,
    ),
)

ROUTES = TableSchema(
    name="routes",
    about="What it costs to send a request of a class to an offer's place.",
    key=("class", "offer"),
    may_be_empty=True,
    columns=(
        Column(name="class", required=True, about="demand class"),
        Column(name="offer", required=True, about="name of the offer"),
        Column(
            name="usd_per_request",
            kind=Kind.NUMBER,
            unit="USD/request",
            low=0,
            high=MOST_MONEY,
            about="egress and other cost of one request; blank: 0",
        ),
        Column(
            name="round_trip_ms",
            kind=Kind.NUMBER,
            unit="ms",
            low=0,
            about="network round trip; blank: unknown",
        ),
    ),
)

CURRENT = TableSchema(
    name="current",
    about="What runs now.",
    key=("offer",),
    may_be_empty=True,
    columns=(
        Column(name="offer", required=True, about="name of the offer"),
        Column(
            name="units",
            kind=Kind.INTEGER,
            required=True,
            low=0,
            high=MOST_UNITS,
            about="machines running now",
        ),
    ),
)

USAGE = TableSchema(
    name="usage",
    about="Who had which part of a machine, hour by hour, and what was done with it.",
    key=("resource_id", "start", "workload"),
    columns=(
        Column(name="resource_id", required=True, about="ResourceId of the bill"),
        Column(name="start", kind=Kind.INSTANT, required=True, about="start, ISO 8601 with zone"),
        Column(
            name="hours",
            kind=Kind.NUMBER,
            unit="h",
            required=True,
            low=1e-6,
            about="length of the interval",
        ),
        Column(name="kind", choices=("machine", "volume"), about="blank: machine"),
        Column(name="team", about="who had it; blank: nobody"),
        Column(name="workload", about="what ran; blank: nothing"),
        Column(name="workload_kind", choices=("service", "job"), about="blank: unknown"),
        Column(
            name="allocated",
            kind=Kind.NUMBER,
            low=0,
            about="accelerators (or share of a machine without any; a volume: 1 attached, "
            "0 unattached) that the workload held; blank: unknown",
        ),
        Column(
            name="capacity",
            kind=Kind.NUMBER,
            low=0,
            about="accelerators of the machine (1 for a machine without any, or a volume); "
            "blank: unknown",
        ),
        Column(
            name="utilization",
            kind=Kind.NUMBER,
            low=0,
            high=1,
            about="mean share of the time in which the allocated part computed; blank: unknown",
        ),
        Column(name="requests", kind=Kind.NUMBER, low=0, about="requests served; blank: unknown"),
        Column(name="input_tokens", kind=Kind.NUMBER, low=0, about="prompt tokens"),
        Column(name="output_tokens", kind=Kind.NUMBER, low=0, about="generated tokens"),
        Column(name="images", kind=Kind.NUMBER, low=0, about="images made"),
        Column(name="audio_s", kind=Kind.NUMBER, unit="s", low=0, about="seconds of audio"),
    ),
)

RATE_CARD = TableSchema(
    name="rate card",
    about="Your own prices: the columns of offers, and what the machine has.",
    key=("offer",),
    columns=(
        *OFFERS.columns,
        Column(name="currency", about="ISO 4217; blank: USD"),
        Column(name="vcpus", kind=Kind.NUMBER, low=0, about="virtual processors"),
        Column(name="memory_gib", kind=Kind.NUMBER, unit="GiB", low=0, about="main memory"),
        Column(name="source", about="where the price was read"),
        Column(name="as_of", about="day of the price, ISO 8601"),
    ),
)

TABLES = (
    OFFERS,
    DEMAND,
    PROFILES,
    ROUTES,
    CURRENT,
    CLASSES,
    QUOTAS,
    PIPELINES,
    SCENARIOS,
    USAGE,
    RATE_CARD,
    *SERVING_TABLES,
    *COMMIT_TABLES,
)
