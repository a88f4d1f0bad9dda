"""Which tests are due in a refresh, and which found something earlier in the month."""

from __future__ import annotations

from datetime import date

import pandas as pd

from mmm_assets.config.trust import TrustSection

_MOST_REFITS = 2
"""Monthly tests, which fit again, in one refresh; what is due beyond waits for the next."""


def due(trust: TrustSection, refresh_week: date, earlier: pd.DataFrame) -> list[str]:
    """Return the tests that run in a refresh, in the order of the configuration.

    Parameters
    ----------
    earlier
        Rows of ``mart.trust_tests`` of published refreshes before this one.
    """
    month = [(week.year, week.month) for week in tested_weeks(earlier)]
    there = set(earlier["test"][[m == (refresh_week.year, refresh_week.month) for m in month]])
    waiting = [name for name in trust.monthly if name not in there]
    return [*trust.weekly, *waiting[:_MOST_REFITS]]


def carried(trust: TrustSection, due_now: list[str], earlier: pd.DataFrame) -> pd.DataFrame:
    """Return the newest rows of monthly tests that are not due, as they were found."""
    waiting: list[str] = [name for name in trust.monthly if name not in due_now]
    # The invented channel of the placebo is a test of mmm-eval's, too.
    waiting += ["shuffled_channel"] if "placebo" in waiting else []
    rows = earlier[earlier["test"].isin(waiting)]
    newest = rows.groupby("test")["refresh_week"].transform("max")
    return rows[rows["refresh_week"] == newest].drop(columns="refresh_week")


def tested_weeks(rows: pd.DataFrame) -> list[date]:
    """Weeks whose fits were tested."""
    return [pd.Timestamp(week).date() for week in rows["tested_week"]]
