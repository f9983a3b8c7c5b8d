"""What-if: a plan's case with another price, demand, limit or promise; from text to a new case."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lepta.domain import whatifcase as cases
from lepta.domain.amounts import Change, change_of, milliseconds_of, number_of, share_of
from lepta.domain.patterns import near
from lepta.domain.plan import PlanCase
from lepta.domain.whatifcase import Moved, Touched
from lepta.errors import InputError, listing, shorten

__all__ = ["Applied", "Kind", "WhatIf", "apply", "parse"]

FORM = "KIND:PATTERN=CHANGE"
EXAMPLES = "price:H100=-20%, demand:*=x2, limit:A100=0, slo:chat=300ms"


class Kind(StrEnum):
    """What may be changed."""

    PRICE = "price"
    """Price of an hour of the offers that match (of an API: of its requests and tokens)."""
    DEMAND = "demand"
    """Arrival rate of the classes that match, in every scenario."""
    LIMIT = "limit"
    """Most units of the offers that match; 0 leaves them out, none lifts the limit."""
    SLO = "slo"
    """Latency objective of the classes, or budget of the pipelines, that match."""
    QUOTA = "quota"
    """Limit of the quotas that match; none lifts it."""
    RATE = "rate"
    """What one unit serves, as profiles say, on the offers that match; CLASS@OFFER narrows it."""
    CARBON = "carbon"
    """Emissions of an hour of the offers that match."""
    SURVIVE = "survive"
    """Share of the demand that is served after the loss of one zone, region, provider or pool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """One change of a case."""

    kind: Kind
    pattern: str
    change: Change
    text: str
    """As it was written."""

    @property
    def where(self) -> str:
        """How messages name it."""
        return f"what-if {shorten(self.text)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a what-if found, what became of it, and what it had to leave as it is, with reasons."""

    text: str
    kind: Kind
    moved: tuple[Moved, ...]
    left: tuple[str, ...] = ()


LIFTS = (Kind.LIMIT, Kind.QUOTA, Kind.SURVIVE)
"""Promises that may be taken away."""

TOUCH: dict[Kind, Callable[[PlanCase, str, Change], Touched]] = {
    Kind.PRICE: cases.price,
    Kind.DEMAND: cases.demand,
    Kind.LIMIT: cases.limit,
    Kind.SLO: cases.slo,
    Kind.QUOTA: cases.quota,
    Kind.RATE: cases.rate,
    Kind.CARBON: cases.carbon,
    Kind.SURVIVE: cases.survive,
}


def parse(text: str) -> WhatIf:
    """Read `KIND:PATTERN=CHANGE`.

    Raises
    ------
    InputError
        It has another form, an unknown kind, or a change that cannot be read.
    """
    where = f"what-if {shorten(text)}"
    kind, colon, rest = text.partition(":")
    pattern, equals, change = rest.rpartition("=")
    if not colon or not equals or not pattern.strip() or not change.strip():
        raise InputError(
            f"is not of the form {FORM}", where=where, remedy=f"write it as in {EXAMPLES}"
        )
    if kind.strip() not in tuple(Kind):
        raise InputError(
            f"{shorten(kind)} cannot be changed",
            where=where,
            remedy=f"{near(kind.strip(), tuple(Kind))}there are {', '.join(Kind)}",
        )
    name = Kind(kind.strip())
    if name in LIFTS and change.strip().lower() == "none":
        wanted = Change()
    elif name is Kind.SURVIVE:
        wanted = Change(value=share_of(change, where))
    else:
        wanted = change_of(change, where, milliseconds_of if name is Kind.SLO else number_of)
    return WhatIf(kind=name, pattern=pattern.strip(), change=wanted, text=text)


def apply(case: PlanCase, what_ifs: Sequence[WhatIf]) -> tuple[PlanCase, tuple[Applied, ...]]:
    """Change a case, one what-if after the other, and say what each of them did.

    Raises
    ------
    InputError
        One finds nothing to change, or leaves a case that contradicts itself.
    """
    said = []
    for what_if in what_ifs:
        try:
            touched = TOUCH[what_if.kind](case, what_if.pattern, what_if.change)
        except InputError as error:
            raise InputError(error.what, where=what_if.where, remedy=error.remedy) from None
        if not touched.moved:
            raise InputError(
                f"changes nothing: {listing(touched.left, 3)}",
                where=what_if.where,
                remedy=touched.remedy,
            )
        case = touched.case
        said.append(
            Applied(
                text=what_if.text,
                kind=what_if.kind,
                moved=touched.moved,
                left=touched.left,
            )
        )
    return case, tuple(said)
