"""How much returns move when exposure is read a little wrong (a test of mmm-eval)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.fit.stages import Progress
from mmm_model.intervals import point
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from mmm_model.trust.channel_returns import channel_returns
from mmm_model.trust.refit import refit
from mmm_model.trust.verdicts import Found

TEST = "perturbation"
MOST_CHANGE = 0.08
"""mmm-eval's threshold (``PerturbationThresholdConstants.PERCENTAGE_CHANGE``)."""
_NOISE = 0.05


def perturbation(
    model: FittedResponse,
    panel: Panel,
    settings: ModelSettings,
    progress: Progress | None = None,
) -> Iterator[Found]:
    """Multiply every week's exposure by 1 + 5 % noise, the same for all channels, and fit again.

    The change holds what short chains differ from long ones by, too.

    Yields
    ------
    Found
        ``change`` of each channel's return, absolute, as a share.
    """
    rng = np.random.default_rng([settings.seed, len(panel.weeks), 24])
    noise = 1.0 + _NOISE * rng.standard_normal(panel.kpi.shape)
    noisy = replace(panel, exposure=panel.exposure * np.maximum(noise, 0.0)[..., None])
    before = point(channel_returns(model, panel))
    after = point(channel_returns(refit(noisy, model, settings, progress, TEST), noisy))
    for name, old, new in zip(panel.channels, before, after, strict=True):
        change = abs(float(new / max(old, 1e-300) - 1.0))
        yield Found.at_most(TEST, "change", change, MOST_CHANGE, name)
