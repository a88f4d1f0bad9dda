"""Hold the delivered tables against the rules of ``rules``, with Great Expectations."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pandas as pd

from mmm_assets.config import ProjectConfig
from mmm_assets.inputs.known_rows import create_known
from mmm_assets.inputs.rules import RULES, Rule
from mmm_assets.inputs.weekly_kpi import create_weekly_kpi

__all__ = ["RULES", "CheckOutcome", "Rule", "run_checks"]

_NEEDED = {
    "media": ("media", "kpi"),
    "kpi": ("kpi", "media"),
    "controls": ("controls", "kpi"),
    "lift_tests": ("lift_tests", "media", "kpi"),
}
_SHOWN = 20
_QUOTED = 3


@dataclass(frozen=True)
class CheckOutcome:
    """What one rule found.

    Parameters
    ----------
    failed_rows
        Number of delivered rows (for gaps: of weeks) that break the rule.
    sample
        The first condensed rows that break it; empty when passed.
    message
        Table, rule, rows and what to do; what was checked when passed.
    """

    rule: Rule
    passed: bool
    failed_rows: int
    sample: pd.DataFrame
    message: str


def run_checks(
    connection: duckdb.DuckDBPyConnection,
    config: ProjectConfig,
    role: str,
    through: date | None,
) -> list[CheckOutcome]:
    """Hold a role's table against its rules.

    Parameters
    ----------
    through
        The refresh week: later rows are ignored. None looks at all rows.

    Returns
    -------
    list of CheckOutcome
        In the order of `RULES`. A table that is not configured breaks no rule.
    """
    rules = [rule for rule in RULES if rule.table == role]
    if getattr(config.tables, role) is None:
        nothing = pd.DataFrame()
        return [CheckOutcome(rule, True, 0, nothing, "not configured") for rule in rules]
    for needed in _NEEDED[role]:
        create_known(connection, config, needed, through)
    if role == "kpi":
        create_weekly_kpi(connection, config)
    values = parameters(config, through)
    frames = [connection.execute(rule.query, _used(rule, values)).df() for rule in rules]
    return [
        _outcome(rule, frame, failing)
        for rule, frame, failing in zip(
            rules, frames, _failing_rows(rules, frames, values), strict=True
        )
    ]


def parameters(config: ProjectConfig, through: date | None) -> dict[str, Any]:
    """Values that a rule's query or expectation may name."""
    controls = config.tables.controls
    return {
        "through": through,
        "min_weeks": config.refresh.min_weeks,
        "min_active_weeks": config.checks.min_active_weeks,
        "named_channels": sorted(config.named_channels),
        "national_controls": controls is not None and controls.region is None,
    }


def _used(rule: Rule, values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in set(re.findall(r"\$(\w+)", rule.query))}


def _failing_rows(
    rules: Iterable[Rule], frames: Iterable[pd.DataFrame], values: dict[str, Any]
) -> list[list[int] | None]:
    """Validate each frame; list the positions of rows that fail, or None when it passes."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    import great_expectations.expectations as expectations
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("condensed").add_dataframe_asset("rows")
    batches = asset.add_batch_definition_whole_dataframe("all")
    found: list[list[int] | None] = []
    for rule, frame in zip(rules, frames, strict=True):
        arguments = {
            key: values[value[1:]] if isinstance(value, str) and value.startswith("$") else value
            for key, value in rule.arguments.items()
        }
        expectation = getattr(expectations, rule.expectation)(**arguments)
        batch = batches.get_batch({"dataframe": frame})
        result = batch.validate(expectation, result_format={"result_format": "COMPLETE"})
        if not result.success and not result.result:
            raise RuntimeError(f"rule {rule.table}.{rule.name} failed: {result.exception_info}")
        every_row = list(range(len(frame)))
        found.append(
            None if result.success else result.result.get("unexpected_index_list", every_row)
        )
    return found


def _outcome(rule: Rule, frame: pd.DataFrame, failing: list[int] | None) -> CheckOutcome:
    if failing is None:
        return CheckOutcome(rule, True, 0, frame.iloc[:0], rule.description)
    bad = frame.iloc[failing]
    rows = int(bad["failing"].fillna(0).sum())
    shown = bad.drop(columns="failing").rename(columns={"column_": "column"})
    shown = shown.dropna(axis="columns", how="all").head(_SHOWN)
    quoted = "; ".join(_describe(row) for row in shown.head(_QUOTED).to_dict("records"))
    more = len(bad) - min(len(bad), _QUOTED)
    message = (
        f"{rule.table}, rule {rule.name} is broken. Expected: {rule.description} "
        f"Found{f' {rows:,} rows' if rows else ''}: {quoted or 'nothing at all'}"
        f"{f'; and {more:,} more like these' if more else ''}. {rule.remedy}"
    )
    return CheckOutcome(rule, False, rows, shown.reset_index(drop=True), message)


def _describe(row: dict[Any, Any]) -> str:
    """Say a condensed row in words: ``row 17 of media.csv (region north, value -5)``."""
    source, number = row.pop("source", None), row.pop("source_row", None)
    said = ", ".join(f"{name} {_text(value)}" for name, value in row.items() if _is_known(value))
    if number is None or number != number:
        return said
    return f"row {int(number)} of {source} ({said})"


def _is_known(value: Any) -> bool:
    return not (value is None or value is pd.NaT or value != value)


def _text(value: Any) -> str:
    if isinstance(value, pd.Timestamp | date):
        return str(value)[:10]
    if isinstance(value, float):
        return f"{value:,.10g}"
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
