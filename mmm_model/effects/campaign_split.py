"""What each campaign of a channel brought: the channel's draws, split by a second stage.

    y_rt − explained_rt = Σ_g δ_g h_rt s_grt + e_rt,    δ_g ~ N(0, τ²),    Σ_g δ_g w_g = 0

``h`` is a draw of the channel's contribution, ``s_g`` a campaign's share of its adstocked exposure,
``w_g`` the contribution that it has at the channel's own return. A campaign is ``1 + δ_g`` times as
good as its channel: shrunk towards it, the more the less its weeks say, and all of them together
are the channel, draw by draw. How far campaigns differ (τ) is learned over all channels. The
response does not hear of campaigns (a "cut": Plummer 2015).

Slow movements and autocorrelation of what is left are taken out first; a shock that all regions
share is one shock. Whether the draw has the channel as a whole too large or too small is no
evidence about its campaigns: that direction is left out, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmm_model import priors
from mmm_model.campaigns import Campaigns
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.recent_plan import filled_value
from mmm_model.fit.first_stage import slow_basis
from mmm_model.fit.posterior.shapes import adstocked
from mmm_model.intervals import effect_interval, point
from mmm_model.panel import Floats, Panel

CAMPAIGN_COLUMNS = (
    "channel", "campaign", "first_week", "last_week", "spend", "exposure", "contribution", "lower",
    "upper", "share", "roi", "roi_lower", "roi_upper", "against_channel", "against_lower",
    "against_upper", "own_evidence",
)  # fmt: skip
# How far campaigns of one channel may differ, standard deviations of their returns over its own.
_SPREADS = np.array([0.05, 0.1, 0.2, 0.3, 0.45, 0.65, 0.9, 1.2])
_KERNEL_DIGITS = 9  # to which kernels are one


@dataclass(frozen=True)
class _Evidence:
    """What a draw says of the campaigns of one channel.

    Parameters
    ----------
    gram, moment
        ``[G, G]`` and ``[G]`` of their columns, over the variance of the noise.
    weight, value
        ``[G]`` contribution at the channel's own return, KPI units and money.
    """

    gram: Floats
    moment: Floats
    weight: Floats
    value: Floats

    def free(self) -> tuple[Floats, Floats, Floats]:
        """Directions ``[G, P]`` that leave the sum as it is, with their precision and moment."""
        weight = self.weight if self.weight.any() else np.ones_like(self.weight)
        direction = np.linalg.svd(weight[None] / np.linalg.norm(weight))[2][1:].T
        precision, turn = np.linalg.eigh(direction.T @ self.gram @ direction)
        direction = direction @ turn
        return direction, np.maximum(precision, 0.0), direction.T @ self.moment


def campaign_summary(
    effects: FittedEffects, campaigns: Campaigns | None, seed: int = 0
) -> pd.DataFrame:
    """Return rows of the table ``campaign_summary``; none without campaigns.

    Parameters
    ----------
    effects
        Of a fit on its panel.
    campaigns
        Of the same panel.
    seed
        Of the draws.
    """
    if campaigns is None or not campaigns.name:
        return pd.DataFrame(columns=list(CAMPAIGN_COLUMNS))
    panel, rng = effects.panel, np.random.default_rng(seed)
    ran = campaigns.exposure.sum((0, 1)) > 0
    named = {name for name, some in zip(campaigns.channel, ran, strict=True) if some}
    own = [campaigns.of(name, panel) for name in panel.channels if name in named]
    if not own:
        return pd.DataFrame(columns=list(CAMPAIGN_COLUMNS))
    split = _Split.of(effects)
    found = [list(split.evidence(one)) for one in own]  # by channel, then member
    spread = [_spread(rng, [each[m] for each in found]) for m in range(split.members)]
    rows = [
        _frame(panel, one, *_times(rng, each, spread), each)
        for one, each in zip(own, found, strict=True)
    ]
    return pd.concat(rows, ignore_index=True)[list(CAMPAIGN_COLUMNS)]


@dataclass(frozen=True)
class _Split:
    """The fit as the second stage reads it.

    Parameters
    ----------
    left
        ``[M, R, W]`` what the draw leaves over, without slow movements and autocorrelation, over
        the region's standard deviation of it; 0 where not observed.
    media
        ``[M, R, W, C]`` contributions.
    """

    panel: Panel
    kernel: Floats
    media: Floats
    left: Floats
    scale: Floats
    memory: Floats
    basis: Floats

    @classmethod
    def of(cls, effects: FittedEffects) -> _Split:
        panel, parts = effects.panel, effects.components
        media = effects.response.contribution()
        explained = parts.prediction - parts.baseline
        basis = _seen_basis(panel)
        left = _fast((panel.kpi - explained) * panel.observed, basis) * panel.observed
        before, after = left[:, :, :-1], left[:, :, 1:]
        memory = (before * after).sum((1, 2)) / np.maximum((before**2).sum((1, 2)), 1e-300)
        memory = np.clip(memory, 0.0, 0.95)
        split = cls(panel, effects.model.adstock_kernel(), media, left, left, memory, basis)
        new = split._news(left, memory[:, None, None])
        count = np.maximum(panel.observed.sum(axis=1), 1)
        scale = np.sqrt((new**2).sum(axis=2) / count)  # [M, R]
        usual = np.median(scale, axis=1, keepdims=True)
        scale = np.maximum(scale, 0.1 * usual + 1e-300)[..., None]
        return cls(panel, split.kernel, media, new / scale, scale, memory, basis)

    @property
    def members(self) -> int:
        return len(self.media)

    def evidence(self, own: Campaigns) -> Iterator[_Evidence]:
        """Evidence of each draw about the campaigns of one channel."""
        c = self.panel.channels.index(own.channel[0])
        value = filled_value(self.panel.value_per_kpi)[..., None]
        common, apart = self._noise()
        worked: dict[bytes, Floats] = {}
        for m in range(self.members):
            kernel = np.round(self.kernel[m, c], _KERNEL_DIGITS)
            if kernel.tobytes() not in worked:
                worked[kernel.tobytes()] = _shares(own.exposure, kernel)
            column = self.media[m, :, :, c, None] * worked[kernel.tobytes()]  # [R, W, G]
            fast = _fast(np.moveaxis(column, -1, 0) * self.panel.observed, self.basis)
            fast = self._news(fast * self.panel.observed, self.memory[m]) / self.scale[m]
            mean, left = fast.mean(axis=1), self.left[m]
            gram = np.einsum("gw,hw->gh", mean, mean) / common[m]
            moment = mean @ left.mean(axis=0) / common[m]
            if len(left) > 1:
                apart_, left = fast - mean[:, None], left - left.mean(axis=0)
                flat = apart_.reshape(len(apart_), -1)
                gram = gram + flat @ flat.T / apart[m]
                moment = moment + flat @ left.ravel() / apart[m]
            whole = gram.sum(axis=1)  # of all campaigns moved as one
            share = whole / max(float(whole.sum()), 1e-300)
            gram, moment = gram - np.outer(whole, share), moment - share * moment.sum()
            yield _Evidence(gram, moment, column.sum((0, 1)), (column * value).sum((0, 1)))

    def _noise(self) -> tuple[Floats, Floats]:
        """``[M]`` variance of the regions' mean, and of a region around it."""
        seen, regions = self.panel.observed.mean(), len(self.panel.regions)
        mean = self.left.mean(axis=1)
        common = (mean**2).mean(axis=1) / seen
        apart = ((self.left - mean[:, None]) ** 2).mean(axis=(1, 2)) / seen
        return common, apart * regions / max(regions - 1, 1)

    @staticmethod
    def _news(series: Floats, memory: Floats | float) -> Floats:
        """Series ``[…, W]`` less what the week before foretells."""
        new = series.copy()
        new[..., 1:] -= memory * series[..., :-1]
        return new


def _shares(exposure: Floats, kernel: Floats) -> Floats:
    """``[R, W, G]`` of the adstocked exposure of all campaigns."""
    worked = adstocked(exposure, kernel)
    total = worked.sum(axis=-1, keepdims=True)
    return worked / np.where(total > 0, total, 1.0)


def _seen_basis(panel: Panel) -> Floats:
    """``[R, W, Q]`` slow movements, orthonormal over the weeks that a region was observed."""
    slow = slow_basis(len(panel.weeks))
    return np.linalg.qr(slow[None] * panel.observed[..., None])[0]


def _fast(series: Floats, basis: Floats) -> Floats:
    """``[…, R, W]`` without what the basis explains."""
    weight = np.einsum("rwq,...rw->...rq", basis, series)
    return np.asarray(series - np.einsum("rwq,...rq->...rw", basis, weight))


def _spread(rng: np.random.Generator, channels: list[_Evidence]) -> float:
    """Draw how far campaigns differ, given what a draw says of all channels' campaigns."""
    score = np.log(np.gradient(_SPREADS)) - 0.5 * (_SPREADS / priors.CAMPAIGN_SPREAD) ** 2
    for evidence in channels:
        _, precision, moment = evidence.free()
        shrunk = 1.0 + np.outer(_SPREADS**2, precision)
        score = score + 0.5 * ((_SPREADS[:, None] ** 2 * moment**2 / shrunk) - np.log(shrunk)).sum(
            axis=1
        )
    return float(rng.choice(_SPREADS, p=np.exp(score - np.logaddexp.reduce(score))))


def _times(
    rng: np.random.Generator, evidence: list[_Evidence], spread: list[float]
) -> tuple[Floats, Floats]:
    """Draw campaigns' returns over their channel's.

    Returns
    -------
    times
        ``[M, G]`` ≥ 0; weighted by contributions they are one on average.
    own_evidence
        ``[G]`` share of the prior's variance that the data took away.
    """
    times, known = [], []
    for one, width in zip(evidence, spread, strict=True):
        direction, precision, moment = one.free()
        variance = 1.0 / (precision + width**-2)
        drawn = variance * moment + np.sqrt(variance) * rng.standard_normal(len(variance))
        own = np.maximum(1.0 + direction @ drawn, 0.0)
        whole = float(own @ one.weight)
        times.append(own * (one.weight.sum() / whole if whole > 0 else 1.0))
        before = width**2 * (direction**2).sum(axis=1)
        after = (direction**2) @ variance
        known.append(np.where(before > 0, 1.0 - after / np.where(before > 0, before, 1.0), 0.0))
    return np.stack(times), np.mean(known, axis=0)


def _frame(
    panel: Panel, own: Campaigns, times: Floats, own_evidence: Floats, evidence: list[_Evidence]
) -> pd.DataFrame:
    weight = np.stack([one.weight for one in evidence])  # [M, G]
    found = weight * times
    spend = own.spend.sum((0, 1))
    known = panel.has_spend[panel.channels.index(own.channel[0])] & (spend > 0)
    returns = np.stack([one.value for one in evidence]) * times / np.where(known, spend, np.nan)
    if np.isnan(panel.value_per_kpi).all():
        returns = np.full_like(returns, np.nan)
    lower, upper = effect_interval(found)
    low, high = effect_interval(returns)
    against = effect_interval(times)
    ran = own.exposure.sum(axis=0) > 0  # [W, G]
    total = max(float(found.mean(axis=0).sum()), 1e-300)
    return pd.DataFrame(
        {
            "channel": own.channel,
            "campaign": own.name,
            "first_week": panel.weeks[ran.argmax(axis=0)],
            "last_week": panel.weeks[len(ran) - 1 - ran[::-1].argmax(axis=0)],
            "spend": np.where(known, spend, np.nan),
            "exposure": own.exposure.sum((0, 1)),
            "contribution": found.mean(axis=0),
            "lower": lower,
            "upper": upper,
            "share": found.mean(axis=0) / total,
            "roi": point(returns),
            "roi_lower": low,
            "roi_upper": high,
            "against_channel": point(times),
            "against_lower": against[0],
            "against_upper": against[1],
            "own_evidence": own_evidence,
        }
    )
