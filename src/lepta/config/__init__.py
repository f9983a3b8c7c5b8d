"""The user's file to validated plain values."""

from lepta.config.model import Config, Filter, Plan, Prices, Sources, Tags, json_schema
from lepta.config.read import DEFAULT_NAME, parse_config

__all__ = [
    "DEFAULT_NAME",
    "Config",
    "Filter",
    "Plan",
    "Prices",
    "Sources",
    "Tags",
    "json_schema",
    "parse_config",
]
