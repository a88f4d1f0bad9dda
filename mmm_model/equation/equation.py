"""The model's equation, read from top to bottom.

    y_rt / s_r = level_rt + season_rt + Σ_k γ_rk z_rkt + Σ_j θ_rj u_rtj
               + Σ_c β_rc · e_rct · saturation_c(adstock_c(x_rc)_t) + m B_rt + noise

where z are controls and u treatments: promotions, prices, holidays, against their references, and
B is a slow stock that media leave behind, where there is one (`mmm_model.equation.brand_stock`). A
channel of reach x and frequency f has ``adstock_c(x_rc · saturation_c(f_rc))_t`` in its place:
who is seen twice is one person, seen twice (Zhang et al. 2023, "Bayesian hierarchical media mix
model incorporating reach and frequency data").

The adstock and the saturation are of the families that the settings name. Shapes: M members of
the ensemble, R regions, W weeks, C channels, K controls, T treatments in J components, L lags.
Members never mix; they are one batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmm_model.equation.adstock import adstock_of
from mmm_model.equation.brand_stock import stock
from mmm_model.equation.gru import basis_gates, calendar_states, members_gru
from mmm_model.equation.recursion import Recursion
from mmm_model.equation.saturation import saturation_of
from mmm_model.equation.shape_parameter import ShapeParameter
from mmm_model.settings import ModelSettings

# A week's weight in the mean of the GRU's past output falls by e in so many weeks.
_MEMORY_WEEKS = 8.0
# A draw of a channel that fades fast would take sales away in its last weeks.
_LEAST_EFFECTIVENESS = 0.05


@dataclass(frozen=True)
class Inputs:
    """A scaled panel as the equation reads it.

    Parameters
    ----------
    exposure
        ``[R, W, C]``.
    control
        ``[R, W, K]``.
    harmonic
        ``[W, 2H]`` sines and cosines of the week of the year.
    fitted_weeks
        Weeks over which effectiveness has mean one.
    frequency
        ``[R, W, C]`` of channels whose exposure is reach, any number of others; None where there
        is no such channel.
    treatment
        ``[R, W, T]``.
    component
        ``[T, J]`` one where a treatment is part of a component.
    """

    exposure: Tensor
    control: Tensor
    harmonic: Tensor
    fitted_weeks: int
    frequency: Tensor | None = None
    treatment: Tensor | None = None
    component: Tensor | None = None


class Equation(nn.Module):
    """The equation with its parameters, one set for each member.

    Parameters
    ----------
    settings
        Bounds, widths and lags.
    shape
        Members, regions, channels and controls.

    Notes
    -----
    The parameters of the shapes ``[M, C]``, on the scale of the search, and the GRU are
    searched; ``level`` ``[M, R, W]``, ``season`` ``[M, R, 2H]``, ``control`` ``[M, R, K]``,
    ``media`` ``[M, R, C]`` ≥ 0 and ``treatment`` ``[M, R, T]`` are solved or drawn given those, so
    they are buffers. ``frequency_size`` ``[M, C]`` is the frequency that counts as one, 0 for a
    channel without; None without any. ``brand_multiple`` ``[M, C]``, zero for a channel that feeds
    no stock, ``brand_half_life`` and ``brand_start`` ``[M]`` are of the slow stock; None without.
    """

    def __init__(self, settings: ModelSettings, shape: tuple[int, int, int, int]) -> None:
        super().__init__()
        m, r, c, k = shape
        self.settings = settings
        self.adstock = adstock_of(settings)
        self.saturation = saturation_of(settings)
        self.gru_input: Tensor
        self.gru_hidden: Tensor
        self.gru_bias: Tensor
        self.modulation: nn.Parameter
        self.readout: Tensor
        for parameter in self.shape_parameters:
            self.register_parameter(parameter.name, nn.Parameter(torch.zeros(m, c)))
        h = settings.gru_width
        if h and settings.estimator == "posterior":
            for name, gate in basis_gates(h).items():
                self.register_buffer(name, gate)
            self.register_buffer("readout", torch.zeros(m, h, c))
        elif h:
            self.gru_input = nn.Parameter(torch.zeros(3, m, h, c + k))
            self.gru_hidden = nn.Parameter(torch.zeros(3, m, h, h))
            self.gru_bias = nn.Parameter(torch.zeros(3, m, h))
            self.modulation = nn.Parameter(torch.zeros(m, h, c))
        self.level: Tensor
        self.season: Tensor
        self.control: Tensor
        self.media: Tensor
        self.frequency_size: Tensor | None
        self.register_buffer("frequency_size", None)
        self.brand_multiple: Tensor | None
        self.brand_half_life: Tensor | None
        self.brand_start: Tensor | None
        for name in ("brand_multiple", "brand_half_life", "brand_start"):
            self.register_buffer(name, None)
        self.treatment: Tensor
        self.register_buffer("treatment", torch.zeros(m, r, 0))
        self.register_buffer("level", torch.zeros(m, r, 1))
        self.register_buffer("season", torch.zeros(m, r, 2 * settings.harmonics))
        self.register_buffer("control", torch.zeros(m, r, k))
        self.register_buffer("media", torch.zeros(m, r, c))

    @property
    def shape_parameters(self) -> tuple[ShapeParameter, ...]:
        """Those of the adstock, then those of the saturation."""
        return (*self.adstock.parameters, *self.saturation.parameters)

    def shape_values(self) -> dict[str, Tensor]:
        """Return every parameter of the shapes in natural units, ``[M, C]`` each."""
        return {p.name: p.link.natural(getattr(self, p.name)) for p in self.shape_parameters}

    def kernel(self) -> Tensor:
        """Adstock weights ``[M, C, L]`` ≥ 0 with sum one."""
        lag = torch.arange(
            self.settings.lag_weeks + 1, dtype=self.media.dtype, device=self.media.device
        )
        return self.adstock.kernel(self.shape_values(), lag)

    def adstocked(self, inputs: Inputs) -> Tensor:
        """Adstocked exposure ``[M, R, W, C]``; before the first week there was none."""
        return convolve(self.worked(inputs), self.kernel())

    def worked(self, inputs: Inputs) -> Tensor:
        """Exposure before it carries over: reach times what its frequency makes of it.

        ``[R, W, C]``; ``[M, R, W, C]`` where some channel has a frequency.
        """
        if self.frequency_size is None or inputs.frequency is None:
            return inputs.exposure
        return inputs.exposure * self.worth_of_frequency(inputs.frequency)

    def worth_of_frequency(self, frequency: Tensor, channel: int | None = None) -> Tensor:
        """Worth of a person reached so often ``[M, R, W, C]``; one for a channel without.

        With a ``channel`` the last axis holds that one alone.
        """
        assert self.frequency_size is not None
        own = slice(None) if channel is None else [channel]
        size = self.frequency_size[:, None, None, own]
        values = {n: value[:, None, None, own] for n, value in self.shape_values().items()}
        share = self.saturation.share((frequency / size.clamp_min(1e-12)).log(), values)
        return torch.where(size > 0, share, torch.ones_like(share))

    def effectiveness(self, inputs: Inputs) -> Tensor:
        """What a unit is worth in each week, ``[M, R, W, C]``, mean one over the fitted weeks.

        M is 1 where all members share their GRU.

        A posterior's GRU reads the calendar. A search's reads exposures and controls, and its
        output is averaged over the past weeks: were it free to follow a week's exposure, it would
        bend the Hill curve.
        """
        r, w, c = inputs.exposure.shape
        if not self.settings.gru_width:
            return self.media.new_ones(1)
        if self.settings.estimator == "posterior":
            return self._effectiveness_by_calendar(inputs)
        m, h = self.gru_bias.shape[1], self.settings.gru_width
        series = torch.cat([torch.log1p(inputs.exposure), inputs.control], dim=-1)
        state = members_gru(series, self.gru_input, self.gru_hidden, self.gru_bias)
        state = state.reshape(m, r * w, h)
        raw = (state @ self.modulation).reshape(m * r, w, c)
        raw = Recursion.slow_mean(w, _MEMORY_WEEKS, raw)(raw).reshape(m, r, w, c)
        factor = torch.exp(self.settings.gru_reach * torch.tanh(raw))
        return factor / factor[:, :, : inputs.fitted_weeks].mean(dim=2, keepdim=True)

    def _effectiveness_by_calendar(self, inputs: Inputs) -> Tensor:
        """``e_ct = 1 + h_t · readout_c``, ``[M, 1, W, C]``; exactly one without a readout."""
        gates = (self.gru_input, self.gru_hidden, self.gru_bias)
        state = calendar_states(inputs.exposure.shape[-2], inputs.fitted_weeks, *gates)
        return (1.0 + state @ self.readout).clamp_min(_LEAST_EFFECTIVENESS)[:, None]

    def saturated(self, inputs: Inputs, adstocked: Tensor | None = None) -> Tensor:
        """``e · saturation(adstock(x))``, ``[M, R, W, C]``; of ``adstocked`` where it is given."""
        if adstocked is None:
            adstocked = self.adstocked(inputs)
        return self.effectiveness(inputs) * self.response(adstocked)

    def response(self, adstocked: Tensor, channel: int | None = None) -> Tensor:
        """Share of the ceiling at adstocked exposure ``[M, R, W, C]``; zero at zero.

        With a ``channel`` the last axis holds that one alone.
        """
        own = slice(None) if channel is None else [channel]
        values = {n: value[:, None, None, own] for n, value in self.shape_values().items()}
        # The logarithm of nothing has no derivative, so it is read elsewhere and taken out.
        share = self.saturation.share(adstocked.clamp_min(1e-12).log(), values)
        if self.frequency_size is not None:  # another thousand people bring what the first did
            share = torch.where(self.frequency_size[:, None, None, own] > 0, adstocked, share)
        return share * (adstocked > 0)

    def controlled(self, inputs: Inputs) -> Tensor:
        """What each control adds, ``[M, R, W, K]``."""
        return self.control[:, :, None] * inputs.control

    def treated(self, inputs: Inputs) -> Tensor:
        """What each component of the treatments adds, ``[M, R, W, J]``."""
        if inputs.treatment is None or inputs.component is None:
            return self.media.new_zeros(len(self.media), *inputs.exposure.shape[-3:-1], 0)
        return inputs.treatment @ (self.treatment[..., None] * inputs.component)

    def forward(self, inputs: Inputs, adstocked: Tensor | None = None) -> dict[str, Tensor]:
        """Components in units of the region's size, media and control by channel and control.

        Parameters
        ----------
        inputs
            A scaled panel.
        adstocked
            ``[M, R, W, C]`` where it is not that of the panel's exposure.

        Returns
        -------
        dict
            ``baseline`` ``[M, R, W]``, ``seasonality`` ``[M, R, W]``, ``control``
            ``[M, R, W, K]``, ``treatment`` ``[M, R, W, J]``, ``media`` ``[M, R, W, C]``, ``brand``
            ``[M, R, W, 1]``, or ``[M, R, W, 0]`` without a stock; their sum is the prediction.
        """
        weeks = inputs.exposure.shape[1]
        media = self.media[:, :, None] * self.saturated(inputs, adstocked)
        return {
            "baseline": carry_forward(self.level, weeks),
            "seasonality": self.season @ inputs.harmonic.T,
            "control": self.controlled(inputs),
            "treatment": self.treated(inputs),
            "media": media,
            "brand": self.left_behind(media),
        }

    def left_behind(self, media: Tensor) -> Tensor:
        """What the stock adds that contributions ``[M, R, W, C]`` leave behind.

        ``[M, R, W, 1]``; ``[M, R, W, 0]`` without a stock.
        """
        if self.brand_multiple is None:
            return media[..., :0]
        assert self.brand_half_life is not None and self.brand_start is not None
        fed = (media * self.brand_multiple[:, None, None]).sum(-1)
        return stock(fed, self.brand_half_life, self.brand_start)[..., None]


def convolve(exposure: Tensor, kernel: Tensor) -> Tensor:
    """Convolve ``[R, W, C]`` with kernels ``[M, C, L]`` along the weeks: ``[M, R, W, C]``.

    Members may have an exposure each, ``[M, R, W, C]``.
    """
    if exposure.ndim == 4:
        return torch.cat(
            [convolve(own, one[None]) for own, one in zip(exposure, kernel, strict=True)]
        )
    r, w, c = exposure.shape
    m, _, lags = kernel.shape
    padded = nn.functional.pad(exposure.permute(2, 0, 1), (lags - 1, 0))
    windows = padded.unfold(2, lags, 1).reshape(c, r * w, lags)
    result = windows @ kernel.flip(-1).permute(1, 2, 0)
    return result.permute(2, 1, 0).reshape(m, r, w, c)


def carry_forward(level: Tensor, weeks: int) -> Tensor:
    """Level ``[M, R, weeks]``: cut, or continued with its last value."""
    missing = weeks - level.shape[-1]
    if missing <= 0:
        return level[..., :weeks]
    return torch.cat([level, level[..., -1:].expand(*level.shape[:-1], missing)], dim=-1)
