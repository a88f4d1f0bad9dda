"""A covariance over regions and weeks, factored: regions alone, then what they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dtrtri

from mmm_model.panel import Floats


@dataclass(frozen=True)
class Alone:
    """Each region alone: ``V_r = sd_r^2 (B + G_r G_r')``, B the same in all regions.

    One factor of B serves all regions; what is a region's own are few columns G_r: its controls,
    its outlying and unobserved weeks. With ``A B A' = I``, ``H_r = A G_r`` and the Cholesky root
    ``C C' = I + H_r' H_r``, the matrix ``A_r = (I - H_r K_r H_r') A / sd_r`` where
    ``K_r = (C + C C')^-1`` has ``A_r V_r A_r' = I`` (Andrews, 1968).

    Parameters
    ----------
    common
        A ``[W, W]`` lower triangular.
    sd
        ``[R]``.
    columns
        H ``[R, W, N]``.
    mend
        K ``[R, N, N]``.
    log_determinant
        Of all regions' V.
    """

    common: Floats
    sd: Floats
    columns: Floats
    mend: Floats
    log_determinant: float

    @classmethod
    def of(
        cls, same: Floats, sd: Floats, columns: Floats, cells: tuple[np.ndarray, Floats]
    ) -> Alone:
        """Factor.

        Parameters
        ----------
        same
            B ``[W, W]``.
        sd
            ``[R]``.
        columns
            ``[R, W, F]`` of G times ``sd``.
        cells
            Positions ``[R, E]`` of weeks with noise of their own and the square root of its
            variance over ``sd^2``, 0 where a region has fewer such weeks.
        """
        common = np.asarray(dtrtri(np.linalg.cholesky(same), lower=1)[0])
        week, root = cells
        single = common.T[week].transpose(0, 2, 1) * root[:, None]
        white = np.concatenate([single, common @ columns / sd[:, None, None]], axis=2)
        gram = white.transpose(0, 2, 1) @ white
        np.einsum("rnn->rn", gram)[...] += 1.0
        lower = np.linalg.cholesky(gram)
        mend = np.linalg.inv(lower + gram)
        determinant = -2.0 * len(sd) * np.log(np.diag(common)).sum()
        determinant += 2.0 * np.log(np.einsum("rnn->rn", lower)).sum()
        determinant += 2.0 * len(same) * np.log(sd).sum()
        return cls(common, sd, white, mend, float(determinant))

    def white(self, series: Floats) -> Floats:
        """``A_r x`` of series ``[R or 1, W, Q]``: ``[R, W, Q]``."""
        white = self.common @ series
        seen = self.columns.transpose(0, 2, 1) @ white
        scale = 1.0 / self.sd[:, None, None]
        found = self.columns @ (self.mend @ (-scale * seen))
        found += scale * white
        return found

    def back(self, white: Floats) -> Floats:
        """``A_r' x`` of whitened ``[R, W]``."""
        seen = np.einsum("rwn,rw->rn", self.columns, white)
        left = white - np.einsum("rwn,rmn,rm->rw", self.columns, self.mend, seen, optimize=True)
        return left @ self.common / self.sd[:, None]


@dataclass(frozen=True)
class SharedColumns:
    """What regions share before it is scaled, whitened by what each has alone.

    Parameters
    ----------
    alone
        That whitened it.
    white
        ``[R, W, P]``.
    gram
        ``[P, P]`` ``white'white`` over all regions.
    """

    alone: Alone
    white: Floats
    gram: Floats

    @classmethod
    def of(cls, alone: Alone, columns: Sequence[Floats]) -> SharedColumns:
        """Whiten columns ``[R or 1, W, P]``."""
        white = np.concatenate([alone.white(part) for part in columns], axis=2)
        cells = flat(white)
        return cls(alone, white, cells.T @ cells)


@dataclass(frozen=True)
class Factors:
    """``V^-1 = A'(I - U (U'U + I)^-1 U')A``, coefficients of the whitened U having unit variance.

    Parameters
    ----------
    columns
        What U is made of, and A, of each region alone.
    scale
        ``[P, P]``; U is the columns times it.
    gram, root
        ``[P, P]`` ``U'U + I`` and its Cholesky root.
    """

    columns: SharedColumns
    scale: Floats
    gram: Floats
    root: Floats

    @classmethod
    def of(cls, columns: SharedColumns, scale: Floats | None = None) -> Factors:
        """Factor; without a scale the columns are U."""
        scale = np.eye(len(columns.gram)) if scale is None else scale
        gram = scale.T @ columns.gram @ scale
        gram[np.diag_indices_from(gram)] += 1.0
        return cls(columns, scale, gram, np.asarray(np.linalg.cholesky(gram), dtype=float))

    @property
    def alone(self) -> Alone:
        """A, of each region alone."""
        return self.columns.alone

    @cached_property
    def shared(self) -> Floats:
        """U ``[R, W, P]``: a large product, which a trial of variances does without."""
        return self.columns.white @ self.scale

    @property
    def log_determinant(self) -> float:
        """Of V."""
        return self.alone.log_determinant + 2.0 * float(np.log(np.diag(self.root)).sum())

    def white(self, series: Floats) -> Floats:
        """``A x`` of series ``[R, W]``."""
        return self.alone.white(series[..., None])[..., 0]

    def seen(self, white: Floats) -> Floats:
        """``U'x`` of whitened ``[R, W]`` or ``[R, W, Q]``: ``[P]`` or ``[P, Q]``."""
        series = white.reshape(white.shape[0] * white.shape[1], *white.shape[2:])
        return self.scale.T @ (flat(self.columns.white).T @ series)

    def lower(self, white: Floats) -> Floats:
        """What the shared columns see of whitened ``[R, W]`` or ``[R, W, Q]``, lowered."""
        return self.lowered(self.seen(white))

    def lowered(self, seen: Floats) -> Floats:
        """``(U'U + I)^-1/2`` times ``[P]`` or ``[P, Q]``."""
        if not len(seen):
            return seen
        return solve_triangular(self.root, seen, lower=True, check_finite=False)

    def upper(self, score: Floats) -> Floats:
        """Shared paths ``[P]`` of what `lower` saw."""
        if not len(score):
            return score
        return solve_triangular(self.root, score, lower=True, trans=1, check_finite=False)

    def along(self, path: Floats) -> Floats:
        """``U p`` of shared paths ``[P]``: ``[R, W]``."""
        return self.columns.white @ (self.scale @ path)

    def solve(self, series: Floats) -> Floats:
        """``V^-1 x`` of series ``[R, W]``."""
        white = self.white(series)
        return self.alone.back(white - self.along(self.upper(self.lower(white))))

    def moments(self, series: Floats, rest: Floats, rest_low: Floats) -> tuple[Floats, Floats]:
        """``x'V^-1 x`` and ``x'V^-1 rest`` of series ``[R, W, Q]``: ``[Q, Q]`` and ``[Q]``.

        Parameters
        ----------
        rest, rest_low
            What is left over, whitened, and what `lower` says of it.
        """
        white = self.alone.white(series)
        low, cells = self.lower(white), flat(white)
        return cells.T @ cells - low.T @ low, cells.T @ rest.ravel() - low.T @ rest_low

    def without_shared(self, rng: np.random.Generator, white: Floats) -> Floats:
        """Take a draw of the shared part off whitened ``[R, W]``."""
        if not len(self.root):
            return white
        score = self.lower(white) + rng.standard_normal(len(self.root))
        return white - self.along(self.upper(score))


def flat(series: Floats) -> Floats:
    """``[R W, Q]`` of ``[R, W, Q]``, without a copy; Q may be 0: a channel that never ran."""
    return series.reshape(series.shape[0] * series.shape[1], series.shape[2])
