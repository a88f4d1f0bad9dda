"""Where a refresh stands: what holds it, what moved, what to do; or what somebody decided.

The page, the terminal, the notice and Dagster say the same lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb
import pandas as pd

from mmm_assets.mart.numbers import number, percent
from mmm_assets.report import words

_MOST = 3

# A channel that brings next to nothing may move manifold and matter to nobody.
_MOVED = """
    WITH previous AS (
        SELECT max(refresh_week) AS week FROM mart.refreshes
        WHERE status = 'published' AND refresh_week < $week)
    SELECT now.channel, previous.week, before.roi AS roi_before, now.roi,
           before.roi_lower AS lower, before.roi_upper AS upper,
           before.share AS share_before, now.share
    FROM mart.channel_summary AS now
    JOIN previous ON true
    JOIN mart.channel_summary AS before
      ON before.channel = now.channel AND before.refresh_week = previous.week
    WHERE now.refresh_week = $week
    QUALIFY now.direct > 0.02 * sum(now.direct) OVER ()
         OR before.direct > 0.02 * sum(before.direct) OVER ()
    ORDER BY abs(ln(greatest(coalesce(now.roi, now.share), 1e-12)
                    / greatest(coalesce(before.roi, before.share), 1e-12))) DESC, now.channel"""

_DECISION = """
    SELECT r.status, r.reason, d.action, d.who, d.decided_at, d.reason AS why, d.before
    FROM mart.refreshes AS r
    LEFT JOIN mart.decisions AS d ON d.refresh_week = r.refresh_week AND d.run_id = r.run_id
      AND d.action IN ('publish', 'rollback')
    WHERE r.refresh_week = $week ORDER BY d.decided_at DESC LIMIT 1"""


def held_lines(
    connection: duckdb.DuckDBPyConnection, refresh_week: date, broken: Sequence[str]
) -> list[str]:
    """Say of a refresh that gates stop which limit, what moved, and what to do.

    Parameters
    ----------
    connection
        Open on a file with the mart schema, which holds the rows of the refresh.
    broken
        What each gate that stops it says.
    """
    moved = connection.execute(_MOVED, {"week": refresh_week}).df()
    stays = (
        f"The refresh of {moved['week'].iloc[0].date()} stays the published one. "
        if len(moved)
        else "Nothing that was published before it is touched. "
    )
    return [*broken, *_moves(moved), stays + _commands(refresh_week)]


def standing_lines(connection: duckdb.DuckDBPyConnection, refresh_week: date) -> list[str]:
    """Say where a refresh of the published file stands; nothing of one that simply is published."""
    row = connection.execute(_DECISION, {"week": refresh_week}).df()
    if row.empty:
        return []
    found = row.iloc[0]
    if not pd.isna(found["action"]):
        return [decided_line(found)]
    return held_lines(connection, refresh_week, [found["reason"]]) if found["reason"] else []


def decided_line(decision: pd.Series) -> str:
    """Say who decided what of a refresh, when and why: a row of ``mart.decisions``."""
    verb = {
        "publish": "Published, although it was held, by",
        "rollback": "Taken back by",
    }[decision["action"]]
    said = f"{verb} {decision['who']} on {str(decision['decided_at'])[:16]} UTC: {decision['why']}"
    return f"{said}. Before: {decision['before']}" if decision["before"] else said


def _moves(moved: pd.DataFrame) -> list[str]:
    if moved.empty:
        return []
    told = [_move(row) for _, row in moved.head(_MOST).iterrows()]
    week = moved["week"].iloc[0].date()
    return [f"What moved most since the refresh of {week}: {words.listed(told)}."]


def _move(row: pd.Series) -> str:
    """``tv's ROI from 2.1 to 1.4 (outside its interval of then, 1.8 to 2.5)``."""
    if pd.isna(row["roi"]) or pd.isna(row["roi_before"]):
        ends = f"{percent(row['share_before'])} to {percent(row['share'])}"
        return f"{row['channel']}'s share from {ends}"
    said = f"{row['channel']}'s ROI from {number(row['roi_before'])} to {number(row['roi'])}"
    if row["lower"] <= row["roi"] <= row["upper"]:
        return said
    ends = f"{number(row['lower'])} to {number(row['upper'])}"
    return f"{said} (outside its interval of then, {ends})"


def _commands(refresh_week: date) -> str:
    return (
        f'To publish this one anyway:  mmm publish --week {refresh_week} --reason "…"  '
        'To take back what is published:  mmm rollback --reason "…"'
    )
