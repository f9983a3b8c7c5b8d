"""The reference replay: rules in use on Azure 2023, beside the published figures of the whole hour.

Settings of the published replay: a turn every 15 s, tolerance 0.1, 300 s down, up max(4, 100 %) per
15 s, 60 s start, work = input / 8 + output tokens, 150 (conv) and 75 (code) per second and replica,
late = a wait of more than 2 s. Here are the first 40 of 60 minutes, through the loop and its world
(`sim.replay` with fluid replicas), and the same once more by the bench's own loop (`fluidpool`),
which must agree. The published replay does not say how many replicas it began with; here 10.
"""

import os
from pathlib import Path

import numpy as np

from fluidpool import pool_of, run
from lepta.domain.replay import Bound
from lepta.domain.requests import Requests
from lepta.policy.oracle import plan
from lepta.policy.registry import parse
from lepta.sim.fluid import FluidEngine
from lepta.sim.replay import Setting, replay
from lepta.sim.work import Work
from scalingtraces import reference

FIRST = 10
RULES = (
    "hpa:target=0.5",
    "hpa:target=0.6",
    "hpa",
    "hpa:target=0.8",
    "hpa:target=0.9",
    "window",
    "window:margin=1.3",
    "predictive",
    "predictive:down=300",
    "predictive:down=300,penalty=15",
)
PUBLISHED = {
    ("azure conv", "hpa:target=0.5"): (33.671, 2.613),
    ("azure conv", "hpa:target=0.6"): (28.28, 2.763),
    ("azure conv", "hpa"): (24.52, 3.594),
    ("azure conv", "hpa:target=0.8"): (21.827, 5.045),
    ("azure conv", "hpa:target=0.9"): (19.719, 10.147),
    ("azure conv", "window"): (20.06, 3.5),
    ("azure code", "hpa:target=0.5"): (75.086, 27.157),
    ("azure code", "hpa:target=0.6"): (65.397, 31.489),
    ("azure code", "hpa"): (58.191, 36.875),
    ("azure code", "hpa:target=0.8"): (52.806, 40.22),
    ("azure code", "hpa:target=0.9"): (48.38, 45.391),
    ("azure code", "window"): (55.7, 31.0),
}
"""Replica-hours and late % of the whole hour; the window rule on code is the best of its family."""


def through_the_loop(trace, policy):
    work = Work(input_tokens=1 / 8, output_tokens=1.0)
    requests = Requests(at_s=trace.at_s, input_tokens=trace.given, output_tokens=trace.made)
    setting = Setting(
        pool=pool_of(trace),
        weigh=work.of,
        amount=lambda some: np.ones(len(some)),
        objective=(Bound(what="wait", share=0.99, bound_s=trace.objective_s),),
        begin=(trace.first,),
    )
    engine = FluidEngine([trace.capacity], work=work)
    return replay(policy, engine, [requests], setting)


def main():
    folder = Path(os.environ.get("LEPTA_DATA", "../shared/data"))
    for service in ("conv", "code"):
        trace = reference(folder, service, FIRST)
        pool, load = pool_of(trace), trace.load_per_s()[:, None]
        print(f"\n{trace.name}: {len(trace.at_s)} requests in {trace.end_s / 60:.1f} minutes")
        print(f"{'rule':68} {'hours':>6} {'late %':>7} {'changes/h':>9}  {'alone':>13}  published")
        rules = [parse(text, pool) for text in RULES]
        rules.append(plan(pool, load, trace.tick_s, first=FIRST))
        for policy in rules:
            got = through_the_loop(trace, policy)
            alone = run(trace, policy)
            known = PUBLISHED.get((trace.name, policy.name))
            print(
                f"{policy.name:68} {got.replica_hours:6.2f} {100 * got.violations:7.2f} "
                f"{got.changes_per_hour:9.1f}  {alone.replica_hours:6.2f} "
                f"{100 * alone.violations:6.2f}  "
                + (f"{known[0]:.2f} h, {known[1]:.2f} %" if known else "")
            )


if __name__ == "__main__":
    main()
