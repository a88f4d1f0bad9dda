"""What channels earn through others that they drive."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import Choice, View

_MEDIATED = """
    SELECT channel, direct, mediated, contribution, coalesce(direct_alone, direct) AS alone,
           coalesce(mediated_unpaid, 0) AS unpaid
    FROM mart.channel_summary
    WHERE refresh_week = $week ORDER BY contribution DESC NULLS LAST"""

_WEEKLY = """
    SELECT region, week, component AS channel, contribution AS direct, mediated
    FROM mart.contributions WHERE refresh_week = $week AND kind = 'media'
    AND component IN (SELECT channel FROM mart.channel_summary
                      WHERE refresh_week = $week AND abs(mediated) > 0)
    ORDER BY week, channel, region"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """Direct and mediated contributions, in total and week by week."""
    return _mediation(refresh), _weekly(refresh)


def _mediation(refresh: Refresh) -> View:
    rows = refresh.query(_MEDIATED)
    names = [refresh.label(c) for c in rows["channel"]]
    colours = [refresh.colour(c) for c in rows["channel"]]
    through = rows["mediated"].fillna(0)
    if (through.abs() < 1e-9 * max(1.0, float(rows["direct"].abs().max()))).all():
        reading = "No channel earns anything through another; all effects are direct."
    else:
        most = rows.iloc[int(through.argmax())]
        reading = (
            f"{most['channel']} earns {words.number(most['mediated'])} {refresh.kpi} through "
            f"channels that it drives, {words.percent(most['mediated'] / most['contribution'])} of "
            "what it brings."
            if most["contribution"] > 0
            else f"{most['channel']} earns most through channels that it drives."
        )
    unpaid = [
        fig.bars(names, rows["unpaid"].to_numpy(), [f"{c}/0.7" for c in colours],
                 name="By what nobody buys")
        | {"hovertemplate": "%{y} by what nobody buys: %{x:.3~s}<extra></extra>"}
    ]  # fmt: skip
    known = bool(rows["unpaid"].any())
    return View(
        "graph-mediation",
        "Direct, and through other channels",
        reading,
        fig.figure(
            [
                fig.bars(names, rows["alone"].to_numpy(), colours, name="Direct"),
                *(unpaid if known else []),
                fig.bars(
                    names, rows["mediated"].to_numpy(), [f"{c}/0.4" for c in colours],
                    name="Through others",
                )
                | {"hovertemplate": "%{y} through others: %{x:.3~s}<extra></extra>"},
            ],
            **fig.ranked(refresh.kpi_label, len(names)) | {"barmode": "relative"},
        ),
        table=rows,
        sql=refresh.shown(_MEDIATED),
        note="Full colour: "
        + ("by itself. Half: by what it creates and nobody buys. " if known else "its own path. ")
        + "Pale: through channels that it drives, which is part of "
        "their direct effect too, so the pale parts are not added to the total of media.",
        height=fig.height_of(len(names)),
    )  # fmt: skip


def _weekly(refresh: Refresh) -> View:
    title = "Direct and mediated, week by week"
    rows = refresh.query(_WEEKLY)
    if rows.empty:
        return View("graph-weekly", title, "No channel earns anything through another.")
    channels = [name for name in refresh.channels if name in set(rows["channel"])]
    sums = rows.groupby("channel")[["direct", "mediated"]].sum()
    first = str(sums["mediated"].idxmax())
    regions = refresh.regions_to_choose(4 * len(refresh.weeks))[: 60 // len(channels)]
    choices = [
        Choice(
            channel if region is None else f"{channel}, {region}",
            _series(rows, channel, region),
            reading=_through_others(rows, channel, region),
        )
        for channel in sorted(channels, key=lambda name: name != first)
        for region in (None, *regions)
    ]
    start = choices[0].traces
    return View(
        "graph-weekly",
        title,
        choices[0].reading,
        fig.figure(
            [
                fig.line(start[0]["x"], start[0]["y"], "Direct", "@accent")
                | {"stackgroup": "all", "fillcolor": "@accent/0.35"},
                fig.line(start[1]["x"], start[1]["y"], "Through others", "@quiet")
                | {"stackgroup": "all", "fillcolor": "@quiet/0.35"},
            ],
            xaxis=fig.weeks_axis(),
            yaxis=fig.axis(refresh.kpi_label),
        ),
        table=rows.groupby(["week", "channel"], as_index=False)[["direct", "mediated"]].sum(),
        sql=refresh.shown(_WEEKLY),
        worked_out=True,
        selector="Channel",
        choices=tuple(choices),
        note=refresh.choice_note(regions) if regions else "",
        wide=True,
    )


def _through_others(rows: pd.DataFrame, channel: str, region: str | None) -> str:
    part = rows[rows["channel"] == channel]
    where = ""
    if region is not None:
        part, where = part[part["region"] == region], f" in {region}"
    direct, mediated = part["direct"].sum(), part["mediated"].sum()
    share = mediated / (direct + mediated) if direct + mediated else np.nan
    return (
        f"Of what {channel} brings{where}, {words.percent(share)} comes through channels that it "
        "drives."
    )


def _series(rows: pd.DataFrame, channel: str, region: str | None) -> dict[int, dict]:
    part = rows[rows["channel"] == channel]
    if region is not None:
        part = part[part["region"] == region]
    weekly = part.groupby("week")[["direct", "mediated"]].sum()
    weeks = iso(weekly.index.to_series())
    return {
        number: {"x": weeks, "y": weekly[name].to_numpy()}
        for number, name in enumerate(("direct", "mediated"))
    }
