"""Mart tables of projects with several KPIs: what the tables of one KPI say, for every one.

Tables without ``kpi_`` in front show the main KPI alone, as they always did. Each of these has
the same rows for the main KPI, and more for the others; no rows where there is one KPI. Two more
tables hold what budgets bring of each, and what one costs the other.
"""

from __future__ import annotations

from mmm_assets.mart.channels import CHANNEL_TABLES
from mmm_assets.mart.contract import LOWER, UPPER, Column, Table
from mmm_assets.mart.forecasts import FORECAST_TABLES
from mmm_assets.mart.treatments import TREATMENT_TABLES

KPI = Column("kpi", "VARCHAR", "Name of the KPI, from the configuration.")
IS_MAIN = Column("is_main", "BOOLEAN", "True for the KPI that the tables without kpi_ show.")

_OF_EVERY_KPI = (
    "holdout_metrics", "predictions", "contributions", "treatments", "channel_summary",
    "response_curves",
)  # fmt: skip
"""What an analyst asks of a KPI: how well it is forecast, what made it up, what media brought, what
they cost and would bring."""


def of_every_kpi(table: Table) -> Table:
    """The table that shows every KPI."""
    return Table(
        f"kpi_{table.name}",
        f"For every KPI of a project with several: {table.comment[0].lower()}{table.comment[1:]}",
        (KPI, IS_MAIN, *table.columns),
        details=table.details,
    )


_TWINS = tuple(
    of_every_kpi(table)
    for table in (*FORECAST_TABLES, *CHANNEL_TABLES, *TREATMENT_TABLES)
    if table.name in _OF_EVERY_KPI
)

KPI_TABLES: tuple[Table, ...] = (
    *_TWINS,
    Table(
        "kpi_budget_scenarios",
        "What each scenario of budget_scenarios brings of each KPI, of a project with several; "
        "mean weeks.",
        (
            KPI,
            IS_MAIN,
            Column("scenario", "VARCHAR", "Name of the scenario."),
            Column("current_response", "DOUBLE", "Units a week that the recent plan brings."),
            Column("optimal_response", "DOUBLE", "Units a week that the budget brings."),
            LOWER,
            UPPER,
            Column("gain", "DOUBLE", "Units a week over the recent plan."),
            Column("gain_lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("gain_upper", "DOUBLE", "Upper end of its 90 % interval."),
            Column("weight", "DOUBLE", "Of its value in what was made large."),
            Column("floor", "DOUBLE", "Units a week that the budget had to bring; null: none."),
        ),
    ),
    Table(
        "kpi_frontier",
        "What one KPI costs the other: budgets of the recent total, from the best for the main KPI "
        "to the best for another one; mean weeks.",
        (
            Column("kpi", "VARCHAR", "The KPI that is traded against the main one."),
            Column("point", "INTEGER", "0: the recent plan; then from one end to the other."),
            Column("weight", "DOUBLE", "Of this KPI, 0 to 1; null for the recent plan."),
            Column("main_response", "DOUBLE", "Units of the main KPI that media bring a week."),
            Column("main_lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("main_upper", "DOUBLE", "Upper end of its 90 % interval."),
            Column("response", "DOUBLE", "Units of this KPI that media bring a week."),
            LOWER,
            UPPER,
        ),
    ),
)

TABLE_OF_EVERY_KPI = {table.name.removeprefix("kpi_"): table.name for table in _TWINS}
"""Table of the main KPI → the one of every KPI."""
