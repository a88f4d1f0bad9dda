"""Channels that follow what a region asks for are not paid for it; those that work are."""

from __future__ import annotations

import numpy as np
import pytest

from mmm_model.fit.posterior.endogeneity import Movements, own_movements
from mmm_model.fit.posterior.factors import Alone, Factors, SharedColumns
from mmm_model.fit.posterior.sizes import SizePrior, Total
from mmm_model.fit.posterior.whitened import WhitenedResponses

_REGIONS, _WEEKS, _NOISE = 8, 60, 0.02
_PRIOR = SizePrior(np.log(0.1), 1.0, 0.0, Total(-1.6, 0.75))


def _drawn(slope: float, size: float) -> np.ndarray:
    """``[100, 3]`` shapes, sizes and slopes of a channel that follows demand, works, or both."""
    rng = np.random.default_rng(3)
    plan = rng.standard_normal((_REGIONS, _WEEKS))
    exposure = np.exp(plan)
    lasting = exposure.copy()
    for week in range(1, _WEEKS):
        lasting[:, week] += 0.6 * lasting[:, week - 1]
    response = np.stack([exposure / (1.0 + exposure), lasting / lasting.mean()], axis=-1)
    movement = own_movements(exposure[..., None])
    rest = size * response[..., 1] + slope * movement[..., 0]
    rest = rest + _NOISE * rng.standard_normal(rest.shape)
    none = (np.zeros((_REGIONS, 0), int), np.zeros((_REGIONS, 0)))
    sd = np.full(_REGIONS, _NOISE)
    alone = Alone.of(np.eye(_WEEKS), sd, np.zeros((_REGIONS, _WEEKS, 0)), none)
    factors = Factors.of(SharedColumns.of(alone, [np.ones((1, _WEEKS, 1))]))
    white, left = alone.white(response), factors.white(rest)
    norm, seen = white.transpose(0, 2, 1) @ white, factors.shared.transpose(0, 2, 1) @ white
    bank, region = WhitenedResponses(np.eye(2), white, norm, seen, factors), np.ones(_REGIONS)
    bank.weigh(region)
    low = factors.lower(left)
    statistics = bank.square, bank.meets(region, left, low)
    own = Movements.of(movement, factors).each[0]
    shapes = np.log([0.5, 0.5])
    each = [
        own.draw(rng, bank, region, (left, low), statistics, shapes, _PRIOR) for _ in range(100)
    ]
    return np.array(each)


def test_what_follows_demand_is_not_paid() -> None:
    """The slope takes all of it, and little is left for an effect."""
    _, size, slope = _drawn(slope=0.1, size=0.0).T
    assert slope.mean() == pytest.approx(0.1, abs=0.01)
    assert np.median(size) < 0.05


def test_what_works_is_paid_in_full() -> None:
    """An effect that lasts is no slope: nine in ten channels have none, and draws say so."""
    shape, size, slope = _drawn(slope=0.0, size=0.2).T
    assert (slope == 0.0).mean() > 0.8
    assert (shape == 1).all()
    assert size.mean() == pytest.approx(0.2, abs=0.01)


def test_both_are_told_from_each_other() -> None:
    """A channel that works and follows has its effect and its slope."""
    _, size, slope = _drawn(slope=0.1, size=0.2).T
    assert size.mean() == pytest.approx(0.2, abs=0.02)
    assert slope.mean() == pytest.approx(0.1, abs=0.01)


def test_what_all_regions_do_is_no_movement_of_one() -> None:
    """A plan of the whole country moves with the country."""
    plan = np.random.default_rng(1).gamma(1.0, 1.0, (1, _WEEKS, 2))
    assert not own_movements(np.repeat(plan, 5, axis=0)).round(12).any()
