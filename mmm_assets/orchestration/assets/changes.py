"""Why the numbers of a refresh differ from those of the published one before it."""

from datetime import date

import dagster as dg

from mmm_assets.comparison.changes_of_refresh import changes_of
from mmm_assets.inputs.fits import fits_of
from mmm_assets.orchestration import metadata, week_order
from mmm_assets.report.change_words import change_sentences
from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.parts import Part, record_part, rows_fingerprint
from mmm_assets.store.project import Project


@dg.asset(
    deps=["channel_summary", "optimal_budgets"],
    group_name="results",
    op_tags=week_order.LATER,
    kinds={"duckdb", "table"},
    description="What changed since the published refresh before, by cause: new weeks, restated "
    "rows, configuration, code; by refits between the two where there is more than one cause.",
    metadata=metadata.definition_metadata("changes"),
)
def changes(
    context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]
) -> dg.MaterializeResult:
    """Split the change of each number by cause."""
    refresh_week = date.fromisoformat(context.partition_key)
    week_order.wait_for_earlier_weeks(project, context.run, refresh_week)
    found = changes_of(project, refresh_week, context.log.warning)
    made_from = fits_of(project, refresh_week).made_from
    with project.warehouse.work() as connection:
        replace_week(connection, "changes", refresh_week, found)
        rows = rows_fingerprint(connection, ("changes",), refresh_week)
        record_part(connection, refresh_week, "changes", Part.by(project.config, rows, made_from))
        told = change_sentences(connection, refresh_week)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(found),
            "why": dg.MetadataValue.md("\n".join(f"- {metadata.escape(line)}" for line in told)),
            "causes": metadata.table(found, limit=60),
        }
    )
