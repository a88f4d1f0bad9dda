"""Mart tables of recommended budgets."""

from __future__ import annotations

from mmm_assets.mart.contract import CHANNEL, REGIONS_ALONE, WEEK, Column, Table
from mmm_model.budget.scenario_kinds import keys_in_words

BUDGET_TABLES: tuple[Table, ...] = (
    Table(
        "optimal_budgets",
        "Current and recommended weekly spend by scenario.",
        (
            Column("scenario", "VARCHAR", "Name of the scenario."),
            CHANNEL,
            Column("region", "VARCHAR", "Region; null for all regions together."),
            Column("current_spend", "DOUBLE", "Mean weekly spend of the recent plan."),
            Column("optimal_spend", "DOUBLE", "Recommended mean weekly spend."),
            Column("current_response", "DOUBLE", "Weekly KPI from the channel now."),
            Column("optimal_response", "DOUBLE", "Weekly KPI at the recommended spend."),
            Column("lower", "DOUBLE", "Lower end of the 90 % interval of optimal_response."),
            Column("upper", "DOUBLE", "Upper end of the 90 % interval of optimal_response."),
            Column(
                "marginal_roi",
                "DOUBLE",
                "Value of one more unit of spend at the recommendation, with what follows it; all "
                "regions only.",
            ),
            Column(
                "binding",
                "VARCHAR",
                "What keeps the channel there: 'least', 'most', 'pinned', 'group NAME', "
                "'follows NAMES' where what other channels create of it moves with them, or "
                "'uncertain' where a move would not gain more than its own uncertainty; null "
                "where nothing does.",
            ),
            Column(
                "shadow_price",
                "DOUBLE",
                "Value of a unit of money more in a channel at a bound, less what it returns "
                "where nothing binds; all regions only, null where no bound binds.",
            ),
            Column(
                "best_frequency",
                "DOUBLE",
                "Contacts per person reached at which the money brings the most; all regions "
                "only, null for channels without frequency.",
            ),
            Column(
                "best_frequency_response",
                "DOUBLE",
                "Weekly KPI of the recommended spend if it were spent at best_frequency; null "
                "where that is.",
            ),
        ),
        details=REGIONS_ALONE,
    ),
    Table(
        "budget_scenarios",
        "Totals of the recommended budgets, one row per scenario, per week.",
        (
            Column("scenario", "VARCHAR", "Name of the scenario."),
            Column("asked", "VARCHAR", f"What was asked: {keys_in_words()}."),
            Column("asked_value", "DOUBLE", "Its value."),
            Column("current_spend", "DOUBLE", "Mean weekly spend of the recent plan."),
            Column("optimal_spend", "DOUBLE", "Recommended mean weekly spend."),
            Column("current_response", "DOUBLE", "Weekly KPI from media now."),
            Column("optimal_response", "DOUBLE", "Weekly KPI from media at the recommendation."),
            Column("lower", "DOUBLE", "Lower end of the 90 % interval of optimal_response."),
            Column("upper", "DOUBLE", "Upper end of the 90 % interval of optimal_response."),
            Column("gain", "DOUBLE", "optimal_response less current_response."),
            Column("gain_lower", "DOUBLE", "Lower end of the 90 % interval of the gain."),
            Column("gain_upper", "DOUBLE", "Upper end of the 90 % interval of the gain."),
            Column("roi", "DOUBLE", "Value of the response over the spend; null without value."),
            Column(
                "marginal_roi",
                "DOUBLE",
                "Value of one more unit of spend, spread as the budget is; null without value.",
            ),
        ),
    ),
    Table(
        "weekly_budgets",
        "The first scenario by channel and week of the planning horizon, with carryover.",
        (
            Column("scenario", "VARCHAR", "Name of the scenario."),
            CHANNEL,
            WEEK,
            Column("current_spend", "DOUBLE", "Spend if the recent plan goes on."),
            Column("optimal_spend", "DOUBLE", "Recommended spend, to the cent."),
        ),
    ),
)
