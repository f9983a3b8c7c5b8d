"""The month of the demo company: September 2026, thirty days, 720 hours, in UTC."""

from datetime import UTC, datetime, timedelta

__all__ = ["DAYS", "END", "HOURS", "START", "day", "hour", "next_day", "next_hour", "stamp"]

START = datetime(2026, 9, 1, tzinfo=UTC)
DAYS = 30
HOURS = 24 * DAYS
END = START + timedelta(days=DAYS)


def hour(index: int) -> datetime:
    """The start of the hour of that index."""
    return START + timedelta(hours=index)


def day(index: int) -> datetime:
    """The start of the day of that index."""
    return START + timedelta(days=index)


def next_hour(index: int) -> datetime:
    """The start of the hour of that index after the month: what is planned for."""
    return END + timedelta(hours=index)


def next_day(index: int) -> datetime:
    """The start of the day of that index after the month."""
    return END + timedelta(days=index)


def stamp(instant: datetime) -> str:
    """The instant as FOCUS writes it: 2026-09-01T00:00:00Z."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
