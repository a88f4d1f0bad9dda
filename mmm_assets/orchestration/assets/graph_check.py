"""The check that no control follows media: such a control takes credit away from them."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import duckdb
import pandas as pd

from mmm_assets.mart.numbers import number
from mmm_assets.orchestration import metadata
from mmm_assets.store.mart_week import read_week
from mmm_assets.store.project import Project

RULE = "not_driven_by_media"
_DESCRIPTION = "No control is driven by media: adjusted for, it would take credit away from them."


def finding(controls: pd.DataFrame) -> pd.DataFrame:
    """Lay out what ``mart.graph_controls`` says as the row of ``mart.data_checks``."""
    driven = controls[controls["role"] == "driven"]
    said = [
        f"{row['driver']} → {row['control']} {_delay(int(row['lag_weeks']))}, probability "
        f"{number(row['probability'])}, {'kept in' if row['in_response'] else 'left out of'} the "
        "response"
        for row in driven.to_dict("records")
    ]
    message = _DESCRIPTION
    if said:
        message = (
            f"controls, rule {RULE} is broken. Expected: {_DESCRIPTION} Found: {'; '.join(said)}. "
            "'keep_driven_controls' in 'graph' decides; 'forbidden' edges correct the graph."
        )
    return pd.DataFrame(
        [
            {
                "table_name": "controls",
                "rule": RULE,
                "severity": "warning",
                "passed": driven.empty,
                "failed_rows": 0,
                "message": message,
            }
        ]
    )


def _delay(weeks: int) -> str:
    return "in the same week" if not weeks else f"after {weeks} week{'s' * (weeks > 1)}"


def record(
    connection: duckdb.DuckDBPyConnection, refresh_week: date, controls: pd.DataFrame
) -> None:
    """Put the finding beside those of the input tables in ``mart.data_checks``."""
    connection.execute(
        "DELETE FROM mart.data_checks WHERE refresh_week = ? AND rule = ?", [refresh_week, RULE]
    )
    for row in finding(controls).to_dict("records"):
        connection.execute(
            "INSERT INTO mart.data_checks (refresh_week, table_name, rule, severity, passed, "
            "failed_rows, message) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [refresh_week, *row.values()],
        )


@dg.multi_asset_check(
    name="control_check",
    specs=[dg.AssetCheckSpec(RULE, asset="channel_graph", description=_DESCRIPTION)],
)
def control_check(
    context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
) -> Iterator[dg.AssetCheckResult]:
    """Show at the channel graph which controls media drive, with edge and probability."""
    refresh_week = date.fromisoformat(context.run.tags["dagster/partition"])
    with project.warehouse.work() as connection:
        controls = read_week(connection, "graph_controls", refresh_week)
    found = finding(controls).iloc[0]
    yield dg.AssetCheckResult(
        asset_key="channel_graph",
        check_name=RULE,
        passed=bool(found["passed"]),
        severity=dg.AssetCheckSeverity.WARN,
        description=found["message"],
        metadata={"controls": metadata.table(controls)},
    )
