"""What media create and nobody buys: brand searches, site visits, awareness.

Only the names, what is known of each and how far that can be off; what media create of them is in
`mmm_model.fit.unpaid_mediators`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Mediator:
    """A node of the channel graph that is not bought.

    Parameters
    ----------
    name
        Of the node.
    is_survey
        Whether it is a share of the people asked, not a number of searches or visits.
    drivers
        Channels that may create it; None: any.
    """

    name: str
    is_survey: bool = False
    drivers: tuple[str, ...] | None = None

    @classmethod
    def restored(cls, meta: Mapping[str, Any]) -> Mediator:
        """Put one together from its fields as JSON holds them."""
        drivers = meta["drivers"]
        return cls(meta["name"], meta["is_survey"], None if drivers is None else tuple(drivers))


@dataclass(frozen=True)
class Mediators:
    """Mediators of a panel, in its first weeks.

    Parameters
    ----------
    nodes
        N of them.
    value
        ``[R, W, N]`` searches, visits, or shares from 0 to 1; NaN where nobody counted or asked.
    error
        ``[R, W, N]`` standard error of the value: of a survey from the number asked, else 0.

    Raises
    ------
    ValueError
        If the shapes do not agree.
    """

    nodes: tuple[Mediator, ...]
    value: Floats
    error: Floats

    def __post_init__(self) -> None:
        if self.value.shape != self.error.shape or self.value.shape[2:] != (len(self.nodes),):
            raise ValueError(
                f"mediators' values have shape {self.value.shape}, errors {self.error.shape}, "
                f"for {len(self.nodes)} names"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Of the nodes."""
        return tuple(node.name for node in self.nodes)

    def head(self, weeks: int) -> Mediators:
        """Return the first weeks."""
        return replace(self, value=self.value[:, :weeks], error=self.error[:, :weeks])

    def of_regions(self, position: Sequence[int] | NDArray[np.intp]) -> Mediators:
        """Return the regions at these positions, in this order."""
        return replace(self, value=self.value[position], error=self.error[position])


def sampling_error(share: Floats, asked: Floats) -> Floats:
    """Standard error of shares that ``asked`` people gave, NaN where either is unknown.

    ``sqrt(p (1 - p) / n)`` at ``p = (n share + 2) / (n + 4)``: nobody of ten is no certainty
    (Agresti and Coull, 1998).
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        likely = (asked * share + 2.0) / (asked + 4.0)
        return np.asarray(np.sqrt(likely * (1.0 - likely) / asked))
