"""Sums of products that the linear part is solved from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mmm_model.fit.coefficients import Prior


@dataclass(frozen=True)
class Moments:
    """Products of the whitened columns X, weeks weighted.

    Parameters
    ----------
    gram
        ``[M, R, P, P]`` ``X'X``: with each other.
    target
        ``[M, R, P]`` ``X'y``: with the whitened KPI.
    common
        ``[M, W, P]`` ``Σ_r A_r'X_r``: with what all regions share in a week.
    """

    gram: Tensor
    target: Tensor
    common: Tensor

    def with_tests(self, prior: Prior) -> Moments:
        """Return the moments with what lift tests say of a region's coefficients."""
        if prior.regional_precision is None or prior.regional_weighted is None:
            return self
        return replace(
            self,
            gram=self.gram + torch.diag_embed(prior.regional_precision),
            target=self.target + prior.regional_weighted,
        )


@dataclass(frozen=True)
class Left:
    """What regions' deviations leave of the KPI, for the pooled coefficients to explain.

    Parameters
    ----------
    residual
        ``[M, R, W]`` whitened.
    moment
        ``[M, P]`` its products with the columns, common weeks taken out.
    common
        ``[M, W, 1]`` its products with what all regions share in a week; None for a single
        region.
    """

    residual: Tensor
    moment: Tensor
    common: Tensor | None
