"""The panel: regions × weeks of KPI, media and controls, with a mask of what was observed.

Only the container and the ways to cut it live here; how a panel is read from
tables belongs to the platform, how it is scaled to the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm_model.mediators import Mediators
from mmm_model.treatments import Treatment, decided

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Panel:
    """A rectangular panel of weekly data.

    Parameters
    ----------
    regions, channels, controls
        Names, lengths R, C and K.
    weeks
        W consecutive Mondays.
    kpi
        ``[R, W]`` in KPI units; 0 where not observed.
    observed
        ``[R, W]``; False where the KPI is unknown. Such cells never enter a loss.
    exposure
        ``[R, W, C]``; what the model reads: impressions, clicks or GRPs, or spend for a
        channel that has no exposure. Missing cells are 0.
    spend
        ``[R, W, C]`` in currency; NaN in every cell of a channel whose spend is unknown.
    control
        ``[R, W, K]``; missing cells hold the region's mean.
    value_per_kpi
        ``[R, W]`` currency per KPI unit; NaN when no value is known (then there is no ROI).
    frequency
        ``[R, W, C]`` contacts per person reached, ≥ 1, of channels whose exposure is reach: what
        they do is reach times a curve of this. NaN in every cell of other channels; None where
        there is no such channel.
    population
        ``[R]`` people who can be reached at most, NaN where unknown; None where nowhere known.
    treatments, treatment
        T promotions, prices and holidays, and ``[R, W, T]`` their values as delivered.
    ahead
        ``[R, A, T]`` their values in the A weeks that follow, where these are known beforehand, as
        the calendar is; NaN where they are not, None where none is.
    mediators
        What media create and nobody buys, in the first weeks of the panel; None: nothing is known.
    kpi_error
        ``[R, W]`` standard error of the KPI, where it is a survey's; None: it is counted.

    Raises
    ------
    ValueError
        If a shape does not agree with the names, or the weeks are not consecutive Mondays.
    """

    regions: tuple[str, ...]
    weeks: pd.DatetimeIndex
    channels: tuple[str, ...]
    controls: tuple[str, ...]
    kpi: Floats
    observed: Bools
    exposure: Floats
    spend: Floats
    control: Floats
    value_per_kpi: Floats
    frequency: Floats | None = None
    population: Floats | None = None
    treatments: tuple[Treatment, ...] = ()
    treatment: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))
    ahead: Floats | None = None
    mediators: Mediators | None = None
    kpi_error: Floats | None = None

    def __post_init__(self) -> None:
        r, w, c, k = len(self.regions), len(self.weeks), len(self.channels), len(self.controls)
        t = len(self.treatments)
        if not t:
            object.__setattr__(self, "treatment", np.zeros((r, w, 0)))
            object.__setattr__(self, "ahead", None)
        expected = {
            "kpi": (r, w),
            "observed": (r, w),
            "exposure": (r, w, c),
            "spend": (r, w, c),
            "control": (r, w, k),
            "value_per_kpi": (r, w),
            "frequency": (r, w, c),
            "population": (r,),
            "treatment": (r, w, t),
            "ahead": (r, 0 if self.ahead is None else self.ahead.shape[1], t),
            "kpi_error": (r, w),
        }
        for name, shape in expected.items():
            array = getattr(self, name)
            found = shape if array is None and name in _OPTIONAL else array.shape
            if found != shape:
                raise ValueError(f"panel.{name} has shape {found}, expected {shape}")
        if self.mediators and not (
            self.mediators.value.shape[0] == r and self.mediators.value.shape[1] <= w
        ):
            raise ValueError("panel.mediators are of other regions, or of weeks that it lacks")
        if w and (self.weeks[0].weekday() != 0 or not np.all(np.diff(self.weeks) == WEEK)):
            raise ValueError("panel.weeks must be consecutive Mondays")

    @property
    def has_spend(self) -> Bools:
        """``[C]``; True for a channel whose spend is known."""
        return np.asarray(~np.isnan(self.spend).all(axis=(0, 1)))

    @property
    def by_frequency(self) -> Bools:
        """``[C]``; True for a channel whose exposure is reach at a known frequency."""
        if self.frequency is None:
            return np.zeros(len(self.channels), dtype=bool)
        return np.asarray(~np.isnan(self.frequency).all(axis=(0, 1)))

    @property
    def contacts(self) -> Floats:
        """Exposure ``[R, W, C]`` with reach times frequency in place of reach."""
        return self.contacts_of(self.exposure)

    def contacts_of(self, exposure: Floats) -> Floats:
        """The same of another plan ``[…, R, W, C]`` at the panel's frequencies."""
        if self.frequency is None:
            return exposure
        return exposure * np.where(np.isnan(self.frequency), 1.0, self.frequency)

    def as_contacts(self) -> Panel:
        """Return the panel whose channels of reach and frequency are read as contacts."""
        return replace(self, exposure=self.contacts, frequency=None)

    def of_channels(self, position: Sequence[int] | NDArray[np.intp]) -> Panel:
        """Return the channels at these positions, in this order."""
        frequency = self.frequency
        return replace(
            self,
            channels=tuple(self.channels[c] for c in position),
            exposure=self.exposure[..., position],
            spend=self.spend[..., position],
            frequency=None if frequency is None else frequency[..., position],
        )

    def of_regions(self, position: Sequence[int] | NDArray[np.intp]) -> Panel:
        """Return the regions at these positions, in this order."""
        frequency, population = self.frequency, self.population
        return replace(
            self,
            regions=tuple(self.regions[r] for r in position),
            kpi=self.kpi[position],
            observed=self.observed[position],
            exposure=self.exposure[position],
            spend=self.spend[position],
            control=self.control[position],
            value_per_kpi=self.value_per_kpi[position],
            frequency=None if frequency is None else frequency[position],
            population=None if population is None else population[position],
            treatment=self.treatment[position],
            ahead=None if self.ahead is None else self.ahead[position],
            mediators=self.mediators and self.mediators.of_regions(position),
            kpi_error=None if self.kpi_error is None else self.kpi_error[position],
        )

    def region_weeks(self) -> pd.DataFrame:
        """Columns ``region, week`` in the order of a raveled ``[R, W]`` array."""
        regions = np.array(self.regions, dtype=object)
        return pd.DataFrame(
            {
                "region": np.repeat(regions, len(self.weeks)),
                "week": np.tile(self.weeks.to_numpy(), len(regions)),
            }
        )

    def head(self, weeks: int) -> Panel:
        """Return the first ``weeks`` weeks."""
        cut = slice(0, weeks)
        return replace(
            self,
            weeks=self.weeks[cut],
            kpi=self.kpi[:, cut],
            observed=self.observed[:, cut],
            exposure=self.exposure[:, cut],
            spend=self.spend[:, cut],
            control=self.control[:, cut],
            value_per_kpi=self.value_per_kpi[:, cut],
            frequency=None if self.frequency is None else self.frequency[:, cut],
            treatment=self.treatment[:, cut],
            ahead=self.ahead if weeks >= len(self.weeks) else None,
            mediators=self.mediators and self.mediators.head(weeks),
            kpi_error=None if self.kpi_error is None else self.kpi_error[:, cut],
        )

    def through(self, week: pd.Timestamp | str) -> Panel:
        """Return the weeks up to and including ``week``."""
        return self.head(int(self.weeks.searchsorted(pd.Timestamp(week), side="right")))

    def with_controls(self, names: tuple[str, ...]) -> Panel:
        """Return the panel with these controls alone, in this order; a treatment may be one, too.

        Raises
        ------
        ValueError
            If a control is unknown.
        """
        if names == self.controls:
            return self
        known = (*self.controls, *(one.label for one in self.treatments))
        unknown = sorted(set(names) - set(known))
        if unknown:
            raise ValueError(f"unknown controls {unknown}; the panel has {list(known)}")
        every = np.concatenate([self.control, self.treatment], axis=2)
        position = [known.index(name) for name in names]
        return replace(self, controls=names, control=every[..., position])

    def with_treatments(self, treatments: Sequence[Treatment]) -> Panel:
        """Return the panel with these treatments alone, in this order.

        Raises
        ------
        ValueError
            If one is unknown.
        """
        wanted = tuple(treatments)
        if wanted == self.treatments:
            return self
        known = {one.key: place for place, one in enumerate(self.treatments)}
        unknown = sorted(one.label for one in wanted if one.key not in known)
        if unknown:
            raise ValueError(f"unknown treatments {unknown}; the panel has {sorted(known)}")
        position = [known[one.key] for one in wanted]
        return replace(
            self,
            treatments=wanted,
            treatment=self.treatment[..., position],
            ahead=None if self.ahead is None else self.ahead[..., position],
        )

    @property
    def nodes(self) -> tuple[str, ...]:
        """What may drive media or be driven: channels, controls, decided treatments."""
        return self.channels + self.controls + decided(self.treatments)

    def for_graph(self) -> Panel:
        """Return the panel with its `nodes` as channels and controls, and no treatments."""
        return self.with_treatments_as_controls(decided(self.treatments))

    def with_treatments_as_controls(self, names: tuple[str, ...]) -> Panel:
        """Return the panel with these treatments as controls, and no others."""
        if not self.treatments:
            return self
        return self.with_controls((*self.controls, *names)).with_treatments(())

    def hide_tail(self, weeks: int) -> Panel:
        """Return the whole panel with the KPI of the last ``weeks`` weeks unobserved.

        Media and controls stay: a holdout forecast is conditional on them.
        """
        observed = self.observed.copy()
        kpi = self.kpi.copy()
        if weeks:
            observed[:, -weeks:] = False
            kpi[:, -weeks:] = 0.0
        return replace(self, observed=observed, kpi=kpi)


WEEK = np.timedelta64(7, "D")
_OPTIONAL = ("frequency", "population", "ahead", "kpi_error")
