"""Lift tests in the scale of the model: which exposure changed, in which weeks and regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmm_model.equation.equation import Equation, convolve
from mmm_model.equation.scaling import Scaling
from mmm_model.fit.lift_tests import AND, LiftTest
from mmm_model.panel import Floats, Panel
from mmm_model.settings import PLAN_WEEKS


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
    weeks
        Of the panel, in which the test ran.
    lift, error
        KPI units a week.
    frequency
        ``[R', 1]`` of the people reached, of a channel that has one; None for others.
    """

    channel: int
    exposure: Tensor
    change: Tensor
    regions: Tensor
    of_regions: int
    size: Tensor
    weeks: slice
    lift: float
    error: float
    frequency: Tensor | None = None

    def per_unit(self, equation: Equation) -> Tensor:
        """``[M, R']`` weekly KPI that the change brings if the coefficient is one."""
        kernel = equation.kernel()[:, [self.channel]]

        worth: Tensor | float = 1.0
        if self.frequency is not None:
            worth = equation.worth_of_frequency(self.frequency[..., None], self.channel)

        def level(exposure: Tensor) -> Tensor:
            worked = convolve(exposure[..., None] * worth, kernel)
            return equation.response(worked, self.channel)[:, :, kernel.shape[-1] - 1 :, 0]

        gained = level(self.exposure) - level((self.exposure - self.change).clamp_min(0.0))
        return gained.mean(-1) * self.size

    def where_worth(self, effectiveness: Floats) -> Experiment:
        """Return it where a unit is worth an effectiveness ``[W, C]`` in its weeks."""
        worth = float(effectiveness[self.weeks, self.channel].mean())
        return replace(self, size=worth * self.size)


def expected_lifts(equation: Equation, experiments: Sequence[Experiment]) -> Floats:
    """Weekly lift ``[M, N]`` in KPI units that the members of an equation expect of N tests."""
    with torch.no_grad():
        each = [
            (one.per_unit(equation) * equation.media[:, one.regions, one.channel]).sum(1)
            for one in experiments
        ]
        return np.asarray(torch.stack(each, dim=1).numpy())


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


def _experiment(
    test: LiftTest, panel: Panel, scaling: Scaling, lags: int, like: Tensor
) -> Experiment:
    """Bring one test into the scale of the model."""
    c, regions = _channel(test, panel), _regions(test, panel)
    weeks = _weeks(test, panel)
    exposure = panel.exposure[regions, :, c]  # [R', W]
    planned = weeks
    if test.change < 0 and exposure[:, weeks].sum() <= 0 and weeks.start:  # it went dark
        planned = slice(max(weeks.start - PLAN_WEEKS, 0), weeks.start)
    usual = exposure[:, planned].mean(axis=1)  # [R']
    if usual.sum() <= 0:
        raise ValueError(f"{_about(test)}: nothing ran in its weeks")
    price = 1.0 if test.in_exposure else _price(test, panel.spend[regions, :, c][:, planned], usual)
    if test.start is None:
        plan, change = _steady(test, usual, price, lags)
    else:
        plan, change = _dated(test, exposure, weeks, usual[:, None], price, lags)
    size = scaling.exposure_size[regions, c][:, None]
    often = None
    if panel.by_frequency[c]:
        contacts = panel.contacts[regions, :, c][:, planned].mean(axis=1)
        often = np.where(usual > 0, contacts / np.where(usual > 0, usual, 1.0), 1.0)

    def tensor(values: Floats) -> Tensor:
        return torch.as_tensor(values).to(like)

    return Experiment(
        channel=c,
        exposure=tensor(plan / size),
        change=tensor(change / size),
        regions=torch.as_tensor(regions, device=like.device),
        of_regions=len(panel.regions),
        size=tensor(scaling.region_size[regions]),
        weeks=weeks,
        lift=test.lift,
        error=test.believed_error,
        frequency=None if often is None else tensor(often[:, None]),
    )


def _about(test: LiftTest) -> str:
    """How a message begins."""
    return f"lift test of {test.channel}"


def _channel(test: LiftTest, panel: Panel) -> int:
    """Position of the test's channel."""
    if test.channel not in panel.channels:
        raise ValueError(f"{_about(test)}: the channels are {list(panel.channels)}")
    return panel.channels.index(test.channel)


def _regions(test: LiftTest, panel: Panel) -> np.ndarray:
    """Positions ``[R']`` of the test's regions."""
    if test.region is None:
        return np.arange(len(panel.regions))
    names = [test.region] if test.region in panel.regions else test.region.split(AND)
    if unknown := [name for name in names if name not in panel.regions]:
        raise ValueError(f"{_about(test)}: there is no region '{unknown[0]}'")
    return np.array(sorted({panel.regions.index(name) for name in names}))


def _weeks(test: LiftTest, panel: Panel) -> slice:
    """Weeks of the panel that the test ran in; of one without weeks, the last year."""
    if test.start is None or test.end is None:
        return slice(-PLAN_WEEKS, None)
    first = int(panel.weeks.searchsorted(test.start, side="right")) - 1
    last = int(panel.weeks.searchsorted(test.end, side="right"))
    if first < 0 or test.end > panel.weeks[-1] + pd.Timedelta(days=6):
        raise ValueError(
            f"{_about(test)}: it ran from {test.start.date()} to {test.end.date()}, the panel from "
            f"{panel.weeks[0].date()} to {panel.weeks[-1].date()}"
        )
    return slice(first, last)


def _price(test: LiftTest, spend: Floats, usual: Floats) -> float:
    """Spend per unit of exposure, from spend ``[R', T]`` and mean exposure ``[R']``."""
    total = float(np.nan_to_num(spend).mean(axis=1).sum())
    if total <= 0:
        raise ValueError(f"{_about(test)}: its spend is unknown, give the change in exposure")
    return total / float(usual.sum())


def _steady(test: LiftTest, usual: Floats, price: float, lags: int) -> tuple[Floats, Floats]:
    """Exposure and its change ``[R', L + 1]``, both the same for long; regions as they usually are.

    Parameters
    ----------
    usual
        ``[R']`` mean exposure a week.
    price
        Unit of ``test.change`` and ``test.level`` per unit of exposure.
    """
    share = usual / usual.sum()
    change = test.change / price * share
    level = usual if test.level is None else test.level / price * share
    return (
        np.repeat((level + change)[:, None], lags + 1, axis=1),
        np.repeat(change[:, None], lags + 1, axis=1),
    )


def _dated(
    test: LiftTest, exposure: Floats, weeks: slice, usual: Floats, price: float, lags: int
) -> tuple[Floats, Floats]:
    """Exposure and its change ``[R', L + T]`` in the T weeks of the test and L before them.

    Parameters
    ----------
    exposure
        ``[R', W]`` as it ran, with the change.
    weeks
        Those of the test.
    usual
        ``[R', 1]`` exposure a week, in its weeks or, where it went dark, in those before.
    price
        Unit of ``test.change`` per unit of exposure.
    """
    during = exposure[:, weeks]
    change = test.change / price * usual / usual.sum()
    if test.change > 0 and (change > usual * (1 + 1e-9)).any():
        raise ValueError(
            f"{_about(test)}: spend rose by {test.change:,.2f} a week, but only "
            f"{usual.sum() * price:,.2f} was spent"
        )
    before = np.zeros((len(exposure), lags))
    reach = min(lags, weeks.start)
    before[:, lags - reach :] = exposure[:, weeks.start - reach : weeks.start]
    # The change follows the plan of its weeks: no week falls below nothing.
    shape = during / np.maximum(usual, 1e-300) if during.any() else np.ones_like(during)
    return (
        np.concatenate([before, during], axis=1),
        np.concatenate([np.zeros_like(before), change * shape], axis=1),
    )
