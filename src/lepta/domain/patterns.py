"""Finding offers and names by pattern: case-blind globs and comma lists, as in `lepta prices`."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from lepta.domain.offer import Offer
from lepta.domain.plan import PlanCase
from lepta.errors import InputError, listing

__all__ = ["fits", "names_like", "near", "offers_like"]

FIELDS = ("id", "accelerator", "instance_type", "region", "zone", "provider", "term")
"""What a pattern of offers is matched against; the first that fits is named."""


def near(name: str, names: Sequence[str]) -> str:
    """Ask whether a name like it is meant; "" where none is like it."""
    lowered = {one.lower(): one for one in names}
    found = get_close_matches(name.lower().strip("*"), list(lowered), n=3, cutoff=0.5)
    return f"is {' or '.join(lowered[one] for one in found)} meant? " if found else ""


def offers_like(case: PlanCase, pattern: str) -> list[tuple[Offer, str]]:
    """Return the offers that match, each with what of it did ("" for its name)."""
    found = []
    for offer in case.offers:
        field = next((name for name in FIELDS if _offer_fits(offer, name, pattern)), None)
        if field is not None:
            word = field.replace("_", " ")
            found.append((offer, "" if field == "id" else f"{word} {getattr(offer, field)!s}"))
    if not found:
        names = {str(getattr(offer, field)) for offer in case.offers for field in FIELDS} - {""}
        raise InputError(
            f"no offer has {pattern!r} as {', '.join(FIELDS[:-1])} or {FIELDS[-1]}",
            remedy=near(pattern, sorted(names))
            + f"the offers are {listing([offer.id for offer in case.offers])}",
        )
    return found


def _offer_fits(offer: Offer, field: str, pattern: str) -> bool:
    value = str(getattr(offer, field))
    if not value:
        return False
    # H100 finds the whole family: H100-NVL as well.
    family = f"{pattern},{pattern}-*" if field == "accelerator" else pattern
    return fits(value, family)


def names_like(pattern: str, names: Iterable[str], kind: str) -> list[str]:
    """Return the names that match, in order of the alphabet.

    Raises
    ------
    InputError
        None does.
    """
    there = sorted(names)
    found = [name for name in there if fits(name, pattern)]
    if not found:
        said = f"there are {listing(there)}" if there else f"the case has no {kind}"
        raise InputError(f"no {kind} is named {pattern!r}", remedy=near(pattern, there) + said)
    return found


def fits(value: str, pattern: str) -> bool:
    """Tell whether a value is one that the pattern means."""
    return any(fnmatchcase(value.lower(), part) for part in _parts(pattern))


def _parts(pattern: str) -> list[str]:
    return [part.strip().lower() for part in pattern.split(",") if part.strip()]
