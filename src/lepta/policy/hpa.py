"""The rule of the Kubernetes horizontal pod autoscaler, step by step."""

import math
from dataclasses import dataclass, field

from lepta.domain.pool import Decision, Snapshot
from lepta.policy.behavior import Behavior, History
from lepta.policy.parameters import Parameter
from lepta.policy.single import ceiling, clock, latest_load, levels, main_variant, need, within

__all__ = ["HPA", "PARAMETERS", "replicas_for"]

PARAMETERS = (
    Parameter(
        "target", 0.7, 0.01, 1.0, "share of capacity", "utilization that it steers to", tune=True
    ),
    Parameter(
        "tolerance", 0.1, 0.0, 1.0, "share", "ratios this close to 1 change nothing", tune=True
    ),
    Parameter(
        "down", 300.0, 0.0, 3_600.0, "s", "window of recommendations before it shrinks", tune=True
    ),
    Parameter("up", 0.0, 0.0, 3_600.0, "s", "window of recommendations before it grows"),
    Parameter("pods", 4, 0, 1e6, "replicas", "most added per 15 s, or `share`", whole=True),
    Parameter("share", 1.0, 0.0, 1e6, "share of replicas", "most added per 15 s, or `pods`"),
    Parameter("downshare", 1.0, 0.0, 1.0, "share of replicas", "most removed per 15 s"),
    Parameter("min", 1, 1, 1e9, "replicas", "never fewer", whole=True),
    Parameter("max", 2**31, 1, 2**31, "replicas", "never more", whole=True),
    Parameter(
        "metric",
        "load",
        0,
        0,
        "",
        "load per replica, as an external metric, or utilization of the ready ones, at most 1",
        choices=("load", "utilization"),
    ),
)


@dataclass(frozen=True, slots=True)
class HPA:
    """ceil(replicas x metric / target), with tolerance, stabilization and rate limits.

    It scales the variant that is cheapest per load among those that serve every class, and leaves
    all others as they are (the controller knows one kind of pod). metric "load": arriving load over
    target x capacity, summed, as an external metric with a target per pod; "utilization": the mean
    over ready pods, which cannot say by how much the load passes 1.
    """

    target: float = 0.7
    tolerance: float = 0.1
    behavior: Behavior = field(default_factory=Behavior)
    metric: str = "load"
    name: str = "hpa"

    def start(self) -> History:
        """Return an empty history."""
        return History()

    def decide(self, seen: Snapshot, memory: History) -> tuple[Decision, History]:
        """Return the levels of the controller in this turn."""
        variant = main_variant(seen.pool)
        # As spec.replicas: what no zone or market gives counts as a pod that is not ready.
        ready, current = int(seen.serving[variant]), int(seen.level[variant])
        unready = max(0, current - ready)
        if current == 0 and not len(seen.load_per_s) and not seen.draining.any():
            level = self.behavior.least
            return self._told(seen, variant, level, "starts with the minimum"), memory
        if current == 0:
            # A deployment scaled to zero is switched off: the controller leaves it alone.
            return self._told(seen, variant, 0, "no replicas: switched off"), memory
        if self.metric == "utilization":
            wanted = replicas_for(
                current, ready, unready, 0, seen.utilization / self.target, self.tolerance
            )
            said = f"utilization {seen.utilization:.0%} of {self.target:.0%}"
        else:
            wanted = self._by_load(need(seen, variant) / self.target, current)
            said = f"load {latest_load(seen):.3g} {seen.pool.unit}/s for {current}"
        if wanted is None:
            return self._told(seen, variant, current, "metric not seen, nothing changed"), memory
        level, why, memory = self.behavior.level(seen.at_s, current, wanted, memory)
        parts = [f"{said} at {clock(seen)}", f"recommends {wanted}", *([why] if why else [])]
        return self._told(seen, variant, level, ", ".join(parts)), memory

    def _by_load(self, wanted: float, current: int) -> int | None:
        """As GetExternalPerPodMetric: the whole load over the target per pod, all pods counted."""
        if math.isnan(wanted):
            return None
        if within(wanted / current, self.tolerance):
            return current
        return ceiling(wanted)

    def _told(self, seen: Snapshot, variant: int, level: int, why: str) -> Decision:
        step = level - int(seen.level[variant])
        move = f", {seen.pool.variants[variant].name} {step:+d}" if step else ""
        return Decision(
            at_s=seen.at_s, policy=self.name, want=levels(seen, variant, level), why=why + move
        )


def replicas_for(
    current: int,
    ready: int,
    unready: int,
    missing: int,
    ratio: float,
    tolerance: float,
    full: float = 1.0,
) -> int | None:
    """Return what the controller recommends for a resource metric; None: no metric was seen.

    Parameters
    ----------
    current    replicas that the deployment asks for
    ready      pods with a metric
    unready    pods that do not serve yet
    missing    ready pods whose metric was not seen
    ratio      mean metric of the ready pods over the target; NaN: not seen
    tolerance  of the ratio around 1
    full       what a missing pod counts as when it shrinks, over the target: 1, or 1 / target where
               the metric is a utilization (as if fully used)

    Notes
    -----
    As GetResourceReplicas of kube-controller-manager. Growing: unready and missing pods count as
    idle. Shrinking: missing pods count as `full`, unready ones not at all. If that turns the
    direction round, or ends within the tolerance, nothing changes.
    """
    if math.isnan(ratio) or ready == 0:
        return None
    grows = ratio > 1.0
    as_idle = unready > 0 and grows
    if not as_idle and missing == 0:
        return current if within(ratio, tolerance) else ceiling(ratio * ready)
    total, pods = ratio * ready, ready
    if missing:
        pods += missing
        total += missing * full if ratio < 1.0 else 0.0
    if as_idle:
        pods += unready
    again = total / pods
    turned = (ratio < 1.0 < again) or (again < 1.0 < ratio)
    if within(again, tolerance) or turned:
        return current
    wanted = ceiling(again * pods)
    wrong_way = (again < 1.0 and wanted > current) or (again > 1.0 and wanted < current)
    return current if wrong_way else wanted
