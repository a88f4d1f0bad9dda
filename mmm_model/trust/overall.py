"""What the tests together say of a channel: how many of the deciding ones are in doubt."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from mmm_model.trust.verdicts import DOUBTFUL, UNJUDGED, Found

TEST = "overall"
DECIDING = (
    ("twin", "known_to"),
    ("placebo", "beats"),
    ("interval_width", "half_width"),
    ("hidden_confounder", "like_strongest"),
)
"""Test and measure, the weightiest first; chosen on draws 7001 to 7006 of two generators."""
UNKNOWABLE = 2
"""Doubts from which the data do not know a channel's return; with fewer, it is a rough guess."""


def overall(rows: pd.DataFrame) -> Iterator[Found]:
    """Count the doubts about each channel, in the order of the rows.

    Parameters
    ----------
    rows
        Of all tests, those of earlier refreshes that still count among them.

    Yields
    ------
    Found
        ``doubts`` of each channel that a deciding test has judged.
    """
    names = pd.MultiIndex.from_frame(rows[["test", "measure"]])
    deciding = rows[names.isin(DECIDING)]
    judged = deciding[deciding["verdict"] != UNJUDGED]
    for channel, own in judged.groupby("channel", sort=False):
        doubts = float((own["verdict"] == DOUBTFUL).sum())
        yield Found.at_most(TEST, "doubts", doubts, 0.0, str(channel))
