"""One plan that brings several KPIs, as a plan that brings their weighted sum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmm_model.budget.future_plan import FuturePlan
from mmm_model.effects.recent_plan import Plan
from mmm_model.panel import Bools, Floats


@dataclass(frozen=True)
class MixedPlan:
    """A `Plan` whose response is a weighted sum of those of others, which spend the same.

    Parameters
    ----------
    parts
        One a KPI, in value; draws of one number are added, which know nothing of each other.
    weights
        Of each.
    """

    parts: tuple[Plan, ...]
    weights: tuple[float, ...]

    @property
    def spend(self) -> Floats:
        """``[R, C]`` mean weekly spend."""
        return self.parts[0].spend

    def weekly(self, multiplier: float | Floats = 1.0) -> Floats:
        """Mean weekly value ``[M, R, C]``."""
        return self._sum(lambda part: part.weekly(multiplier))

    def weekly_marginal(self, multiplier: float | Floats = 1.0) -> Floats:
        """Its derivative with respect to the multiplier, ``[M, R, C]``."""
        return self._sum(lambda part: part.weekly_marginal(multiplier))

    def valued(self) -> MixedPlan:
        """The plan itself, which is in value."""
        return self

    def only(self, channels: Bools) -> MixedPlan:
        """Return the plan of the channels that are True in ``[C]``."""
        return replace(self, parts=tuple(part.only(channels) for part in self.parts))

    @property
    def weeks(self) -> pd.DatetimeIndex:
        """The H Mondays, of plans of the weeks ahead."""
        return self._ahead[0].weeks

    @property
    def rhythm(self) -> Floats:
        """``[H, C]`` each week's spend over the mean, of plans of the weeks ahead."""
        return self._ahead[0].rhythm

    def by_rhythm(self, rhythm: Floats, multiplier: Floats) -> tuple[Floats, Floats]:
        """Expected value of another rhythm and its gradient, see `FuturePlan.by_rhythm`."""
        found = [part.by_rhythm(rhythm, multiplier) for part in self._ahead]
        value = np.tensordot(self.weights, np.stack([own for own, _ in found]), 1)
        return value, np.tensordot(self.weights, np.stack([own for _, own in found]), 1)

    @property
    def _ahead(self) -> list[FuturePlan]:
        return [part for part in self.parts if isinstance(part, FuturePlan)]

    def _sum(self, each: Callable[[Plan], Floats]) -> Floats:
        used = [(w, part) for w, part in zip(self.weights, self.parts, strict=True) if w]
        weight, part = used[0]
        total = weight * each(part)
        for weight, part in used[1:]:
            total += weight * each(part)
        return total
