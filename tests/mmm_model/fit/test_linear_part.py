"""The linear part against the same model written out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from mmm_model import priors
from mmm_model.fit.coefficients import Prior, Solution
from mmm_model.fit.linear_part import LinearProblem
from mmm_model.fit.noise import NoiseModel, Whitening

REGIONS, WEEKS, CHANNELS, CONTROLS = 4, 40, 2, 1
COLUMNS = CHANNELS + CONTROLS


def drawn(regions: int, apart: float = 0.3) -> tuple[LinearProblem, Tensor, Prior]:
    """Regions whose coefficients lie up to ``apart`` around the common one, two members.

    One week has no KPI, one is an outlier.
    """
    rng = np.random.default_rng(5)
    media = torch.tensor(rng.uniform(0.0, 1.0, (regions, WEEKS, CHANNELS)))
    media = torch.stack([media, media**0.8])
    fixed = torch.tensor(rng.normal(size=(regions, WEEKS, CONTROLS)))
    own = torch.tensor([0.4, 0.8, 0.1]) * torch.tensor(
        rng.uniform(1 - apart, 1 + apart, (regions, COLUMNS))
    )
    columns = torch.cat([media[0], fixed], dim=-1)
    target = 1.0 + (columns * own[:, None]).sum(-1) + 0.05 * torch.tensor(rng.normal(size=(WEEKS,)))
    target = target + 0.05 * torch.tensor(rng.normal(size=(regions, WEEKS)))
    precision = torch.ones(regions, WEEKS, dtype=torch.double)
    precision[0, 3], precision[-1, 7] = 0.0, 0.2
    target[0, 3] = 0.0
    variance = torch.tensor(rng.uniform(0.002, 0.004, regions))
    noise = NoiseModel(0.02, 0.01, 0.5, variance, precision)
    weight = torch.tensor(np.stack([np.ones(WEEKS), rng.uniform(0.1, 2.0, WEEKS)]))
    problem = LinearProblem(Whitening.of(noise), target, fixed, weight, CHANNELS)
    mean = torch.tensor([[0.3, 0.3, 0.0]] * 2, dtype=torch.double)
    return problem, media, Prior(mean, torch.full_like(mean, 4.0))


def gradients(
    problem: LinearProblem, media: Tensor, prior: Prior, found: Solution, spread: Tensor
) -> list[Tensor]:
    """Of minus the log-posterior, by coefficients, common weeks and deviations."""
    parts = [found.pooled, found.common, found.deviation]
    pooled, common, deviation = (part.detach().clone().requires_grad_() for part in parts)
    innovation = problem.innovation(media, pooled[:, None] + deviation, common)
    total = (problem.weight[:, None] * innovation.square()).sum()
    if problem.whitening.common is not None:
        shared = problem.whitening.common.whiten(common.T[None])[0].T
        total = total + (problem.weight * shared.square()).sum()
        total = total + (deviation / spread).square().sum()
    total = total + (prior.precision * (pooled - prior.mean).square()).sum()
    free = [pooled, common, deviation] if problem.shared else [pooled]
    return list(torch.autograd.grad(0.5 * total, free))


@pytest.mark.parametrize("regions", [1, REGIONS])
def test_what_is_solved_is_the_best(regions: int) -> None:
    problem, media, prior = drawn(regions)
    start = problem.start(2)
    found = problem.solve(media, prior, start, rounds=200)
    size = torch.ones_like(found.pooled)
    size[:, :CHANNELS] = found.pooled[:, :CHANNELS]
    spread = (size * found.spread)[:, None]
    before = gradients(problem, media, prior, start, spread)
    after = gradients(problem, media, prior, found, spread)
    for first, last in zip(before, after, strict=True):
        assert last.abs().max() < 1e-5 * first.abs().max()


def test_how_much_regions_differ_is_learned() -> None:
    spreads = []
    for apart in (0.0, 0.5):
        problem, media, prior = drawn(12, apart)
        start = problem.start(2)
        assert (problem.solve(media, prior, start, rounds=20).spread == start.spread).all()
        found = problem.solve(media, prior, start, rounds=20, learn_spread=True)
        spreads.append(found.spread[:CHANNELS])
    assert (spreads[0] < 0.1).all() and (spreads[1] > 0.2).all()


def test_coefficients_of_channels_are_not_negative() -> None:
    problem, media, prior = drawn(REGIONS)
    against = replace(prior, mean=-prior.mean - 1.0, precision=1e4 * prior.precision)
    found = problem.solve(media, against, problem.start(2), rounds=4)
    assert (found.regional[..., :CHANNELS] >= 0).all()


@pytest.mark.parametrize("regions", [1, REGIONS])
def test_the_likelihood_ranks_noise_as_the_whole_covariance_does(regions: int) -> None:
    problem, media, prior = drawn(regions)
    other = replace(problem.whitening.noise, drift=0.2, common_drift=0.03, common_shock=0.1)
    ones = torch.ones(1, WEEKS, dtype=torch.double)
    first = Prior(prior.mean[:1], prior.precision[:1])
    nothing = torch.zeros(1, regions, COLUMNS, dtype=torch.double)
    found, expected = [], []
    for noise in (problem.whitening.noise, other):
        own = LinearProblem(Whitening.of(noise), problem.target, problem.fixed, ones, CHANNELS)
        found.append(float(own.log_likelihood(media[:1], first, nothing)))
        expected.append(written_out(own, media[:1], first))
    assert found[0] - found[1] == pytest.approx(expected[0] - expected[1], rel=1e-5)


def written_out(problem: LinearProblem, media: Tensor, prior: Prior) -> float:
    """Log-likelihood from the covariance of all region-weeks, the scale profiled out."""
    noise = problem.whitening.noise
    walk = torch.arange(1, WEEKS + 1, dtype=torch.double)
    walk = torch.minimum(walk[:, None], walk[None, :])
    eye = torch.eye(WEEKS, dtype=torch.double)
    seen = noise.precision > 0
    own = [
        v * (priors.LEVEL_START + noise.drift * walk) + torch.diag(v / known.clamp_min(1e-9))
        for v, known in zip(noise.variance, noise.precision, strict=True)
    ]
    covariance = torch.block_diag(*own)
    if len(noise.variance) > 1:
        shared = noise.variance.median() * (noise.common_drift * walk + noise.common_shock * eye)
        covariance = covariance + shared.repeat(len(own), len(own))
    columns = torch.cat([media[0], problem.fixed], dim=-1).reshape(-1, COLUMNS)
    on = seen.reshape(-1)
    x, y = columns[on], problem.target.reshape(-1)[on]
    covariance = covariance[on][:, on] + x @ torch.diag(1.0 / prior.precision[0]) @ x.T
    left = y - x @ prior.mean[0]
    square = left @ torch.linalg.solve(covariance, left)
    count = len(y)
    return float(-0.5 * (torch.logdet(covariance) + count * (square / count).log()))
