"""From the units of the data to the scale of the model and back."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np

from mmm_model.equation.treatment import kind_of
from mmm_model.panel import Floats, Panel

_LARGEST_CONTROL = 5.0
# What all regions share in a week is one series, too short to be explained before that.
_WEEKS_FOR_COMMON = 104


@dataclass(frozen=True)
class Scaling:
    """Sizes by which a panel is divided before the model reads it.

    All are means over the weeks of training, so that levels matter (twice the exposure is
    twice as much to the model, too) and units do not.

    Parameters
    ----------
    region_size
        ``[R]`` mean absolute KPI of the region, KPI units.
    exposure_size
        ``[R, C]`` exposure that counts as one.
    control_mean, control_size
        ``[R, K]`` mean and standard deviation of a control in the region.
    common_size
        ``[K]`` standard deviation of what all regions share of a control; empty with a single
        region or few weeks.
    treatment_reference
        ``[R, T]`` levels that treatments are measured against.
    treatment_unit
        ``[T]`` what counts as one of a treatment.
    """

    region_size: Floats
    exposure_size: Floats
    control_mean: Floats
    control_size: Floats
    common_size: Floats
    treatment_reference: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    treatment_unit: Floats = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(cls, panel: Panel) -> Scaling:
        """Measure the sizes on the weeks in which a KPI was observed."""
        seen = panel.observed
        weeks = max(fitted_weeks(panel), 1)
        count = seen.sum(axis=1)
        size = np.abs(panel.kpi * seen).sum(axis=1) / np.maximum(count, 1)
        typical = size[size > 0].mean() if (size > 0).any() else 1.0
        size = np.where(size > 0, size, typical)
        past = panel.control[:, :weeks]
        mean, spread = past.mean(axis=1), _control_size(past)
        common = np.zeros(0)
        if len(past) > 1 and weeks >= _WEEKS_FOR_COMMON:
            common = _standardised(past, mean, spread).mean(axis=0).std(axis=0)
        reference, unit = _treatment_levels(panel, weeks)
        return cls(
            region_size=size,
            exposure_size=_exposure_size(panel.exposure, weeks),
            control_mean=mean,
            control_size=spread,
            common_size=common,
            treatment_reference=reference,
            treatment_unit=unit,
        )

    def kpi(self, panel: Panel) -> Floats:
        """``[R, W]`` KPI over the region's size."""
        return panel.kpi / self.region_size[:, None]

    def exposure(self, exposure: Floats) -> Floats:
        """``[R, W, C]`` exposure over its size."""
        return exposure / self.exposure_size[:, None]

    def control(self, panel: Panel) -> Floats:
        """Standardised controls ``[R, W, K]``; ``[R, W, 2K]`` with what all regions share.

        A control is often a noisy view of what moves the KPI (an index of demand, say). Its
        mean over the regions is a clearer one, so it has a coefficient of its own.
        """
        z = _standardised(panel.control, self.control_mean, self.control_size)
        if not len(self.common_size):
            return z
        common = z.mean(axis=0) / np.where(self.common_size > 1e-9, self.common_size, 1.0)
        return np.concatenate([z, np.broadcast_to(common, z.shape)], axis=-1)

    def treatment(self, panel: Panel) -> Floats:
        """``[R, W, T]`` columns of the treatments, zero at what they are measured against."""
        columns = np.zeros(panel.treatment.shape)
        for t, one in enumerate(panel.treatments):
            reference, unit = self.treatment_reference[:, t, None], self.treatment_unit[t]
            columns[..., t] = kind_of(one.kind).column(panel.treatment[..., t], reference, unit)
        return columns

    def to_arrays(self) -> dict[str, Floats]:
        """Return the arrays by name, for saving."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def _treatment_levels(panel: Panel, weeks: int) -> tuple[Floats, Floats]:
    """References ``[R, T]`` and units ``[T]``, of the fitted weeks."""
    past = panel.treatment[:, :weeks]
    reference, unit = np.zeros((len(past), past.shape[2])), np.ones(past.shape[2])
    for t, one in enumerate(panel.treatments):
        kind = kind_of(one.kind)
        reference[:, t] = kind.reference(past[..., t])
        if one.reference is not None:
            reference[:, t] = one.reference
        unit[t] = kind.unit(past[..., t] - reference[:, t, None])
    return reference, unit


def _standardised(control: Floats, mean: Floats, size: Floats) -> Floats:
    """``[R, W, K]`` within ±5."""
    z = (control - mean[:, None]) / size[:, None]
    return np.clip(z, -_LARGEST_CONTROL, _LARGEST_CONTROL)


def fitted_weeks(panel: Panel) -> int:
    """Number of weeks up to the last one with an observed KPI."""
    seen = np.flatnonzero(panel.observed.any(axis=0))
    return int(seen[-1]) + 1 if len(seen) else 0


def _exposure_size(exposure: Floats, weeks: int) -> Floats:
    """Mean exposure by region in the weeks of training, ``[R, C]``.

    A region that never saw a channel takes the mean of the others. A channel that begins after
    training is of infinite size, so that the model reads none of it: nothing was learned of it,
    and the width of its prior has no unit yet.
    """
    mean = exposure[:, :weeks].mean(axis=1)
    on = (mean > 0).sum(axis=0)
    begins_later = (exposure > 0).any(axis=(0, 1))
    overall = np.where(on > 0, mean.sum(axis=0) / np.maximum(on, 1), 1.0)
    overall = np.where((on == 0) & begins_later, np.inf, overall)
    return np.where(mean > 0, mean, overall)


def _control_size(control: Floats) -> Floats:
    """Standard deviation by region, at least a tenth of the median region's."""
    spread = control.std(axis=1)
    floor = 0.1 * np.median(spread, axis=0, keepdims=True)
    size = np.maximum(spread, floor)
    return np.where(size > 1e-9 * (1e-300 + np.abs(control).max(axis=1)), size, 1.0)
