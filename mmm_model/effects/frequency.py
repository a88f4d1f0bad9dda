"""How often to reach the same person: what the money of a channel brings at other frequencies.

Money buys contacts. At another frequency the same contacts reach more or fewer people, never more
than there are: contacts over frequency. What they do then is read off the model's own curve of
frequency. Direct effects of the recent plan, at one frequency in all its weeks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmm_model.effects.recent_plan import RecentPlan, recent_plan
from mmm_model.equation.media_response import MediaResponse
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.posterior.shapes import adstocked
from mmm_model.intervals import effect_interval, point
from mmm_model.panel import Floats, Panel
from mmm_model.settings import PLAN_WEEKS

FREQUENCY_COLUMNS = (
    "channel", "frequency", "response", "lower", "upper", "roi", "roi_lower", "roi_upper",
    "probability", "is_best", "is_current",
)  # fmt: skip
_STEP = 0.1
_MOST_POINTS = 60


@dataclass(frozen=True)
class FrequencyCurve:
    """What the recent money of one channel brings at F frequencies.

    Parameters
    ----------
    channel
        Its name.
    frequency
        ``[F]`` contacts per person reached, from one to the highest of the recent weeks.
    current
        Mean frequency of the people reached in the recent weeks.
    response, value
        ``[M, F]`` mean weekly response, KPI units, and its value; NaN where no value is known.
    as_spent
        ``[M]`` the response at each week's own frequency.
    spend
        Mean weekly spend; NaN where unknown.
    """

    channel: str
    frequency: Floats
    current: float
    response: Floats
    value: Floats
    as_spent: Floats
    spend: float

    @property
    def best(self) -> int:
        """Position of the frequency that brings the most, expected over the members."""
        return int(self.response.mean(axis=0).argmax())

    @property
    def gain(self) -> float:
        """What the best frequency brings over what the plan brings at its own."""
        usual = float(self.as_spent.mean())
        return float(self.response[:, self.best].mean()) / usual if usual > 0 else np.nan

    def frame(self) -> pd.DataFrame:
        """Rows of the table ``frequency``."""
        chosen = np.bincount(self.response.argmax(axis=1), minlength=len(self.frequency))
        lower, upper = effect_interval(self.response)
        returns = self.value / (self.spend if self.spend > 0 else np.nan)
        roi_lower, roi_upper = effect_interval(returns)
        place = np.arange(len(self.frequency))
        return pd.DataFrame(
            {
                "channel": self.channel,
                "frequency": self.frequency,
                "response": self.response.mean(axis=0),
                "lower": lower,
                "upper": upper,
                "roi": point(returns),
                "roi_lower": roi_lower,
                "roi_upper": roi_upper,
                "probability": chosen / len(self.response),
                "is_best": place == self.best,
                "is_current": place == np.abs(self.frequency - self.current).argmin(),
            },
            columns=list(FREQUENCY_COLUMNS),
        )


def frequencies(model: FittedModel, panel: Panel, response: MediaResponse) -> pd.DataFrame:
    """Return rows of the table ``frequency``; none where no channel has a frequency.

    Parameters
    ----------
    model
        Fitted to ``panel``.
    response
        Its media response on that panel.
    """
    rows = [curve.frame() for curve in frequency_curves(model, panel, response)]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=FREQUENCY_COLUMNS)


def frequency_curves(
    model: FittedModel, panel: Panel, response: MediaResponse
) -> Iterator[FrequencyCurve]:
    """Trace the curve of every channel that has a frequency; parameters as of `frequencies`."""
    if not model.reads_frequency or not len(panel.weeks):
        return
    plan, kernel = recent_plan(response, panel), model.adstock_kernel()
    contacts = panel.contacts[:, -PLAN_WEEKS:]
    for c in np.flatnonzero(panel.by_frequency):
        frequency = _grid(panel, int(c))
        bought = contacts[..., c].sum()
        if bought <= 0:
            continue
        found = _responses(model, panel, plan, kernel[:, c], frequency, int(c))
        valued = found * np.nan if np.isnan(panel.value_per_kpi).all() else None
        if valued is None:
            valued = _responses(model, panel, plan.valued(), kernel[:, c], frequency, int(c))
        yield FrequencyCurve(
            channel=panel.channels[c],
            frequency=frequency,
            current=float(bought / panel.exposure[:, -PLAN_WEEKS:, c].sum()),
            response=found,
            value=valued,
            as_spent=plan.weekly()[..., c].sum(axis=1),
            spend=float(plan.spend[:, c].sum()),
        )


def with_best_frequency(
    budgets: pd.DataFrame, model: FittedModel, panel: Panel, response: MediaResponse
) -> pd.DataFrame:
    """Put beside recommended budgets what their money would bring at the best frequency.

    Parameters
    ----------
    budgets
        Rows of the table ``optimal_budgets``; those of all regions together are filled in.
    """
    curves = {curve.channel: curve for curve in frequency_curves(model, panel, response)}
    if not curves:
        return budgets
    best = {name: float(curve.frequency[curve.best]) for name, curve in curves.items()}
    gain = {name: curve.gain for name, curve in curves.items()}
    national = budgets["channel"].where(budgets["region"].isna())
    return budgets.assign(
        best_frequency=national.map(best),
        best_frequency_response=budgets["optimal_response"] * national.map(gain),
    )


def _grid(panel: Panel, c: int) -> Floats:
    """``[F]`` frequencies from one to the highest that a recent week had."""
    assert panel.frequency is not None
    reached = panel.exposure[:, -PLAN_WEEKS:, c] > 0
    top = float(panel.frequency[:, -PLAN_WEEKS:, c][reached].max())
    points = int(np.clip(np.ceil((top - 1.0) / _STEP), 1, _MOST_POINTS))
    return np.round(np.linspace(1.0, max(top, 1.0 + _STEP), points + 1), 3)


def _responses(
    model: FittedModel, panel: Panel, plan: RecentPlan, kernel: Floats, frequency: Floats, c: int
) -> Floats:
    """``[M, F]`` mean weekly response of the plan's money; ``kernel`` is ``[M, L]``."""
    worth = model.worth_at(frequency)[..., c]  # [M, F]
    weight = plan.response.weight[..., c]  # [M, R, T]
    people = np.full(len(panel.regions), np.inf) if panel.population is None else panel.population
    people = np.where(np.isnan(people), np.inf, people)[:, None]
    size = model.scaling.exposure_size[:, [c]]
    # What carries over of each lag: a member's kernel weighs them, whatever the frequency.
    lags = np.eye(kernel.shape[1])
    found = np.empty_like(worth)
    for place, often in enumerate(frequency):
        reach = np.minimum(panel.contacts[..., c] / often, people) / size
        later = np.stack([adstocked(reach, lag)[:, -weight.shape[2] :] for lag in lags])
        found[:, place] = np.einsum("mrt,lrt,ml->m", weight, later, kernel, optimize=True)
    return found * worth
