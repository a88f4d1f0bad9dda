"""Which test next: each channel's best design, by what knowing is worth and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.priced_plan import PricedPlan
from mmm_model.effects.recent_plan import recent_plan
from mmm_model.equation.media_response import MediaResponse
from mmm_model.experiment.design import Design, Designer, Impossible
from mmm_model.experiment.kinds import KINDS
from mmm_model.experiment.matched_regions import LEAST_REGIONS
from mmm_model.experiment.value_of_knowing import FEWEST_DRAWS, BudgetCurves, Decision
from mmm_model.panel import Floats, Panel

IDEA_COLUMNS = (
    "channel",
    "kind",
    "rank",
    "weeks",
    "regions",
    "worth",
    "worth_of_certainty",
    "cost",
    "unit",
    "use_weeks",
    "net",
    "spend_change",
    "kpi_change",
    "expected",
    "lower",
    "upper",
    "standard_error",
    "smallest",
    "power",
    "known",
    "false_share",
    "last_test",
    "age_weeks",
)


@dataclass(frozen=True)
class IdeaSettings:
    """What ideas are made of.

    Parameters
    ----------
    kinds
        Of tests that may be made.
    lengths
        Weeks that they may take.
    use_weeks
        Weeks in which the better budget is used.
    """

    kinds: tuple[str, ...] = tuple(KINDS)
    lengths: tuple[int, ...] = (4, 8, 12)
    use_weeks: int = 52


def experiment_ideas(
    designer: Designer,
    response: MediaResponse,
    budget: BudgetSettings,
    settings: IdeaSettings,
    tested: Mapping[str, pd.Timestamp],
) -> pd.DataFrame:
    """Rank tests of the channels that money can be moved between.

    Parameters
    ----------
    response
        Of the designer's model on its panel.
    tested
        Channel → last week of its newest test.

    Returns
    -------
    DataFrame
        `IDEA_COLUMNS`, a row for each channel and kind that can be tested, of the length and size
        that pay best; by rank. ``worth``, ``cost`` and ``net`` are money of all weeks, KPI where no
        value is known.
    """
    panel = designer.panel
    if not panel.has_spend.any():
        return pd.DataFrame(columns=list(IDEA_COLUMNS))
    priced = PricedPlan.of(recent_plan(response, panel), panel)
    curves = BudgetCurves.of(priced, budget)
    designs = {channel: _designs(designer, settings, channel) for channel in curves.channels}
    decision = Decision.between(curves, (each[0].lift for each in designs.values() if each))
    last = panel.weeks[-1]
    rows = []
    for channel, found in designs.items():
        for kind in settings.kinds:
            alike = [one for one in found if one.kind.name == kind]
            if alike:
                own = pd.DataFrame([_row(one, decision, settings.use_weeks) for one in alike])
                best = own.sort_values("net", ascending=False, kind="stable").iloc[0].to_dict()
                when = tested.get(channel)
                age = None if when is None else max((last - when).days / 7, 0.0)
                rows.append(best | {"last_test": when, "age_weeks": age})
    frame = pd.DataFrame(rows, columns=list(IDEA_COLUMNS))
    frame = frame.sort_values(["net", "power"], ascending=False, kind="stable", ignore_index=True)
    return frame.assign(rank=np.arange(1, len(frame) + 1))


def worth_of(
    designs: Sequence[Design],
    panel: Panel,
    response: MediaResponse,
    budget: BudgetSettings,
    use_weeks: int,
) -> Floats:
    """Worth ``[N]`` of knowing the result of designs of one channel.

    NaN where its spend is unknown or there are too few draws. Parameters as of `experiment_ideas`.
    """
    unknown = np.full(len(designs), np.nan)
    if not panel.has_spend.any() or len(designs[0].lift) < FEWEST_DRAWS:
        return unknown
    curves = BudgetCurves.of(PricedPlan.of(recent_plan(response, panel), panel), budget)
    if designs[0].channel not in curves.channels:
        return unknown
    decision = Decision.between(curves, (designs[0].lift,))
    return np.array([decision.worth_of_knowing(one.lift, one.known) for one in designs]) * use_weeks


def _designs(designer: Designer, settings: IdeaSettings, channel: str) -> list[Design]:
    """All designs of a channel that can be had."""
    found: list[Design] = []
    by_region = designer.usable.sum() >= LEAST_REGIONS
    for kind in settings.kinds:
        if KINDS[kind].by_region != by_region:
            continue
        for weeks in settings.lengths:
            with suppress(Impossible):
                found += designer.designs(channel, kind, weeks)
    return found


def _row(design: Design, decision: Decision, use_weeks: int) -> dict[str, object]:
    worth = decision.worth_of_knowing(design.lift, design.known) * use_weeks
    certain = decision.worth_of_knowing(design.lift, 1.0) * use_weeks
    valued, cost = bool(np.isfinite(design.cost)), design.price
    # A test that earns money is a better plan; what it earns is no merit of knowing.
    return {
        **design.figures,
        "worth": worth,
        "worth_of_certainty": certain,
        "cost": cost,
        "unit": "money" if valued else "KPI",
        "use_weeks": use_weeks,
        "net": worth - max(cost, 0.0),
        "known": design.known,
    }


def newest_tests(ends: Sequence[tuple[str, pd.Timestamp | None]]) -> dict[str, pd.Timestamp]:
    """Channel → last week of its newest test, from channels and ends of tests."""
    newest: dict[str, pd.Timestamp] = {}
    for channel, end in ends:
        if end is not None and (channel not in newest or end > newest[channel]):
            newest[channel] = end
    return newest
