"""How well the held-out weeks were forecast, beside simple references."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import Choice, View

REFERENCES = {
    "last_value": "Last value",
    "last_4_mean": "Mean of last 4 weeks",
    "seasonal_naive": "Same week last year",
    "train_mean": "Training mean",
}
SCOPES = {
    "pooled": "All region-weeks",
    "national": "National total",
    "within_region": "Within regions",
}

METRICS = """
    SELECT scope, model, metric, value FROM mart.holdout_metrics
    WHERE refresh_week = $week ORDER BY scope, model, metric"""

_OF_METRIC = """
    SELECT scope, model, metric, value FROM mart.holdout_metrics
    WHERE refresh_week = $week AND metric = '{}' ORDER BY scope, model"""

HELD = """
    SELECT region, week, actual, predicted, lower, upper FROM mart.predictions
    WHERE refresh_week = $week AND split = 'holdout' AND actual IS NOT NULL
    ORDER BY region, week"""

_BY_REGION = """
    WITH cells AS (
      SELECT * FROM mart.predictions WHERE refresh_week = $week
      QUALIFY row_number() OVER (PARTITION BY region, week ORDER BY split) = 1),
    train AS (
      SELECT region, arg_max(actual, week) AS last_value, avg(actual) AS train_mean
      FROM cells WHERE split = 'train' AND actual IS NOT NULL GROUP BY region),
    recent AS (
      SELECT region, avg(actual) AS last_4_mean FROM (
        SELECT region, actual FROM cells WHERE split = 'train' AND actual IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY region ORDER BY week DESC) <= 4)
      GROUP BY region),
    misses AS (
      SELECT h.region, h.predicted - h.actual AS mmm, t.last_value - h.actual AS last_value,
             r.last_4_mean - h.actual AS last_4_mean, coalesce(y.actual, t.last_value) - h.actual
               AS seasonal_naive,
             t.train_mean - h.actual AS train_mean
      FROM cells AS h JOIN train AS t USING (region) LEFT JOIN recent AS r USING (region)
      LEFT JOIN cells AS y ON y.region = h.region AND y.week = h.week - INTERVAL 364 DAY
      WHERE h.split = 'holdout' AND h.actual IS NOT NULL)
    SELECT region,
           1 - sqrt(avg(mmm ** 2) / nullif(avg(last_value ** 2), 0)) AS last_value,
           1 - sqrt(avg(mmm ** 2) / nullif(avg(last_4_mean ** 2), 0)) AS last_4_mean,
           1 - sqrt(avg(mmm ** 2) / nullif(avg(seasonal_naive ** 2), 0)) AS seasonal_naive,
           1 - sqrt(avg(mmm ** 2) / nullif(avg(train_mean ** 2), 0)) AS train_mean
    FROM misses GROUP BY region ORDER BY region"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """Views of the forecast of the held-out weeks."""
    metrics = refresh.query(METRICS)
    held = refresh.query(HELD)
    if held.empty:
        return (
            View(
                "fit-scatter",
                "Forecast of held-out weeks",
                f"No week with a known value of {refresh.kpi} was held out, so no forecast can be "
                "judged; every estimate here is as trustworthy as the assumptions alone.",
            ),
        )
    return (
        _scatter(refresh, held),
        _skill(refresh, metrics),
        _error(refresh, metrics),
        _coverage(refresh, held),
        _regions(refresh),
    )


def metric(metrics: pd.DataFrame, scope: str, model: str, name: str) -> float:
    """One metric; NaN where it is not in the table."""
    found = metrics[
        (metrics["scope"] == scope) & (metrics["model"] == model) & (metrics["metric"] == name)
    ]["value"]
    return float(found.iloc[0]) if len(found) and pd.notna(found.iloc[0]) else float("nan")


def _scatter(refresh: Refresh, held: pd.DataFrame) -> View:
    shown = held if len(held) <= 2500 else held.sample(2500, random_state=0).sort_index()
    top = float(np.nanmax([shown["actual"].max(), shown["predicted"].max()]))
    low = float(np.nanmin([shown["actual"].min(), shown["predicted"].min(), 0]))
    points = {
        "type": "scatter", "mode": "markers", "x": shown["actual"], "y": shown["predicted"],
        "text": [
            f"{refresh.label(region)}, {week}"
            for region, week in zip(shown["region"], iso(shown["week"]), strict=True)
        ],
        "marker": {"color": "@accent/0.5", "size": 6}, "name": "Region-week",
        "hovertemplate": "%{text}<br>actual %{x:.3~s}, forecast %{y:.3~s}<extra></extra>",
    }  # fmt: skip
    equal = fig.line([low, top], [low, top], "Equal", "@muted", line={"width": 1, "dash": "dot"})
    near = float(((held["predicted"] / held["actual"] - 1).abs() <= 0.1).mean())
    positive = bool((shown["actual"] > 0).all() and (shown["predicted"] > 0).all())
    wide = positive and top > 30 * float(shown["actual"].min())
    kind = {"type": "log"} if wide else {}
    if wide:
        low = float(min(shown["actual"].min(), shown["predicted"].min()))
        equal["x"] = equal["y"] = [low, top]
    return View(
        "fit-scatter",
        "Forecast against truth, held-out weeks",
        f"{words.percent(near)} of the {words.counted(len(held), 'held-out region-week')} were "
        "forecast to within a tenth of the truth; points on the dotted line are exact.",
        fig.figure(
            [equal, points],
            showlegend=False,
            xaxis=fig.axis(f"Actual {refresh.kpi_label}", **kind),
            yaxis=fig.axis("Forecast", **kind),
        ),
        table=held,
        sql=refresh.shown(HELD),
        note="2 500 points drawn at random are shown." if len(shown) < len(held) else "",
    )


def _skill(refresh: Refresh, metrics: pd.DataFrame) -> View:
    query = _OF_METRIC.format("skill")
    pooled = {m: metric(metrics, "pooled", m, "skill") for m in REFERENCES}
    beaten = [REFERENCES[m].lower() for m, value in pooled.items() if value > 0]
    known = [m for m, value in pooled.items() if not np.isnan(value)]
    if len(beaten) == len(known) and known:
        reading = "The forecast beats every simple reference over all region-weeks."
    elif beaten:
        lost = [REFERENCES[m].lower() for m in known if pooled[m] <= 0]
        reading = f"The forecast beats {words.listed(beaten)}, but not {words.listed(lost)}."
    else:
        reading = "The forecast beats none of the simple references: do not plan on it."
    data = []
    colours = ("@accent", "@accent/0.55", "@quiet")
    for (scope, name), colour in zip(SCOPES.items(), colours, strict=True):
        values = [metric(metrics, scope, m, "skill") for m in REFERENCES]
        if not np.isnan(values).all():
            trace = fig.bars(list(REFERENCES.values()), values, colour, ":+.3~p", name=name)
            data.append(trace | {"hovertemplate": "%{y}: %{x:+.3~p}"})
    return View(
        "fit-skill",
        "Skill against simple references",
        reading,
        fig.figure(data, **fig.ranked("", 4)
                   | {"showlegend": True, "barmode": "group",
                      "xaxis": fig.axis("Part of the reference's error removed",
                                        tickformat="+.3~p", zeroline=True)}),
        table=refresh.query(query),
        sql=refresh.shown(query),
    )  # fmt: skip


def _error(refresh: Refresh, metrics: pd.DataFrame) -> View:
    models = {"mmm": "This model", **REFERENCES}
    query = _OF_METRIC.format("relative_rmse")
    choices, first = [], None
    for scope, scope_name in SCOPES.items():
        values = [metric(metrics, scope, m, "relative_rmse") for m in models]
        if np.isnan(values).all():
            continue
        first = values if first is None else first
        choices.append(
            Choice(
                scope_name,
                {0: {"x": values}},
                reading=f"{scope_name}: off by {words.percent(values[0])} of the mean "
                f"{refresh.kpi} (root mean square); the last value by {words.percent(values[1])}.",
            )
        )
    if first is None:
        return View("fit-error", "Size of the forecast error", "No forecast error was computed.")
    own = first[0]
    return View(
        "fit-error",
        "Size of the forecast error",
        f"The forecast of a region-week is off by about {words.percent(own)} of the mean "
        f"{refresh.kpi} (root mean square).",
        fig.figure(
            [
                fig.bars(
                    list(models.values()), first, ["@accent"] + ["@quiet"] * 4, ":.3~p",
                    texttemplate="%{x:.3~p}", textposition="auto",
                )
            ],
            **fig.ranked("", 5)
            | {"xaxis": fig.axis("RMSE over the mean actual", tickformat=".3~p")},
        ),
        table=refresh.query(query),
        sql=refresh.shown(query),
        selector="Measured on",
        choices=tuple(choices),
    )  # fmt: skip


def _coverage(refresh: Refresh, held: pd.DataFrame) -> View:
    inside = (held["actual"] >= held["lower"]) & (held["actual"] <= held["upper"])
    known = held["lower"].notna() & held["upper"].notna()
    if not known.any():
        return View("fit-coverage", "Are the intervals honest?", "The forecast has no intervals.")
    by_week = inside[known].groupby(held["week"][known]).mean().rename("inside").reset_index()
    overall = float(inside[known].mean())
    verdict = (
        "about right" if 0.83 <= overall <= 0.96
        else "too narrow: true values fall outside more often than promised" if overall < 0.83
        else "wider than they need be"
    )  # fmt: skip
    return View(
        "fit-coverage",
        "Are the intervals honest?",
        f"{words.percent(overall)} of the held-out values fell inside their 90 % interval: "
        f"the intervals are {verdict}.",
        fig.figure(
            [
                {
                    "type": "bar", "x": iso(by_week["week"]), "y": by_week["inside"],
                    "marker": {"color": "@accent/0.75"},
                    "hovertemplate": "%{x|%d %b %Y}: %{y:.3~p}<extra></extra>",
                }
            ],
            shapes=[
                {
                    "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0.9, "y1": 0.9,
                    "line": {"color": "@ink/0.6", "width": 1, "dash": "dot"},
                }
            ],
            xaxis=fig.weeks_axis(tickvals=iso(by_week["week"]), tickformat="%d %b"),
            yaxis=fig.axis("Share inside the interval", tickformat=".3~p", range=[0, 1.03]),
        ),
        table=by_week,
        sql=refresh.shown(HELD),
        worked_out=True,
        note="The dotted line is the promise: 90 %.",
    )  # fmt: skip


def _regions(refresh: Refresh) -> View:
    table = refresh.query(_BY_REGION)
    title = "Skill by region"
    if len(refresh.regions) < 2:
        return View("fit-regions", title, "There is one region, so no regions to compare.")
    choices = []
    for model, name in REFERENCES.items():
        part = table[["region", model]].dropna().sort_values(model, ascending=False)
        if part.empty:
            continue
        names = [refresh.label(r) for r in part["region"]]
        values = part[model].clip(lower=-1).to_numpy()
        colours = ["@good/0.8" if value > 0 else "@bad/0.8" for value in values]
        more = {"customdata": part[model].to_numpy(), "marker": {"color": colours}}
        beaten = f"{int((part[model] > 0).sum())} of {words.counted(len(part), 'region')}"
        reading = (
            f"The model beats the {name.lower()} in {beaten}; it does worst in "
            f"{part['region'].iloc[-1]} and best in {part['region'].iloc[0]}."
        )
        choices.append(Choice(name, {0: {"y": names, "x": values, **more}}, reading=reading))
    if not choices:
        return View("fit-regions", title, "No region has both a forecast and a reference.")
    first = choices[0].traces[0]
    return View(
        "fit-regions",
        title,
        choices[0].reading,
        fig.figure(
            [
                fig.bars(first["y"], first["x"], first["marker"]["color"])
                | {
                    "customdata": first["customdata"],
                    "hovertemplate": "%{y}: %{customdata:+.3~p}<extra></extra>",
                }
            ],
            **fig.ranked("", len(table))
            | {"xaxis": fig.axis("Skill", tickformat="+.3~p", zeroline=True)},
        ),
        table=table,
        sql=refresh.shown(_BY_REGION),
        selector="Against",
        choices=tuple(choices),
        height=fig.height_of(len(table), 16, most=760),
        wide=True,
        note="Bars stop at −100 %." if (table[list(REFERENCES)] < -1).any(axis=None) else "",
    )
