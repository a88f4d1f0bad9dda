"""A plan that people agreed, read from a CSV file: ``week, channel, spend`` and maybe ``region``.

What ``mmm plan --by-week --csv FILE`` writes is such a file. A channel without a region is spread
over the regions as it recently was; a week that a channel of the file lacks has no spend.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mmm_assets.planning.adopted_plans import NoPlan
from mmm_model.panel import WEEK, Floats

if TYPE_CHECKING:
    from mmm_model import Panel
    from mmm_model.budget.planned_media import PlannedMedia

_SPEND = ("spend", "optimal_spend")
"""Column of the money; the second is what ``mmm plan --csv`` calls it."""
_MOST = 5
"""Rows that an error names."""


def read_plan(file: Path, panel: Panel, recent: PlannedMedia, days_early: int = 0) -> Floats:
    """Read the spend of the weeks after a panel.

    Parameters
    ----------
    recent
        The recent plan as it goes on for at least one week.
    days_early
        Days that a week begins before the Monday that names it.

    Returns
    -------
    Floats
        ``[R, A, C]``, NaN before the first week of the file and for channels without known spend.

    Raises
    ------
    NoPlan
        Names the file, the rows and what is wrong with them.
    """
    rows = _rows(file)
    _require(file, rows["spend"].notna() & (rows["spend"] >= 0), "spend is no amount of 0 or more")
    _require(file, rows["week"].notna(), "week is no date such as 2026-11-30")
    rows["week"] += pd.Timedelta(days=days_early)
    rows["week"] -= pd.to_timedelta(rows["week"].dt.weekday, "D")
    priced = [c for c, known in zip(panel.channels, panel.has_spend, strict=True) if known]
    _require(file, rows["channel"].isin(priced), f"channel is none of {', '.join(priced)}")
    if "region" in rows:
        known = rows["region"].isin(panel.regions)
        _require(file, known, f"region is none of {', '.join(panel.regions)}")
    past = f"week is past: the refresh has seen those up to {panel.weeks[-1].date()}"
    _require(file, rows["week"] > panel.weeks[-1], past)
    keys = [name for name in ("week", "region", "channel") if name in rows]
    _require(file, ~rows.duplicated(keys), f"{', '.join(keys)} is there twice")
    weeks = pd.date_range(rows["week"].min(), rows["week"].max(), freq="7D")
    if len(missing := weeks.difference(pd.DatetimeIndex(rows["week"]))):
        raise NoPlan(
            f"{file} has no rows of the week of {missing[0].date()}, between its first week and "
            "its last: give it rows, of 0 if nothing is spent"
        )
    spends = np.nan_to_num(recent.spend).sum(axis=(0, 1)) > 0
    silent = [
        name
        for name, paid in zip(panel.channels, spends, strict=True)
        if paid and name not in set(rows["channel"])
    ]
    if silent:
        raise NoPlan(
            f"{file} says nothing of {', '.join(silent)}, which has recent spend: give it rows, of "
            "0 if it stops"
        )
    return _laid_out(rows, weeks, panel, recent)


def _laid_out(
    rows: pd.DataFrame, weeks: pd.DatetimeIndex, panel: Panel, recent: PlannedMedia
) -> Floats:
    lead = int((weeks[0] - panel.weeks[-1]) / WEEK) - 1
    spend = np.full((len(panel.regions), lead + len(weeks), len(panel.channels)), np.nan)
    spend[:, lead:, panel.has_spend] = 0.0
    money = np.nan_to_num(recent.spend).sum(axis=1)
    total = money.sum(axis=0)
    even = np.full_like(money, 1.0 / len(panel.regions))
    share = np.divide(money, total, out=even, where=total > 0)  # [R, C]
    for row in rows.to_dict("records"):
        t = lead + int(weeks.searchsorted(row["week"]))
        c = panel.channels.index(row["channel"])
        if "region" in row:
            spend[panel.regions.index(row["region"]), t, c] = row["spend"]
        else:
            spend[:, t, c] = row["spend"] * share[:, c]
    return spend


def _rows(file: Path) -> pd.DataFrame:
    try:
        found = pd.read_csv(file)
    except (OSError, ValueError, UnicodeError) as error:
        raise NoPlan(f"{file} cannot be read as a plan: {error}") from error
    money = next((name for name in _SPEND if name in found), None)
    missing = [name for name in ("week", "channel") if name not in found]
    missing += ["spend"] * (money is None)
    if missing or found.empty:
        what = f"has no column {', '.join(missing)}" if missing else "has no rows"
        raise NoPlan(f"{file} {what}: a plan has the columns week, channel, spend and maybe region")
    rows = found.assign(
        week=pd.to_datetime(found["week"], errors="coerce", format="ISO8601"),
        channel=found["channel"].map(_plain),
        spend=pd.to_numeric(found[money], errors="coerce"),
    )
    if "region" in rows:
        rows["region"] = rows["region"].map(_plain)
    return rows


def _plain(name: object) -> str:
    """A name without the apostrophe that kept a spreadsheet from running it as a formula."""
    said = str(name).strip()
    return said[1:] if said[:1] == "'" and said[1:2] in tuple("=+-@") else said


def _require(file: Path, good: pd.Series, rule: str) -> None:
    bad = list(_numbers(good))
    if bad:
        more = f" and {len(bad) - _MOST} more" if len(bad) > _MOST else ""
        named = ", ".join(map(str, bad[:_MOST]))
        raise NoPlan(f"{file}, line {named}{more}: {rule}. Nothing is kept")


def _numbers(good: pd.Series) -> Iterator[int]:
    """Lines of the file, of which the first holds the names."""
    return (int(place) + 2 for place in np.flatnonzero(~good.to_numpy(dtype=bool)))
