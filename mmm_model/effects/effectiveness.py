"""Effectiveness: what a unit of exposure was worth in each week, and the evidence that it moved."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.equation.media_response import MediaResponse
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.intervals import interval
from mmm_model.panel import Floats, Panel

EVIDENCE_COLUMNS = (
    "channel", "log_bayes_factor", "evidence", "moves", "since", "change", "change_lower",
    "change_upper", "statement",
)  # fmt: skip
# Bayes factors from which evidence has a name, after Jeffreys (1961), "Theory of probability".
_NAMES = ((100.0, "decisive"), (10.0, "strong"), (3.0, "weak"), (1 / 3.0, "none"))
AGAINST = "against"
"""Word for evidence that speaks for what does not move."""
# A change has begun where less than this share of it is past.
_BEGUN = 0.1


def effectiveness(response: MediaResponse, panel: Panel) -> pd.DataFrame:
    """Follow a unit's worth over the weeks: ``channel, week, effectiveness, lower, upper``.

    Regions count by what they could earn of the channel; one is the channel's mean over weeks.
    """
    index = _index(response)
    lower, upper = interval(index)
    weeks = panel.weeks.to_numpy()
    return pd.DataFrame(
        {
            "channel": np.repeat(np.array(panel.channels, dtype=object), len(weeks)),
            "week": np.tile(weeks, len(panel.channels)),
            "effectiveness": index.mean(axis=0).T.ravel(),
            "lower": lower.T.ravel(),
            "upper": upper.T.ravel(),
        }
    )


def effectiveness_evidence(
    fitted: FittedResponse, response: MediaResponse, panel: Panel
) -> pd.DataFrame:
    """Say of each channel whether its effectiveness moved, how far, and how sure that is.

    Parameters
    ----------
    fitted
        The fit, whose draws have weighed the evidence; another estimator weighs none.
    response
        Its media part on ``panel``.

    Returns
    -------
    DataFrame
        A row for each channel. ``log_bayes_factor`` of effectiveness that moves against one that
        stays; ``evidence`` in a word; ``change`` of effectiveness from the week ``since`` to the
        last one, as a share, with its 90 % interval; null where effectiveness stays.
    """
    index = _index(response)[:, : fitted.fitted_weeks]
    unknown = np.full(len(panel.channels), np.nan)
    log_bayes_factor = fitted.mixing.get("log_bayes_factor", unknown)
    rows = [
        _row(name, float(log_bayes_factor[c]), index[..., c], panel.weeks)
        for c, name in enumerate(panel.channels)
    ]
    found = pd.DataFrame(rows, columns=list(EVIDENCE_COLUMNS))
    return found.astype({"since": "datetime64[ns]", "moves": "boolean"})


def _index(response: MediaResponse) -> Floats:
    """A unit's worth over its mean, ``[M, W, C]``."""
    worth = response.weight.sum(axis=1)
    mean = worth.mean(axis=1, keepdims=True)
    return np.divide(worth, mean, out=np.ones_like(worth), where=mean > 0)


def _row(
    name: str, log_bayes_factor: float, index: Floats, weeks: pd.DatetimeIndex
) -> tuple[object, ...]:
    """Row of one channel, whose members' paths are ``[M, W]``."""
    evidence = evidence_word(log_bayes_factor)
    if np.isnan(log_bayes_factor):
        said = f"Whether the effect of {name} changed was not tested."
        return (name, np.nan, None, None, None, np.nan, np.nan, np.nan, said)
    if np.ptp(index, axis=1).max() < 1e-6:
        said = _stays(name, evidence)
        return (name, log_bayes_factor, evidence, False, None, np.nan, np.nan, np.nan, said)
    began = _beginning(index.mean(axis=0))
    each = index[:, -1] / np.maximum(index[:, began], 1e-9) - 1.0
    change, (lower, upper) = float(each.mean()), map(float, interval(each))
    moved = "rose" if change > 0 else "fell"
    ends = sorted((abs(lower), abs(upper))) if lower * upper > 0 else (lower, upper)
    said = (
        f"The effect of {name} {moved} by {_percent(abs(change))} ({_percent(ends[0])} to "
        f"{_percent(ends[1])}) since {weeks[began]:%B %Y}; the evidence is {evidence}."
    )
    since = weeks[began]
    return (name, log_bayes_factor, evidence, True, since, change, lower, upper, said)


def evidence_word(log_bayes_factor: float) -> str:
    """Evidence in a word: for what moves, or is there, against what does not."""
    return next((n for least, n in _NAMES if log_bayes_factor >= np.log(least)), AGAINST)


def _stays(name: str, evidence: str) -> str:
    if evidence == AGAINST:
        return f"The effect of {name} stayed as it was, as far as the data tell."
    if evidence == "none":
        return f"No sign that the effect of {name} changed."
    return f"A weak sign that the effect of {name} changed, too weak to let it move."


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def _beginning(path: Floats) -> int:
    """Week in which the path ``[W]`` set out for where it ended, from where it was farthest."""
    gap = path[-1] - path
    farthest = int(np.abs(gap).argmax())
    left = gap[farthest:] / gap[farthest]
    return farthest + int(np.flatnonzero(left >= 1.0 - _BEGUN)[-1])
