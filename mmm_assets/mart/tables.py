"""Every table of the ``mart`` schema.

A table is declared once, in the file of its subject; its DDL, its comments, its ``current_*``
view and the column schema that Dagster shows are all derived from the declaration. Columns are
only ever added, at the end.
"""

from __future__ import annotations

from mmm_assets.mart.budgets import BUDGET_TABLES
from mmm_assets.mart.changes import CHANGE_TABLES
from mmm_assets.mart.channels import CHANNEL_TABLES
from mmm_assets.mart.contract import Table
from mmm_assets.mart.experiments import EXPERIMENT_TABLES
from mmm_assets.mart.forecasts import FORECAST_TABLES
from mmm_assets.mart.graph import GRAPH_TABLES
from mmm_assets.mart.inputs import INPUT_TABLES
from mmm_assets.mart.kpis import KPI_TABLES
from mmm_assets.mart.long_term import LONG_TERM_TABLES
from mmm_assets.mart.mediators import MEDIATOR_TABLES
from mmm_assets.mart.plans import PLAN_TABLES
from mmm_assets.mart.refreshes import REFRESH_TABLES
from mmm_assets.mart.treatments import TREATMENT_TABLES
from mmm_assets.mart.trust import TRUST_TABLES

TABLES: tuple[Table, ...] = (
    *REFRESH_TABLES,
    *FORECAST_TABLES,
    *CHANNEL_TABLES,
    *TREATMENT_TABLES,
    *LONG_TERM_TABLES,
    *MEDIATOR_TABLES,
    *CHANGE_TABLES,
    *TRUST_TABLES,
    *BUDGET_TABLES,
    *EXPERIMENT_TABLES,
    *PLAN_TABLES,
    *GRAPH_TABLES,
    *INPUT_TABLES,
    *KPI_TABLES,
)

BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
