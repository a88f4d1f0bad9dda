"""How the fits went: the losses, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmm_assets.report import figure as fig
from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.view import Choice, View

_HISTORY = """
    SELECT fit, step, term, loss FROM mart.training_history
    WHERE refresh_week = $week ORDER BY fit, term, step"""

_NOTE = "Terms that are zero or negative cannot be drawn on a logarithmic axis."
_OF_THE_PAPER = (
    " The paper's network was trained: acyclicity is h(A) = tr exp(A∘A) − C, gradient_norm is that "
    "before clipping; neither is part of the total. The intervals of this refresh are the spread "
    "of a few trainings from different starts, each without some weeks; they are no posterior, "
    "and are narrower than what is unknown."
)


def views(refresh: Refresh) -> tuple[View, ...]:
    """The losses of both fits."""
    return (_view(refresh),)


def _view(refresh: Refresh) -> View:
    history = refresh.query(_HISTORY)
    if history.empty:
        return View(
            "fit-training", "Training history", "No training history was kept for this refresh."
        )
    fits = [name for name in ("final", "holdout") if name in set(history["fit"])]
    terms = sorted(history["term"].unique(), key=lambda term: (term != "total", term))
    terms = terms[:12]
    runs = {name: history[history["fit"] == name] for name in fits}
    per_fit = [_traces(runs[name], terms) for name in fits]
    data = [
        fig.line(
            per_fit[0][i]["x"],
            per_fit[0][i]["y"],
            refresh.label(term),
            "@ink" if term == "total" else f"@c{i % 12}",
            hover=":.3g",
            line={"width": 2.4 if term == "total" else 1.3},
        )
        for i, term in enumerate(terms)
    ]
    return View(
        "fit-training",
        "Training history",
        _reading(runs[fits[0]]),
        fig.figure(
            data,
            xaxis=fig.axis("Step", showgrid=False),
            yaxis=fig.axis("Loss", type="log", exponentformat="power", **_decades(history)),
            hovermode="x unified",
        ),
        table=history,
        sql=refresh.shown(_HISTORY),
        selector="Fit",
        choices=tuple(
            Choice("Final fit" if name == "final" else "Fit without the held-out weeks", traces)
            for name, traces in zip(fits, per_fit, strict=True)
        ),
        note=_NOTE + (_OF_THE_PAPER if refresh.end_to_end else ""),
    )


def _traces(run: pd.DataFrame, terms: list[str]) -> dict[int, dict[str, Any]]:
    """Steps and losses of one fit, term by term."""
    traces: dict[int, dict[str, Any]] = {}
    for i, term in enumerate(terms):
        part = _thinned(run[run["term"] == term])
        # A logarithmic axis has no place for zero or less.
        loss = part["loss"].where(part["loss"] > 0)
        traces[i] = {"x": part["step"].to_numpy(), "y": loss.to_numpy()}
    return traces


def _reading(run: pd.DataFrame) -> str:
    """Say whether the loss had come to rest."""
    total = run[run["term"] == "total"]["loss"]
    if len(total) <= 10:
        return "The terms of the loss, step by step."
    late = total.iloc[int(len(total) * 0.8) :]
    change = (late.iloc[-1] - late.iloc[0]) / max(abs(total.iloc[0] - total.iloc[-1]), 1e-12)
    settled = "has settled" if abs(change) < 0.05 else "was still moving at the end"
    return (
        f"The loss {settled}: the last fifth of {int(run['step'].max())} steps "
        f"changed it by {words.percent(abs(float(change)))} of the whole way."
    )


def _decades(history: pd.DataFrame) -> dict[str, Any]:
    """Ticks at powers of ten, where the losses span more than a few of them."""
    positive = history["loss"][history["loss"] > 0]
    return {"dtick": 1} if len(positive) and positive.max() > 50 * positive.min() else {}


def _thinned(part: pd.DataFrame, most: int = 250) -> pd.DataFrame:
    """Evenly spread rows; nobody sees more points than that in a chart of this width."""
    if len(part) <= most:
        return part
    return part.iloc[np.unique(np.linspace(0, len(part) - 1, most).astype(int))]
