"""What the KPI is made of: each week, and in total."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import Choice, View

_WEEKS = """
    SELECT week, component, kind, sum(contribution) AS contribution
    FROM mart.contributions WHERE refresh_week = $week{}
    GROUP BY ALL ORDER BY kind, component, week"""

NATIONAL = _WEEKS.format("")

TOTALS = """
    SELECT component, kind, sum(contribution) AS contribution,
           sum(contribution) / nullif(sum(sum(contribution)) OVER (), 0) AS share
    FROM mart.contributions WHERE refresh_week = $week
    GROUP BY ALL ORDER BY contribution DESC"""

# A region's series with everything but media as one; only the regions of the selector.
_REGIONAL = """
    SELECT region, week,
           CASE kind WHEN 'media' THEN component WHEN 'brand' THEN $earlier END AS channel,
           sum(contribution) AS contribution
    FROM mart.contributions
    WHERE refresh_week = $week AND list_contains($regions, region)
    GROUP BY ALL ORDER BY region, week"""

OTHER = "Other channels"
EARLIER, _EARLIER_COLOUR = "Left by earlier media", "@ink/0.4"
"""What a slow stock adds (kind ``brand``), which no channel of the week has brought."""
BESIDE = {
    "seasonality": ("Seasonality", "@seasonality"),
    "control": ("Controls", "@other"),
    "promotion": ("Promotions", "@other/0.85"),
    "price": ("Prices", "@other/0.7"),
    "holiday": ("Holidays", "@other/0.55"),
    "event": ("Own events", "@other/0.4"),
}
"""Kinds of components that are neither the level nor media: their name and colour."""
CAUSES = tuple(kind for kind in BESIDE if kind != "seasonality")
"""Those that have a name in the data."""


def views(refresh: Refresh) -> tuple[View, ...]:
    """Views of the contributions."""
    national = refresh.query(NATIONAL)
    totals = refresh.query(TOTALS)
    return (
        _weekly(refresh, national),
        _waterfall(refresh, totals),
        _share(refresh, totals),
    )


def of_kind(*kinds: str) -> str:
    """The weekly contributions of some kinds of component."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return _WEEKS.format(f" AND kind IN ({listed})")


def grouped(refresh: Refresh, names: pd.Series) -> pd.Series:
    """Channels with the small ones as one, for charts where 60 could not be told apart."""
    return names.where(names.isin([*refresh.leading(), EARLIER]), OTHER)


def name_of(refresh: Refresh, part: str) -> str:
    """How a part of the KPI is called in a chart; the empty one is all but media."""
    return (
        "Without media" if not part else part if part in (OTHER, EARLIER) else refresh.label(part)
    )


def _stack(refresh: Refresh, rows: pd.DataFrame) -> pd.DataFrame:
    """Weeks × parts of ``week, channel (null: not media), contribution``, base first."""
    part = grouped(refresh, rows["channel"]).where(rows["channel"].notna(), "")
    wide = rows.assign(part=part).pivot_table(
        index="week", columns="part", values="contribution", aggfunc="sum"
    )
    order = ["", EARLIER, *refresh.leading(), OTHER]
    return wide.reindex(columns=[name for name in order if name in wide.columns])


def _weekly(refresh: Refresh, national: pd.DataFrame) -> View:
    of_media = national["component"].where(national["kind"] == "media")
    rows = national.assign(channel=of_media.mask(national["kind"] == "brand", EARLIER))
    wide = _stack(refresh, rows)
    weeks = iso(wide.index.to_series())

    def trace(name: str) -> dict[str, Any]:
        fixed = {"": "@baseline", EARLIER: _EARLIER_COLOUR}
        colour = fixed[name] if name in fixed else refresh.colour(name)
        return fig.line(
            weeks,
            wide[name].to_numpy(),
            name_of(refresh, name),
            colour,
            stackgroup="all",
            line={"width": 0.4},
            fillcolor=f"{colour}/{0.55 if not name else 0.88}",
        )

    offered = refresh.regions_to_choose(len(refresh.weeks) * (1 + len(refresh.leading())))
    choices = [Choice("All regions", {})]
    if offered:
        regional = refresh.query(_REGIONAL, regions=offered, earlier=EARLIER)
        by_region = dict(iter(regional.groupby("region")))
        for region in offered:
            part = _stack(refresh, by_region[region]).reindex(
                index=wide.index, columns=wide.columns
            )
            traces = {i: {"y": part[name].to_numpy()} for i, name in enumerate(wide.columns)}
            choices.append(Choice(region, traces, reading=_typical(refresh, part, f" in {region}")))
    return View(
        "decomposition-weekly",
        "What made up each week",
        _typical(refresh, wide),
        fig.figure(
            [trace(name) for name in wide.columns],
            xaxis=fig.weeks_axis(),
            yaxis=fig.axis(refresh.kpi_label),
            hovermode="x unified",
            legend={"traceorder": "normal"},
        ),
        table=national,
        sql=refresh.shown(NATIONAL),
        selector="Region",
        choices=tuple(choices),
        note=refresh.choice_note(offered),
        wide=True,
        height=430,
    )


def _typical(refresh: Refresh, wide: pd.DataFrame, where: str = "") -> str:
    """What media bring in a typical week and in the best one."""
    media = wide.drop(columns=[""], errors="ignore").sum(axis=1)
    share = (media / wide.sum(axis=1)).fillna(0.0)
    return (
        f"In a typical week media bring {words.percent(share.median())} of {refresh.kpi}{where}; "
        f"most in the week of {words.day(share.idxmax())} ({words.percent(share.max())})."
    )


def _parts(refresh: Refresh, totals: pd.DataFrame) -> list[tuple[str, str, float]]:
    """Label, colour and total of what the KPI is made of, base first."""
    by_kind = totals.groupby("kind")["contribution"].sum()
    parts = [("Baseline", "@baseline", float(by_kind.get("baseline", 0.0)))]
    for kind, (name, colour) in BESIDE.items():
        if kind in by_kind.index and by_kind[kind] != 0:
            parts.append((name, colour, float(by_kind[kind])))
    if (left := float(by_kind.get("brand", 0.0))) > 0:
        parts.append((EARLIER, _EARLIER_COLOUR, left))
    media = totals[totals["kind"] == "media"]
    sums = media.groupby(grouped(refresh, media["component"]))["contribution"].sum()
    for channel in [*refresh.leading(), OTHER]:
        if channel in sums.index:
            parts.append((name_of(refresh, channel), refresh.colour(channel), float(sums[channel])))
    return parts


def _waterfall(refresh: Refresh, totals: pd.DataFrame) -> View:
    parts = _parts(refresh, totals)
    total = sum(value for _, _, value in parts)
    starts = np.concatenate([[0.0], np.cumsum([value for _, _, value in parts])[:-1]])
    names = [name for name, _, _ in parts] + ["Total"]
    values = [value for _, _, value in parts] + [total]
    base = [*starts, 0.0]
    media = float(totals[totals["kind"].isin(["media", "brand"])]["contribution"].sum())
    return View(
        "decomposition-waterfall",
        "From the baseline to the total",
        f"Of {words.number(total)} {refresh.kpi}, {words.number(total - media)} would have come "
        f"without media and {words.number(media)} came through it.",
        fig.figure(
            [
                {
                    "type": "bar", "orientation": "h", "y": names, "x": values, "base": base,
                    "marker": {"color": [colour for _, colour, _ in parts] + ["@ink/0.7"]},
                    "text": [words.number(value) for value in values], "textposition": "none",
                    "hovertemplate": "%{y}: %{text}<extra></extra>",
                }
            ],
            **fig.ranked(refresh.kpi_label, len(names)),
        ),
        table=totals,
        sql=refresh.shown(TOTALS),
        height=fig.height_of(len(names)),
    )  # fmt: skip


def _share(refresh: Refresh, totals: pd.DataFrame) -> View:
    parts = _parts(refresh, totals)
    split = {"Baseline", *(name for name, _ in BESIDE.values())}
    base = sum(value for name, _, value in parts if name in split)
    media = [part for part in parts if part[0] not in split]
    shown = [("Without media", "@baseline", base), *media]
    positive = [(name, colour, max(0.0, value)) for name, colour, value in shown]
    total = sum(value for _, _, value in parts)
    now = [part for part in media if part[0] != EARLIER]
    largest = max(now, key=lambda part: part[2], default=None)
    media_share = words.percent((total - base) / total if total else np.nan)
    said = f"Media make up {media_share} of all {refresh.kpi}"
    if largest and largest[2] > 0 and refresh.channels:
        said += f"; the largest part, {words.percent(largest[2] / total)}, is {refresh.channels[0]}"
    return View(
        "decomposition-share",
        "Shares of the total",
        said + ".",
        fig.figure(
            [
                {
                    "type": "pie", "hole": 0.62, "sort": False, "direction": "clockwise",
                    "labels": [name for name, _, _ in positive],
                    "values": [value for _, _, value in positive],
                    "marker": {"colors": [c for _, c, _ in positive],
                               "line": {"color": "@paper", "width": 1.5}},
                    "textinfo": "none",
                    "hovertemplate": "%{label}: %{percent}<extra></extra>",
                }
            ],
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
            legend={"orientation": "v", "x": 1.02, "y": 0.5, "yanchor": "middle"},
            annotations=[
                {
                    "text": f"{media_share}<br>media",
                    "showarrow": False, "font": {"size": 18}, "x": 0.5, "y": 0.5,
                }
            ],
        ),
        table=totals,
        sql=refresh.shown(TOTALS),
        height=fig.height_of(len(parts)),
    )  # fmt: skip
