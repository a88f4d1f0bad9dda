"""How far the data moved each channel from what was assumed of it.

The prior of a channel's size is sampled, not written down: its level, its power of spend and its
spread are drawn, then sizes, which count by what is expected of all media together; the chains
start from the same (`mmm_model.fit.posterior.returns`, `mmm_model.fit.posterior.sizes`). What the
data said is one less the overlap of the two densities of the logarithm (Inman and Bradley, 1989):
0 where the posterior is the prior, 1 where they have nothing in common. A channel that the data
put near nothing has moved as much as one that they made sure of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mmm_model import priors
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.fit.posterior.returns import log_expected
from mmm_model.fit.posterior.sizes import Total
from mmm_model.intervals import ENOUGH_DRAWS
from mmm_model.panel import Floats, Panel
from mmm_model.trust.channel_returns import channel_returns
from mmm_model.trust.verdicts import Found

TEST = "prior_against_data"
MOSTLY_ASSUMED = 0.3
"""Learned share below which a number is mostly assumed: an interval half as wide has 0.32."""
_DRAWS = 40_000
_POINTS = 200


def prior_against_data(model: FittedResponse, panel: Panel, seed: int = 0) -> Iterator[Found]:
    """Compare the posterior of each channel's return with its prior.

    Parameters
    ----------
    model
        A posterior with at least `ENOUGH_DRAWS` members; of others nothing is said.
    panel
        That it was fitted to.

    Yields
    ------
    Found
        ``learned`` (0 to 1), with the interval of the prior return; ``narrowed``, one less the
        posterior's standard deviation over the prior's, of the logarithm.
    """
    if model.settings.estimator != "posterior" or model.members < ENOUGH_DRAWS:
        return
    returns = channel_returns(model, panel)
    share = model.components(panel).media.sum(axis=(1, 2)) / np.abs(panel.kpi).sum()
    prior = prior_sizes(spend_shares(panel), seed)
    for c, name in enumerate(panel.channels):
        known = np.log(np.maximum(share[:, c], 1e-12))
        assumed = np.log(prior[:, c])
        learned = 1.0 - overlap(assumed, known)
        unit = float(returns[:, c].mean() / max(share[:, c].mean(), 1e-300))
        low, high = np.quantile(prior[:, c], (0.05, 0.95)) * unit
        found = Found.at_least(TEST, "learned", learned, MOSTLY_ASSUMED, name)
        yield replace(found, lower=float(low), upper=float(high))
        yield Found(TEST, "narrowed", float(1.0 - known.std() / assumed.std()), name)


def spend_shares(panel: Panel) -> Floats:
    """``[C]`` share of spend as the prior reads it; equal where one is unknown."""
    count = len(panel.channels)
    spend = np.where(panel.has_spend, np.nansum(panel.spend, (0, 1)), np.nan)
    if not (spend > 0).all():
        return np.full(count, 1.0 / count)
    share = np.maximum(spend / spend.sum(), priors.SMALLEST_SPEND / count)
    return np.asarray(share / share.sum())


def prior_sizes(share: Floats, seed: int = 0, draws: int = _DRAWS) -> Floats:
    """Draw sizes ``[D, C]``, mean contributions over the KPI, from their prior.

    Parameters
    ----------
    share
        ``[C]`` share of spend.
    """
    rng = np.random.default_rng([seed, 21])
    level = priors.SHARE_LEVEL + priors.SHARE_LEVEL_SD * rng.standard_normal(draws)
    power = rng.standard_normal(draws).clip(-3, 3) * priors.SPEND_POWER_SD + priors.SPEND_POWER
    worth = priors.RETURNS_SD_CHANNELS
    spread = priors.RETURNS_SD * np.sqrt(worth / rng.chisquare(worth, draws))
    centre = np.stack([log_expected(p, np.log(share)) for p in power]) + level[:, None]
    size = np.exp(centre + spread[:, None] * rng.standard_normal(centre.shape))
    total = Total(priors.TOTAL_SHARE, priors.TOTAL_SHARE_SD)
    log_weight = total.log_prior(size.sum(axis=1))
    weight = np.exp(log_weight - log_weight.max())
    kept = rng.choice(draws, draws // 4, p=weight / weight.sum())
    return size[kept] * np.exp(priors.FORM_DOUBT * rng.standard_normal((len(kept), len(share))))


def overlap(one: Floats, other: Floats) -> float:
    """Common area of the densities of two sets of draws, by normal kernels (Silverman's width)."""
    ends = np.concatenate([one, other])
    # Draws of a size near nothing reach far down the logarithm.
    low, high = np.quantile(ends, (0.001, 0.999))
    grid = np.linspace(low - 1.0, high + 1.0, _POINTS)
    each = [_density(draws, grid) for draws in (one, other)]
    return float(min(np.minimum(*each).sum() * (grid[1] - grid[0]), 1.0))


def _density(draws: Floats, grid: Floats) -> Floats:
    if len(draws) > 2000:
        draws = draws[:: len(draws) // 2000]
    quartiles = np.subtract(*np.quantile(draws, (0.75, 0.25))) / 1.34
    width = max(0.9 * min(draws.std(), quartiles or draws.std()) * len(draws) ** -0.2, 1e-3)
    kernel = np.exp(-0.5 * ((grid[:, None] - draws) / width) ** 2)
    return np.asarray(kernel.mean(axis=1) / (width * np.sqrt(2 * np.pi)))
