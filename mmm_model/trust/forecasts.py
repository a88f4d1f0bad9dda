"""Earlier forecasts, and what they promised of the KPI, against what came."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from mmm_model.effects.forecast_track import forecast_skill
from mmm_model.trust.verdicts import DOUBTFUL, GOOD, UNJUDGED, Found

TEST = "forecasts"
COVERED = 0.8
"""Least share of what came inside the 90 % intervals of the forecasts."""
PROMISED = 0.05
"""Largest distance of what came from what was promised for the same weeks, a share."""
_FEWEST = 20


def forecasts(track: pd.DataFrame) -> Iterator[Found]:
    """Score what earlier refreshes said of weeks that have come.

    Parameters
    ----------
    track
        Rows of ``mart.forecast_track`` of all refreshes, each forecast once.

    Yields
    ------
    Found
        ``skill`` against the last value, ``coverage`` of the 90 % intervals, ``kept`` (the sum of
        what came over the sum of what was forecast); nothing for a first refresh. Fewer than
        twenty region-weeks are not judged.
    """
    known = track.dropna(subset=["actual", "predicted"])
    if known.empty:
        return
    whole, judged = forecast_skill(track), len(known) >= _FEWEST
    if len(whole):
        first = whole.iloc[0]
        found = [
            Found.at_least(TEST, "skill", float(first["skill"]), 0.0),
            Found.at_least(TEST, "coverage", float(first["coverage_90"]), COVERED),
        ]
        yield from found if judged else (one.unjudged() for one in found)
    promised = float(known["predicted"].sum())
    kept = float(known["actual"].sum()) / promised if promised > 0 else float("nan")
    verdict = UNJUDGED if not judged else GOOD if abs(kept - 1.0) <= PROMISED else DOUBTFUL
    yield Found(TEST, "kept", kept, threshold=PROMISED, verdict=verdict)
