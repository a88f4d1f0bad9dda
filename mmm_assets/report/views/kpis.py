"""What each channel brings of every KPI, where a brand has several."""

from __future__ import annotations

import pandas as pd

from mmm_assets.report import escape, words
from mmm_assets.report import figure as fig
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import View

_CHANNELS = """
    SELECT kpi, is_main, channel, spend, contribution, contribution_lower, contribution_upper,
           contribution / sum(contribution) OVER (PARTITION BY kpi) AS share,
           CASE WHEN contribution > 0 THEN spend / contribution END AS cost,
           CASE WHEN contribution_upper > 0 THEN spend / contribution_upper END AS cost_lower,
           CASE WHEN contribution_lower > 0 THEN spend / contribution_lower END AS cost_upper,
           roi, roi_lower, roi_upper
    FROM mart.kpi_channel_summary WHERE refresh_week = $week
    ORDER BY is_main DESC, kpi, contribution DESC, channel"""
_COLOURS = ("@accent", "@warn", "@good", "@bad", "@quiet")
_MOST = 12


def views(refresh: Refresh) -> tuple[View, ...]:
    """Shares and costs of every KPI; nothing where there is one."""
    rows = refresh.query(_CHANNELS)
    if rows.empty:
        return ()
    return (_shares(refresh, rows), *_costs(refresh, rows))


def _shares(refresh: Refresh, rows: pd.DataFrame) -> View:
    order = refresh.channels[:_MOST]
    kpis = list(dict.fromkeys(rows["kpi"]))
    wide = rows.pivot(index="channel", columns="kpi", values="share").reindex(order)
    return View(
        "kpis-shares",
        "Which channels bring what",
        _apart(wide[kpis], kpis),
        fig.figure(
            [
                fig.bars(
                    [refresh.label(name) for name in order], wide[kpi].tolist(),
                    _COLOURS[place % len(_COLOURS)], ":.0%", name=escape.label(kpi),
                )
                for place, kpi in enumerate(kpis)
            ],
            **fig.ranked("Share of what media bring", len(order) * len(kpis))
            | {
                "showlegend": True,
                "barmode": "group",
                "xaxis": fig.axis("Share of what media bring", tickformat=".0%", zeroline=True),
            },
        ),
        table=rows,
        sql=refresh.shown(_CHANNELS),
        note="Shares of each KPI's own contributions, direct and through other channels."
        + (f" The {_MOST} largest channels are drawn." if len(refresh.channels) > _MOST else ""),
        height=fig.height_of(len(order) * len(kpis), 22),
    )  # fmt: skip


def _apart(wide: pd.DataFrame, kpis: list[str]) -> str:
    """The channel whose part in two KPIs differs most, in words."""
    main, others = kpis[0], kpis[1:]
    gap = wide[others].sub(wide[main], axis=0).abs()
    other = str(gap.max().idxmax())
    channel = str(gap[other].idxmax())
    return (
        f"{channel} brings {words.percent(wide.loc[channel, main])} of what media bring of {main}, "
        f"and {words.percent(wide.loc[channel, other])} of {other}."
    )


def _costs(refresh: Refresh, rows: pd.DataFrame) -> tuple[View, ...]:
    """A view for each further KPI with known spend: what one of it costs through each channel."""
    found = []
    for place, (kpi, part) in enumerate(rows[~rows["is_main"]].groupby("kpi", sort=False)):
        known = part[part["cost"].notna()].sort_values("cost").head(_MOST)
        if known.empty:
            continue
        cost = known["cost"].tolist()
        upper = known["cost_upper"].fillna(known["cost"]).tolist()
        first, last = known.iloc[0], known.iloc[-1]
        found.append(
            View(
                f"kpis-cost-{place}",
                f"Spend for one: {kpi}",
                f"{kpi}: one costs {refresh.money(first['cost'])} through {first['channel']}"
                + (
                    f" and {refresh.money(last['cost'])} through {last['channel']}."
                    if len(known) > 1
                    else "."
                ),
                fig.figure(
                    [
                        fig.bars(
                            [refresh.label(name) for name in known["channel"]], cost,
                            [refresh.colour(name) for name in known["channel"]],
                            error_x=fig.error(cost, known["cost_lower"].tolist(), upper),
                        )
                    ],
                    **fig.ranked(refresh.in_money("Spend for one"), len(known)),
                ),
                table=part,
                sql=refresh.shown(_CHANNELS),
                note="All spend of the channel over what it brought of this KPI; it brought the "
                "other KPIs with the same money. Lines are 90 % intervals.",
                height=fig.height_of(len(known)),
            )
        )  # fmt: skip
    return tuple(found)
