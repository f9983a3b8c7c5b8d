"""The study of docs/study.md: `python examples/study/run.py --data FOLDER --out FOLDER [--page]`.

Plans a company with chat, code and image services on public data, one promise at a time, asks
what to commit to, and writes study.json, three tables, the picture and the page. With --page the
page and the picture go into docs/ as well.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import commitments
import company as firm
import promises
import tables
from page import page
from picture import picture
from promises import Held, Question

import lepta
from lepta.domain.offer import Term
from lepta.domain.plan import FleetPlan
from lepta.errors import LeptaError
from lepta.wiring.outfiles import write_text
from lepta.wiring.publicdata import find_folder, open_tables, write_table

CHECKOUT = Path(__file__).resolve().parents[2]
DAYS = (6, 7)
GRID_YEAR = 2024
GAP, TIME_LIMIT_S = 0.005, 300.0
"""The gap ends each search; the time limit is there so that nothing hangs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A question, its plan, and how long that took."""

    question: Question
    plan: FleetPlan
    held: tuple[Held, ...]
    runtime_s: float

    @property
    def per_day(self) -> float:
        """USD per day, all that is paid or expected."""
        return 24.0 * firm.known(self.plan.cost, "cost") / self.plan.hours

    @property
    def bound_per_day(self) -> float:
        """No plan that keeps the promise costs less than this per day."""
        return 24.0 * firm.known(self.plan.bound, "bound") / self.plan.hours

    def accelerators(self, term: Term) -> tuple[float, float]:
        """Return the mean and the most accelerators held on a term."""
        hours = promises.accelerators(self.question.case, self.plan, term)
        return sum(hours) / len(hours), max(hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """All that was found."""

    tables: firm.Tables
    base: Answer
    rows: tuple[Answer, ...]
    histories: tuple[Answer, ...]
    """All days of the trace, without spot and with it."""
    commitments: tuple[commitments.Commitment, ...]
    mixes: tuple[Answer, ...]
    google: tables.GoogleMachine


def read(data: Path) -> firm.Tables:
    """Read all tables."""
    if not tables.same_price_in_2024(data, firm.AWS_MACHINE, firm.AWS_REGIONS):
        raise LeptaError(
            "AWS asked different prices in 2024", remedy="leave out the regions without a price"
        )
    return firm.Tables(
        public=open_tables(data),
        advice=tables.advice(data, firm.AWS_MACHINE, firm.AWS_REGIONS),
        google=tables.google(data, firm.GOOGLE_MACHINES, firm.GOOGLE_REGIONS),
        api=tables.apis(data, [firm.CHAT_API])[0],
        watts=tables.watts(data),
        grids=tables.grids(data, GRID_YEAR),
    )


def ask(question: Question) -> Answer:
    """Plan one case and say what came out."""
    before = perf_counter()
    plan = lepta.plan(question.case, gap=GAP, time_limit_s=TIME_LIMIT_S)
    took = perf_counter() - before
    if plan.cost is None or plan.gap is None:
        raise LeptaError(f"no fleet keeps this promise: {question.promise}")
    print(
        f"{question.key:18} {24 * plan.cost / plan.hours:10,.0f} USD/day  {plan.status}, "
        f"gap {plan.gap:.2%}, {took:.0f} s",
        flush=True,
    )
    return Answer(
        question=question, plan=plan, held=promises.held(question.case, plan), runtime_s=took
    )


def study(data: Path) -> Study:
    """Ask everything."""
    read_tables = read(data)
    case = firm.company(read_tables, DAYS)
    base = ask(promises.base(case))
    carbon = firm.known(base.plan.carbon_kg, "carbon")
    rows = [ask(question) for question in promises.questions(case, read_tables, len(DAYS), carbon)]
    google = next(
        m for m in read_tables.google if m.machine == "a3-highgpu-8g" and m.region == "us-central1"
    )
    all_days = tuple(day.day for day in read_tables.public.language_days)
    histories, found = [], []
    for spot in (False, True):
        whole = commitments.history_case(firm.company(read_tables, all_days), spot=spot)
        name = f"ten days{', spot' if spot else ''}"
        answer = ask(Question(key=name, promise=name, case=whole))
        histories.append(answer)
        found.append(commitments.commitment(whole, answer.plan, google, spot=spot))
    return Study(
        tables=read_tables,
        base=base,
        rows=tuple(rows),
        histories=tuple(histories),
        commitments=tuple(found),
        mixes=tuple(ask(q) for q in commitments.mixes(case, google, found[0].units)),
        google=google,
    )


def write(found: Study, folder: Path) -> None:
    """Write the study in full, its tables, the picture and the page."""
    answers = [found.base, *found.rows, *found.histories, *found.mixes]
    document = {
        "days": list(DAYS),
        "gap": GAP,
        "answers": [_document(found, answer) for answer in answers],
        "commitments": [
            {
                "spot": one.spot,
                "usage_h100": one.usage,
                **{
                    name: {
                        "bought": [asdict(row) for row in plan.bought],
                        "saving": asdict(plan.saving),
                        "cost_now": plan.cost_now,
                        "explanation": plan.explanation,
                    }
                    for name, plan in (("neutral", one.neutral), ("cautious", one.cautious))
                },
            }
            for one in found.commitments
        ],
    }
    write_text(folder / "study.json", json.dumps(document, indent=1, default=str) + "\n")
    write_table(
        folder / "promises.csv",
        ("key", "promise", "usd_per_day", "difference", "kg_per_day", "gap", "runtime_s"),
        [
            (
                a.question.key,
                a.question.promise,
                round(a.per_day, 2),
                round(a.per_day - found.base.per_day, 2),
                None
                if a.plan.carbon_kg is None
                else round(24 * a.plan.carbon_kg / a.plan.hours, 1),
                a.plan.gap,
                round(a.runtime_s, 1),
            )
            for a in answers
        ],
    )
    write_table(
        folder / "units.csv",
        ("key", "offer", "term", "mean", "peak"),
        [
            (a.question.key, h.offer, h.term, round(h.mean, 3), h.peak)
            for a in answers
            for h in a.held
        ],
    )
    write_table(folder / "fleet.csv", ("key", "start", "offer", "units"), list(_fleet(answers)))
    write_text(folder / "study.svg", picture(found))
    write_text(folder / "study.md", page(found))


def _document(found: Study, answer: Answer) -> dict[str, object]:
    return {
        "key": answer.question.key,
        "promise": answer.question.promise,
        "status": answer.plan.status,
        "usd_per_day": answer.per_day,
        "difference": answer.per_day - found.base.per_day,
        "bound_per_day": answer.bound_per_day,
        "gap": answer.plan.gap,
        "carbon_kg": answer.plan.carbon_kg,
        "carbon_cost": answer.plan.carbon_cost,
        "runtime_s": answer.runtime_s,
        "held": [asdict(row) for row in answer.held],
        "emergencies": [asdict(row) for row in answer.plan.emergencies],
        "outlooks": [asdict(row) for row in answer.plan.outlooks],
        "explanation": answer.plan.explanation,
    }


def _fleet(answers: Iterable[Answer]) -> Iterator[tuple[object, ...]]:
    for a in answers:
        for unit in a.plan.units:
            if unit.count:
                yield a.question.key, f"{unit.start:%Y-%m-%dT%H:%MZ}", unit.offer, unit.count


def main() -> int:
    """Run the study, write it, and say where."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", help="folder of public data (default: $LEPTA_DATA)")
    parser.add_argument("--out", type=Path, default=Path("out/study"), help="folder to write to")
    parser.add_argument("--page", action="store_true", help="write docs/study.md too")
    options = parser.parse_args()
    try:
        found = study(find_folder(options.data, CHECKOUT))
        write(found, options.out)
    except LeptaError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    if options.page:
        for name, place in (("study.md", "study.md"), ("study.svg", "assets/study.svg")):
            write_text(CHECKOUT / "docs" / place, (options.out / name).read_text())
    print(f"wrote {options.out}: study.json, promises.csv, units.csv, fleet.csv, study.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
