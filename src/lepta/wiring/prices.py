"""Where prices come from: the built-in catalog, rate cards, SkyPilot catalog folders."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from lepta.adapters.catalog import BUILT_IN
from lepta.adapters.csvfile import read_csv
from lepta.adapters.outfile import csv_text
from lepta.adapters.ratecard import parse_rate_card
from lepta.adapters.skypilot import parse_vms
from lepta.adapters.systemclock import SystemClock
from lepta.domain.offer import CatalogEntry
from lepta.domain.schemas import RATE_CARD
from lepta.errors import InputError
from lepta.ports.clock import Clock

__all__ = ["built_in", "catalog", "catalog_csv", "today_clock"]

VMS_NAME = "vms.csv"


def today_clock() -> Clock:
    """Return the clock of this machine."""
    return SystemClock()


def built_in() -> tuple[CatalogEntry, ...]:
    """Read the catalog inside the package."""
    return parse_rate_card(read_csv(BUILT_IN))


def catalog(
    *,
    builtin: bool = True,
    rate_cards: Sequence[str | Path] = (),
    skypilot: Sequence[str | Path] = (),
) -> tuple[tuple[CatalogEntry, ...], tuple[str, ...]]:
    """Read every price source; remarks say what was replaced or passed over.

    Names are unique over all sources: your own rate card replaces a SkyPilot row of the same name,
    and both replace the built-in one.

    Raises
    ------
    InputError
        A source is missing or wrong, or two of the user's own files name the same offer.
    """
    notes: list[str] = []
    merged = {entry.offer.id: entry for entry in built_in()} if builtin else {}
    theirs: list[CatalogEntry] = []
    for place in skypilot:
        for file, cloud in _vms_files(Path(place)):
            day = datetime.fromtimestamp(file.stat().st_mtime, UTC).date().isoformat()
            entries, remarks = parse_vms(read_csv(file), cloud=cloud, as_of=day)
            theirs.extend(entries)
            notes.extend(remarks)
    own = [entry for card in rate_cards for entry in parse_rate_card(read_csv(card))]
    for name, layer in (("SkyPilot catalog", theirs), ("rate card", own)):
        _refuse_twice(layer)
        replaced = [entry.offer.id for entry in layer if entry.offer.id in merged]
        if replaced:
            notes.append(f"the {name} replaces {len(replaced)} offers, such as {replaced[0]}")
        merged.update((entry.offer.id, entry) for entry in layer)
    if not (builtin or rate_cards or skypilot):
        raise InputError(
            "no source of prices is left", remedy="give --rate-card or --skypilot, or keep built-in"
        )
    return tuple(merged.values()), tuple(notes)


def _refuse_twice(entries: Iterable[CatalogEntry]) -> None:
    seen: dict[str, str] = {}
    for entry in entries:
        name = entry.offer.id
        if name in seen:
            raise InputError(
                f"offer {name!r} stands in {seen[name]} as well",
                where=entry.source,
                remedy="keep it in one of the two files",
            )
        seen[name] = entry.source


def _vms_files(place: Path) -> list[tuple[Path, str]]:
    """Find `vms.csv` files and their cloud: a file, a cloud's folder, a catalog of many clouds."""
    if place.is_file():
        return [(place, place.resolve().parent.name)]
    if (place / VMS_NAME).is_file():
        return [(place / VMS_NAME, place.resolve().name)]
    files = sorted(place.glob(f"*/{VMS_NAME}"))
    if not files:
        raise InputError(
            f"holds no {VMS_NAME} and no folder with one" if place.is_dir() else "does not exist",
            where=str(place),
            remedy="give a SkyPilot catalog such as ~/.sky/catalogs/v8 with <cloud>/vms.csv",
        )
    return [(file, file.parent.name) for file in files]


def catalog_csv(entries: Iterable[CatalogEntry]) -> str:
    """Render offers as CSV that serves as a rate card and as `offers.csv` of `lepta plan`."""
    return csv_text([column.name for column in RATE_CARD.columns], map(_cells, entries))


def _cells(entry: CatalogEntry) -> list[object]:
    offer = entry.offer
    own: dict[str, object] = {
        "offer": offer.id,
        "term": offer.term.value,
        "currency": entry.currency,
        "vcpus": entry.vcpus,
        "memory_gib": entry.memory,
        "accelerator_memory_gib": entry.accelerator_memory,
        "source": entry.source,
        "as_of": entry.as_of,
    }
    return [
        own[column.name] if column.name in own else getattr(offer, column.name)
        for column in RATE_CARD.columns
    ]
