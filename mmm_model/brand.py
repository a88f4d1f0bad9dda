"""Which channels feed a slow stock of brand, and how fast it may fade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHORTEST, LONGEST = 26.0, 104.0
"""Weeks of half-life that a stock may have: what fades faster is adstock, slower ones the level."""

FEWEST_WEEKS = 104
"""Weeks with a KPI from which a stock is looked for: in fewer, one that halves in a year is one
bend that trend and season have, too."""


@dataclass(frozen=True)
class BrandSettings:
    """A slow stock that is looked for.

    Parameters
    ----------
    channels
        Names of the channels that feed it.
    half_life
        Weeks: the shortest and the longest that it may have.

    Raises
    ------
    ValueError
        If no channel is named, one is named twice, or the weeks are out of range or order.
    """

    channels: tuple[str, ...]
    half_life: tuple[float, float] = (SHORTEST, LONGEST)

    def __post_init__(self) -> None:
        if not self.channels or len({*self.channels}) < len(self.channels):
            raise ValueError(
                f"brand.channels is {list(self.channels)}, it names one or more, each once"
            )
        shortest, longest = self.half_life
        if not SHORTEST <= shortest <= longest <= LONGEST:
            raise ValueError(
                f"brand.half_life is from {shortest:g} to {longest:g} weeks, allowed are "
                f"{SHORTEST:g} to {LONGEST:g}, the shorter one first"
            )

    @classmethod
    def read(cls, saved: Mapping[str, Any]) -> BrandSettings:
        """Read what was saved as a mapping."""
        given: Sequence[float] = saved.get("half_life", (SHORTEST, LONGEST))
        return cls(tuple(saved["channels"]), (float(given[0]), float(given[1])))
