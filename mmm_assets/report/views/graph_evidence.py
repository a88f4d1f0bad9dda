"""What speaks for the channel graph: edges removed, controls, earlier refreshes."""

from __future__ import annotations

import numpy as np

from mmm_assets.mart.refreshes import HELD_WEEKS
from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh, iso
from mmm_assets.report.view import View

_TESTS = """
    SELECT source, target, lag_weeks, probability, mediated, mediated_lower, mediated_upper,
           mediated_share, forecast_gain, kpi_forecast_change
    FROM mart.edge_tests WHERE refresh_week = $week ORDER BY mediated DESC NULLS LAST"""

_CONTROLS = """
    SELECT control, role, in_response, driver, lag_weeks, probability, drives
    FROM mart.graph_controls WHERE refresh_week = $week
    ORDER BY role, probability DESC NULLS LAST, control"""

_HISTORY = f"""
    SELECT refresh_week, source, target, max(probability) AS probability,
           bool_or(published) AS published
    FROM mart.channel_graph
    WHERE refresh_week <= $week AND (refresh_week = $week OR refresh_week NOT IN
      {HELD_WEEKS})
    GROUP BY ALL ORDER BY refresh_week, source, target"""

_METRICS = """
    SELECT metric, value FROM mart.graph_metrics WHERE refresh_week = $week ORDER BY metric"""

_METHODS = """
    SELECT method, used, source, target, lag_weeks, probability, published
    FROM mart.graph_methods WHERE refresh_week = $week
    ORDER BY used DESC, method, probability DESC NULLS FIRST"""

_METHOD_WORDS = {
    "joint": "NOTEARS, trained together with the response",
    "order": "a search over orders of the nodes",
    "notears": "NOTEARS (edges within a week)",
    "dynotears": "DYNOTEARS (edges within a week and from past weeks)",
}

_MOST_EDGES = 40

_MOST_REFRESHES = 52


def views(refresh: Refresh) -> tuple[View, ...]:
    """What removing an edge changes, other methods, the controls, the edges over the refreshes."""
    return _tests(refresh), _methods(refresh), _controls(refresh), _history(refresh)


def sortability(refresh: Refresh) -> str:
    """How far the scale of the data alone would have given the graph away, in a sentence."""
    found = refresh.query(_METRICS).set_index("metric")["value"]
    values = [found.get(f"{name}sortability", np.nan) for name in ("var", "r2_")]
    if any(value != value for value in values):
        return ""
    return (
        f" Varsortability {words.number(values[0])}, R²-sortability {words.number(values[1])}: far "
        "from 0.5 either way, part of the order could be read off the scale of the data."
    )


def _tests(refresh: Refresh) -> View:
    title = "What each edge changes"
    rows = refresh.query(_TESTS)
    if rows.empty:
        return View("graph-tests", title, "No edge between channels is used, so none can be cut.")
    top = rows.iloc[0]
    reading = (
        f"Without {top['source']} → {top['target']}, {top['source']} would lose "
        f"{words.number(top['mediated'])} {refresh.kpi} "
        f"({words.percent(top['mediated_share'])} of its total)"
    )
    useless = int((rows["forecast_gain"] <= 0).sum())
    reading += (
        f"; {words.counted(useless, 'edge')} of {len(rows)} "
        f"{'does' if useless == 1 else 'do'} not help to forecast the driven channel."
        if useless
        else "; every edge helps to forecast the channel that it drives."
    )
    names = [f"{refresh.label(r['source'])} → {refresh.label(r['target'])}"
             for r in rows.to_dict("records")]  # fmt: skip
    return View(
        "graph-tests",
        title,
        reading,
        fig.figure(
            [
                fig.bars(
                    names, rows["mediated"].to_numpy(), "@accent/0.8",
                    error_x=fig.error(
                        rows["mediated"].tolist(), rows["mediated_lower"].tolist(),
                        rows["mediated_upper"].tolist(),
                    ),
                    customdata=rows[["forecast_gain", "kpi_forecast_change"]].to_numpy(),
                )
                | {
                    "hovertemplate": "%{y}: %{x:.3~s}<br>forecast of the driven channel better by "
                    "%{customdata[0]:.3~p}<br>predicted KPI moves by %{customdata[1]:.3~p}"
                    "<extra></extra>"
                }
            ],
            **fig.ranked(refresh.kpi_label, len(names)),
        ),
        table=rows,
        sql=refresh.shown(_TESTS),
        note="Bars: what the source earns through the edge, with its 90 % interval. The table "
        "adds how much worse the driven channel's held-out weeks are forecast without the source.",
        height=fig.height_of(len(names), 30),
    )  # fmt: skip


def _methods(refresh: Refresh) -> View:
    title = "Where methods disagree"
    rows = refresh.query(_METHODS)
    used = rows.loc[rows["used"].fillna(False).astype(bool), "method"]
    if used.empty:
        return View("graph-methods", title, "No graph was learned, so no methods are compared.")
    learned = f"The graph was learned by {_METHOD_WORDS[used.iloc[0]]}"
    pairs = rows.dropna(subset=["source"])
    if pairs.empty:
        return View("graph-methods", title, f"{learned}; the other methods use no edge either.")
    edge = [f"{refresh.label(a)} → {refresh.label(b)}"
            for a, b in zip(pairs["source"], pairs["target"], strict=True)]  # fmt: skip
    pairs = pairs.assign(edge=edge, published=pairs["published"].astype(bool))
    votes = pairs.pivot_table(index="edge", columns="method", values="published", aggfunc="max")
    agreed = int((votes.nunique(axis=1) == 1).sum())
    own = votes[used.iloc[0]].astype(bool)
    alone = int((own & (votes.sum(axis=1) == 1)).sum())
    reading = (
        f"{learned}. Of {words.counted(len(votes), 'edge')} that any method would use, all methods "
        f"use {agreed}; {alone} of the {int(own.sum())} used here no other method would use."
    )
    methods = [used.iloc[0], *(name for name in votes.columns if name != used.iloc[0])]
    wide = pairs.pivot_table(index="edge", columns="method", values="probability")[methods]
    order = wide.mean(axis=1).sort_values(ascending=False).index[:_MOST_EDGES]
    return View(
        "graph-methods",
        title,
        reading,
        fig.figure(
            [
                fig.heat(
                    methods, list(order), wide.loc[order].to_numpy(), "%{y}, %{x}: %{z:.0%}",
                    zmin=0, zmax=1,
                    colorbar={"tickformat": ".0%", "thickness": 8, "outlinewidth": 0},
                )
            ],
            xaxis=fig.names_axis(showgrid=False),
            yaxis=fig.names_axis(showgrid=False, autorange="reversed"),
        ),
        table=rows,
        sql=refresh.shown(_METHODS),
        note="Probability of each edge by method; the first column is used.",
        height=fig.height_of(len(order), 22),
    )  # fmt: skip


def _controls(refresh: Refresh) -> View:
    title = "Controls: which follow media"
    rows = refresh.query(_CONTROLS)
    if rows.empty:
        return View("graph-controls", title, "There are no controls.")
    driven = rows[rows["role"] == "driven"]
    if driven.empty:
        reading = (
            f"Media were found to drive none of the {words.counted(len(rows), 'control')}: each "
            "may be adjusted for."
        )
    else:
        first = driven.iloc[0]
        kept = driven["in_response"].fillna(False).astype(bool)
        reading = (
            f"{words.listed(driven['control'].tolist())} "
            f"{'follows' if len(driven) == 1 else 'follow'} media ({first['driver']} → "
            f"{first['control']}, probability {words.percent(first['probability'])}): adjusted "
            f"for, {'it' if len(driven) == 1 else 'they'} would take credit from them. "
            + ("Kept all the same, as configured." if kept.any() else "Left out of the response.")
        )
    names = [refresh.label(name) for name in rows["control"]]
    colours = ["@bad/0.8" if role == "driven" else "@quiet/0.6" for role in rows["role"]]
    return View(
        "graph-controls",
        title,
        reading,
        fig.figure(
            [fig.bars(names, rows["probability"].fillna(0).to_numpy(), colours, ":.0%")],
            **fig.ranked("", len(names))
            | {"xaxis": fig.axis("Likeliest edge from media", tickformat=".3~p", range=[0, 1.02])},
        ),
        table=rows,
        sql=refresh.shown(_CONTROLS),
        note="Red: driven by media." if "driven" in set(rows["role"]) else "",
        height=fig.height_of(len(names)),
    )


def _history(refresh: Refresh) -> View:
    title = "Edges over the refreshes"
    rows = refresh.query(_HISTORY)
    weeks = sorted(set(iso(rows["refresh_week"])))[-_MOST_REFRESHES:]
    if len(weeks) < 2:
        return View(
            "graph-history", title, "There is no earlier refresh to compare the graph with."
        )
    rows["refresh_week"] = iso(rows["refresh_week"])
    rows = rows[rows["refresh_week"].isin(weeks)]
    rows["edge"] = [f"{refresh.label(a)} → {refresh.label(b)}"
                    for a, b in zip(rows["source"], rows["target"], strict=True)]  # fmt: skip
    wide = rows.pivot_table(index="edge", columns="refresh_week", values="probability")
    wide = wide.reindex(columns=weeks).fillna(0.0)
    order = wide.mean(axis=1).sort_values(ascending=False).index[:_MOST_EDGES]
    used = rows[rows["published"].fillna(False).astype(bool)].groupby("refresh_week")["edge"]
    sets = used.agg(set).reindex(weeks)
    now, before = (value if isinstance(value, set) else set() for value in sets.iloc[[-1, -2]])
    if now or before:
        reading = (
            f"{len(now & before)} of {words.counted(len(now | before), 'edge')} used in this "
            "refresh or the one before are used in both."
        )
    else:
        reading = "No edge was used in this refresh or the one before."
    return View(
        "graph-history",
        title,
        reading,
        fig.figure(
            [
                fig.heat(
                    weeks, list(order), wide.loc[order].to_numpy(), "%{y}, %{x}: %{z:.0%}",
                    zmin=0, zmax=1,
                    colorbar={"tickformat": ".0%", "thickness": 8, "outlinewidth": 0},
                )
            ],
            xaxis=fig.names_axis(showgrid=False),
            yaxis=fig.names_axis(showgrid=False, autorange="reversed"),
        ),
        table=rows[["refresh_week", "source", "target", "probability", "published"]],
        sql=refresh.shown(_HISTORY),
        note="Probability at the surest lag; 0 where no refit found the edge."
        + (f" The {_MOST_EDGES} surest." if len(wide) > _MOST_EDGES else ""),
        height=fig.height_of(len(order), 22, least=300),
    )  # fmt: skip
