"""See it work: generate a company, then assess it and plan for it through its files."""

from collections.abc import Callable
from pathlib import Path

from lepta.domain.assessment import Basis
from lepta.domain.demo import Demo
from lepta.domain.schemas import USAGE
from lepta.sim.company import SEED, Company, make_company
from lepta.verbs.assess import assess
from lepta.verbs.plan import plan
from lepta.verbs.report import report
from lepta.wiring.outfiles import write_csv, write_parquet, write_text

__all__ = ["demo", "write_company"]

GAP = 5e-3
"""720 hours with start costs are planned in half a minute to this gap; a finer one takes longer."""

CONFIG = """\
# The demo company (lepta demo, seed {seed}). In this folder, `lepta check`, `lepta assess`,
# `lepta plan` and `lepta report` need no further options.
version: 1
currency: USD
sources:
  bills: bill.csv
  usage: usage.parquet
plan:
  offers: case/offers.csv
  demand: case/demand.csv
  profiles: case/profiles.csv
  routes: case/routes.csv
  current: case/current.csv
  utilization: 0.85
"""


def demo(
    out: str | Path = "out", *, seed: int = SEED, say: Callable[[str], None] = lambda _: None
) -> Demo:
    """Generate a company, write its files, assess and plan from the files, write the report.

    The same seed gives the same files, byte for byte. `say` is told what is being done.

    Raises
    ------
    InputError
        The seed is negative.
    Permanent
        The folder cannot be written to.
    """
    folder = Path(out) / "company"
    say("1/4 generating a company: 30 days of bills, usage, demand and prices")
    company = make_company(seed)
    write_company(company, folder)

    say("2/4 assessing its bill")
    found = assess([folder / "bill.csv"], [folder / "usage.parquet"], basis=Basis.EFFECTIVE)

    say("3/4 planning its fleet")
    fleet = plan(case=folder / "case", gap=GAP)

    say("4/4 writing the report")
    html, document = Path(out) / "report.html", Path(out) / "report.json"
    report(assessment=found, plan=fleet, html=html, json=document)
    return Demo(
        seed=seed,
        folder=str(folder),
        html=str(html),
        json=str(document),
        teams=company.teams,
        services=company.services,
        jobs=company.jobs,
        planted=tuple((each.kind, each.resource) for each in company.truth.planted),
        unmeasured=company.truth.unmeasured,
        assessment=found,
        plan=fleet,
    )


def write_company(company: Company, folder: Path) -> None:
    """Write the files of a company, each whole or not at all."""
    for name, table in company.tables.items():
        if name == "usage":
            write_parquet(folder / "usage.parquet", USAGE, table.rows)
        else:
            write_csv(folder / name, table.header, table.rows)
    write_text(folder / "lepta.yaml", CONFIG.format(seed=company.seed))
