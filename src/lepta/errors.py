"""The whole tree of errors.

LeptaError              anything lepta says no to; never a traceback
├── ConfigError         lepta.yaml is wrong: file, line, field, and what to write instead
├── InputError          a file or a value given is wrong: file, row, column, value, remedy
├── Infeasible          no plan keeps every promise: which ones, and by how much
├── Refused             a guard or a rule said no: which one
├── PolicyFault         a policy failed, or asked for what is no number of replicas
└── AdapterError        the outside world failed
    ├── Transient       worth another try
    └── Permanent       not worth another try

Exit codes are part of the published interface (docs/reference/exit-codes.md):
0 done, 1 unexpected fault, 2 wrong command line, then one per class below.
"""

from collections.abc import Sequence

__all__ = [
    "AdapterError",
    "ConfigError",
    "Infeasible",
    "InputError",
    "LeptaError",
    "Permanent",
    "PolicyFault",
    "Refused",
    "Transient",
]


class LeptaError(Exception):
    """Something that lepta says no to, in words that a user can act on.

    `what` happened; `where` it happened (file, row, column, field); `remedy`: what to do.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  remedy: {self.remedy}" if self.remedy else head


class Infeasible(LeptaError):
    """No plan keeps every promise. The message names each promise and how far it falls short."""

    exit_code = 3


class ConfigError(LeptaError):
    """The user can fix it in the configuration file that `where` names."""

    exit_code = 4


class InputError(LeptaError):
    """A file, a row or a value that was given is wrong."""

    exit_code = 5

    @classmethod
    def at(
        cls,
        source: str,
        what: str,
        *,
        row: int | None = None,
        column: str | None = None,
        value: object = None,
        remedy: str = "",
    ) -> "InputError":
        """Build the error of one cell: `row` counts lines of the file, the header is line 1."""
        places = [source]
        if row is not None:
            places.append(f"line {row}")
        if column is not None:
            places.append(f"column {column!r}")
        said = what if value is None else f"{what}: {shorten(value)}"
        return cls(said, where=", ".join(places), remedy=remedy)


class Refused(LeptaError):
    """A guard, a role or a rule said no; the message says which."""

    exit_code = 6


class PolicyFault(LeptaError):
    """A policy failed, or its answer is none; says which policy, when, and what it asked for."""

    exit_code = 8


class AdapterError(LeptaError):
    """The outside world failed: a file vanished, a server was silent, an answer made no sense."""

    exit_code = 7


class Transient(AdapterError):
    """Worth another try."""


class Permanent(AdapterError):
    """Not worth another try."""


def shorten(value: object, longest: int = 60) -> str:
    """Quote a value for a message: one line, printable, bounded."""
    text = repr(value)
    return text if len(text) <= longest else text[: longest - 3] + "..."


def listing(names: Sequence[str], most: int = 8) -> str:
    """Join names for a message: the first few, and how many more there are."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
