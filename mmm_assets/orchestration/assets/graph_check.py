"""Checks of the channel graph: no control follows media, no instrument is weak."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import duckdb
import pandas as pd

from mmm_assets.mart.numbers import number
from mmm_assets.orchestration import metadata
from mmm_assets.orchestration.names import Names
from mmm_assets.store.mart_week import read_week
from mmm_assets.store.project import Project

DRIVEN_CONTROLS, WEAK_INSTRUMENTS = "not_driven_by_media", "instruments_are_strong"
_DESCRIPTIONS = {
    DRIVEN_CONTROLS: "No control is driven by media: adjusted for, it would take credit away "
    "from them.",
    WEAK_INSTRUMENTS: "Instruments move their channel: the F statistic of the first stage is 10 "
    "or more.",
}


def findings(controls: pd.DataFrame, stages: pd.DataFrame) -> pd.DataFrame:
    """Lay out what the tables of the graph say as rows of ``mart.data_checks``.

    Parameters
    ----------
    controls, stages
        A week of ``mart.graph_controls`` and of ``mart.first_stages``.
    """
    driven = controls[controls["role"] == "driven"]
    follow = [
        f"{row['driver']} → {row['control']} {_delay(int(row['lag_weeks']))}, probability "
        f"{number(row['probability'])}, {'kept in' if row['in_response'] else 'left out of'} the "
        "response"
        for row in driven.to_dict("records")
    ]
    weak = [
        f"{row['instruments']} → {row['channel']}, F {number(row['f_statistic'])}"
        for row in stages[stages["weak"].fillna(False).astype(bool)].to_dict("records")
    ]
    rows = (
        (
            DRIVEN_CONTROLS,
            follow,
            "'keep_driven_controls' in 'graph' decides; 'forbidden' edges correct the graph.",
        ),
        (
            WEAK_INSTRUMENTS,
            weak,
            "The effect of the channel rests on little: find a stronger instrument, or take this "
            "one out of 'graph.instruments'.",
        ),
    )
    return pd.DataFrame([_row(*row) for row in rows])


def _row(rule: str, found: list[str], advice: str) -> dict[str, object]:
    message = said = _DESCRIPTIONS[rule]
    if found:
        message = (
            f"controls, rule {rule} is broken. Expected: {said} Found: {'; '.join(found)}. {advice}"
        )
    return {
        "table_name": "controls",
        "rule": rule,
        "severity": "warning",
        "passed": not found,
        "failed_rows": 0,
        "message": message,
    }


def _delay(weeks: int) -> str:
    return "in the same week" if not weeks else f"after {weeks} week{'s' * (weeks > 1)}"


def record(
    connection: duckdb.DuckDBPyConnection,
    refresh_week: date,
    controls: pd.DataFrame,
    stages: pd.DataFrame,
) -> None:
    """Put the findings beside those of the input tables in ``mart.data_checks``."""
    for row in findings(controls, stages).to_dict("records"):
        connection.execute(
            "DELETE FROM mart.data_checks WHERE refresh_week = ? AND rule = ?",
            [refresh_week, row["rule"]],
        )
        connection.execute(
            "INSERT INTO mart.data_checks (refresh_week, table_name, rule, severity, passed, "
            "failed_rows, message) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [refresh_week, *row.values()],
        )


@dg.multi_asset_check(
    name="control_check",
    specs=[
        dg.AssetCheckSpec(rule, asset="channel_graph", description=said)
        for rule, said in _DESCRIPTIONS.items()
    ],
    can_subset=True,
)
def control_check(
    context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
) -> Iterator[dg.AssetCheckResult]:
    """Show at the channel graph which controls media drive and which instruments are weak."""
    refresh_week = date.fromisoformat(context.run.tags["dagster/partition"])
    with project.warehouse.work() as connection:
        tables = {
            DRIVEN_CONTROLS: read_week(connection, "graph_controls", refresh_week),
            WEAK_INSTRUMENTS: read_week(connection, "first_stages", refresh_week),
        }
    asked = {key.name for key in context.selected_asset_check_keys}
    for row in findings(*tables.values()).to_dict("records"):
        if row["rule"] in asked:
            yield dg.AssetCheckResult(
                asset_key=Names.of(project.config).asset("channel_graph"),
                check_name=row["rule"],
                passed=bool(row["passed"]),
                severity=dg.AssetCheckSeverity.WARN,
                description=row["message"],
                metadata={"table": metadata.table(tables[row["rule"]])},
            )
