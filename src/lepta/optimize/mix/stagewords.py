"""The sentences of pipelines: how a budget is split, what a request costs, who is too slow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lepta.domain.demand import Pipeline
from lepta.domain.plan import FleetPlan
from lepta.errors import listing
from lepta.optimize.mix.pipelines import Choice

__all__ = [
    "NO_OTHER_SPLIT",
    "NO_SPLIT_AT_ALL",
    "Room",
    "miss_of",
    "prices_of",
    "search_of",
    "split_of",
]

NO_OTHER_SPLIT = "No other split of the latency budgets can be served either."
NO_SPLIT_AT_ALL = (
    "No split of the latency budgets can be served, not even if every stage could use all that "
    "the fastest others leave."
)


@dataclass(frozen=True, slots=True)
class Room:
    """A pipeline: the places of its stages among the choices, and its budget."""

    name: str
    stages: tuple[int, ...]
    latency_ms: float


def split_of(room: Room, choices: Sequence[Choice], budgets: Mapping[str, float]) -> str:
    """Say how a budget is split: "2,700 ms are split into asr 200, llm 900, diffusion 1,600"."""
    names = [choices[k].demand_class for k in room.stages]
    parts = ", ".join(f"{name} {budgets[name]:,g}" for name in names)
    left = room.latency_ms - sum(budgets[name] for name in names)
    spare = f", {left:,g} to spare" if left > room.latency_ms * 1e-9 else ""
    return f"{room.name}: {room.latency_ms:,g} ms are split into {parts}{spare}."


def search_of(solved: int, looked: int, left: int) -> list[str]:
    """Say what the bound covers."""
    said = [
        f"Splits of the latency budgets: {solved} solved whole, all others bounded by "
        f"{_count(looked, 'relaxation')}. The bound holds for every split; the runner-ups keep "
        "the split of the plan."
    ]
    if left:
        said.append(
            f"The search over splits was cut short with {_count(left, 'group')} of them open: the "
            "gap counts what they might save."
        )
    return said


def miss_of(room: Room, choices: Sequence[Choice]) -> tuple[str, str, str]:
    """Name the stage that takes most of a budget too short for all; say why, and what helps."""
    stages = [choices[k] for k in room.stages]
    took = sum(choice.budgets[0] for choice in stages)
    slow = max(stages, key=lambda choice: choice.budgets[0])
    each = listing([f"{c.demand_class} {c.budgets[0]:,g} on {c.fastest}" for c in stages])
    need = slow.budgets[0] - took + room.latency_ms
    tail = (
        f"; {slow.demand_class} takes most and would have to answer within {need:,g} ms"
        if need > 0
        else ", and no stage alone can make up for it"
    )
    why = (
        f"the fastest offers of {room.name} take {took:,g} ms together of a budget of "
        f"{room.latency_ms:,g} ms ({each}){tail}"
    )
    return (
        slow.demand_class,
        why,
        f"{room.name} is {took - room.latency_ms:,g} ms too slow at best: give it a longer budget, "
        f"or {slow.demand_class} a faster offer.",
    )


def prices_of(pipelines: Sequence[Pipeline], plan: FleetPlan) -> list[str]:
    """Add the long-run prices of the stages up to that of 1,000 requests of the pipeline."""
    said = []
    for pipeline in pipelines if plan.cost is not None else ():
        parts = {
            stage.demand_class: stage.per_request * _mean_price(plan, stage.demand_class)
            for stage in pipeline.stages
        }
        each = ", ".join(f"{name} {price:.4g}" for name, price in parts.items())
        said.append(
            f"1,000 more requests of {pipeline.name} cost {sum(parts.values()):.4g} "
            f"{plan.currency} in the long run: {each}."
        )
    return said


def _mean_price(plan: FleetPlan, name: str) -> float:
    """Average the price of 1,000 requests of a class over the requests; 0 where there are none."""
    prices = {
        row.start: row.value
        for row in plan.shadow_prices
        if row.kind == "class" and row.name == name
    }
    sent = [
        (row.rate_per_s * row.hours, prices.get(row.start, 0.0))
        for row in plan.routing
        if row.demand_class == name
    ]
    total = sum(weight for weight, _ in sent)
    return sum(weight * price for weight, price in sent) / total if total else 0.0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
