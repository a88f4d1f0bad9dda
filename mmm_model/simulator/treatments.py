"""Promotions, prices and holidays of a simulated brand, with what they truly did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.tseries.offsets import Easter

from mmm_model.calendar_weeks import HOLIDAY, calendar_columns
from mmm_model.panel import Floats
from mmm_model.simulator.plans import autoregression
from mmm_model.simulator.spec import TreatmentSpec
from mmm_model.treatments import Treatment

PROMOTION, PRICE = "promotion_depth", "price"
_YEARLY = {"New Year": (1, 1), "Labour Day": (5, 1), "Christmas": (12, 25)}
_FROM_EASTER = {"Good Friday": -2, "Easter Monday": 1, "Ascension Day": 39, "Whit Monday": 50}


@dataclass(frozen=True)
class Treated:
    """Treatments as they were, and what they did.

    Parameters
    ----------
    treatments, values
        T of them and ``[R, W, T]``, as a panel has them.
    effect
        ``[R, W, T]`` over the baseline KPI's size.
    """

    treatments: tuple[Treatment, ...]
    values: Floats
    effect: Floats

    @property
    def promoted(self) -> Floats:
        """``[R, W]`` depth of the promotion over the usual one."""
        depth = self.values[..., [one.name for one in self.treatments].index(PROMOTION)]
        return depth / depth[depth > 0].mean() if (depth > 0).any() else depth


def holiday_names() -> tuple[str, ...]:
    """Holidays that every simulated region keeps, whatever they do there."""
    return (*_YEARLY, *_FROM_EASTER)


def draw_treatments(
    spec: TreatmentSpec, regions: tuple[str, ...], weeks: pd.DatetimeIndex, seed: int
) -> Treated:
    """Draw promotions and prices; holidays come when they come."""
    rng = np.random.default_rng([seed, 77])
    shape = (len(regions), len(weeks))
    spells = np.repeat(rng.random(shape[1] // 2 + 1) < spec.promoted, 2)[: shape[1]]
    depth = spells * rng.choice([0.1, 0.2, 0.3], shape[1])
    depth = np.broadcast_to(depth, shape)
    usual = depth[depth > 0].mean() if (depth > 0).any() else 1.0
    level = 9.0 + rng.random((shape[0], 1))
    price = level * np.exp(spec.price_sd * autoregression(rng, 0.8, shape))
    days = pd.DataFrame(
        [
            {"region": region, "day": day, "name": name, "kind": HOLIDAY}
            for region in regions
            for name, day in _days(weeks)
        ]
    )
    found, columns = calendar_columns(days, regions, weeks)
    parts = ("before", "day", "after")
    per = [
        sum(spec.holidays.get(name, (0.0,) * 3)[parts.index(one.part)] for name in one.names)
        for one in found
    ]
    change = np.log(price / np.median(price, axis=1, keepdims=True))
    own = np.random.default_rng([seed, 78]).standard_normal((2, shape[0], 1))
    lift, elasticity = np.exp(spec.regional * own) * [[[spec.lift]], [[spec.elasticity]]]
    return Treated(
        treatments=(
            Treatment(PROMOTION, "promotion"),
            Treatment(PRICE, "price"),
            *found,
        ),
        values=np.concatenate([depth[..., None], price[..., None], columns], axis=-1),
        effect=np.concatenate(
            [
                (lift * depth / usual)[..., None],
                (elasticity * change)[..., None],
                columns * per,
            ],
            axis=-1,
        ),
    )


def _days(weeks: pd.DatetimeIndex) -> Iterator[tuple[str, pd.Timestamp]]:
    for year in range(weeks[0].year - 1, weeks[-1].year + 2):
        for name, (month, day) in _YEARLY.items():
            yield name, pd.Timestamp(year, month, day)
        for name, later in _FROM_EASTER.items():
            yield name, Easter().rollforward(pd.Timestamp(year, 1, 1)) + pd.Timedelta(days=later)
