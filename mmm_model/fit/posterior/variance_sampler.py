"""Draws of the variances, given what media leave over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mmm_model import priors
from mmm_model.fit.posterior.covariance import ALONE, Covariance
from mmm_model.fit.posterior.factors import Factors
from mmm_model.fit.posterior.variances import PRIOR, Variances
from mmm_model.panel import Floats

_NOISE = "noise"
_SMALLEST, _LARGEST = -14.0, 5.0
_POOLED_WEEKS = 10.0


class VarianceSampler:
    """Metropolis steps on the logarithms with the paths integrated out; noise by Gibbs."""

    def __init__(self, covariance: Covariance, steps: int) -> None:
        self._covariance, self._steps = covariance, steps
        # A nation has everything alone.
        self._alone = ALONE if covariance.design.regions > 1 else ALONE.union(PRIOR)
        self._scale = {_NOISE: 0.15} | {name: PRIOR[name][1] * 0.5 for name in PRIOR}

    def draw(
        self,
        rng: np.random.Generator,
        variances: Variances,
        factors: Factors,
        rest: Floats,
        adapt: bool,
    ) -> tuple[Variances, Factors]:
        """Move the variances, whose factors are given, given the rest ``[R, W]``."""
        if adapt:
            self._covariance.see(variances, factors, rest)
            factors = self._covariance.factors(variances)
        now = self._covariance.log_likelihood(variances, factors, rest) + variances.log_prior
        names = [_NOISE, *variances.log]
        for _ in range(self._steps):
            chosen = [name for name in names if rng.random() < 1.5 / len(names)]
            if not chosen:
                continue
            trial = self._propose(rng, variances, chosen)
            if not all(_SMALLEST < v < _LARGEST for v in trial.log.values()):
                continue
            known = None if self._alone.intersection(chosen) else factors.columns
            found = self._covariance.factors(trial, known)
            value = self._covariance.log_likelihood(trial, found, rest) + trial.log_prior
            accepted = np.log(rng.random()) < value - now
            if accepted:
                variances, now, factors = trial, value, found
            if adapt:
                for name in chosen:
                    self._scale[name] *= np.exp(0.2 * (accepted - 0.35))
        variances = self._draw_noise(rng, variances, factors, rest)
        return variances, self._covariance.factors(variances)

    def _propose(
        self, rng: np.random.Generator, variances: Variances, chosen: list[str]
    ) -> Variances:
        """Step in some logarithms; the noise of all regions steps together."""
        step = {name: self._scale[name] * rng.standard_normal() for name in chosen}
        sd = variances.sd * np.exp(step.pop(_NOISE, 0.0))
        moved = {name: variances.log[name] + step[name] for name in step}
        return replace(variances, sd=sd, log=variances.log | moved)

    def _draw_noise(
        self, rng: np.random.Generator, variances: Variances, factors: Factors, rest: Floats
    ) -> Variances:
        """Regions' noise and outlying weeks, given the noise itself."""
        seen = self._covariance.design.observed
        noise = self._covariance.noise_part(rng, variances, factors, rest)
        size = np.array([1.0, *priors.OUTLIER_SIZES])
        share = np.array([1.0, *priors.OUTLIER_SHARES])
        share[0] -= share[1:].sum()
        square = (noise / variances.sd[:, None]) ** 2
        precision = size[_draw_kinds(rng, square, size, share)] ** -2.0
        total = (precision * noise**2 * seen).sum(1)
        count = seen.sum(1)
        prior = _POOLED_WEEKS * (total.sum() / count.sum()) if len(seen) > 1 else 0.0
        worth = count + (_POOLED_WEEKS if len(seen) > 1 else 0.0)
        sd = np.sqrt((total + prior) / rng.chisquare(worth))
        return replace(variances, sd=np.maximum(sd, 1e-4), precision=precision)


def _draw_kinds(
    rng: np.random.Generator, square: Floats, size: Floats, share: Floats
) -> np.ndarray:
    """Ordinary or outlying, ``[R, W]`` positions in ``size``, given squares over the variance."""
    log_p = np.log(share / size) - 0.5 * square[..., None] * size**-2.0
    gumbel = rng.gumbel(size=log_p.shape)
    return np.asarray((log_p + gumbel).argmax(-1))
