"""The sentences of a frontier: its ends, its knee, what is impossible, what the proof covers."""

from lepta.domain.frontier import Against, Frontier, FrontierPoint

__all__ = ["explain", "level_text"]

ABOUT = {
    Against.LATENCY: "latency of {about}",
    Against.CARBON: "emissions of the machines over the horizon",
    Against.RISK: "quantile of {about} that the fleet carries",
    Against.SPREAD: "share still served when any one {about} is lost",
}


def level_text(frontier: Frontier, value: float) -> str:
    """Write a level with its unit: 250 ms, 1.5 times the objectives, 80 %."""
    if frontier.against is Against.LATENCY:
        return f"{value:,.4g} x" if frontier.unit == "x" else f"{value:,.6g} ms"
    if frontier.against is Against.CARBON:
        return f"{value:,.5g} kg"
    return f"{value:.3%}".rstrip("0%").rstrip(".") + " %" if value else "0 %"


def explain(frontier: Frontier, *, cut: bool, gap: float) -> tuple[str, ...]:
    """Say what the frontier shows."""
    said = [f"Cost against the {ABOUT[frontier.against].format(about=frontier.about)}."]
    points = frontier.points
    if not points:
        said.append("No fleet serves the demand, not even at the loosest level.")
        if frontier.nothing is not None:
            said += frontier.nothing.explanation
        return tuple(said)
    said += _ends(frontier)
    said += _knee(frontier)
    if frontier.impossible:
        first = frontier.impossible[0]
        word = "from" if frontier.more_is_better else "at or below"
        said.append(f"No fleet that keeps all else was found {word} {level_text(frontier, first)}.")
    said.append(
        f"{frontier.tried} of {frontier.levels} levels planned, {frontier.dominated} of them "
        "dominated. The cost of a level that was not planned lies between those of its neighbors. "
        f"Each point is proven by its own plan; differences in cost below {gap:.2g} of it count "
        "as none."
    )
    if cut:
        said.append("The time ended first: more points may lie between these.")
    if frontier.against is Against.RISK:
        said.append(
            "Risk is told by quantiles of demand per class and period, not by CVaR of cost: a "
            "plan at 90 % serves each of them whole in nine of ten cases, all at once less often."
        )
    return tuple(said)


def _ends(frontier: Frontier) -> list[str]:
    first, last = frontier.points[0], frontier.points[-1]
    said = [f"Cheapest: {_point(frontier, first)}."]
    if first is last:
        return [*said, "No other level is worth its money: this plan is best in both aims."]
    more = _cost(last) / _cost(first) - 1 if _cost(first) > 0 else 0.0
    return [*said, f"Best in the second aim: {_point(frontier, last)}, +{more:.1%}."]


def _knee(frontier: Frontier) -> list[str]:
    knee = frontier.knee
    if knee is None:
        bulges = len(frontier.points) > 2
        return ["No knee: no point lies below the line between the ends."] if bulges else []
    place = frontier.points.index(knee)
    said = f"Knee: {_point(frontier, knee)}"
    first, last = frontier.points[0], frontier.points[-1]
    span, rise = last.value - first.value, _cost(last) - _cost(first)
    if place and span and rise:
        won = (knee.value - first.value) / span
        paid = (_cost(knee) - _cost(first)) / rise
        said += f"; {won:.0%} of the way to the best value for {paid:.0%} of what that costs"
    return [said + "."]


def _point(frontier: Frontier, point: FrontierPoint) -> str:
    return f"{level_text(frontier, point.value)} for {_cost(point):,.2f} {frontier.currency}"


def _cost(point: FrontierPoint) -> float:
    return point.plan.cost or 0.0
