"""Make a planning case from the public tables: `python examples/real_data/build.py --out FOLDER`.

Writes offers.csv, demand.csv, profiles.csv, current.csv for `lepta plan --case FOLDER`, and
replicas.csv: which measurement stands behind each rate.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

import rules

from lepta.errors import LeptaError
from lepta.wiring.publicdata import find_folder, open_tables, write_table

HERE = Path(__file__).resolve().parent

START = datetime(2026, 8, 1, tzinfo=UTC)
"""A label: neither trace says a date that could be used, and prices are of June and July 2026."""


def write(case: rules.Case, folder: Path) -> None:
    """Write the tables of the case."""
    write_table(
        folder / "offers.csv",
        (
            "offer",
            "provider",
            "region",
            "instance_type",
            "accelerator",
            "accelerator_count",
            "term",
            "price_per_hour",
            "limit",
        ),
        [
            (
                o.id,
                o.provider,
                o.region,
                o.instance_type,
                o.accelerator,
                f"{o.accelerator_count:g}",
                o.term.value,
                None if o.price_per_hour is None else round(o.price_per_hour, 6),
                o.limit,
            )
            for o in case.offers
        ],
    )
    write_table(
        folder / "demand.csv",
        ("class", "start", "hours", "rate_per_s"),
        [
            (d.demand_class, f"{d.start:%Y-%m-%dT%H:%M:%SZ}", f"{d.hours:g}", d.rate_per_s)
            for d in case.demand
        ],
    )
    write_table(
        folder / "profiles.csv",
        ("class", "offer", "rate_per_s"),
        [(p.demand_class, p.offer, p.rate_per_s) for p in case.profiles],
    )
    write_table(folder / "current.csv", ("offer", "units"), case.current)
    write_table(
        folder / "replicas.csv",
        ("class", "gpu", "num_gpus", "batch", "rate_per_s", "why"),
        [
            (r.demand_class, r.gpu, r.num_gpus, r.batch, round(r.rate_per_s, 6), r.why)
            for r in case.replicas
        ],
    )


def main() -> int:
    """Read, decide, write, and say what was made."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", help="folder of public data (default: $LEPTA_DATA)")
    parser.add_argument("--out", default="out/real/case", help="folder to write to")
    parser.add_argument(
        "--spot-limit", type=int, default=0, metavar="N", help="machines per spot pool (0: none)"
    )
    options = parser.parse_args()
    try:
        folder = find_folder(options.data, HERE.parent.parent)
        case = rules.make_case(open_tables(folder), START, options.spot_limit)
        write(case, Path(options.out))
    except LeptaError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    (offer, units) = case.current[0]
    sys.stdout.write(
        f"{options.out}: {len(case.offers)} offers, {len(case.demand)} class-hours, "
        f"{len(case.profiles)} profiles\n"
        f"Azure rates x {case.scale:.2f} = ServeGen language day {case.language_day}; "
        f"baseline: {units} x {offer}, sized for the busiest hour\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
