"""What lift tests do to a fit.

A test enters the fit as one more observation of its channel's coefficient: the KPI that a
unit of the coefficient would have gained from the change is known for any adstock and
saturation, so the likelihood of the measured lift is a Gaussian in the coefficient, which the
linear solve takes as a prior, and a term of the loss in everything else.

A test may be wrong. The model is first fitted without any; where a test lies further from
what that fit says than both doubts together allow, it conflicts, is flagged, and its standard
error is widened by what is left of the gap (a random effect between tests and model), so that
it cannot bend everything else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from mmm_model import priors
from mmm_model.equation.equation import Equation
from mmm_model.fit.coefficients import Prior, Solution
from mmm_model.fit.experiments import Experiment, expected_lifts
from mmm_model.panel import Bools, Floats


@dataclass(frozen=True)
class Evidence:
    """Tests as a fit reads them.

    Parameters
    ----------
    experiments
        N of them.
    lift
        ``[M, N]`` measured, every member but the first with an error of its own.
    error
        ``[N]`` standard errors, widened where a test conflicts.
    conflicts
        ``[N]`` whether it does.
    before
        ``[M, N]`` what the model said without any test.
    per_unit
        N of ``[M, R']``, see `Experiment.per_unit`, at the current equation.
    rows
        Regions that are asked about.
    """

    experiments: tuple[Experiment, ...]
    lift: Tensor
    error: Tensor
    conflicts: Tensor
    before: Tensor
    per_unit: tuple[Tensor, ...]
    rows: Tensor | slice = field(default_factory=lambda: slice(None))

    def at(self, equation: Equation) -> Evidence:
        """Return the evidence at other parameters."""
        return replace(self, per_unit=tuple(e.per_unit(equation) for e in self.experiments))

    def part(self, rows: Tensor | slice) -> Evidence:
        """Return what the tests say of some regions."""
        return replace(self, rows=rows)

    def sharpen(self, prior: Prior, solution: Solution | None) -> Prior:
        """Return the prior of the coefficients with what the tests say of each region's.

        A test of several regions is one test of each, whose errors add up to its own; its lift
        is shared out as the solution expects.
        """
        members, columns = prior.precision.shape
        regions = self.experiments[0].of_regions
        precision = prior.precision.new_zeros(members, regions, columns)
        weighted = torch.zeros_like(precision)
        for n, experiment in enumerate(self.experiments):
            gained = self.per_unit[n].detach()[:members]
            expected = gained.abs() * _ratio(experiment, solution)
            share = expected / expected.sum(1, keepdim=True).clamp_min(1e-30)
            at = experiment.regions, experiment.channel
            variance = self.error[n] ** 2
            precision[:, *at] += gained**2 / (variance * share).clamp_min(1e-30)
            weighted[:, *at] += gained * self.lift[:members, [n]] / variance
        return replace(
            prior,
            regional_precision=precision[:, self.rows],
            regional_weighted=weighted[:, self.rows],
        )

    def loss(self, solution: Solution) -> Tensor:
        """Minus the logarithm of the tests' likelihood, summed over members."""
        miss = (_predicted(self.experiments, self.per_unit, solution) - self.lift) / self.error
        return 0.5 * miss.square().sum()

    def readings(self, equation: Equation) -> dict[str, Floats]:
        """What is kept of N tests, KPI units a week.

        Returns
        -------
        dict
            ``error`` and ``conflicts`` ``[N]`` as they entered the fit; ``before`` and ``after``
            ``[M, N]``, what the model said without them and says with them.
        """
        return {
            "error": _array(self.error),
            "conflicts": _array(self.conflicts),
            "before": _array(self.before),
            "after": expected_lifts(equation, self.experiments),
        }


def confront(
    experiments: tuple[Experiment, ...],
    equation: Equation,
    solution: Solution,
    prior: Prior,
    seed: int,
) -> Evidence:
    """Hold tests against a model that was fitted without them.

    Parameters
    ----------
    equation, solution
        Of that fit.
    prior
        Of the coefficients, without tests.
    seed
        Of the members' errors.
    """
    with torch.no_grad():
        per_unit = tuple(e.per_unit(equation) for e in experiments)
        before = _predicted(experiments, per_unit, solution)
        lift = before.new_tensor([experiment.lift for experiment in experiments])
        error = before.new_tensor([experiment.error for experiment in experiments])
        gap = (lift - before.mean(0)).abs()
        doubt = _doubt(before, _by_usual_returns(experiments, per_unit, prior))
        conflicts = gap > priors.LIFT_TOO_FAR * (doubt**2 + error**2).sqrt()
        wide = torch.where(conflicts, (error**2 + gap**2).sqrt(), error)
        noise = torch.randn(before.shape, generator=torch.Generator().manual_seed(seed)).to(wide)
        noise[0] = 0.0
    return Evidence(experiments, lift + wide * noise, wide, conflicts, before, per_unit)


def conflicting(said: Floats, lift: Floats, error: Floats) -> tuple[Bools, Floats]:
    """Tell which tests lie further from what draws say than both doubts together allow.

    Parameters
    ----------
    said
        ``[D, N]`` lift of N tests as D draws that were made without them expect it.
    lift, error
        ``[N]`` measured, with their standard errors.

    Returns
    -------
    conflicts, wide
        ``[N]`` each: whether a test does, and its standard error, widened then by the gap.
    """
    mean = said.mean(axis=0)
    doubt = np.sqrt(said.var(axis=0) + (priors.LIFT_DOUBT * mean) ** 2)
    gap = np.abs(lift - mean)
    conflicts = gap > priors.LIFT_TOO_FAR * np.sqrt(doubt**2 + error**2)
    return conflicts, np.where(conflicts, np.sqrt(error**2 + gap**2), error)


def _doubt(before: Tensor, usual: Tensor) -> Tensor:
    """Standard deviation ``[N]`` of what a model says of N tests.

    Parameters
    ----------
    before
        ``[M, N]`` what its members say.
    usual
        ``[N]`` what usual returns would bring: a member alone may err by as much.
    """
    variance = before.var(0) if len(before) > 1 else usual**2
    return (variance + (priors.LIFT_DOUBT * before.mean(0)) ** 2).sqrt()


def _by_usual_returns(
    experiments: tuple[Experiment, ...], per_unit: tuple[Tensor, ...], prior: Prior
) -> Tensor:
    """Weekly lift ``[N]`` that the prior's coefficients expect, members' mean."""
    pairs = zip(experiments, per_unit, strict=True)
    return torch.stack([(gained.sum(1) * prior.mean[:, e.channel]).mean() for e, gained in pairs])


def _predicted(
    experiments: tuple[Experiment, ...], per_unit: tuple[Tensor, ...], solution: Solution
) -> Tensor:
    """Weekly lift ``[M, N]`` that a solution expects."""
    return torch.stack(
        [
            (gained * solution.regional[:, e.regions, e.channel]).sum(1)
            for e, gained in zip(experiments, per_unit, strict=True)
        ],
        dim=1,
    )


def _ratio(experiment: Experiment, solution: Solution | None) -> Tensor | float:
    """Coefficients of the test's regions over the pooled one; one where regions are left out."""
    if solution is None or solution.deviation.shape[1] != experiment.of_regions:
        return 1.0
    pooled = solution.pooled[:, [experiment.channel]]
    own = solution.deviation[:, experiment.regions, experiment.channel]
    known = torch.where(pooled > 1e-6, own / pooled.clamp_min(1e-6), 0.0)
    return (1.0 + known).clamp(*priors.LIFT_REGION_RANGE)


def _array(values: Tensor) -> Floats:
    """As an array of numbers, also what is true or false."""
    return values.detach().cpu().numpy().astype(float)
