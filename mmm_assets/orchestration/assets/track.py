"""Forecasts by earlier refreshes of the weeks that are new in this one."""

from datetime import date

import dagster as dg
import pandas as pd

from mmm_assets.inputs.earlier_refreshes import earlier_scores, score_new_weeks
from mmm_assets.inputs.fits import panel_of
from mmm_assets.inputs.panel_table import panel_fingerprint
from mmm_assets.orchestration import metadata, week_order
from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.parts import Part, record_part, rows_fingerprint
from mmm_assets.store.project import Project


@dg.asset(
    deps=["panel"],
    group_name="results",
    op_tags=week_order.LATER,
    kinds={"duckdb", "table"},
    description="What the models of earlier refreshes forecast for the weeks that have come "
    "since, scored as they come: skill that no hindsight touches.",
    metadata=metadata.definition_metadata("forecast_track", "forecast_skill"),
)
def forecast_track(
    context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]
) -> dg.MaterializeResult:
    """Score the forecasts of the new weeks, and all forecasts that were ever scored."""
    from mmm_model.effects.forecast_track import forecast_skill

    refresh_week = date.fromisoformat(context.partition_key)
    week_order.wait_for_earlier_weeks(project, context.run, refresh_week)
    panel = panel_of(project, refresh_week)
    new = score_new_weeks(project, panel, refresh_week, context.log.warning)
    parts = [part for part in (earlier_scores(project, refresh_week), new) if len(part)]
    skill = forecast_skill(pd.concat(parts, ignore_index=True) if parts else new)
    with project.warehouse.work() as connection:
        replace_week(connection, "forecast_track", refresh_week, new)
        replace_week(connection, "forecast_skill", refresh_week, skill)
        rows = rows_fingerprint(connection, ("forecast_track", "forecast_skill"), refresh_week)
        part = Part.by(project.config, rows, {"panel": panel_fingerprint(panel)})
        record_part(connection, refresh_week, "forecast_track", part)
    shown = skill.assign(horizon_weeks=skill["horizon_weeks"].map(_horizon))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(new),
            "skill": metadata.table(shown, limit=30),
            **({"skill_of_all": float(skill["skill"].iloc[0])} if len(skill) else {}),
        }
    )


def _horizon(weeks: float) -> str:
    return "all" if weeks != weeks else f"{weeks:.0f}"
