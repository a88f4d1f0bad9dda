"""Raw tables: what was delivered, appended as it came, and the checks that it must pass."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
import pandas as pd

from mmm_assets.inputs import knowledge, sources
from mmm_assets.inputs.checks import RULES, CheckOutcome, run_checks
from mmm_assets.inputs.kept_loads import loading
from mmm_assets.inputs.known_rows import create_macros
from mmm_assets.inputs.raw_rows import load_sql
from mmm_assets.inputs.restatements import earlier_refresh, restated_rows
from mmm_assets.inputs.roles import ROLES
from mmm_assets.inputs.source_files import SourceChanged, SourceError
from mmm_assets.orchestration import metadata
from mmm_assets.orchestration.names import Names
from mmm_assets.store.errors import WarehouseBusy, WarehouseError
from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.parts import Part, record_part
from mmm_assets.store.project import Project

GROUP = "raw"
_NEWEST = "SELECT max(load_id) FROM raw.loads WHERE role = $role"
CHECKS = "input_checks"
"""Part of a refresh that the checks of its input are: which loads they knew."""


class Refused(dg.Failure):
    """Input that cannot be used; another attempt would read the same."""

    def __init__(self, description: str) -> None:
        super().__init__(description, metadata={"outcome": "refused"}, allow_retries=False)


def _load(project: Project, role: str, warn: Callable[[str], None]) -> dg.MaterializeResult:
    try:
        with loading(project.warehouse, warn) as connection:
            report = sources.load_raw(connection, project.config, role, datetime.now(UTC))
            create_macros(connection, project.config)
            newest = connection.execute(
                f"SELECT {', '.join(ROLES[role].columns)} FROM ({load_sql(role, _NEWEST)}) "
                "ORDER BY source_row LIMIT 8",
                {"role": role},
            ).df()
    except SourceChanged as error:
        raise dg.RetryRequested(max_retries=3, seconds_to_wait=5) from error
    except SourceError as error:
        raise Refused(str(error)) from error
    except WarehouseBusy:
        raise  # to be tried again
    except WarehouseError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    for warning in report.warnings:
        warn(warning)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": report.rows,
            "new_rows": report.new_rows,
            "source": report.source,
            "fingerprint": report.fingerprint,
            "first_rows": metadata.table(newest),
        }
    )


def _raw_asset(role: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"raw_{role}",
        group_name=GROUP,
        kinds={"duckdb", "table"},
        description=f"{ROLES[role].description}, appended as delivered with load time and "
        "fingerprint; loading the same content twice changes nothing.",
        metadata={
            "dagster/table_name": f"raw.{role}",
            "dagster/column_schema": dg.TableSchema(
                [dg.TableColumn(name, "VARCHAR") for name in ROLES[role].columns]
            ),
        },
        retry_policy=dg.RetryPolicy(max_retries=2, delay=20),
    )
    def raw_table(
        context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]
    ) -> dg.MaterializeResult:
        return _load(project, role, context.log.warning)

    return raw_table


RAW_ASSETS = [_raw_asset(role) for role in ROLES]


@dg.multi_asset_check(
    name="input_checks",
    specs=[
        dg.AssetCheckSpec(
            rule.name,
            asset=f"raw_{rule.table}",
            blocking=rule.severity == "blocking",
            description=rule.description,
        )
        for rule in RULES
    ],
    can_subset=True,
)
def input_checks(
    context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
) -> Iterator[dg.AssetCheckResult]:
    """Hold every rule against the rows that this refresh may see."""
    asked = context.selected_asset_check_keys
    refresh_week = date.fromisoformat(context.run.tags["dagster/partition"])
    names = Names.of(project.config)
    for outcome in check_inputs(project, refresh_week, context.run):
        rule = outcome.rule
        table = names.asset(f"raw_{rule.table}")
        if dg.AssetCheckKey(table, rule.name) not in asked:
            continue  # somebody materialises one table alone
        blocking = rule.severity == "blocking" and outcome.waiver is None
        yield dg.AssetCheckResult(
            asset_key=table,
            check_name=rule.name,
            passed=outcome.passed,
            severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
            description=outcome.message,
            metadata=_failing_rows(outcome),
        )


def check_inputs(project: Project, refresh_week: date, run: dg.DagsterRun) -> list[CheckOutcome]:
    """Run all rules for a refresh week and record what they looked at and found.

    Parameters
    ----------
    run
        May bear the tag ``mmm/as_known_on``.
    """
    with project.warehouse.work() as connection:
        try:
            known = knowledge.choose(
                connection, project.config, refresh_week, run.tags.get(knowledge.TAG)
            )
        except ValueError as error:
            raise Refused(str(error)) from error
        earlier = earlier_refresh(connection, refresh_week)
        outcomes = run_checks(connection, project.config, refresh_week, known.known_on, earlier)
        knowledge.record(connection, refresh_week, known, run.run_id)
        checked = Part.by(project.config, known.name, {})
        record_part(connection, refresh_week, CHECKS, checked)
        replace_week(connection, "data_checks", refresh_week, outcome_table(outcomes))
        replace_week(connection, "restatements", refresh_week, restated_rows(connection))
    return outcomes


def outcome_table(outcomes: list[CheckOutcome]) -> pd.DataFrame:
    """Lay outcomes out as the rows of ``mart.data_checks``."""
    return pd.DataFrame(
        {
            "table_name": [o.rule.table for o in outcomes],
            "rule": [o.rule.name for o in outcomes],
            "severity": [o.rule.severity for o in outcomes],
            "passed": [o.passed for o in outcomes],
            "failed_rows": [o.failed_rows for o in outcomes],
            "message": [o.message for o in outcomes],
            "waived_until": [o.waiver.until if o.waiver else None for o in outcomes],
            "waiver_reason": [o.waiver.reason if o.waiver else None for o in outcomes],
        }
    )


def _failing_rows(outcome: CheckOutcome) -> dict[str, Any]:
    if outcome.passed:
        return {}
    return {"failed_rows": outcome.failed_rows, "rows": metadata.table(outcome.sample)}
