"""Each channel summed up over all weeks: contribution, returns, the next unit's return."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.response_curves import marginal_roi
from mmm_model.intervals import effect_interval, point
from mmm_model.panel import Floats


def channel_summary(effects: FittedEffects) -> pd.DataFrame:
    """Each channel over all weeks of the panel, with what it earns through other channels.

    Returns
    -------
    DataFrame
        ``channel, spend, exposure, contribution, direct, mediated, share, roi, roi_lower,
        roi_upper, marginal_roi, contribution_lower, contribution_upper, mediated_lower,
        mediated_upper, direct_roi, direct_roi_lower, direct_roi_upper, r_hat,
        effective_draws, direct_alone, direct_alone_lower, direct_alone_upper, mediated_unpaid,
        mediated_unpaid_lower, mediated_unpaid_upper``. Contributions are means, so that they add
        up: ``contribution`` is ``direct`` and ``mediated``, of which ``direct``, the channel's own
        path, is ``direct_alone`` and ``mediated_unpaid``, by what it creates and nobody buys.
        ``roi`` is the median of the total's return, ``direct_roi`` of the channel's own path's.
        Money is NaN for a channel without spend, returns are NaN without a value of the KPI, how
        well chains mixed is NaN where there are none.
    """
    panel, paths = effects.panel, effects.mediation
    direct, total = paths.direct, paths.total
    spend = np.where(panel.has_spend, np.nansum(panel.spend, axis=(0, 1)), np.nan)
    value = panel.value_per_kpi[None, :, :, None]
    contribution, own = total.sum(axis=(1, 2)), direct.sum(axis=(1, 2))  # [M, C]
    predicted = effects.components.prediction.mean(axis=0).sum()
    found = {
        "channel": panel.channels,
        "spend": spend,
        "exposure": panel.exposure.sum(axis=(0, 1)),
        **_with_interval("contribution", contribution),
        "direct": own.mean(axis=0),
        **_with_interval("mediated", contribution - own),
        **_with_interval("direct_alone", paths.alone.sum(axis=(1, 2))),
        **_with_interval("mediated_unpaid", paths.unpaid.sum(axis=(1, 2))),
        "share": own.mean(axis=0) / predicted if predicted else np.nan,
        **_return("roi", _per_spend((total * value).sum(axis=(1, 2)), spend)),
        "marginal_roi": marginal_roi(effects.response, panel).mean(axis=0),
        **_mixing(effects),
        **_return("direct_roi", _per_spend((direct * value).sum(axis=(1, 2)), spend)),
    }
    return pd.DataFrame(found)[list(_COLUMNS)]


_COLUMNS = (
    "channel", "spend", "exposure", "contribution", "direct", "mediated", "share", "roi",
    "roi_lower", "roi_upper", "marginal_roi", "contribution_lower", "contribution_upper",
    "mediated_lower", "mediated_upper", "direct_roi", "direct_roi_lower", "direct_roi_upper",
    "r_hat", "effective_draws", "direct_alone", "direct_alone_lower", "direct_alone_upper",
    "mediated_unpaid", "mediated_unpaid_lower", "mediated_unpaid_upper",
)  # fmt: skip


def _mixing(effects: FittedEffects) -> dict[str, Floats]:
    """Whether the chains of a posterior agree on each channel's size, ``[C]``."""
    mixing, none = effects.model.response.mixing, np.full(len(effects.panel.channels), np.nan)
    return {
        "r_hat": mixing.get("r_hat", none),
        "effective_draws": mixing.get("effective", none),
    }


def _with_interval(name: str, members: Floats) -> dict[str, Floats]:
    """Mean of ``[M, C]`` and its 90 % interval as columns."""
    lower, upper = effect_interval(members)
    return {name: members.mean(axis=0), f"{name}_lower": lower, f"{name}_upper": upper}


def _return(name: str, members: Floats) -> dict[str, Floats]:
    """Return the number to believe of ``[M, C]`` and its 90 % interval as columns."""
    return {**_with_interval(name, members), name: point(members)}


def _per_spend(value: Floats, spend: Floats) -> Floats:
    """Value ``[M, C]`` over spend ``[C]``; NaN where that is unknown or nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = value / spend
    return np.where(np.isfinite(found), found, np.nan)
