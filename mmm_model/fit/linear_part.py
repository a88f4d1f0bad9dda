r"""The linear part of the equation, solved given its saturated media.

A mixed model (Henderson, 1975). With whitened columns ``X_r`` and KPI ``y_r`` of region r,

    y_r = X_r (θ + d_r) + A_r u + noise,    θ ~ prior,  d_r ~ N(0, σ²),  u ~ N(0, common levels)

where ``θ`` are the coefficients that all regions share, ``d_r`` deviations of a region, drawn
to zero as strongly as the data say, and ``u`` what all regions share in a week, filtered as the
region's series are, by ``A_r``. The rows of a week carry its weight in the member's bootstrap.

Shapes: M members, R regions, W weeks, C channels, P = C + controls + harmonics columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor

from mmm_model import priors
from mmm_model.fit.bounded_ridge import bounded_ridge
from mmm_model.fit.coefficients import Prior, Solution
from mmm_model.fit.moments import Left, Moments
from mmm_model.fit.noise import Whitening

# Cells that are worked on at once: few enough for arrays that the allocator uses again, where
# larger ones would be fetched from the system and cleared each time.
_BATCH_CELLS = 3_000_000
# Of the mean of its diagonal, added to that of the common weeks so that it can be factored.
_JITTER = 1e-9


class LinearProblem:
    """What stays the same while the saturated media change.

    Parameters
    ----------
    whitening
        Filters of the residuals.
    target
        ``[R, W]`` scaled KPI, or ``[M, R, W]`` what is left of it for each member; 0 where not
        observed.
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
        each = target if target.ndim == 3 else target[None]
        self.white_target = self._white(each) if target.ndim == 3 else self._white(each)[0]
        self.white_fixed = self.whiten(fixed)
        columns = channels + fixed.shape[-1]
        self.bounded = torch.arange(columns, device=target.device) < channels
        self.shared = whitening.common is not None
        if whitening.common is not None:
            gram = self.whiten.gram(weight) + whitening.common.whiten.gram(weight)
            eye = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
            jitter = _JITTER * gram.diagonal(dim1=1, dim2=2).mean()
            self.common_factor = torch.linalg.cholesky(gram + jitter * eye)

    @property
    def regions(self) -> int:
        """Number of regions."""
        return len(self.fixed)

    def start(self, members: int) -> Solution:
        """Return a solution of zeros."""
        like, columns = self.target, len(self.bounded)
        return Solution(
            pooled=like.new_zeros(members, columns),
            deviation=like.new_zeros(members, self.regions, columns),
            common=like.new_zeros(members, like.shape[-1]),
            spread=like.new_full((columns,), priors.REGION_SPREAD),
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

        Block coordinate descent on the posterior: the first two together given the deviations,
        these given the first two.

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
        moments = (moments or self.moments(saturated)).with_tests(prior)
        gram = self.pooled_gram(moments) + torch.diag_embed(prior.precision)
        for _ in range(rounds):
            left = self._left_by(solution.deviation, moments, saturated)
            moment = left.moment + prior.precision * prior.mean
            solution = replace(solution, pooled=bounded_ridge(gram, moment, self.bounded))
            if left.common is None:
                break  # a single region does not deviate from itself
            rest = left.common - moments.common @ solution.pooled[..., None]
            solution = replace(solution, common=self._solve_common(rest)[..., 0])
            solution = self._with_deviations(solution, moments, saturated, learn_spread)
        return solution

    def _left_by(self, deviation: Tensor, moments: Moments, saturated: Tensor) -> Left:
        """What deviations ``[M, R, P]`` leave to the pooled coefficients."""
        residual = self.white_target - self._white(self.explained(saturated, deviation))
        moment = (moments.target - _times(moments.gram, deviation)).sum(1)
        if not self.shared:
            return Left(residual, moment, None)
        common = self.whiten.total_back((residual * self.weight[:, None])[..., None])
        taken = moments.common.transpose(1, 2) @ self._solve_common(common)
        return Left(residual, moment - taken[..., 0], common)

    def _with_deviations(
        self, solution: Solution, moments: Moments, saturated: Tensor, learn_spread: bool
    ) -> Solution:
        """Return the solution with the regions' deviations, and their spread where asked for.

        The spread is that of an empirical Bayes estimate, one step of expectation maximisation
        (Dempster, Laird & Rubin, 1977), as if a few more regions had the usual one.
        """
        pooled, spread = solution.pooled, solution.spread
        moment = moments.target - _times(moments.gram, pooled[:, None])
        moment = moment - self._moment_of_common(saturated, solution.common)
        size = torch.where(self.bounded, pooled.clamp_min(1e-6), torch.ones_like(pooled))
        scale = size[:, None] * spread  # [M, 1, P]: in its units deviations are standard normal
        gram = moments.gram * scale[..., :, None] * scale[..., None, :]
        eye = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
        factor = torch.linalg.cholesky(gram + eye)
        z = torch.cholesky_solve((moment * scale)[..., None], factor)[..., 0]
        if learn_spread:
            variance = torch.cholesky_inverse(factor).diagonal(dim1=-2, dim2=-1)
            second = (z**2 + variance).sum((0, 1)) * spread**2
            few, usual = priors.REGION_SPREAD_REGIONS, priors.REGION_SPREAD
            spread = ((second + few * usual**2) / (z.shape[0] * z.shape[1] + few)).sqrt()
        floor = torch.where(self.bounded, -pooled, torch.full_like(pooled, -torch.inf))
        deviation = torch.maximum(z * scale, floor[:, None])
        return replace(solution, deviation=deviation, spread=spread)

    def moments(self, saturated: Tensor) -> Moments:
        """Moments for saturated media ``[M, R, W, C]``, one batch of regions after the other."""
        members, regions, weeks, channels = saturated.shape
        count = len(self.bounded)
        grams, targets = [], []
        common = saturated.new_zeros(members, weeks, count)
        for rows in region_batches(regions, members * weeks * count):
            whiten, own = self.whiten.part(rows), saturated[:, rows]
            columns = own.permute(1, 2, 0, 3).flatten(2)  # [r, W, M·C]
            media = whiten(columns).unflatten(2, (members, channels)).permute(2, 0, 1, 3)
            fixed = self.white_fixed[rows]
            x = torch.cat([media, fixed.expand(members, *fixed.shape)], dim=-1)  # [M, r, W, P]
            weighted = x * self.weight[:, None, :, None]
            grams.append(weighted.transpose(-1, -2) @ x)
            targets.append((self.white_target[..., rows, None, :] @ weighted)[..., 0, :])
            if self.shared:
                common += whiten.total_back(weighted)
        return Moments(torch.cat(grams, dim=1), torch.cat(targets, dim=1), common)

    def pooled_gram(self, moments: Moments) -> Tensor:
        """``[M, P, P]`` of the pooled coefficients, common weeks taken out."""
        gram = moments.gram.sum(1)
        if self.shared:
            gram = gram - moments.common.transpose(1, 2) @ self._solve_common(moments.common)
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
            total = total - cross.transpose(1, 2) @ self._solve_common(cross)
        return total[:, :-1, :-1], total[:, :-1, -1], mean

    def log_likelihood(self, saturated: Tensor, prior: Prior, deviation: Tensor) -> Tensor:
        """Logarithm of the marginal likelihood of each member, ``[M]``.

        Common weeks and pooled coefficients are integrated out and the variance is profiled out
        (Harville, 1977), with ``S`` the sum of squares at the best coefficients ``θ``, ``n`` the
        observed weeks, ``G`` and ``h`` the precision and the moment of ``θ``:

            log L = −½ (log|covariance| + log|G| + n log(S / n)),   S = left'left − 2θ'h + θ'Gθ
        """
        moments = self.moments(saturated)
        left = self._left_by(deviation, moments, saturated)
        gram = self.pooled_gram(moments) + torch.diag_embed(prior.precision)
        moment = left.moment + prior.precision * prior.mean
        theta = bounded_ridge(gram, moment, self.bounded)
        square = (left.residual**2 * self.weight[:, None]).sum((1, 2))
        determinant = self.whitening.log_determinant + torch.linalg.slogdet(gram)[1]
        if left.common is not None:
            square = square - (left.common * self._solve_common(left.common)).sum((1, 2))
            diagonal = self.common_factor.diagonal(dim1=1, dim2=2)
            determinant = determinant + 2 * diagonal.log().sum(1)
        square = square + (prior.precision * prior.mean**2).sum(1)
        square = square - 2 * (theta * moment).sum(1) + (theta * _times(gram, theta)).sum(1)
        count = (self.whitening.noise.precision > 0).sum()
        return -0.5 * (determinant + count * (square / count).clamp_min(1e-30).log())

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

    def _rest(self, regional: Tensor) -> Tensor:
        """What controls and seasonality make, ``[M, R, W]``."""
        rest = regional[..., self.channels :].permute(1, 2, 0)
        return (self.fixed @ rest).permute(2, 0, 1)

    def _white(self, series: Tensor) -> Tensor:
        """Whitened ``[M, R, W]``."""
        return self.whiten(series.permute(1, 2, 0)).permute(2, 0, 1)

    def _solve_common(self, moment: Tensor) -> Tensor:
        """Common weeks ``[M, W, Q]`` that moments ``[M, W, Q]`` with them ask for."""
        return torch.cholesky_solve(moment, self.common_factor)

    def _moment_of_common(self, saturated: Tensor, common: Tensor) -> Tensor:
        """Moments ``[M, R, P]`` of the whitened columns with the whitened common ``[M, W]``."""
        white = self.whiten(common.T[None]) * self.weight.T  # [R, W, M]
        back = self.whiten.back(white).permute(2, 0, 1)  # [M, R, W]
        media = (back[..., None, :] @ saturated)[..., 0, :]
        rest = back.transpose(0, 1) @ self.fixed
        return torch.cat([media, rest.transpose(0, 1)], dim=-1)


def region_batches(regions: int, cells: int) -> list[slice]:
    """Return the regions, each of so many cells, in pieces that fit in memory."""
    size = max(_BATCH_CELLS // max(cells, 1), 1)
    return [slice(first, first + size) for first in range(0, regions, size)]


def _times(gram: Tensor, theta: Tensor) -> Tensor:
    """``[…, P]`` products of ``[…, P, P]`` with ``[…, P]``."""
    return (gram @ theta[..., None])[..., 0]
