"""Weeks of a backfill that are done already, so that it goes on where it was stopped."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs import knowledge
from mmm_assets.inputs.data_fingerprint import data_fingerprint
from mmm_assets.inputs.kept_loads import loading
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import read_panel
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.source_files import SourceError
from mmm_assets.inputs.sources import load_raw
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import refreshes


class FinishedWeeks:
    """Tells the weeks that need no refresh from the others; ask in the order of the weeks.

    A week is done when it is published from the data as they are now, by this configuration
    and version of the code. With ``refresh.warm_start`` a week also needs that none before it
    was done anew, since its own result starts from there.
    """

    def __init__(self, config: ProjectConfig) -> None:
        self._project = Project(config)
        self._redone: date | None = None
        with loading(self._project.warehouse) as connection:
            for role in ROLES:
                load_raw(connection, config, role, datetime.now(UTC))

    def is_done(self, refresh_week: date) -> bool:
        """Say whether a week needs no refresh; if it does, it is taken to be refreshed next."""
        done = not self._follows_a_redone_week(refresh_week) and self._is_published(refresh_week)
        if not done:
            self._redone = refresh_week
        return done

    def _follows_a_redone_week(self, refresh_week: date) -> bool:
        warm = self._project.config.refresh.warm_start
        return warm and self._redone == refresh_week - timedelta(weeks=1)

    def _is_published(self, refresh_week: date) -> bool:
        found = refreshes(self._project.warehouse).get(refresh_week)
        return (
            found is not None
            and found.status == "published"
            and found.config_fingerprint == self._project.config.fingerprint
            and found.code_version == version("mmm-platform")
            and found.data_fingerprint == self._fingerprint(refresh_week)
        )

    def _fingerprint(self, refresh_week: date) -> str:
        """Fingerprint of what a refresh would learn from now."""
        config = self._project.config
        with self._project.warehouse.work() as connection:
            try:
                known = knowledge.choose(connection, config, refresh_week)
            except SourceError:
                return ""  # the refresh will say what is missing
            build_panel_tables(connection, config, refresh_week, known.known_on)
            knowledge.record(connection, refresh_week, known, run_id="")
            panel = read_panel(connection, config, refresh_week)
            found = data_fingerprint(connection, config, panel)
            connection.rollback()  # the staging tables stay as the refresh left them
            connection.begin()
        return found
