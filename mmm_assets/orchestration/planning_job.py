"""The jobs ``plan`` and ``withdraw_plan``: budgets asked for, adopted and withdrawn in Dagster."""

from datetime import date
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field, create_model

from mmm_assets.config.errors import UsageError
from mmm_assets.orchestration import metadata
from mmm_assets.orchestration.adoption import adopt_budget, withdraw_plan
from mmm_assets.orchestration.names import PLAN, WITHDRAW_PLAN, Names
from mmm_assets.orchestration.prefixing import asked_for
from mmm_assets.planning.questions import Fixed, ask, beyond_data, plan_budget, plan_by_week
from mmm_assets.planning.words import asked_words, budget_table, budget_words, promise_words
from mmm_assets.store.decided_rows import Decision
from mmm_assets.store.errors import WarehouseError
from mmm_assets.store.project import Project
from mmm_assets.store.published_weeks import published_week
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
        default={}, description="channel → whether what others create of it moves with them"
    )
    weights: dict[str, float] = Field(
        default={}, description="KPI → weight of its value in what is made large"
    )
    keep: list[str] = Field(
        default=[], description="KPIs of which media must bring no less than now"
    )
    refresh_week: str | None = Field(default=None, description="a published one; default: newest")
    adopt: str | None = Field(
        default=None, description="name under which it is kept as a plan of record, by week"
    )
    reason: str = Field(default="", description="why it is adopted; it is kept")
    who: str = Field(default="", description="who adopts it; default: the account of Dagster")


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


@dg.op(description="Splits a total, or finds the one that reaches a goal; keeps it if asked to.")
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
            weights=config.weights,
            floors=dict.fromkeys(config.keep, "keep"),
        )
        if config.adopt is None:
            budget = plan_budget(project, week, question)
        else:
            weekly = plan_by_week(project, week, question, config.horizon, Fixed())
            budget = weekly.budget
        beyond = beyond_data(project, week, budget)
        about, promised = project.config, []
        if config.adopt is not None:
            decision = Decision(config.reason, config.who, context.run.run_id)
            asked_for_it = asked_words(question, config.horizon)
            kept = adopt_budget(
                project, config.adopt, week, weekly, asked_for_it, decision, context.log.warning
            )
            promised = promise_words(kept, about.kpi_name, about.currency)
    except (UsageError, WarehouseError, ValueError) as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    lines = [
        *budget_words(budget, config.horizon, about.kpi_name, about.currency), *beyond, *promised
    ]  # fmt: skip
    context.add_output_metadata(
        {
            "refresh_week": week.isoformat(),
            "answer": dg.MetadataValue.md(
                "\n".join(f"- {metadata.escape(line)}" for line in lines)
            ),
            "budget": metadata.table(budget_table(budget, config.horizon, about.currency)),
        }
    )


class WithdrawConfig(dg.Config):
    """Fields of the launchpad of ``withdraw_plan``."""

    plan: str = Field(description="name of the plan")
    reason: str = Field(description="why; it is kept in mart.decisions")
    who: str = Field(default="", description="who decides; default: the account of Dagster")


@dg.op(description="Lets a plan of record count no longer; what it promised stays.")
def withdraw_kept_plan(
    context: dg.OpExecutionContext, config: WithdrawConfig, project: dg.ResourceParam[Project]
) -> None:
    """Withdraw, and say which."""
    try:
        decision = Decision(config.reason, config.who, context.run.run_id)
        found = withdraw_plan(project, config.plan, decision, context.log.warning)
    except (UsageError, WarehouseError) as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    context.add_output_metadata({"withdrawn": found.name})


def plan_job(names: Names) -> dg.JobDefinition:
    """The job that answers one question."""
    said = "Ask the published refresh for a budget, and adopt it: open the launchpad, say what."
    return asked_for(names, PLAN, best_budget, said)


def withdraw_job(names: Names) -> dg.JobDefinition:
    """The job that withdraws one plan."""
    said = "Withdraw a plan of record: open the launchpad, say which and why."
    return asked_for(names, WITHDRAW_PLAN, withdraw_kept_plan, said)
