"""The pairs (class, kind) that may serve in one circumstance of one period, as arrays."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lepta.optimize.mix.model import Circumstance, Model

__all__ = ["WHOLE", "Cells", "cells_of"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

MOST_NEED = 1e12
"""An offer of which a class would fill more units than this cannot serve it, in any numbers."""

WHOLE = 1e-9
"""A need this close (relatively) to a whole number is that number: 8.5 / 0.85 fills 10 units."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The pairs (class, kind) that may serve in one circumstance of one period."""

    w: Places
    j: Places
    need: Array
    """Units of the kind that the whole class fills; 0 for an API."""
    most: Array
    """Largest share (the rate limit of an API; else inf)."""
    send: Array
    """Currency of the period if the whole class goes there, by its probability."""
    classes: Places
    """Classes with demand."""
    lose: Array
    """(classes,) currency of the period if the whole class is left unserved; inf: it may not."""

    @property
    def hopeless(self) -> bool:
        """Whether a class has nowhere to go and may not be left."""
        placed = np.isin(self.classes, self.w) | np.isfinite(self.lose)
        return not bool(placed.all())

    def only(self, keep: Mask) -> "Cells":
        """Return some of the pairs."""
        return replace(
            self,
            w=self.w[keep],
            j=self.j[keep],
            need=self.need[keep],
            most=self.most[keep],
            send=self.send[keep],
        )


def cells_of(model: Model, step: int, here: Circumstance) -> Cells:
    """List the pairs of a circumstance, as arrays."""
    kinds, rates = model.kinds, here.rates
    alive = np.zeros(len(kinds.serverless), bool)
    alive[kinds.of[here.alive & ((model.market.limit > 0) | model.market.serverless)]] = True
    can = (kinds.able > 0) & (rates[:, None] > 0) & alive[None, :]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        can &= rates[:, None] / kinds.able <= MOST_NEED
    w, j = np.nonzero(can)
    need = rates[w] / kinds.able[w, j]
    near = np.abs(need - np.rint(need)) <= WHOLE * np.maximum(need, 1.0)
    need = np.where(near & (need >= 0.5), np.rint(need), need)
    api = kinds.serverless[j]
    hour = 3600.0 * model.hours[step] * here.weight
    classes = np.flatnonzero(rates > 0)
    lose = np.full(len(classes), np.inf)
    if here.penalty is not None:
        fined = np.isfinite(here.penalty[classes])
        lose[fined] = hour * rates[classes[fined]] * here.penalty[classes[fined]]
    return Cells(
        w=w,
        j=j,
        need=np.where(api, 0.0, need),
        most=np.where(api, 1.0 / np.maximum(need, 1e-300), np.inf),
        send=hour * rates[w] * kinds.send[w, j],
        classes=classes,
        lose=lose,
    )
