"""Variances of everything that is not media, and what is expected of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mmm_model import priors
from mmm_model.fit.posterior.design import Design
from mmm_model.panel import Floats

_SMALLEST_SD = 1e-3
# Logarithm of a variance over the noise's, short of the largest that is drawn.
_LARGEST_START = 4.5
_DRIFT = (priors.LOG_DRIFT, priors.LOG_DRIFT_SD)
# Mean and standard deviation of the logarithm, before the data: of variances over the noise's,
# and of standard deviations of what controls, harmonics and holidays bring.
PRIOR = {
    "drift": _DRIFT,
    "common_drift": _DRIFT,
    **priors.LOG_OTHER_VARIANCES,
    **priors.LOG_SCALES,
    "holiday": priors.LOG_HOLIDAY,
}


@dataclass(frozen=True)
class Variances:
    """Variances of the noise and, by the logarithm, of everything else.

    Parameters
    ----------
    sd
        ``[R]`` of an ordinary week's noise.
    precision
        ``[R, W]`` one for an ordinary week, less for an outlier.
    log
        Logarithms by name, see `PRIOR`.
    holiday
        ``[H]`` standard deviation of each column of holidays over that of all of them.
    """

    sd: Floats
    precision: Floats
    log: dict[str, float]
    holiday: Floats

    @classmethod
    def first(cls, design: Design) -> Variances:
        """Guess from the differences between weeks."""
        rest = np.where(design.observed, design.kpi, np.nan)
        step = _usual_step(rest) / 0.954
        far = np.abs(rest - np.nanmedian(rest, axis=1, keepdims=True))
        far = np.nan_to_num(
            far / np.maximum(1.4826 * np.nanmedian(far, axis=1, keepdims=True), 1e-3)
        )
        names = [n for n in PRIOR if design.regions > 1 or "common" not in n]
        if not design.treatment.shrunk.any():
            names.remove("holiday")
        sd = np.maximum(np.nan_to_num(step, nan=0.05), _SMALLEST_SD)
        log = {name: PRIOR[name][0] for name in names}
        if design.regions > 1:
            log |= _of_movement(rest, log, float(np.median(sd)))
        return cls(
            sd=sd,
            precision=np.minimum(1.0, 5.0 / np.maximum(far, 5.0)) ** 2,
            log=log,
            holiday=np.ones(int(design.treatment.shrunk.sum())),
        )

    @property
    def log_prior(self) -> float:
        """Of the logarithms and of the noise."""
        score = sum(((self.log[n] - PRIOR[n][0]) / PRIOR[n][1]) ** 2 for n in self.log)
        return -0.5 * float(score)

    @property
    def holidays(self) -> Floats:
        """``[H]`` standard deviation of what each column of holidays brings."""
        return self.value("holiday") * self.holiday if len(self.holiday) else self.holiday

    def with_holidays(self, rng: np.random.Generator, effect: Floats) -> Variances:
        """Return them with spreads of holidays drawn anew, given what each brings ``[H]``.

        Around the spread of all, holidays have Student's distribution: most do little, and one of
        them is Christmas.
        """
        few = priors.HOLIDAY_TAILS
        square = (effect / self.value("holiday")) ** 2
        variance = (few + square) / rng.chisquare(few + 1.0, len(effect))
        return replace(self, holiday=np.sqrt(variance))

    def value(self, name: str) -> float:
        """Return a variance ratio, or a standard deviation."""
        return float(np.exp(self.log[name]))


def _usual_step(kpi: Floats) -> Floats:
    """``[R]`` median difference between neighbouring weeks; of a survey between waves."""
    seen = ~np.isnan(kpi)
    if (seen[:, 1:] & seen[:, :-1]).any(axis=1).all():
        return np.asarray(np.nanmedian(np.abs(np.diff(kpi, axis=1)), axis=1))
    steps = [np.abs(np.diff(one[there])) for one, there in zip(kpi, seen, strict=True)]
    return np.array([np.median(each) if len(each) else np.nan for each in steps])


def _of_movement(kpi: Floats, log: dict[str, float], sd: float) -> dict[str, float]:
    """Logarithms at which all that moves is demand: where regions move together, and alone.

    From there a chain gives media what they explain better. From the other end, where they
    explain all, it may not come back.

    Parameters
    ----------
    kpi
        ``[R, W]``; NaN where not observed.
    log
        Where the chain would begin otherwise, which is the least.
    """
    seen = ~np.isnan(kpi)
    kpi = kpi[seen.any(axis=1)][:, seen.any(axis=0)]
    common = np.nanmean(kpi, axis=0)
    found = {
        "common_ar": np.nanvar(common),
        "common_shock": 0.5 * np.nanvar(np.diff(common)),
        "ar": np.nanmedian(np.nanvar(kpi - common, axis=1)),
    }
    start = {name: float(np.log(max(value / sd**2, 1e-6))) for name, value in found.items()}
    return {name: min(max(value, log[name]), _LARGEST_START) for name, value in start.items()}
