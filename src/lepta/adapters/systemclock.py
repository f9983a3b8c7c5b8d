"""The clock of this machine."""

from datetime import UTC, datetime

__all__ = ["SystemClock"]


class SystemClock:
    """`ports.clock.Clock` on the system's clock."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)
