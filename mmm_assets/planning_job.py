"""The job ``plan``: a budget asked for in Dagster's launchpad, answered in its metadata."""

from datetime import date

import dagster as dg
from pydantic import Field

from mmm_assets import metadata
from mmm_assets.planning import Infeasible, Question, UnknownRefresh, plan_budget, published_week
from mmm_assets.planning_words import budget_table, budget_words
from mmm_assets.project import Project


class PlanConfig(dg.Config):
    """What is asked; one of the first five, the recent total without any."""

    multiplier: float | None = Field(default=None, description="total over the recent plan's")
    total: float | None = Field(default=None, description="money over the horizon")
    roi: float | None = Field(default=None, description="largest total that returns so much")
    marginal_roi: float | None = Field(
        default=None, description="total at which one more unit returns so much"
    )
    kpi: float | None = Field(default=None, description="least total for so much KPI from media")
    horizon: int = Field(default=1, ge=1, description="weeks that amounts are for")
    bounds: dict[str, list[float]] = Field(
        default={}, description="channel → [least, most] as multiples of its recent spend"
    )
    max_change: float | None = Field(default=None, description="largest change of other channels")
    caution: float | None = Field(default=None, description="standard deviations to gain")
    refresh_week: str | None = Field(default=None, description="a published one; default: newest")

    def question(self) -> Question:
        """Return the question.

        Raises
        ------
        ValueError
            If it is not one.
        """
        from mmm_model.scenarios import Scenario

        goals = {
            "multiplier": self.multiplier,
            "total": None if self.total is None else self.total / self.horizon,
            "roi": self.roi,
            "marginal_roi": self.marginal_roi,
            "kpi": None if self.kpi is None else self.kpi / self.horizon,
        }
        given = {name: value for name, value in goals.items() if value is not None}
        bounds = {}
        for channel, ends in self.bounds.items():
            if len(ends) != 2:
                raise ValueError(f"bounds of '{channel}' are {ends}, expected [least, most]")
            bounds[channel] = (ends[0], ends[1])
        return Question(
            Scenario("plan", **(given or {"multiplier": 1.0})),
            bounds,
            self.max_change,
            self.caution,
        )


@dg.op(description="Splits a total, or finds the one that reaches a goal; changes nothing.")
def best_budget(
    context: dg.OpExecutionContext, config: PlanConfig, project: dg.ResourceParam[Project]
) -> None:
    """Answer and leave the table in the run's metadata."""
    try:
        asked = date.fromisoformat(config.refresh_week) if config.refresh_week else None
        week = published_week(project, asked)
        budget = plan_budget(project, week, config.question())
    except (Infeasible, UnknownRefresh, ValueError) as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    about = project.config
    lines = budget_words(budget, config.horizon, about.kpi_name, about.currency)
    context.add_output_metadata(
        {
            "refresh_week": week.isoformat(),
            "answer": dg.MetadataValue.md(
                "\n".join(f"- {metadata.escape(line)}" for line in lines)
            ),
            "budget": metadata.table(budget_table(budget, config.horizon)),
        }
    )


@dg.job(
    name="plan",
    description="Ask the published refresh for a budget: open the launchpad, say what you want.",
    executor_def=dg.in_process_executor,
)
def plan_job() -> None:
    """Answer one question."""
    best_budget()
