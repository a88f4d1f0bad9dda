"""Stepwise choice of regressors for many regressions at once, from second moments alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmm_model.panel import Bools, Floats

# A column whose variance given those chosen falls below this share is a copy of them.
_COLLINEAR = 1e-9
_ROWS_PER_REGRESSOR = 4.0


def choose_regressors(
    gram: Floats,
    target: np.ndarray,
    allowed: Bools,
    rows: float,
    price: Floats,
    entry: float = 1.0,
) -> tuple[Floats, Floats]:
    """Grow each regression by its best regressor while that pays, then shrink it again.

    A regressor pays when it lowers ``rows · log(residual variance)`` by more than its
    price.
    Growing keeps a pivoted Cholesky factor of the chosen columns, so that a step costs
    O(B · P · chosen) and never a P × P matrix for each regression.

    Parameters
    ----------
    gram
        ``[P, P]`` mean products of the columns.
    target
        ``[B]`` column that each regression explains.
    allowed
        ``[B, P]`` columns that it may use.
    rows
        Number of rows behind ``gram``.
    price
        ``[P]`` of each column as a regressor, in units of −2 log-likelihood.
    entry
        Share of the price that is asked for while growing. Two regressors may be worth
        little one by one and much together; a low entry lets both in.

    Returns
    -------
    weight, variance
        ``[B, P]`` coefficients, 0 where not chosen; ``[B]`` residual variance.
    """
    most = int(min(len(gram), max(rows / _ROWS_PER_REGRESSOR, 1.0)))
    chosen, count = _grow(gram, target, allowed, rows, entry * price, most)
    return _shrink(gram, target, chosen, count, rows, price)


def _grow(
    gram: Floats, target: np.ndarray, allowed: Bools, rows: float, price: Floats, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """Columns chosen in turn ``[B, K]``, and how many of them count ``[B]``.

    ``most`` is the greatest number of them.
    """
    growth = _Growth.of(gram, target, allowed)
    growing = np.arange(len(target))
    while len(growing) and growth.chosen.shape[1] < most:
        gain = growth.gain(growing, rows, price)
        best = gain.argmax(axis=1)
        pays = gain[np.arange(len(best)), best] > 0.0
        growing, best = growing[pays], best[pays]
        growth.add(growing, best)
    return growth.chosen, growth.count


@dataclass
class _Growth:
    """B regressions that grow by one column at a time, chosen out of P.

    Parameters
    ----------
    gram
        ``[P, P]`` mean products of the columns.
    cross
        ``[B, P]`` of the residual with every column's, given those chosen.
    variance
        ``[B, P]`` of every column given those chosen.
    left
        ``[B]`` residual variance.
    free
        ``[B, P]`` columns that may still be chosen.
    factor
        ``[B, K, P]`` pivoted Cholesky factor: a row for each chosen column.
    chosen, count
        ``[B, K]`` and ``[B]`` how many of them count.
    """

    gram: Floats
    cross: Floats
    variance: Floats
    left: Floats
    free: Bools
    factor: Floats
    chosen: np.ndarray
    count: np.ndarray

    @classmethod
    def of(cls, gram: Floats, target: np.ndarray, allowed: Bools) -> _Growth:
        """Start with no column."""
        batch, width = allowed.shape
        scale = np.diag(gram)
        return cls(
            gram=gram,
            cross=gram[target],
            variance=np.tile(scale, (batch, 1)),
            left=scale[target],
            free=allowed.copy(),
            factor=np.zeros((batch, 0, width)),
            chosen=np.zeros((batch, 0), dtype=int),
            count=np.zeros(batch, dtype=int),
        )

    def gain(self, growing: np.ndarray, rows: float, price: Floats) -> Floats:
        """What each column is worth above its price, ``[b, P]``; −inf where it cannot be used.

        Parameters
        ----------
        growing
            ``[b]`` regressions.
        rows, price
            As in `choose_regressors`.
        """
        scale = np.diag(self.gram)
        usable = self.free[growing] & (self.variance[growing] > _COLLINEAR * scale)
        explains = np.where(usable, self.cross[growing] ** 2, 0.0)
        explains /= np.maximum(self.variance[growing], _COLLINEAR * scale + 1e-300)
        share = explains / np.maximum(self.left[growing, None], 1e-300)
        share = np.minimum(share, 1.0 - _COLLINEAR)
        return np.where(usable, -rows * np.log1p(-share) - price, -np.inf)

    def add(self, growing: np.ndarray, best: np.ndarray) -> None:
        """Give regressions ``growing`` ``[b]`` the columns ``best`` ``[b]``."""
        factor = self.factor[growing]
        root = np.sqrt(self.variance[growing, best])
        explained = np.einsum("bk,bkp->bp", self.factor[growing, :, best], factor)
        row = (self.gram[best] - explained) / root[:, None]
        along = self.cross[growing, best] / root
        self.cross[growing] -= along[:, None] * row
        self.variance[growing] -= row**2
        self.left[growing] -= along**2
        self.free[growing, best] = False
        self.count[growing] += 1
        batch, _, width = self.factor.shape
        self.factor = np.concatenate([self.factor, np.zeros((batch, 1, width))], axis=1)
        self.factor[growing, -1] = row
        self.chosen = np.concatenate([self.chosen, np.zeros((batch, 1), dtype=int)], axis=1)
        self.chosen[growing, -1] = best


def _shrink(
    gram: Floats,
    target: np.ndarray,
    chosen: np.ndarray,
    count: np.ndarray,
    rows: float,
    price: Floats,
) -> tuple[Floats, Floats]:
    """Drop the least useful regressor of each regression until all pay; coefficients."""
    weight = np.zeros((len(target), len(gram)))
    variance = gram[target, target].copy()
    used = np.arange(chosen.shape[1]) < count[:, None]
    open_ = np.flatnonzero(count)
    while len(open_):
        use, column, goal = used[open_], chosen[open_], target[open_]
        # Columns out of use become the identity: one inverse serves all sizes.
        inner = gram[column[:, :, None], column[:, None, :]] * (use[:, :, None] & use[:, None, :])
        inner += np.eye(use.shape[1]) * ~use[:, :, None]
        products = gram[goal[:, None], column] * use
        inverse = np.linalg.inv(inner)
        solution = np.einsum("bij,bj->bi", inverse, products)
        left = gram[goal, goal] - (solution * products).sum(axis=1)
        left = np.maximum(left, _COLLINEAR * gram[goal, goal])
        adds = solution**2 / (np.diagonal(inverse, axis1=1, axis2=2) * left[:, None])
        profit = np.where(use, rows * np.log1p(adds) - price[column], np.inf)
        least = profit.argmin(axis=1)
        drops = profit[np.arange(len(least)), least] < 0.0
        done = open_[~drops]
        np.add.at(weight, (done[:, None], column[~drops]), solution[~drops])
        variance[done] = left[~drops]
        open_ = open_[drops]
        used[open_, least[drops]] = False
    return weight, variance
