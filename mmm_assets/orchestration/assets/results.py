"""Results of a fitted model, one mart table after the other, labelled and ready to query."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import dagster as dg
import pandas as pd

from mmm_assets import mart
from mmm_assets.inputs.fits import Fits, fits_of
from mmm_assets.mart.kpis import TABLE_OF_EVERY_KPI
from mmm_assets.orchestration import metadata
from mmm_assets.orchestration.assets import graph_check
from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.parts import Part, record_part, rows_fingerprint
from mmm_assets.store.project import Project

EDGE_COLUMNS = [column.name for column in mart.BY_NAME["channel_graph"].columns]
Tables = dict[str, pd.DataFrame]
Shown = dict[str, Any]
_NO_ROWS = pd.DataFrame(columns=["kpi"])
_RESULTS: list[dg.AssetsDefinition] = []


def result(
    *tables: str, description: str
) -> Callable[[Callable[[Fits], tuple[Tables, Shown]]], dg.AssetsDefinition]:
    """Make an asset of a function from the fits of a week to mart tables and metadata.

    Parameters
    ----------
    tables
        The mart tables that the function fills, the main one first.
    """
    twins = [TABLE_OF_EVERY_KPI[name] for name in tables if name in TABLE_OF_EVERY_KPI]

    def decorate(compute: Callable[[Fits], tuple[Tables, Shown]]) -> dg.AssetsDefinition:
        @dg.asset(
            name=compute.__name__,
            deps=["panel", "fitted_model"],
            group_name="results",
            kinds={"duckdb", "table"},
            description=description,
            metadata=metadata.definition_metadata(*tables, *twins),
        )
        def asset(
            context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]
        ) -> dg.MaterializeResult:
            refresh_week = date.fromisoformat(context.partition_key)
            fits = fits_of(project, refresh_week)
            frames, shown = compute(fits)
            of_all = _of_every_kpi(fits, frames, compute)
            made_from = fits.made_from  # read before the turn at the warehouse
            with project.warehouse.work() as connection:
                for name in tables:
                    replace_week(connection, name, refresh_week, frames[name])
                for name in twins:
                    replace_week(connection, name, refresh_week, of_all.get(name, _NO_ROWS))
                rows = rows_fingerprint(connection, (*tables, *of_all), refresh_week)
                part = Part.by(project.config, rows, made_from)
                record_part(connection, refresh_week, compute.__name__, part)
            return dg.MaterializeResult(
                metadata={"dagster/row_count": len(frames[tables[0]]), **shown}
            )

        _RESULTS.append(asset)
        return asset

    return decorate


def _of_every_kpi(
    fits: Fits, main: Tables, compute: Callable[[Fits], tuple[Tables, Shown]]
) -> Tables:
    """The tables of every KPI that go with those of the main one; none where it is alone."""
    names = [name for name in main if name in TABLE_OF_EVERY_KPI]
    if not names or not fits.further:
        return {}
    own = {kpi: main if one is fits else compute(one)[0] for kpi, one in fits.every_kpi.items()}
    return {
        TABLE_OF_EVERY_KPI[name]: pd.concat(
            [frames[name].assign(kpi=kpi, is_main=frames is main) for kpi, frames in own.items()],
            ignore_index=True,
        )
        for name in names
    }


@result(
    "holdout_metrics",
    description="How well the held-out weeks were forecast, beside last value, mean of the last "
    "four weeks, same week last year and training mean.",
)
def holdout_metrics(fits: Fits) -> tuple[Tables, Shown]:
    """Score the holdout forecast against the references."""
    from mmm_model.effects.holdout import holdout_metrics

    frame = holdout_metrics(fits.training, fits.panel)
    pooled = frame[(frame["scope"] == "pooled") & (frame["metric"] == "relative_rmse")]
    return {"holdout_metrics": frame}, {
        "relative_rmse": metadata.bars(pooled["model"].tolist(), pooled["value"].tolist()),
        "skill": metadata.table(
            frame[frame["metric"] == "skill"]
            .pivot(index="model", columns="scope", values="value")
            .reset_index()
        ),
    }


@result(
    "predictions",
    description="Actual and predicted KPI by region and week, with intervals: the final fit on "
    "all weeks, and the forecast of the held-out weeks by a fit that did not see them.",
)
def predictions(fits: Fits) -> tuple[Tables, Shown]:
    """Predict every region and week."""
    from mmm_model.effects.predictions import predictions

    frame = predictions(fits.training, fits.panel)
    national = (
        frame.groupby(["split", "week"], as_index=False)[["actual", "predicted"]]
        .sum()
        .sort_values(["split", "week"])
    )
    return {"predictions": frame}, {
        "last_weeks_national": metadata.table(national.groupby("split").tail(8), limit=16)
    }


@result(
    "contributions",
    "treatments",
    description="What made up the predicted KPI: baseline, seasonality, controls, promotions, "
    "prices, holidays and the direct effect of each channel, by region and week.",
)
def contributions(fits: Fits) -> tuple[Tables, Shown]:
    """Split the prediction into its components."""
    from mmm_model.effects.contributions import contributions
    from mmm_model.effects.treatments import treatment_effects

    frame = contributions(fits.effects)
    total = frame.groupby("component")["contribution"].sum().sort_values(ascending=False)
    share = total / total.sum()
    return {"contributions": frame, "treatments": treatment_effects(fits.effects)}, {
        "share_of_prediction": metadata.bars(share.index.tolist(), share.tolist())
    }


@result(
    "channel_summary",
    "campaign_summary",
    "long_term",
    "mediators",
    "mediator_weeks",
    description="Each channel over all weeks: spend, direct, mediated and total contribution, "
    "ROI with interval, marginal ROI; its campaigns, where they are named; what it leaves behind "
    "for later years, where that is looked for; and what channels create that nobody buys.",
)
def channel_summary(fits: Fits) -> tuple[Tables, Shown]:
    """Sum each channel up."""
    from mmm_model.effects.campaign_split import campaign_summary
    from mmm_model.effects.channel_summary import channel_summary
    from mmm_model.effects.long_term import long_term
    from mmm_model.effects.mediators import mediators

    frame = channel_summary(fits.effects)
    seed = fits.project.config.model_settings().seed
    campaigns = campaign_summary(fits.effects, fits.campaigns, seed)
    shown = frame[["channel", "spend", "contribution", "share", "roi", "roi_lower", "roi_upper"]]
    created, followed = mediators(fits.effects)
    tables = {
        "channel_summary": frame,
        "campaign_summary": campaigns,
        "long_term": long_term(fits.effects),
        "mediators": created,
        "mediator_weeks": followed,
    }
    return tables, {"channels": metadata.table(shown, limit=30)}


@result(
    "adstock_curves", description="How a channel's effect spreads over the weeks after exposure."
)
def adstock_curves(fits: Fits) -> tuple[Tables, Shown]:
    """Read the learned kernels."""
    from mmm_model.effects.adstock_curves import adstock_curves

    frame = adstock_curves(fits.final)
    wide = frame.pivot(index="channel", columns="lag_weeks", values="weight").reset_index()
    wide.columns = [str(name) for name in wide.columns]
    return {"adstock_curves": frame}, {"weight_by_lag": metadata.table(wide, limit=30)}


@result(
    "effectiveness",
    "effectiveness_evidence",
    description="What a unit of each channel was worth in each week, against its own mean, and "
    "the evidence that it changed.",
)
def effectiveness(fits: Fits) -> tuple[Tables, Shown]:
    """Follow the effectiveness of each channel over the weeks."""
    from mmm_model.effects.effectiveness import effectiveness, effectiveness_evidence

    frame = effectiveness(fits.response, fits.panel)
    evidence = effectiveness_evidence(fits.final.response, fits.response, fits.panel)
    shown = evidence[["channel", "log_bayes_factor", "statement"]]
    return {"effectiveness": frame, "effectiveness_evidence": evidence}, {
        "evidence": metadata.table(shown, limit=30)
    }


@result(
    "channel_graph",
    "graph_methods",
    "graph_metrics",
    "graph_controls",
    "first_stages",
    "edge_tests",
    description="Which channel or control drives which, in the same week or later, with the "
    "probability of each edge, what removing it changes, and which controls media drive.",
)
def channel_graph(fits: Fits) -> tuple[Tables, Shown]:
    """List the learned edges and test the published ones."""
    from mmm_model.effects.edge_tests import edge_tests
    from mmm_model.effects.first_stages import first_stages
    from mmm_model.effects.graph_controls import graph_controls
    from mmm_model.effects.graph_methods import graph_methods
    from mmm_model.effects.graph_metrics import graph_metrics

    graph = fits.final.graph
    frame = graph.edges() if graph is not None else pd.DataFrame(columns=EDGE_COLUMNS)
    nodes = fits.panel.nodes
    settings = fits.project.config.graph_settings(nodes)
    whole = fits.panel.for_graph()
    methods = graph_methods(fits.final, whole, settings)
    metrics = graph_metrics(fits.final, whole)
    controls = graph_controls(fits.final, fits.panel)
    stages = first_stages(fits.final, fits.panel)
    tests = edge_tests(fits.effects)
    with fits.project.warehouse.work() as connection:
        graph_check.record(connection, fits.refresh_week, controls, stages)
    frames = {
        "channel_graph": frame,
        "graph_methods": methods,
        "graph_metrics": metrics,
        "graph_controls": controls,
        "first_stages": stages,
        "edge_tests": tests,
    }
    return frames, {
        "published_edges": int(frame["published"].sum()),
        "edges": metadata.table(frame),
        "methods": metadata.table(methods),
        "metrics": metadata.table(metrics),
        "controls": metadata.table(controls),
        "first_stages": metadata.table(stages),
        "without_an_edge": metadata.table(tests),
    }


@result(
    "response_curves",
    "response_curve_parameters",
    "response_shapes",
    "response_draws",
    "exposure_costs",
    "frequency",
    description="Weekly response when a channel's recent plan is scaled from nothing to three "
    "times, nationally and by region, the same for every draw of the model, the Hill curve that "
    "describes it, what exposure costs, and what channels of reach bring at other frequencies.",
)
def response_curves(fits: Fits) -> tuple[Tables, Shown]:
    """Trace the response curves and describe them by Hill parameters."""
    from mmm_model.budget.future_plan import future_plan
    from mmm_model.effects import response_curves as curves
    from mmm_model.effects.exposure_costs import exposure_costs
    from mmm_model.effects.frequency import frequencies
    from mmm_model.effects.response_draws import response_draws

    ahead = future_plan(fits.final, fits.panel, fits.project.config.budget.horizon)
    frame = curves.response_curves(fits.response, fits.panel, ahead=ahead)
    parameters = curves.response_curve_parameters(frame)
    shapes, draws = response_draws(fits.response, fits.panel)
    return {
        "response_curves": frame,
        "response_curve_parameters": parameters,
        "response_shapes": shapes,
        "response_draws": draws,
        "exposure_costs": exposure_costs(fits.panel),
        "frequency": frequencies(fits.final, fits.panel, fits.response),
    }, {"parameters": metadata.table(parameters, limit=30)}


@result(
    "optimal_budgets",
    "budget_scenarios",
    "kpi_budget_scenarios",
    "kpi_frontier",
    description="Recommended weekly spend by scenario, channel and region, beside today's plan; "
    "of several KPIs, what each scenario brings of each, and what one costs the other.",
)
def optimal_budgets(fits: Fits) -> tuple[Tables, Shown]:
    """Find the best split of each scenario's budget."""
    from mmm_model.budget import recommend
    from mmm_model.budget.frontier import frontier
    from mmm_model.budget.recommended_budget import kpi_frame
    from mmm_model.effects.frequency import with_best_frequency

    config, others = fits.project.config, fits.further_kpis
    settings = replace(config.budget_settings(fits.panel.channels), goals=config.kpi_goals())
    following = fits.following(settings.follow)
    asked = (fits.response, fits.panel, settings, following, others)
    found = recommend.recommend(*asked)
    frame, scenarios = recommend.frames(found)
    frame = with_best_frequency(frame, fits.final, fits.panel, fits.response)
    shown = frame[frame["region"].isna()].drop(columns="region")
    there = set(scenarios["scenario"])
    absent = [each.name for each in settings.scenarios if each.name not in there]
    frames = {
        "optimal_budgets": frame,
        "budget_scenarios": scenarios,
        "kpi_budget_scenarios": kpi_frame(found),
        "kpi_frontier": frontier(recommend.priced_plan(*asked), settings),
    }
    return frames, {
        "totals_that_bounds_rule_out": ", ".join(absent) or "none",
        "scenarios": metadata.table(scenarios, limit=20),
        "budgets": metadata.table(shown, limit=40),
    }


@result(
    "weekly_budgets",
    description="The first scenario spread over the weeks of the planning horizon.",
)
def weekly_budgets(fits: Fits) -> tuple[Tables, Shown]:
    """Spread a budget over channels and weeks."""
    from mmm_model.budget import weekly_budget as weekly

    config, panel = fits.project.config, fits.panel
    settings = config.budget_settings(panel.channels)
    settings = replace(settings, scenarios=settings.scenarios[:1], goals=config.kpi_goals())
    last = panel.weeks[-1].date()
    rules = config.budget.weekly_rules(panel.channels, last)
    found = weekly.plan_weeks(
        fits.final, panel, config.budget.horizon, settings, rules, fits.further_kpis
    )
    frame = weekly.frame(found)
    return {"weekly_budgets": frame}, {"weeks": metadata.table(frame, limit=60)}


@result(
    "lift_tests",
    description="Each experiment beside what the model said before it knew of it, and says now.",
)
def lift_tests(fits: Fits) -> tuple[Tables, Shown]:
    """Hold the tests against the model."""
    from mmm_model.effects.lift_comparison import lift_comparison

    frame = lift_comparison(fits.final, fits.lift_tests)
    return {"lift_tests": frame}, {"tests": metadata.table(frame, limit=30)}


@result(
    "experiment_ideas",
    description="Which test next: each channel's best design of each kind, by what knowing is "
    "worth to the budget and what the test costs.",
)
def experiment_ideas(fits: Fits) -> tuple[Tables, Shown]:
    """Rank the tests that could be made in the weeks after the refresh."""
    from mmm_assets.planning.experiments import ideas

    frame = ideas(fits)
    shown = frame[["channel", "kind", "weeks", "worth", "cost", "net", "power"]]
    return {"experiment_ideas": frame}, {"ideas": metadata.table(shown, limit=30)}


@result(
    "experiment_track",
    description="Every test, kept or only measured: how it stands, and what was measured against "
    "what the model said before it and says now.",
)
def experiment_track(fits: Fits) -> tuple[Tables, Shown]:
    """Follow the tests that are kept, and score those that were read."""
    from mmm_assets.planning.experiment_track import experiment_track

    frame = experiment_track(fits)
    names = ["experiment", "channel", "status", "expected", "measured", "inside", "now"]
    return {"experiment_track": frame}, {"tests": metadata.table(frame[names], limit=30)}


RESULT_ASSETS = list(_RESULTS)
RESULTS = tuple(asset.key.path[-1] for asset in RESULT_ASSETS)
"""Names of the assets."""
