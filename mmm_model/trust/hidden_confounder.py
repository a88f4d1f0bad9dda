"""How strong something unseen must be to take a channel's effect away.

The robustness value of Cinelli and Hazlett (2020, *Making sense of sensitivity: extending omitted
variable bias*, J. R. Stat. Soc. B 82): a confounder that explains at least so much of what is left
of the channel and of the KPI, both, takes the share q of the effect away.

    f_q = q |t| / sqrt(df),    RV_q = ½ (sqrt(f_q⁴ + 4 f_q²) − f_q²)

The t statistics are of a regression of the KPI on the channels' fitted contributions, controls and
seasons. Levels that walk at random are taken out of all of them by the filter of the fit, whose
variances are the noise's, so the regression is generalised least squares. The prior has no part in
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from mmm_model import priors
from mmm_model.fit.drift_filter import DriftFilter
from mmm_model.fit.equation_inputs import inputs_of
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.panel import Floats, Panel
from mmm_model.trust.verdicts import Found

TEST = "hidden_confounder"
HALF = 0.5
"""Share of an effect from which a confounder like the strongest control would be too much."""


@dataclass(frozen=True)
class Regression:
    """A regression without levels.

    Parameters
    ----------
    kpi
        ``[N]``.
    columns
        ``[N, Q]``: the channels, then everything else.
    df
        Degrees of freedom that are left.
    controls
        Which of the columns are controls.
    """

    kpi: Floats
    columns: Floats
    df: int
    controls: slice

    def t(self) -> Floats:
        """``[Q]`` t statistics of the coefficients."""
        inverse = np.linalg.pinv(self.columns.T @ self.columns)
        found = inverse @ (self.columns.T @ self.kpi)
        rest = self.kpi - self.columns @ found
        variance = rest @ rest / self.df
        return np.asarray(found / np.sqrt(np.maximum(variance * np.diag(inverse), 1e-300)))

    def without(self, column: int) -> Regression:
        """Put a column in the place of the KPI."""
        rest = np.delete(self.columns, column, axis=1)
        return Regression(self.columns[:, column], rest, self.df + 1, self.controls)


def hidden_confounder(model: FittedResponse, panel: Panel) -> Iterator[Found]:
    """Work out each channel's robustness values, beside the strongest control.

    Yields
    ------
    Found
        Of each channel ``to_zero`` and ``to_half`` (partial R² that a confounder needs with both),
        and ``like_strongest`` (share of the effect that one as strong as the strongest observed
        control would take), NaN without controls.
    """
    known = panel.with_controls(model.controls)
    found = regression_of(model, known)
    if found.df < 1:
        return
    t = found.t()
    with_kpi = partial_r2(t, found.df)[found.controls]
    for c, name in enumerate(known.channels):
        yield Found(TEST, "to_zero", robustness_value(t[c], found.df, 1.0), name)
        yield Found(TEST, "to_half", robustness_value(t[c], found.df, HALF), name)
        if len(with_kpi):
            own = found.without(c)
            with_channel = np.insert(partial_r2(own.t(), own.df), c, 0.0)[found.controls]
            worst = float(taken(t[c], found.df, with_kpi, with_channel).max())
            yield Found.at_most(TEST, "like_strongest", worst, HALF, name)


def robustness_value(t: float, df: int, q: float = 1.0) -> float:
    """Partial R² with channel and KPI, both, that takes the share ``q`` of an effect away."""
    f2 = (q * abs(t)) ** 2 / df
    return float(0.5 * (np.sqrt(f2**2 + 4 * f2) - f2))


def partial_r2(t: Floats, df: int) -> Floats:
    """Share of what is left of the outcome that a column explains, from its t statistic."""
    return np.asarray(t**2 / (t**2 + df))


def taken(t: float, df: int, with_kpi: Floats, with_channel: Floats) -> Floats:
    """Share of an effect that confounders of these partial R² take away, in the worst direction.

    The bias of the article's section 4.1, ``se sqrt(df) sqrt(R²_Y R²_D / (1 − R²_D))``, over the
    estimate.
    """
    bias = np.sqrt(with_kpi * with_channel / np.maximum(1.0 - with_channel, 1e-12))
    return np.asarray(bias * np.sqrt(df) / max(abs(t), 1e-12))


def regression_of(model: FittedResponse, panel: Panel) -> Regression:
    """Whiten the KPI, what channels are said to bring, controls and seasons.

    A control's column is its own in each region; where the fit reads what regions share of it, that
    is a column besides.
    """
    size = model.scaling.region_size[:, None]
    media = model.components(panel).media.mean(axis=0) / size[..., None]  # [R, W, C]
    scale = media.std(axis=(0, 1))
    media = media / np.where(scale > 0, scale, 1.0)
    inputs = inputs_of(panel, model.scaling, model.fitted_weeks, model.settings.harmonics)
    regions, weeks = panel.kpi.shape
    season = np.broadcast_to(inputs.harmonic.numpy(), (regions, weeks, inputs.harmonic.shape[1]))
    kpi = (panel.kpi / size)[..., None]
    columns = np.concatenate([kpi, media, inputs.control.numpy(), season], axis=2)
    white = _without_levels(model, panel, columns)
    channels, controls = media.shape[2], inputs.control.shape[2]
    df = len(white) - regions - (white.shape[1] - 1)
    return Regression(white[:, 0], white[:, 1:], df, slice(channels, channels + controls))


def _without_levels(model: FittedResponse, panel: Panel, columns: Floats) -> Floats:
    """``[N, Q]`` of the observed cells of ``[R, W, Q]``, independent and of one variance."""
    variance = np.maximum(model.noise["week"], 1e-12)
    drift = float(np.median(model.noise["drift"] / variance))
    levels = DriftFilter.of(
        torch.as_tensor(variance),
        torch.as_tensor(panel.observed.astype(float)),
        max(drift, priors.DRIFT_BOUNDS[0]),
        priors.LEVEL_START,
    )
    kept = columns * panel.observed[..., None]
    white = levels.whiten(torch.as_tensor(kept)).numpy()
    return np.asarray(white[panel.observed])
