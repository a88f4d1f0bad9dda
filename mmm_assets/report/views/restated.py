"""What past weeks say now and did not say at the refresh before."""

from __future__ import annotations

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import View

RESTATED = """
    SELECT week, table_name, column_name, kind, count(*) AS changed,
           sum(coalesce(value_after, 0) - coalesce(value_before, 0)) AS change, sum(money) AS money
    FROM mart.restatements WHERE refresh_week = $week
    GROUP BY ALL ORDER BY week, table_name, column_name, kind"""

_NAMES = {"media": "Spend", "kpi": "Value of the KPI"}


def views(refresh: Refresh) -> tuple[View, ...]:
    """Money that moved in past weeks, by week."""
    return (_view(refresh),)


def _view(refresh: Refresh) -> View:
    rows = refresh.query(RESTATED)
    title = "Late and restated weeks"
    if rows.empty:
        return View(
            "data-restated", title, "No past week has changed since the refresh of an earlier week."
        )
    weeks = words.counted(rows["week"].nunique(), "past week")
    moved = rows.dropna(subset=["money"])
    kinds = rows.groupby("kind")["changed"].sum()
    counts = words.listed([f"{count:,} {kind}" for kind, count in kinds.items()])
    reading = f"{weeks} changed since the refresh of an earlier week: {counts} values."
    data = []
    for table, name, colour in (("media", "Spend", "@accent"), ("kpi", "Value", "@good")):
        money = moved[moved["table_name"] == table].groupby("week")["money"].sum()
        if money.empty:
            continue
        reading += f" {_NAMES[table]} moved by {refresh.money(float(money.sum()))}."
        data.append(
            {
                "type": "bar", "x": iso(money.index.to_series()), "y": money.to_numpy(),
                "name": name, "marker": {"color": colour}, "hovertemplate": "%{y:.3~s}",
            }
        )  # fmt: skip
    return View(
        "data-restated",
        title,
        reading,
        fig.figure(data, xaxis=fig.weeks_axis(), yaxis=fig.axis("Change", zeroline=True))
        if data
        else None,
        table=rows,
        sql=refresh.shown(RESTATED),
        note="Every value is in mart.restatements.",
    )
