"""``mmm plan``: budgets from a published refresh."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmm_assets.cli.adopting import Adopts, adopt_budget, adopt_weeks
from mmm_assets.cli.application import (
    ConfigOption,
    app,
    clear_errors,
    console,
    load,
    stop,
    text_table,
)
from mmm_assets.cli.deciding import ReasonOption, WhoOption
from mmm_assets.cli.scenario_options import with_scenario_options

if TYPE_CHECKING:
    import pandas as pd

    from mmm_assets.config import ProjectConfig
    from mmm_assets.config.budget import Floor
    from mmm_assets.planning.questions import Fixed
    from mmm_model.budget.recommended_budget import RecommendedBudget


@app.command()
@with_scenario_options
def plan(
    horizon: Annotated[int, typer.Option(min=1, help="Weeks that the amounts are for.")] = 1,
    bound: Annotated[
        list[str] | None,
        typer.Option(help="tv=0.8:1.2, multiples of recent spend; several times."),
    ] = None,
    max_change: Annotated[
        float | None, typer.Option(help="Largest change of the other channels, 0 to 1.")
    ] = None,
    caution: Annotated[
        float | None, typer.Option(help="Standard deviations of itself that a move must gain.")
    ] = None,
    spend: Annotated[
        list[str] | None,
        typer.Option(
            help="tv=10000, or tv@north=2500: prices this budget, nothing is optimised; what is "
            "not given stays as it is. Several times."
        ),
    ] = None,
    spend_file: Annotated[
        Path | None,
        typer.Option(help="The same from a CSV file: channel, region, spend; the page saves one."),
    ] = None,
    follow: Annotated[
        list[str] | None,
        typer.Option(
            help="A channel that moves with those that drive it, as far as they do; several times."
        ),
    ] = None,
    no_follow: Annotated[
        list[str] | None,
        typer.Option(help="A driven channel all of whose spend is decided; several times."),
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option(
            help="new_customers=0.5, of a KPI's value in what is made large; the main one's is 1, "
            "of others 0. Several times."
        ),
    ] = None,
    floor: Annotated[
        list[str] | None,
        typer.Option(
            help="new_customers=keep, or =1200: what media must bring of a KPI at least in the "
            "horizon; several times."
        ),
    ] = None,
    week: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="A published refresh. Default: the newest."),
    ] = None,
    by_week: Annotated[
        bool, typer.Option("--by-week", help="Spread it over the weeks after the refresh.")
    ] = False,
    signed: Annotated[
        list[str] | None,
        typer.Option(help="tv=2026-11-30:5000, money signed for a week; several times."),
    ] = None,
    flight: Annotated[
        list[str] | None,
        typer.Option(help="tv=3:5000, fewest weeks in a row, least money in each."),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write the budget by region, or by week, here.")
    ] = None,
    adopt: Annotated[
        str | None,
        typer.Option(
            help="Keep it, by week, as a plan of record of this name.", show_default=False
        ),
    ] = None,
    weeks_file: Annotated[
        Path | None,
        typer.Option(
            help="With --adopt: the plan as agreed, a CSV of week, channel, spend, maybe region.",
            show_default=False,
        ),
    ] = None,
    reason: ReasonOption = "",
    who: WhoOption = "",
    config: ConfigOption = None,
    **asked: float | None,
) -> None:
    """Ask a published refresh for a budget; nothing is refitted, nothing changes but by --adopt.

    The total is what the first options ask for; without any of them, the recent one.
    """
    about = load(config)
    frame = None
    adopts = None if adopt is None else Adopts(adopt, reason, who)
    given = bool(spend or spend_file)
    rules = (
        bound,
        max_change,
        caution,
        follow,
        no_follow,
        weight,
        floor,
        by_week,
        signed,
        flight,
        *asked.values(),
    )
    ruled = any(rule not in (None, False, []) for rule in rules)
    if given and ruled:
        stop("--spend prices a budget as it is: give it without bounds, goals and weeks", "usage")
    if weeks_file is not None:
        if adopts is None or given or ruled:
            stop("--weeks-file is a plan that is agreed: say --adopt NAME, and no budget", "usage")
        adopt_weeks(about, adopts, weeks_file, week.date() if week else None)
        return
    with clear_errors():
        from mmm_assets.planning.given_budget import (
            in_recent_weeks,
            price_budget,
            saved,
            typed,
        )
        from mmm_assets.planning.questions import ask, beyond_data, plan_budget, plan_by_week
        from mmm_assets.store.project import Project
        from mmm_assets.store.published_weeks import published_week

        project = Project(about)
        bounds = [_bound(text) for text in bound or []]
        question = ask(
            asked,
            horizon,
            bounds,
            max_change=max_change,
            caution=caution,
            follow=_follow(follow or [], no_follow or []),
            weights=dict(map(_weight, weight or [])),
            floors=dict(map(_floor, floor or [])),
        )
        refresh_week = published_week(project.warehouse, week.date() if week else None)
        if given:
            money = [*typed(spend or []), *(saved(spend_file) if spend_file else [])]
            budget = price_budget(project, refresh_week, money, horizon)
        elif by_week or signed or flight or adopts:
            fixed = _fixed(signed or [], flight or [])
            weekly = plan_by_week(project, refresh_week, question, horizon, fixed)
            budget, frame = weekly.budget, weekly.frame()
        else:
            budget = plan_budget(project, refresh_week, question)
        if adopts and given:
            weekly = in_recent_weeks(project, refresh_week, budget, horizon)
            frame = weekly.frame()
        beyond = beyond_data(project, refresh_week, budget)
    _print_budget(budget, horizon, about, "given" if given else "recommended")
    if frame is not None:
        _print_weeks(frame)
    console.print(f"Answered by the refresh of {refresh_week}.", markup=False)
    for line in beyond:
        console.print(line, markup=False)
    if adopts:
        adopt_budget(about, adopts, refresh_week, weekly, None if given else question, horizon)
    if csv:
        from mmm_assets.planning.words import without_formulas

        csv.parent.mkdir(parents=True, exist_ok=True)
        without_formulas(budget.frame() if frame is None else frame).to_csv(csv, index=False)
        what = "weekly means by region" if frame is None else "spend by channel and week"
        console.print(f"Wrote {what} to {csv}", markup=False)


def _print_budget(budget: RecommendedBudget, horizon: int, about: ProjectConfig, then: str) -> None:
    from mmm_assets.planning.words import budget_table, budget_words

    for line in budget_words(budget, horizon, about.kpi_name, about.currency):
        console.print(line, markup=False)
    rows = budget_table(budget, horizon, about.currency).rename(columns={"recommended": then})
    console.print(text_table(rows.columns, rows.itertuples(index=False)))


def _print_weeks(frame: pd.DataFrame) -> None:
    """A row a week, a column a channel."""
    from mmm_assets.mart.numbers import to_the_cent

    wide = frame.pivot(index="week", columns="channel", values="optimal_spend")
    rows = ([f"{week:%Y-%m-%d}", *map(to_the_cent, spend)] for week, spend in wide.iterrows())
    console.print(text_table(["week", *wide.columns], rows))


def _fixed(signed: list[str], flights: list[str]) -> Fixed:
    from mmm_assets.planning.questions import Fixed

    return Fixed(tuple(map(_signed, signed)), tuple(map(_flight, flights)))


def _follow(follow: list[str], no_follow: list[str]) -> dict[str, bool]:
    if both := sorted(set(follow) & set(no_follow)):
        stop(f"{', '.join(both)} cannot both follow and get a budget of its own", "usage")
    return {**dict.fromkeys(follow, True), **dict.fromkeys(no_follow, False)}


def _bound(text: str) -> tuple[str, tuple[float, float]]:
    """``tv=0.8:1.2`` as a channel and its bounds."""
    channel, _, ends = text.rpartition("=")
    try:
        least, most = map(float, ends.split(":"))
    except ValueError:
        stop(f"bound '{text}' is not of the form channel=least:most", "usage")
    if not channel:
        stop(f"bound '{text}' names no channel", "usage")
    return channel, (least, most)


def _weight(text: str) -> tuple[str, float]:
    """``new_customers=0.5`` as a KPI and its weight."""
    kpi, _, weight = text.rpartition("=")
    try:
        return kpi, float(weight)
    except ValueError:
        stop(f"weight '{text}' is not of the form kpi=0.5", "usage")


def _floor(text: str) -> tuple[str, Floor]:
    """``new_customers=keep`` or ``=1200`` as a KPI and its floor."""
    kpi, _, floor = text.rpartition("=")
    if floor == "keep":
        return kpi, "keep"
    try:
        return kpi, float(floor)
    except ValueError:
        stop(f"floor '{text}' is not of the form kpi=keep or kpi=1200", "usage")


def _signed(text: str) -> tuple[str, date, float]:
    """``tv=2026-11-30:5000`` as a channel, a day of the week and money."""
    channel, _, rest = text.rpartition("=")
    try:
        day, spend = rest.split(":")
        return channel, date.fromisoformat(day), float(spend)
    except ValueError:
        stop(f"contract '{text}' is not of the form channel=2026-11-30:5000", "usage")


def _flight(text: str) -> tuple[str, int, float]:
    """``tv=3:5000`` as a channel, weeks and money."""
    channel, _, rest = text.rpartition("=")
    weeks, _, least = rest.partition(":")
    try:
        return channel, int(weeks), float(least or 0)
    except ValueError:
        stop(f"flight '{text}' is not of the form channel=weeks:least", "usage")
