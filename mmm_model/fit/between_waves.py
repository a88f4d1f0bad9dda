r"""What a mediator was between the weeks in which somebody counted or asked.

Of a mediator over its usual week, media create part, and

    own_t = constant + level_t + passing_t,    value_t = created_t + own_t + error_t

where the level walks, what passes is an AR(0.8), and the error is the survey's, of known size. The
state between waves is its expectation given all waves (a Kalman smoother, here by its covariance: a
series has few waves), and a draw is that plus a draw of what they leave open.

References
----------
Durbin & Koopman (2012), "Time Series Analysis by State Space Methods", chapters 4 and 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from mmm_model.panel import Bools, Floats

_AR = 0.8
_CONSTANT = 1.0  # variance: nothing is known of a mediator's level over its mean
_WALKS = np.array([1e-7, 1e-6, 1e-5, 1e-4, 1e-3])  # variances of a week's step
_PASSING = np.array([0.0, 1e-4, 1e-3, 1e-2])
_JITTER = 1e-8


@dataclass(frozen=True)
class BetweenWaves:
    """A mediator's own part in one region.

    Parameters
    ----------
    seen
        ``[W]`` weeks with a value.
    gain
        ``[W, S]`` of the S values, and
    root
        ``[W, W]`` square root of what they leave open.
    """

    seen: Bools
    gain: Floats
    root: Floats

    def expected(self, left: Floats) -> Floats:
        """Own part ``[…, W]`` given what media leave of the values, ``[…, W]``."""
        return np.asarray(left[..., self.seen] @ self.gain.T)

    def drawn(self, rng: np.random.Generator, left: Floats) -> Floats:
        """Draw of it, one for each of ``[M, W]``."""
        return self.expected(left) + rng.standard_normal(left.shape) @ self.root.T


def between_waves(left: Floats, error: Floats) -> list[BetweenWaves]:
    """Learn how a mediator moves by itself, alike in all regions, and smooth it in each.

    Parameters
    ----------
    left
        ``[R, W]`` values less what media created, over the usual; NaN where there is none.
    error
        ``[R, W]`` their standard errors.
    """
    chances = [
        (sum(_log_likelihood(left[r], error[r], walk, passing) for r in range(len(left))),
         walk, passing)
        for walk in _WALKS
        for passing in _PASSING
    ]  # fmt: skip
    _, walk, passing = max(chances)
    return [_smoothed(left[r], error[r], walk, passing) for r in range(len(left))]


def _covariance(weeks: int, walk: float, passing: float) -> Floats:
    week = np.arange(weeks)
    apart = np.abs(week[:, None] - week)
    return np.asarray(
        _CONSTANT + walk * np.minimum(week[:, None], week) + passing * _AR**apart
    ) + _JITTER * np.eye(weeks)


def _log_likelihood(left: Floats, error: Floats, walk: float, passing: float) -> float:
    seen = ~np.isnan(left)
    if not seen.any():
        return 0.0
    cov = _covariance(len(left), walk, passing)[np.ix_(seen, seen)] + np.diag(error[seen] ** 2)
    factor = cho_factor(cov, lower=True)
    value = left[seen]
    half = np.log(np.diag(factor[0])).sum()
    return float(-0.5 * value @ cho_solve(factor, value) - half)


def _smoothed(left: Floats, error: Floats, walk: float, passing: float) -> BetweenWaves:
    seen = ~np.isnan(left)
    prior = _covariance(len(left), walk, passing)
    inner = prior[np.ix_(seen, seen)] + np.diag(error[seen] ** 2)
    gain = np.linalg.solve(inner, prior[seen]).T
    value, vector = np.linalg.eigh(prior - gain @ prior[seen])
    return BetweenWaves(seen, gain, vector * np.sqrt(np.maximum(value, 0.0)))
