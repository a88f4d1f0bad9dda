"""What to change now: the money that a running plan still has, split anew by the fit of now."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.plan_standing import Standing
from mmm_model.budget.planned_media import PlannedMedia, bought, of_weekly_budget, recent_media
from mmm_model.budget.scenario_kinds.total import Total
from mmm_model.budget.scenarios import Scenario
from mmm_model.budget.weekly_budget import plan_weeks
from mmm_model.budget.weekly_rules import WeeklyRules
from mmm_model.effects.following import following
from mmm_model.intervals import effect_interval
from mmm_model.panel import Floats

MOVE_COLUMNS = ("channel", "planned_spend", "advised_spend", "gain", "lower", "upper")


def plan_moves(standing: Standing, settings: BudgetSettings, rules: WeeklyRules) -> pd.DataFrame:
    """Split the money of the weeks to come anew.

    Bounds of the settings, which count from the recent plan, count from the plan of record here:
    a plan that was agreed is what moves begin at. A channel that follows others has no bounds:
    what they create of it moves with them, and its own part as the budget finds best.

    Parameters
    ----------
    standing
        Of a plan whose weeks to come begin right after the panel.
    rules
        Contracts and flights of the weeks to come.

    Returns
    -------
    DataFrame
        `MOVE_COLUMNS`: a row by channel, and one for all (channel None) with what the moves gain in
        KPI over the plan as it is, carryover after its end included. No rows where the plan has no
        money left.

    Raises
    ------
    ValueError
        If bounds, contracts or flights conflict with the money that is left.
    """
    panel, model, planned = standing.panel, standing.effects.model, standing.remaining
    weeks = len(planned.weeks)
    left = np.nan_to_num(planned.spend).sum(axis=(0, 1))
    if left.sum() <= 0:
        return pd.DataFrame(columns=list(MOVE_COLUMNS))
    recent = recent_media(model, panel, weeks)
    followed = following(model, panel, settings.follow)
    moved = {panel.channels[target] for target in followed.targets}  # by its drivers, too
    own = replace(
        settings,
        scenarios=(Scenario("what is left", Total(float(left.sum()) / weeks)),),
        bounds={
            name: ends
            for name, ends in _from_the_plan(settings, panel.channels, left, recent).items()
            if name not in moved
        },
    )
    (found,) = plan_weeks(model, panel, weeks, own, rules)
    spend = of_weekly_budget(found, panel)
    advised = bought(recent, panel, spend)
    gain = _brought(standing, advised) - _brought(standing, planned)
    lower, upper = effect_interval(gain)
    by_channel = np.nansum(spend, axis=(0, 1))
    rows: list[tuple[str | None, float, float, float | None, float | None, float | None]]
    rows = [(None, left.sum(), by_channel.sum(), float(gain.mean()), float(lower), float(upper))]
    rows += [
        (name, left[c], by_channel[c], None, None, None)
        for c, name in enumerate(panel.channels)
        if left[c] > 0 or by_channel[c] > 0
    ]
    return pd.DataFrame(rows, columns=list(MOVE_COLUMNS))


def _from_the_plan(
    settings: BudgetSettings, channels: tuple[str, ...], left: Floats, recent: PlannedMedia
) -> dict[str, tuple[float, float]]:
    """Bounds as multiples of the recent plan that are those of the settings around the plan."""
    usual = (1.0 - settings.max_change, 1.0 + settings.max_change)
    money = np.nan_to_num(recent.spend).sum(axis=(0, 1))
    found = {}
    for c, name in enumerate(channels):
        if money[c] > 0:
            low, high = settings.bounds.get(name, usual)
            found[name] = (low * left[c] / money[c], high * left[c] / money[c])
    return found


def _brought(standing: Standing, media: PlannedMedia) -> Floats:
    """``[M]`` KPI of all media in the weeks to come and while they carry over."""
    panel, model = standing.panel, standing.effects.model
    after = model.adstock_kernel().shape[-1] - 1
    longer = recent_media(model, panel, len(media.weeks) + after)
    exposure = longer.exposure.copy()
    exposure[:, : len(media.weeks)] = media.exposure
    ahead = replace(longer, exposure=exposure).after(panel)
    found = model.components(ahead).media[:, :, len(panel.weeks) :]
    return np.asarray(found.sum(axis=(1, 2, 3)))
