"""What a policy can be told: each parameter with its range, its default and its meaning."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lepta.errors import InputError

__all__ = ["Parameter", "checked", "named"]

Value = float | str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number (or one of `choices`) that a policy takes.

    `whole`: only whole numbers; `tune`: worth searching, between low and high (on a logarithmic
    scale where `log`).
    """

    name: str
    default: Value
    low: float
    high: float
    unit: str
    meaning: str
    whole: bool = False
    choices: tuple[str, ...] = ()
    tune: bool = False
    log: bool = False

    def read(self, value: object, where: str) -> Value:
        """Return a value of this parameter from text or a number.

        Raises
        ------
        InputError
            It is no number, or outside the range, or none of the choices.
        """
        if self.choices:
            if str(value) not in self.choices:
                raise InputError(
                    f"{self.name} is {value!r}",
                    where=where,
                    remedy=f"give one of {', '.join(self.choices)}",
                )
            return str(value)
        try:
            number = float(str(value))
        except ValueError:
            number = math.nan
        inside = self.low <= number <= self.high and (not self.whole or number.is_integer())
        if not inside:
            kind = "a whole number" if self.whole else "a number"
            raise InputError(
                f"{self.name} is {value!r}",
                where=where,
                remedy=f"give {kind} from {self.low:g} to {self.high:g} ({self.unit}: "
                f"{self.meaning})",
            )
        return number


def checked(
    policy: str, table: Sequence[Parameter], given: Mapping[str, object]
) -> dict[str, Value]:
    """Return all parameters of a policy, the given ones read and checked, the rest by default.

    Raises
    ------
    InputError
        A name that the policy does not know (the message lists those it does), or a wrong value.
    """
    where = f"policy {policy}"
    known = {parameter.name: parameter for parameter in table}
    for name in given:
        if name not in known:
            there = ", ".join(known) if known else "none"
            raise InputError(
                f"there is no parameter {name!r}",
                where=where,
                remedy=f"it takes {there}",
            )
    return {
        name: parameter.read(given.get(name, parameter.default), where)
        for name, parameter in known.items()
    }


def named(policy: str, table: Sequence[Parameter], values: Mapping[str, Value]) -> str:
    """Write a policy as it would be asked for: what is not at its default, in the table's order."""
    parts = [f"{p.name}={_text(values[p.name])}" for p in table if values[p.name] != p.default]
    return f"{policy}:{','.join(parts)}" if parts else policy


def _text(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:.12g}"
