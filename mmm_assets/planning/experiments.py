"""Experiments asked for between two refreshes: which next, how one is designed, what it found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mmm_assets.config import ProjectConfig
from mmm_assets.config.errors import UsageError
from mmm_assets.inputs.daily_rows import daily_rows
from mmm_assets.inputs.fits import Fits
from mmm_assets.inputs.knowledge import recorded
from mmm_assets.planning.kept_experiments import (
    KeptExperiment,
    NoExperiment,
    busy_regions,
    kept_experiments,
    named,
)
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import published_week

if TYPE_CHECKING:
    from mmm_model.experiment.design import Design
    from mmm_model.experiment.ideas import IdeaSettings
    from mmm_model.experiment.reading import Reading, Trial
    from mmm_model.panel import Floats, Panel


class NoDesign(UsageError):
    """A test that cannot be designed or read; the message says why, and the next step."""


@dataclass(frozen=True)
class Wish:
    """A test that is asked for.

    Parameters
    ----------
    channel
        What is to be changed.
    kind
        One of `mmm_model.experiment.kinds.KINDS`; None: what the regions allow.
    weeks
        Lengths to try.
    regions
        Where; none: the regions that are matched best.
    start
        First day, or Monday, of its first week; None: that after the refresh.
    """

    channel: str
    kind: str | None = None
    weeks: tuple[int, ...] = ()
    regions: tuple[str, ...] = ()
    start: date | None = None


def ideas(fits: Fits) -> pd.DataFrame:
    """Rank the tests that could follow a refresh; rows of ``mart.experiment_ideas``.

    None where the fit has too few draws to say what goes with what.
    """
    from mmm_model.experiment.design import Designer
    from mmm_model.experiment.ideas import IDEA_COLUMNS, experiment_ideas, newest_tests
    from mmm_model.experiment.value_of_knowing import FEWEST_DRAWS

    if fits.final.members < FEWEST_DRAWS:
        return pd.DataFrame(columns=list(IDEA_COLUMNS))
    panel, settings = fits.panel, idea_settings(fits)
    first = fits.refresh_week + timedelta(weeks=1)
    last = first + timedelta(weeks=max(settings.lengths) - 1)
    with fits.project.warehouse.work() as connection:
        busy = busy_regions(kept_experiments(connection, fits.refresh_week), first, last)
    return experiment_ideas(
        Designer(fits.final, panel, busy=busy, seed=fits.project.config.model_settings().seed),
        fits.response,
        fits.project.config.budget_settings(panel.channels),
        settings,
        newest_tests([(test.channel, test.end) for test in fits.lift_tests]),
    )


def published_ideas(project: Project, week: date | None = None) -> tuple[date, pd.DataFrame]:
    """Rank the tests that could follow a published refresh, the newest by default.

    Returns
    -------
    refresh_week, ideas
        The refresh that answers, and rows as of `ideas`.

    Raises
    ------
    UnknownRefresh
        If it is not published.
    """
    refresh_week = published_week(project.warehouse, week)
    return refresh_week, ideas(Fits(project, refresh_week, published=True))


def idea_settings(fits: Fits) -> IdeaSettings:
    """The section ``experiments`` as the science takes it."""
    from mmm_model.experiment.ideas import IdeaSettings

    section = fits.project.config.experiments
    return IdeaSettings(section.kinds, section.weeks, section.use_weeks)


@dataclass(frozen=True)
class Designs:
    """What a refresh can design.

    Parameters
    ----------
    refresh_week
        The refresh that answers.
    found
        Designs of every length and size that can be had.
    worth
        ``[N]`` what knowing the result of each is worth in ``use_weeks``; NaN: unknown.
    best
        Position of the one to take.
    """

    refresh_week: date
    found: list[Design]
    worth: Floats
    best: int


def designs(project: Project, wish: Wish, week: date | None = None) -> Designs:
    """Design tests by a published refresh, nothing refitted.

    Raises
    ------
    NoDesign
        If there is none.
    """
    from mmm_model.experiment.design import Designer, Impossible, InTheWay, recommended
    from mmm_model.experiment.ideas import worth_of
    from mmm_model.experiment.matched_regions import LEAST_REGIONS

    refresh_week = published_week(project.warehouse, week)
    fits = Fits(project, refresh_week, published=True)
    lengths = wish.weeks or project.config.experiments.weeks
    start = wish.start or refresh_week + timedelta(weeks=1)
    early = timedelta(days=project.config.days_early)
    if start.weekday() and start != project.config.monday_of(start) - early:
        first = project.config.week_start.capitalize()
        raise NoDesign(f"{start} is a {start:%A}; tests begin on a {first} (--start)")
    start = project.config.monday_of(start)
    if start <= refresh_week:
        raise NoDesign(f"{start} is past: the refresh knows {refresh_week}. Begin later (--start)")
    last = start + timedelta(weeks=max(lengths) - 1)
    with project.warehouse.work() as connection:
        kept = kept_experiments(connection)
    busy = busy_regions(kept, start, last)
    designer = Designer(
        fits.final, fits.panel, pd.Timestamp(start), busy, project.config.model_settings().seed
    )
    enough = len(fits.panel.regions) >= LEAST_REGIONS
    kinds: tuple[str, ...] = ("go_dark", "holdback") if enough else ("switchback",)
    if wish.kind or wish.regions:
        kinds = (wish.kind or "go_dark",)
    found, refused = [], ""
    for length in lengths:
        for kind in kinds:
            try:
                found += designer.designs(wish.channel, kind, length, wish.regions)
            except InTheWay as error:
                free = max(one.free for one in kept if not one.withdrawn)
                refused = refused or f"{error}. No test is in the way from {free} (--start {free})"
            except Impossible as error:
                refused = refused or str(error)
    if not found:
        raise NoDesign(refused)
    budget = project.config.budget_settings(fits.panel.channels)
    use_weeks = project.config.experiments.use_weeks
    worth = worth_of(found, fits.panel, fits.response, budget, use_weeks)
    return Designs(refresh_week, found, worth, recommended(found, worth))


def read_kept(project: Project, name: str, week: date | None = None) -> tuple[date, Reading]:
    """Read a kept test from the weeks of a published refresh.

    Raises
    ------
    NoExperiment, NoDesign
        If there is no such test, it is not over, or its weeks cannot be read.
    """
    refresh_week = published_week(project.warehouse, week)
    with project.warehouse.work() as connection:
        kept = kept_experiments(connection)
    one = named(kept, name)
    if one.withdrawn:
        raise NoExperiment(f"the test '{one.name}' was withdrawn")
    if one.end > refresh_week:
        raise NoExperiment(
            f"the test '{one.name}' runs to the week of {one.end}, and the refresh knows "
            f"{refresh_week}: read it after  mmm refresh --week {one.end}"
        )
    panel = Fits(project, refresh_week, published=True).panel
    return refresh_week, read(panel_rows(panel, one.channel), trial_of(one, kept))


def read_own(project: Project, trial: Trial, week: date | None = None) -> tuple[date, Reading]:
    """Read a test that nobody kept from the project's own tables, on its own days.

    Where the KPI was delivered by days, its days count, as the refresh knew them; else its weeks.

    Raises
    ------
    NoDesign
        If it is not over, or begins or ends within a week of a KPI by weeks.
    """
    config = project.config
    refresh_week = published_week(project.warehouse, week)
    panel = Fits(project, refresh_week, published=True).panel
    if trial.channel not in panel.channels:
        raise NoDesign(f"the channels are {', '.join(panel.channels)}, not '{trial.channel}'")
    last_day = refresh_week + timedelta(days=6 - config.days_early)
    if trial.end.date() > last_day:
        raise NoDesign(
            f"the test ends on {trial.end.date()}, and the refresh of {refresh_week} knows days up "
            f"to {last_day}: refresh its last week first, or give an end before (--end)"
        )
    with project.warehouse.work() as connection:
        checked = recorded(connection, refresh_week)
        known_on = checked[1].known_on if checked else None
        rows = daily_rows(connection, config, trial.channel, refresh_week, known_on)
    by_week = panel_rows(panel, trial.channel)
    if rows is None:
        return refresh_week, read(by_week, _of_whole_weeks(trial, config))
    observed = by_week.rename(columns={"day": "week"})[["week", "region"]]
    weeks = [pd.Timestamp(config.monday_of(day)) for day in rows["day"].dt.date]
    rows = rows.assign(week=weeks).merge(observed, on=["week", "region"])
    return refresh_week, read(rows.drop(columns="week"), trial)


def _of_whole_weeks(trial: Trial, config: ProjectConfig) -> Trial:
    """A test of whole weeks as the panel names them: by their Mondays."""
    first, last = (config.monday_of(day.date()) for day in (trial.start, trial.end))
    early = timedelta(days=config.days_early)
    starts, ends = first - early, last + timedelta(days=6) - early
    if (trial.start.date(), trial.end.date()) != (starts, ends):
        raise NoDesign(
            f"the KPI comes by week, and {trial.start.date()} to {trial.end.date()} are not whole "
            f"weeks: read all that the test touches (--start {starts} --end {ends}), or its days "
            "from a file (--rows)"
        )
    start, end = pd.Timestamp(first), pd.Timestamp(last) + pd.Timedelta(days=6)
    return replace(trial, start=start, end=end, days_early=0)


def read(rows: pd.DataFrame, trial: Trial) -> Reading:
    """Read a test from rows, see `mmm_model.experiment.reading.read_trial`.

    Raises
    ------
    NoDesign
        If they cannot be read.
    """
    from mmm_model.experiment.reading import Unreadable, read_trial

    try:
        return read_trial(rows, trial)
    except Unreadable as error:
        raise NoDesign(f"the test of {trial.channel} cannot be read: {error}") from error


def trial_of(one: KeptExperiment, kept: Iterable[KeptExperiment]) -> Trial:
    """A kept test as the science reads it: not held against regions of tests beside it."""
    from mmm_model.experiment.kinds import KINDS
    from mmm_model.experiment.reading import Trial

    others = [other for other in kept if other.name != one.name and other.meets(one.start, one.end)]
    return Trial(
        channel=one.channel,
        regions=one.regions,
        start=pd.Timestamp(one.start),
        end=pd.Timestamp(one.end) + pd.Timedelta(days=6),
        switchback=not KINDS[one.kind].by_region,
        left_out=tuple({name for other in others for name in other.regions}),
    )


def panel_rows(panel: Panel, channel: str) -> pd.DataFrame:
    """KPI and a channel's spend by region and week; weeks without a KPI are left out."""
    c = panel.channels.index(channel)
    spend = np.nan_to_num(panel.spend[..., c]) if panel.has_spend[c] else panel.spend[..., c]
    rows = panel.region_weeks().rename(columns={"week": "day"})
    rows = rows.assign(kpi=panel.kpi.ravel(), spend=spend.ravel())
    return rows[panel.observed.ravel()].reset_index(drop=True)
