"""The two situations of a change, read from the warehouse, the saved fits and the raw loads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from importlib.metadata import version
from typing import Any

import pandas as pd

from mmm_assets.comparison.changes import (
    CODE,
    COLUMNS,
    READS,
    UNKNOWN_CONFIG,
    Explanation,
    Situation,
    unexplained,
    values_in,
)
from mmm_assets.comparison.data_states import DataStates, Knew
from mmm_assets.config import ProjectConfig
from mmm_assets.config.tables import MAKERS
from mmm_assets.inputs.knowledge import recorded
from mmm_assets.inputs.lift_tests import read_lift_tests
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import read_panel
from mmm_assets.inputs.source_files import SourceError
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.mart_week import read_week
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import Refreshed, refreshes
from mmm_assets.store.saved_fits import newest_models, published_models

_KEPT = (*READS, "model", "graph", "budget", "refresh")
"""Keys of the configuration that a fit keeps beside it, for the refresh after it."""


def kept_configuration(config: ProjectConfig) -> dict[str, Any]:
    """What is kept of a configuration beside a fit: what stands in the file, no secret."""
    return config.model_dump(mode="json", include=set(_KEPT), exclude_unset=True)


def changes_of(project: Project, refresh_week: date, warn: Callable[[str], None]) -> pd.DataFrame:
    """Split what changed since the published refresh before a week.

    Parameters
    ----------
    warn
        Told why a change cannot be split, where it cannot.

    Returns
    -------
    DataFrame
        Columns of ``mart.changes`` without its key; no rows for a first refresh, nor where
        ``refresh.explain_changes`` is off.
    """
    there = refreshes(project.warehouse)
    earlier = [w for w, found in there.items() if found.status == "published" and w < refresh_week]
    if not earlier or not project.config.refresh.explain_changes:
        return pd.DataFrame(columns=["previous_week", *COLUMNS])
    previous = earlier[-1]
    before, now = _published_values(project, previous), _new_values(project, refresh_week)
    try:
        found = _explanation(project, refresh_week, previous, there[previous], before, now).split()
    except (SourceError, WarehouseError, LookupError, ValueError) as error:
        warn(f"what changed since {previous} is not split by cause: {error}")
        found = unexplained(before, now)
    return found.assign(previous_week=previous)


def _explanation(
    project: Project,
    refresh_week: date,
    previous: date,
    published: Refreshed,
    before: pd.Series,
    now: pd.Series,
) -> Explanation:
    models = published_models(project, previous, published)
    config = _configuration(models.about().get("configuration"), project.config)
    same_code = published.code_version == version("mmm-platform")
    known = config is not None or published.config_fingerprint == project.config.fingerprint
    first = [*([] if same_code else [CODE]), *([] if known else [UNKNOWN_CONFIG])]
    panel = models.panel()
    if panel is None:
        raise models.unusable("panel", "was not saved by the release that made it")
    moments = _known_on(project, previous), _known_on_now(project, refresh_week)

    def data(reads: ProjectConfig) -> DataStates:
        then = _knew(project, reads, previous, moments[0])
        if config is None or _reading(reads) == _reading(config):
            then = Knew(panel, then.tests)
        return DataStates(
            then,
            _knew(project, reads, previous, moments[1]),
            _knew(project, reads, refresh_week, moments[1]),
        )

    return Explanation(
        Situation(config or project.config, before, models.fit("final") if same_code else None),
        Situation(project.config, now, newest_models(project, refresh_week).fit("final")),
        data,
        (" and ".join(first),) if first else (),
        project.progress,
    )


def _configuration(kept: Mapping[str, Any] | None, now: ProjectConfig) -> ProjectConfig | None:
    """The configuration that a fit kept, in place of what stands in the file now."""
    if kept is None:
        return None
    content = now.model_dump(mode="json", exclude_unset=True)
    others = {key: value for key, value in content.items() if key not in _KEPT}
    found = ProjectConfig.model_validate({**others, **kept})
    found._path = now.path
    return found


def _reading(config: ProjectConfig) -> str:
    return config.model_dump_json(include=set(READS), exclude=MAKERS)


def _knew(project: Project, config: ProjectConfig, week: date, known_on: datetime) -> Knew:
    """Panel and lift tests of a week from the loads up to a time; nothing is left behind."""
    with project.warehouse.work() as connection:
        build_panel_tables(connection, config, week, known_on)
        panel = read_panel(connection, config, week)
        tests = read_lift_tests(connection, config, panel, known_on)
        connection.rollback()  # the staging tables stay as the refresh left them
        connection.begin()
    return Knew(panel, tuple(tests))


def _known_on(project: Project, week: date) -> datetime:
    """Time of the newest load that a published refresh knew; the load says where a clock was wrong.

    Raises
    ------
    LookupError
        If the release that made it recorded none.
    """
    with project.warehouse.published() as connection:
        row = connection.execute(
            "SELECT known_on, known_load FROM mart.refreshes WHERE refresh_week = ?", [week]
        ).fetchone()
    if row is None or row[0] is None:
        raise LookupError(f"what the refresh of {week} knew was not recorded")
    with project.warehouse.work() as connection:
        load = connection.execute(
            "SELECT loaded_at FROM raw.loads WHERE load_id = ?", [row[1]]
        ).fetchone()
    moment: datetime = load[0] if load else row[0]
    return moment


def _known_on_now(project: Project, week: date) -> datetime:
    with project.warehouse.work() as connection:
        found = recorded(connection, week)
    if found is None:
        raise LookupError(f"nothing was checked for {week}")
    return found[1].known_on


def _published_values(project: Project, week: date) -> pd.Series:
    with project.warehouse.published() as connection:
        return values_in(
            read_week(connection, "channel_summary", week),
            read_week(connection, "optimal_budgets", week),
        )


def _new_values(project: Project, week: date) -> pd.Series:
    with project.warehouse.work() as connection:
        return values_in(
            read_week(connection, "channel_summary", week),
            read_week(connection, "optimal_budgets", week),
        )
