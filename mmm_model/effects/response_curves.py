"""Response curves: what scaling a channel's recent plan would bring.

Counterfactuals of the fitted model, not curves refitted to its contributions: a point is
the plan of each region and week times a multiplier, read off the model's own Hill curves.
Direct effects only; what a channel earns through others is not in a curve.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from scipy.optimize import least_squares

from mmm_model.effects.recent_plan import Plan, RecentPlan, recent_plan, with_all_regions
from mmm_model.equation.media_response import MediaResponse
from mmm_model.equation.saturation.hill import Family
from mmm_model.intervals import effect_interval
from mmm_model.panel import Floats, Panel
from mmm_model.settings import ModelSettings

MULTIPLIERS: Floats = np.linspace(0.0, 3.0, 25)
SLOPE_AT_ZERO = 0.01
"""Multiplier at which the slope of the first unit is read: at 0 itself it may be infinite."""
SEEN_SHARE = 0.9

CURVE_COLUMNS = (
    "channel",
    "region",
    "spend",
    "response",
    "marginal_response",
    "lower",
    "upper",
    "is_current",
    "in_data_range",
    "roi",
    "marginal_roi",
    "horizon_response",
    "horizon_lower",
    "horizon_upper",
)
PARAMETER_COLUMNS = (
    "channel",
    "slope",
    "half_saturation",
    "ceiling",
    "r2",
    "current_spend",
    "current_saturation",
    "saturation_spend",
)
_HILL = Family(ModelSettings())
SATURATED = 0.8
"""Share of the ceiling at which a channel is called saturated."""


def response_curves(
    response: MediaResponse,
    panel: Panel,
    multipliers: Floats = MULTIPLIERS,
    ahead: Plan | None = None,
) -> pd.DataFrame:
    """Trace each channel's curve, over all regions together and in each region.

    A point is in the data's range when at least `SEEN_SHARE` of today's response is earned
    in region-weeks whose scaled adstocked exposure does not exceed the largest that the
    region has seen in its whole history. (Asking it of every week would put all points
    above today's plan out of range as soon as the largest week is a recent one.)

    Parameters
    ----------
    response
        Of a model on ``panel``.
    panel
        Its last `mmm_model.settings.PLAN_WEEKS` weeks are the plan that is scaled.
    multipliers
        ``[P]`` increasing scales of the plan, ≥ 0; 1 is the current plan.
    ahead
        Plan of the weeks ahead, of the panel's channels and regions: what scaling it brings is
        the curve over the horizon. None leaves that out.

    Returns
    -------
    pandas.DataFrame
        A row per channel, region (None: all) and multiplier; weekly means in KPI units
        over spend, or over exposure for a channel whose spend is unknown.
        ``marginal_response`` is null where the plan is zero: there is no unit to add. Returns
        are null without spend or value.

    Raises
    ------
    ValueError
        If the response does not fit the panel.
    """
    plan = recent_plan(response, panel)
    axis = with_all_regions(np.where(panel.has_spend, plan.spend, plan.exposure))
    largest = response.adstocked.max(axis=2, keepdims=True) * (1 + 1e-9)
    now = plan.response.contribution()
    money = np.where(panel.has_spend, axis, np.nan)
    if np.isnan(panel.value_per_kpi).all():
        money = np.full_like(money, np.nan)
    valued = plan.valued()
    points = [
        _point(plan, now, largest, float(m), axis)
        | _returns(valued, float(m), money)
        | _horizon(ahead, float(m), axis)
        for m in multipliers
    ]
    # [P, R + 1, C] -> rows ordered by channel, region (all first), multiplier
    columns = {name: np.stack([point[name] for point in points]) for name in points[0]}
    shape = (len(panel.channels), len(panel.regions) + 1, len(points))
    places = np.array([None, *panel.regions], dtype=object)
    frame = pd.DataFrame(
        {
            "channel": np.repeat(np.array(panel.channels, dtype=object), shape[1] * shape[2]),
            "region": np.tile(np.repeat(places, shape[2]), shape[0]),
            **{name: values.transpose(2, 1, 0).ravel() for name, values in columns.items()},
            "is_current": np.tile(np.isclose(multipliers, 1.0), shape[0] * shape[1]),
        }
    )
    return frame[list(CURVE_COLUMNS)]


def _point(
    plan: RecentPlan, now: Floats, largest: Floats, multiplier: float, axis: Floats
) -> dict[str, Floats]:
    """One multiplier: values ``[R + 1, C]``, all regions together first.

    ``now`` is today's contribution, ``largest`` the most adstocked exposure ever seen.
    """
    weekly = with_all_regions(plan.weekly(multiplier))
    seen = now * (multiplier * plan.response.adstocked <= largest)
    slope = with_all_regions(plan.weekly_marginal(max(multiplier, SLOPE_AT_ZERO))).mean(axis=0)
    lower, upper = effect_interval(weekly)
    known = with_all_regions(seen.sum(axis=(0, 2)))
    return {
        "spend": multiplier * axis,
        "response": weekly.mean(axis=0),
        "marginal_response": _per_unit(slope, axis),
        "lower": lower,
        "upper": upper,
        "in_data_range": known >= SEEN_SHARE * with_all_regions(now.sum(axis=(0, 2))),
    }


def _returns(valued: RecentPlan, multiplier: float, money: Floats) -> dict[str, Floats]:
    """Value per unit of spend, of all and of the next unit, ``[R + 1, C]``."""
    value = with_all_regions(valued.weekly(multiplier)).mean(axis=0)
    slope = valued.weekly_marginal(max(multiplier, SLOPE_AT_ZERO))
    return {
        "roi": _per_unit(value, multiplier * money),
        "marginal_roi": _per_unit(with_all_regions(slope).mean(axis=0), money),
    }


def _horizon(ahead: Plan | None, multiplier: float, axis: Floats) -> dict[str, Floats]:
    """Mean weekly response of the plan of the weeks ahead, ``[R + 1, C]``."""
    if ahead is None:
        unknown = np.full(axis.shape, np.nan)
        names = ("response", "lower", "upper")
        return {f"horizon_{name}": unknown for name in names}
    weekly = with_all_regions(ahead.weekly(multiplier))
    lower, upper = effect_interval(weekly)
    return {
        "horizon_response": weekly.mean(axis=0),
        "horizon_lower": lower,
        "horizon_upper": upper,
    }


def _per_unit(slope: Floats, axis: Floats) -> Floats:
    return np.divide(slope, axis, out=np.full(slope.shape, np.nan), where=axis > 0)


def marginal_roi(response: MediaResponse, panel: Panel) -> Floats:
    """Value of the next unit of spend at the recent plan, spread as that plan is.

    Each region and week counts with its own value of a KPI unit.

    Returns
    -------
    Floats
        ``[M, C]`` money per unit of money; NaN for a channel without known spend or without
        any in the recent plan, and throughout when the panel knows no value.
    """
    if np.isnan(panel.value_per_kpi).all():
        return np.full((response.adstocked.shape[0], len(panel.channels)), np.nan)
    plan = recent_plan(response, panel).valued()
    slope = plan.weekly_marginal().sum(axis=1)
    return _per_unit(slope, np.broadcast_to(plan.spend.sum(axis=0), slope.shape))


def response_curve_parameters(curves: pd.DataFrame) -> pd.DataFrame:
    """Describe each national curve by the Hill curve nearest to it.

    ``response = ceiling · x^slope / (x^slope + half_saturation^slope)`` by least squares.

    Parameters
    ----------
    curves
        From `response_curves`.

    Returns
    -------
    pandas.DataFrame
        A row per channel; nulls for a channel without plan or without effect.
        ``current_saturation`` is the share of the ceiling that the current plan reaches,
        ``saturation_spend`` the spend that reaches `SATURATED` of it.
    """
    national = curves[curves["region"].isna()]
    rows = []
    for channel, part in national.groupby("channel", sort=False):
        x, y = part["spend"].to_numpy(float), part["response"].to_numpy(float)
        slope, half, ceiling, r2 = _fit_hill(x, y)
        at = part["is_current"].to_numpy(bool)
        spend = float(x[at][0]) if at.any() and np.isfinite(ceiling) else np.nan
        reached = float(y[at][0]) / ceiling if at.any() else np.nan
        enough = half * (SATURATED / (1.0 - SATURATED)) ** (1.0 / slope)
        rows.append((channel, slope, half, ceiling, r2, spend, reached, enough))
    return pd.DataFrame(rows, columns=list(PARAMETER_COLUMNS))


def _fit_hill(x: Floats, y: Floats) -> tuple[float, float, float, float]:
    """Slope, half-saturation, ceiling and R²; NaN where there is no curve."""
    nothing = (np.nan, np.nan, np.nan, np.nan)
    if len(x) < 4 or not (np.isfinite(x).all() and np.isfinite(y).all()):
        return nothing
    x_unit, y_unit = x.max(), y.max()
    if x_unit <= 0 or y_unit <= 0 or np.ptp(y) <= 1e-9 * y_unit:
        return nothing
    target = y / y_unit
    with np.errstate(divide="ignore"):
        log_spend = torch.from_numpy(np.log(x / x_unit))

    def miss(logs: Floats) -> Floats:
        slope, half, ceiling = torch.from_numpy(np.exp(logs))
        share = _HILL.share(log_spend, {"slope": slope, "half_saturation": half})
        return (ceiling * share).numpy() - target

    # Logarithms keep the parameters positive; wide bounds stop a straight line's ceiling
    # and half-saturation from running away together.
    bounds = (np.log([0.05, 1e-4, 1e-2]), np.log([20.0, 1e3, 1e4]))
    fits = [
        least_squares(
            miss,
            np.log([slope, half, 1.0 + half]),
            bounds=bounds,
            xtol=1e-12,
            ftol=1e-12,
            gtol=1e-12,
            max_nfev=300,
        )
        for slope in (0.8, 2.0)
        for half in (0.1, 0.5, 3.0)
    ]
    best = min(fits, key=lambda fit: fit.cost)
    slope, half, ceiling = np.exp(best.x)
    r2 = 1.0 - 2.0 * best.cost / float(((target - target.mean()) ** 2).sum())
    return float(slope), float(half * x_unit), float(ceiling * y_unit), r2
