"""How the forecasts of earlier refreshes turned out."""

from __future__ import annotations

import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import View

_SKILL = """
    SELECT horizon_weeks, refreshes, region_weeks, relative_rmse, skill, coverage_90
    FROM mart.forecast_skill WHERE refresh_week = $week ORDER BY horizon_weeks NULLS FIRST"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """Skill by weeks ahead, over all forecasts that were scored; nothing for a first refresh."""
    skill = refresh.query(_SKILL)
    ahead = skill[skill["horizon_weeks"].notna()]
    if ahead.empty:
        return ()
    whole = skill[skill["horizon_weeks"].isna()].iloc[0]
    better = "beat" if pd.notna(whole["skill"]) and whole["skill"] > 0 else "did not beat"
    return (
        View(
            "fit-track",
            "Forecasts of earlier refreshes",
            f"{words.counted(int(whole['refreshes']), 'earlier refresh', 'earlier refreshes')} "
            f"{better} the last value, with a skill of "
            f"{words.percent(whole['skill'], signed=True)} over "
            f"{words.counted(int(whole['region_weeks']), 'region-week')} that came after; "
            f"{words.percent(whole['coverage_90'])} of them lay in the 90 % interval.",
            fig.figure(
                [
                    {
                        "type": "bar", "x": ahead["horizon_weeks"], "y": ahead["skill"],
                        "marker": {"color": "@accent"}, "name": "Skill",
                        "hovertemplate": "%{x} weeks ahead: %{y:.3~p}<extra></extra>",
                    }
                ],
                showlegend=False,
                xaxis=fig.axis("Weeks ahead", showgrid=False, dtick=1),
                yaxis=fig.axis("Skill against the last value", tickformat=".3~p"),
            ),
            table=skill,
            sql=refresh.shown(_SKILL),
            note="Each week was forecast by a model that had not seen it, with the media and "
            "controls that the week turned out to have, and scored when it came.",
        ),
    )  # fmt: skip
