"""The table of charges, which every bill becomes before anything is added up, and of usage.

A row is one charge of a FOCUS bill. Money is exact to 1e-12 of its currency; instants are UTC; null
is "the bill does not say". Types are written the way that Ibis reads them.
"""

from collections.abc import Mapping
from enum import StrEnum

__all__ = [
    "CATEGORIES",
    "CHARGES",
    "HINTS",
    "MONEY",
    "NO_CURRENCY",
    "TEAM_TAGS",
    "USAGE_ROWS",
    "WORKLOAD_TAGS",
]
__all__ += ["OUTPUT_WEIGHT", "Category"]

MONEY = "decimal(38, 12)"
NO_CURRENCY = "XXX"
"""ISO 4217: no currency is involved, here: none was named."""


class Category(StrEnum):
    """ChargeCategory of FOCUS."""

    USAGE = "Usage"
    PURCHASE = "Purchase"
    TAX = "Tax"
    CREDIT = "Credit"
    ADJUSTMENT = "Adjustment"


CATEGORIES = tuple(str(category) for category in Category)

CHARGES: Mapping[str, str] = {
    "source": "string",
    "billed": MONEY,
    "effective": MONEY,
    "currency": "string",
    "category": "string",
    "start": "timestamp(6)",
    "end": "timestamp(6)",
    "service": "string",
    "region": "string",
    "resource": "string",
    "commitment": "string",
    "accelerator": "string",
    "accelerators": "float64",
    "consumed": "float64",
    "consumed_unit": "string",
    "team": "string",
    "workload": "string",
    "tags": "string",
    "sku_details": "string",
    "sku_extras": "string",
    "machine_type": "string",
    "resource_type": "string",
    "description": "string",
    "meter": "string",
}
"""`team` and `workload`: x_Team and x_Workload of the row; `tags`: one JSON object as text;
`commitment`: CommitmentDiscountStatus (Used, Unused); `accelerators`: how many one machine has;
the columns of `HINTS`: texts of the bill as they stand."""

HINTS: Mapping[str, str] = {
    "sku_details": "SkuPriceDetails",
    "sku_extras": "x_SkuDetails",
    "machine_type": "x_InstanceType",
    "resource_type": "ResourceType",
    "description": "ChargeDescription",
    "meter": "SkuMeter",
}
"""Columns that may name a machine type or a SKU, and what FOCUS or the exporter calls them; of two
that name one, the first is followed."""

USAGE_ROWS: Mapping[str, str] = {
    "resource": "string",
    "begin": "int64",
    "end": "int64",
    "kind": "string",
    "team": "string",
    "workload": "string",
    "workload_kind": "string",
    "allocated": "float64",
    "capacity": "float64",
    "utilization": "float64",
    "requests": "float64",
    "input_tokens": "float64",
    "output_tokens": "float64",
    "images": "float64",
    "audio_s": "float64",
}
"""`begin` and `end` in whole seconds since 1970 UTC, half-open."""

TEAM_TAGS = (
    "team",
    "owning-team",
    "squad",
    "business-unit",
    "bu",
    "department",
    "cost-center",
    "owner",
)
WORKLOAD_TAGS = (
    "workload",
    "application",
    "app",
    "app-name",
    "service",
    "component",
    "model",
    "deployment",
    "job",
    "project",
)
"""Tag keys that name an owner, first match wins; letter case, "-", "_", "." and blanks are passed
over in a key, and so is a prefix such as `user:`."""

OUTPUT_WEIGHT = 4.0
"""An output token is taken to cost as much as four input tokens: about the ratio that price lists
of hosted models show."""
