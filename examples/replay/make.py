"""Make the trace of this folder anew: two hours in which a working day begins.

    python examples/replay/make.py

The requests are generated, none was recorded: arrivals are Poisson with a rate that climbs for two
hours, and a mailing after 80 minutes that doubles it for five; service times are Gamma. An L4 of
profiles.csv serves the rate of one class at which such requests keep it busy for 70 % of the time;
an L40S serves three times as much.
"""

import csv
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
SEED = 7
HOURS = 2
MAILING_S, MAILING_LENGTH_S = 80 * 60, 300
CLASSES = {"chat": (0.8, 1.5), "code": (0.2, 2.2)}
"""Class -> its share of the requests, and its mean service time in seconds."""


def rate_per_s(at_s: np.ndarray) -> np.ndarray:
    """Return the arrival rate: a climb in the shape of a cosine, and the mailing."""
    climb = 0.4 + 1.0 * (1 - np.cos(np.pi * at_s / (HOURS * 3600)))
    mailing = (at_s >= MAILING_S) & (at_s < MAILING_S + MAILING_LENGTH_S)
    return np.where(mailing, 2 * climb, climb)


def requests(chance: np.random.Generator) -> list[tuple[str, str, str]]:
    """Return (ts, class, service_s), ts in seconds from the start; thinned from a faster stream."""
    most = 2 * 2.4
    at = np.sort(chance.uniform(0, HOURS * 3600, chance.poisson(most * HOURS * 3600)))
    at = at[chance.random(len(at)) * most < rate_per_s(at)]
    names = chance.choice(list(CLASSES), len(at), p=[share for share, _ in CLASSES.values()])
    work = chance.gamma(9, 1 / 9, len(at)) * np.array([CLASSES[name][1] for name in names])
    return [
        (f"{second:.2f}", str(name), f"{service:.2f}")
        for second, name, service in zip(at.tolist(), names, work.tolist(), strict=True)
    ]


def main() -> None:
    """Write requests.csv."""
    rows = requests(np.random.Generator(np.random.Philox(SEED)))
    with (HERE / "requests.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("ts", "class", "service_s"))
        writer.writerows(rows)


if __name__ == "__main__":
    main()
