"""The tests of mmm-eval (github.com/mutinex/mmm-eval) with the thresholds that it publishes.

What a refresh has measured already is read, not fitted again: accuracy of the fitted and of the
held-out weeks, of the first weeks that earlier refreshes forecast (its cross-validation), and how
far returns moved since the refreshes before. As there, a week's KPI is that of all regions
together. Its two other tests are `mmm_model.trust.perturbation` and the invented channel of
`mmm_model.trust.placebo`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from mmm_model.trust.verdicts import Found

MAPE, R_SQUARED = 0.15, 0.8
"""Of held-out and of fitted weeks, and on average of the folds of a cross-validation."""
MAPE_SPREAD = 0.03
"""Standard deviation of the folds' errors."""
CHANGE = 0.15
"""Mean absolute change of a return from a refresh to the next; a share."""
INSIDE = 0.9
"""Least share of new returns inside their earlier intervals; not mmm-eval's, which has none."""
PLACEBO_RETURN = 0.5
"""Return of a shuffled channel: at most half of its spend (its ROI of −50 %)."""
FOLD_WEEKS = 4
"""Weeks of a fold, and of new data between two of its refreshes."""


def accuracy(test: str, predictions: pd.DataFrame) -> Iterator[Found]:
    """Score predictions: mean absolute percentage error and R² of weeks.

    Parameters
    ----------
    test
        ``in_sample_accuracy`` or ``holdout_accuracy``.
    predictions
        ``region, week, actual, predicted``; cells without an actual do not count.
    """
    error, explained = weekly_scores(predictions)
    yield Found.at_most(test, "mape", error, MAPE)
    yield Found.at_least(test, "r_squared", explained, R_SQUARED)


def cross_validation(track: pd.DataFrame) -> Iterator[Found]:
    """Score the first weeks after each earlier refresh; nothing for fewer than two refreshes.

    Parameters
    ----------
    track
        Rows of ``mart.forecast_track`` of all refreshes.
    """
    near = track[track["horizon_weeks"] <= FOLD_WEEKS] if len(track) else track
    folds = [weekly_scores(rows) for _, rows in near.groupby("forecast_from")] if len(near) else []
    errors = np.array([error for error, _ in folds if np.isfinite(error)])
    if len(errors) < 2:
        return
    test, r_squared = "cross_validation", np.array([r2 for _, r2 in folds])
    yield Found.at_most(test, "mean_mape", float(errors.mean()), MAPE)
    yield Found.at_most(test, "std_mape", float(errors.std()), MAPE_SPREAD)
    if np.isfinite(r_squared).any():
        yield Found.at_least(test, "mean_r_squared", float(np.nanmean(r_squared)), R_SQUARED)


def refresh_stability(returns: pd.DataFrame) -> Iterator[Found]:
    """Average how far returns moved from one refresh to the next.

    Parameters
    ----------
    returns
        ``refresh_week, channel, found, lower, upper`` of some refreshes; a channel's change
        counts where both refreshes know it.

    Yields
    ------
    Found
        ``mean_change`` of each channel, and of all; of each channel the ``newest_change``;
        ``inside``, the share of the newest returns that lie in their intervals of the refresh
        before. Nothing for a first refresh.
    """
    wide = returns.pivot(index="refresh_week", columns="channel")
    found, lower, upper = (
        wide[name].to_numpy(dtype=float) for name in ("found", "lower", "upper")
    )  # [refreshes, C]
    if len(found) < 2:
        return
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.abs(found[1:] / found[:-1] - 1.0)
    change[~np.isfinite(change)] = np.nan
    now, known = found[-1], np.isfinite(found[-2:]).all(axis=0)
    inside = (lower[-2] <= now) & (now <= upper[-2])
    if known.any():
        share = float(inside[known].mean())
        yield Found.at_least("refresh_stability", "inside", share, INSIDE)
    for name, own in zip(wide["found"].columns, change.T, strict=True):
        if np.isfinite(own).any():
            mean = float(np.nanmean(own))
            yield Found.at_most("refresh_stability", "mean_change", mean, CHANGE, str(name))
        if np.isfinite(own[-1]):
            newest = float(own[-1])
            yield Found.at_most("refresh_stability", "newest_change", newest, CHANGE, str(name))
    mean = float(np.nanmean(change)) if np.isfinite(change).any() else np.nan
    yield Found.at_most("refresh_stability", "mean_change", mean, CHANGE)


def weekly_scores(rows: pd.DataFrame) -> tuple[float, float]:
    """Mean absolute percentage error and R² of the weekly sums; NaN where there is nothing."""
    known = rows.dropna(subset=["actual", "predicted"])
    weeks = known.groupby("week")[["actual", "predicted"]].sum()
    actual, predicted = weeks["actual"].to_numpy(), weeks["predicted"].to_numpy()
    if not len(weeks):
        return np.nan, np.nan
    total = ((actual - actual.mean()) ** 2).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(predicted / actual - 1.0)
    explained = 1.0 - ((predicted - actual) ** 2).sum() / total if total > 0 else np.nan
    return float(error[np.isfinite(error)].mean()), float(explained)
