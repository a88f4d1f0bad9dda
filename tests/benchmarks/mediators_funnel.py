"""Brand searches that sell nothing, told as if they did: the public funnel.

    DATASETS=… python tests/benchmarks/mediators_funnel.py [--name funnel_3geo_130w]

In this data latent demand, which television and social create, moves search spend, which sells, and
the volume of branded searches, which sells nothing. Told as a mediator, it shows how far what the
volume shares with demand is taken for its doing. Two chains of 80 sweeps. Prints its effect and,
over the KPI, what channels are said to earn by it; the truth of all of these is nothing.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import pandas as pd
from datasets import FOLDER, _cube, with_truth
from writing import write

from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.mediators import mediators
from mmm_model.fit.training import train_final
from mmm_model.mediators import Mediator, Mediators
from mmm_model.settings import ModelSettings

_SHORT = ModelSettings(chains=2, warmup=80, draws=80, members=160, gru_width=0, holdout_weeks=0)


def main() -> None:
    """Print the rows of the mediator."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="funnel_3geo_130w")
    name = parser.parse_args().name
    panel, _ = with_truth(name)
    table = pd.read_csv(FOLDER / "funnel" / f"{name}.csv")
    volume = _cube(table, "geo", "date", ["branded_search_volume"])
    searched = tuple(one for one in panel.channels if "search" not in one)
    node = Mediator("branded_search_volume", drivers=searched)
    controls = tuple(one for one in panel.controls if one != node.name)
    panel = replace(
        panel.with_controls(controls), mediators=Mediators((node,), volume, 0.0 * volume)
    )
    rows, _ = mediators(FittedEffects(train_final(panel, _SHORT), panel))
    for column in ("contribution", "contribution_lower", "contribution_upper"):
        rows[column] /= panel.kpi.sum()
    write("mediators_funnel", rows.to_dict("records"))
    told = ["channel", "created_share", "effect", "effect_lower", "effect_upper"]
    print(rows[[*told, *rows.columns[-3:]]].round(3).to_string())


if __name__ == "__main__":
    main()
