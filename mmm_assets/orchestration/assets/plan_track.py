"""Plans of record against what was spent and what came."""

from datetime import date

import dagster as dg

from mmm_assets.inputs.fits import fits_of
from mmm_assets.orchestration import metadata, week_order
from mmm_assets.planning.plan_tracking import TABLES, track_plans
from mmm_assets.report.plan_words import plan_sentences, plans_of
from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.parts import Part, record_part, rows_fingerprint
from mmm_assets.store.project import Project


@dg.asset(
    deps=["panel", "fitted_model"],
    group_name="results",
    op_tags=week_order.LATER,
    kinds={"duckdb", "table"},
    description="Plans that were adopted up to this refresh against what was spent and what came: "
    "why the KPI differs from the promise, where the plan will end, what to change now.",
    metadata=metadata.definition_metadata(*TABLES),
)
def plan_track(
    context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]
) -> dg.MaterializeResult:
    """Compare every plan with its promise."""
    refresh_week = date.fromisoformat(context.partition_key)
    week_order.wait_for_earlier_weeks(project, context.run, refresh_week)
    fits = fits_of(project, refresh_week)
    frames = track_plans(fits, context.log.warning)
    made_from = fits.made_from  # read before the turn at the warehouse
    with project.warehouse.work() as connection:
        for name in TABLES:
            replace_week(connection, name, refresh_week, frames[name])
        rows = rows_fingerprint(connection, TABLES, refresh_week)
        part = Part.by(project.config, rows, made_from)
        record_part(connection, refresh_week, "plan_track", part)
        told = plan_sentences(
            plans_of(connection, refresh_week), project.config.kpi_name, project.config.currency
        )
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(frames["plan_track"]),
            "plans": dg.MetadataValue.md("\n".join(f"- {metadata.escape(line)}" for line in told)),
            "causes": metadata.table(frames["plan_causes"], limit=60),
            "moves": metadata.table(frames["plan_moves"], limit=60),
        }
    )
