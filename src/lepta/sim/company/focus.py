"""The columns of a FOCUS 1.2 bill, and how a charge becomes a row of them.

All 57 columns of version 1.2 stand in each row, in the order of the specification's column list;
the company's own `x_` columns follow. A null is an empty cell. Money and quantities are exact
decimals: a cost is its unit price times its quantity, to the last digit.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from lepta.sim.company.calendar import END, START, stamp
from lepta.sim.company.catalog import AWS, GCP

__all__ = ["COLUMNS", "Charge", "decimal", "row"]

# fmt: off
STANDARD_COLUMNS = (
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName",
    "BillingAccountType", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
    "CapacityReservationId", "CapacityReservationStatus", "ChargeCategory", "ChargeClass",
    "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
    "CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName",
    "CommitmentDiscountQuantity", "CommitmentDiscountStatus", "CommitmentDiscountType",
    "CommitmentDiscountUnit", "ConsumedQuantity", "ConsumedUnit", "ContractedCost",
    "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost",
    "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "PricingQuantity",
    "PricingUnit", "ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId",
    "ResourceName", "ResourceType", "ServiceCategory", "ServiceName", "ServiceSubcategory",
    "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName",
    "SubAccountType", "Tags",
)
# fmt: on
OWN_COLUMNS = ("x_Team", "x_Workload", "x_Accelerator", "x_AcceleratorCount")
COLUMNS = (*STANDARD_COLUMNS, *OWN_COLUMNS)

REGION_NAMES = {
    "us-east-1": "US East (N. Virginia)",
    "us-central1": "Iowa",
    "europe-west4": "Netherlands",
}
ACCOUNTS: Mapping[str, Mapping[str, str]] = {
    AWS: {
        "BillingAccountId": "390000000017",
        "BillingAccountName": "Halden AI",
        "BillingAccountType": "Payer Account",
        "InvoiceId": "AWS-2026-09-17",
        "SubAccountId": "390000000025",
        "SubAccountName": "halden-prod",
        "SubAccountType": "Linked Account",
    },
    GCP: {
        "BillingAccountId": "01A2B3-C4D5E6-F7A8B9",
        "BillingAccountName": "Halden AI",
        "BillingAccountType": "Billing Account",
        "InvoiceId": "GCP-202609-0042",
        "SubAccountId": "halden-prod",
        "SubAccountName": "halden-prod",
        "SubAccountType": "Project",
    },
}
SAME_FOR_ALL = {
    "BillingCurrency": "USD",
    "BillingPeriodStart": stamp(START),
    "BillingPeriodEnd": stamp(END),
    "PricingCurrency": "USD",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What the row of a charge is made from. `effective` None: as billed."""

    provider: str
    start: str
    end: str
    category: str
    description: str
    service_category: str
    service_subcategory: str
    service: str
    billed: Decimal
    effective: Decimal | None = None
    frequency: str = "Usage-Based"
    charge_class: str | None = None
    pricing: str | None = "Standard"
    list_price: Decimal | None = None
    contracted_price: Decimal | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    consumed: bool = True
    """Whether the quantity was consumed; not so for purchases and unused commitments."""
    sku: str | None = None
    sku_details: Mapping[str, object] | None = None
    meter: str | None = None
    region: str | None = None
    zone: str | None = None
    resource: str | None = None
    resource_name: str | None = None
    resource_type: str | None = None
    commitment: Mapping[str, object] | None = None
    team: str | None = None
    workload: str | None = None
    accelerator: str | None = None
    accelerators: int | None = None


def decimal(number: float) -> Decimal:
    """The decimal that a price or quantity is written as."""
    return Decimal(str(number))


def row(charge: Charge) -> tuple[object, ...]:
    """Turn a charge into the cells of a FOCUS row."""
    listed = _times(charge.list_price, charge.quantity, charge.billed)
    contracted = _times(charge.contracted_price, charge.quantity, charge.billed)
    effective = charge.billed if charge.effective is None else charge.effective
    used = charge.consumed and charge.quantity is not None
    tags = {
        key: value
        for key, value in (("team", charge.team), ("workload", charge.workload))
        if value is not None
    }
    cells: dict[str, object] = {
        **SAME_FOR_ALL,
        **ACCOUNTS[charge.provider],
        "AvailabilityZone": charge.zone,
        "BilledCost": _short(charge.billed),
        "ChargeCategory": charge.category,
        "ChargeClass": charge.charge_class,
        "ChargeDescription": charge.description,
        "ChargeFrequency": charge.frequency,
        "ChargePeriodStart": charge.start,
        "ChargePeriodEnd": charge.end,
        "ConsumedQuantity": _short(charge.quantity) if used else None,
        "ConsumedUnit": charge.unit if used else None,
        "ContractedCost": _short(contracted),
        "ContractedUnitPrice": _short(charge.contracted_price),
        "EffectiveCost": _short(effective),
        "InvoiceIssuerName": charge.provider,
        "ListCost": _short(listed),
        "ListUnitPrice": _short(charge.list_price),
        "PricingCategory": charge.pricing,
        "PricingCurrencyContractedUnitPrice": _short(charge.contracted_price),
        "PricingCurrencyEffectiveCost": _short(effective),
        "PricingCurrencyListUnitPrice": _short(charge.list_price),
        "PricingQuantity": _short(charge.quantity),
        "PricingUnit": charge.unit,
        "ProviderName": charge.provider,
        "PublisherName": charge.provider,
        "RegionId": charge.region,
        "RegionName": REGION_NAMES.get(charge.region or ""),
        "ResourceId": charge.resource,
        "ResourceName": charge.resource_name,
        "ResourceType": charge.resource_type,
        "ServiceCategory": charge.service_category,
        "ServiceName": charge.service,
        "ServiceSubcategory": charge.service_subcategory,
        "SkuId": charge.sku,
        "SkuMeter": charge.meter,
        "SkuPriceDetails": json.dumps(charge.sku_details) if charge.sku_details else None,
        "SkuPriceId": f"{charge.sku}/{charge.pricing}" if charge.sku else None,
        "Tags": json.dumps(tags) if charge.resource else None,
        "x_Team": charge.team,
        "x_Workload": charge.workload,
        "x_Accelerator": charge.accelerator,
        "x_AcceleratorCount": charge.accelerators,
        **(charge.commitment or {}),
    }
    return tuple(cells.get(name) for name in COLUMNS)


def _times(price: Decimal | None, quantity: Decimal | None, otherwise: Decimal) -> Decimal:
    return otherwise if price is None or quantity is None else price * quantity


def _short(number: Decimal | None) -> Decimal | None:
    """The same number without trailing zeros; a number, so that no writer takes "-1" for text."""
    if number is None:
        return None
    text = f"{number:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)
