"""Weeks and the weeks before them as rows of a table, reweighted in blocks of weeks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model.graph.preparation import with_past
from mmm_model.panel import Bools, Floats

_BLOCK_WEEKS = 8


@dataclass(frozen=True)
class LaggedPanel:
    """One row per region and week: every series now, a week ago, two weeks ago, ….

    Parameters
    ----------
    table
        ``[N, P]`` rows, centred and freed of the nuisance; P = (L + 1) · C.
    block_of
        ``[N]`` block of weeks of each row.
    gram, count
        ``[K, P, P]`` sums of products of the rows in each block, ``[K]`` number of rows.
    rows
        Number of independent rows that these are worth: regions that move together tell the
        same story more than once.
    """

    table: Floats
    block_of: np.ndarray
    gram: Floats
    count: Floats
    rows: float

    @classmethod
    def of(cls, series: Floats, nuisance: Floats, inside: Bools, lags: int) -> LaggedPanel:
        """Lay out ``series`` ``[R, W, C]``, without what past ``nuisance`` ``[R, W, N]`` explains.

        Only weeks that are ``inside`` ``[R, W]`` the data with all their lags become rows.
        """
        weeks, channels = series.shape[1:]
        valid = with_past(inside, lags)
        table = np.concatenate(
            [series[:, lags - lag : weeks - lag][valid] for lag in range(lags + 1)], axis=1
        )
        past = [nuisance[:, lags - lag : weeks - lag][valid] for lag in range(1, min(lags, 2) + 1)]
        table = _freed(table, np.concatenate([np.ones((len(table), 1)), *past], axis=1))
        length = valid.shape[1]
        blocks = max(length // _BLOCK_WEEKS, 2)
        block_of = np.broadcast_to(np.arange(length) * blocks // length, valid.shape)[valid]
        parts = [table[block_of == block] for block in range(blocks)]
        shock = np.zeros((*valid.shape, channels))
        shock[valid] = _freed(table[:, :channels], table[:, channels:])
        return cls(
            table=table,
            block_of=block_of,
            gram=np.stack([part.T @ part for part in parts]),
            count=np.array([float(len(part)) for part in parts]),
            rows=len(table) / design_effect(shock),
        )

    @property
    def blocks(self) -> int:
        """Number of blocks K."""
        return len(self.count)

    def moments(self, weight: Floats) -> Floats:
        """Mean products ``[P, P]`` with each block counted ``weight`` ``[K]`` times."""
        total = np.tensordot(weight, self.gram, axes=1)
        return np.asarray(total / max(float(weight @ self.count), 1e-12))

    def draw(self, weight: Floats, most: int, rng: np.random.Generator) -> Floats:
        """At most ``most`` rows ``[n, P]``, drawn as often as their blocks count."""
        chance = weight[self.block_of]
        size = min(most, len(self.table))
        return self.table[rng.choice(len(self.table), size, p=chance / chance.sum())]


def design_effect(shock: Floats) -> float:
    """How many times wider the variance of a slope is than with independent regions.

    A slope of one correlated series on another has 1 + (R − 1) · mean of ρ² times the
    variance, ρ the correlation of two regions (Kish 1965); what chance alone makes of ρ² is
    taken off.

    Parameters
    ----------
    shock
        ``[R, T, C]`` what the past does not explain; 0 where there is no data.
    """
    regions, weeks = shock.shape[:2]
    size = np.sqrt((shock**2).sum(axis=1, keepdims=True))
    unit = shock / np.where(size > 0.0, size, 1.0)
    correlation = np.einsum("rtc,stc->crs", unit, unit, optimize=True)
    present = np.einsum("crr->c", correlation)
    pairs = np.maximum(present * (present - 1.0), 1.0)
    squared = ((correlation**2).sum(axis=(1, 2)) - present) / pairs
    return float(1.0 + (regions - 1) * max(squared.mean() - 1.0 / weeks, 0.0))


def _freed(table: Floats, regressors: Floats) -> Floats:
    """``table`` ``[N, P]`` without what least squares on ``regressors`` explains."""
    gram = regressors.T @ regressors
    gram += 1e-6 * max(len(table), 1) * np.eye(len(gram))
    return table - regressors @ np.linalg.solve(gram, regressors.T @ table)
