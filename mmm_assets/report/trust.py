"""How far to trust a refresh: its forecast, its intervals, and how well effects are known."""

from __future__ import annotations

from mmm_assets.report import forecast, words
from mmm_assets.report.refresh import Refresh
from mmm_assets.report.view import Tile

_TITLE = "How far to trust it"
# Half of the 90 % interval over the effect: beyond this a channel's effect is a rough guess.
_ROUGH = 0.5


def tile(refresh: Refresh) -> Tile:
    """A verdict in a word, and why.

    A good forecast alone does not earn it: a model may foresee the weeks and still not know
    which channel moved them, which is what the width of the effects' intervals tells.
    """
    metrics = refresh.query(forecast.METRICS)
    skill = forecast.metric(metrics, "pooled", "last_value", "skill")
    covered = forecast.metric(metrics, "pooled", "mmm", "coverage_90")
    spread = effect_spread(refresh)
    honest = 0.8 <= covered <= 0.98
    told = [
        f"Its 90 % intervals held {words.percent(covered)} of the unseen values."
        if covered == covered
        else "How honest its intervals are is unknown."
    ]
    if spread == spread:
        told.append(f"A typical channel's effect is known to within ±{words.percent(spread)}.")
    if skill != skill:
        return Tile(_TITLE, "Untested", " ".join([*told, "No forecast has been scored yet."]))
    if skill <= 0:
        return Tile(_TITLE, "Not yet", " ".join([*told, "Move no money on it alone."]), "bad")
    if skill >= 0.1 and honest and spread <= _ROUGH:
        return Tile(_TITLE, "Good", " ".join([*told, "Confirm large moves by a test."]), "good")
    return Tile(_TITLE, "With care", " ".join([*told, "Move in small steps, and test."]))


def effect_spread(refresh: Refresh) -> float:
    """Half of the interval over the effect, of the middle channel; NaN without intervals."""
    rows = refresh.summary
    half = (rows["contribution_upper"] - rows["contribution_lower"]) / 2
    return float((half / rows["contribution"].where(rows["contribution"] > 0)).median())
