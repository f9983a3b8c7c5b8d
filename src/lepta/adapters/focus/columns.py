"""Which FOCUS column is where: versions told by columns, names in any letter case.

Sources: FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec, tags v1.0, v1.1, v1.2, and the 1.3 column list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lepta.errors import InputError, listing

__all__ = ["Layout", "layout"]

REQUIRED = ("BilledCost", "EffectiveCost", "ChargeCategory", "ChargePeriodStart", "ChargePeriodEnd")

USED = (
    *REQUIRED,
    "AllocatedTags",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeDescription",
    "CommitmentDiscountStatus",
    "ConsumedQuantity",
    "ConsumedUnit",
    "HostProviderName",
    "ProviderName",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceType",
    "ServiceName",
    "ServiceProviderName",
    "SkuMeter",
    "SkuPriceDetails",
    "Tags",
)
OWN = (
    "x_Team",
    "x_Workload",
    "x_Accelerator",
    "x_AcceleratorCount",
    "x_InstanceType",
    "x_SkuInstanceType",
    "x_SkuDetails",
)
"""Columns beside those of FOCUS: lepta's own, and where exporters name the machine type; letter
case and "_" are passed over, so that `x_team` or `x_accelerator_count` do."""

SINCE: Mapping[str, frozenset[str]] = {
    "1.3": frozenset(
        {
            "allocatedmethodid",
            "allocatedmethoddetails",
            "allocatedresourceid",
            "allocatedresourcename",
            "allocatedtags",
            "contractapplied",
            "serviceprovidername",
            "hostprovidername",
        }
    ),
    "1.2": frozenset(
        {
            "billingaccounttype",
            "invoiceid",
            "pricingcurrency",
            "pricingcurrencycontractedunitprice",
            "pricingcurrencyeffectivecost",
            "pricingcurrencylistunitprice",
            "subaccounttype",
        }
    ),
    "1.1": frozenset(
        {
            "capacityreservationid",
            "capacityreservationstatus",
            "commitmentdiscountquantity",
            "commitmentdiscountunit",
            "servicesubcategory",
            "skumeter",
            "skupricedetails",
        }
    ),
}
"""Columns that a version added, newest version first."""

OTHERS: tuple[tuple[str, frozenset[str], str], ...] = (
    (
        "an AWS Cost and Usage Report (legacy columns)",
        frozenset({"lineitem/unblendedcost", "line_item_unblended_cost"}),
        "create a FOCUS export in AWS Data Exports, or convert the file to FOCUS",
    ),
    (
        "an Azure cost export (EA or MCA columns)",
        frozenset({"costinbillingcurrency", "metercategory"}),
        "create an export of the type 'Cost and usage details (FOCUS)', or convert it to FOCUS",
    ),
    (
        "a Google Cloud billing export",
        frozenset({"usage_start_time", "cost_type"}),
        "use the FOCUS view of the BigQuery export, or convert it to FOCUS",
    ),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one bill: `places` maps a FOCUS name to the name in the file."""

    source: str
    version: str
    places: Mapping[str, str]

    def has(self, name: str) -> bool:
        """Tell whether the bill has this FOCUS column."""
        return name in self.places


def layout(source: str, header: Sequence[str]) -> Layout:
    """Find the FOCUS columns of a bill and the newest version that they show.

    A partial export may show an older version than it is: only columns that are there can tell.

    Raises
    ------
    InputError
        A column stands twice, a required one is missing, or this is another kind of bill.
    """
    known: dict[str, str] = {}
    for name in header:
        key = name.strip().lower()
        if key in known and key:
            raise InputError.at(
                source,
                "stands twice in the header",
                row=1,
                column=name,
                remedy="rename or remove one of the two columns",
            )
        known[key] = name
    places = {name: known[name.lower()] for name in USED if name.lower() in known}
    squeezed = {key.replace("_", ""): name for key, name in known.items() if key.startswith("x")}
    for name in OWN:
        key = name.lower().replace("_", "")
        if key in squeezed:
            places[name] = squeezed[key]
    missing = [name for name in REQUIRED if name not in places]
    if missing:
        raise _missing(source, known, missing)
    version = next((v for v, new in SINCE.items() if new & known.keys()), "1.0")
    return Layout(source, version, places)


def _missing(source: str, known: Mapping[str, str], missing: Sequence[str]) -> InputError:
    if len(missing) >= len(REQUIRED) - 1:
        for kind, marks, remedy in OTHERS:
            if marks & known.keys():
                return InputError(
                    f"is not a FOCUS bill: it looks like {kind}", where=source, remedy=remedy
                )
    return InputError.at(
        source,
        f"is not a FOCUS bill that lepta can add up: {listing(missing)} "
        f"{'is' if len(missing) == 1 else 'are'} missing; "
        f"there are {listing([*known.values()], 6)}",
        row=1,
        column=missing[0],
        remedy=f"export all of {', '.join(REQUIRED)} (FOCUS 1.0 to 1.3)",
    )
