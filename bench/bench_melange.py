"""The fleet plan against the published slice-binary program (Melange), by CBC and by HiGHS.

Three data sets x two objectives x six request rates over four GPUs (bench/roofline.py says where
the throughput comes from); everyone to the optimum, one thread, building the model included. Then
eight classes over more and more offers, everyone to 0.1 %. Goals: the same or lower cost in every
cell; at least 100 times faster at 4 slices a bucket. The last table sets fleets of a single GPU
type against the mix, beside what the paper's figures show.

    python bench/bench_melange.py [--slices 4 8] [--limit SECONDS]
"""

import argparse
import itertools
import statistics
import time
from dataclasses import dataclass, replace

from fleets import fleet
from lepta.domain.plan import PlanCase
from lepta.optimize.mix import mix
from peers.highs import Answer
from peers.melange import by_cbc, by_highs
from roofline import DATASETS, GPUS, OBJECTIVES_MS, RATES, setting

GOAL_RATIO = 100.0
SAME = 1e-6
"""Relative distance below which two costs are the same: what the peers' tolerances leave open."""
MANY = 5
"""lepta's time is the median of so many runs: it is short enough to be disturbed."""

PROVEN_GAP = 1e-6
"""For everyone: a fleet this close to its bound is the optimum."""
WIDE_GAP = 1e-3
WIDE_TYPES = (8, 16, 40)
"""Numbers of offers beyond the paper's four GPUs."""

PEERS = {"CBC": by_cbc, "HiGHS": by_highs}

Name = tuple[str, str, float]
"""Data set, objective, rate; or "wide", "" and the number of offers."""
Cases = dict[Name, PlanCase]

PAPER_RANGES = {
    ("chat", "loose"): {
        "H100": "1.7-4.4",
        "A100-80GB": "1.3-2.1",
        "A10G": "1.2-1.5",
        "L4": "1.2-1.8",
    },
    ("chat", "tight"): {
        "H100": "1.4-3.1",
        "A100-80GB": "1.0-1.5",
        "A10G": "1.3-2.7",
        "L4": "1.5-3.1",
    },
    ("document", "loose"): {"H100": "1.3-1.5", "A100-80GB": "1.2-1.3", "A10G": "-", "L4": "-"},
    ("document", "tight"): {"H100": "1.0-1.1", "A100-80GB": "1.0-1.3", "A10G": "-", "L4": "-"},
    ("mixed", "loose"): {"H100": "1.6-2.1", "A100-80GB": "1.0-1.7", "A10G": "-", "L4": "-"},
    ("mixed", "tight"): {"H100": "1.3-2.0", "A100-80GB": "1.0-1.4", "A10G": "-", "L4": "-"},
}
"""Single-type fleet over mix, smallest and largest of six rates, read off the paper's figures."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One setting, one number of slices: what everyone paid and took."""

    cost: float
    seconds: float
    peers: tuple[Answer, ...]
    gap: float

    @property
    def no_dearer(self) -> bool:
        """Whether no peer found a fleet that is cheaper by more than the gap of the cell."""
        return all(self.cost <= peer.cost * (1 + max(SAME, self.gap)) for peer in self.peers)

    def ratios(self) -> list[float]:
        """Time of each peer over ours; a lower bound where the peer's time ended first."""
        return [peer.seconds / self.seconds for peer in self.peers]


def planned(case: PlanCase, gap: float) -> tuple[float, float]:
    """Cost per hour and median seconds of the plan, proven to the gap."""
    took = []
    for _ in range(MANY):
        begin = time.perf_counter()
        plan = mix(case, gap=gap, runner_ups=0)
        took.append(time.perf_counter() - begin)
    assert plan.cost is not None and plan.status == "optimal"
    return plan.cost, statistics.median(took)


def said(peer: Answer) -> str:
    """Seconds and cost of a peer; "> N" where its time ended before it proved anything."""
    mark = " " if peer.status == "optimal" else ">"
    return f"{mark}{peer.seconds:8.3f} {peer.cost:10.3f}"


def compare(cases: Cases, slices: int, limit_s: float, *, exact: bool) -> dict[Name, Cell]:
    """Print and return every cell."""
    gap = PROVEN_GAP if exact else WIDE_GAP
    print(
        f"\n{slices} slices a bucket, to {'the optimum' if exact else f'{gap:.1%}'}, at most "
        f"{limit_s:g} s for a peer; cost in USD per hour"
    )
    print(
        f"{'data':9}{'limit':6}{'rate':>5}{'lepta s':>9}{'cost':>10}"
        f"{'CBC s':>10}{'cost':>11}{'HiGHS s':>10}{'cost':>11}{'CBC/lepta':>11}{'HiGHS/lepta':>12}"
    )
    cells = {}
    for name, case in cases.items():
        cost, seconds = planned(case, gap)
        peers = tuple(peer(case, slices, gap=gap, time_limit_s=limit_s) for peer in PEERS.values())
        cell = cells[name] = Cell(cost, seconds, peers, gap)
        cbc, highs = cell.ratios()
        print(
            f"{name[0]:9}{name[1]:6}{name[2]:5g}{seconds:9.4f}{cost:10.3f} "
            f"{said(peers[0])} {said(peers[1])}{cbc:11.1f}{highs:12.1f}"
            f"{'' if cell.no_dearer else '  DEARER'}",
            flush=True,
        )
    return cells


def judge(cells: dict[Name, Cell], slices: int) -> None:
    """Print the goals, met or missed."""
    held = sum(cell.no_dearer for cell in cells.values())
    met = "met" if held == len(cells) else "MISSED"
    print(f"same or lower cost (within the gap): {held} of {len(cells)} cells; goal {met}")
    lower = sum(
        all(cell.cost < peer.cost * (1 - SAME) for peer in cell.peers) for cell in cells.values()
    )
    print(f"  lower than every peer in {lower} cells (a bucket may be split anywhere)")
    for place, name in enumerate(PEERS):
        ratios = sorted(cell.ratios()[place] for cell in cells.values())
        ended = sum(cell.peers[place].status != "optimal" for cell in cells.values())
        enough = sum(ratio >= GOAL_RATIO for ratio in ratios)
        met = "met" if enough == len(ratios) else "MISSED"
        total = sum(cell.peers[place].seconds for cell in cells.values())
        ours = sum(cell.seconds for cell in cells.values())
        print(
            f"time of {name} / lepta: median {statistics.median(ratios):.1f}, min {ratios[0]:.1f}, "
            f"max {ratios[-1]:.1f}, all cells together {total / ours:.1f}"
            + (f" (a lower bound: {ended} cells ended at the limit)" if ended else "")
            + f"; goal >= {GOAL_RATIO:g} at {slices} slices in {enough} of {len(ratios)}: {met}"
        )


def shape(cells: dict[Name, Cell]) -> None:
    """Print single-type fleets over the mix, beside the paper's ranges."""
    print("\nsingle-type fleet / mix, smallest and largest of the rates (in brackets: the paper)")
    below = 0
    for dataset in DATASETS:
        for objective in OBJECTIVES_MS:
            line = f"{dataset:9}{objective:6}"
            for gpu in GPUS:
                ratios = []
                for rate in RATES:
                    case = setting(dataset, objective, rate)
                    mine = tuple(p for p in case.profiles if p.offer == gpu)
                    if len(mine) == len({d.demand_class for d in case.demand}):
                        alone = mix(replace(case, profiles=mine), runner_ups=0)
                        assert alone.cost is not None
                        ratios.append(alone.cost / cells[dataset, objective, rate].cost)
                below += sum(ratio < 1 - SAME for ratio in ratios)
                own = f"{min(ratios):.1f}-{max(ratios):.1f}" if ratios else "-"
                line += f"  {gpu} {own} [{PAPER_RANGES[dataset, objective][gpu]}]"
            print(line)
    print(f"never below 1: {'yes' if not below else f'NO, {below} times'}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--slices", type=int, nargs="+", default=[4])
    parser.add_argument("--limit", type=float, default=8.0, help="seconds for a peer and cell")
    options = parser.parse_args()
    mix(setting("chat", "loose", 1.0), runner_ups=0)  # imports and first call
    by_highs(setting("chat", "loose", 1.0), 1, time_limit_s=1.0)
    paper: Cases = {
        name: setting(*name) for name in itertools.product(DATASETS, OBJECTIVES_MS, RATES)
    }
    wide: Cases = {
        ("wide", "", float(types)): fleet(classes=8, types=types, level=1.0) for types in WIDE_TYPES
    }
    cells: dict[Name, Cell] = {}
    for slices in options.slices:
        cells = compare(paper, slices, options.limit, exact=True)
        judge(cells, slices)
        judge(compare(wide, slices, options.limit, exact=False), slices)
    shape(cells)


if __name__ == "__main__":
    main()
