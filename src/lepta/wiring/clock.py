"""Which clock tells the time."""

from lepta.adapters.systemclock import SystemClock
from lepta.ports.clock import Clock

__all__ = ["clock"]


def clock() -> Clock:
    """Return the clock of this machine."""
    return SystemClock()
