"""Machine types that bills name, looked up in the built-in catalog."""

from typing import TYPE_CHECKING

from lepta.assess.machines import machines_named, texts_of
from lepta.domain.charges import HINTS
from lepta.domain.machines import known_machines
from lepta.wiring.prices import built_in

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from lepta.ports.lake import Lake

__all__ = ["hints_read"]


def hints_read(lake: "Lake", charges: "ir.Table") -> "dict[str, ir.Table]":
    """Read every hint of the charges; only those that name anything are in the answer, so that the
    charges of most bills are joined with one table or none.
    """
    texts = {hint: lake.keep(texts_of(charges, hint)) for hint in HINTS}
    held = {hint: table for hint, table in texts.items() if lake.rows(table.limit(1))}
    if not held:
        return {}
    known = known_machines(entry.offer for entry in built_in())
    named = {hint: lake.keep(machines_named(table, hint, known)) for hint, table in held.items()}
    return {hint: table for hint, table in named.items() if lake.rows(table.limit(1))}
