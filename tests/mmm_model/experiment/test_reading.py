"""Raw rows of a test as a lift; what is missing, double or too little is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmm_model.experiment.reading import Trial, Unreadable, read_trial
from mmm_model.intervals import NORMAL_90

WEEKS = pd.date_range("2024-01-01", periods=80, freq="7D")
TRIAL = Trial("tv", ("a", "b"), WEEKS[74], WEEKS[79] + pd.Timedelta(days=6))


def rows(lift: float = -60.0, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    common = 500 + 60 * np.sin(np.arange(80) / 8.3)
    parts = []
    for number, region in enumerate("abcdefg"):
        kpi = (1 + 0.1 * number) * common + rng.normal(0, 9, 80)
        spend = np.full(80, 20.0)
        if region in TRIAL.regions:
            kpi[74:] += lift / 2
            spend[74:] = 0.0
        parts.append(pd.DataFrame({"day": WEEKS, "region": region, "kpi": kpi, "spend": spend}))
    return pd.concat(parts, ignore_index=True)


def test_a_lift_is_read_with_its_interval_and_the_change_of_spend() -> None:
    found = read_trial(rows(), TRIAL)
    lower, upper = found.interval
    assert lower < -60 < upper < 0 and found.beside == tuple("cdefg")
    (row,) = found.rows().to_dict("records")
    assert (row["region"], row["start_week"], row["end_week"]) == (
        "a|b",
        "2025-06-02",
        "2025-07-07",
    )
    assert row["delta_x"] == pytest.approx(-40.0)
    assert row["sigma"] * NORMAL_90 == pytest.approx(upper - found.lift.value, rel=1e-4)
    assert "weeks on 5 regions without it, checked on" in row["method"]


def test_regions_of_another_test_are_no_yardstick() -> None:
    table = rows()
    table.loc[(table["region"] == "c") & (table["day"] >= WEEKS[74]), "kpi"] += 300
    spoilt = read_trial(table, TRIAL)
    found = read_trial(table, replace(TRIAL, left_out=("c",)))
    assert "c" not in found.beside and abs(found.lift.value + 60) < abs(spoilt.lift.value + 60)


def test_a_switchback_of_a_nation_is_a_row_for_each_fortnight() -> None:
    table = rows(0.0)
    national = (
        table.groupby("day", as_index=False)[["kpi", "spend"]].sum().assign(region="national")
    )
    dark = np.zeros(80, bool)
    dark[[72, 73, 76, 77]] = True
    national.loc[dark, "kpi"] -= 200
    national.loc[dark, "spend"] = 0.0
    trial = Trial("tv", (), WEEKS[72], WEEKS[79] + pd.Timedelta(days=6), switchback=True)
    found = read_trial(national, trial)
    assert abs(found.lift.value + 100) < found.lift.half_width  # half the weeks were dark
    made = found.rows()
    assert made["start_week"].tolist() == ["2025-05-19", "2025-06-16"]
    assert made["delta_y"].iloc[0] == pytest.approx(2 * found.lift.value, rel=1e-3)
    # Both rows together are worth what the test is worth.
    joint = (made["sigma"] ** -2).sum() ** -0.5
    assert joint == pytest.approx(2 * found.lift.half_width / NORMAL_90, rel=1e-3)
    with pytest.raises(Unreadable, match=r"as national data have not.*switchback"):
        read_trial(national, replace(trial, switchback=False))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: t.drop(t.index[[75, 77]]), r"lacks 2 of its days: a 2025-06-09, a 2025-06-23"),
        (lambda t: pd.concat([t, t.iloc[[3]]]), "1 rows are double, the first for a on 2024-01-22"),
        (lambda t: t[t["day"] >= WEEKS[66]], "there are 8 weeks before .* 12 before are needed"),
        (lambda t: t[t["region"].isin(["a", "b"])], "no region without the test"),
        (lambda t: t.assign(day=t["day"] + pd.to_timedelta(t.index % 3 * 2, "D")), "neither daily"),
    ],
)
def test_rows_that_say_too_little_are_refused(spoil, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        read_trial(spoil(rows()), TRIAL)


def test_a_region_with_a_gap_in_the_test_is_left_out_and_one_in_the_past_is_filled() -> None:
    table = rows()
    gap = table.drop(table.index[[2 * 80 + 76, 3 * 80 + 10]])  # c in the test, d long before
    assert read_trial(gap, TRIAL).beside == tuple("defg")


def by_day(first: str, weeks: int) -> pd.DataFrame:
    """Rows of seven regions by day; two lose a tenth in the last three weeks of days."""
    rng = np.random.default_rng(4)
    days = pd.date_range(first, periods=7 * weeks, freq="D")
    common = 500 + 60 * np.sin(np.arange(len(days)) / 50) + 80 * (days.day_of_week < 5)
    parts = []
    for number, region in enumerate("abcdefg"):
        kpi = (1 + 0.1 * number) * common + rng.normal(0, 25, len(days))
        kpi[-21:] *= 0.9 if region in TRIAL.regions else 1.0
        parts.append(pd.DataFrame({"day": days, "region": region, "kpi": kpi, "spend": 3.0}))
    return pd.concat(parts, ignore_index=True)


def test_days_of_a_test_from_a_wednesday_are_summed_to_weeks_from_wednesday() -> None:
    daily = by_day("2024-01-03", 40)
    trial = replace(TRIAL, start=pd.Timestamp("2024-09-18"), end=pd.Timestamp("2024-10-08"))
    found = read_trial(daily, trial)
    weeks = daily.assign(
        day=daily["day"] - pd.to_timedelta((daily["day"].dt.day_of_week - 2) % 7, "D")
    )
    same = read_trial(weeks.groupby(["day", "region"], as_index=False).sum(), trial)
    assert found.interval == pytest.approx(same.interval) and found.spend == same.spend
    assert "by weeks from Wednesday" in found.method
    # It touches four weeks from Monday, and its 21 days are three quarters of their days.
    assert [str(week.date()) for week in found.weeks[[0, -1]]] == ["2024-09-16", "2024-10-07"]
    during = daily["day"].ge(trial.start) & daily["region"].isin(trial.regions)
    lost = -daily.loc[during, "kpi"].sum() / 0.9 * 0.1 / 4
    assert abs(found.lift.value - lost) <= found.lift.half_width < abs(lost)
    sunday = replace(trial, days_early=1)
    assert str(sunday.weeks[-1].date()) == "2024-10-07"  # from Sunday the 6th to the 12th

    few = read_trial(daily[daily["day"] >= "2024-06-01"], trial)
    assert "by days" in few.method  # too few weeks to learn from
    with pytest.raises(Unreadable, match="lacks 1 of its days: a 2024-09-20"):
        read_trial(daily[(daily["day"] != "2024-09-20") | (daily["region"] != "a")], trial)
