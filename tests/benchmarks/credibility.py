"""Seven campaigns of a social channel whose contributions are known, as PyMC-Marketing has them.

    python tests/benchmarks/credibility.py FOLDER [--chains 4]

FOLDER holds three tables of github.com/pymc-labs/pymc-marketing, folder ``data``:
credibility_mmm_input_data.csv, credibility_campaign_daily_metrics.csv and
credibility_ground_truth_campaign_contributions.csv. Its notebook mmm_credibility_disaggregation
splits a channel's contribution by clicks and by what campaigns reached, and scores shares.

The tables are of 120 days. The science knows rows in time alone, so a day is a row here, named by a
Monday of its own; what it calls a year is then 52 days, and its harmonics are taken to be zero as
far as the data let them. Exposure is either money or people reached. Prints the channel's
contribution against the truth, and of the campaigns' shares the mean absolute error, the rank
correlation and how many are in their 90 % intervals, of the split and of exposure alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from writing import write

from mmm_model.campaigns import Campaigns
from mmm_model.effects.campaign_split import campaign_summary
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.fit.training import fit
from mmm_model.intervals import effect_interval, point
from mmm_model.panel import Floats, Panel
from mmm_model.settings import ModelSettings

CHANNEL = "social"


def tables(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Days, campaigns' days and campaigns' true contributions."""
    days = pd.read_csv(folder / "credibility_mmm_input_data.csv")
    metrics = pd.read_csv(folder / "credibility_campaign_daily_metrics.csv")
    truth = pd.read_csv(folder / "credibility_ground_truth_campaign_contributions.csv")
    return days, metrics, truth.drop(columns="date")


def panel_of(days: pd.DataFrame, social: Floats) -> Panel:
    """One region, a row a day; ``social`` ``[W]`` is the channel's exposure."""
    count = len(days)
    exposure = np.stack([social, days["search"].to_numpy()], axis=-1)[None]
    spend = days[[CHANNEL, "search"]].to_numpy(float)[None]
    return Panel(
        regions=("national",),
        weeks=pd.date_range("2020-01-06", periods=count, freq="7D"),
        channels=(CHANNEL, "search"),
        controls=("trend",),
        kpi=days["y"].to_numpy(float)[None],
        observed=np.ones((1, count), dtype=bool),
        exposure=exposure,
        spend=spend,
        control=days["trend"].to_numpy(float)[None, :, None],
        value_per_kpi=np.ones((1, count)),
    )


def main() -> None:
    """Fit with each exposure, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--chains", type=int, default=4)
    asked = parser.parse_args()
    days, metrics, truth = tables(asked.folder)
    names = tuple(truth.columns)
    actual = truth.sum().to_numpy(float)
    spend = _by_day(metrics, "spend", names)
    rows = []
    for by in ("spend", "reach"):
        exposure = _by_day(metrics, by, names)
        panel = panel_of(days, exposure.sum(1))
        settings = ModelSettings(holdout_weeks=0, chains=asked.chains)
        model, _ = fit(panel, settings)
        effects = FittedEffects(model, panel)
        campaigns = Campaigns((CHANNEL,) * len(names), names, exposure[None], spend[None])
        table = campaign_summary(effects, campaigns).set_index("campaign").loc[list(names)]
        media = effects.response.contribution()[..., 0].sum((1, 2))
        low, high = effect_interval(media)
        print(
            f"{by}: the channel brought {point(media):,.0f} ({low:,.0f} to {high:,.0f}), "
            f"in truth {actual.sum():,.0f}"
        )
        share, wanted = table["share"].to_numpy(float), actual / actual.sum()
        alike = share / table["against_channel"].to_numpy(float)
        ends = [alike * table[end].to_numpy(float) for end in ("against_lower", "against_upper")]
        inside = (ends[0] <= wanted) & (wanted <= ends[1])
        plain = exposure.sum(0) / exposure.sum()
        for way, found in (("split", share), ("exposure alone", plain)):
            rows.append(
                {
                    "by": by,
                    "way": way,
                    "error": float(np.abs(found - wanted).mean()),
                    "rank": float(pd.Series(found).corr(pd.Series(wanted), method="spearman")),
                    "inside": int(inside.sum()) if way == "split" else None,
                }
            )
        shown = {"truth": wanted, "split": share, "lower": ends[0], "upper": ends[1], by: plain}
        print(pd.DataFrame(shown, index=list(names)).round(3).to_string())
    print(pd.DataFrame(rows).round(3).to_string())
    write("credibility", rows)


def _by_day(metrics: pd.DataFrame, column: str, names: tuple[str, ...]) -> Floats:
    """``[W, G]`` of each day and campaign."""
    wide = metrics.pivot_table(index="date", columns="campaign", values=column, aggfunc="sum")
    return wide[list(names)].to_numpy(float)


if __name__ == "__main__":
    main()
