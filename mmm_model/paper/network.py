"""The paper's equation: coefficients of a GRU, and channels that work through each other.

    y_rt / s_r = baseline_r + trend_r · t + season_rt + Σ_k γ_rtk z_rtk
               + Σ_c β_rtc · (share_rtc + Σ_j A_jc share_rtj) + noise

with ``share = Hill(adstock(x))``, slopes of at least two, and β and γ read from the hidden states
of a GRU, week by week. Sorted by who caused it, channel j brings
``share_j · (β_j + Σ_c A_jc β_c)``: the form of `mmm_model.equation.equation`, which everything
that reads a fit expects.

Shapes: M members, R regions, W weeks, C channels, K controls, H hidden states.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from mmm_model import priors
from mmm_model.equation.equation import Equation, Inputs
from mmm_model.equation.gru import members_gru
from mmm_model.settings import ModelSettings

# A parameter of one is a region whose media bring 1.35 times as much as usual.
_REGION_STEP = 0.3
_WEEKS_IN_YEAR = 52.0


class PaperEquation(Equation):
    """The equation with its parameters, one set for each member, members in front.

    Parameters
    ----------
    settings
        Bounds, widths and lags.
    shape
        Members, regions, channels and columns of controls.

    Notes
    -----
    Everything is trained, nothing is solved: `settle` writes what was found into the buffers of
    `Equation`, which say the same in its form.
    """

    def __init__(self, settings: ModelSettings, shape: tuple[int, int, int, int]) -> None:
        super().__init__(replace(settings, gru_width=0), shape)
        m, r, c, k = shape
        h, s = settings.gru_width, 2 * settings.harmonics
        self.settings = settings

        def zeros(*size: int) -> nn.Parameter:
            return nn.Parameter(torch.zeros(m, *size))

        self.gru_read, self.gru_hidden, self.gru_bias = (
            zeros(3, h, c + k),
            zeros(3, h, h),
            zeros(3, h),
        )
        self.media_readout, self.media_ceiling = zeros(h, c), zeros(c)
        self.control_readout, self.control_bias = zeros(h, k), zeros(k)
        self.control_ceiling = zeros(k)
        self.region_scale, self.adjacency = zeros(r), zeros(c, c)
        self.region_baseline, self.region_trend = zeros(r), zeros(r)
        self.season_common, self.season_own = zeros(s), zeros(r, s)

    def start(self, share: Tensor, seed: int) -> None:
        """Draw where the members start.

        Media begin at the share of the KPI that they are expected to have, all channels alike.

        Parameters
        ----------
        share
            ``[C]`` mean saturated exposure of the channels at the centre of their shapes.
        seed
            Of the random numbers.
        """
        draw = torch.Generator().manual_seed(seed)

        def normal(parameter: Tensor, spread: float) -> None:
            parameter.add_(spread * torch.randn(parameter.shape, generator=draw).to(parameter))

        media = torch.tensor(priors.SHARE_LEVEL).exp()
        with torch.no_grad():
            for shape in self.shape_parameters:
                value = getattr(self, shape.name)
                value.copy_(shape.centre(value).expand_as(value))
                normal(value, 0.5 * shape.prior.spread)
            for weight in (self.gru_read, self.gru_hidden):
                normal(weight, weight.shape[-1] ** -0.5)
            for weight in (self.media_readout, self.control_readout):
                normal(weight, 0.3 * weight.shape[-2] ** -0.5)
            worth = 2.0 * media / share.clamp_min(1e-3) / max(len(share), 1)
            self.media_ceiling.copy_(worth.log().expand_as(self.media_ceiling))
            normal(self.media_ceiling, 0.3)
            self.control_ceiling.fill_(-2.0)
            self.region_baseline.fill_(float((1.0 - media).expm1().log()))
            normal(self.adjacency, 0.02)
            self.adjacency.abs_()

    def states(self, inputs: Inputs) -> Tensor:
        """Hidden states ``[M, R, W, H]`` of a GRU that reads exposures and controls."""
        if not self.settings.gru_width:
            return self.media.new_zeros(len(self.media), *inputs.exposure.shape[:2], 0)
        series = torch.cat([torch.log1p(inputs.exposure), inputs.control], dim=-1)
        gates = (self.gru_read, self.gru_hidden, self.gru_bias)
        return members_gru(series, *(gate.transpose(0, 1) for gate in gates))

    def coefficients(self, states: Tensor, rows: Tensor | slice) -> Tensor:
        """β ``[M, R', W, C]`` ≥ 0 of the regions ``rows``, each up to its channel's ceiling."""
        region = (_REGION_STEP * self.region_scale[:, rows]).exp()[:, :, None, None]
        ceiling = self.media_ceiling.exp()[:, None, None]
        return region * ceiling * torch.sigmoid(_read(states, self.media_readout))

    def weights(self, coefficients: Tensor) -> Tensor:
        """``β_j + Σ_c A_jc β_c``, ``[M, R, W, C]``: what a channel brings, through others too."""
        return coefficients + _read(coefficients, self.adjacency.transpose(1, 2))

    def control_coefficients(self, states: Tensor) -> Tensor:
        """γ ``[M, R, W, K]``, between minus and plus its control's ceiling."""
        raw = _read(states, self.control_readout) + self.control_bias[:, None, None]
        return softplus(self.control_ceiling)[:, None, None] * torch.tanh(raw)

    def baseline(self, weeks: int, rows: Tensor | slice) -> Tensor:
        """``[M, R', weeks]`` level ≥ 0 of a region, and its straight trend."""
        week = torch.arange(weeks, dtype=self.media.dtype, device=self.media.device)
        years = (week - week.mean()) / _WEEKS_IN_YEAR
        level = softplus(self.region_baseline[:, rows])
        return level[..., None] + self.region_trend[:, rows, None] * years

    def seasonal(self, rows: Tensor | slice) -> Tensor:
        """Weights ``[M, R', 2H]`` of the sines and cosines."""
        return self.season_common[:, None] + self.season_own[:, rows]

    def prediction(self, inputs: Inputs, rows: Tensor | slice) -> tuple[Tensor, Tensor]:
        """Return what is predicted for the fitted weeks of the regions ``rows``.

        Parameters
        ----------
        inputs
            Of these regions.

        Returns
        -------
        prediction, share
            ``[M, R', W]`` in units of the region's size, ``[M, R', W, C]`` saturated media.
        """
        states = self.states(inputs)
        share = self.response(self.adstocked(inputs))
        weights = self.weights(self.coefficients(states, rows))
        found = (
            self.baseline(share.shape[2], rows)
            + self.seasonal(rows) @ inputs.harmonic.T
            + (self.control_coefficients(states) * inputs.control).sum(-1)
            + (weights * share).sum(-1)
        )
        return found, share

    def settle(self, inputs: Inputs) -> None:
        """Write what was trained on these inputs into the buffers that `Equation` reads."""
        everyone = slice(None)
        states = self.states(inputs)
        self.level = self.baseline(inputs.fitted_weeks, everyone)
        self.season = self.seasonal(everyone)
        self.control = self.control_coefficients(states).mean(2)
        self.media = self.weights(self.coefficients(states, everyone)).mean(2)

    def effectiveness(self, inputs: Inputs) -> Tensor:
        """What a channel brings in a week over its mean of the fitted weeks, ``[M, R, W, C]``."""
        weights = self.weights(self.coefficients(self.states(inputs), slice(None)))
        return weights / self.media[:, :, None]

    def controlled(self, inputs: Inputs) -> Tensor:
        """What each control adds, by its coefficient of the week."""
        return self.control_coefficients(self.states(inputs)) * inputs.control


def _read(states: Tensor, weight: Tensor) -> Tensor:
    """``[M, R, W, I]`` times each member's ``[M, I, O]``: ``[M, R, W, O]``."""
    m, r, w, i = states.shape
    return (states.reshape(m, r * w, i) @ weight).reshape(m, r, w, -1)
