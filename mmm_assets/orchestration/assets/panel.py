"""The panel: what a refresh may see, newest known version of each row, weeks up to its own."""

from datetime import date

import dagster as dg
import pandas as pd

from mmm_assets.inputs import knowledge
from mmm_assets.inputs.fits import further_panels_of, panel_of
from mmm_assets.inputs.media_table import write_media
from mmm_assets.inputs.panel_building import build_panel_tables
from mmm_assets.inputs.panel_table import (
    FURTHER,
    TABLES,
    further_fingerprint,
    panel_fingerprint,
)
from mmm_assets.inputs.roles import ROLES
from mmm_assets.orchestration import metadata
from mmm_assets.orchestration.assets.raw import CHECKS, Refused, check_inputs
from mmm_assets.store.mart_week import read_week
from mmm_assets.store.parts import Part, forget_part, record_part
from mmm_assets.store.project import Project

_RESTATED = """
    SELECT table_name AS "table", kind, week, count(*) AS "values",
           sum(value_after) - sum(value_before) AS change, sum(money) AS money
    FROM mart.restatements WHERE refresh_week = ?
    GROUP BY ALL ORDER BY abs(sum(money)) DESC NULLS LAST, week DESC, kind
"""


@dg.asset(
    deps=[f"raw_{role}" for role in ROLES],
    group_name="panel",
    kinds={"duckdb", "table"},
    description="Regions × weeks of KPI, media and controls as the refresh week may know them, "
    "with a mask of what was observed.",
    metadata={
        "dagster/table_name": "staging.panel_kpi",
        "dagster/column_schema": dg.TableSchema(
            [
                dg.TableColumn(name, kind)
                for name, kind in (column.split() for column in TABLES["panel_kpi"][0].split(", "))
            ]
        ),
    },
)
def panel(
    context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]
) -> dg.MaterializeResult:
    """Build the panel of a refresh week from raw rows that passed the checks."""
    refresh_week = date.fromisoformat(context.partition_key)
    known = _require_clean_input(project, refresh_week, context.run)
    with project.warehouse.work() as connection:
        build_panel_tables(connection, project.config, refresh_week, known.known_on)
        write_media(connection, refresh_week)
        for name in ("panel", FURTHER):
            forget_part(connection, refresh_week, name)  # until the new one is noted
        restated = connection.execute(_RESTATED, [refresh_week]).df()
    built = panel_of(project, refresh_week)
    further = further_panels_of(project, refresh_week)
    made_from = {CHECKS: known.name}
    with project.warehouse.work() as connection:
        part = Part.by(project.config, panel_fingerprint(built), made_from)
        record_part(connection, refresh_week, "panel", part)
        if further:
            part = Part.by(project.config, further_fingerprint(further), made_from)
            record_part(connection, refresh_week, FURTHER, part)
    overview = pd.DataFrame(
        {
            "channel": built.channels,
            "weeks on air": (built.exposure > 0).any(axis=0).sum(axis=0),
            "exposure": built.exposure.sum(axis=(0, 1)),
            "spend": pd.Series(built.spend.sum(axis=(0, 1))),
        }
    )
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": built.kpi.size,
            "regions": len(built.regions),
            "weeks": len(built.weeks),
            "first_week": str(built.weeks[0].date()),
            "last_week": str(built.weeks[-1].date()),
            "observed_share": float(built.observed.mean()),
            "further_kpis": ", ".join(further) or "none",
            "channels": metadata.table(overview, limit=30),
            "controls": ", ".join(built.controls) or "none",
            "knowledge": known.kind,
            "known_on_utc": known.known_on.isoformat(" "),
            "restated": metadata.table(restated),
        }
    )


def _require_clean_input(
    project: Project, refresh_week: date, run: dg.DagsterRun
) -> knowledge.Knowledge:
    """Refuse input with a blocking fault, also when the panel alone is materialised.

    What was checked is what is read. A panel made on its own is held against the rules first
    where there is more to know by now than when they were last looked at.
    """
    with project.warehouse.work() as connection:
        checked = knowledge.recorded(connection, refresh_week)
        now = knowledge.choose(
            connection, project.config, refresh_week, run.tags.get(knowledge.TAG)
        )
    if checked is None or (checked[0] != run.run_id and checked[1] != now):
        check_inputs(project, refresh_week, run)
    with project.warehouse.work() as connection:
        checked = knowledge.recorded(connection, refresh_week)
        found = read_week(connection, "data_checks", refresh_week)
    assert checked is not None
    faults = found[
        (found["severity"] == "blocking")
        & ~found["passed"].astype(bool)
        & found["waived_until"].isna()
    ]
    if len(faults):
        raise Refused("\n".join(faults["message"]))
    return checked[1]
