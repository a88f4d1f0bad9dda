"""Whether the parts of a refresh belong together: asked before anything is published."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import date

import duckdb

from mmm_assets.inputs.panel_table import FURTHER
from mmm_assets.store.parts import Part, disagreements, recorded_parts
from mmm_assets.store.project import Project
from mmm_assets.store.saved_fits import newest_models

_NEW = frozenset({"plan_track", FURTHER})
"""Parts that a refresh of the last release, or of one KPI, has none of; compared where they are."""


def parts_of(
    project: Project, connection: duckdb.DuckDBPyConnection, refresh_week: date
) -> dict[str, Part]:
    """All parts of a refresh week by the name of their asset.

    Raises
    ------
    UnusableModel
        If the note beside the saved fits cannot be read.
    """
    found = recorded_parts(connection, refresh_week)
    with suppress(FileNotFoundError):
        fits = newest_models(project, refresh_week).part()
        if fits is not None:
            found["fitted_model"] = fits
    return found


def what_is_older(parts: dict[str, Part], assets: Iterable[str], refresh_week: date) -> str:
    """Say which parts do not belong to the others, and the next step; nothing when all do.

    Parameters
    ----------
    assets
        Names of all whose parts must be there, in the order in which they are made.
    """
    order = list(assets)
    needed = [name for name in order if name not in _NEW]
    found = disagreements({name: parts[name] for name in order if name in parts}, needed)
    if not found:
        return ""
    return (
        f"The parts of the refresh of {refresh_week} do not belong together, so nothing is "
        f"published. {'; '.join(found)}. Materialise what is older and all that follows it, or "
        f"make the whole week again:  mmm refresh --week {refresh_week}"
    )
