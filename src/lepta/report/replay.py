"""A replay as rows: the same in the terminal and on the page."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lepta.domain.replay import PolicyRun, Replay, Spread
from lepta.report.numbers import NO_DATA, decimals, money, plain

__all__ = ["NAMES", "RunRow", "hardware", "moment", "rows", "seconds", "shown", "verdict"]

NAMES = {"latency": "Latency", "wait": "Wait", "ttft": "TTFT", "tpot": "TPOT"}


@dataclass(frozen=True, slots=True)
class RunRow:
    """A policy as people read it."""

    run: PolicyRun
    policy: str
    cost: float
    more: float | None
    """Relative to the cheapest policy that keeps the objective."""
    best: bool
    beaten: bool
    """Another policy is no dearer and breaks no more, and better in one of the two."""


def rows(replay: Replay) -> tuple[RunRow, ...]:
    """Return the policies in the order in which they were asked for."""
    kept = [run.cost for run in replay.policies if run.kept and not _sees_ahead(run)]
    low = min(kept, default=None)
    return tuple(
        RunRow(
            run=run,
            policy=plain(run.policy),
            cost=run.cost,
            more=run.cost / low - 1 if low else None,
            best=run.kept and run.cost == low and not _sees_ahead(run),
            beaten=any(_beats(other, run) for other in replay.policies),
        )
        for run in replay.policies
    )


def _sees_ahead(run: PolicyRun) -> bool:
    return run.policy.split(":")[0] == "oracle"


def _beats(one: PolicyRun, other: PolicyRun) -> bool:
    pair = (one.cost, one.violations), (other.cost, other.violations)
    return pair[0] != pair[1] and all(a <= b for a, b in zip(*pair, strict=True))


def verdict(replay: Replay) -> str:
    """Say in one sentence which policy is the cheapest that keeps the objective."""
    if not replay.policies:
        return "No policy was replayed."
    best = next((row for row in rows(replay) if row.best), None)
    promise = ", ".join(str(bound) for bound in replay.objective) or "no objective"
    if best is None:
        real = [run for run in replay.policies if not _sees_ahead(run)] or replay.policies
        least = min(real, key=lambda run: (run.violations, run.cost))
        return (
            f"No policy keeps {promise}; {plain(least.policy)} comes nearest with "
            f"{least.violations:.2%} of the requests outside it."
        )
    cost = money(best.cost, decimals(best.cost))
    if not replay.objective:
        return f"{best.policy} is the cheapest: {cost} {replay.currency}; nothing is promised."
    return (
        f"{best.policy} is the cheapest that keeps {promise}: {cost} {replay.currency}, "
        f"{best.run.violations:.2%} of the requests outside it."
    )


def shown(replay: Replay, run: PolicyRun) -> Spread | None:
    """Return the time that the first objective is about."""
    found: Spread | None = getattr(run, replay.shown)
    return found


def hardware(run: PolicyRun) -> str:
    """Say how many replica-hours of what were paid."""
    parts = [(name, hours) for name, hours in run.replica_hours_by_variant if hours > 0]
    return ", ".join(f"{plain(name)} {hours:,.4g} h" for name, hours in parts) or "none"


def seconds(value: float | None) -> str:
    """Write a time of a request."""
    if value is None:
        return NO_DATA
    if value == 0:
        return "0"
    if value < 1e-3:
        return f"{value * 1e6:.3g} us"
    if value < 1:
        return f"{value * 1e3:.3g} ms"
    return f"{value:.3g} s" if value < 1000 else f"{value:,.0f} s"


def moment(replay: Replay, at_s: float) -> str:
    """Write an instant of the trace: the time of day where it has a calendar, else since start."""
    if replay.epoch_s == replay.epoch_s:
        at = datetime.fromtimestamp(0, UTC) + timedelta(seconds=replay.epoch_s + at_s)
        return f"{at:%Y-%m-%d %H:%M:%S}"
    whole = int(at_s)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
