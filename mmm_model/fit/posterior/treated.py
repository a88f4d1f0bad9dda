"""Effects of treatments in the posterior: promotions, prices, holidays.

With u the columns of the treatments, over V as `Covariance` builds it without those of promotions
and prices,

    y = ... + sum_j theta_j u_j + noise

A promotion or a price has a sign from theory and is drawn by itself, from a normal distribution cut
at nothing, given all else; in a panel each region answers it in a way of its own, around the
nation's, as it does media. What a price brought is a small sum of large parts of either sign, which
such differences move more than all else. Holidays are many and have no sign: they are part of V,
with a variance that is learned from all of them, so media are drawn whatever holidays do. What they
do is drawn afterwards, given media.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import log_ndtr, ndtri_exp

from mmm_model.equation.treatment import kind_of
from mmm_model.fit.posterior.factors import Factors, flat
from mmm_model.panel import Bools, Floats
from mmm_model.treatments import Treatment

_ROUNDS = 2


@dataclass(frozen=True)
class TreatmentColumns:
    """Columns of treatments and what is expected of their coefficients.

    Parameters
    ----------
    columns
        ``[R, W, T]`` zero at the reference.
    sign
        ``[T]`` 1, -1, or 0 where the coefficient may have either sign.
    spread
        ``[T]`` standard deviation; of those that are ``shrunk``, over the one that is learned.
    shrunk
        ``[T]`` whether a coefficient is integrated out.
    """

    columns: Floats
    sign: Floats
    spread: Floats
    shrunk: Bools

    @classmethod
    def of(cls, treatments: tuple[Treatment, ...], columns: Floats) -> TreatmentColumns:
        """Look up what the kinds expect."""
        kinds = [kind_of(one.kind) for one in treatments]
        signs = [kind.sign * one.signed for kind, one in zip(kinds, treatments, strict=True)]
        return cls(
            columns=columns,
            sign=np.array(signs, dtype=float),
            spread=np.array([kind.spread for kind in kinds], dtype=float),
            shrunk=np.array([kind.shrunk for kind in kinds], dtype=bool),
        )

    @classmethod
    def none(cls, regions: int, weeks: int) -> TreatmentColumns:
        """Return no columns at all."""
        return cls.of((), np.zeros((regions, weeks, 0)))

    def only(self, which: Bools) -> TreatmentColumns:
        """Return those that are True in ``[T]``."""
        own = {name: getattr(self, name)[which] for name in ("sign", "spread", "shrunk")}
        return replace(self, columns=self.columns[..., which], **own)

    def everywhere(self, region: Floats) -> Floats:
        """``[R, T]`` multipliers of regions, of ``[R, T']`` of those `drawn`.

        Below nothing a promotion would take sales away; others do the same in all regions.
        """
        found = np.ones((len(region), len(self.shrunk)))
        found[:, ~self.shrunk] = np.maximum(region, 0.0)
        return found

    @property
    def drawn(self) -> TreatmentColumns:
        """Those that are drawn one after the other."""
        return self.only(~self.shrunk)

    @property
    def holidays(self) -> TreatmentColumns:
        """Those whose coefficients are integrated out."""
        return self.only(self.shrunk)


@dataclass(frozen=True)
class WhitenedTreatments:
    """Columns of some treatments, whitened.

    Parameters
    ----------
    sign, spread
        As of `TreatmentColumns`.
    white, low
        ``[RW, T]``, and what the shared columns see of them ``[P, T]``.
    gram
        ``[T, T]`` ``u'V^-1 u``.
    """

    sign: Floats
    spread: Floats
    white: Floats
    low: Floats
    gram: Floats

    @classmethod
    def of(cls, own: TreatmentColumns, factors: Factors) -> WhitenedTreatments:
        """Whiten columns."""
        return cls.white_already(own, factors.alone.white(own.columns), factors)

    @classmethod
    def white_already(
        cls, own: TreatmentColumns, white: Floats, factors: Factors
    ) -> WhitenedTreatments:
        """Gather what is known of whitened columns ``[R, W, T]``."""
        low, cells = factors.lower(white), flat(white)
        return cls(own.sign, own.spread, cells, low, cells.T @ cells - low.T @ low)

    def meets(self, rest: tuple[Floats, Floats]) -> Floats:
        """``[T]`` ``u'V^-1 x`` of what is left over, whitened, and what `lower` says of it."""
        return np.asarray(rest[0].ravel() @ self.white - rest[1] @ self.low)

    def drawn(
        self, rng: np.random.Generator, effect: Floats, rest: tuple[Floats, Floats]
    ) -> Floats:
        """``[T]`` coefficients anew, one after the other, each of the sign that it may have."""
        effect, meets = effect.copy(), self.meets(rest)
        for t in [*range(len(effect))] * _ROUNDS:
            precision = self.gram[t, t] + self.spread[t] ** -2.0
            mean = (meets[t] + self.gram[t, t] * effect[t]) / precision
            now = _of_sign(rng, mean, precision**-0.5, self.sign[t])
            meets = meets - self.gram[:, t] * (now - effect[t])
            effect[t] = now
        return effect

    def integrated(
        self, rng: np.random.Generator, sd: Floats, rest: tuple[Floats, Floats]
    ) -> Floats:
        """``[T]`` coefficients that V has integrated out, given what is left over with them.

        Of x ~ N(0, V) with ``V = V_0 + u S u'`` the coefficients have mean ``S u'V^-1 x`` and
        covariance ``S - S u'V^-1 u S``.

        Parameters
        ----------
        sd
            ``[T]`` square root of S.
        """
        value, vector = np.linalg.eigh(np.eye(len(sd)) - sd[:, None] * self.gram * sd)
        score = np.sqrt(np.maximum(value, 0.0)) * rng.standard_normal(len(sd))
        return np.asarray(sd * (sd * self.meets(rest) + vector @ score))


def _of_sign(rng: np.random.Generator, mean: float, sd: float, sign: float) -> float:
    """Draw of a normal distribution that is cut at zero where there is a sign."""
    if not sign:
        return float(mean + sd * rng.standard_normal())
    # Above zero by the inverse of the upper tail, in logarithms: exact however far zero is.
    tail = np.log(rng.random()) + log_ndtr(sign * mean / sd)
    return float(sign * max(sign * mean - sd * ndtri_exp(tail), 0.0))
