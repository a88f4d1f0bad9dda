"""The linear part of the equation, solved given its saturated media.

A mixed model: coefficients that all regions share, deviations of each region, drawn to zero
as strongly as the data say, and what all regions share in a week. The rows of a week carry
the week's weight in the member's bootstrap.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mmm_model.linear import bounded_ridge
from mmm_model.noise import Whitening

_PRIOR_REGIONS = 3.0
_PRIOR_SPREAD = 0.05


@dataclass(frozen=True)
class Prior:
    """Independent Gaussian priors of the pooled coefficients, each ``[M, P]``.

    Parameters
    ----------
    mean, precision
        Of the pooled coefficients.
    regional_precision, regional_weighted
        ``[M, R, P]`` of a region's coefficients, and precision times mean: what lift tests say.
    """

    mean: Tensor
    precision: Tensor
    regional_precision: Tensor | None = None
    regional_weighted: Tensor | None = None


@dataclass(frozen=True)
class Solution:
    """The linear part for M members.

    Parameters
    ----------
    pooled
        ``[M, P]`` coefficients; channels first, then controls, then harmonics.
    deviation
        ``[M, R, P]`` of a region from the pooled coefficient.
    common
        ``[M, W]`` what all regions share in a week.
    spread
        ``[P]`` standard deviation of the deviations, of channels relative to the coefficient.
    """

    pooled: Tensor
    deviation: Tensor
    common: Tensor
    spread: Tensor

    @property
    def regional(self) -> Tensor:
        """``[M, R, P]`` coefficient of each region."""
        return self.pooled[:, None] + self.deviation

    def part(self, rows: Tensor, weeks: int) -> Solution:
        """Return that of some regions in the first weeks."""
        return Solution(self.pooled, self.deviation[:, rows], self.common[:, :weeks], self.spread)

    def repeat(self, members: int) -> Solution:
        """Return the first member's solution for each of ``members``."""
        return Solution(
            pooled=self.pooled[:1].repeat(members, 1),
            deviation=self.deviation[:1].repeat(members, 1, 1),
            common=self.common[:1].repeat(members, 1),
            spread=self.spread,
        )


class LinearProblem:
    """What stays the same while the saturated media change.

    Parameters
    ----------
    whitening
        Filters of the residuals.
    target
        ``[R, W]`` scaled KPI, 0 where not observed.
    fixed
        ``[R, W, K + 2H]`` controls and harmonics.
    weight
        ``[M, W]`` weights of the weeks.
    channels
        Number of channels.
    """

    def __init__(
        self, whitening: Whitening, target: Tensor, fixed: Tensor, weight: Tensor, channels: int
    ) -> None:
        self.whitening = whitening
        self.weight = weight
        self.channels = channels
        self.whiten = whitening.region.whiten
        self.white_target = self.whiten(target[..., None])[..., 0]
        self.white_fixed = self.whiten(fixed)
        self.shared = whitening.common is not None
        if whitening.common is not None:
            gram = self.whiten.gram(weight) + whitening.common.whiten.gram(weight)
            eye = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
            self.common_factor = torch.linalg.cholesky(
                gram + 1e-9 * gram.diagonal(dim1=1, dim2=2).mean() * eye
            )

    @property
    def regions(self) -> int:
        """Number of regions."""
        return len(self.white_target)

    def design(self, saturated: Tensor) -> Tensor:
        """Whitened columns ``[M, R, W, P]`` of saturated media ``[M, R, W, C]`` and the rest."""
        m, r, w, c = saturated.shape
        columns = saturated.permute(1, 2, 0, 3).reshape(r, w, m * c)
        media = self.whiten(columns).reshape(r, w, m, c).permute(2, 0, 1, 3)
        rest = self.white_fixed.expand(m, *self.white_fixed.shape)
        return torch.cat([media, rest], dim=-1)

    def start(self, members: int) -> Solution:
        """Return a solution of zeros."""
        like = self.white_target
        p = self.channels + self.white_fixed.shape[-1]
        return Solution(
            pooled=like.new_zeros(members, p),
            deviation=like.new_zeros(members, self.regions, p),
            common=like.new_zeros(members, like.shape[1]),
            spread=like.new_full((p,), _PRIOR_SPREAD),
        )

    def solve(
        self,
        saturated: Tensor,
        prior: Prior,
        solution: Solution,
        rounds: int = 2,
        learn_spread: bool = False,
    ) -> Solution:
        """Solve for the pooled coefficients, the common weeks and the regions' deviations.

        Parameters
        ----------
        saturated
            ``[M, R, W, C]`` saturated media.
        prior
            Of the pooled coefficients.
        solution
            Where to start.
        rounds
            Alternations between the pooled and the regional part.
        learn_spread
            Whether to learn how much regions differ.
        """
        x = self.design(saturated)
        xw = x * self.weight[:, None, :, None]
        regional_gram = xw.transpose(-1, -2) @ x
        known, weighted = prior.regional_precision, prior.regional_weighted
        if known is not None:
            regional_gram = regional_gram + torch.diag_embed(known)
        gram = regional_gram.sum(1)
        cross = self.whiten.total_back(xw)
        pooled, deviation, common = solution.pooled, solution.deviation, solution.common
        spread = solution.spread
        bounded = torch.arange(x.shape[-1], device=x.device) < self.channels
        if self.shared:
            explained = torch.cholesky_solve(cross, self.common_factor)
            gram = gram - cross.transpose(1, 2) @ explained
        gram = gram + torch.diag_embed(prior.precision)
        for _ in range(rounds):
            left = self.white_target - (x @ deviation[..., None])[..., 0]
            moment = (xw * left[..., None]).sum((1, 2))
            if known is not None and weighted is not None:
                moment = moment + (weighted - known * deviation).sum(1)
            if self.shared:
                common_moment = self.whiten.total_back((left * self.weight[:, None])[..., None])
                moment = moment - (explained.transpose(1, 2) @ common_moment)[..., 0]
            pooled = bounded_ridge(gram, moment + prior.precision * prior.mean, bounded)
            if not self.shared:
                break
            common = torch.cholesky_solve(
                common_moment - cross @ pooled[..., None], self.common_factor
            )[..., 0]
            left = self.innovation(x, pooled[:, None].expand_as(deviation), common)
            moment_r = (xw * left[..., None]).sum(2)
            if known is not None and weighted is not None:
                moment_r = moment_r + weighted - known * pooled[:, None]
            size = torch.where(bounded, pooled.clamp_min(1e-6), torch.ones_like(pooled))[:, None]
            scale = size * spread
            scaled_gram = regional_gram * scale[..., :, None] * scale[..., None, :]
            eye = torch.eye(x.shape[-1], dtype=x.dtype, device=x.device)
            factor = torch.linalg.cholesky(scaled_gram + eye)
            z = torch.cholesky_solve((moment_r * scale)[..., None], factor)[..., 0]
            deviation = z * scale
            if learn_spread:
                variance = torch.cholesky_inverse(factor).diagonal(dim1=-2, dim2=-1)
                second = (z**2 + variance).sum((0, 1)) * spread**2
                count = len(z) * z.shape[1]
                spread = (
                    (second + _PRIOR_REGIONS * _PRIOR_SPREAD**2) / (count + _PRIOR_REGIONS)
                ).sqrt()
            floor = torch.where(bounded, -pooled, torch.full_like(pooled, -torch.inf))[:, None]
            deviation = torch.maximum(deviation, floor)
        return Solution(pooled, deviation, common, spread)

    def pooled_moments(self, saturated: Tensor) -> tuple[Tensor, Tensor]:
        """Moments of the columns with each other and with the KPI, common weeks taken out.

        Parameters
        ----------
        saturated
            ``[R, W, Q]`` media columns, the same for all members.

        Returns
        -------
        gram, moment
            ``[M, Q + K + 2H, Q + K + 2H]`` and ``[M, Q + K + 2H]``.
        """
        columns = torch.cat([self.whiten(saturated), self.white_fixed], dim=-1)
        flat = columns.reshape(-1, columns.shape[-1])
        grams, moments = [], []
        for member, weight in enumerate(self.weight):
            weighted = (columns * weight[:, None]).reshape(flat.shape)
            gram, moment = weighted.T @ flat, weighted.T @ self.white_target.reshape(-1)
            if self.shared:
                target = self.white_target * weight
                both = torch.cat([weighted.reshape(columns.shape), target[..., None]], dim=-1)
                cross = self.whiten.total_back(both[None])[0]
                explained = torch.cholesky_solve(cross[:, :-1], self.common_factor[member])
                gram = gram - cross[:, :-1].T @ explained
                moment = moment - explained.T @ cross[:, -1]
            grams.append(gram)
            moments.append(moment)
        return torch.stack(grams), torch.stack(moments)

    def innovation(self, design: Tensor, regional: Tensor, common: Tensor) -> Tensor:
        """Whitened residual ``[M, R, W]`` for coefficients ``[M, R, P]`` and common ``[M, W]``."""
        own = (design @ regional[..., None])[..., 0]
        return self.white_target - own - self._white_common(common)

    def innovation_without_media(self, solution: Solution) -> Tensor:
        """Whitened residual ``[M, R, W]`` of controls, seasonality and common weeks alone."""
        rest = solution.regional[..., self.channels :]
        fixed = torch.einsum("rtp,mrp->mrt", self.white_fixed, rest)
        return self.white_target - fixed - self._white_common(solution.common)

    def _white_common(self, common: Tensor) -> Tensor:
        """Whitened by each region's filter, ``[M, R, W]``, of what they share, ``[M, W]``."""
        return self.whiten(common.T[None]).permute(2, 0, 1)

    def log_likelihood(self, saturated: Tensor, prior: Prior, deviation: Tensor) -> Tensor:
        """Logarithm of the marginal likelihood of each member, ``[M]``, the scale profiled out."""
        x = self.design(saturated)
        xw = x * self.weight[:, None, :, None]
        left = self.white_target - (x @ deviation[..., None])[..., 0]
        gram = (xw.transpose(-1, -2) @ x).sum(1)
        moment = (xw * left[..., None]).sum((1, 2))
        square = (left**2 * self.weight[:, None]).sum((1, 2))
        total = self.whitening.log_determinant.expand(len(square)).clone()
        if self.shared:
            cross = self.whiten.total_back(xw)
            common_moment = self.whiten.total_back((left * self.weight[:, None])[..., None])
            explained = torch.cholesky_solve(common_moment, self.common_factor)
            gram = gram - cross.transpose(1, 2) @ torch.cholesky_solve(cross, self.common_factor)
            moment = moment - (cross.transpose(1, 2) @ explained)[..., 0]
            square = square - (common_moment * explained).sum((1, 2))
            total = total + 2 * self.common_factor.diagonal(dim1=1, dim2=2).log().sum(1)
        gram = gram + torch.diag_embed(prior.precision)
        moment = moment + prior.precision * prior.mean
        square = square + (prior.precision * prior.mean**2).sum(1)
        bounded = torch.arange(x.shape[-1], device=x.device) < self.channels
        theta = bounded_ridge(gram, moment, bounded)
        square = (
            square
            - 2 * (theta * moment).sum(1)
            + (theta * (gram @ theta[..., None])[..., 0]).sum(1)
        )
        count = (self.whitening.noise.precision > 0).sum()
        total = total + torch.linalg.slogdet(gram)[1]
        return -0.5 * (total + count * (square / count).clamp_min(1e-30).log())
