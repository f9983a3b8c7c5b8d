"""The lake: where table expressions are computed. Assess functions build them; this runs them."""

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["Lake"]


class Lake(Protocol):
    """Runs Ibis expressions over bills and usage, whatever engine is below."""

    def rows(self, table: "ir.Table") -> list[tuple[Any, ...]]:
        """Compute an expression; decimals come as Decimal, instants as naive UTC."""
        ...

    def keep(self, table: "ir.Table") -> "ir.Table":
        """Compute an expression once and give a table that stands for the result."""
        ...
