"""A slow stock of brand in the posterior: whether there is one, how large, how fast it fades.

Given all else the KPI is linear in what the stock adds, ``m (B_h + start D_h)`` with B_h the stock
of half-life h that the channels' contributions leave behind and D_h what of it was there before
the first week (`mmm_model.equation.brand_stock`). So the start is integrated out, multiple and
half-life are drawn together on a grid, and with them whether there is a stock at all (*spike and
slab*: Mitchell and Beauchamp, 1988). A level that drifts, in V, competes with it: what could be
either is no evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp, ndtri

from mmm_model import priors
from mmm_model.brand import FEWEST_WEEKS, BrandSettings
from mmm_model.equation.brand_stock import stock_matrices
from mmm_model.fit.posterior.shapes import ChannelResponses
from mmm_model.fit.posterior.sizes import pick
from mmm_model.panel import Bools, Floats

# Points of the grid: half-lives a fifth apart, multiples a few percent of their probability.
_HALF_LIVES, _MULTIPLES = 8, 60
# Share of the draws that evidence is told by at most: more would be claimed by their number alone.
_SUREST = 1e-4


@dataclass(frozen=True)
class Stock:
    """Where a chain is.

    Parameters
    ----------
    multiple
        What media bring later over what they bring at once; 0: there is no stock.
    place
        Index of the half-life.
    start
        By how much of itself it began higher than the first year's.
    log_odds
        Of a stock against none, given all else when this was drawn.
    """

    multiple: float = 0.0
    place: int = 0
    start: float = 0.0
    log_odds: float = -np.inf


@dataclass(frozen=True)
class BrandTerm:
    """What a stock may be.

    Parameters
    ----------
    channels
        ``[C]`` those that feed it; none where no stock is looked for.
    half_life
        ``[H]`` weeks, equally likely.
    stock, before
        ``[H, W, W]`` what takes contributions to B_h and to D_h.
    """

    channels: Bools
    half_life: Floats
    stock: Floats
    before: Floats

    @classmethod
    def of(
        cls, settings: BrandSettings | None, channels: Sequence[str], weeks: int
    ) -> BrandTerm | None:
        """Return what is looked for; None where nothing is, or the weeks are too few."""
        known = np.array([settings is not None and name in settings.channels for name in channels])
        if settings is None or not known.any() or weeks < FEWEST_WEEKS:
            return None
        half_life = np.geomspace(*settings.half_life, _HALF_LIVES)
        each = [stock_matrices(weeks, h) for h in half_life]
        fed, before = (np.stack(part) for part in zip(*each, strict=True))
        return cls(known, half_life, fed + before, before)

    def columns(self, direct: Floats) -> Floats:
        """``[R, W, 2 H]``: B and D of contributions ``[R, W, C]``."""
        fed = direct[..., self.channels].sum(-1)  # [R, W]
        both = np.concatenate([self.stock, self.before])
        return np.einsum("hts,rs->rth", both, fed)

    def coefficients(self, now: Stock) -> Floats:
        """``[2 H]`` of the columns."""
        found = np.zeros(2 * len(self.half_life))
        found[now.place] = now.multiple
        found[now.place + len(self.half_life)] = now.multiple * now.start
        return found

    def added(self, now: Stock, series: Floats) -> Floats:
        """What a stock adds to series ``[R, W, Q]`` of its channels, and these themselves."""
        if not now.multiple:
            return series
        left = self.stock[now.place] + now.start * self.before[now.place]
        return series + now.multiple * (left @ series)

    def lasting(self, now: Stock, responses: ChannelResponses) -> ChannelResponses:
        """Return responses of a channel that feeds the stock with what they leave behind."""
        return responses.with_basis(self.added(now, responses.basis))

    def drawn(self, rng: np.random.Generator, now: Stock, gram: Floats, meets: Floats) -> Stock:
        """Draw whether there is a stock, its multiple, half-life and start.

        Parameters
        ----------
        gram, meets
            Moments of the columns with themselves, ``[2 H, 2 H]``, and with what is left over at
            the present stock, ``[2 H]``.
        """
        count, doubt = len(self.half_life), priors.BRAND_START_SD
        meets = meets + gram @ self.coefficients(now)
        square, met = np.diag(gram).reshape(2, count), meets.reshape(2, count)
        across = gram[np.arange(count), count + np.arange(count)]
        median, spread = priors.BRAND_MULTIPLE
        # Of equal probability before the data, so that their mean is the integral over the prior.
        even = (np.arange(_MULTIPLES) + rng.random()) / _MULTIPLES
        multiple = (median * np.exp(spread * ndtri(even)))[:, None]  # [G, 1]
        scale = multiple * doubt
        seen = scale * (met[1] - multiple * across)
        precision = 1.0 + scale**2 * square[1]
        log_p = multiple * met[0] - 0.5 * multiple**2 * square[0]
        log_p = log_p + 0.5 * seen**2 / precision - 0.5 * np.log(precision)
        log_odds = float(logsumexp(log_p) - np.log(log_p.size))
        if np.log(rng.random()) < -np.logaddexp(0.0, log_odds):
            return Stock(log_odds=log_odds)
        row, place = divmod(pick(rng, log_p.ravel()), count)
        mean, sd = seen[row, place] / precision[row, place], precision[row, place] ** -0.5
        start = doubt * (mean + sd * rng.standard_normal())
        return Stock(float(multiple[row, 0]), place, float(start), log_odds)


def log_evidence(stocks: Sequence[Stock]) -> float:
    """Logarithm of the Bayes factor of a stock against none, from draws of a chain that had both.

    Before the data both are equally likely, so it is the logit of the share of draws with one; of
    each draw the probability counts, not its outcome (Rao-Blackwell).
    """
    odds = np.array([one.log_odds for one in stocks])
    share = np.clip(np.exp(-np.logaddexp(0.0, -odds)).mean(), _SUREST, 1.0 - _SUREST)
    return float(np.log(share / (1.0 - share)))
