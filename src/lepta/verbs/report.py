"""A file to send: what is paid, what is wasted, what the plan saves (`lepta report`)."""

import json as jsonlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from lepta.domain.assessment import Assessment
from lepta.domain.plan import FleetPlan
from lepta.domain.planfile import Origin
from lepta.errors import InputError

__all__ = ["Report", "report"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was reported, how old its parts are, and which files were written."""

    assessment: Assessment | None
    plan: FleetPlan | None
    generated_at: datetime
    assessed_at: datetime | None
    """When a saved assessment was made; None where it was handed over or is missing."""
    planned_at: datetime | None
    planned_for: Origin | None = None
    """The case and the promises of a saved plan."""
    files: tuple[Path, ...] = ()


def report(
    assessment: Assessment | None = None,
    plan: FleetPlan | None = None,
    *,
    html: str | Path | None = None,
    json: str | Path | None = None,
    title: str | None = None,
    now: datetime | None = None,
    folder: str | Path = ".",
) -> Report:
    """Report values, or else the last results that `lepta assess` and `lepta plan` kept.

    Parameters
    ----------
    assessment, plan  the values; where both are left out, the saved ones under `folder`/.lepta
    html, json        files to write: one self-contained page; one document `lepta.report/2`
    title             of the page
    now               the instant that the report bears; this machine's clock where left out
    folder            the working folder whose saved results are read

    Raises
    ------
    InputError
        There is nothing to report, or a saved result is damaged.
    Permanent
        A file cannot be written.
    """
    assessed_at = planned_at = planned_for = None
    if assessment is None and plan is None:
        assessment, assessed_at, plan, planned_at, planned_for = _saved(folder)
    generated_at = (now or _clock()).astimezone(UTC)
    made = Report(
        assessment=assessment,
        plan=plan,
        generated_at=generated_at,
        assessed_at=assessed_at,
        planned_at=planned_at,
        planned_for=planned_for,
    )
    return replace(made, files=_written(_texts(made, html, json, title)))


def _saved(
    folder: str | Path,
) -> tuple[Assessment | None, datetime | None, FleetPlan | None, datetime | None, Origin | None]:
    from lepta.report.schema.assess import from_json as assess_from
    from lepta.report.schema.plan import with_origin
    from lepta.wiring import state

    kept, planned = state.load("assess", folder=folder), state.load("plan", folder=folder)
    if kept is None and planned is None:
        raise InputError(
            "there is no assessment and no plan to report",
            where=str(Path(folder) / state.FOLDER),
            remedy="run `lepta assess` or `lepta plan` in this folder first, or `lepta demo`",
        )
    assessment = None if kept is None else _read(assess_from, kept[0], "assess", folder)
    plan, origin = (
        (None, None) if planned is None else _read(with_origin, planned[0], "plan", folder)
    )
    return assessment, kept and kept[1], plan, planned and planned[1], origin


def _read(
    from_json: Callable[[Mapping[str, Any]], T],
    payload: Mapping[str, Any],
    kind: str,
    folder: str | Path,
) -> T:
    from lepta.wiring import state

    try:
        return from_json(payload)
    except InputError as error:
        raise InputError(
            error.what,
            where=str(Path(folder) / state.FOLDER / f"{kind}.json"),
            remedy=f"run `lepta {kind}` again, or delete the file",
        ) from None


def _texts(
    made: Report, html: str | Path | None, json: str | Path | None, title: str | None
) -> list[tuple[Path, str]]:
    """Make every text before the first file is written."""
    texts = []
    if html is not None:
        from lepta.report.html import page

        text = page(
            made.assessment,
            made.plan,
            title=title,
            generated_at=made.generated_at,
            assessed_at=made.assessed_at,
            planned_at=made.planned_at,
        )
        texts.append((Path(html), text))
    if json is not None:
        from lepta.report.schema.report import to_json

        document = to_json(
            made.assessment,
            made.plan,
            made.generated_at,
            assessed_at=made.assessed_at,
            planned_at=made.planned_at,
            planned_for=made.planned_for,
        )
        text = jsonlib.dumps(document, indent=2, allow_nan=False, ensure_ascii=False)
        texts.append((Path(json), text + "\n"))
    return texts


def _written(texts: list[tuple[Path, str]]) -> tuple[Path, ...]:
    if not texts:
        return ()
    from lepta.wiring.outfiles import write_text

    return tuple(write_text(path, text) for path, text in texts)


def _clock() -> datetime:
    from lepta.wiring.clock import clock

    return clock().now()
