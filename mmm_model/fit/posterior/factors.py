"""A covariance over regions and weeks, factored: regions alone, then what they share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from mmm_model.panel import Floats


@dataclass(frozen=True)
class Factors:
    """``V^-1 = A'(I - U (U'U + I)^-1 U')A``.

    Parameters
    ----------
    whiten
        A ``[R, W, W]`` lower triangular, of each region alone.
    shared
        U ``[R, W, P]``, whitened shared columns.
    root
        ``[P, P]`` Cholesky root of ``U'U + I``.
    """

    whiten: Floats
    shared: Floats
    root: Floats

    @property
    def log_determinant(self) -> float:
        """Of V."""
        own = -2.0 * np.log(np.einsum("rtt->rt", self.whiten)).sum()
        return float(own + 2.0 * np.log(np.diag(self.root)).sum())

    def lower(self, white: Floats) -> Floats:
        """What the shared columns see of whitened ``[R, W]``: ``[P]``."""
        seen = np.tensordot(self.shared, white, ([0, 1], [0, 1]))
        return solve_triangular(self.root, seen, lower=True) if len(seen) else seen

    def lower_each(self, white: Floats) -> Floats:
        """What the shared columns see of each region's whitened ``[R, W, Q]``: ``[R, P, Q]``."""
        seen = self.shared.transpose(0, 2, 1) @ white
        regions, count, series = seen.shape
        if not count:
            return seen
        flat = seen.transpose(1, 0, 2).reshape(count, -1)
        flat = solve_triangular(self.root, flat, lower=True, check_finite=False)
        return np.ascontiguousarray(flat.reshape(count, regions, series).transpose(1, 0, 2))

    def upper(self, score: Floats) -> Floats:
        """Shared paths ``[P]`` of what `lower` saw."""
        return solve_triangular(self.root, score, lower=True, trans=1) if len(score) else score

    def alone(self, rng: np.random.Generator, white: Floats) -> Floats:
        """Take a draw of the shared part off whitened ``[R, W]``."""
        if not len(self.root):
            return white
        score = self.lower(white) + rng.standard_normal(len(self.root))
        return white - self.shared @ self.upper(score)
