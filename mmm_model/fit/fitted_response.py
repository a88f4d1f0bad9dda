"""The equation fitted to one panel: what it says about that panel and longer ones.

The panel's KPI may be that of the brand or the exposure of a channel that others drive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmm_model.equation.adstock import adstock_of
from mmm_model.equation.equation import Equation, Inputs
from mmm_model.equation.media_response import MediaResponse
from mmm_model.equation.saturation import saturation_of
from mmm_model.equation.saturation.curve import SaturationCurve
from mmm_model.equation.scaling import Scaling, fitted_weeks
from mmm_model.fit.equation_inputs import inputs_of
from mmm_model.fit.noise import NoiseModel, Whitening
from mmm_model.fit.readings import Reading, truly_adstocked
from mmm_model.fit.saved_arrays import Arrays, pack, unpack
from mmm_model.intervals import forecast_interval
from mmm_model.panel import Floats, Panel
from mmm_model.paper.network import PaperEquation
from mmm_model.settings import ModelSettings
from mmm_model.treatments import Treatment


@dataclass(frozen=True)
class Components:
    """What makes up the prediction, for M members, KPI units; the sum is the prediction.

    Parameters
    ----------
    baseline, seasonality
        ``[M, R, W]``.
    control
        ``[M, R, W, K]``.
    media
        ``[M, R, W, C]`` direct contributions, ≥ 0.
    treatment
        ``[M, R, W, J]`` of each component that treatments make.
    brand
        ``[M, R, W, 1]`` what a slow stock adds; ``[M, R, W, 0]`` without one.
    """

    baseline: Floats
    seasonality: Floats
    control: Floats
    media: Floats
    treatment: Floats
    brand: Floats

    @property
    def prediction(self) -> Floats:
        """``[M, R, W]``."""
        found = self.baseline + self.seasonality + self.control.sum(-1) + self.media.sum(-1)
        for part in (self.treatment, self.brand):
            found = found + part.sum(-1) if part.shape[-1] else found
        return found


@dataclass(frozen=True)
class Prediction:
    """Expected KPI and its 90 % interval, each ``[R, W]``."""

    mean: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True)
class FittedResponse:
    """An ensemble of equations fitted to one panel.

    Parameters
    ----------
    settings
        What it was fitted with.
    regions, channels, controls
        Names, in the order of the arrays.
    first_week
        First week of the panel it was fitted to; later panels must start there, too.
    fitted_weeks
        Number of weeks up to the last one with a KPI.
    scaling
        From the units of the data to the scale of the model.
    state
        Parameters of the equation by name, with the members in front: numbers of single
        precision, as they are saved. The members differ by far more than that leaves out.
    noise
        Variances ``[R]`` of a ``week``, of the last ``level`` and of its weekly ``drift``, those
        parts of the first and the last that all regions share, ``common_week`` and
        ``common_drift``, ``[1]``, and the ``surprise``: standard deviations that nine weeks in ten
        stay within, of the fitted weeks and of those after them.
    mixing
        Of draws of a posterior, ``[C]`` each: split R-hat ``r_hat`` and number of ``effective``
        draws of a channel's size, the ``log_bayes_factor`` of effectiveness that moves against
        one that stays, and, of channels that a slow stock was looked for with, the ``brand`` one
        of a stock against none (NaN of others); empty for a search.
    readings
        Of channels whose exposure is read with errors.
    treatments
        Promotions, prices and holidays that have an effect of their own.
    """

    settings: ModelSettings
    regions: tuple[str, ...]
    channels: tuple[str, ...]
    controls: tuple[str, ...]
    first_week: pd.Timestamp
    fitted_weeks: int
    scaling: Scaling
    state: dict[str, Floats]
    noise: dict[str, Floats]
    mixing: dict[str, Floats] = field(default_factory=dict)
    readings: tuple[Reading, ...] = ()
    treatments: tuple[Treatment, ...] = ()

    def __post_init__(self) -> None:
        # In the order of memory that a saved one has: sums in another differ in the last bit.
        state = {name: np.ascontiguousarray(value) for name, value in self.state.items()}
        object.__setattr__(self, "state", state)

    @classmethod
    def of(
        cls,
        panel: Panel,
        scaling: Scaling,
        equation: Equation,
        noise: NoiseModel,
        surprise: tuple[float, float],
    ) -> FittedResponse:
        """Take the parameters out of a fitted equation.

        Parameters
        ----------
        panel
            What it was fitted to.
        noise, surprise
            What it leaves over; see `noise` of the class.
        """
        state = {
            name: value.detach().cpu().numpy().astype(np.float32).astype(float)
            for name, value in equation.state_dict().items()
        }
        return cls(
            settings=equation.settings,
            regions=panel.regions,
            channels=panel.channels,
            controls=panel.controls,
            first_week=panel.weeks[0],
            fitted_weeks=fitted_weeks(panel),
            scaling=scaling,
            state=state,
            noise=_uncertainty(noise) | {"surprise": np.array(surprise)},
            treatments=panel.treatments,
        )

    @property
    def members(self) -> int:
        """Number of members of the ensemble."""
        return len(self.state["level"])

    def in_order(self, channels: tuple[str, ...]) -> FittedResponse:
        """Return it with its channels in another order."""
        order = [self.channels.index(name) for name in channels]
        by_channel = {"media", "modulation", "readout", "frequency_size", "brand_multiple"}
        by_channel |= _shape_names(self.settings)
        state = {n: v[..., order] if n in by_channel else v for n, v in self.state.items()}
        if "modulation" in state:  # of a GRU that reads the channels, then the controls
            read = [*order, *range(len(order), state["gru_input"].shape[-1])]
            state["gru_input"] = state["gru_input"][..., read]
        size = self.scaling.exposure_size[:, order]
        return replace(
            self,
            channels=channels,
            state=state,
            scaling=replace(self.scaling, exposure_size=size),
            mixing={name: value[order] for name, value in self.mixing.items()},
        )

    def repeated(self, members: int) -> FittedResponse:
        """Return it with so many members: its own, again and again."""
        return self.chosen(np.arange(members) % self.members)

    def chosen(self, index: np.ndarray) -> FittedResponse:
        """Return it with some of its members, in an order, or several times."""
        state = {name: value[index] for name, value in self.state.items()}
        readings = tuple(replace(one, drawn=one.drawn[index]) for one in self.readings)
        return replace(self, state=state, readings=readings)

    def components(self, panel: Panel) -> Components:
        """Return what makes up the prediction on a panel.

        Parameters
        ----------
        panel
            Same regions, channels and first week as in training and at least the model's
            controls; it may have more weeks. Its KPI is not read.

        Raises
        ------
        ValueError
            If the panel is not of the model's regions, channels, controls and first week.
        """
        equation, inputs = self._equation(panel)
        with torch.no_grad():
            parts = equation(inputs, self._adstocked(equation, inputs))
        size = self.scaling.region_size[None, :, None]
        return Components(
            baseline=parts["baseline"].numpy() * size,
            seasonality=parts["seasonality"].numpy() * size,
            control=_by_control(parts["control"].numpy(), len(self.controls)) * size[..., None],
            media=parts["media"].numpy() * size[..., None],
            treatment=parts["treatment"].numpy() * size[..., None],
            brand=parts["brand"].numpy() * size[..., None],
        )

    def media_response(self, panel: Panel, exposure: Floats | None = None) -> MediaResponse:
        """Return the media part, for contributions, curves and budgets.

        Parameters
        ----------
        panel
            As for `components`.
        exposure
            ``[R, W, C]`` another plan, or one for each member ``[M, R, W, C]``; effectiveness
            stays that of the panel.
        """
        equation, inputs = self._equation(panel)
        with torch.no_grad():
            effectiveness = equation.effectiveness(inputs).expand(
                self.members, *panel.exposure.shape
            )
            values = equation.shape_values()
            weight = equation.media[:, :, None] * effectiveness
            plan = inputs if exposure is None else self._inputs(panel, exposure)
            adstocked = self._adstocked(equation, plan)
        size = self.scaling.region_size[None, :, None, None]
        return MediaResponse(
            adstocked=adstocked.numpy(),
            weight=weight.numpy() * size,
            curve=SaturationCurve(
                equation.saturation,
                {
                    parameter.name: values[parameter.name].numpy()[:, None]
                    for parameter in equation.saturation.parameters
                },
                self._highest(panel),
            ),
        )

    def worth_of_frequency(self, panel: Panel) -> Floats | None:
        """Worth of a person reached as often as in a panel, over that of one reached endlessly.

        Returns
        -------
        Floats or None
            ``[M, R, W, C]``, one for a channel without frequency; None where no channel has one.
        """
        equation, inputs = self._equation(panel)
        if equation.frequency_size is None or inputs.frequency is None:
            return None
        with torch.no_grad():
            return equation.worth_of_frequency(inputs.frequency).numpy()

    @property
    def reads_frequency(self) -> bool:
        """Whether some channel was read as reach and frequency."""
        return "frequency_size" in self.state

    def worth_at(self, frequency: Floats) -> Floats:
        """Worth ``[M, F, C]`` of a person reached so often, at frequencies ``[F]``.

        Meant where the response `reads_frequency`; one for a channel without frequency.
        """
        equation = _equation_of(self.settings, self.state)
        often = torch.from_numpy(frequency)[None, :, None]
        with torch.no_grad():
            return equation.worth_of_frequency(often)[:, 0].numpy()

    def _highest(self, panel: Panel) -> Floats | None:
        """Of channels of reach, ``[M, R, C]`` worked exposure with everybody reached."""
        worth = self.worth_of_frequency(panel)
        if worth is None:
            return None
        everybody = np.full(len(panel.regions), np.inf)
        if panel.population is not None:
            everybody = np.where(np.isnan(panel.population), np.inf, panel.population)
        reached = everybody[:, None] / self.scaling.exposure_size
        return np.where(self.state["frequency_size"][:, None] > 0, reached * worth.max(2), np.nan)

    def adstock_kernel(self) -> Floats:
        """Adstock weights ``[M, C, L]``."""
        equation = _equation_of(self.settings, self.state)
        with torch.no_grad():
            return equation.kernel().numpy()

    def predict(self, panel: Panel) -> Prediction:
        """Return the expected KPI with an interval in which 90 % of the weeks should lie.

        The interval adds up the members' disagreement, the noise of a week and, after the
        last fitted week, how far the levels may have drifted by then.
        """
        ahead = np.maximum(np.arange(len(panel.weeks)) - self.fitted_weeks + 1, 0)
        noise = self.noise["week"][:, None] + (
            (ahead > 0) * self.noise["level"][:, None] + ahead * self.noise["drift"][:, None]
        )
        noise = noise * self.scaling.region_size[:, None] ** 2
        surprise = np.where(ahead > 0, self.noise["surprise"][-1], self.noise["surprise"][0])
        return Prediction(*forecast_interval(self.components(panel).prediction, noise, surprise))

    def meta(self) -> dict[str, Any]:
        """What describes the arrays of a saved response."""
        return {
            "settings": self.settings.saved(),
            "regions": self.regions,
            "channels": self.channels,
            "controls": self.controls,
            "first_week": str(self.first_week.date()),
            "fitted_weeks": self.fitted_weeks,
            "readings": [one.meta() for one in self.readings],
            "treatments": [asdict(one) for one in self.treatments],
        }

    def groups(self) -> dict[str, Arrays]:
        """Arrays of a saved response, by group and name."""
        return {
            "state": {name: value.astype(np.float32) for name, value in self.state.items()},
            "noise": self.noise,
            "scaling": self.scaling.to_arrays(),
            "mixing": self.mixing,
            "readings": {
                name: value
                for number, one in enumerate(self.readings)
                for name, value in one.to_arrays(number).items()
            },
        }

    @classmethod
    def restored(
        cls, meta: Mapping[str, Any], groups: Mapping[str, Mapping[str, Floats]]
    ) -> FittedResponse:
        """Put a response together from its `meta` and `groups`; others are not read."""
        return cls(
            settings=ModelSettings.from_saved(meta["settings"]),
            regions=tuple(meta["regions"]),
            channels=tuple(meta["channels"]),
            controls=tuple(meta["controls"]),
            first_week=pd.Timestamp(meta["first_week"]),
            fitted_weeks=meta["fitted_weeks"],
            scaling=Scaling(**groups["scaling"]),
            state=_by_region(groups["state"]),
            noise=dict(groups["noise"]),
            mixing=dict(groups.get("mixing", {})),
            readings=tuple(
                Reading.restored(one, number, dict(groups["readings"]))
                for number, one in enumerate(meta.get("readings", ()))
            ),
            treatments=tuple(Treatment(**one) for one in meta.get("treatments", ())),
        )

    def to_bytes(self) -> bytes:
        """Save the response."""
        return pack(self.meta(), self.groups())

    @classmethod
    def from_bytes(cls, data: bytes) -> FittedResponse:
        """Load what `to_bytes` saved, or the response of a saved `FittedModel`.

        Raises
        ------
        ValueError
            If the bytes are not a saved model, or of a format that this version cannot read.
        """
        return cls.restored(*unpack(data))

    def _equation(self, panel: Panel) -> tuple[Equation, Inputs]:
        """Return the equation and what it reads of a panel; raises as `components` does."""
        panel = self._known(panel)
        for name in ("regions", "channels"):
            if getattr(panel, name) != getattr(self, name):
                raise ValueError(f"the model was fitted to other {name} than the panel has")
        if panel.weeks[0] != self.first_week:
            raise ValueError(
                f"the model's first week is {self.first_week.date()}, "
                f"the panel's {panel.weeks[0].date()}"
            )
        often = self.state.get("frequency_size")
        known = np.zeros(len(self.channels)) if often is None else often[0]
        if often is not None and not panel.by_frequency[known > 0].all():
            raise ValueError("the model was fitted to channels' frequency, which the panel lacks")
        return _equation_of(self.settings, self.state), self._inputs(panel)

    def _known(self, panel: Panel) -> Panel:
        return panel.with_controls(self.controls).with_treatments(self.treatments)

    def _adstocked(self, equation: Equation, inputs: Inputs) -> Tensor:
        return truly_adstocked(equation, inputs, self.channels, self.readings)

    def _inputs(self, panel: Panel, exposure: Floats | None = None) -> Inputs:
        if not self.reads_frequency:  # it was fitted to contacts
            exposure = None if exposure is None else panel.contacts_of(exposure)
            panel = panel.as_contacts()
        return inputs_of(
            self._known(panel),
            self.scaling,
            self.fitted_weeks,
            self.settings.harmonics,
            exposure=exposure,
        )


def _by_region(saved: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return a saved state; one whose treatments did the same everywhere says so by region."""
    state = {name: value.astype(float) for name, value in saved.items()}
    known = state.get("treatment")
    if known is None or known.ndim == 3:
        return state
    return state | {"treatment": np.repeat(known[:, None], state["media"].shape[1], axis=1)}


def _shape_names(settings: ModelSettings) -> set[str]:
    """Names of the parameters of adstock and saturation."""
    parameters = (*adstock_of(settings).parameters, *saturation_of(settings).parameters)
    return {parameter.name for parameter in parameters}


def _by_control(columns: Floats, controls: int) -> Floats:
    """``[M, R, W, K]``: a control's own column and the one of what all regions share, as one."""
    return columns.reshape(*columns.shape[:-1], -1, controls).sum(-2) if controls else columns


def _equation_of(settings: ModelSettings, state: dict[str, Floats]) -> Equation:
    """Return the equation with the parameters that were found."""
    m, r, c = state["media"].shape
    kind = PaperEquation if settings.estimator == "end_to_end" else Equation
    equation = kind(settings, (m, r, c, state["control"].shape[-1])).double()
    for name, value in state.items():
        tensor = torch.as_tensor(value)
        if name in dict(equation.named_parameters()):
            getattr(equation, name).data = tensor
        else:
            setattr(equation, name, tensor)
    return equation


def _uncertainty(noise: NoiseModel) -> dict[str, Floats]:
    """Variances ``[R]`` of a week, of the level at the end, of its weekly drift; what is shared."""
    whitening = Whitening.of(noise)
    variance, level, drift = whitening.forecast_variance()
    shock, step = whitening.common_variance()
    parts = {"week": variance, "level": level, "drift": drift}
    parts |= {"common_week": shock[None], "common_drift": step[None]}
    return {name: value.detach().cpu().numpy().astype(float) for name, value in parts.items()}
