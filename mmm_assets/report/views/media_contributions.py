"""What media brought: by quarter, week by week, by region."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import View
from mmm_assets.report.views.decomposition import OTHER, grouped, name_of, of_kind

_QUARTERS = """
    SELECT date_trunc('quarter', week) AS quarter, component AS channel,
           sum(contribution) AS contribution
    FROM mart.contributions WHERE refresh_week = $week AND kind = 'media'
    GROUP BY ALL ORDER BY quarter, channel"""

_REGIONS = """
    WITH sums AS (
      SELECT region, component, kind, sum(contribution) AS contribution
      FROM mart.contributions WHERE refresh_week = $week GROUP BY ALL),
    totals AS (SELECT region, sum(contribution) AS total FROM sums GROUP BY region)
    SELECT region, component AS channel, contribution,
           contribution / nullif(total, 0) AS share_of_kpi
    FROM sums JOIN totals USING (region) WHERE kind = 'media' ORDER BY region, channel"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """Contributions of the channels."""
    return _quarters(refresh), _multiples(refresh), _regions(refresh)


def _quarters(refresh: Refresh) -> View:
    rows = refresh.query(_QUARTERS)
    wide = rows.assign(part=grouped(refresh, rows["channel"])).pivot_table(
        index="quarter", columns="part", values="contribution", aggfunc="sum"
    )
    wide = wide[[name for name in [*refresh.leading(), OTHER] if name in wide.columns]]
    names = [f"{stamp.year} Q{stamp.quarter}" for stamp in wide.index]
    sums = wide.sum(axis=1)
    reading = f"Media brought {words.number(sums.iloc[-1])} {refresh.kpi} in {names[-1]} so far."
    if len(sums) > 2:
        best = int(np.argmax(sums.to_numpy()))
        reading = (
            f"Media brought most in {names[best]}: {words.number(sums.iloc[best])} {refresh.kpi}."
        )
    data = [
        {
            "type": "bar", "x": names, "y": wide[name].to_numpy(), "name": name_of(refresh, name),
            "marker": {"color": refresh.colour(name)}, "hovertemplate": "%{y:.3~s}",
        }
        for name in wide.columns
    ]  # fmt: skip
    return View(
        "decomposition-quarters",
        "Media by quarter",
        reading,
        fig.figure(
            data,
            barmode="relative",
            xaxis=fig.names_axis(showgrid=False),
            yaxis=fig.axis(refresh.kpi_label),
            hovermode="x unified",
        ),
        table=rows,
        sql=refresh.shown(_QUARTERS),
        note="The first and the last quarter may be incomplete.",
        wide=True,
        height=380,
    )


def _multiples(refresh: Refresh) -> View:
    media = refresh.query(of_kind("media"))
    wide = media.pivot_table(index="week", columns="component", values="contribution")
    shown = refresh.channels[:24]
    weeks = iso(wide.index.to_series())
    data: list[dict[str, Any]] = []
    titles: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"showlegend": False, "annotations": titles}
    for i, channel in enumerate(shown):
        place = str(i + 1) if i else ""
        colour = refresh.colour(channel)
        data.append(
            fig.line(
                weeks, wide[channel].to_numpy(), refresh.label(channel), colour,
                fill="tozeroy", fillcolor=f"{colour}/0.22", line={"width": 1.4},
                xaxis=f"x{place}", yaxis=f"y{place}",
                hovertemplate="%{x|%d %b %Y}: %{y:.3~s}<extra></extra>",
            )
        )  # fmt: skip
        layout[f"xaxis{place}"] = fig.weeks_axis()
        layout[f"yaxis{place}"] = fig.axis(rangemode="tozero")
        titles.append({"text": refresh.label(channel), "font": {"size": 12}})
    steady = (wide.std() / wide.mean().where(wide.mean() > 0)).reindex(shown)
    most = steady.idxmax() if steady.notna().any() else None
    return View(
        "decomposition-multiples",
        "Each channel over time",
        (f"The effect of {most} varies most around its own mean. " if most else "")
        + "Each panel has its own scale.",
        fig.figure(data, **layout),
        table=media,
        sql=refresh.shown(of_kind("media")),
        note=f"The {len(shown)} largest of {len(refresh.channels)} channels."
        if len(shown) < len(refresh.channels) else "",
        wide=True,
        panels=len(shown),
    )  # fmt: skip


def _regions(refresh: Refresh) -> View:
    title = "Media's share by region and channel"
    rows = refresh.query(_REGIONS)
    if len(refresh.regions) < 2:
        return View(
            "decomposition-regions", title, "There is one region, so no regions to compare."
        )
    wide = rows.pivot_table(index="region", columns="channel", values="share_of_kpi")
    wide = wide.reindex(index=refresh.regions, columns=refresh.channels)
    media = wide.sum(axis=1)
    # Regions that hardly count, where a share is one small number over another, get no word.
    largest = refresh.main_regions()
    high, low = str(media[largest].idxmax()), str(media[largest].idxmin())
    cells = wide.to_numpy()
    ends = np.nanquantile(cells, [0.02, 0.98]) if np.isfinite(cells).any() else (0.0, 1.0)
    return View(
        "decomposition-regions",
        title,
        f"Media matter most in {high} ({words.percent(media[high])} of its {refresh.kpi}) and "
        f"least in {low} ({words.percent(media[low])}).",
        fig.figure(
            [
                fig.heat(
                    [refresh.label(c) for c in wide.columns],
                    [refresh.label(r) for r in wide.index],
                    cells,
                    "%{y}, %{x}: %{z:.3~p}",
                    zmin=float(ends[0]),
                    zmax=float(ends[1]),
                    colorbar={"tickformat": ".3~p", "thickness": 8, "outlinewidth": 0},
                )
            ],
            xaxis=fig.names_axis(showgrid=False),
            yaxis=fig.names_axis(showgrid=False, autorange="reversed"),
        ),
        table=rows,
        sql=refresh.shown(_REGIONS),
        note="Regions by size, channels by effect; direct effects only. The scale spans all but "
        "the outermost fiftieths.",
        wide=True,
        height=fig.height_of(len(wide), 15, least=300, most=760),
    )
