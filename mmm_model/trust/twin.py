"""How well this very data could be read: a twin whose truth is a draw of the fit, fitted again.

The KPI is simulated on the client's own spend, controls and gaps, from one draw of the posterior:
its level, seasonality, controls and media, and noise as large as the fit found it. What the second
fit says of the planted returns is what a fit can say of returns like these (Talts et al., 2018,
*Validating Bayesian inference algorithms with simulation-based calibration*, with one draw). The
draw is the one whose returns are nearest to what is published: "tv can be known to ±40 %" is then
about the return that stands on the page, and does not change with the luck of a draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.stats import spearmanr

from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.fit.stages import Progress
from mmm_model.intervals import effect_interval, point
from mmm_model.panel import Bools, Floats, Panel
from mmm_model.settings import ModelSettings
from mmm_model.trust.channel_returns import channel_returns, half_width
from mmm_model.trust.refit import refit
from mmm_model.trust.verdicts import DOUBTFUL, GOOD, Found

TEST = "twin"
KNOWN_WITHIN = 0.5
"""Half of the interval over the planted return beyond which a return cannot be known."""
IN_ORDER = 0.7
"""Rank correlation of planted and found returns from which their order was found."""
_BLOCK_WEEKS = 4


def twin(
    model: FittedResponse,
    panel: Panel,
    settings: ModelSettings,
    progress: Progress | None = None,
) -> Iterator[Found]:
    """Simulate from a draw, fit, and compare.

    Yields
    ------
    Found
        Of each channel ``known_to`` (half of the interval over the planted return), ``planted``
        (with the interval that was found), ``error`` (the found return over it, less one) and
        ``smallest`` (return that could be told from nothing: half of the interval). Of all:
        ``covered`` (share of intervals that held what was planted) and ``order``.
    """
    rng = np.random.default_rng([settings.seed, len(panel.weeks), 23])
    known = panel.with_controls(model.controls)
    draws = channel_returns(model, known)
    draw = typical(draws)
    planted = draws[draw]
    double = simulated(model, known, draw, rng)
    found = channel_returns(refit(double, model, settings, progress, "twin"), known)
    middle, (low, high) = point(found), effect_interval(found)
    half, inside = half_width(found), (low <= planted) & (planted <= high)
    for c, name in enumerate(known.channels):
        truth = max(float(planted[c]), 1e-300)
        within = float(half[c] / truth)
        yield Found.at_most(TEST, "known_to", within, KNOWN_WITHIN, name)
        verdict = GOOD if inside[c] else DOUBTFUL
        ends = float(low[c]), float(high[c])
        yield Found(TEST, "planted", float(planted[c]), name, *ends, verdict=verdict)
        yield Found(TEST, "error", float(middle[c] / truth - 1.0), name)
        yield Found(TEST, "smallest", float(half[c]), name)
    yield Found(TEST, "covered", float(inside.mean()))
    if len(planted) > 2:
        order = float(spearmanr(planted, middle).statistic)
        yield Found.at_least(TEST, "order", order, IN_ORDER)


def typical(draws: Floats) -> int:
    """Place of the draw ``[M, C]`` nearest to the medians, in spreads of the logarithms."""
    log = np.log(np.maximum(draws, 1e-12))
    spread = np.maximum(log.std(axis=0), 1e-12)
    return int((((log - np.median(log, axis=0)) / spread) ** 2).sum(axis=1).argmin())


def simulated(model: FittedResponse, panel: Panel, draw: int, rng: np.random.Generator) -> Panel:
    """Return the panel with the KPI that a draw of a model expects, and noise."""
    expected = model.components(panel).prediction
    rest = np.where(panel.observed, panel.kpi - expected.mean(axis=0), 0.0)
    sd = np.sqrt(model.noise["week"]) * model.scaling.region_size
    kpi = expected[draw] + resampled(rest, panel.observed, sd, rng)
    if (panel.kpi >= 0).all():
        kpi = np.maximum(kpi, 0.0)
    return replace(panel, kpi=np.where(panel.observed, kpi, 0.0))


def resampled(rest: Floats, observed: Bools, sd: Floats, rng: np.random.Generator) -> Floats:
    """Noise ``[R, W]``: what the fit left over in blocks of weeks, drawn for all regions at once.

    So what regions share stays shared. It is spread to the noise that the fit found, ``sd``
    ``[R]``: levels that follow the KPI leave less over than there was.
    """
    weeks = rest.shape[1]
    size = min(_BLOCK_WEEKS, weeks)
    starts = rng.integers(0, weeks, -(-weeks // size))
    order = (starts[:, None] + np.arange(size)).ravel()[:weeks] % weeks
    seen = np.maximum(observed.sum(axis=1), 1)
    own = np.sqrt((rest**2).sum(axis=1) / seen)
    sign = rng.choice([-1.0, 1.0])
    return np.asarray(sign * rest[:, order] * (sd / np.where(own > 0, own, 1.0))[:, None])
