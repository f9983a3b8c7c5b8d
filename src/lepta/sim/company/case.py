"""The planner's five tables: offers, demand, profiles, routes, and what runs today."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from lepta.domain.schemas import CURRENT, DEMAND, OFFERS, PROFILES, ROUTES
from lepta.domain.tables import TableSchema
from lepta.sim.company.calendar import next_hour, stamp
from lepta.sim.company.catalog import AWS, SHAPES, STORAGE_PRICES
from lepta.sim.company.fleet import Fleet, Role
from lepta.sim.company.services import SERVICES

__all__ = ["CHOICES", "case_tables", "demand_table"]

Row = tuple[object, ...]
Table = tuple[tuple[str, ...], list[Row]]


@dataclass(frozen=True, slots=True)
class Choice:
    """An offer that the planner may hold, and how many of it: quota, or stock seen."""

    name: str
    shape: str
    term: str
    limit: int
    startup_s: int


CHOICES = (
    Choice("aws-h100", "p5.4xlarge@us-east-1", "on-demand", 80, 420),
    Choice("aws-l40s", "g6e.xlarge@us-east-1", "on-demand", 120, 240),
    Choice("aws-l40s-spot", "g6e.xlarge@us-east-1", "spot", 8, 240),
    Choice("aws-l4", "g6.xlarge@us-east-1", "on-demand", 120, 240),
    Choice("aws-l4-spot", "g6.xlarge@us-east-1", "spot", 12, 240),
    Choice("gcp-a100", "a2-ultragpu-1g@us-central1", "on-demand", 40, 420),
    Choice("gcp-a100-spot", "a2-ultragpu-1g@us-central1", "spot", 8, 420),
    Choice("gcp-h100", "a3-highgpu-1g@us-central1", "on-demand", 8, 420),
    Choice("gcp-h100-spot", "a3-highgpu-1g@us-central1", "spot", 4, 420),
    Choice("gcp-l4", "g2-standard-4@us-central1", "on-demand", 64, 240),
    Choice("gcp-l4-spot", "g2-standard-4@us-central1", "spot", 12, 240),
    Choice("gcp-eu-l4-spot", "g2-standard-4@europe-west4", "spot", 12, 240),
)
"""Limits and start-up times are our choice; prices and hazards are those of the shapes."""

ROUND_TRIP_MS = {"us-east-1": 12, "us-central1": 38, "europe-west4": 104}
"""Assumed, from users on the east coast."""


def case_tables(fleet: Fleet, expected: Mapping[str, NDArray[np.float64]]) -> dict[str, Table]:
    """File name -> (header, rows). `expected`: hourly rates of the 30 days after the month."""
    return {
        "offers.csv": (_header(OFFERS), list(_offers())),
        "demand.csv": demand_table(expected, next_hour),
        "profiles.csv": (_header(PROFILES), list(_profiles())),
        "routes.csv": (_header(ROUTES), list(_routes())),
        "current.csv": (_header(CURRENT), _current(fleet)),
    }


def demand_table(
    rates: Mapping[str, NDArray[np.float64]], begin: Callable[[int], datetime]
) -> Table:
    """Hourly mean rate of every class; `begin` gives the start of an hour."""
    rows: list[Row] = [
        (service.name, stamp(begin(index)), 1, rate)
        for service in SERVICES
        for index, rate in enumerate(rates[service.name].tolist())
    ]
    return _header(DEMAND), rows


def _header(schema: TableSchema) -> tuple[str, ...]:
    return tuple(column.name for column in schema.columns)


def _offers() -> Iterator[Row]:
    for choice in CHOICES:
        shape = SHAPES[choice.shape]
        spot = choice.term == "spot"
        known = {
            "offer": choice.name,
            "provider": "aws" if shape.provider == AWS else "gcp",
            "region": shape.region,
            "zone": shape.zone,
            "instance_type": shape.instance_type,
            "accelerator": shape.accelerator,
            "accelerator_count": shape.accelerators,
            "term": choice.term,
            "price_per_hour": shape.spot if spot else shape.on_demand,
            "limit": choice.limit,
            "interruptions_per_hour": shape.interruptions_per_hour if spot else None,
            "startup_s": choice.startup_s,
            "carbon_g_per_hour": shape.carbon_g_per_hour,
        }
        yield tuple(known.get(name) for name in _header(OFFERS))


def _profiles() -> Iterator[Row]:
    for service in SERVICES:
        for choice in CHOICES:
            rate = service.per_machine.get(SHAPES[choice.shape].accelerator)
            if rate is not None:
                yield (service.name, choice.name, rate, None)


def _routes() -> Iterator[Row]:
    """Requests arrive at home; sent to another provider, they leave the home region for a price."""
    for service in SERVICES:
        home = SHAPES[service.home]
        key = "egress-aws" if home.provider == AWS else "egress-gcp"
        away = STORAGE_PRICES[key] * service.request_mb / 1000.0
        for choice in CHOICES:
            shape = SHAPES[choice.shape]
            if shape.accelerator not in service.per_machine:
                continue
            answer = STORAGE_PRICES["egress-aws" if shape.provider == AWS else "egress-gcp"]
            cost = answer * service.response_mb / 1000.0
            if shape.region != home.region:
                cost += away
            yield (service.name, choice.name, round(cost, 10), ROUND_TRIP_MS[shape.region])


def _current(fleet: Fleet) -> list[Row]:
    held: dict[str, int] = {}
    for machine in fleet.role(Role.SERVING):
        for choice in CHOICES:
            if SHAPES[choice.shape] == machine.shape and choice.term == machine.term:
                held[choice.name] = held.get(choice.name, 0) + 1
    return list(held.items())
