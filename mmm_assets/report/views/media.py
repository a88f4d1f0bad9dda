"""What was delivered of each channel: how much, where, what stands out, what moves together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import View

_WEEKS = """
    SELECT channel, week, sum(spend) AS spend, sum(exposure) AS exposure,
           count(DISTINCT region) FILTER (coalesce(spend, 0) > 0 OR coalesce(exposure, 0) > 0)
             AS regions_on_air
    FROM mart.media WHERE refresh_week = $week
    GROUP BY channel, week ORDER BY channel, week"""

_NOT_KEPT = "What was delivered was not kept in this refresh."
# Robust standard deviations of the logarithm beyond which a week stands out.
_FAR = 5.0
_PANELS = 24


def views(refresh: Refresh) -> tuple[View, ...]:
    """Views of the delivered media."""
    rows = refresh.query(_WEEKS)
    if rows.empty:
        return (View("data-media", "What was delivered", _NOT_KEPT),)
    return (_delivered(refresh, rows), _on_air(refresh, rows), _together(refresh, rows))


def _wide(refresh: Refresh, rows: pd.DataFrame, value: str) -> pd.DataFrame:
    """Weeks × channels; a week without a row is one without activity."""
    wide = rows.pivot_table(index="week", columns="channel", values=value, aggfunc="sum")
    weeks = pd.DatetimeIndex(refresh.weeks, name="week")
    return wide.reindex(index=weeks, columns=refresh.channels).fillna(0.0)


def _volumes(refresh: Refresh, rows: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Weeks × channels: the first measure for a channel that has any of it, else the second."""
    wanted, other = _wide(refresh, rows, first), _wide(refresh, rows, second)
    return pd.concat([wanted[c] if (wanted[c] > 0).any() else other[c] for c in wanted], axis=1)


def standing_out(series: pd.Series) -> pd.Series:
    """How far each active week is from the channel's median, in robust deviations of the log."""
    active = np.log(series.where(series > 0))
    away = active - active.median()
    # At least a fifth up or down is ordinary, also for a channel that is nearly constant.
    usual = max(1.4826 * float(away.abs().median() or 0.0), 0.2) if active.notna().any() else 0.2
    return (away / usual).fillna(0.0)


def _delivered(refresh: Refresh, rows: pd.DataFrame) -> View:
    volumes = _volumes(refresh, rows, "spend", "exposure")
    shown = refresh.channels[:_PANELS]
    weeks = iso(volumes.index.to_series())
    data: list[dict[str, Any]] = []
    titles: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"showlegend": False, "annotations": titles}
    far = volumes.apply(standing_out)
    for i, channel in enumerate(shown):
        place = str(i + 1) if i else ""
        axes = {"xaxis": f"x{place}", "yaxis": f"y{place}"}
        colour, series = refresh.colour(channel), volumes[channel]
        hover = "%{x|%d %b %Y}: %{y:.3~s}<extra></extra>"
        data.append(
            fig.line(
                weeks, series.to_numpy(), refresh.label(channel), colour, fill="tozeroy",
                fillcolor=f"{colour}/0.22", line={"width": 1.3}, hovertemplate=hover, **axes,
            )
        )  # fmt: skip
        odd = series[far[channel].abs() > _FAR]
        if len(odd):
            data.append(
                {
                    "type": "scatter", "mode": "markers", "x": iso(odd.index.to_series()),
                    "y": odd.to_numpy(), "marker": {"color": "@bad", "size": 7},
                    "hovertemplate": "Stands out. " + hover, **axes,
                }
            )  # fmt: skip
        layout[f"xaxis{place}"] = fig.weeks_axis()
        layout[f"yaxis{place}"] = fig.axis(rangemode="tozero")
        titles.append({"text": refresh.label(channel), "font": {"size": 12}})
    return View(
        "data-media",
        f"What was delivered, {'spend' if refresh.has_spend else 'exposure'} by channel",
        _delivered_reading(refresh, volumes, far),
        fig.figure(data, **layout),
        table=rows,
        sql=refresh.shown(_WEEKS),
        note="Spend, or exposure where no spend is known. Red dots stand far out from the "
        "channel's own weeks: a burst, or a wrong row."
        + (f" The {len(shown)} largest of {len(refresh.channels)} channels."
           if len(shown) < len(refresh.channels) else ""),
        wide=True,
        panels=len(shown),
    )  # fmt: skip


def _delivered_reading(refresh: Refresh, volumes: pd.DataFrame, far: pd.DataFrame) -> str:
    reading = ""
    if refresh.has_spend:
        total = volumes.loc[:, (refresh.summary["spend"].fillna(0) > 0)].sum(axis=1)
        span = min(13, max(1, len(total) // 2))
        now, before = total.iloc[-span:].mean(), total.iloc[-2 * span : -span].mean()
        reading = (
            f"Spend was {refresh.money(now)} a week over the last {words.counted(span, 'week')}"
        )
        if before > 0:
            reading += f", {words.percent(now / before - 1, signed=True)} against the {span} before"
        reading += ". "
    odd = far.abs().where(far.abs() > _FAR).stack().dropna()
    if odd.empty:
        return reading + "No week of a channel stands far out."
    week, channel = odd.index[int(odd.to_numpy().argmax())]
    return (
        f"{reading}{words.counted(len(odd), 'channel-week stands', 'channel-weeks stand')} far "
        f"out, furthest {channel} in the week of {words.day(week)}."
    )


def _on_air(refresh: Refresh, rows: pd.DataFrame) -> View:
    shares = (_wide(refresh, rows, "regions_on_air") / max(1, len(refresh.regions))).T
    weeks_off = (shares == 0).mean(axis=1)
    silent = weeks_off[weeks_off > 0.5].index.tolist()
    always = int((weeks_off == 0).sum())
    reading = f"{words.counted(always, 'channel is', 'channels are')} on air in every week"
    if silent:
        reading += f"; {words.listed(silent)} {'is' if len(silent) == 1 else 'are'} off in most"
    ended = [c for c in shares.index if shares.loc[c].iloc[-4:].eq(0).all() and weeks_off[c] < 1]
    if ended:
        reading += f"; {words.listed(ended)} had nothing in the last four weeks"
    return View(
        "data-on-air",
        "When each channel was on air",
        reading + ".",
        fig.figure(
            [
                fig.heat(
                    iso(shares.columns.to_series()), [refresh.label(c) for c in shares.index],
                    shares.to_numpy(), "%{y}, %{x|%d %b %Y}: %{z:.0%} of regions",
                    zmin=0, zmax=1, xgap=0,
                    colorbar={"tickformat": ".0%", "thickness": 8, "outlinewidth": 0},
                )
            ],
            xaxis=fig.weeks_axis(),
            yaxis=fig.names_axis(showgrid=False, autorange="reversed"),
        ),
        table=rows,
        sql=refresh.shown(_WEEKS),
        note="Colour: share of the regions with activity in the week.",
        wide=True,
        height=fig.height_of(len(shares), 22, least=260, most=900),
    )  # fmt: skip


def _together(refresh: Refresh, rows: pd.DataFrame) -> View:
    title = "Channels that move together"
    if len(refresh.channels) < 2:
        return View("data-correlation", title, "There is one channel, so none to compare it with.")
    alike = _volumes(refresh, rows, "exposure", "spend").corr()
    upper = alike.where(np.triu(np.ones(alike.shape, dtype=bool), 1)).stack().dropna()
    reading = "No two channels vary enough to be compared."
    if len(upper):
        one, other = upper.index[int(upper.abs().to_numpy().argmax())]
        value = float(upper[(one, other)])
        reading = f"{one} and {other} move most alike ({words.number(value)}): " + (
            "their effects can hardly be told apart."
            if abs(value) > 0.85
            else "far enough apart for their effects to be told from one another."
        )
    names = [refresh.label(c) for c in refresh.channels]
    return View(
        "data-correlation",
        title,
        reading,
        fig.figure(
            [
                fig.heat(
                    names, names, alike.to_numpy(), "%{y} and %{x}: %{z:,.3~r}",
                    colorscale="@diverging", zmin=-1, zmax=1,
                )
            ],
            xaxis=fig.names_axis(showgrid=False),
            yaxis=fig.names_axis(showgrid=False, autorange="reversed"),
        ),
        table=alike.rename_axis("channel").reset_index(),
        sql=refresh.shown(_WEEKS),
        worked_out=True,
        note="Correlation of the weekly exposure over all regions; spend where no exposure is "
        "known.",
        height=fig.height_of(len(names), 30, least=340),
    )  # fmt: skip
