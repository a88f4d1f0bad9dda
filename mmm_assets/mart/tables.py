"""The contract with analysts: every table of the ``mart`` schema, column by column.

A table is declared once here; its DDL, its comments, its ``current_*`` view and
the column schema that Dagster shows are all derived from the declaration.
Columns are only ever added, at the end.
"""

from __future__ import annotations

from mmm_assets.mart.budgets import BUDGET_TABLES
from mmm_assets.mart.contract import CHANNEL, REGION, WEEK, Column, Table
from mmm_assets.mart.graph import GRAPH_TABLES

_LOWER = Column("lower", "DOUBLE", "Lower end of the 90 % interval.")
_UPPER = Column("upper", "DOUBLE", "Upper end of the 90 % interval.")

TABLES: tuple[Table, ...] = (
    Table(
        "refreshes",
        "One row per refresh: what it saw, with what it was made, whether it is published.",
        (
            Column("status", "VARCHAR", "'published', or 'held' when a gate stopped it."),
            Column("reason", "VARCHAR", "Why it is held; empty when published."),
            Column("run_id", "VARCHAR", "Dagster run that published it."),
            Column("data_fingerprint", "VARCHAR", "Hash of the panel it was trained on."),
            Column("config_fingerprint", "VARCHAR", "Hash of the configuration."),
            Column("code_version", "VARCHAR", "Version of the platform."),
            Column("seed", "BIGINT", "Seed of the ensemble."),
            Column("regions", "INTEGER", "Number of regions."),
            Column("weeks", "INTEGER", "Number of weeks of data."),
            Column("channels", "INTEGER", "Number of channels."),
            Column("seconds", "DOUBLE", "Seconds of training."),
            Column("published_at", "TIMESTAMP", "When it was published (UTC)."),
            Column("kpi_name", "VARCHAR", "Name of the KPI, from the configuration."),
            Column("currency", "VARCHAR", "Currency of spend and value, from the configuration."),
            Column("project", "VARCHAR", "Name of the project, from the configuration."),
            Column(
                "knowledge",
                "VARCHAR",
                "'latest': all that was loaded by then; 'then': what was loaded in time for the "
                "week; 'asked': what was known at a moment that somebody named.",
            ),
            Column(
                "known_on",
                "TIMESTAMP",
                "When the newest load that counted was made (UTC); mmm refresh --as-known-on with "
                "this time reads the same rows again.",
            ),
            Column("started_from", "DATE", "Refresh that training started from; null: none."),
        ),
    ),
    Table(
        "holdout_metrics",
        "How well the held-out weeks were forecast, beside simple references.",
        (
            Column(
                "scope", "VARCHAR", "'pooled' (all region-weeks), 'national' or 'within_region'."
            ),
            Column(
                "model",
                "VARCHAR",
                "'mmm', 'last_value', 'last_4_mean', 'seasonal_naive' or 'train_mean'.",
            ),
            Column(
                "metric",
                "VARCHAR",
                "'rmse', 'relative_rmse' (over the mean actual), 'wape', 'r2', 'skill' "
                "(of mmm against the model in this row), 'coverage_90' (of mmm alone).",
            ),
            Column("value", "DOUBLE", "The metric; null where it cannot be computed."),
        ),
    ),
    Table(
        "predictions",
        "Actual and predicted KPI by region and week.",
        (
            REGION,
            WEEK,
            Column(
                "split",
                "VARCHAR",
                "'train': the final fit, on all weeks; 'holdout': the last weeks once more, "
                "forecast by a fit that saw no KPI of them.",
            ),
            Column("actual", "DOUBLE", "Observed KPI; null where it was not observed."),
            Column("predicted", "DOUBLE", "Predicted KPI."),
            _LOWER,
            _UPPER,
        ),
    ),
    Table(
        "contributions",
        "What made up the predicted KPI of the final model; a week's components add up to it.",
        (
            REGION,
            WEEK,
            Column("component", "VARCHAR", "'baseline', 'seasonality', a control or a channel."),
            Column("kind", "VARCHAR", "'baseline', 'seasonality', 'control' or 'media'."),
            Column("contribution", "DOUBLE", "KPI units; of media: the channel's direct effect."),
            _LOWER,
            _UPPER,
            Column(
                "mediated",
                "DOUBLE",
                "Of media: KPI earned through channels that it drives, which is part of their "
                "contribution too; null for other components.",
            ),
            Column("mediated_lower", "DOUBLE", "Lower end of the 90 % interval of mediated."),
            Column("mediated_upper", "DOUBLE", "Upper end of the 90 % interval of mediated."),
            Column(
                "total", "DOUBLE", "Of media: contribution + mediated; does not add up over media."
            ),
        ),
    ),
    Table(
        "channel_summary",
        "Each channel over all weeks of the refresh.",
        (
            CHANNEL,
            Column("spend", "DOUBLE", "Total spend; null where spend is unknown."),
            Column("exposure", "DOUBLE", "Total exposure that the model read."),
            Column("contribution", "DOUBLE", "Total contribution in KPI units: direct + mediated."),
            Column("direct", "DOUBLE", "KPI lost through the channel's own path."),
            Column("mediated", "DOUBLE", "KPI earned through channels that it drives."),
            Column("share", "DOUBLE", "Direct contribution over the sum of predictions."),
            Column("roi", "DOUBLE", "Value of contribution over spend; null without spend."),
            Column("roi_lower", "DOUBLE", "Lower end of the 90 % interval of roi."),
            Column("roi_upper", "DOUBLE", "Upper end of the 90 % interval of roi."),
            Column(
                "marginal_roi", "DOUBLE", "Value of one more unit of spend on last year's plan."
            ),
            Column(
                "contribution_lower", "DOUBLE", "Lower end of the 90 % interval of contribution."
            ),
            Column(
                "contribution_upper", "DOUBLE", "Upper end of the 90 % interval of contribution."
            ),
            Column("mediated_lower", "DOUBLE", "Lower end of the 90 % interval of mediated."),
            Column("mediated_upper", "DOUBLE", "Upper end of the 90 % interval of mediated."),
            Column("direct_roi", "DOUBLE", "Value of the direct contribution over spend."),
            Column("direct_roi_lower", "DOUBLE", "Lower end of the 90 % interval of direct_roi."),
            Column("direct_roi_upper", "DOUBLE", "Upper end of the 90 % interval of direct_roi."),
        ),
    ),
    Table(
        "adstock_curves",
        "How a channel's effect spreads over the weeks after the exposure.",
        (
            CHANNEL,
            Column("lag_weeks", "INTEGER", "Weeks after the exposure."),
            Column("weight", "DOUBLE", "Share of the effect; a channel's weights add up to 1."),
            _LOWER,
            _UPPER,
        ),
    ),
    Table(
        "response_curves",
        "Weekly response when the recent plan of one channel is scaled up or down.",
        (
            CHANNEL,
            Column("region", "VARCHAR", "Region; null for all regions together."),
            Column(
                "spend",
                "DOUBLE",
                "Mean weekly spend of the scaled plan; exposure where spend is unknown.",
            ),
            Column("response", "DOUBLE", "Mean weekly contribution in KPI units."),
            Column("marginal_response", "DOUBLE", "KPI units of the next unit of spend."),
            _LOWER,
            _UPPER,
            Column("is_current", "BOOLEAN", "True at the current plan."),
            Column("in_data_range", "BOOLEAN", "False beyond what the data has ever seen."),
            Column("roi", "DOUBLE", "Value of the response over spend; null without either."),
            Column("marginal_roi", "DOUBLE", "Value of the next unit of spend."),
            Column(
                "horizon_response",
                "DOUBLE",
                "Mean weekly response when only the weeks of the planning horizon are scaled.",
            ),
            Column("horizon_lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("horizon_upper", "DOUBLE", "Upper end of its 90 % interval."),
        ),
    ),
    Table(
        "response_curve_parameters",
        "Hill curve fitted to each channel's national response curve.",
        (
            CHANNEL,
            Column("slope", "DOUBLE", "Exponent of the Hill curve."),
            Column("half_saturation", "DOUBLE", "Weekly spend at half of the ceiling."),
            Column("ceiling", "DOUBLE", "Weekly response at saturation, KPI units."),
            Column("r2", "DOUBLE", "Fit of the Hill curve to the response curve."),
            Column("current_spend", "DOUBLE", "Mean weekly spend of the recent plan."),
            Column("current_saturation", "DOUBLE", "Share of the ceiling that it reaches."),
            Column("saturation_spend", "DOUBLE", "Weekly spend that reaches 80 % of the ceiling."),
        ),
    ),
    Table(
        "exposure_costs",
        "What a unit of exposure cost, by quarter; channels with spend and exposure alone.",
        (
            CHANNEL,
            Column("quarter", "DATE", "First day of the quarter."),
            Column("spend", "DOUBLE", "Spend of the quarter's weeks."),
            Column("exposure", "DOUBLE", "Exposure of the quarter's weeks."),
            Column("cost_per_exposure", "DOUBLE", "Spend over exposure."),
            Column("drift", "DOUBLE", "Relative change of the cost since the quarter a year ago."),
        ),
    ),
    *BUDGET_TABLES,
    *GRAPH_TABLES,
    Table(
        "lift_tests",
        "Each experiment beside what the model says of it, KPI a week.",
        (
            CHANNEL,
            Column("region", "VARCHAR", "Region of the test; null for all regions together."),
            Column("start_week", "DATE", "First week; null for a lasting change."),
            Column("end_week", "DATE", "Last week; null for a lasting change."),
            Column("change", "DOUBLE", "Change of weekly spend, or exposure, as delivered."),
            Column("measured", "DOUBLE", "Measured lift."),
            Column("standard_error", "DOUBLE", "Its standard error, as delivered."),
            Column("used_error", "DOUBLE", "As used: wider where the test conflicts."),
            Column("conflicts", "BOOLEAN", "True where test and model disagree beyond doubt."),
            Column("before", "DOUBLE", "Lift that the model expected without any test."),
            Column("before_lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("before_upper", "DOUBLE", "Upper end of its 90 % interval."),
            Column("after", "DOUBLE", "Lift that the published model expects."),
            Column("after_lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("after_upper", "DOUBLE", "Upper end of its 90 % interval."),
        ),
    ),
    Table(
        "data_checks",
        "Outcome of every check of the input tables, and of the controls by the channel graph.",
        (
            Column("table_name", "VARCHAR", "Input table: media, kpi, controls or lift_tests."),
            Column("rule", "VARCHAR", "Name of the rule."),
            Column("severity", "VARCHAR", "'blocking' or 'warning'."),
            Column("passed", "BOOLEAN", "Whether the rule held."),
            Column("failed_rows", "BIGINT", "Number of rows that broke it."),
            Column("message", "VARCHAR", "What was found, where, and what to do."),
            Column("waived_until", "DATE", "Last day on which breaking the rule is waived."),
            Column("waiver_reason", "VARCHAR", "Why it is waived."),
        ),
    ),
    Table(
        "restatements",
        "Values of past weeks that changed since the refresh of an earlier week.",
        (
            Column("table_name", "VARCHAR", "Input table: media, kpi or controls."),
            Column(
                "kind",
                "VARCHAR",
                "'late': there was no value; 'restated': another value; 'withdrawn': none now.",
            ),
            REGION,
            Column("name", "VARCHAR", "Channel or control; null for the KPI."),
            WEEK,
            Column("column_name", "VARCHAR", "spend, exposure, kpi, value_per_kpi or value."),
            Column("value_before", "DOUBLE", "Value that the earlier refresh saw."),
            Column("value_after", "DOUBLE", "Value that this refresh saw."),
            Column(
                "money",
                "DOUBLE",
                "Change in money: of spend, or of the KPI's value; null for the rest.",
            ),
            Column("loaded_at", "TIMESTAMP", "When the new value was loaded (UTC)."),
        ),
    ),
    Table(
        "training_history",
        "Losses of the fits, averaged over the members of the ensemble.",
        (
            Column("fit", "VARCHAR", "'holdout' or 'final'."),
            Column("step", "INTEGER", "Step of the optimiser."),
            Column("term", "VARCHAR", "Term of the loss, or 'total'."),
            Column("loss", "DOUBLE", "Value of the term."),
        ),
    ),
    Table(
        "media",
        "What was delivered of each channel; no row means no activity.",
        (
            REGION,
            WEEK,
            CHANNEL,
            Column("spend", "DOUBLE", "Spend of the week; null where it was not delivered."),
            Column("exposure", "DOUBLE", "Exposure of the week; null where it was not delivered."),
        ),
    ),
    Table(
        "effectiveness",
        "What a unit of a channel was worth in each week, over all regions, against its mean.",
        (
            CHANNEL,
            WEEK,
            Column("effectiveness", "DOUBLE", "1 is the channel's mean over all weeks."),
            _LOWER,
            _UPPER,
        ),
    ),
    Table(
        "forecast_track",
        "Forecasts by the models of earlier refreshes of the weeks that are new in this one, given "
        "the media and controls that those weeks turned out to have; their KPI was not seen.",
        (
            Column("forecast_from", "DATE", "Earlier refresh whose model made the forecast."),
            REGION,
            WEEK,
            Column("horizon_weeks", "INTEGER", "Weeks from forecast_from to week."),
            Column("actual", "DOUBLE", "KPI as it came; null where it was not observed."),
            Column("predicted", "DOUBLE", "Forecast KPI."),
            _LOWER,
            _UPPER,
            Column("last_value", "DOUBLE", "The region's last KPI up to forecast_from."),
        ),
    ),
    Table(
        "forecast_skill",
        "How good all forecasts of forecast_track up to this refresh were; each counts once.",
        (
            Column("horizon_weeks", "INTEGER", "Weeks ahead; null for all together."),
            Column("refreshes", "INTEGER", "Number of refreshes that made the forecasts."),
            Column("region_weeks", "BIGINT", "Number of forecasts."),
            Column("rmse", "DOUBLE", "Root mean squared error, KPI units."),
            Column("relative_rmse", "DOUBLE", "rmse over the mean actual."),
            Column("last_value_rmse", "DOUBLE", "rmse of repeating last_value."),
            Column("skill", "DOUBLE", "1 - rmse / last_value_rmse."),
            Column("coverage_90", "DOUBLE", "Share of actuals inside the 90 % interval."),
        ),
    ),
)

BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
