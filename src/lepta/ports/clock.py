"""The one source of "now"."""

from datetime import datetime
from typing import Protocol

__all__ = ["Clock"]


class Clock(Protocol):
    """Tells the time; simulated, recorded or real."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...
