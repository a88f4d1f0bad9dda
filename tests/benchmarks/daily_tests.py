"""Tests that begin in the middle of a week, read by weeks and by days; the truth is known.

    python tests/benchmarks/daily_tests.py --draws 150

Twelve regions sell by day for most of a year: a level that lasts and drifts, a season, a pattern of
weekdays, days' own noise. In three of them a test runs for 21 days from a Wednesday to a Tuesday
and takes 8 % of their sales away on each of its days, or does nothing (A/A). It is read by

- weeks: all weeks that it touches, which is what a table of weeks allows;
- weeks from Wednesday: the days summed anew, in weeks that begin with the test;
- days: as they are.

Printed: the mean absolute error of the lift of the whole test over the truth's 8 %, how often the
90 % interval holds the truth, its mean half width on the same scale, and how often A/A is found.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from mmm_model.experiment import reading
from mmm_model.experiment.reading import Reading, Trial, read_trial

REGIONS, LENGTH = 12, 21
TESTED = ("r0", "r1", "r2")
LIFT = -0.08
"""Of what the regions sell on a day of the test."""
FIRST = pd.Timestamp("2024-01-01")  # a Monday


def draw(seed: int, weeks: int) -> tuple[pd.DataFrame, pd.Timestamp, float]:
    """Rows by day without a test, the first day of the test, and what regions sell in it."""
    rng = np.random.default_rng(seed)
    t = np.arange(7 * weeks + 2 + LENGTH + 5)
    days = FIRST + pd.to_timedelta(t, unit="D")
    weekday = 1 + rng.normal(0, 0.12, 7)[days.day_of_week]
    common = (
        1 + 0.1 * np.sin(2 * np.pi * (t / 365 + rng.random())) + _lasting(rng, 0.03, 0.98, len(t))
    )
    rows = []
    for region in range(REGIONS):
        size = 1000 * rng.lognormal(0, 0.5)
        own = 1 + _lasting(rng, 0.03, 0.9, len(t)) + rng.normal(0, 0.05, len(t))
        kpi = size * common * weekday * own
        rows.append(pd.DataFrame({"day": days, "region": f"r{region}", "kpi": kpi}))
    start = FIRST + pd.Timedelta(days=7 * weeks + 2)
    frame = pd.concat(rows, ignore_index=True)
    during = _during(frame, start)
    return frame, start, float(frame.loc[during, "kpi"].sum())


def _lasting(rng: np.random.Generator, sd: float, decay: float, days: int) -> np.ndarray:
    """An autoregression of days."""
    shocks = rng.normal(0, sd * np.sqrt(1 - decay**2), days)
    values = np.empty(days)
    values[0] = rng.normal(0, sd)
    for day in range(1, days):
        values[day] = decay * values[day - 1] + shocks[day]
    return values


def _during(rows: pd.DataFrame, start: pd.Timestamp) -> pd.Series:
    inside = rows["region"].isin(TESTED)
    return inside & rows["day"].between(start, start + pd.Timedelta(days=LENGTH - 1))


def summed(rows: pd.DataFrame, first_weekday: int) -> pd.DataFrame:
    """Whole weeks that begin on a day of the week."""
    early = (rows["day"].dt.day_of_week - first_weekday) % 7
    weeks = rows.assign(day=rows["day"] - pd.to_timedelta(early, unit="D"))
    found = weeks.groupby(["day", "region"], as_index=False).agg(
        kpi=("kpi", "sum"), days=("kpi", "size")
    )
    return found[found["days"] == 7].drop(columns="days")


def readings(rows: pd.DataFrame, start: pd.Timestamp) -> dict[str, tuple[float, float]]:
    """Name of a reading → lift of the whole test and half of its 90 % interval."""
    end = start + pd.Timedelta(days=LENGTH - 1)
    sunday = end + pd.Timedelta(days=6 - end.weekday())
    own = Trial("tv", TESTED, start, end)
    by_week = summed(rows, start.day_of_week)
    reading.WEEKS_BEFORE, usual = 10**6, reading.WEEKS_BEFORE  # days stay days
    by_day = read_trial(rows, own)
    reading.WEEKS_BEFORE = usual
    found = {
        "weeks": read_trial(summed(rows, 0), Trial("tv", TESTED, start, sunday)),
        "weeks from Wednesday": read_trial(by_week, own),
        "days": by_day,
    }
    return {name: _whole(one) for name, one in found.items()}


def _whole(found: Reading) -> tuple[float, float]:
    weeks = len(found.weeks)
    return found.lift.value * weeks, found.lift.half_width * weeks


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=150)
    parser.add_argument("--weeks", type=int, default=48, help="before the test")
    asked = parser.parse_args()
    rows = []
    for seed in range(asked.draws):
        plain, start, sold = draw(seed, asked.weeks)
        lifted = plain.copy()
        lifted.loc[_during(plain, start), "kpi"] *= 1 + LIFT
        for planted, frame in ((0.0, plain), (LIFT, lifted)):
            for name, (lift, half) in readings(frame, start).items():
                off = lift / sold - planted
                rows.append((name, planted, abs(off), abs(off) <= half / sold, half / sold,
                             abs(lift) > half))  # fmt: skip
    columns = ["read by", "planted", "error", "held", "half width", "found"]
    table = pd.DataFrame(rows, columns=columns)
    print(table.groupby(["planted", "read by"], sort=False).mean().round(4).to_string())


if __name__ == "__main__":
    main()
