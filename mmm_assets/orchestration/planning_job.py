"""The job ``plan``: a budget asked for in Dagster's launchpad, answered in its metadata."""

from datetime import date
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field, create_model

from mmm_assets.orchestration import metadata
from mmm_assets.orchestration.names import PLAN, Names
from mmm_assets.orchestration.prefixing import asked_for
from mmm_assets.planning.questions import Infeasible, ask, beyond_data, plan_budget
from mmm_assets.planning.words import budget_table, budget_words
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import UnknownRefresh, published_week
from mmm_model.budget.scenario_kinds import SCENARIO_KINDS


class PlanRules(dg.Config):
    """Fields of the launchpad beside the kinds of scenarios."""

    horizon: int = Field(default=1, ge=1, description="weeks that amounts are for")
    bounds: dict[str, list[float]] = Field(
        default={}, description="channel → [least, most] as multiples of its recent spend"
    )
    max_change: float | None = Field(default=None, description="largest change of other channels")
    caution: float | None = Field(default=None, description="standard deviations to gain")
    follow: dict[str, bool] = Field(
        default={}, description="channel → whether its spend moves with those that drive it"
    )
    refresh_week: str | None = Field(default=None, description="a published one; default: newest")


if TYPE_CHECKING:
    PlanConfig = PlanRules
else:
    PlanConfig = create_model(
        "PlanConfig",
        __base__=PlanRules,
        __doc__="What is asked: one of the kinds of scenarios, the recent total without any.",
        **{
            key: (float | None, Field(default=None, description=kind.help))
            for key, kind in SCENARIO_KINDS.items()
        },
    )


@dg.op(description="Splits a total, or finds the one that reaches a goal; changes nothing.")
def best_budget(
    context: dg.OpExecutionContext, config: PlanConfig, project: dg.ResourceParam[Project]
) -> None:
    """Answer and leave the table in the run's metadata."""
    try:
        asked = date.fromisoformat(config.refresh_week) if config.refresh_week else None
        week = published_week(project.warehouse, asked)
        question = ask(
            {key: getattr(config, key) for key in SCENARIO_KINDS},
            config.horizon,
            config.bounds.items(),
            max_change=config.max_change,
            caution=config.caution,
            follow=config.follow,
        )
        budget = plan_budget(project, week, question)
        beyond = beyond_data(project, week, budget)
    except (Infeasible, UnknownRefresh, WarehouseError, ValueError) as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    about = project.config
    lines = [*budget_words(budget, config.horizon, about.kpi_name, about.currency), *beyond]
    context.add_output_metadata(
        {
            "refresh_week": week.isoformat(),
            "answer": dg.MetadataValue.md(
                "\n".join(f"- {metadata.escape(line)}" for line in lines)
            ),
            "budget": metadata.table(budget_table(budget, config.horizon, about.currency)),
        }
    )


def plan_job(names: Names) -> dg.JobDefinition:
    """The job that answers one question."""
    said = "Ask the published refresh for a budget: open the launchpad, say what you want."
    return asked_for(names, PLAN, best_budget, said)
