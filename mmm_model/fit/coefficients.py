"""What is expected of the coefficients of the linear part, and what was found."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


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
