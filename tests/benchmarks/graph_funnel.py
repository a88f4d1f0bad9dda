"""What the channel graph finds and what channels are worth through it, where it is known.

    python tests/benchmarks/graph_funnel.py [funnel simulator real] [--draws 10]

``funnel``: TV and social create search demand; all three extra columns are given as controls,
as a user would. Beside the fit as it comes: one that is told that the search budget is an
instrument and that search lies below TV and social, and a plain additive fit. ``simulator``:
the project's own draws. ``real``: the graph of DeepCausalMMM's panel, refitted to halves of
the regions and to its first and last 80 weeks. Prints tables, writes benchmarks/graph_*.json.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
from datasets import FOLDER, _panel, real_panel
from writing import write

from mmm_model.effects.channel_summary import channel_summary
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.fit.training import train
from mmm_model.graph import ChannelGraph, GraphSettings, learn_graph
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from mmm_model.simulator import draw_spec, simulate

SETTINGS = ModelSettings(holdout_weeks=0)
TV, SOCIAL, SEARCH = SPEND = ("tv_spend", "social_spend", "lower_funnel_search_spend")
CONTROLS = ("branded_search_volume", "category_demand", "lf_budget_exog")
KNOWN = GraphSettings(tiers=((TV, SOCIAL), (SEARCH,)), instruments=("lf_budget_exog",))


def funnel(name: str) -> list[dict[str, object]]:
    """One row per way to fit a funnel."""
    table = pd.read_csv(FOLDER / "funnel" / f"{name}.csv")
    panel = _panel(table, "geo", "date", SPEND, SPEND, CONTROLS, "sales")
    truth = json.loads((FOLDER / "funnel" / f"{name}_truth.json").read_text())
    ways = {"graph": GraphSettings(), "graph, told": KNOWN, "additive": None}
    rows = []
    for way, settings in ways.items():
        started = time.perf_counter()
        model = train(panel, SETTINGS, settings).final
        seconds = time.perf_counter() - started
        summary = channel_summary(FittedEffects(model, panel)).set_index("channel")
        row: dict[str, object] = {"dataset": name, "fit": way, "seconds": round(seconds, 1)}
        row |= edge_scores(model.graph, truth) if model.graph is not None else {}
        row["left_out"] = ", ".join(sorted(set(panel.controls) - set(model.controls)))
        found = pd.DataFrame(
            {
                short: {
                    "total": summary.roi[column] / truth["total_roas"][short] - 1,
                    "direct": summary.direct_roi[column] / truth["direct_roas"][short] - 1,
                    "indirect": summary.mediated[column] / summary.contribution[column]
                    - truth["indirect_share"][short],
                }
                for short, column in (("tv", TV), ("social", SOCIAL))
            }
        )
        row |= {f"{what}_{short}": found[short][what] for what in found.index for short in found}
        row |= {f"{what}_error": found.loc[what].abs().mean() for what in found.index}
        rows.append(row)
    return rows


def edge_scores(graph: ChannelGraph, truth: dict) -> dict[str, object]:
    """True edges found, and edges found that the truth rejects."""
    used = graph.edges().query("published")
    found = {(_short(s), _short(t)) for s, t in zip(used["source"], used["target"], strict=True)}
    true = {(s, _short(t)) for s, t in truth["observed_channel_edges"]}
    wrong = {(_short(s), _short(t)) for s, t in truth["non_edges_to_reject"]}
    return {
        "true_edges": f"{len(found & true)} of {len(true)}",
        "false_edges": f"{len(found & wrong)} of {len(wrong)}",
        "driven_controls": ", ".join(graph.driven_controls()),
    }


def _short(name: str) -> str:
    """The truth calls the columns of TV and social by the channel alone."""
    return {TV: "tv", SOCIAL: "social"}.get(name, name)


def simulator(draws: int) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """One row per draw, and the reliability of the edges' probabilities over all."""
    rows, probability, true_edge = [], [], []
    for seed in range(2000, 2000 + draws):
        simulation = simulate(draw_spec(seed), seed)
        panel, truth = simulation.panel(), simulation.truth()["channels"]
        model = train(panel, SETTINGS, GraphSettings()).final
        summary = channel_summary(FittedEffects(model, panel)).set_index("channel")
        assert model.graph is not None
        c = len(panel.channels)
        true = np.zeros((c, c), dtype=bool)
        for drive in simulation.spec.drives:
            true[panel.channels.index(drive.source), panel.channels.index(drive.target)] = True
        used = model.graph.drivers()[:c, :c]
        between = ~np.eye(c, dtype=bool)
        probability += model.graph.probability[:, :c, :c].max(axis=0)[between].tolist()
        true_edge += true[between].tolist()
        works = [name for name in panel.channels if truth[name]["total"] > 0]
        total = [summary.roi[n] / truth[n]["roi"] - 1 for n in works]
        direct = [summary.direct_roi[n] / truth[n]["direct_roi"] - 1 for n in works]
        parents = [panel.channels[i] for i in np.flatnonzero(true.any(axis=1))]
        share = [
            summary.mediated[n] / summary.contribution[n] - truth[n]["mediated"] / truth[n]["total"]
            for n in parents
        ]
        rows.append(
            {
                "seed": seed,
                "true_edges": int(true.sum()),
                "shd": int((used != true).sum()),
                "total_roi_error": float(np.abs(total).mean()),
                "direct_roi_error": float(np.abs(direct).mean()),
                "indirect_share_error": float(np.abs(share).mean()) if share else np.nan,
                "driven_controls": ", ".join(model.graph.driven_controls()),
            }
        )
        print("  ".join(f"{key} {_text(value)}" for key, value in rows[-1].items()), flush=True)
    return rows, reliability(np.array(probability), np.array(true_edge))


def reliability(probability: np.ndarray, true: np.ndarray) -> list[dict[str, object]]:
    """How many edges of a probability are true."""
    rows = []
    ends = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    for low, high in pairwise(ends):
        inside = (probability >= low) & ((probability < high) | (high == 1.0))
        if inside.any():
            mean = float(probability[inside].mean())
            share = float(true[inside].mean())
            rows.append(
                {"from": low, "to": high, "pairs": int(inside.sum()), "given": mean, "true": share}
            )
    return rows


def survival(draws: int = 3) -> list[dict[str, object]]:
    """How much of the real panel's graph is there in a refit on part of the data."""
    panel = real_panel()
    started = time.perf_counter()
    whole = learn_graph(panel, GraphSettings())
    print(f"real_panel: {time.perf_counter() - started:.0f} s")
    print(whole.edges().query("published").to_string(index=False))
    regions = len(panel.regions)
    parts = {
        f"half of the regions {draw}": _regions(
            panel, np.sort(np.random.default_rng(draw).permutation(regions)[: regions // 2])
        )
        for draw in range(draws)
    }
    parts |= {"first 80 weeks": panel.head(80), "last 80 weeks": _last(panel, 80)}
    pairs, rows = _pairs(whole), []
    for name, part in parts.items():
        graph = learn_graph(part, GraphSettings())
        again = _pairs(graph)
        apart = np.abs(graph.probability.max(axis=0) - whole.probability.max(axis=0))
        rows.append(
            {
                "part": name,
                "pairs_of_whole": len(pairs),
                "pairs": len(again),
                "survive": len(pairs & again),
                "reversed": len({(t, s) for s, t in pairs} & again),
                "mean_change_of_probability": float(apart[~np.eye(len(apart), dtype=bool)].mean()),
            }
        )
    return rows


def _pairs(graph: ChannelGraph) -> set[tuple[int, int]]:
    return {(int(s), int(t)) for s, t in np.argwhere(graph.drivers())}


def _regions(panel: Panel, chosen: np.ndarray) -> Panel:
    names = ("kpi", "observed", "exposure", "spend", "control", "value_per_kpi")
    return replace(
        panel,
        regions=tuple(panel.regions[i] for i in chosen),
        **{name: getattr(panel, name)[chosen] for name in names},
    )


def _last(panel: Panel, weeks: int) -> Panel:
    names = ("kpi", "observed", "exposure", "spend", "control", "value_per_kpi")
    return replace(
        panel,
        weeks=panel.weeks[-weeks:],
        **{name: getattr(panel, name)[:, -weeks:] for name in names},
    )


def _text(value: object) -> object:
    return f"{value:.3f}" if isinstance(value, float) else value


def _show(rows: list[dict[str, object]]) -> None:
    print(pd.DataFrame(rows).round(3).to_string(index=False), flush=True)


def main() -> None:
    """Measure what is named on the command line, everything by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["funnel", "simulator", "real"])
    parser.add_argument("--draws", type=int, default=10)
    asked = parser.parse_args()
    if "funnel" in asked.what:
        rows = [row for n in ("3geo", "20geo") for row in funnel(f"funnel_{n}_130w")]
        print(pd.DataFrame(rows).round(3).T.to_string(header=False), flush=True)
        write("graph_funnel", rows)
    if "real" in asked.what:
        rows = survival()
        _show(rows)
        write("graph_survival", rows)
    if "simulator" in asked.what:
        rows, reliable = simulator(asked.draws)
        _show([pd.DataFrame(rows).drop(columns=["seed", "driven_controls"]).mean().to_dict()])
        _show(reliable)
        write("graph_simulator", rows)
        write("graph_reliability", reliable)


if __name__ == "__main__":
    main()
