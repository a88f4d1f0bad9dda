"""The panel on the scale of the model, and what its equation knows before any draw."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmm_model import priors
from mmm_model.equation.adstock import adstock_of
from mmm_model.equation.saturation import saturation_of
from mmm_model.fit.posterior.candidates import Candidates
from mmm_model.fit.posterior.carryover import Carryover
from mmm_model.fit.posterior.interactive import shared_movements
from mmm_model.fit.posterior.shapes import ChannelResponses, ShapeBank
from mmm_model.fit.posterior.treated import TreatmentColumns
from mmm_model.fit.posterior.usual import Usual
from mmm_model.fit.readings import Reading
from mmm_model.panel import Bools, Floats, Panel
from mmm_model.settings import ModelSettings

_WEEKS_IN_YEAR = 365.25 / 7
_ORIGIN = pd.Timestamp("2000-01-03")
_LARGEST_CONTROL = 5.0
_SMOOTHING_WEEKS = 5
# A lag that is as long as a fourth of the data is hardly seen; shorter ones are always tried.
_WEEKS_FOR_A_LAG, _FEWEST_LAGS = 4, 4


@dataclass(frozen=True)
class Design:
    """What one posterior is sampled from.

    Parameters
    ----------
    kpi
        ``[R, W]`` over the region's size; 0 where not observed.
    observed
        ``[R, W]``.
    doubt
        ``[R, W]`` standard error of the KPI, over the region's size; None where it is counted.
    size
        ``[R]`` mean absolute KPI of the region.
    weight
        ``[R, W]`` worth of a cell's KPI over that of all; adds up to one.
    worth
        Of the whole panel's KPI: a contribution's share times this is money (or KPI units).
    spend
        ``[C]`` total; NaN where unknown.
    exposure
        ``[R, W, C]`` over the region's mean, typing errors taken out.
    exposure_size
        ``[R, C]`` that mean.
    frequency_size
        ``[C]`` mean frequency of the people that a channel reached; 0 for one without.
    control
        ``[R, W, K]`` standardised.
    season
        ``[W, 2H]`` yearly harmonics.
    movements
        ``[R, W, K]`` that groups of regions share, see `shared_movements`.
    shapes
        That a channel's response may have.
    responses
        Of each channel, under every shape.
    candidates
        Of channels that are read with errors, by their position.
    treatment
        Promotions, prices and holidays.
    log_carryover
        ``[C, A]`` what another KPI says of the kernels, a logarithm; zero where none is known.
    """

    kpi: Floats
    observed: Bools
    doubt: Floats | None
    size: Floats
    weight: Floats
    worth: float
    spend: Floats
    exposure: Floats
    exposure_size: Floats
    frequency_size: Floats
    control: Floats
    season: Floats
    movements: Floats
    shapes: ShapeBank
    responses: tuple[ChannelResponses, ...]
    candidates: dict[int, Candidates]
    treatment: TreatmentColumns
    log_carryover: Floats

    @classmethod
    def of(
        cls,
        panel: Panel,
        settings: ModelSettings,
        readings: Sequence[Reading] = (),
        treatment: Floats | None = None,
        carryover: Carryover | None = None,
    ) -> Design:
        """Scale a panel.

        Parameters
        ----------
        readings
            Of its regions and weeks.
        treatment
            ``[R, W, T]`` columns of its treatments, see `Scaling.treatment`; None: it has none.
        carryover
            That another KPI of the same media was found to have.
        """
        observed = panel.observed
        size = np.abs(panel.kpi * observed).sum(1) / np.maximum(observed.sum(1), 1)
        size = np.where(size > 0, size, size[size > 0].mean() if (size > 0).any() else 1.0)
        money = size[:, None] * _filled(panel.value_per_kpi)
        last = np.flatnonzero(observed.any(0))[-1] + 1
        plausible = without_typing_errors(panel.exposure)
        exposure_size = _mean_exposure(plausible[:, :last])
        exposure = _rounded(plausible / exposure_size[:, None])
        weeks = panel.exposure.shape[1]
        lags = min(settings.lag_weeks, max(weeks // _WEEKS_FOR_A_LAG, _FEWEST_LAGS))
        shapes = ShapeBank.of(adstock_of(settings), saturation_of(settings), lags + 1)
        weight = _rounded(money / money.sum() * money.size) / money.size
        kpi = _rounded(np.where(observed, panel.kpi / size[:, None], 0.0))
        often = _mean_frequency(panel.head(last))
        frequency: list[Floats | None] = [None] * len(panel.channels)
        for c in np.flatnonzero(often):
            assert panel.frequency is not None
            frequency[c] = _rounded(panel.frequency[..., c] / often[c])
        return cls(
            kpi=kpi,
            observed=observed,
            doubt=None
            if panel.kpi_error is None
            else _rounded(np.where(observed, panel.kpi_error, 0.0) / size[:, None]),
            size=size,
            weight=weight,
            worth=float(money.sum()),
            spend=np.where(panel.has_spend, np.nansum(panel.spend, (0, 1)), np.nan),
            exposure=exposure,
            exposure_size=exposure_size,
            frequency_size=often,
            control=_rounded(_standardised(panel.control, last)),
            season=_season(panel.weeks, last),
            movements=shared_movements(kpi, observed),
            shapes=shapes,
            responses=tuple(
                ChannelResponses.of(exposure[..., c], weight, shapes, frequency[c])
                for c in range(exposure.shape[2])
            ),
            candidates={
                c: Candidates.of(reading, exposure[..., c], weight, shapes, frequency[c])
                for reading in readings
                for c in [panel.channels.index(reading.channel)]
            },
            treatment=TreatmentColumns.none(*kpi.shape)
            if treatment is None
            else TreatmentColumns.of(panel.treatments, _rounded(treatment)),
            log_carryover=np.zeros((exposure.shape[2], len(shapes.kernel)))
            if carryover is None
            else carryover.log_evidence(panel.channels, shapes),
        )

    @property
    def regions(self) -> int:
        """Number of regions."""
        return self.kpi.shape[0]

    @property
    def weeks(self) -> int:
        """Number of weeks."""
        return self.kpi.shape[1]

    @property
    def channels(self) -> int:
        """Number of channels."""
        return len(self.responses)

    @property
    def log_spend_share(self) -> Floats:
        """``[C]`` logarithm of each channel's share of spend; equal where spend is unknown."""
        if not (self.spend > 0).all():
            return np.full(self.channels, -np.log(self.channels))
        share = np.maximum(self.spend / self.spend.sum(), priors.SMALLEST_SPEND / self.channels)
        return _rounded(np.log(share / share.sum()))

    def log_priors(self, usual: Usual) -> list[Floats]:
        """``[S]`` log prior of each channel's shapes, up to a constant."""
        pooled = usual.log_prior(self.shapes)
        own = [
            usual.log_prior(self.shapes, self.shapes.log_frequency_prior(size)) if size else pooled
            for size in self.frequency_size
        ]
        if not self.log_carryover.any():
            return own
        told = np.repeat(self.log_carryover, self.shapes.curves, axis=1)
        return [prior + more for prior, more in zip(own, told, strict=True)]

    def smooth_control(self) -> Floats:
        """``[R, W, K]`` centred means: a control is a noisy reading of what moves the KPI."""
        half = _SMOOTHING_WEEKS // 2
        padded = np.pad(self.control, ((0, 0), (half, half), (0, 0)), mode="edge")
        shifted = [padded[:, i : i + self.weeks] for i in range(_SMOOTHING_WEEKS)]
        return np.mean(shifted, axis=0)


def without_typing_errors(exposure: Floats) -> Floats:
    """Exposure ``[R, W, C]`` in which one week far above all others is an ordinary one.

    A single week above three times the second largest, and eight times the median of the
    weeks that ran, is taken for a typing error.
    """
    ordered = np.sort(exposure, axis=1)
    if exposure.shape[1] < 8:
        return exposure
    running = np.where(exposure > 0, exposure, np.nan)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        usual = np.nan_to_num(np.nanmedian(running, axis=1, keepdims=True))
    wrong = (exposure > 3.0 * ordered[:, -2:-1]) & (exposure > 8.0 * usual)
    wrong &= (exposure > 0).sum(1, keepdims=True) >= 8
    return np.where(wrong, usual, exposure)


def _rounded(values: Floats) -> Floats:
    """Values of the order of one, without the digits that the units of a table leave in them.

    A chain goes another way for the last of them: the same data in other units have the same
    answer.
    """
    return np.round(values, 9)


def _doubt(panel: Panel, size: Floats) -> Floats | None:
    if panel.kpi_error is None:
        return None
    return _rounded(np.where(panel.observed, panel.kpi_error / size[:, None], 0.0))


def _filled(value: Floats) -> Floats:
    known = np.where(value > 0, value, np.nan)
    if np.isnan(known).all():
        return np.ones_like(value)
    return np.where(np.isnan(known), np.nanmean(known), known)


def _mean_exposure(exposure: Floats) -> Floats:
    """``[R, C]``; a region that never saw a channel takes the mean of the others."""
    mean = exposure.mean(1)
    on = (mean > 0).sum(0)
    overall = np.where(on > 0, mean.sum(0) / np.maximum(on, 1), 1.0)
    return np.where(mean > 0, mean, overall)


def _mean_frequency(panel: Panel) -> Floats:
    """``[C]`` contacts per person reached, over all regions and weeks; 0 without frequency."""
    reach, contacts = panel.exposure.sum((0, 1)), panel.contacts.sum((0, 1))
    mean = np.where(reach > 0, contacts / np.where(reach > 0, reach, 1.0), 1.0)
    return np.where(panel.by_frequency, mean, 0.0)


def _standardised(control: Floats, weeks: int) -> Floats:
    past = control[:, :weeks]
    spread = past.std(1)
    spread = np.maximum(spread, 0.1 * np.median(spread, 0, keepdims=True))
    spread = np.where(spread > 1e-12, spread, 1.0)
    z = (control - past.mean(1, keepdims=True)) / spread[:, None]
    return np.clip(z, -_LARGEST_CONTROL, _LARGEST_CONTROL)


def _season(weeks: pd.DatetimeIndex, seen: int) -> Floats:
    pairs = 2 if seen >= 104 else int(seen >= 70)
    position = np.asarray((weeks - _ORIGIN).days, dtype=float) / 7.0
    angle = 2.0 * np.pi * np.outer(position / _WEEKS_IN_YEAR, np.arange(1, pairs + 1))
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)
