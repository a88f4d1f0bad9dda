"""The jobs ``publish_held`` and ``rollback``: what people decide of a refresh, in the launchpad."""

from datetime import date

import dagster as dg
from pydantic import Field

from mmm_assets.config.errors import UsageError
from mmm_assets.orchestration.decisions import publish_anyway, roll_back
from mmm_assets.orchestration.names import PUBLISH_HELD, ROLLBACK, Names
from mmm_assets.orchestration.prefixing import asked_for
from mmm_assets.report.standing import standing_lines
from mmm_assets.store.decided_rows import Decision
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.project import Project


class DecisionConfig(dg.Config):
    """Fields of the launchpad of both jobs."""

    reason: str = Field(description="why; it is kept in mart.decisions")
    who: str = Field(default="", description="who decides; default: the account of Dagster")


class PublishConfig(DecisionConfig):
    """Of ``publish_held`` alone."""

    refresh_week: str = Field(description="the held refresh, as YYYY-MM-DD")


@dg.op(description="Publishes a refresh although a gate stopped it.")
def publish_held_refresh(
    context: dg.OpExecutionContext, config: PublishConfig, project: dg.ResourceParam[Project]
) -> None:
    """Publish, and say so at the asset ``published_refresh``."""
    try:
        week = date.fromisoformat(config.refresh_week)
        decision = Decision(config.reason, config.who, context.run.run_id)
        publish_anyway(project, week, decision, context.log.warning)
    except (UsageError, WarehouseError, ValueError) as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    _observe(context, project, week, "published")


@dg.op(description="Takes the newest published refresh back; the one before it counts again.")
def take_back_refresh(
    context: dg.OpExecutionContext, config: DecisionConfig, project: dg.ResourceParam[Project]
) -> None:
    """Roll back, and say so at the asset ``published_refresh``."""
    try:
        decision = Decision(config.reason, config.who, context.run.run_id)
        taken_back, published = roll_back(project, decision, context.log.warning)
    except (UsageError, WarehouseError) as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    _observe(context, project, taken_back, "held")
    context.add_output_metadata(
        {"taken_back": taken_back.isoformat(), "published_again": published.isoformat()}
    )


def _observe(context: dg.OpExecutionContext, project: Project, week: date, status: str) -> None:
    with project.warehouse.published() as connection:
        told = standing_lines(connection, week)
    context.log_event(
        dg.AssetObservation(
            asset_key=Names.of(project.config).asset("published_refresh"),
            partition=week.isoformat(),
            description=" ".join(told),
            metadata={"status": status, "decision": " ".join(told)},
        )
    )


def publish_held_job(names: Names) -> dg.JobDefinition:
    """The job that publishes one refresh."""
    said = "Publish a refresh that a gate stopped: open the launchpad, say which and why."
    return asked_for(names, PUBLISH_HELD, publish_held_refresh, said)


def rollback_job(names: Names) -> dg.JobDefinition:
    """The job that takes one refresh back."""
    said = "Take the newest published refresh back: open the launchpad, say why."
    return asked_for(names, ROLLBACK, take_back_refresh, said)
