"""What the fit reads: the scaled panel, the weights of its weeks, the priors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from mmm_model import priors
from mmm_model.equation.equation import Inputs
from mmm_model.equation.scaling import Scaling
from mmm_model.fit.coefficients import Prior, Solution
from mmm_model.fit.evidence import Evidence
from mmm_model.fit.linear_part import LinearProblem, region_batches
from mmm_model.fit.noise import NoiseModel, Whitening
from mmm_model.panel import Floats, Panel
from mmm_model.settings import ModelSettings


@dataclass(frozen=True)
class Observations:
    """A scaled panel up to the last observed week.

    Parameters
    ----------
    inputs
        What the equation reads.
    target, observed
        ``[R, W]`` scaled KPI, and 1 where it was observed; the target is ``[M, R, W]`` where
        each member's media are taken off.
    fixed
        ``[R, W, K + 2H]`` controls and harmonics.
    weight
        ``[M, W]`` weights of the weeks in each member's bootstrap.
    spend_share
        ``[C]`` share of spend.
    spend_known
        Whether every channel's spend is known.
    belief
        ``[M, C]`` see `beliefs`.
    evidence
        What lift tests say of the coefficients; None without any.
    return_spread
        Standard deviation of a channel's return over that of all, see `learn_return_spread`.
    """

    inputs: Inputs
    target: Tensor
    observed: Tensor
    fixed: Tensor
    weight: Tensor
    spend_share: Tensor
    spend_known: bool
    belief: Tensor
    evidence: Evidence | None = None
    return_spread: float = priors.RETURN_SPREAD_UNLEARNED

    @classmethod
    def of(
        cls, panel: Panel, scaling: Scaling, inputs: Inputs, settings: ModelSettings
    ) -> Observations:
        """Scale a panel that ends with its last observed week."""
        like = inputs.exposure
        regions, weeks = panel.kpi.shape
        season = inputs.harmonic.expand(regions, -1, -1)
        return cls(
            inputs=inputs,
            target=torch.as_tensor(scaling.kpi(panel)).to(like),
            observed=torch.as_tensor(panel.observed).to(like),
            fixed=torch.cat([inputs.control, season], dim=-1),
            weight=torch.as_tensor(block_bootstrap(weeks, settings)).to(like),
            spend_share=torch.as_tensor(_spend_share(panel)).to(like),
            spend_known=bool(panel.has_spend.all()),
            belief=torch.as_tensor(beliefs(len(panel.channels), settings)).to(like),
        )

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.inputs.exposure.shape[-1]

    def batches(self, members: int | None = None) -> list[slice]:
        """Return the regions in pieces that fit in memory, for so many members at once."""
        regions, weeks, channels = self.inputs.exposure.shape
        return region_batches(regions, (members or len(self.weight)) * weeks * channels)

    def sample(self, most: int) -> Tensor:
        """Return up to ``most`` regions, quiet and restless; the same in any order of the table."""
        restless = self.target.var(dim=1, correction=0)
        stride = -(-len(restless) // most)
        return restless.argsort(stable=True)[::stride]

    def part(self, rows: Tensor | slice, weeks: int) -> Observations:
        """Return some regions in the first weeks."""
        inputs = self.inputs
        return replace(
            self,
            inputs=replace(
                inputs,
                exposure=inputs.exposure[rows, :weeks],
                frequency=None if inputs.frequency is None else inputs.frequency[rows, :weeks],
                control=inputs.control[rows, :weeks],
                harmonic=inputs.harmonic[:weeks],
            ),
            target=self.target[..., rows, :weeks],
            observed=self.observed[rows, :weeks],
            fixed=self.fixed[rows, :weeks],
            weight=self.weight[:, :weeks],
            evidence=None if self.evidence is None else self.evidence.part(rows),
        )

    @property
    def first(self) -> Observations:
        """As the first member reads them: every week counts once."""
        return replace(self, weight=self.weight[:1])

    def without_media(self, media: Tensor) -> Observations:
        """What media ``[R, W]``, or ``[M, R, W]`` of members, leave over: there are no channels."""
        return replace(
            self,
            inputs=replace(self.inputs, exposure=self.inputs.exposure[..., :0], frequency=None),
            target=(self.target - media) * self.observed,
            spend_share=self.spend_share[:0],
            spend_known=False,
            belief=self.belief[:, :0],
        )

    def problem(self, noise: NoiseModel) -> LinearProblem:
        """Return the linear part under a noise model."""
        whitening = Whitening.of(noise)
        return LinearProblem(whitening, self.target, self.fixed, self.weight, self.channels)

    def prior(self, saturated: Tensor, solution: Solution | None = None) -> Prior:
        """Weak: a channel's share of the KPI is of the order of its share of spend.

        Only the means of the saturated media ``[M, R, W, C]`` count. Without a solution all
        media bring what they usually do, with one what it says. Where lift tests are known,
        they sharpen it.
        """
        exposure = saturated.mean((1, 2)).clamp_min(priors.SMALLEST_EXPOSURE)  # [M, C]
        equal = 1.0 / max(self.channels, 1)
        share = self.spend_share.clamp_min(priors.SMALLEST_SPEND_SHARE * equal)
        mean, spread = torch.zeros_like(exposure), priors.MEDIA_SHARE * share
        if self.spend_known:
            total = exposure.new_full((len(exposure), 1), priors.MEDIA_SHARE_AT_START)
            if solution is not None:
                total = (solution.pooled[:, : self.channels] * exposure).sum(1, keepdim=True)
            expected = total.clamp(*priors.MEDIA_SHARE_RANGE) * share
            spread = self.return_spread * expected
            mean = expected * _rows(self.belief, len(exposure)) / exposure
        rest = exposure.new_zeros(len(exposure), self.fixed.shape[-1])
        prior = Prior(
            mean=torch.cat([mean, rest], dim=1),
            precision=torch.cat(
                [(exposure / spread) ** 2, rest + priors.CONTROL_SPREAD**-2], dim=1
            ),
        )
        return prior if self.evidence is None else self.evidence.sharpen(prior, solution)


def _rows(members: Tensor, rows: int) -> Tensor:
    """Rows of members: of the first ones, or each repeated until there are so many."""
    if rows <= len(members):
        return members[:rows]
    return members.repeat_interleave(rows // len(members), dim=0)


def beliefs(channels: int, settings: ModelSettings) -> Floats:
    """How large each member expects a channel's return to be, ``[M, C]``, over that of all.

    The first member expects the same of all channels. Where data say little, members differ
    as much as the prior allows, so intervals do not pretend to know (randomised maximum a
    posteriori: Bardsley et al., 2014).
    """
    rng, spread = np.random.default_rng([settings.seed, 1]), priors.RETURN_BELIEF_SPREAD
    draw = spread * rng.standard_normal((settings.members, channels))
    belief = np.exp(draw - 0.5 * spread**2)
    belief[0] = 1.0
    return belief


def block_bootstrap(weeks: int, settings: ModelSettings) -> Floats:
    """Weights ``[M, W]`` of the weeks with mean one: ones, then resampled blocks of weeks.

    Blocks keep what hangs together in time together; all regions share them, as shocks do.
    """
    rng = np.random.default_rng(settings.seed)
    size = min(settings.block_weeks, max(weeks // 4, 1))
    weight = np.ones((settings.members, weeks))
    for member in range(1, settings.members):
        starts = rng.integers(0, weeks, -(-weeks // size))
        drawn = (starts[:, None] + np.arange(size)).ravel()[:weeks] % weeks
        weight[member] = 0.1 + 0.9 * np.bincount(drawn, minlength=weeks)
    return weight


def _spend_share(panel: Panel) -> Floats:
    """``[C]`` share of spend, an equal share where spend is unknown."""
    equal = 1.0 / max(len(panel.channels), 1)
    spend = np.where(panel.has_spend, np.nansum(panel.spend, axis=(0, 1)), np.nan)
    known = spend > 0
    share = np.full(len(spend), equal)
    if known.any():
        share[known] = known.sum() * equal * spend[known] / spend[known].sum()
    return share
