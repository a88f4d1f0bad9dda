"""The published file made again from the working one, after it was lost or spoilt."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date

import duckdb

from mmm_assets.orchestration.assets.report import PARTS
from mmm_assets.orchestration.belonging import parts_of, what_is_older
from mmm_assets.report.files import draw_index
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.parts import recorded_parts
from mmm_assets.store.project import Project


def publish_all(project: Project, say: Callable[[str], None]) -> list[date]:
    """Make the published file again, of all weeks of the working file that are whole.

    A week that the working file holds half made, because a refresh of it was begun anew, is left
    out and named. Published models and dashboards stay where they are.

    Parameters
    ----------
    say
        Told what is left out, and the next step.

    Returns
    -------
    list of date
        Weeks that are in the new file.

    Raises
    ------
    WarehouseError
        If there is nothing to make it from, or what is published can be read and holds more.
    """
    weeks = _whole_weeks(project, say)
    if not weeks:
        raise WarehouseError(f"{project.warehouse.work_file} holds no refresh that is whole")
    lost = sorted(_readable_weeks(project) - set(weeks))
    if lost:
        raise WarehouseError(
            f"{project.warehouse.published_file} can be read and holds weeks that the working file "
            f"lacks ({', '.join(map(str, lost))}): nothing was done. If it shall go, move it away"
        )
    project.warehouse.publish_again(weeks, say)
    draw_index(project)
    return weeks


def _whole_weeks(project: Project, say: Callable[[str], None]) -> list[date]:
    whole = []
    with project.warehouse.work() as connection:
        rows = connection.execute("SELECT refresh_week FROM mart.refreshes ORDER BY 1").fetchall()
        for (week,) in rows:
            older = ""
            # Of a week of the last release, or one that was published when the working file was
            # made anew from its loads, nothing is noted: it is taken as it is.
            if recorded_parts(connection, week):
                parts = parts_of(project, connection, week)
                older = what_is_older(parts, (*PARTS, "dashboard"), week)
            if older:
                say(f"{week} is left out. {older}")
            else:
                whole.append(week)
    return whole


def _readable_weeks(project: Project) -> set[date]:
    with (
        suppress(FileNotFoundError, WarehouseError, duckdb.Error),
        project.warehouse.published() as connection,
    ):
        rows = connection.execute("SELECT refresh_week FROM mart.refreshes").fetchall()
        return {week for (week,) in rows}
    return set()
