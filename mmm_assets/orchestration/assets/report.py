"""The end of a refresh: its dashboard, the gates that it must pass, and its publication."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import pandas as pd

from mmm_assets.inputs.data_fingerprint import data_fingerprint
from mmm_assets.inputs.fits import panel_of
from mmm_assets.inputs.knowledge import recorded
from mmm_assets.inputs.panel_table import FURTHER
from mmm_assets.mart import gates
from mmm_assets.mart.refreshes import MODEL_HASHES
from mmm_assets.orchestration import metadata
from mmm_assets.orchestration.assets.changes import changes
from mmm_assets.orchestration.assets.plan_track import plan_track
from mmm_assets.orchestration.assets.raw import CHECKS, Refused
from mmm_assets.orchestration.assets.results import RESULT_ASSETS, RESULTS
from mmm_assets.orchestration.assets.track import forecast_track
from mmm_assets.orchestration.assets.trust_tests import trust_tests
from mmm_assets.orchestration.belonging import parts_of, what_is_older
from mmm_assets.orchestration.names import Names
from mmm_assets.orchestration.notify import notify
from mmm_assets.orchestration.publication import publish
from mmm_assets.orchestration.retention import tidy
from mmm_assets.report.files import draw_draft, report_file
from mmm_assets.report.headline import headline
from mmm_assets.report.standing import held_lines
from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.parts import Part, agreed, record_part
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import is_published
from mmm_assets.store.saved_fits import file_hashes, newest_models

if TYPE_CHECKING:
    from mmm_model import Panel

GROUP = "publication"
PARTS = (
    CHECKS, "panel", FURTHER, "fitted_model", *RESULTS, "changes", "forecast_track", "plan_track",
    "trust_tests",
)  # fmt: skip
"""Parts that the dashboard is made from, in the order in which they are made."""


@dg.asset(
    deps=[*RESULT_ASSETS, changes, forecast_track, plan_track, trust_tests],
    group_name=GROUP,
    kinds={"html", "plotly"},
    description="One self-contained HTML file that answers what media brought, what to trust "
    "and what to change; drawn from the mart tables alone.",
)
def dashboard(
    context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]
) -> dg.MaterializeResult:
    """Draw the dashboard of a refresh week."""
    refresh_week = date.fromisoformat(context.partition_key)
    with project.warehouse.work() as connection:
        file = draw_draft(project, connection, refresh_week)
        parts = parts_of(project, connection, refresh_week)
        made_from = {name: parts[name].fingerprint for name in PARTS if name in parts}
        page = Part.by(project.config, hashlib.sha256(file.read_bytes()).hexdigest(), made_from)
        record_part(connection, refresh_week, "dashboard", page)
        lines = headline(connection, refresh_week, project.config.currency)
    published = report_file(project, refresh_week)  # where it will lie
    return dg.MaterializeResult(
        metadata={
            "headline": dg.MetadataValue.md(
                "\n".join(f"- {metadata.escape(line)}" for line in lines)
            ),
            "file": dg.MetadataValue.path(published),
            "open": dg.MetadataValue.url(published.as_uri()),
            "megabytes": round(file.stat().st_size / 1e6, 2),
        }
    )


@dg.multi_asset_check(
    name="gates",
    specs=[
        dg.AssetCheckSpec(gate.name, asset=gate.asset, description=gate.description)
        for gate in gates.GATES
    ],
    can_subset=True,
)
def result_gates(
    context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
) -> Iterator[dg.AssetCheckResult]:
    """Show each gate at the asset that it judges; ``published_refresh`` acts on them."""
    asked = context.selected_asset_check_keys
    refresh_week = date.fromisoformat(context.run.tags["dagster/partition"])
    with project.warehouse.work() as connection:
        found = {gate: gates.broken(connection, gate, refresh_week) for gate in gates.GATES}
    names = Names.of(project.config)
    for gate, faults in found.items():
        if dg.AssetCheckKey(names.asset(gate.asset), gate.name) not in asked:
            continue
        yield dg.AssetCheckResult(
            asset_key=names.asset(gate.asset),
            check_name=gate.name,
            passed=not faults,
            severity=dg.AssetCheckSeverity.ERROR,
            description=gates.reason(gate, faults) if faults else gate.description,
        )


@dg.asset(
    deps=[dashboard],
    group_name=GROUP,
    kinds={"duckdb"},
    description="The refresh in the file that analysts open, in one atomic step. A refresh that "
    "fails a gate is held: its rows are there, the current_* views stay as they were.",
    metadata=metadata.definition_metadata("refreshes"),
    freshness_policy=dg.FreshnessPolicy.time_window(
        fail_window=timedelta(days=9), warn_window=timedelta(days=8)
    ),
)
def published_refresh(
    context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]
) -> dg.MaterializeResult:
    """Publish a refresh week, or hold it and say why."""
    refresh_week = date.fromisoformat(context.partition_key)
    panel = panel_of(project, refresh_week)
    with project.warehouse.work() as connection:
        parts = parts_of(project, connection, refresh_week)
        older = what_is_older(parts, (*PARTS, "dashboard"), refresh_week)
        if older:
            raise Refused(older)
        held = [
            gates.reason(gate, faults)
            for gate in gates.GATES
            if (faults := gates.broken(connection, gate, refresh_week))
        ]
        _, known = recorded(connection, refresh_week) or ("", None)
        row = _refresh_row(context, project, refresh_week, panel, held).assign(
            knowledge=known.kind if known else None,
            known_on=known.known_on if known else None,
            known_load=known.load if known else None,
            data_fingerprint=data_fingerprint(connection, project.config, panel),
            config_fingerprint=agreed(part.configuration for part in parts.values()),
            code_version=agreed(part.code for part in parts.values()),
        )
        replace_week(connection, "refreshes", refresh_week, row)
        told = held_lines(connection, refresh_week, held) if held else []
        if told:
            draw_draft(project, connection, refresh_week, told)
    if held:
        key, run = context.partition_key, context.run.run_id
        notify(project.config, "held", key, run, told, context.log.warning)
    if held and is_published(project.warehouse, refresh_week):
        raise dg.Failure(
            description=f"What was published for {refresh_week} stays, what would replace it lies "
            f"in {project.warehouse.draft_folder(refresh_week)}. " + " ".join(told),
            metadata={"outcome": "held"},
            allow_retries=False,
        )
    publish(project, refresh_week, context.log.warning)
    if not held:
        notify(project.config, "published", context.partition_key, context.run.run_id)
    try:
        tidy(project, context.instance)
    except Exception as error:  # what is published is published
        context.log.warning(f"old models, runs and reports were not removed: {error}")
    return dg.MaterializeResult(
        metadata={
            "status": row["status"].item(),
            "reason": " ".join(told) or "–",
            "file": dg.MetadataValue.path(project.warehouse.published_place),
            "dashboard": dg.MetadataValue.url(report_file(project, refresh_week).as_uri()),
            "dagster/row_count": 1,
        }
    )


def _refresh_row(
    context: dg.AssetExecutionContext,
    project: Project,
    refresh_week: date,
    panel: "Panel",
    held: list[str],
) -> pd.DataFrame:
    settings = project.config.model_settings()
    models = newest_models(project, refresh_week)
    training = models.about()
    return pd.DataFrame(
        [
            {
                "status": "held" if held else "published",
                "reason": " ".join(held),
                "run_id": context.run.run_id,
                "seed": settings.seed,
                "regions": len(panel.regions),
                "weeks": len(panel.weeks),
                "channels": len(panel.channels),
                "seconds": float(training["seconds"]),
                "has_details": True,
                "started_from": pd.to_datetime(training["started_from"]),
                "published_at": datetime.now(UTC).replace(tzinfo=None),
                "kpi_name": project.config.kpi_name,
                "currency": project.config.currency,
                "project": project.config.project,
                "week_start": project.config.week_start,
                **{MODEL_HASHES[name]: found for name, found in file_hashes(models).items()},
            }
        ]
    )
