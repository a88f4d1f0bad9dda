"""Second moments of resampled weeks, without another pass over the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model.panel import Bools, Floats

_BLOCK_WEEKS = 8


@dataclass(frozen=True)
class LaggedPanel:
    """Values of each week and of those before it, side by side, cut into blocks of weeks.

    Parameters
    ----------
    now
        ``[R, T, C]`` shocks of this week: what the past does not explain; 0 where not valid.
    valid
        ``[R, T]`` whether this week and all its lags are inside the data.
    block_of
        ``[T]`` block of each week.
    gram, count
        ``[K, P + N, P + N]`` sums of products in each block, and ``[K]`` its number of rows;
        P columns are lag 0 of all channels, lag 1 of all, …; N are the nuisance.
    columns
        P.
    rows
        Number of rows that are worth as much as independent ones: regions that move
        together tell the same story more than once.
    """

    now: Floats
    valid: Bools
    block_of: np.ndarray
    gram: Floats
    count: Floats
    columns: int
    rows: float

    @classmethod
    def of(cls, series: Floats, nuisance: Floats, inside: Bools, lags: int) -> LaggedPanel:
        """Lay out ``series`` ``[R, W, C]`` and last week's ``nuisance`` ``[R, W, N]``."""
        weeks, channels = series.shape[1:]
        valid = inside[:, lags:].copy()
        for lag in range(1, lags + 1):
            valid &= inside[:, lags - lag : weeks - lag]
        parts = [series[:, lags - lag : weeks - lag] for lag in range(lags + 1)]
        parts += [nuisance[:, lags - lag : weeks - lag] for lag in range(1, min(lags, 2) + 1)]
        table = np.where(valid[:, :, None], np.concatenate(parts, axis=-1), 0.0)
        length = table.shape[1]
        blocks = max(length // _BLOCK_WEEKS, 2)
        block_of = np.arange(length) * blocks // length
        gram = np.zeros((blocks, table.shape[-1], table.shape[-1]))
        for block in range(blocks):
            rows = table[:, block_of == block].reshape(-1, table.shape[-1])
            gram[block] = rows.T @ rows
        count = np.array([valid[:, block_of == block].sum() for block in range(blocks)])
        past = table[:, :, channels:]
        ridge = 1e-6 * max(float(count.sum()), 1.0) * np.eye(past.shape[-1])
        total = gram.sum(axis=0)
        explained = np.linalg.solve(
            total[channels:, channels:] + ridge, total[channels:, :channels]
        )
        now = np.where(valid[:, :, None], table[:, :, :channels] - past @ explained, 0.0)
        return cls(
            now=now,
            valid=valid,
            block_of=block_of,
            gram=gram,
            count=count.astype(float),
            columns=(lags + 1) * channels,
            rows=float(count.sum()) / design_effect(now),
        )

    @property
    def blocks(self) -> int:
        """Number of blocks K."""
        return len(self.count)

    def moments(self, weight: Floats) -> Floats:
        """Mean products ``[B, P, P]`` of B samples, freed of the nuisance.

        Parameters
        ----------
        weight
            ``[B, K]`` how often each sample holds each block.
        """
        total = np.einsum("nb,bpq->npq", weight, self.gram, optimize=True)
        total /= np.maximum(weight @ self.count, 1.0)[:, None, None]
        p = self.columns
        nuisance = total[:, p:, p:] + 1e-6 * np.eye(total.shape[-1] - p)
        cross = total[:, :p, p:]
        return total[:, :p, :p] - cross @ np.linalg.solve(nuisance, cross.transpose(0, 2, 1))


def design_effect(shock: Floats) -> float:
    """How many times wider the variance of a slope is than with independent regions.

    A slope of one correlated series on another has 1 + (R − 1) · mean of ρ² times the
    variance, ρ the correlation of two regions (Kish 1965); what chance alone makes of ρ² is
    taken off.

    Parameters
    ----------
    shock
        ``[R, T, C]``.
    """
    regions, weeks = shock.shape[:2]
    size = np.sqrt((shock**2).sum(axis=1, keepdims=True))
    unit = shock / np.where(size > 0.0, size, 1.0)
    correlation = np.einsum("rtc,stc->crs", unit, unit, optimize=True)
    present = np.einsum("crr->c", correlation)
    pairs = np.maximum(present * (present - 1.0), 1.0)
    squared = ((correlation**2).sum(axis=(1, 2)) - present) / pairs
    return float(1.0 + (regions - 1) * max(squared.mean() - 1.0 / weeks, 0.0))
