"""Meridian's example of every kind: five paid channels, an organic one, a promotion.

    DATASETS=… python tests/benchmarks/geo_all_channels.py [--every 4] [--seeds 2]

The table is simulated, its truth is not published. Fits every so manieth of its forty regions with
short chains, with ``Promo`` as a promotion and as a control, and prints, by seed, what each channel
and the promotion brought over the KPI, and returns. Writes benchmarks/geo_all_channels.json.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd
from writing import write

from mmm_model.effects.channel_summary import channel_summary
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.treatments import treatment_effects
from mmm_model.fit.training import fit
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from mmm_model.treatments import Treatment

_PAID = tuple(f"Channel{number}" for number in range(5))
_ORGANIC = "Organic_channel0"
_CONTROLS = ("competitor_sales_control", "sentiment_score_control")


def panel_of(every: int) -> Panel:
    """Regions 0, ``every``, 2 ``every``, and so on."""
    table = pd.read_csv(Path(os.environ["DATASETS"]) / "formats" / "geo_all_channels.csv")
    regions = tuple(sorted(table["geo"].unique(), key=lambda name: int(name[3:]))[::every])
    wide = table[table["geo"].isin(regions)].pivot(index="geo", columns="time").loc[list(regions)]
    channels = (*_PAID, _ORGANIC)
    spend = [wide[f"{name}_spend"].to_numpy(float) for name in _PAID]
    spend.append(np.full_like(spend[0], np.nan))
    kpi = wide["conversions"].to_numpy(float)
    return Panel(
        regions=regions,
        weeks=pd.DatetimeIndex(wide["conversions"].columns),
        channels=channels,
        controls=_CONTROLS,
        kpi=kpi,
        observed=np.ones_like(kpi, dtype=bool),
        exposure=np.stack([wide[f"{name}_impression"].to_numpy(float) for name in channels], -1),
        spend=np.stack(spend, -1),
        control=np.stack([wide[name].to_numpy(float) for name in _CONTROLS], -1),
        value_per_kpi=wide["revenue_per_conversion"].to_numpy(float),
        treatments=(Treatment("Promo", "promotion"),),
        treatment=wide["Promo"].to_numpy(float)[..., None],
    )


def main() -> None:
    """Fit both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=2)
    asked = parser.parse_args()
    own = panel_of(asked.every)
    rows = []
    for seed in range(asked.seeds):
        settings = ModelSettings(holdout_weeks=0, chains=2, warmup=80, draws=100, seed=seed)
        for way, panel in (
            ("promotion", own),
            ("control", own.with_treatments_as_controls(("Promo",))),
        ):
            model, _ = fit(panel, settings)
            effects = FittedEffects(model, panel)
            total = panel.kpi.sum()
            table = channel_summary(effects).rename(columns={"channel": "what"})
            found = treatment_effects(effects).rename(columns={"treatment": "what"})
            for _, row in pd.concat([table, found]).iterrows():
                ends = [row[f"contribution{end}"] / total for end in ("", "_lower", "_upper")]
                rows.append(
                    {"seed": seed, "way": way, "what": row["what"], "share": float(ends[0])}
                    | {"lower": float(ends[1]), "upper": float(ends[2]), "roi": row.get("roi")}
                )
    print(pd.DataFrame(rows).round(3).to_string())
    write("geo_all_channels", rows)


if __name__ == "__main__":
    main()
