"""Treatments: what moves the KPI beside media; one file a kind.

A new kind is a file beside this one with a `KIND`, and a line in `KINDS`. Nothing is imported until
a kind is asked for, so that the configuration can list the names.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmm_model.equation.treatment.kind import TreatmentKind

KINDS = {
    "promotion": "depth of a discount, as a share or in percent, or 1 while a promotion runs; "
    "measured against no promotion; takes no sales away",
    "price": "money for a unit; measured against the region's usual price; a higher one brings no "
    "more sales",
    "holiday": "day of the calendar with those before and after it; measured against a day like "
    "all others",
    "event": "days of the project's own, such as school holidays; measured as holidays are",
    "mediator": "what media create and nobody buys, over its usual week; more of it takes no "
    "sales away",
}
"""Name, which is that of its file, and meaning of each kind."""


def kind_of(name: str) -> TreatmentKind:
    """Return the kind of this name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name not in KINDS:
        raise ValueError(f"a treatment's kind is '{name}', allowed are {', '.join(KINDS)}")
    found: TreatmentKind = import_module(f"{__name__}.{name}").KIND
    return found
