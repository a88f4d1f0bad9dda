"""Is the input sound?"""

from __future__ import annotations

from mmm_assets.report import words
from mmm_assets.report.refresh_tables import Refresh
from mmm_assets.report.views.data_checks import CHECKS
from mmm_assets.report.views.restated import RESTATED
from mmm_assets.report.workbook.sheet import Block, Column, Sheet


def sheet(refresh: Refresh) -> Sheet:
    """Every check of the input tables, and what past weeks say now and did not say before."""
    checks, restated = refresh.query(CHECKS), refresh.query(RESTATED)
    passed = checks["passed"].fillna(False).astype(bool)
    blocks = [
        Block(
            "Checks",
            (
                Column("table", "Table", "text", checks["table_name"]),
                Column("rule", "Rule", "text", checks["rule"].str.replace("_", " ")),
                Column("outcome", "Outcome", "text", [_outcome(*row) for row in zip(
                    passed, checks["severity"], checks["waived_until"].notna(), strict=True)]),
                Column("rows", "Rows", "count", checks["failed_rows"]),
                Column("found", "Found", "text", checks["message"].fillna("")),
            ),
        )
    ]  # fmt: skip
    if len(restated):
        blocks.append(
            Block(
                "Past weeks that changed since the refresh before",
                (
                    Column("table", "Table", "text", restated["table_name"]),
                    Column("what", "Column", "text", restated["column_name"]),
                    Column("kind", "Kind", "text", restated["kind"]),
                    Column("values", "Values", "count", restated["changed"]),
                    Column("week", "Week", "day", restated["week"].dt.date),
                    Column("change", "Change", "money", restated["change"]),
                    Column("money", refresh.in_money("Money"), "money", restated["money"]),
                ),
            )
        )
    return Sheet(
        "Data",
        "Is the input sound?",
        f"{int(passed.sum())} of {words.counted(len(checks), 'check')} passed.",
        tuple(blocks),
    )


def _outcome(passed: bool, severity: str, waived: bool) -> str:
    if passed:
        return "passed"
    return f"{severity}, waived" if waived else str(severity)
