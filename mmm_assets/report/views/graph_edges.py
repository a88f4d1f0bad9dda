"""Which channels drive which, and how sure that is."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import Choice, View
from mmm_assets.report.views.graph_evidence import sortability
from mmm_assets.report.views.mediators import plain

_LEAST_CREATED = 0.03
"""Share of a mediator from which a channel is drawn as creating it: every one may, a little."""

_EDGES = """
    SELECT source, target, lag_weeks, weight, probability, published, status, source_kind,
           target_kind
    FROM mart.channel_graph
    WHERE refresh_week = $week ORDER BY probability DESC, abs(weight) DESC"""

_UNPAID = f"""
    SELECT channel AS source, mediator AS target, created_share
    FROM mart.mediators
    WHERE refresh_week = $week AND channel IS NOT NULL AND created_share >= {_LEAST_CREATED}
    ORDER BY created_share DESC, channel"""


def views(refresh: Refresh) -> tuple[View, ...]:
    """The edges as a network, as a matrix, by probability; says so where there are none."""
    edges, unpaid = refresh.query(_EDGES), refresh.query(_UNPAID)
    if edges.empty and unpaid.empty:
        return (View("graph-network", "Channel graph", _no_edges(refresh)),)
    if edges.empty:
        return (_network(refresh, edges, unpaid),)
    return _network(refresh, edges, unpaid), _matrix(refresh, edges), _probabilities(refresh, edges)


def _no_edges(refresh: Refresh) -> str:
    if len(refresh.channels) < 2:
        return "With one channel there is nothing to drive."
    return "No channel was found to drive another: every effect is direct."


def _published(edges: pd.DataFrame) -> pd.DataFrame:
    return edges[edges["published"].fillna(False).astype(bool)]


def positions(edges: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Places of channels: those that drive stand left of those they drive.

    Edges within a week are acyclic; a lagged edge may close a loop in time, so loops are
    shrunk to one layer before layers are counted.
    """
    graph = nx.DiGraph(zip(edges["source"], edges["target"], strict=True))
    loops = nx.condensation(graph)
    layers = [
        [name for loop in layer for name in sorted(loops.nodes[loop]["members"])]
        for layer in nx.topological_generations(loops)
    ]
    places: dict[str, tuple[float, float]] = {}
    for column, layer in enumerate(layers):
        # Each layer follows the heights of what drives it, which leaves fewer crossings.
        def height(name: str) -> float:
            above = [places[parent][1] for parent in graph.predecessors(name) if parent in places]
            return float(np.mean(above)) if above else 0.0

        ordered = sorted(layer, key=height, reverse=True)
        for i, name in enumerate(ordered):
            # Layers are lifted by different heights, so that an edge over one passes it by.
            places[name] = (float(column), (len(layer) - 1) / 2 - i + 0.9 * (0.618 * column % 1))
    return places


def _network(refresh: Refresh, edges: pd.DataFrame, unpaid: pd.DataFrame) -> View:
    shown = _published(edges)
    title = "Who drives whom"
    if shown.empty and unpaid.empty:
        return View(
            "graph-network",
            title,
            "Candidate edges were found, but none is sure enough for the counterfactuals to run "
            "through it: every effect is direct.",
        )
    crowded = len(shown) > 60
    shown = shown.head(60)
    ends = ["source", "target"]
    places = positions(pd.concat([shown[ends], unpaid[ends]]))
    arrows, hover = _arrows(refresh, shown, places)
    arrows += _created(unpaid, places)
    return View(
        "graph-network",
        title,
        _told(refresh, edges, unpaid),
        fig.figure(
            [
                {"type": "scatter", "mode": "markers", **hover,
                 "marker": {"size": 14, "color": "@ink/0.01"},
                 "hovertemplate": "%{text}<extra></extra>"},
                _discs(refresh, shown, set(unpaid["target"]), places),
            ],
            annotations=arrows,
            showlegend=False,
            margin={"l": 8, "r": 8, "t": 10, "b": 10},
            xaxis=_bare([x for x, _ in places.values()], 0.45),
            yaxis=_bare([y for _, y in places.values()], 0.4),
        ),
        table=edges,
        sql=refresh.shown(_EDGES),
        note="Arrows: wider is stronger, fuller is surer, red is negative. Discs: size by "
        "total contribution. Squares: controls."
        + (" Diamonds: what media create and nobody buys." if len(unpaid) else "")
        + (" The 60 surest edges." if crowded else ""),
        wide=True,
        height=fig.height_of(int(max(y for _, y in places.values()) * 2) + 1, 66, least=300),
    )  # fmt: skip


def _told(refresh: Refresh, edges: pd.DataFrame, unpaid: pd.DataFrame) -> str:
    shown, said = _published(edges), []
    if len(shown):
        count = words.counted(len(shown), "edge is used", "edges are used")
        strong = shown.iloc[int(shown["weight"].abs().to_numpy().argmax())]
        said.append(
            f"{count}; the strongest runs from {strong['source']} to {strong['target']}, found in "
            f"{words.percent(strong['probability'])} of the refits.{sortability(refresh)}"
        )
    if len(unpaid):
        most = unpaid.iloc[0]
        said.append(
            f"Most of what nobody buys comes from {most['source']}: "
            f"{words.percent(most['created_share'])} of {plain(most['target'])}."
        )
    return " ".join(said)


def _created(unpaid: pd.DataFrame, places: dict[str, tuple[float, float]]) -> list[dict[str, Any]]:
    """Grey arrows to what nobody buys: wider where a channel creates more of it."""
    return [
        {
            "x": places[edge["target"]][0], "y": places[edge["target"]][1],
            "ax": places[edge["source"]][0], "ay": places[edge["source"]][1],
            "xref": "x", "yref": "y", "axref": "x", "ayref": "y", "text": "", "showarrow": True,
            "arrowhead": 2, "arrowsize": 0.9, "standoff": 17, "startstandoff": 15,
            "arrowwidth": 1 + 6 * edge["created_share"], "arrowcolor": "@ink/0.3",
        }
        for edge in unpaid.to_dict("records")
    ]  # fmt: skip


def _arrows(
    refresh: Refresh, shown: pd.DataFrame, places: dict[str, tuple[float, float]]
) -> tuple[list[dict[str, Any]], dict[str, list[Any]]]:
    """One arrow a pair, as strong as its strongest edge, and hover texts that tell all edges."""
    strongest = float(shown["weight"].abs().max()) or 1.0
    arrows: list[dict[str, Any]] = []
    hover: dict[str, list[Any]] = {"x": [], "y": [], "text": []}
    for _, pair in shown.groupby(["source", "target"], sort=False):
        edge = pair.iloc[int(pair["weight"].abs().argmax())]
        (x0, y0), (x1, y1) = places[edge["source"]], places[edge["target"]]
        sure = _sure(edge["probability"])
        tone = "@accent" if edge["weight"] >= 0 else "@bad"
        arrows.append(
            {
                "x": x1, "y": y1, "ax": x0, "ay": y0, "xref": "x", "yref": "y", "axref": "x",
                "ayref": "y", "text": "", "showarrow": True, "arrowhead": 2, "arrowsize": 0.9,
                "arrowwidth": 1 + 3.5 * abs(edge["weight"]) / strongest, "standoff": 17,
                "startstandoff": 15,
                "arrowcolor": f"{tone}/{0.25 + 0.7 * sure:.2f}",
            }
        )  # fmt: skip
        hover["x"].append(0.55 * x1 + 0.45 * x0)
        hover["y"].append(0.55 * y1 + 0.45 * y0)
        hover["text"].append(
            f"{refresh.label(edge['source'])} → {refresh.label(edge['target'])}"
            + "".join(
                f"<br>{_lag(each['lag_weeks'])}: weight {words.number(each['weight'])}, found in "
                f"{words.percent(_sure(each['probability']))} of refits"
                for each in pair.to_dict("records")
            )
        )
    return arrows, hover


def _discs(
    refresh: Refresh,
    shown: pd.DataFrame,
    unpaid: set[str],
    places: dict[str, tuple[float, float]],
) -> dict[str, Any]:
    """Channels as discs as large as what they bring, controls as squares, mediators as diamonds."""
    names = list(places)
    signs = dict.fromkeys(_controls_among(shown), "square") | dict.fromkeys(unpaid, "diamond")
    totals = refresh.summary["contribution"].reindex(names).fillna(0).clip(lower=0)
    sizes = 16 + 18 * np.sqrt(totals / max(float(totals.max()), 1e-12))
    return {
        "type": "scatter", "mode": "markers+text",
        "x": [places[n][0] for n in names], "y": [places[n][1] for n in names],
        "text": [refresh.label(plain(n) if n in unpaid else n) for n in names],
        "textposition": "bottom center",
        "cliponaxis": False, "customdata": totals.to_numpy(),
        "marker": {"size": sizes.tolist(), "opacity": 1,
                   "symbol": [signs.get(n, "circle") for n in names],
                   "color": ["@quiet" if n in unpaid else refresh.colour(n) for n in names],
                   "line": {"color": "@paper", "width": 2}},
        "hovertemplate": "%{text}: brings %{customdata:.3~s}<extra></extra>",
    }  # fmt: skip


def _controls_among(edges: pd.DataFrame) -> set[str]:
    """Nodes of the edges that are controls."""
    return {
        str(name)
        for end in ("source", "target")
        for name in edges.loc[edges[f"{end}_kind"] == "control", end]
    }


def _sure(probability: Any) -> float:
    return 0.0 if pd.isna(probability) else float(probability)


def _lag(weeks: Any) -> str:
    return "same week" if int(weeks) == 0 else f"{words.counted(int(weeks), 'week')} later"


def _bare(values: list[float], margin: float) -> dict[str, Any]:
    return {
        "visible": False, "range": [min(values) - margin, max(values) + margin], "zeroline": False,
    }  # fmt: skip


def _matrix(refresh: Refresh, edges: pd.DataFrame) -> View:
    names = refresh.channels + sorted(_controls_among(edges))
    labels = [refresh.label(name) for name in names]
    choices = []
    for lag in sorted(edges["lag_weeks"].unique()):
        part = edges[edges["lag_weeks"] == lag]
        wide = part.pivot_table(index="source", columns="target", values="weight", aggfunc="sum")
        choices.append(
            Choice(
                _lag(lag).capitalize(), {0: {"z": wide.reindex(names, columns=names).to_numpy()}}
            )
        )
    largest = float(edges["weight"].abs().max()) or 1.0
    sources = edges.groupby("source").size()
    return View(
        "graph-matrix",
        "Strength of every edge",
        f"{sources.idxmax()} has the most edges to others: "
        f"{words.counted(int(sources.max()), 'edge')}, sure or not.",
        fig.figure(
            [
                fig.heat(
                    labels, labels, choices[0].traces[0]["z"], "%{y} → %{x}: %{z:,.3~r}",
                    colorscale="@diverging", zmin=-largest, zmax=largest,
                )
            ],
            xaxis=fig.names_axis(title={"text": "Driven"}, showgrid=False,
                                 range=[-0.5, len(names) - 0.5], categoryarray=labels),
            yaxis=fig.names_axis(title={"text": "Drives"}, showgrid=False,
                                 range=[len(names) - 0.5, -0.5], categoryarray=labels),
        ),
        table=edges,
        sql=refresh.shown(_EDGES),
        selector="Edges",
        choices=tuple(choices),
        note="Standard deviations of the driven channel per one of the channel that drives.",
        height=fig.height_of(len(names), 30, least=340),
    )  # fmt: skip


def _probabilities(refresh: Refresh, edges: pd.DataFrame) -> View:
    rows = edges.dropna(subset=["probability"]).head(30)
    if rows.empty:
        return View("graph-probabilities", "How sure each edge is", "No edge was tested by refits.")
    names = [
        f"{refresh.label(e['source'])} → {refresh.label(e['target'])}"
        + ("" if int(e["lag_weeks"]) == 0 else f" (+{int(e['lag_weeks'])} w)")
        for e in rows.to_dict("records")
    ]
    counted = rows["published"].fillna(False).astype(bool)
    used = len(_published(edges))
    return View(
        "graph-probabilities",
        "How sure each edge is",
        f"{words.counted(used, 'edge')} of {len(edges)} "
        f"{'is' if used == 1 else 'are'} sure enough to be used; the others stay undetermined.",
        fig.figure(
            [
                fig.bars(
                    names, rows["probability"].to_numpy(),
                    ["@accent" if yes else "@quiet" for yes in counted], ":.0%",
                )
            ],
            **fig.ranked("", len(names))
            | {"xaxis": fig.axis("Found in", tickformat=".3~p", range=[0, 1.02])},
        ),
        table=edges,
        sql=refresh.shown(_EDGES),
        note="Coloured bars: published. Grey: undetermined, and not used."
        + (" The 30 surest." if len(edges) > 30 else ""),
        height=fig.height_of(len(names), 24, least=340),
    )  # fmt: skip
