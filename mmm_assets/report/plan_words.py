"""Plans of record in words: how each stands, why, and what all of them were worth.

The report, the terminal and Dagster say the same sentences.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import duckdb
import pandas as pd

from mmm_assets.mart.numbers import MISSING, money, number, percent
from mmm_assets.report import words

PLANS = """
    SELECT p.plan, CASE WHEN w.about IS NOT NULL THEN 'withdrawn'
             WHEN p.first_week > $week THEN 'to come' WHEN p.last_week > $week THEN 'running'
             ELSE 'ended' END AS status,
           p.first_week, p.last_week, p.who, p.adopted_at, p.reason, p.asked,
           p.refresh_week AS adopted_on, w.who AS withdrawn_by, w.decided_at AS withdrawn_at,
           w.reason AS withdrawn_because, p.spend AS plan_spend, p.kpi AS plan_kpi,
           p.lower AS plan_lower, p.upper AS plan_upper, p.gain AS plan_gain,
           p.gain_lower AS plan_gain_lower, p.gain_upper AS plan_gain_upper,
           coalesce(s.weeks, date_diff('week', p.first_week, p.last_week) + 1) AS weeks,
           coalesce(s.weeks_over, 0) AS weeks_over, s.planned_spend, s.spend, s.promised, s.lower,
           s.upper, s.kpi, s.inside, s.promised_gain, s.gain, s.gain_lower, s.gain_upper,
           s.gain_probability, s.spent_gain, s.spent_gain_lower, s.spent_gain_upper,
           s.unknown_cells, s.note
    FROM mart.plans AS p
    LEFT JOIN mart.plan_scores AS s ON s.plan = p.plan AND s.refresh_week = $week
    LEFT JOIN mart.decisions AS w
      ON w.action = 'withdraw plan' AND w.about = p.plan AND w.refresh_week <= $week
    WHERE p.refresh_week <= $week
    ORDER BY CASE status WHEN 'running' THEN 0 WHEN 'to come' THEN 1 ELSE 2 END,
             p.first_week DESC"""
"""Every plan that a refresh may know of, what runs first."""

SEEN = """
    SELECT plan, max(refresh_week) AS refresh_week FROM mart.plan_track
    WHERE refresh_week <= $week GROUP BY plan"""
"""The newest refresh that compared a plan: some weeks after its end none does any more."""


class Cause(NamedTuple):
    """A cause of ``mart.plan_causes`` as people call it.

    Parameters
    ----------
    title
        Its name in a chart.
    more, less
        What it did where it added KPI, and where it took some.
    means
        What it is.
    """

    title: str
    more: str
    less: str
    means: str


_OTHERWISE = "controls, such as prices, came otherwise than assumed"
CAUSES = {
    "spend": Cause(
        "Money", "other money than planned was spent", "other money than planned was spent",
        "other spend than planned",
    ),
    "media cost": Cause(
        "Media cost", "the money bought more than assumed", "the money bought less than assumed",
        "how much media the money bought",
    ),
    "controls": Cause("Controls", _OTHERWISE, _OTHERWISE, "prices, promotions, holidays"),
    "response": Cause(
        "Response", "media worked better than assumed", "media worked less than assumed",
        "what media did for the KPI",
    ),
    "baseline": Cause(
        "Baseline", "the business without media was stronger",
        "the business without media was weaker", "the business without media",
    ),
    "noise": Cause("Chance", "of chance", "of chance", "noise that no cause explains"),
}  # fmt: skip
"""Every cause, in the order of the steps from promise to outcome."""


def plans_of(connection: duckdb.DuckDBPyConnection, refresh_week: date) -> pd.DataFrame:
    """Rows of `PLANS`."""
    return connection.execute(PLANS, {"week": refresh_week}).df()


def plan_sentences(plans: pd.DataFrame, kpi: str, currency: str) -> list[str]:
    """Say how every plan stands, and what all that began were worth; rows of `PLANS`."""
    return [
        *(standing(plan, kpi, currency) for _, plan in plans.iterrows()),
        *scorecard(plans, kpi),
    ]


def standing(plan: pd.Series, kpi: str, currency: str) -> str:
    """``Q3 is running, 4 of 13 weeks over: … of … planned was spent; … against … promised``."""
    about = {
        "to come": f"begins on {words.day(plan['first_week'])}",
        "running": "is running",
        "ended": f"ended with the week of {words.day(plan['last_week'])}",
        "withdrawn": f"was withdrawn by {plan['withdrawn_by']} ({plan['withdrawn_because']})",
    }[plan["status"]]
    said = f"{plan['plan']} {about}"
    if not plan["weeks_over"]:
        yet = "no week counted" if plan["status"] == "withdrawn" else "no week of it is over yet"
        return f"{said}: {yet}; {number(plan['plan_kpi'])} {kpi} are promised{_within(plan)}."
    over = f"{int(plan['weeks_over'])} of {words.counted(int(plan['weeks']), 'week')} over"
    return f"{said}, {over}: {delivered(plan, currency)}, {came(plan, kpi)}."


def delivered(plan: pd.Series, currency: str) -> str:
    """What was spent, beside what was planned."""
    return (
        f"{money(plan['spend'], currency)} were spent where "
        f"{money(plan['planned_spend'], currency)} were planned "
        f"({percent(_over(plan['spend'], plan['planned_spend']), signed=True)})"
    )


def came(plan: pd.Series, kpi: str) -> str:
    """What came, beside what was promised, and whether its interval holds it."""
    ends = f"{number(plan['lower'])} to {number(plan['upper'])}"
    inside = "inside" if plan["inside"] else "outside"
    return (
        f"{number(plan['kpi'])} {kpi} came where {number(plan['promised'])} were promised "
        f"({percent(_over(plan['kpi'], plan['promised']), signed=True)}, {inside} the promised "
        f"90 % interval of {ends})"
    )


def gained(plan: pd.Series, kpi: str) -> str:
    """Whether the advice beat the plan before it, with the doubt."""
    if pd.isna(plan["gain"]):
        return MISSING
    sure = plan["gain_probability"]
    verdict = "more" if plan["gain"] >= 0 else "less"
    odds = f"{percent(sure)} sure that it is more" if 0 < sure < 1 else "in every draw of the fit"
    ends = f"{number(plan['gain_lower'], signed=True)} to {number(plan['gain_upper'], signed=True)}"
    return f"{number(abs(plan['gain']))} {kpi} {verdict}, 90 % interval {ends}; {odds}"


def scorecard(plans: pd.DataFrame, kpi: str) -> list[str]:
    """Were promises inside their intervals, and did the advice beat the plan before it."""
    begun = plans[plans["weeks_over"] > 0]
    if begun.empty:
        return []
    inside, count = int(begun["inside"].astype(bool).sum()), len(begun)
    sure = int((begun["gain_lower"] > 0).sum())
    worse = int((begun["gain_upper"] < 0).sum())
    few = " Few plans say little about how good promises are." if count < 10 else ""
    return [
        f"Of {words.counted(count, 'plan')} that began, {inside} brought a KPI inside the promised "
        f"90 % interval.{few}",
        f"The advice beat the plan before it for sure in {sure} of {count} and was worse for sure "
        f"in {worse}; in {count - sure - worse} the doubt is larger than the difference. Together "
        f"it is read as {number(begun['gain'].sum(), signed=True)} {kpi}, and promised were "
        f"{number(begun['promised_gain'].sum(), signed=True)} over the whole plans.",
    ]


def causes_sentence(causes: pd.DataFrame, kpi: str) -> str:
    """``3,170 orders more than promised, mostly because …``; rows of all channels."""
    if causes.empty:
        return ""
    total = float(causes["kpi"].sum())
    way = "more" if total >= 0 else "less"
    driving = causes[causes["kpi"] * total > 0].sort_values("kpi", key=abs, ascending=False)
    against = causes[causes["kpi"] * total < 0].sort_values("kpi", key=abs, ascending=False)
    said = f"{number(abs(total))} {kpi} {way} than promised"
    if len(driving):
        said += f", mostly because {words.listed([_because(row) for row in _rows(driving, 2)])}"
    if len(against) and abs(against["kpi"].iloc[0]) > 0.5 * abs(total):
        said += f"; against it, {_because(against.iloc[0])}"
    return f"{said}."


def legend() -> str:
    """What each cause is, in one line."""
    return " ".join(f"{cause.title}: {cause.means}." for cause in CAUSES.values())


def in_order(plans: pd.DataFrame, rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows by plan, in the order of `PLANS`."""
    parts = dict(iter(rows.groupby("plan")))
    return {str(name): parts[name] for name in plans["plan"] if name in parts}


def _rows(causes: pd.DataFrame, most: int) -> list[pd.Series]:
    return [row for _, row in causes.head(most).iterrows()]


def _because(row: pd.Series) -> str:
    cause = CAUSES[row["cause"]]
    why = cause.more if row["kpi"] >= 0 else cause.less
    return f"{why} ({number(row['kpi'], signed=True)})"


def _within(plan: pd.Series) -> str:
    return f", 90 % interval {number(plan['plan_lower'])} to {number(plan['plan_upper'])}"


def _over(value: float, of: float) -> float:
    return value / of - 1.0 if of else float("nan")
