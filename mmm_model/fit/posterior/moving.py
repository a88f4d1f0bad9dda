"""Effectiveness that moves: paths over the weeks whose basis are the hidden states of a GRU.

    e_ct = 1 + Σ_j a_jc b_jt,        a ~ N(0, sd²)

The columns ``b`` are the principal components of the states, scaled so that a path's standard
deviation over the weeks is expected to be ``sd``. Given all else the readout ``a`` enters the
KPI linearly, so it is drawn exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from mmm_model.equation.gru import basis_gates, calendar_states
from mmm_model.panel import Bools, Floats
from mmm_model.settings import ModelSettings

# Components of the states; the first four have more than 99 % of their variance.
_COMPONENTS = 4
# Standard deviations that a path stays within its reach for: 87 % of the weeks.
_REACH = 1.5
# Within a year a drift cannot be told from the time of the year.
_FEWEST_WEEKS = 52


@dataclass(frozen=True)
class Moving:
    """Which channels' effectiveness moves, and along which paths.

    Parameters
    ----------
    basis
        ``[W, J]`` around zero; no column where effectiveness cannot move.
    readout
        ``[H, J]`` what takes the states to the basis.
    sd
        Standard deviation of ``a`` before the data.
    channels
        ``[C]`` those that move.
    """

    basis: Floats
    readout: Floats
    sd: float
    channels: Bools

    @classmethod
    def none(cls, weeks: int, channels: int, settings: ModelSettings) -> Moving:
        """No channel moves; the paths are those of the settings' GRU."""
        still = np.zeros(channels, dtype=bool)
        width, sd = settings.gru_width, settings.gru_reach / _REACH
        if not width or not sd or weeks < _FEWEST_WEEKS:
            return cls(np.zeros((weeks, 0)), np.zeros((width, 0)), 1.0, still)
        gates = basis_gates(width)
        with torch.no_grad():
            states = calendar_states(weeks, weeks, *gates.values()).numpy()
        directions = np.linalg.svd(states, full_matrices=False)[2][:_COMPONENTS].T
        basis = states @ directions
        unit = np.sqrt((basis**2).sum(axis=1).mean())
        return cls(basis / unit, directions / unit, sd, still)

    def with_channels(self, channels: Bools) -> Moving:
        """Return it with these moving."""
        return replace(self, channels=channels)

    def paths(self, own: Floats) -> Floats:
        """Effectiveness ``[W, C]`` of ``a`` ``[J, C]``."""
        return 1.0 + self.basis @ own

    def columns(self, direct: Floats) -> Floats:
        """``[R, W, C J]`` what ``a`` multiplies, by channel, of contributions ``[R, W, C]``."""
        product = direct[..., None] * self.basis[:, None]
        return product.reshape(*direct.shape[:2], -1)

    def drawn(self, rng: np.random.Generator, own: Floats, gram: Floats, meets: Floats) -> Floats:
        """Draw ``a`` ``[J, C]`` of the moving channels anew.

        Parameters
        ----------
        gram, meets
            Moments of the moving channels' columns, with themselves and with what is left over
            at the present ``own``.
        """
        now = own[:, self.channels].T.ravel()
        precision = gram + np.eye(len(gram)) / self.sd**2
        root = np.linalg.cholesky(precision)
        mean = np.linalg.solve(precision, meets + gram @ now)
        draw = mean + np.linalg.solve(root.T, rng.standard_normal(len(now)))
        found = own.copy()
        found[:, self.channels] = draw.reshape(-1, len(own)).T
        return found
