"""Is lepta.yaml right, can every source be read, how fresh is it, and what is missing?"""

from collections.abc import Iterable
from pathlib import Path

from lepta.domain.checkup import Checkup, Source
from lepta.ports.clock import Clock
from lepta.wiring.checks import bills_and_usage, plan_tables, price_lists, system_clock
from lepta.wiring.configured import Configured, configured

__all__ = ["check"]


def check(config: str | Path | None = None, *, clock: Clock | None = None) -> Checkup:
    """Validate the configuration and open every source that it names.

    A source that cannot be read is told in the answer (`readable` is False), with the reason and
    the remedy; the others are checked all the same.

    Raises
    ------
    ConfigError
        lepta.yaml is missing or wrong: there is nothing to check then.
    """
    given = configured(config)
    tables, mismatches = plan_tables(given)
    sources = (*bills_and_usage(given), *price_lists(given), *tables)
    return Checkup(
        config=str(given.file),
        checked_at=(clock or system_clock()).now(),
        sources=sources,
        missing=(*_missing(given, sources), *mismatches),
    )


def _missing(given: Configured, sources: Iterable[Source]) -> Iterable[str]:
    """Say which questions nobody can answer with what the configuration names."""
    config = given.config
    if not config.sources.bills:
        yield "no bills (sources.bills): nothing can be assessed"
    if not config.sources.usage:
        yield "no usage (sources.usage): no idle machines, no unit costs per token or image"
    if config.plan is None:
        yield "no plan (plan.demand, plan.profiles): nothing can be planned"
    elif config.plan.current is None:
        yield "no current fleet (plan.current): a plan cannot be compared with what runs now"
    prices = [s for s in sources if s.kind in ("catalog", "rate card", "skypilot", "offers")]
    if not prices:
        yield "no prices (prices, plan.offers): nothing can be planned"
