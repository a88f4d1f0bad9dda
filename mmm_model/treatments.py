"""What moves the KPI beside media, and is decided or known beforehand.

Only the names and how they are put together; what a kind does to the KPI is in
`mmm_model.equation.treatment`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

JOIN = ", "
"""Between the names of days of the calendar that no week tells apart."""

DECIDED = ("promotion", "price")
"""Kinds that somebody decides, week by week, and media may announce; the others are calendars."""


@dataclass(frozen=True)
class Treatment:
    """One column of a panel's treatments.

    Parameters
    ----------
    name
        Of the promotion, the price, the holiday.
    kind
        A name of `mmm_model.equation.treatment.KINDS`.
    reference
        Level that effects are measured against, in the units of the column; None: the kind's own,
        such as no promotion or the region's usual price.
    signed
        Whether the effect has the sign that theory gives its kind.
    part
        Of a day in the calendar: ``before``, ``day`` or ``after``; empty for what has no parts.
    component
        Under which name it adds to the KPI with others; empty: its own.
    """

    name: str
    kind: str
    reference: float | None = None
    signed: bool = True
    part: str = ""
    component: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What tells it apart from others."""
        return self.name, self.part

    @property
    def names(self) -> tuple[str, ...]:
        """Of each day of the calendar that the column stands for."""
        return tuple(self.name.split(JOIN))

    @property
    def label(self) -> str:
        """Name of the one column."""
        return f"{self.name} ({self.part})" if self.part else self.name

    @property
    def adds_to(self) -> str:
        """Component of the KPI that it is part of."""
        return self.component or self.name


def decided(treatments: Sequence[Treatment]) -> tuple[str, ...]:
    """Names of those that are decided: they stand beside controls where media are explained."""
    return tuple(one.label for one in treatments if one.kind in DECIDED)


def components_of(treatments: Sequence[Treatment]) -> dict[str, str]:
    """Components of the KPI that treatments make, with their kind, in their order."""
    return {one.adds_to: one.kind for one in treatments}
