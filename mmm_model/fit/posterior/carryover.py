"""What one KPI says of how long media work on another: the adstock that two KPIs share.

Media are remembered by people, whatever these then do. So a KPI that says much of a channel's
kernel (orders) is evidence of it for one that says little (new customers, a tenth as many). Its
posterior over the bank of kernels takes the place of the prior, but for the share of channels
whose kernel may be another one: a mixture, as of robust priors borrowed from another study
(Schmidli et al., 2014, *Robust meta-analytic-predictive priors*).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model import priors
from mmm_model.fit.posterior.shapes import ShapeBank
from mmm_model.fit.posterior.usual import Usual
from mmm_model.panel import Floats


@dataclass(frozen=True)
class Carryover:
    """The adstock that a fit found.

    Parameters
    ----------
    channels
        Names, length C.
    kernel
        ``[M, C, L]`` weights of the lags, of M draws.
    """

    channels: tuple[str, ...]
    kernel: Floats

    def log_evidence(self, channels: tuple[str, ...], bank: ShapeBank) -> Floats:
        """``[C, A]`` logarithm of how much more likely each kernel of a bank is than before.

        A channel that the fit does not have has none.
        """
        prior = np.exp(Usual.first(bank).log_prior(bank)).reshape(-1, bank.curves).sum(axis=1)
        prior /= prior.sum()
        found = np.zeros((len(channels), len(prior)))
        for place, name in enumerate(channels):
            if name in self.channels:
                share = self._share(self.channels.index(name), bank)
                same = 1.0 - priors.OWN_CARRYOVER
                found[place] = np.log(same * share / prior + priors.OWN_CARRYOVER)
        return found

    def _share(self, channel: int, bank: ShapeBank) -> Floats:
        """``[A]`` share of the draws that have each kernel."""
        own = self.kernel[:, channel]
        lags = min(own.shape[1], bank.kernel.shape[1])
        apart = ((own[:, None, :lags] - bank.kernel[None, :, :lags]) ** 2).sum(axis=-1)
        return np.bincount(apart.argmin(axis=1), minlength=len(bank.kernel)) / len(own)
