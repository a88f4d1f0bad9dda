"""Plans of record in words: how each stands, why, and what all of them were worth.

The report, the terminal and Dagster say the same sentences.
"""

from __future__ import annotations

from datetime import date

import duckdb
import pandas as pd

from mmm_assets.mart.numbers import MISSING, number, percent
from mmm_assets.report import words

PLANS = """
    SELECT p.plan, coalesce(s.status, CASE WHEN w.about IS NOT NULL THEN 'withdrawn'
             WHEN p.first_week > $week THEN 'to come' WHEN p.last_week > $week THEN 'running'
             ELSE 'ended' END) AS status,
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

CAUSES = {
    "spend": "other money than planned",
    "media cost": "media cost more or less than assumed",
    "controls": "other controls, such as prices, than assumed",
    "response": "media worked better or worse than assumed",
    "baseline": "the business without media was stronger or weaker",
    "noise": "chance (noise that no cause explains)",
}
"""Cause of ``mart.plan_causes`` → what a person calls it."""


def plans_of(connection: duckdb.DuckDBPyConnection, refresh_week: date) -> pd.DataFrame:
    """Rows of `PLANS`."""
    return connection.execute(PLANS, {"week": refresh_week}).df()


def plan_sentences(plans: pd.DataFrame, kpi: str) -> list[str]:
    """Say how every plan stands, and what all that began were worth; rows of `PLANS`."""
    return [*(standing(plan, kpi) for _, plan in plans.iterrows()), *scorecard(plans, kpi)]


def standing(plan: pd.Series, kpi: str) -> str:
    """``Q3 is running, 4 of 13 weeks over: … of … planned was spent; … against … promised``."""
    about = {
        "to come": f"begins on {words.day(plan['first_week'])}",
        "running": "is running",
        "ended": f"ended with the week of {words.day(plan['last_week'])}",
        "withdrawn": f"was withdrawn by {plan['withdrawn_by']}",
    }[plan["status"]]
    said = f"{plan['plan']} {about}"
    if not plan["weeks_over"]:
        yet = "no week of it counts" if plan["status"] == "withdrawn" else "no week of it is over"
        return f"{said}: {yet} yet; {number(plan['plan_kpi'])} {kpi} are promised{_within(plan)}."
    over = f"{int(plan['weeks_over'])} of {words.counted(int(plan['weeks']), 'week')} over"
    return f"{said}, {over}: {delivered(plan)}, {came(plan, kpi)}."


def delivered(plan: pd.Series) -> str:
    """What was spent, beside what was planned."""
    return (
        f"{number(plan['spend'])} were spent where {number(plan['planned_spend'])} were planned "
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
        f"The advice beat the plan before it for sure in {sure} of {count}, was worse for sure in "
        f"{worse}, and in the others the interval holds both; together it is read as "
        f"{number(begun['gain'].sum(), signed=True)} {kpi}, and promised were "
        f"{number(begun['promised_gain'].sum(), signed=True)} over the whole plans.",
    ]


def causes_sentence(causes: pd.DataFrame, kpi: str) -> str:
    """``Promise and outcome differ by …: most of it because …``; rows of all channels."""
    total = float(causes["kpi"].sum())
    if causes.empty:
        return ""
    ordered = causes.reindex(causes["kpi"].abs().sort_values(ascending=False).index)
    told = [
        f"{number(row['kpi'], signed=True)} because of {CAUSES[row['cause']]}"
        if row["cause"] == "noise" or row["cause"] in ("spend", "controls")
        else f"{number(row['kpi'], signed=True)} because {CAUSES[row['cause']]}"
        for _, row in ordered.head(3).iterrows()
    ]
    way = "more" if total >= 0 else "less"
    return f"{number(abs(total))} {kpi} {way} than promised: {words.listed(told)}, at most."


def _within(plan: pd.Series) -> str:
    return f", 90 % interval {number(plan['plan_lower'])} to {number(plan['plan_upper'])}"


def _over(value: float, of: float) -> float:
    return value / of - 1.0 if of else float("nan")
