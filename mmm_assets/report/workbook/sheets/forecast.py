"""Does the model foresee what it had not seen?"""

from __future__ import annotations

from mmm_assets.mart import numbers
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.views.forecast import HELD, METRICS, REFERENCES, SCOPES, metric
from mmm_assets.report.workbook.sheet import Block, Column, Formula, Sheet, difference, ratio

_INSIDE = Formula("=IF(AND({actual}>={low},{actual}<={high}),1,0)")


def sheet(refresh: Refresh) -> Sheet | None:
    """Skill against simple references, and each held-out week; None without such weeks."""
    held, metrics = refresh.query(HELD), refresh.query(METRICS)
    if held.empty:
        return None
    skills = [
        Column(model, f"against {name.lower()}", "change",
               [metric(metrics, scope, model, "skill") for scope in SCOPES])
        for model, name in REFERENCES.items()
    ]  # fmt: skip
    errors = [metric(metrics, scope, "mmm", "relative_rmse") for scope in SCOPES]
    scores = Block(
        "Skill: how much smaller the error is than that of a simple forecast; below zero, larger",
        (
            Column("scope", "Of", "text", list(SCOPES.values())),
            Column("error", "Error over the mean", "share", errors),
            *skills,
        ),
    )
    weeks = Block(
        f"Weeks that the model had not seen, {refresh.kpi}",
        (
            Column("region", "Region", "text", held["region"]),
            Column("week", "Week", "day", held["week"].dt.date),
            Column("actual", "Came", "money", held["actual"], "sum"),
            Column("said", "Forecast", "money", held["predicted"], "sum"),
            Column("low", "low", "money", held["lower"]),
            Column("high", "high", "money", held["upper"]),
            Column("miss", "Forecast less what came", "money", difference("said", "actual"),
                   "formula"),
            Column("part", "of what came", "change", ratio("miss", "actual"), "formula"),
            Column("inside", "Inside the interval", "share", _INSIDE, "mean"),
        ),
        "All",
    )  # fmt: skip
    skill = metric(metrics, "pooled", "last_value", "skill")
    return Sheet(
        "Forecast",
        "Does the model foresee what it had not seen?",
        f"Skill {numbers.percent(skill, signed=True)} against repeating the last value.",
        (scores, weeks),
        ("Of what came, 90 % should be inside the intervals.",),
    )
