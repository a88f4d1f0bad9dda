"""The two results that are compared, as mart tables: read of a refresh, or fitted and kept nowhere.

A configuration is fitted to what the refresh of the week knew. Its results never reach a file: they
are laid out as the tables of the mart in memory, so that the gates judge them by the same queries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from mmm_assets.config import ProjectConfig
from mmm_assets.config.tables import MAKERS
from mmm_assets.inputs import knowledge
from mmm_assets.inputs.fits import Fits
from mmm_assets.inputs.lift_tests import read_lift_tests
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import read_panel
from mmm_assets.mart import gates
from mmm_assets.store.mart_week import read_week, replace_week
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import UnknownRefresh, refreshes
from mmm_assets.store.schema import create_mart

if TYPE_CHECKING:
    from mmm_model import Panel, Training
    from mmm_model.fit.lift_tests import LiftTest

COMPARED = (
    "channel_summary", "holdout_metrics", "response_curves", "response_curve_parameters",
    "optimal_budgets", "budget_scenarios", "trust_tests", "predictions", "contributions",
)  # fmt: skip
"""Mart tables of a side; the last two are there for the gates."""

_READS = {"tables", "week_origin", "week_start", "calendar", "zero_kpi", "checks"}
"""Keys of the configuration that decide what the panel is."""


@dataclass(frozen=True)
class Side:
    """One of two results.

    Parameters
    ----------
    name
        What tells it from the other, for a person.
    tables
        Name of a table of ``COMPARED`` → its rows.
    broken
        Name of a gate → what breaks it, empty where it holds.
    """

    name: str
    tables: Mapping[str, pd.DataFrame]
    broken: Mapping[str, str]

    @property
    def channels(self) -> list[str]:
        """Names, by what they brought."""
        rows = self.tables["channel_summary"].sort_values("contribution", ascending=False)
        return [str(name) for name in rows["channel"]]


def side_of_refresh(project: Project, refresh_week: date) -> Side:
    """Read a refresh of the published file, a held one too.

    Raises
    ------
    UnknownRefresh
        If there is none of that week.
    """
    there = refreshes(project.warehouse)
    if refresh_week not in there:
        known = ", ".join(map(str, list(there)[-5:])) or "none"
        raise UnknownRefresh(
            f"there is no refresh of {refresh_week}; the last are {known}. Make it:  "
            f"mmm refresh --week {refresh_week}"
        )
    with project.warehouse.published() as connection:
        held = "" if there[refresh_week].status == "published" else ", held"
        return _side(f"{refresh_week}{held}", connection, refresh_week)


def side_of_configuration(
    project: Project, refresh_week: date, config: ProjectConfig, name: str
) -> Side:
    """Fit another configuration to what a refresh knew.

    Parameters
    ----------
    project
        Whose ``progress`` is told how training goes.
    config
        The other configuration; warehouse and reports are those of the project whatever it says.

    Raises
    ------
    UnknownRefresh
        If there is no refresh of that week.
    SourceError
        If it reads tables that were never loaded.
    """
    from mmm_model import train

    side_of_refresh(project, refresh_week)  # refuses a week that there is not
    other = replace(project, config=config)
    panel, tests = _inputs(project, other, refresh_week)
    training = train(
        panel,
        config.model_settings(),
        config.graph_settings(panel.nodes),
        progress=project.progress,
        lift_tests=tests,
    )
    with duckdb.connect() as connection:
        create_mart(connection)
        for table, rows in _results(config, panel, training).items():
            replace_week(connection, table, refresh_week, rows)
        return _side(name, connection, refresh_week)


def _inputs(project: Project, other: Project, refresh_week: date) -> tuple[Panel, list[LiftTest]]:
    """Panel and lift tests of a refresh; read anew where the configuration reads otherwise."""
    fits = Fits(project, refresh_week, published=True)
    if _reading(project.config) == _reading(other.config):
        return fits.panel, fits.lift_tests
    with project.warehouse.work() as connection:
        checked = knowledge.recorded(connection, refresh_week)
        known_on = checked[1].known_on if checked else None
        build_panel_tables(connection, other.config, refresh_week, known_on)
        panel = read_panel(connection, other.config, refresh_week)
        tests = read_lift_tests(connection, other.config, panel)
        connection.rollback()  # the staging tables stay as the refresh left them
        connection.begin()
    return panel, tests


def _reading(config: ProjectConfig) -> str:
    return config.model_dump_json(include=_READS, exclude=MAKERS)


def _results(config: ProjectConfig, panel: Panel, training: Training) -> dict[str, pd.DataFrame]:
    from mmm_model.budget.recommend import optimal_budgets
    from mmm_model.effects import response_curves as curves
    from mmm_model.effects.channel_summary import channel_summary
    from mmm_model.effects.contributions import contributions
    from mmm_model.effects.fitted_effects import FittedEffects
    from mmm_model.effects.holdout import holdout_metrics
    from mmm_model.effects.predictions import predictions

    effects = FittedEffects(training.final, panel)
    lines = curves.response_curves(effects.response, panel)
    settings = config.budget_settings(panel.channels)
    budgets, scenarios = optimal_budgets(effects.response, panel, settings)
    weeks = predictions(training, panel)
    return {
        "channel_summary": channel_summary(effects),
        "holdout_metrics": holdout_metrics(training, panel),
        "response_curves": lines,
        "response_curve_parameters": curves.response_curve_parameters(lines),
        "optimal_budgets": budgets,
        "budget_scenarios": scenarios,
        "trust_tests": _tests(training, panel, weeks),
        "predictions": weeks,
        "contributions": contributions(effects),
    }


def _tests(training: Training, panel: Panel, weeks: pd.DataFrame) -> pd.DataFrame:
    """Rows of the tests that need neither refits nor earlier refreshes."""
    from mmm_assets.trust.sentences import sentence
    from mmm_assets.trust.tests_of_fit import tests_of_fit

    rows = tests_of_fit(training.final, panel, weeks)
    return rows.assign(sentence=[sentence(row) for _, row in rows.iterrows()])


def _side(name: str, connection: duckdb.DuckDBPyConnection, refresh_week: date) -> Side:
    found = {gate: gates.broken(connection, gate, refresh_week) for gate in gates.GATES}
    return Side(
        name,
        {table: read_week(connection, table, refresh_week) for table in COMPARED},
        {gate.name: gates.reason(gate, faults) if faults else "" for gate, faults in found.items()},
    )
