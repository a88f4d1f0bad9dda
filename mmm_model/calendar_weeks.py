"""Days of the calendar as columns of weeks.

A holiday may work on its day, on the days before it (people stock up) and on those after it. Days
lie in weeks as they fall: of a Sunday's seven days before, six are in its own week. What of them
lies in a week is what the columns hold, so Easter and a Christmas on a Tuesday need no tables of
their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mmm_model.panel import Floats
from mmm_model.treatments import JOIN, Treatment

HOLIDAY, EVENT = "holiday", "event"
COMPONENTS = {HOLIDAY: "holidays", EVENT: "events"}
"""Under which name all days of a kind add to the KPI."""
_WEEK_DAYS = 7


def calendar_columns(
    days: pd.DataFrame,
    regions: Sequence[str],
    weeks: pd.DatetimeIndex,
    before: int = 7,
    after: int = 7,
    begins: int = 0,
    ahead: int = 0,
) -> tuple[tuple[Treatment, ...], Floats]:
    """Count days by week.

    Parameters
    ----------
    days
        ``region``, ``day`` (a date), ``name``, ``kind`` (``holiday`` or ``event``), a row each; a
        day beyond the weeks counts where the days around it reach into them, or the weeks ahead.
    regions, weeks
        Of the panel: names, and Mondays.
    before, after
        Days around a holiday in which it may work, too; 0 leaves them out. Of an event that lasts,
        they are before its first day and after its last.
    begins
        Days from the Monday that names a week to its first day: -1 of one from Sunday to Saturday.
    ahead
        A, weeks that follow and are counted, too. What lies in them alone is left out: what it
        does was never seen.

    Returns
    -------
    treatments, columns
        One for each part of a holiday that lies in the weeks, in the order of names,
        ``[R, W + A, T]``: of a holiday the number of its days in a week; of an event the share of
        the week's days; of the days around them the share of them that lie in the week. Parts that
        look alike in all weeks are one, under the names of both, and ahead the mean of both.
    """
    first, count, seen = weeks[0] + pd.Timedelta(days=begins), len(weeks) + ahead, len(weeks)
    place = {name: number for number, name in enumerate(regions)}
    lengths = {"before": before, "day": 0, "after": after}
    found: dict[tuple[str, str, str], Floats] = {}
    keys: list[tuple[str, str, str]] = []
    rows = days[days["region"].isin(place)].sort_values(["kind", "name", "region", "day"])
    for group, own in rows.groupby(["kind", "name", "region"], sort=False):
        kind, name, region = (str(part) for part in group)
        dates = (pd.DatetimeIndex(own["day"].unique()) - first).days.to_numpy()
        starts = dates[~np.isin(dates - 1, dates)]
        ends = dates[~np.isin(dates + 1, dates)]
        for part, length in lengths.items():
            series = np.zeros(count)
            if part == "day":
                _add(series, dates, 1.0 if kind == HOLIDAY else 1.0 / _WEEK_DAYS)
            for step in range(1, length + 1):
                _add(series, starts - step if part == "before" else ends + step, 1.0 / length)
            column = found.setdefault((kind, name, part), np.zeros((len(place), count)))
            column[place[region]] = series
            if series[:seen].any() and (kind, name, part) not in keys:
                keys.append((kind, name, part))
    return _as_treatments({key: found[key] for key in keys}, (len(place), count), seen)


def _add(series: Floats, dates: np.ndarray, worth: float) -> None:
    """Add to a series of weeks what days, counted from its first one, are worth."""
    inside = dates[(dates >= 0) & (dates < _WEEK_DAYS * len(series))]
    np.add.at(series, inside // _WEEK_DAYS, worth)


def _as_treatments(
    found: dict[tuple[str, str, str], Floats], shape: tuple[int, int], seen: int
) -> tuple[tuple[Treatment, ...], Floats]:
    """Name the columns; those that are the same in the weeks that were seen are one."""
    alike: dict[bytes, list[tuple[str, str, str]]] = {}
    for key, column in found.items():
        alike.setdefault(np.round(column[:, :seen], 9).tobytes() + key[2].encode(), []).append(key)
    treatments = tuple(
        Treatment(
            name=JOIN.join(dict.fromkeys(name for _, name, _ in keys)),
            kind=keys[0][0],
            part=keys[0][2],
            component=COMPONENTS[keys[0][0]],
        )
        for keys in alike.values()
    )
    columns = [found[keys[0]] for keys in alike.values()]
    for column, keys in zip(columns, alike.values(), strict=True):
        column[:, seen:] = np.mean([found[key][:, seen:] for key in keys], axis=0)
    return treatments, np.stack(columns, axis=-1) if columns else np.zeros((*shape, 0))
