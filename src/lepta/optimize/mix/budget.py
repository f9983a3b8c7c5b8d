"""Time for a search, shared out between its parts; the core asks for the clock, it has none."""

from collections.abc import Callable
from datetime import datetime

__all__ = ["Budget"]

LEAST_S = 0.01


class Budget:
    """So many seconds from now on, for a known number of parts done one after the other.

    With a clock, a part may use an even share of what is left, so time that easy parts leave over
    goes to hard ones. Without one, each part may use an even share of the whole.
    """

    def __init__(self, seconds: float, clock: Callable[[], datetime] | None = None) -> None:
        self.seconds = seconds
        self.clock = clock
        self.begin = clock() if clock else None

    @property
    def over(self) -> bool:
        """Tell whether the time has run out; without a clock it never has."""
        if self.clock is None or self.begin is None:
            return False
        return (self.clock() - self.begin).total_seconds() >= self.seconds

    def left(self, part: float) -> float:
        """Seconds that are left; without a clock, `part` of the whole."""
        if self.clock is None or self.begin is None:
            return max(self.seconds * part, LEAST_S)
        spent = (self.clock() - self.begin).total_seconds()
        return max(self.seconds - max(spent, 0.0), LEAST_S)

    def share(self, place: int, parts: int, *, rounds: int = 1) -> float:
        """Seconds for part `place` of `parts`, where all parts may come up in several rounds."""
        if self.clock is None or self.begin is None:
            return max(self.seconds / rounds / parts, LEAST_S)
        spent = max((self.clock() - self.begin).total_seconds(), 0.0)
        return max((self.seconds - spent) / (parts - place), LEAST_S)
