"""Mart tables of forecasts: of the held-out weeks, and of weeks that came since."""

from __future__ import annotations

from mmm_assets.mart.contract import EVERY_ROW, LOWER, REGION, UPPER, WEEK, Column, Table

FORECAST_TABLES: tuple[Table, ...] = (
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
            LOWER,
            UPPER,
        ),
        details=EVERY_ROW,
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
            LOWER,
            UPPER,
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
