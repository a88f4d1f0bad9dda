"""Why a number changed, in a sentence that a person understands."""

from __future__ import annotations

from datetime import date

import duckdb
import pandas as pd

from mmm_assets.mart.numbers import number
from mmm_assets.report import words

CHANGES = """
    SELECT channel, quantity, cause, from_value, to_value, share, previous_week
    FROM mart.changes WHERE refresh_week = $week ORDER BY channel, quantity, place"""

RESTATED_WEEKS = """
    SELECT min(week) AS first, max(week) AS last FROM mart.restatements
    WHERE refresh_week = $week"""

NAMES = {"roi": "ROI", "contribution": "contribution", "budget": "recommended weekly spend"}
"""Of the quantities of ``mart.changes``."""

_WHY = {
    "new weeks": "through new weeks",
    "weeks that left": "because early weeks left",
    "code version": "through the new version of the platform",
    "randomness of the fit": "through another seed",
    "interaction": "because causes act together",
    "what is left": "for reasons that were not split",
}
_RESTATED = "restated, withdrawn or late rows"


def change_sentences(connection: duckdb.DuckDBPyConnection, refresh_week: date) -> list[str]:
    """One sentence for the ROI of each channel, else for its contribution; largest change first."""
    week = {"week": refresh_week}
    rows = connection.execute(CHANGES, week).df()
    restated = restated_months(connection.execute(RESTATED_WEEKS, week).df())
    measure = "roi" if (rows["quantity"] == "roi").any() else "contribution"
    parts = [part for _, part in rows[rows["quantity"] == measure].groupby("channel", sort=False)]
    parts.sort(key=_relative, reverse=True)
    return [change_sentence(part, restated) for part in parts]


def change_sentence(part: pd.DataFrame, restated: str = "") -> str:
    """``TV's ROI fell from 2.1 to 1.8: 0.2 of it because March 2026 was restated, …``.

    Parameters
    ----------
    part
        Rows of ``mart.changes`` of one channel and quantity, in their order.
    restated
        Which weeks were restated, for a person.
    """
    start, end = float(part["from_value"].iloc[0]), float(part["to_value"].iloc[-1])
    lead = f"{part['channel'].iloc[0]}'s {NAMES[part['quantity'].iloc[0]]}"
    said = f"{lead} {'fell' if end < start else 'rose'} from {number(start)} to {number(end)}"
    moved = (part["to_value"] - part["from_value"]).set_axis(part["cause"])
    if len(moved) == 1:
        return f"{said}, all of it {_why(str(moved.index[0]), restated)}."
    ordered = moved.reindex(moved.abs().sort_values(ascending=False).index)
    told = [
        f"{number(value if (value > 0) == (end > start) else -abs(value)).lstrip('−')}"
        f"{'' if (value > 0) == (end > start) else ' the other way'} {_why(str(cause), restated)}"
        for cause, value in ordered.items()
    ]
    return f"{said}: {words.listed(told)}."


def restated_months(weeks: pd.DataFrame) -> str:
    """``March 2026 was restated``, or between which days; nothing where nothing was."""
    first, last = weeks["first"].iloc[0], weeks["last"].iloc[0]
    if pd.isna(first):
        return ""
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%B %Y} was restated"
    return f"{words.day(first)} to {words.day(last)} were restated"


def _why(cause: str, restated: str) -> str:
    if cause == _RESTATED:
        return f"because {restated or 'rows were restated'}"
    if cause.startswith("configuration: "):
        return f"through section {cause.partition(': ')[2]} of mmm.yaml"
    return _WHY.get(cause, f"through {cause}")


def _relative(part: pd.DataFrame) -> float:
    start, end = float(part["from_value"].iloc[0]), float(part["to_value"].iloc[-1])
    return abs(end - start) / max(abs(start), 1e-12)
