"""How much the returns of channels differ, learned from the data.

Each return is drawn to that of all media. How strongly is a matter of fact: where the returns
that the data settle lie close together, the ones that they do not settle probably do too. The
spread is that of an empirical Bayes estimate, found by expectation maximisation (Dempster,
Laird & Rubin, 1977).
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from mmm_model import priors
from mmm_model.fit.noise import NoiseModel
from mmm_model.fit.observations import Observations

_ROUNDS = 8


def learn_return_spread(data: Observations, noise: NoiseModel, saturated: Tensor) -> Observations:
    """Return the data with the spread of returns that fits them; as they are without spend.

    Parameters
    ----------
    data, noise
        What is fitted.
    saturated
        ``[1, R, W, C]`` saturated media of the member without bootstrap.
    """
    if not data.spend_known:
        return data
    problem = data.first.problem(noise)
    moments = problem.moments(saturated)
    gram = problem.pooled_gram(moments)
    start = problem.start(1)
    solution = problem.solve(saturated, data.prior(saturated), start, moments=moments)
    few = priors.RETURN_SPREAD_CHANNELS
    for _ in range(_ROUNDS):
        prior = data.prior(saturated, solution)
        solution = problem.solve(saturated, prior, solution, moments=moments)
        covariance = torch.linalg.inv(gram + torch.diag_embed(prior.precision))
        variance = covariance.diagonal(dim1=1, dim2=2)
        square = ((solution.pooled - prior.mean).square() + variance)[:, : data.channels]
        total = float((square / prior.mean[:, : data.channels].square()).sum())
        mean = (total + few * priors.RETURN_SPREAD**2) / (data.channels + few)
        data = replace(data, return_spread=mean**0.5)
    return data
