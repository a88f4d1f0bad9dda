"""Lift tests: experiments that say what a change of spend brought.

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

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmm_model.equation.equation import Equation, convolve
from mmm_model.equation.scaling import Scaling
from mmm_model.fit.linear_part import Prior, Solution
from mmm_model.panel import Floats, Panel
from mmm_model.settings import PLAN_WEEKS

_TOO_FAR = 2.5
# Doubt about the model besides its members' disagreement, as a share of what it says.
_OWN_DOUBT = 0.5


@dataclass(frozen=True)
class LiftTest:
    """One experiment.

    Parameters
    ----------
    channel
        What was changed.
    change
        Weekly spend above what it would have been, all regions of the test together;
        negative where it was cut.
    lift
        Weekly KPI gained by it, mean over the test's weeks.
    standard_error
        Of the lift, > 0.
    region
        Where; None: everywhere.
    start, end
        First and last week; the panel holds what was spent. Without them it is a steady
        state: spend had been at ``level`` for long and was raised for good.
    level
        Weekly spend before a change without weeks; None: its mean of the last year.
    in_exposure
        Whether ``change`` and ``level`` are exposure and not spend.

    Raises
    ------
    ValueError
        If a number is not finite, the error not positive or a week without its partner.
    """

    channel: str
    change: float
    lift: float
    standard_error: float
    region: str | None = None
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None
    level: float | None = None
    in_exposure: bool = False

    def __post_init__(self) -> None:
        numbers = (self.change, self.lift, self.standard_error, self.level or 0.0)
        if not np.isfinite(numbers).all() or self.standard_error <= 0 or self.change == 0:
            raise ValueError(
                f"lift test of {self.channel}: change {self.change}, lift {self.lift}, standard "
                f"error {self.standard_error}; allowed are numbers, the change not 0, the error > 0"
            )
        if (self.start is None) != (self.end is None) or (
            self.start is not None and self.end is not None and self.start > self.end
        ):
            raise ValueError(f"lift test of {self.channel}: from {self.start} to {self.end}")


@dataclass(frozen=True)
class Experiment:
    """A test in the scale of the model: L weeks of history and T of the test, R' regions.

    Parameters
    ----------
    channel
        Position.
    exposure, change
        ``[R', L + T]`` scaled exposure with the change, and the change.
    regions
        ``[R']`` positions, of ``of_regions``.
    size
        ``[R']`` KPI units of the regions' scale.
    lift, error
        KPI units a week.
    """

    channel: int
    exposure: Tensor
    change: Tensor
    regions: Tensor
    of_regions: int
    size: Tensor
    lift: float
    error: float

    def per_unit(self, equation: Equation) -> Tensor:
        """``[M, R']`` weekly KPI that the change brings if the coefficient is one."""
        kernel = equation.kernel()[:, [self.channel]]

        def level(exposure: Tensor) -> Tensor:
            worked = convolve(exposure[..., None], kernel)
            return equation.response(worked, self.channel)[:, :, kernel.shape[-1] - 1 :, 0]

        gained = level(self.exposure) - level((self.exposure - self.change).clamp_min(0.0))
        return gained.mean(-1) * self.size


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
            expected = gained * _ratio(experiment, solution)
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
            ``lift``, ``error`` and ``conflicts`` ``[N]`` as they entered the fit; ``before`` and
            ``after`` ``[M, N]``, what the model said without them and says with them.
        """
        with torch.no_grad():
            after = [
                (e.per_unit(equation) * equation.media[:, e.regions, e.channel]).sum(1)
                for e in self.experiments
            ]
        measured = [experiment.lift for experiment in self.experiments]
        return {
            "lift": np.array(measured),
            "error": _array(self.error),
            "conflicts": _array(self.conflicts),
            "before": _array(self.before),
            "after": _array(torch.stack(after, dim=1)),
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
        said = before.mean(0)
        if len(before) > 1:  # members differ in the returns that they expect
            spread = before.var(0)
        else:  # one alone is told how far it may err: by the usual return
            pairs = zip(experiments, per_unit, strict=True)
            usual = [(gained.sum(1) * prior.mean[:, e.channel]).mean() for e, gained in pairs]
            spread = torch.stack(usual) ** 2
        doubt = (spread + (_OWN_DOUBT * said) ** 2).sqrt()
        allowed = _TOO_FAR * (doubt**2 + error**2).sqrt()
        beyond = ((lift - said).abs() - allowed).clamp_min(0.0)
        conflicts = beyond > 0
        wide = torch.where(conflicts, (error**2 + (lift - said) ** 2).sqrt(), error)
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(before.shape, generator=generator).to(wide)
        noise[0] = 0.0
    return Evidence(experiments, lift + wide * noise, wide, conflicts, before, per_unit)


def experiments_of(
    tests: Sequence[LiftTest], panel: Panel, scaling: Scaling, lags: int, like: Tensor
) -> tuple[Experiment, ...]:
    """Bring tests into the scale of the model.

    Parameters
    ----------
    panel
        Weeks that the fit may see.
    lags
        L ≥ 0, the longest lag.
    like
        Type and device of the tensors.

    Returns
    -------
    tuple of Experiment
        One per test, in their order.

    Raises
    ------
    ValueError
        If a test names a channel, region or week that the panel lacks, is in spend of a channel
        without any, or takes away more than was spent.
    """
    return tuple(_experiment(test, panel, scaling, lags, like) for test in tests)


def check_tests(tests: Sequence[LiftTest], panel: Panel) -> None:
    """Raise the ValueError of `experiments_of` before anything is trained."""
    experiments_of(tests, panel, Scaling.of(panel), 0, torch.zeros(1, dtype=torch.float64))


def within(tests: Sequence[LiftTest], panel: Panel, weeks: int) -> list[LiftTest]:
    """Tests that were over in the first ``weeks`` weeks of a panel; those without weeks are."""
    last = panel.weeks[weeks - 1]
    return [test for test in tests if test.end is None or test.end <= last]


def _experiment(
    test: LiftTest, panel: Panel, scaling: Scaling, lags: int, like: Tensor
) -> Experiment:
    about = f"lift test of {test.channel}"
    if test.channel not in panel.channels:
        raise ValueError(f"{about}: the channels are {list(panel.channels)}")
    c = panel.channels.index(test.channel)
    regions = np.arange(len(panel.regions))
    if test.region is not None:
        if test.region not in panel.regions:
            raise ValueError(f"{about}: there is no region '{test.region}'")
        regions = np.array([panel.regions.index(test.region)])
    weeks = slice(-PLAN_WEEKS, None)
    if test.start is not None and test.end is not None:
        first = int(panel.weeks.searchsorted(test.start, side="right")) - 1
        last = int(panel.weeks.searchsorted(test.end, side="right"))
        if first < 0 or test.end > panel.weeks[-1] + pd.Timedelta(days=6):
            raise ValueError(
                f"{about}: it ran from {test.start.date()} to {test.end.date()}, the panel from "
                f"{panel.weeks[0].date()} to {panel.weeks[-1].date()}"
            )
        weeks = slice(first, last)
    exposure = panel.exposure[regions, :, c]
    mean = exposure[:, weeks].mean(axis=1)
    if mean.sum() <= 0:
        raise ValueError(f"{about}: nothing ran in its weeks")
    price = 1.0
    if not test.in_exposure:
        spend = np.nan_to_num(panel.spend[regions, :, c][:, weeks]).mean(axis=1).sum()
        if spend <= 0:
            raise ValueError(f"{about}: its spend is unknown, give the change in exposure")
        price = spend / mean.sum()
    change = test.change / price * mean / mean.sum()
    if test.start is None:
        level = mean if test.level is None else test.level / price * mean / mean.sum()
        with_change = np.repeat((level + change)[:, None], lags + 1, axis=1)
        changed = np.repeat(change[:, None], lags + 1, axis=1)
    else:
        before = np.zeros((len(regions), lags))
        reach = min(lags, first)
        before[:, lags - reach :] = exposure[:, first - reach : first]
        with_change = np.concatenate([before, exposure[:, weeks]], axis=1)
        # The change follows the plan of its weeks: no week falls below nothing.
        shape = exposure[:, weeks] / np.maximum(mean[:, None], 1e-300)
        changed = np.concatenate([np.zeros_like(before), change[:, None] * shape], axis=1)
        if test.change > 0 and (change > mean * (1 + 1e-9)).any():
            raise ValueError(
                f"{about}: spend rose by {test.change:,.2f} a week, but only "
                f"{mean.sum() * price:,.2f} was spent"
            )
    size = scaling.exposure_size[regions, c][:, None]

    def tensor(values: Floats) -> Tensor:
        return torch.as_tensor(values).to(like)

    return Experiment(
        channel=c,
        exposure=tensor(with_change / size),
        change=tensor(changed / size),
        regions=torch.as_tensor(regions, device=like.device),
        of_regions=len(panel.regions),
        size=tensor(scaling.region_size[regions]),
        lift=test.lift,
        error=test.standard_error,
    )


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
    return (1.0 + known).clamp(0.1, 5.0)


def _array(values: Tensor) -> Floats:
    return values.detach().cpu().numpy().astype(float)
