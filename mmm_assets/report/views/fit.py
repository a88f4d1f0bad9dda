"""How the model describes the past: actual against predicted, and residuals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import Choice, View

# A held-out week has two rows: the forecast, and the fit of the final model, which has seen
# the week. Only the forecast is shown of it ('holdout' sorts before 'train').
_NATIONAL = """
    WITH cells AS (
      SELECT * FROM mart.predictions WHERE refresh_week = $week
      QUALIFY row_number() OVER (PARTITION BY region, week ORDER BY split) = 1)
    SELECT week, any_value(split) AS split, sum(actual) AS actual, sum(predicted) AS predicted,
           sum(actual) - sum(predicted) AS residual, sum(lower) AS lower, sum(upper) AS upper,
           count(*) AS observed_regions
    FROM cells WHERE actual IS NOT NULL GROUP BY week ORDER BY week"""

_CELLS = """
    SELECT region, week, split, actual, predicted, lower, upper
    FROM mart.predictions WHERE refresh_week = $week
    QUALIFY row_number() OVER (PARTITION BY region, week ORDER BY split) = 1
    ORDER BY region, week"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """Views of the fit."""
    national = refresh.query(_NATIONAL)
    cells = refresh.query(_CELLS)
    return (
        _weekly(refresh, national, cells),
        _residuals(refresh, national, cells),
        _distribution(refresh, cells),
    )


def _everywhere(refresh: Refresh) -> str:
    """Name of the sum over regions."""
    return "All regions" if len(refresh.regions) > 1 else refresh.regions[0]


def holdout_shade(refresh: Refresh) -> list[dict[str, Any]]:
    """The held-out weeks as a shaded area."""
    if refresh.holdout_start is None:
        return []
    return [
        {
            "type": "rect", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
            "x0": refresh.holdout_start, "x1": refresh.weeks[-1],
            "fillcolor": "@ink/0.06", "line": {"width": 0},
        }
    ]  # fmt: skip


def _by_region(cells: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(name): part for name, part in cells.groupby("region", sort=False)}


def _weekly(refresh: Refresh, national: pd.DataFrame, cells: pd.DataFrame) -> View:
    weeks = iso(national["week"])
    lower, upper = fig.band(weeks, national["lower"], national["upper"], "90 % interval", "@accent")
    data = [
        lower,
        upper,
        fig.line(weeks, national["predicted"], "Predicted", "@accent"),
        fig.line(
            weeks, national["actual"], "Actual", "@ink/0.35",
            mode="lines+markers", line={"width": 1}, marker={"color": "@ink", "size": 3.5},
        ),
    ]  # fmt: skip
    offered = refresh.regions_to_choose(4 * len(refresh.weeks))
    parts = _by_region(cells)
    order = ("lower", "upper", "predicted", "actual")
    choices = [Choice(_everywhere(refresh), {})]
    for region in offered:
        part = parts[region]
        x = iso(part["week"])
        # Regions of a full panel share the weeks of the figure; a ragged one brings its own.
        own = {} if x == weeks else {"x": x}
        traces = {i: {"y": part[name].to_numpy(), **own} for i, name in enumerate(order)}
        choices.append(Choice(region, traces, reading=_weekly_reading(part.dropna(), region)))
    note = refresh.choice_note(offered)
    if len(refresh.regions) > 1:
        note = (
            "The interval of all regions adds up those of the regions, so it is wider than it "
            f"need be; sums are over regions with a known value of {refresh.kpi}. {note}"
        )
    return View(
        "fit-weekly",
        "Actual and predicted by week",
        _weekly_reading(national),
        fig.figure(
            data,
            shapes=holdout_shade(refresh),
            xaxis=fig.weeks_axis(range=[refresh.weeks[0], refresh.weeks[-1]]),
            yaxis=fig.axis(refresh.kpi_label),
            hovermode="x unified",
        ),
        table=national,
        sql=refresh.shown(_NATIONAL),
        note=note.strip(),
        selector="Region",
        choices=tuple(choices),
        wide=True,
        height=400,
    )


def _weekly_reading(weeks: pd.DataFrame, region: str = "") -> str:
    train, held = (weeks[weeks["split"] == split] for split in ("train", "holdout"))
    off = (train["actual"] - train["predicted"]).abs().sum() / _size(train)
    what = f"{region} by" if region else "the weekly total by"
    said = f"Over the weeks it was fitted on, the model misses {what} {_pct(off)}"
    if held.empty:
        return said + "; no week was held out."
    off = (held["actual"] - held["predicted"]).abs().sum() / _size(held)
    bias = (held["predicted"] - held["actual"]).sum() / _size(held)
    way = "above" if bias > 0 else "below"
    return (
        f"{said}; over the {len(held)} shaded weeks, which it forecast without seeing them, by "
        f"{_pct(off)}, on balance {_pct(abs(bias))} {way} the truth."
    )


def _size(weeks: pd.DataFrame) -> float:
    return max(float(weeks["actual"].abs().sum()), 1e-9)


def _pct(share: float) -> str:
    return words.percent(float(share))


def _residuals(refresh: Refresh, national: pd.DataFrame, cells: pd.DataFrame) -> View:
    weeks = iso(national["week"])
    choices = [Choice(_everywhere(refresh), {})]
    offered = refresh.regions_to_choose(8 * len(refresh.weeks))
    parts = _by_region(cells)
    for region in offered:
        part = parts[region]
        gap = (part["actual"] - part["predicted"]).to_numpy()
        own = {} if iso(part["week"]) == weeks else {"x": iso(part["week"])}
        choices.append(Choice(region, {0: {"y": gap, **own}}, reading=_runs(part, region)))
    return View(
        "fit-residuals",
        "Actual minus predicted by week",
        _runs(national),
        fig.figure(
            [
                {
                    "type": "bar", "x": weeks, "y": national["residual"],
                    "marker": {"color": "@accent/0.75"},
                    "hovertemplate": "%{x|%d %b %Y}: %{y:+.3s}<extra></extra>",
                }
            ],
            shapes=holdout_shade(refresh),
            xaxis=fig.weeks_axis(),
            yaxis=fig.axis(refresh.kpi_label, zeroline=True),
            bargap=0.15,
        ),
        table=national,
        sql=refresh.shown(_NATIONAL),
        note=refresh.choice_note(offered),
        selector="Region",
        choices=tuple(choices),
    )  # fmt: skip


def _runs(weeks: pd.DataFrame, region: str = "") -> str:
    """Whether misses come in runs, over the weeks that the model was fitted on."""
    fitted = weeks[weeks["split"] == "train"]
    misses = fitted["actual"] - fitted["predicted"]
    related = misses.autocorr(1) if misses.count() > 3 and misses.std() > 0 else np.nan
    where = f" in {region}" if region else ""
    if pd.isna(related):
        return f"The gap between actual and predicted{where}, week by week."
    if related > 0.4:
        return (
            f"Misses{where} come in runs (correlation {words.number(related)} from one week to the "
            "next): something slow is not in the model."
        )
    return (
        f"Misses{where} look like noise: correlation from one week to the next is "
        f"{words.number(related)}."
    )


def _distribution(refresh: Refresh, cells: pd.DataFrame) -> View:
    seen = cells.dropna(subset=["actual"])
    # A region's own mean keeps a large region from hiding all others.
    mean = seen.groupby("region")["actual"].transform(lambda part: part.abs().mean())
    relative = ((seen["actual"] - seen["predicted"]) / mean.where(mean > 0)).dropna()
    edge = (
        float(np.ceil(20 * max(0.05, float(relative.abs().quantile(0.99)))) / 20)
        if len(relative)
        else 1
    )
    edges = np.linspace(-edge, edge, 41)
    data = []
    rows = pd.DataFrame({"from": edges[:-1], "to": edges[1:]})
    for split, name, colour in (
        ("train", "Fitted weeks", "@muted"),
        ("holdout", "Held-out weeks", "@accent"),
    ):
        part = relative[seen.loc[relative.index, "split"] == split].clip(-edge, edge)
        if part.empty:
            continue
        share = np.histogram(part, edges)[0] / len(part)
        rows[f"{split}_share"] = share
        data.append(
            {
                "type": "bar", "x": (edges[:-1] + edges[1:]) / 2, "y": share, "name": name,
                "marker": {"color": f"{colour}/0.6"},
                "hovertemplate": "%{x:.3~p}: %{y:.3~p}",
            }
        )  # fmt: skip
    half = float(relative.abs().quantile(0.5)) if len(relative) else np.nan
    return View(
        "fit-distribution",
        "How large the misses are",
        f"Half of all region-weeks are missed by less than {_pct(half)} of the region's mean.",
        fig.figure(
            data,
            barmode="overlay",
            bargap=0.05,
            xaxis=fig.axis("Miss, share of the region's mean", tickformat=".3~p", showgrid=False),
            yaxis=fig.axis("Share of region-weeks", tickformat=".3~p"),
        ),
        table=rows,
        sql=refresh.shown(_CELLS),
        worked_out=True,
        note="The outermost bars hold everything beyond them.",
    )
