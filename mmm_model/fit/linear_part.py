"""The linear part of the equation, solved given its saturated media.

A mixed model: coefficients that all regions share, deviations of each region, drawn to zero
as strongly as the data say, and what all regions share in a week. The rows of a week carry
the week's weight in the member's bootstrap.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from mmm_model.fit.bounded_ridge import bounded_ridge
from mmm_model.fit.noise import Whitening

_PRIOR_REGIONS = 3.0
_PRIOR_SPREAD = 0.05
# Cells that are worked on at once: few enough for arrays that the allocator uses again, where
# larger ones would be fetched from the system and cleared each time.
_BATCH_CELLS = 3_000_000


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


@dataclass(frozen=True)
class Moments:
    """Of the whitened columns, P = channels, controls and harmonics.

    Parameters
    ----------
    gram
        ``[M, R, P, P]`` with each other.
    target
        ``[M, R, P]`` with the whitened KPI.
    common
        ``[M, W, P]`` with what all regions share in a week.
    """

    gram: Tensor
    target: Tensor
    common: Tensor


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
        self.target = target
        self.fixed = fixed
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
        return len(self.target)

    def start(self, members: int) -> Solution:
        """Return a solution of zeros."""
        like = self.target
        p = self.channels + self.fixed.shape[-1]
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
        moments: Moments | None = None,
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
        moments
            Of the saturated media, where they are at hand.
        """
        moments = moments or self.moments(saturated)
        if prior.regional_precision is not None and prior.regional_weighted is not None:
            moments = Moments(
                moments.gram + torch.diag_embed(prior.regional_precision),
                moments.target + prior.regional_weighted,
                moments.common,
            )
        own_gram, own_moment, cross = moments.gram, moments.target, moments.common
        gram = self.pooled_gram(moments) + torch.diag_embed(prior.precision)
        pooled, deviation, common = solution.pooled, solution.deviation, solution.common
        spread = solution.spread
        bounded = torch.arange(gram.shape[-1], device=gram.device) < self.channels
        for _ in range(rounds):
            moment = (own_moment - _times(own_gram, deviation)).sum(1)
            if self.shared:
                left = self.white_target - self._white(self.explained(saturated, deviation))
                common_moment = self.whiten.total_back((left * self.weight[:, None])[..., None])
                explained = torch.cholesky_solve(common_moment, self.common_factor)
                moment = moment - (cross.transpose(1, 2) @ explained)[..., 0]
            pooled = bounded_ridge(gram, moment + prior.precision * prior.mean, bounded)
            if not self.shared:
                break
            common = torch.cholesky_solve(
                common_moment - cross @ pooled[..., None], self.common_factor
            )[..., 0]
            moment_r = own_moment - _times(own_gram, pooled[:, None])
            moment_r = moment_r - self._moment_of_common(saturated, common)
            size = torch.where(bounded, pooled.clamp_min(1e-6), torch.ones_like(pooled))[:, None]
            scale = size * spread
            scaled_gram = own_gram * scale[..., :, None] * scale[..., None, :]
            eye = torch.eye(len(bounded), dtype=gram.dtype, device=gram.device)
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

    def moments(self, saturated: Tensor) -> Moments:
        """Moments for saturated media ``[M, R, W, C]``, one batch of regions after the other."""
        members, regions, weeks, channels = saturated.shape
        count = channels + self.fixed.shape[-1]
        grams, targets = [], []
        common = saturated.new_zeros(members, weeks, count)
        for rows in region_batches(regions, members * weeks * count):
            whiten, own = self.whiten.part(rows), saturated[:, rows]
            columns = own.permute(1, 2, 0, 3).flatten(2)
            media = whiten(columns).unflatten(2, (members, channels)).permute(2, 0, 1, 3)
            fixed = self.white_fixed[rows]
            x = torch.cat([media, fixed.expand(members, *fixed.shape)], dim=-1)
            xw = x * self.weight[:, None, :, None]
            grams.append(xw.transpose(-1, -2) @ x)
            targets.append((self.white_target[rows, None] @ xw)[..., 0, :])
            if self.shared:
                common += whiten.total_back(xw)
        return Moments(torch.cat(grams, dim=1), torch.cat(targets, dim=1), common)

    def pooled_gram(self, moments: Moments) -> Tensor:
        """``[M, P, P]`` of the pooled coefficients, common weeks taken out."""
        gram = moments.gram.sum(1)
        if self.shared:
            explained = torch.cholesky_solve(moments.common, self.common_factor)
            gram = gram - moments.common.transpose(1, 2) @ explained
        return gram

    def pooled_moments(
        self, parts: Iterable[tuple[slice, Tensor]]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Moments of the columns with each other and with the KPI, common weeks taken out.

        Parameters
        ----------
        parts
            Regions, and their media columns ``[r, W, Q]``, the same for all members.

        Returns
        -------
        gram, moment
            ``[M, Q + K + 2H, Q + K + 2H]`` and ``[M, Q + K + 2H]``.
        mean
            ``[Q]`` of the media columns.
        """
        total = cross = mean = self.target.new_zeros(())
        for rows, own in parts:
            mean = mean + own.sum((0, 1)) / self.target.numel()
            whiten, target = self.whiten.part(rows), self.white_target[rows, :, None]
            columns = torch.cat([whiten(own), self.white_fixed[rows], target], dim=-1)
            weighted = columns * self.weight[:, None, :, None]
            total = total + weighted.flatten(1, 2).mT @ columns.flatten(0, 1)
            if self.shared:
                cross = cross + whiten.total_back(weighted)
        if self.shared:
            explained = torch.cholesky_solve(cross, self.common_factor)
            total = total - cross.transpose(1, 2) @ explained
        return total[:, :-1, :-1], total[:, :-1, -1], mean

    def explained(self, saturated: Tensor, regional: Tensor) -> Tensor:
        """What coefficients ``[M, R, P]`` make of media ``[M, R, W, C]`` and the rest."""
        media = (saturated @ regional[..., : self.channels, None])[..., 0]
        return media + self._rest(regional)

    def innovation(self, saturated: Tensor, regional: Tensor, common: Tensor) -> Tensor:
        """Whitened residual ``[M, R, W]`` for coefficients ``[M, R, P]`` and common ``[M, W]``."""
        return self._white(self.target - self.explained(saturated, regional) - common[:, None])

    def innovation_without_media(self, solution: Solution) -> Tensor:
        """Whitened residual ``[M, R, W]`` of controls, seasonality and common weeks alone."""
        rest = self._rest(solution.regional)
        return self._white(self.target - rest - solution.common[:, None])

    def log_likelihood(self, saturated: Tensor, prior: Prior, deviation: Tensor) -> Tensor:
        """Logarithm of the marginal likelihood of each member, ``[M]``, the scale profiled out."""
        moments = self.moments(saturated)
        left = self.white_target - self._white(self.explained(saturated, deviation))
        gram = self.pooled_gram(moments) + torch.diag_embed(prior.precision)
        moment = (moments.target - _times(moments.gram, deviation)).sum(1)
        square = (left**2 * self.weight[:, None]).sum((1, 2))
        total = self.whitening.log_determinant.expand(len(square)).clone()
        if self.shared:
            cross = moments.common
            common_moment = self.whiten.total_back((left * self.weight[:, None])[..., None])
            explained = torch.cholesky_solve(common_moment, self.common_factor)
            moment = moment - (cross.transpose(1, 2) @ explained)[..., 0]
            square = square - (common_moment * explained).sum((1, 2))
            total = total + 2 * self.common_factor.diagonal(dim1=1, dim2=2).log().sum(1)
        moment = moment + prior.precision * prior.mean
        square = square + (prior.precision * prior.mean**2).sum(1)
        bounded = torch.arange(gram.shape[-1], device=gram.device) < self.channels
        theta = bounded_ridge(gram, moment, bounded)
        square = square - 2 * (theta * moment).sum(1) + (theta * _times(gram, theta)).sum(1)
        count = (self.whitening.noise.precision > 0).sum()
        total = total + torch.linalg.slogdet(gram)[1]
        return -0.5 * (total + count * (square / count).clamp_min(1e-30).log())

    def _rest(self, regional: Tensor) -> Tensor:
        """What controls and seasonality make, ``[M, R, W]``."""
        rest = regional[..., self.channels :].permute(1, 2, 0)
        return (self.fixed @ rest).permute(2, 0, 1)

    def _white(self, series: Tensor) -> Tensor:
        """Whitened ``[M, R, W]``."""
        return self.whiten(series.permute(1, 2, 0)).permute(2, 0, 1)

    def _moment_of_common(self, saturated: Tensor, common: Tensor) -> Tensor:
        """Moments ``[M, R, P]`` of the whitened columns with the whitened common ``[M, W]``."""
        white = self.whiten(common.T[None]) * self.weight.T
        back = self.whiten.back(white).permute(2, 0, 1)
        media = (back[..., None, :] @ saturated)[..., 0, :]
        rest = back.transpose(0, 1) @ self.fixed
        return torch.cat([media, rest.transpose(0, 1)], dim=-1)


def region_batches(regions: int, cells: int) -> list[slice]:
    """Return the regions, each of so many cells, in pieces that fit in memory."""
    size = max(_BATCH_CELLS // max(cells, 1), 1)
    return [slice(first, first + size) for first in range(0, regions, size)]


def _times(gram: Tensor, theta: Tensor) -> Tensor:
    return (gram @ theta[..., None])[..., 0]
