"""What is known of the KPI, what stands out in it, how large the regions are."""

from __future__ import annotations

import numpy as np

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import View

_COVERAGE = """
    SELECT region, week, CASE WHEN actual IS NULL THEN 0 WHEN actual = 0 THEN 1 ELSE 2 END AS state
    FROM mart.predictions WHERE refresh_week = $week
    QUALIFY row_number() OVER (PARTITION BY region, week ORDER BY split) = 1
    ORDER BY region, week"""

# A held-out week counts by the fit that has seen it ('train' sorts behind 'holdout'): a forecast
# misses by more than a fit in every week, unusual or not.
_UNUSUAL = """
    WITH cells AS (
      SELECT * FROM mart.predictions WHERE refresh_week = $week
      QUALIFY row_number() OVER (PARTITION BY region, week ORDER BY split DESC) = 1),
    misses AS (
      SELECT region, week, actual, predicted, actual - predicted AS residual,
             median(abs(actual - predicted)) OVER (PARTITION BY region) AS usual
      FROM cells WHERE actual IS NOT NULL)
    SELECT region, week, actual, predicted, residual / nullif(1.4826 * usual, 0) AS times_usual
    FROM misses WHERE abs(residual) > 4 * 1.4826 * usual
    ORDER BY abs(times_usual) DESC NULLS LAST LIMIT 500"""

_SIZES = """
    WITH cells AS (
      SELECT * FROM mart.predictions WHERE refresh_week = $week
      QUALIFY row_number() OVER (PARTITION BY region, week ORDER BY split) = 1)
    SELECT region, sum(actual) AS total, count(actual) AS known_weeks, count(*) AS weeks
    FROM cells GROUP BY region ORDER BY total DESC NULLS LAST"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """Coverage, unusual weeks, sizes of the regions."""
    return _coverage(refresh), _unusual(refresh), _sizes(refresh)


def _coverage(refresh: Refresh) -> View:
    rows = refresh.query(_COVERAGE)
    wide = rows.pivot_table(index="region", columns="week", values="state", aggfunc="max")
    wide = wide.reindex(index=refresh.regions).fillna(0).astype(int)
    missing, zero = (wide == 0).to_numpy().mean(), (wide == 1).to_numpy().mean()
    if missing + zero == 0:
        reading = f"Values of {refresh.kpi} are known, and above zero, in every region and week."
    else:
        patchy = (wide == 0).sum(axis=1)
        reading = (
            f"Values of {refresh.kpi} are missing in {words.percent(missing)} of all region-weeks"
        )
        if zero:
            reading += f" and zero in {words.percent(zero)}"
        reading += f"; {patchy.idxmax()} lacks most." if patchy.max() else "."
    scale = [
        (place / 3, colour)
        for step, colour in enumerate(("@bad", "@warn", "@good/0.35"))
        for place in (step, step + 1)
    ]
    return View(
        "data-coverage",
        f"Where values of {refresh.kpi} are known",
        reading,
        fig.figure(
            [
                fig.heat(
                    iso(wide.columns.to_series()),
                    [refresh.label(r) for r in wide.index],
                    wide.to_numpy(),
                    "%{y}, %{x|%d %b %Y}",
                    zmin=0, zmax=2, colorscale=scale, xgap=0, ygap=1 if len(wide) < 60 else 0,
                    colorbar={
                        "tickvals": [1 / 3, 1, 5 / 3], "ticktext": ["missing", "zero", "known"],
                        "thickness": 8, "outlinewidth": 0, "len": min(1.0, 0.9),
                    },
                )
            ],
            xaxis=fig.weeks_axis(),
            yaxis=fig.names_axis(showgrid=False, autorange="reversed"),
        ),
        table=rows,
        sql=refresh.shown(_COVERAGE),
        wide=True,
        height=fig.height_of(len(wide), 12, least=240, most=620),
        note="In the table: 0 missing, 1 zero, 2 known.",
    )  # fmt: skip


def _unusual(refresh: Refresh) -> View:
    rows = refresh.query(_UNUSUAL).dropna(subset=["times_usual"])
    title = "Unusual weeks"
    if rows.empty:
        return View(
            "data-unusual",
            title,
            "No week lies further from the prediction than four times the usual distance.",
        )
    worst = rows.iloc[0]
    reach = 1.15 * min(40.0, float(rows["times_usual"].abs().max()))
    return View(
        "data-unusual",
        title,
        f"{words.counted(len(rows), 'region-week')} "
        f"{'lies' if len(rows) == 1 else 'lie'} far from the prediction; the furthest is "
        f"{worst['region']} in the week of {words.day(worst['week'])}.",
        fig.figure(
            [
                {
                    "type": "scatter", "mode": "markers", "x": iso(rows["week"]),
                    "y": rows["times_usual"].clip(-40, 40),
                    "text": [refresh.label(r) for r in rows["region"]],
                    "marker": {"color": "@accent/0.6", "size": 7},
                    "hovertemplate": "%{text}, %{x|%d %b %Y}: %{y:.1f} × usual<extra></extra>",
                }
            ],
            xaxis=fig.weeks_axis(range=[refresh.weeks[0], refresh.weeks[-1]]),
            yaxis=fig.axis("Miss, times the region's usual", zeroline=True, range=[-reach, reach]),
        ),
        table=rows,
        sql=refresh.shown(_UNUSUAL),
        note="Look here for events, stock-outs and wrong rows. At most the 500 furthest.",
    )  # fmt: skip


def _sizes(refresh: Refresh) -> View:
    rows = refresh.query(_SIZES)
    title = f"Size of the regions by {refresh.kpi}"
    if len(rows) < 2:
        return View(
            "data-sizes",
            title,
            f"One region: {words.number(float(rows['total'].iloc[0]))} {refresh.kpi} in "
            f"{words.counted(int(rows['known_weeks'].iloc[0]), 'week')}.",
        )
    shown = rows.head(40)
    part = rows["total"].head(max(1, round(len(rows) / 5))).sum() / (rows["total"].sum() or np.nan)
    return View(
        "data-sizes",
        title,
        f"The largest fifth of the regions makes {words.percent(part)} of all {refresh.kpi}.",
        fig.figure(
            [
                fig.bars(
                    [refresh.label(r) for r in shown["region"]], shown["total"].to_numpy(),
                    "@accent/0.7",
                )
            ],
            **fig.ranked(refresh.kpi_label, len(shown)),
        ),
        table=rows,
        sql=refresh.shown(_SIZES),
        note="The 40 largest." if len(rows) > 40 else "",
        height=fig.height_of(len(shown), 15, least=340, most=760),
    )  # fmt: skip
