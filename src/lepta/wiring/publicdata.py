"""The public tables, opened: what `examples/real_data` makes a planning case from."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lepta.adapters.outfile import csv_text, write_text
from lepta.adapters.traces import azure_llm, gpuspecs, listprices, mlenergy, servegen
from lepta.adapters.traces.azure_llm import ServiceSample
from lepta.adapters.traces.mlenergy import ImagePoint, LlmPoint
from lepta.adapters.traces.servegen import Day
from lepta.domain.offer import CatalogEntry
from lepta.errors import InputError

__all__ = [
    "CatalogEntry",
    "Day",
    "ImagePoint",
    "LlmPoint",
    "PublicTables",
    "ServiceSample",
    "find_folder",
    "open_tables",
    "write_table",
]

AWS_ACCELERATORS = ("h100", "b200")
AZURE_REGIONS = ("eastus",)
GCP_MACHINES = ("a3-highgpu-8g", "a3-megagpu-8g")
GCP_REGIONS = ("us-central1", "us-east1", "us-east4")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicTables:
    """What the tables say, before any rule turns it into a case."""

    services: tuple[ServiceSample, ...]
    language_days: tuple[Day, ...]
    image_days: tuple[Day, ...]
    llm_points: tuple[LlmPoint, ...]
    image_points: tuple[ImagePoint, ...]
    dense_flops: dict[str, float]
    """BF16 FLOP/s of one accelerator, by name."""
    prices: tuple[CatalogEntry, ...]


def find_folder(named: str | Path | None, checkout: Path) -> Path:
    """Find the folder of public data: as named, else $LEPTA_DATA, else `../shared/data`.

    Raises
    ------
    InputError
        It is not there; a wrong name is refused rather than passed over.
    """
    place = Path(named or os.environ.get("LEPTA_DATA") or checkout.parent / "shared" / "data")
    if (place / "README.md").is_file():
        return place
    raise InputError(
        "the folder of public data is not here",
        where=str(place),
        remedy="set LEPTA_DATA to the folder; docs/howto/real-data.md says what is in it",
    )


def open_tables(
    folder: str | Path,
    *,
    language: str = "m-large",
    image: str = "mm-image",
    task: str = "lm-arena-chat",
) -> PublicTables:
    """Read every table that a case needs."""
    return PublicTables(
        services=azure_llm.read(folder),
        language_days=servegen.read(folder, language),
        image_days=servegen.read(folder, image),
        llm_points=mlenergy.read_llm(folder, task),
        image_points=mlenergy.read_image(folder),
        dense_flops=gpuspecs.read(folder),
        prices=(
            *listprices.read_aws(folder, AWS_ACCELERATORS),
            *listprices.read_azure(folder, AZURE_REGIONS),
            *listprices.read_gcp(folder, GCP_MACHINES, GCP_REGIONS),
        ),
    )


def write_table(path: str | Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    """Write one table of a case, whole or not at all."""
    return write_text(path, csv_text(header, rows))
