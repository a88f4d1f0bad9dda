"""Budgets asked for between two refreshes, answered by a published one, nothing refitted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from mmm_assets.config.budget import Floor
from mmm_assets.config.errors import UsageError
from mmm_assets.inputs.fits import Fits
from mmm_assets.mart.numbers import number
from mmm_assets.store.project import Project
from mmm_model.budget.scenario_kinds import SCENARIO_KINDS

if TYPE_CHECKING:
    from mmm_model.budget.budget_settings import BudgetSettings
    from mmm_model.budget.recommended_budget import RecommendedBudget
    from mmm_model.budget.scenarios import Scenario
    from mmm_model.budget.weekly_budget import WeeklyBudget


class Infeasible(UsageError):
    """A question that cannot be met; the message names what conflicts."""


@dataclass(frozen=True)
class Fixed:
    """Contracts and flights of a question, beside those of the configuration.

    Parameters
    ----------
    signed
        Channel, first day of a week and money that is signed for it.
    flights
        Channel, fewest weeks in a row, least money in each.
    """

    signed: tuple[tuple[str, date, float], ...] = ()
    flights: tuple[tuple[str, int, float], ...] = ()


@dataclass(frozen=True)
class Question:
    """A total to split and the bounds of it; what is left out is as in the configuration.

    Parameters
    ----------
    scenario
        The total, or the goal that it must reach.
    bounds
        Channel → least and most, as multiples of its recent spend.
    max_change, caution, by_region
        As in ``budget`` of the configuration.
    follow
        Channel → whether what other channels create of it moves with them.
    weights, floors
        As in ``budget`` of the configuration, where there are several KPIs.
    """

    scenario: Scenario
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    max_change: float | None = None
    caution: float | None = None
    by_region: bool | None = None
    follow: Mapping[str, bool] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    floors: Mapping[str, Floor] = field(default_factory=dict)


def ask(
    asked: Mapping[str, float | None],
    horizon: int = 1,
    bounds: Iterable[tuple[str, Sequence[float]]] = (),
    *,
    max_change: float | None = None,
    caution: float | None = None,
    follow: Mapping[str, bool] | None = None,
    weights: Mapping[str, float] | None = None,
    floors: Mapping[str, Floor] | None = None,
) -> Question:
    """Make a question of what a person typed.

    Parameters
    ----------
    asked
        Key of a `mmm_model.budget.scenario_kinds` → its amount, for the whole horizon; one of
        them, the others None. Without any, the recent total.
    horizon
        Weeks.
    bounds
        Channels with their least and most.
    follow
        Channel → whether what other channels create of it moves with them.
    weights
        KPI → weight of its value in what is made large.
    floors
        KPI → units that media must bring in the horizon, or ``keep``.

    Raises
    ------
    Infeasible
        If that is no question.
    """
    from mmm_model.budget.scenarios import Scenario

    given = {
        key: _a_week(key, amount, horizon) for key, amount in asked.items() if amount is not None
    }
    pairs = {}
    for channel, ends in bounds:
        if len(ends) != 2:
            raise Infeasible(f"bounds of '{channel}' are {list(ends)}, expected [least, most]")
        pairs[channel] = (ends[0], ends[1])
    try:
        scenario = Scenario.of("plan", given or {"multiplier": 1.0})
    except ValueError as error:
        raise Infeasible(str(error)) from error
    a_week: dict[str, Floor] = {
        name: floor if isinstance(floor, str) else floor / horizon
        for name, floor in (floors or {}).items()
    }
    return Question(
        scenario,
        pairs,
        max_change,
        caution,
        follow=follow or {},
        weights=weights or {},
        floors=a_week,
    )


def _a_week(key: str, amount: float, horizon: int) -> float:
    """An amount for the horizon as one of a mean week, where amounts add up."""
    return amount / horizon if SCENARIO_KINDS[key].adds_up else amount


def plan_budget(project: Project, refresh_week: date, question: Question) -> RecommendedBudget:
    """Find the best split for one question, by the saved model of a refresh.

    Raises
    ------
    Infeasible
        If bounds, total or goal conflict, or no channel's spend is known.
    """
    from mmm_model.budget.recommend import recommend

    fits = Fits(project, refresh_week, published=True)
    with refusals():
        settings = _settings(fits, question)
        following = fits.following(settings.follow)
        found = recommend(fits.response, fits.panel, settings, following, fits.further_kpis)
    if not found:
        raise Infeasible(_NO_SPEND)
    return found[0]


def plan_by_week(
    project: Project, refresh_week: date, question: Question, horizon: int, fixed: Fixed
) -> WeeklyBudget:
    """Spread the best split over the weeks after a refresh.

    Contracts and flights of the configuration hold, too.

    Raises
    ------
    Infeasible
        As `plan_budget`, or if a contract or a flight cannot be kept.
    """
    import pandas as pd

    from mmm_model.budget.weekly_budget import plan_weeks
    from mmm_model.budget.weekly_rules import Contract, Flight, WeeklyRules

    fits = Fits(project, refresh_week, published=True)
    budget = project.config.budget.model_copy(update={"horizon": horizon})
    known = budget.weekly_rules(fits.panel.channels, fits.panel.weeks[-1].date())
    with refusals():
        contracts = tuple(
            Contract(channel, pd.Timestamp(project.config.monday_of(day)), spend)
            for channel, day, spend in fixed.signed
        )
        flights = {channel: Flight(weeks, least) for channel, weeks, least in fixed.flights}
        rules = WeeklyRules((*known.contracts, *contracts), {**known.flights, **flights})
        ruled = {contract.channel for contract in contracts} | flights.keys()
        settings = _settings(fits, question, ruled)
        found = plan_weeks(fits.final, fits.panel, horizon, settings, rules, fits.further_kpis)
    if not found:
        raise Infeasible(_NO_SPEND)
    return found[0]


def beyond_data(project: Project, refresh_week: date, budget: RecommendedBudget) -> list[str]:
    """Say which channels would spend more in a mean week than they ever did in any.

    There a curve says what the model makes of it, and no data.
    """
    panel = Fits(project, refresh_week, published=True).panel
    most = dict(zip(panel.channels, panel.spend.sum(axis=0).max(axis=0), strict=True))
    spend = zip(budget.channels, budget.spend.sum(axis=0), strict=True)
    beyond = {name: (money, most[name]) for name, money in spend if money > 1.001 * most[name]}
    if not beyond:
        return []
    said = ", ".join(
        f"{name} {number(money, scaled=False)} a week, {number(top, scaled=False)} at most so far"
        for name, (money, top) in beyond.items()
    )
    return [f"Beyond what the data show, so what it brings is a guess of the model: {said}."]


_NO_SPEND = "no channel's spend is known, so there is nothing to split"


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the science refuses into a fault of the question."""
    try:
        yield
    except ValueError as error:
        raise Infeasible(str(error)) from error


def _settings(fits: Fits, question: Question, ruled: Collection[str] = ()) -> BudgetSettings:
    """The configuration's, changed by the question.

    Parameters
    ----------
    ruled
        Channels with contracts or flights of the question.
    """
    channels = fits.panel.channels
    settings = fits.project.config.budget_settings(channels)
    _check_follow(fits, question)
    follow = fits.project.config.budget.following(
        channels, question.follow, {*question.bounds, *ruled}
    )
    changed = {
        name: value
        for name in ("max_change", "caution", "by_region")
        if (value := getattr(question, name)) is not None
    }
    bounds = {**settings.bounds, **question.bounds}
    return replace(
        settings,
        scenarios=(question.scenario,),
        bounds=bounds,
        follow=follow,
        goals=fits.project.config.kpi_goals(question.weights, question.floors),
        **changed,
    )


def _check_follow(fits: Fits, question: Question) -> None:
    """Raise ValueError if what is asked to follow or to be given cannot."""
    if unknown := sorted(question.follow.keys() - set(fits.panel.channels)):
        raise ValueError(f"unknown channels {unknown}; known: {list(fits.panel.channels)}")
    driven = {equation.target for equation in fits.final.driven}
    asked = {name for name, follows in question.follow.items() if follows}
    if alone := sorted(asked - driven):
        raise ValueError(
            f"{', '.join(alone)} cannot follow: in this refresh no channel drives it; driven: "
            f"{', '.join(sorted(driven)) or 'none'}"
        )
