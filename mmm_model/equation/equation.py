"""The model's equation, read from top to bottom.

    y_rt / s_r = level_rt + season_rt + Σ_k γ_rk z_rkt
               + Σ_c β_rc · e_rct · Hill_c(adstock_c(x_rc)_t) + noise

Shapes: M members of the ensemble, R regions, W weeks, C channels, K controls, L lags.
Members never mix; they are one batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmm_model.equation.recursion import Recursion
from mmm_model.settings import ModelSettings

NONLINEAR = ("carryover", "delay", "slope", "half_saturation")
# A week's weight in the mean of the GRU's past output falls by e in so many weeks.
_MEMORY_WEEKS = 8.0


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
    """

    exposure: Tensor
    control: Tensor
    harmonic: Tensor
    fitted_weeks: int


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
    ``carryover``, ``delay``, ``slope``, ``half_saturation`` ``[M, C]`` and the GRU are
    searched; ``level`` ``[M, R, W]``, ``season`` ``[M, R, 2H]``, ``control`` ``[M, R, K]`` and
    ``media`` ``[M, R, C]`` ≥ 0 are solved given those, so they are buffers.
    """

    def __init__(self, settings: ModelSettings, shape: tuple[int, int, int, int]) -> None:
        super().__init__()
        m, r, c, k = shape
        self.settings = settings
        self.carryover: nn.Parameter
        self.delay: nn.Parameter
        self.slope: nn.Parameter
        self.half_saturation: nn.Parameter
        self.gru_input: nn.Parameter
        self.gru_hidden: nn.Parameter
        self.gru_bias: nn.Parameter
        self.modulation: nn.Parameter
        for name in NONLINEAR:
            self.register_parameter(name, nn.Parameter(torch.zeros(m, c)))
        h = settings.hidden
        if h:
            self.gru_input = nn.Parameter(torch.zeros(3, m, h, c + k))
            self.gru_hidden = nn.Parameter(torch.zeros(3, m, h, h))
            self.gru_bias = nn.Parameter(torch.zeros(3, m, h))
            self.modulation = nn.Parameter(torch.zeros(m, h, c))
        self.level: Tensor
        self.season: Tensor
        self.control: Tensor
        self.media: Tensor
        self.register_buffer("level", torch.zeros(m, r, 1))
        self.register_buffer("season", torch.zeros(m, r, 2 * settings.harmonics))
        self.register_buffer("control", torch.zeros(m, r, k))
        self.register_buffer("media", torch.zeros(m, r, c))

    def kernel(self) -> Tensor:
        """Adstock weights ``[M, C, L]`` ≥ 0 with sum one: ``w_l ∝ (1 + l)^delay · carryover^l``.

        A geometric decay where the delay is zero, a peak some weeks later where it is not.
        """
        lag = torch.arange(
            self.settings.lag_weeks + 1, dtype=self.carryover.dtype, device=self.carryover.device
        )
        log_carryover = nn.functional.logsigmoid(self.carryover)[..., None]
        delay = nn.functional.softplus(self.delay)[..., None]
        return torch.softmax(lag * log_carryover + delay * torch.log1p(lag), dim=-1)

    def hill_parameters(self) -> tuple[Tensor, Tensor]:
        """Slope and half-saturation, each ``[M, C]``."""
        low, high = self.settings.min_slope, self.settings.max_slope
        return low + (high - low) * torch.sigmoid(self.slope), self.half_saturation.exp()

    def adstocked(self, inputs: Inputs) -> Tensor:
        """Adstocked exposure ``[M, R, W, C]``; before the first week there was none."""
        return adstock(inputs.exposure, self.kernel())

    def effectiveness(self, inputs: Inputs) -> Tensor:
        """What a unit is worth in each week, ``[M, R, W, C]``, mean one over the fitted weeks.

        A GRU that is shared by the regions reads exposures and controls. The members' weights
        lie as blocks in one GRU, so one call computes them all. Its output is averaged over the
        past weeks: were it free to follow a week's exposure, it would bend the Hill curve.
        """
        m, c = self.slope.shape
        r, w = inputs.exposure.shape[:2]
        if not self.settings.hidden:
            return torch.ones(1, device=self.slope.device, dtype=self.slope.dtype)
        h = self.settings.hidden
        series = torch.cat([torch.log1p(inputs.exposure), inputs.control], dim=-1)
        hidden = torch.stack([torch.block_diag(*gate) for gate in self.gru_hidden])
        bias = self.gru_bias.reshape(-1)
        weights = [
            self.gru_input.reshape(3 * m * h, -1),
            hidden.reshape(3 * m * h, m * h),
            bias,
            torch.zeros_like(bias),
        ]
        start = series.new_zeros(1, r, m * h)
        state, _ = torch.gru(series, start, weights, True, 1, 0.0, False, False, True)
        state = state.reshape(r, w, m, h).permute(2, 0, 1, 3).reshape(m, r * w, h)
        raw = (state @ self.modulation).reshape(m * r, w, c)
        raw = Recursion.slow_mean(w, _MEMORY_WEEKS, raw)(raw).reshape(m, r, w, c)
        factor = torch.exp(self.settings.max_modulation * torch.tanh(raw))
        return factor / factor[:, :, : inputs.fitted_weeks].mean(dim=2, keepdim=True)

    def saturated(self, inputs: Inputs) -> Tensor:
        """``e · Hill(adstock(x))``, ``[M, R, W, C]``."""
        slope, half = self.hill_parameters()
        return self.effectiveness(inputs) * hill(self.adstocked(inputs), slope, half)

    def forward(self, inputs: Inputs) -> dict[str, Tensor]:
        """Components in units of the region's size, media and control by channel and control.

        Returns
        -------
        dict
            ``baseline`` ``[M, R, W]``, ``seasonality`` ``[M, R, W]``, ``control``
            ``[M, R, W, K]``, ``media`` ``[M, R, W, C]``; their sum is the prediction.
        """
        weeks = inputs.exposure.shape[1]
        return {
            "baseline": carry_forward(self.level, weeks),
            "seasonality": self.season @ inputs.harmonic.T,
            "control": self.control[:, :, None] * inputs.control,
            "media": self.media[:, :, None] * self.saturated(inputs),
        }


def adstock(exposure: Tensor, kernel: Tensor) -> Tensor:
    """Convolve ``[R, W, C]`` with kernels ``[M, C, L]`` along the weeks: ``[M, R, W, C]``.

    Members may have an exposure each, ``[M, R, W, C]``.
    """
    if exposure.ndim == 4:
        return torch.cat(
            [adstock(own, one[None]) for own, one in zip(exposure, kernel, strict=True)]
        )
    r, w, c = exposure.shape
    m, _, lags = kernel.shape
    padded = nn.functional.pad(exposure.permute(2, 0, 1), (lags - 1, 0))
    windows = padded.unfold(2, lags, 1).reshape(c, r * w, lags)
    result = windows @ kernel.flip(-1).permute(1, 2, 0)
    return result.permute(2, 1, 0).reshape(m, r, w, c)


def hill(exposure: Tensor, slope: Tensor, half_saturation: Tensor) -> Tensor:
    """``x^a / (x^a + g^a)`` of ``[M, R, W, C]`` with parameters ``[M, C]``; zero at zero."""
    positive = exposure.clamp_min(1e-12)
    distance = positive.log() - half_saturation.log()[:, None, None]
    return torch.sigmoid(slope[:, None, None] * distance) * (exposure > 0)


def carry_forward(level: Tensor, weeks: int) -> Tensor:
    """Level ``[M, R, weeks]``: cut, or continued with its last value."""
    missing = weeks - level.shape[-1]
    if missing <= 0:
        return level[..., :weeks]
    return torch.cat([level, level[..., -1:].expand(*level.shape[:-1], missing)], dim=-1)
