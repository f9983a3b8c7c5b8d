"""An answer of M1 in sentences: what runs, what is scarce and what that costs, why this answer."""

from collections.abc import Sequence

import numpy as np

from lepta.domain.cover import ResourceLine
from lepta.errors import listing
from lepta.numerics.columns import Places
from lepta.numerics.program import Array

__all__ = ["explain", "explain_shortage", "number"]


def number(value: float) -> str:
    """Write a number for people: six digits, thousands set apart."""
    if not 1e-4 <= abs(value) < 1e15:
        return f"{value + 0.0:.6g}"
    rounded = float(f"{value:.6g}")
    return f"{rounded:,.15g}"


def explain(
    *,
    names: Sequence[str],
    resources: Sequence[ResourceLine],
    runs: Places,
    time: Array,
    saving: tuple[int, int, float] | None,
    useless: Sequence[str],
    cost: float,
    longest_before: float,
    gap: float | None = None,
    started: float | None = None,
) -> tuple[str, ...]:
    """Explain an optimal answer: which nodes run, and how long each of them.

    `saving`: how many nodes are held back by their limits, which one most, and by how much;
    `longest_before` is the longest run before balancing. Where starts cost something, `started` is
    what they cost together, and `gap` what is proven.
    """
    if started is None:
        said = [
            f"{len(runs)} of {len(names)} nodes run and cost {number(cost)} together; "
            "no other choice of times costs less"
        ]
    else:
        proof = "no other choice costs less"
        if gap is not None and gap > 1e-12:
            proof = f"no other choice costs less by more than {gap:.2g} of that"
        said = [
            f"{len(runs)} of {len(names)} nodes are started, for {number(started)}, and cost "
            f"{number(cost)} together; {proof}"
        ]
    said += [_resource(line, starts=started is not None) for line in resources]
    if saving is not None:
        count, best, amount = saving
        many = "1 node runs" if count == 1 else f"{count} nodes run"
        said.append(
            f"{many} up to the limit; one more unit of time on {names[best]} would save "
            f"{number(amount)}"
        )
    if useless:
        verb = "supplies" if len(useless) == 1 else "supply"
        said.append(f"{listing(list(useless))} {verb} nothing that is needed: time 0")
    longest = float(time.max(initial=0.0))
    if longest < longest_before * (1 - 1e-9):
        said.append(
            "among all answers at this cost the most balanced one was taken: "
            f"the longest run is {number(longest)}, not {number(longest_before)}"
        )
    return tuple(said)


def _resource(line: ResourceLine, *, starts: bool = False) -> str:
    if line.need == 0:
        return f"{line.name}: nothing is needed"
    if not line.binding:
        return (
            f"{line.name} is not binding: {number(line.supplied)} supplied for a need of "
            f"{number(line.need)}, a surplus of {number(line.supplied - line.need)}"
        )
    if line.next_unit_cost is None and starts:
        return f"{line.name} is binding: one more unit needs another start"
    if line.next_unit_cost is None:
        return (
            f"{line.name} is binding: all that can be had, {number(line.most)}, is in use, "
            "and not one unit more"
        )
    price = "nothing" if line.next_unit_cost == 0 else number(line.next_unit_cost)
    without = " without another start" if starts else ""
    return f"{line.name} is binding: one more unit costs {price}{without}; {_holds(line)}"


def _holds(line: ResourceLine) -> str:
    low = line.need if line.holds_from is None else line.holds_from
    if line.holds_to is None or line.holds_to == np.inf:
        return f"this holds from {number(low)} upwards"
    return f"this holds from {number(low)} to {number(line.holds_to)}"


def explain_shortage(resources: Sequence[ResourceLine]) -> tuple[str, ...]:
    """Explain why no times are enough: each resource that falls short, and by how much."""
    said = []
    for line in resources:
        if line.short_by <= 0:
            continue
        if line.most == 0:
            said.append(f"{line.name} falls short by {number(line.short_by)}: no node supplies it")
        else:
            said.append(
                f"{line.name} falls short by {number(line.short_by)}: with every node at its "
                f"limit {number(line.most)} of the {number(line.need)} needed can be supplied"
            )
    return tuple(said)
