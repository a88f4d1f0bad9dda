"""Kinds of tests: what is done to a channel, and how much of the business takes part."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of test.

    Parameters
    ----------
    name
        How it is called.
    multiplier
        Spend of the test's regions and weeks over what was planned.
    least, most
        Smallest and largest share of the business that takes part.
    by_region
        Whether regions with the test are held against regions without; else weeks with it
        against weeks without.
    said
        What is done, in words.
    """

    name: str
    multiplier: float
    least: float
    most: float
    by_region: bool
    said: str


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("holdback", 0.0, 0.0, 0.25, True, "a small part of the country is held back from it"),
        Kind("go_dark", 0.0, 0.25, 0.6, True, "it stops in the test regions"),
        Kind("heavy_up", 2.0, 0.0, 0.6, True, "twice as much is spent in the test regions"),
        Kind("switchback", 0.0, 0.0, 1.0, False, "it stops everywhere, every other fortnight"),
    )
}
"""Every kind by name; one more is one more line."""
