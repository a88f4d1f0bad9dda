"""Raw rows of a test, by region and day or week, read as a lift with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmm_model.experiment.history import calendar, filled, steady, weekdays
from mmm_model.experiment.interrupted_series import Lift, lift_of
from mmm_model.experiment.matched_regions import series_of
from mmm_model.experiment.placebo_windows import PlaceboWindows, placebo_windows
from mmm_model.fit.lift_tests import AND
from mmm_model.intervals import NORMAL_90
from mmm_model.panel import Bools, Floats

FORTNIGHT = 14
"""Days of a switchback that are alike."""

_BEFORE = 12
"""Least periods before a test, and least of them for each of its own: a season to learn from."""

WEEKS_BEFORE = 26
"""Whole weeks before a test from which daily rows are summed to weeks that begin as it does."""

_SHOWN = 5
"""Names that an error lists."""


class Unreadable(ValueError):
    """Rows that no test can be read from; the message says which, and the next step."""


@dataclass(frozen=True)
class Trial:
    """A test that was made: where, when, how.

    Parameters
    ----------
    channel
        What was changed.
    regions
        Where; empty: everywhere.
    start, end
        First and last day.
    switchback
        Whether it was on and off by fortnights, on first.
    left_out
        Regions that it is not held against, for another test ran there.
    days_early
        Days that weeks begin before the Monday that names them.
    """

    channel: str
    regions: tuple[str, ...]
    start: pd.Timestamp
    end: pd.Timestamp
    switchback: bool = False
    left_out: tuple[str, ...] = ()
    days_early: int = 0

    @property
    def weeks(self) -> pd.DatetimeIndex:
        """Mondays of the weeks that it touches."""
        moved = pd.Timedelta(days=self.days_early)
        first = self.start + moved
        return pd.date_range(
            first - pd.Timedelta(days=first.weekday()), self.end + moved, freq="7D"
        )


@dataclass(frozen=True)
class Reading:
    """What a test found, a week.

    Parameters
    ----------
    beside
        Regions that it was held against; empty: the calendar.
    weeks
        Mondays of its weeks.
    lift
        KPI a week, mean over its weeks; its error holds what past windows say of it.
    without
        KPI a week of its regions had there been no test.
    spend
        Change of spend a week; NaN where the rows have none.
    windows
        What the same reading finds in past windows.
    method
        How it was read, in words.
    """

    trial: Trial
    beside: tuple[str, ...]
    weeks: pd.DatetimeIndex
    lift: Lift
    without: float
    spend: float
    windows: PlaceboWindows
    method: str

    @property
    def interval(self) -> tuple[float, float]:
        """90 % interval of the lift."""
        return self.lift.value - self.lift.half_width, self.lift.value + self.lift.half_width

    def rows(self) -> pd.DataFrame:
        """Rows of the table of lift tests: one, or one for each fortnight of a switchback.

        ``sigma`` gives a normal distribution the same 90 % interval. The fortnights share one
        estimate, so that each has the error of all times the root of their number.
        """
        trial, sigma = self.trial, self.lift.half_width / NORMAL_90
        spans = [(self.weeks[0], self.weeks[-1])]
        share = 1.0
        if trial.switchback:
            firsts = self.weeks[::4]
            spans = [(first, first + pd.Timedelta(weeks=1)) for first in firsts]
            share = 0.5
        return pd.DataFrame(
            {
                "channel": trial.channel,
                "region": AND.join(trial.regions),
                "start_week": [first.date().isoformat() for first, _ in spans],
                "end_week": [last.date().isoformat() for _, last in spans],
                "delta_x": round(self.spend / share, 2),
                "delta_y": round(self.lift.value / share, 4),
                "sigma": round(sigma / share * len(spans) ** 0.5, 4),
                "method": self.method,
            }
        )


def read_trial(rows: pd.DataFrame, trial: Trial) -> Reading:
    """Read a test.

    Parameters
    ----------
    rows
        ``day, region, kpi`` and, where it is known, ``spend`` of the channel; by day or by week,
        from well before the test to its end or later.

    Raises
    ------
    Unreadable
        If rows are double, days are missing, the history is too short or no region is left.
    """
    table = _Table.of(rows, trial)
    inside = np.isin(table.regions, trial.regions or table.regions)
    beside = table.steady & ~inside & ~np.isin(table.regions, trial.left_out)
    in_time = trial.switchback or not beside.any()
    if in_time and not inside.all() and not trial.switchback:
        raise Unreadable(
            "no region is left that had no test and is known in every week of it: deliver more "
            "regions, or name fewer as the test's"
        )
    if in_time and not trial.switchback:
        raise Unreadable(
            "the rows have no region without the test, as national data have not: one stop "
            "cannot be told from what else happened then. Switch it on and off by fortnights "
            "(mmm experiment design --kind switchback) and read that with --switchback"
        )
    pattern = table.pattern
    kpi = filled(table.kpi, table.known, table.steady | inside)
    extra = calendar(table.days) if in_time else np.zeros((len(table.days), 0))
    extra = np.column_stack([extra, weekdays(table.days)])
    others = _beside(kpi, inside, beside, extra, in_time)
    series = kpi[inside].sum(axis=0)
    on = np.zeros(len(series))
    on[table.before :] = pattern
    try:
        found = lift_of(series, others, on)
        windows = placebo_windows(series[: table.before], others[: table.before], pattern)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise Unreadable(f"{error}: deliver rows from further back") from error
    weeks = trial.weeks
    a_week = float(pattern.sum()) / len(weeks)
    lift = Lift(
        found.value * a_week, found.error * a_week * windows.inflation, found.freedom, found.noise
    )
    return Reading(
        trial=trial,
        beside=tuple(table.regions[beside]) if not in_time else (),
        weeks=weeks,
        lift=lift,
        without=(float(series[table.before :].sum()) - found.value * pattern.sum()) / len(weeks),
        spend=table.spend_change(inside, beside, extra, on, in_time) * a_week,
        windows=windows,
        method=_method(table, beside, in_time, windows),
    )


@dataclass(frozen=True)
class _Table:
    """Rows as a grid of R regions and T periods that ends with the test."""

    regions: np.ndarray
    days: pd.DatetimeIndex
    kpi: Floats
    known: Bools
    spend: Floats | None
    before: int
    pattern: Floats
    steady: Bools

    @classmethod
    def of(cls, rows: pd.DataFrame, trial: Trial) -> _Table:
        rows = rows[rows["day"] <= trial.end]
        if unknown := sorted({*trial.regions} - {*rows["region"]}):
            there = ", ".join(sorted({*rows["region"]})[:_SHOWN])
            raise Unreadable(f"the rows have no region {unknown[0]!r}; they have {there} …")
        double = rows.duplicated(["day", "region"])
        if double.any():
            first = rows[double].iloc[0]
            raise Unreadable(
                f"{double.sum()} rows are double, the first for {first['region']} on "
                f"{first['day'].date()}: keep one of each day and region"
            )
        rows = _in_its_weeks(rows, trial)
        step = _step(rows["day"])
        days = pd.date_range(rows["day"].min(), trial.end, freq=f"{step}D")
        if step == 7:
            days = days[days <= trial.end]
        grid = rows.pivot(index="region", columns="day", values="kpi").reindex(columns=days)
        during = (days >= trial.start - pd.Timedelta(days=step - 1)) & (days <= trial.end)
        before, regions = int((~during).sum()), grid.index.to_numpy(dtype=object)
        values = grid.to_numpy(dtype=float)
        known = ~np.isnan(values)
        inside = np.isin(regions, trial.regions or regions)
        _require_days(regions, days, known, inside, during)
        _require_history(before, int(during.sum()), step, trial)
        complete = known[:, during].all(axis=1)
        spend = None
        if "spend" in rows and rows["spend"].notna().any():
            money = rows.pivot(index="region", columns="day", values="spend")
            spend = money.reindex(columns=days).fillna(0.0).to_numpy(dtype=float)
        usable = np.asarray(complete & steady(np.nan_to_num(values), known, int(during.sum())))
        return cls(
            regions=regions,
            days=days,
            kpi=np.nan_to_num(values),
            known=known,
            spend=spend,
            before=before,
            pattern=_pattern(days[during], trial),
            steady=usable,
        )

    def spend_change(
        self, inside: Bools, beside: Bools, extra: Floats, on: Floats, in_time: bool
    ) -> float:
        """Spend a period in the test over what the regions beside it foretell; NaN if unknown."""
        if self.spend is None:
            return float("nan")
        series = self.spend[inside].sum(axis=0)
        usual = series[: self.before][-_BEFORE:].mean()
        plain = float(series[self.before :] @ self.pattern / self.pattern.sum() - usual)
        if in_time:
            return plain
        try:
            return lift_of(series, _beside(self.spend, inside, beside, extra, in_time), on).value
        except ValueError:  # spend beside it stands still, and foretells nothing
            return plain


def _beside(values: Floats, inside: Bools, beside: Bools, extra: Floats, in_time: bool) -> Floats:
    """``[T, K]`` what a series is held against."""
    if in_time:
        return extra
    return np.column_stack([series_of(values, inside, beside)[1], extra])


def _pattern(days: pd.DatetimeIndex, trial: Trial) -> Floats:
    """How far the test was on in each of its periods."""
    if not trial.switchback:
        return np.ones(len(days))
    passed = np.asarray((days - days[0]).days)
    return (passed // FORTNIGHT % 2 == 0).astype(float)


def _in_its_weeks(rows: pd.DataFrame, trial: Trial) -> pd.DataFrame:
    """Sum days to whole weeks that begin with the test, where it lasts whole weeks itself.

    Noise of days that passes within the week says nothing of how long a level lasts, and weekdays
    cost six columns: weeks come nearer to the truth, where there are enough of them. A week of
    which a day is missing is not known. Rows of weeks stay as they are.
    """
    length = (trial.end - trial.start).days + 1
    passed = (rows["day"] - trial.start).dt.days
    inside = (passed >= 0) & rows["region"].isin(trial.regions or set(rows["region"]))
    tested = rows[inside]
    whole = (
        tested.groupby("region")["day"].nunique().eq(length).all() and tested["kpi"].notna().all()
    )
    if length % 7 or not whole or passed.min() > -7 * WEEKS_BEFORE or _step(rows["day"]) == 7:
        return rows
    weeks = rows.assign(day=trial.start + pd.to_timedelta(passed // 7 * 7, unit="D"))
    sums = weeks.groupby(["region", "day"], as_index=False)
    found = sums.sum(numeric_only=True, min_count=1)
    known = sums["kpi"].count()["kpi"] == 7
    return pd.DataFrame(found.loc[known])


def _step(days: pd.Series) -> int:
    """1 for daily rows, 7 for weekly ones."""
    apart = np.diff(np.unique(days.to_numpy()).astype("datetime64[D]")).astype(int)
    if len(apart) and apart.min() == 1:
        return 1
    if len(apart) and (apart % 7 == 0).all():
        return 7
    raise Unreadable("the days are neither daily nor weekly: deliver one row a day or a week")


def _require_days(
    regions: np.ndarray, days: pd.DatetimeIndex, known: Bools, inside: Bools, during: np.ndarray
) -> None:
    missing = [
        f"{regions[r]} {days[t].date()}" for r, t in np.argwhere(~known & inside[:, None] & during)
    ]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise Unreadable(
            f"the KPI of the test's regions lacks {len(missing)} of its days: "
            f"{', '.join(missing[:_SHOWN])}{more}. Deliver them, or give an end before them"
        )


def _require_history(before: int, length: int, step: int, trial: Trial) -> None:
    least = max(_BEFORE, length)
    if before < least or length < 1:
        unit = "days" if step == 1 else "weeks"
        raise Unreadable(
            f"there are {before} {unit} before {trial.start.date()} and {length} of the test; "
            f"{least} before are needed: deliver rows from further back"
        )


def _method(table: _Table, beside: Bools, in_time: bool, windows: PlaceboWindows) -> str:
    unit = "days" if len(weekdays(table.days).T) else "weeks"
    if unit == "weeks" and table.days[0].day_of_week:
        unit = f"weeks from {table.days[0]:%A}"
    against = "trend and season" if in_time else f"{int(beside.sum())} regions without it"
    said = f"time-based regression by {unit} on {against}"
    if len(windows.lifts):
        said += f", checked on {len(windows.lifts)} past windows"
    return said
