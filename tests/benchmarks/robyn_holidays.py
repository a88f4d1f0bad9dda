"""What a calendar is worth on Robyn's example, which sells in Germany.

    DATASETS=… python tests/benchmarks/robyn_holidays.py [--parts]

Forecasts of thirteen weeks from four origins, two of which have Easter ahead of them, with and
without the holidays of Germany; what made up revenue, the organic newsletter and competitors'
sales among it; and the days that do most in all weeks. Writes benchmarks/robyn_holidays.json.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from writing import write

from mmm_assets.inputs.holiday_days import holiday_days
from mmm_model.calendar_weeks import HOLIDAY, calendar_columns
from mmm_model.effects.contributions import contributions
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.treatments import treatment_effects
from mmm_model.fit.estimators import fit_response
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.intervals import effect_interval
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

_SHORT = ModelSettings(chains=2, warmup=80, draws=100, members=200)
_AHEAD = 13
_ORIGINS = {118: "Easter 2018", 172: "Easter 2019", 148: "autumn 2018", 195: "autumn 2019"}
_BOUGHT = {"tv_S": "tv_S", "ooh_S": "ooh_S", "print_S": "print_S", "facebook_I": "facebook_S",
           "search_clicks_P": "search_S", "newsletter": None}  # fmt: skip


def robyn() -> Panel:
    """The weekly table that Robyn ships, with its newsletter as a channel without money."""
    file = Path(os.environ["DATASETS"]) / "formats" / "R_dt_simulated_weekly.csv"
    table = pd.read_csv(file, parse_dates=["DATE"])
    spend = [table[cost] if cost else np.full(len(table), np.nan) for cost in _BOUGHT.values()]
    events = pd.get_dummies(table["events"]).drop(columns="na").astype(float)
    return Panel(
        regions=("Germany",),
        weeks=pd.DatetimeIndex(table["DATE"]),
        channels=tuple(_BOUGHT),
        controls=("competitor_sales_B", *events),
        kpi=table["revenue"].to_numpy(float)[None],
        observed=np.ones((1, len(table)), dtype=bool),
        exposure=table[list(_BOUGHT)].to_numpy(float)[None],
        spend=np.column_stack(spend).astype(float)[None],
        control=np.column_stack([table["competitor_sales_B"], events])[None],
        value_per_kpi=np.ones((1, len(table))),
    )


def with_holidays(panel: Panel) -> Panel:
    """The same with Germany's holidays."""
    first, last = (panel.weeks[end].date() for end in (0, -1))
    known = holiday_days("DE", first - timedelta(days=7), last + timedelta(days=13))
    rows = [("Germany", pd.Timestamp(day), name, HOLIDAY) for day, name in known]
    days = pd.DataFrame(rows, columns=["region", "day", "name", "kind"])
    treatments, columns = calendar_columns(days, panel.regions, panel.weeks)
    return replace(panel, treatments=treatments, treatment=columns)


def error(panel: Panel, origin: int) -> float:
    """RMSE of the weeks after an origin over their mean."""
    model = FittedModel(fit_response(panel.head(origin), _SHORT).response)
    ahead = slice(origin, origin + _AHEAD)
    found = model.predict(panel.head(origin + _AHEAD)).mean[0, ahead]
    return float(np.sqrt(np.mean((panel.kpi[0, ahead] - found) ** 2)) / panel.kpi[0, ahead].mean())


def shares(effects: FittedEffects) -> pd.DataFrame:
    """Share of revenue of each part, with the interval of those that are media."""
    panel, revenue = effects.panel, effects.panel.kpi.sum()
    media = effects.components.media.sum((1, 2)) / revenue
    low, high = effect_interval(media)
    rows = [
        (name, float(media[:, c].mean()), float(low[c]), float(high[c]))
        for c, name in enumerate(panel.channels)
    ]
    each = {
        name: float(part["contribution"].sum() / revenue)
        for name, part in contributions(effects).groupby("component")
    }
    rows += [(name, own, np.nan, np.nan) for name, own in each.items() if name not in _BOUGHT]
    return pd.DataFrame(rows, columns=["part", "share", "lower", "upper"])


def main() -> None:
    """Print the errors, the parts and the days."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", action="store_true", help="no forecasts, which take longest")
    asked = parser.parse_args()
    plain = robyn()
    ways = {"without": plain, "calendar": with_holidays(plain)}
    rows = [
        {"weeks": name, "way": way, "error": error(panel, origin)}
        for origin, name in ({} if asked.parts else _ORIGINS).items()
        for way, panel in ways.items()
    ]
    if rows:
        write("robyn_holidays", rows)
        print(pd.DataFrame(rows).pivot(index="weeks", columns="way", values="error").round(3))
    model = FittedModel(fit_response(ways["calendar"], _SHORT, forecasts=False).response)
    effects = FittedEffects(model, ways["calendar"])
    print(shares(effects).round(3).to_string())
    days = treatment_effects(effects)
    days = days.sort_values("effect", key=np.abs, ascending=False)
    print(days[["treatment", "part", "effect", "effect_lower", "effect_upper"]].head(5).round(3))
    sure = (days["effect_lower"] > 0) | (days["effect_upper"] < 0)
    print(f"{int(sure.sum())} of {len(days)} parts differ from nothing by their 90 % intervals")


if __name__ == "__main__":
    main()
