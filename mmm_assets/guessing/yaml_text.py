"""Write a configuration as YAML that explains itself: a comment on every line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel

from mmm_assets.config.project import ProjectConfig, RefreshSection
from mmm_assets.config.tables import ControlsTable, KpiTable, LiftTestsTable, MediaTable

_TABLES: dict[str, tuple[type[BaseModel], str]] = {
    "kpi": (KpiTable, "what the business wants, by week and region"),
    "media": (MediaTable, "spend and exposure, by week, region and channel"),
    "controls": (ControlsTable, "what else moves the KPI"),
    "lift_tests": (LiftTestsTable, "results of experiments"),
}
_COMMENTS = {
    "project": "name in the dashboard and in Dagster",
    "kpi_name": "name of the KPI in the dashboard",
    "currency": "of spend and of value_per_kpi; not guessed from the data unless a column says so",
    "week_origin": "Monday of week 0",
    "source": "file or glob, CSV or Parquet, from the folder of this file; or sql: SELECT …",
    "layout": "wide: one column each; long: one row each",
    "columns": "columns of the controls; words become 0/1 controls",
}


def render(content: dict[str, Any], left_out: dict[str, str]) -> str:
    """Write a configuration.

    Parameters
    ----------
    content
        Valid content of ``mmm.yaml``.
    left_out
        Column → why it is not used; told at the end.
    """
    lines = list(_top(content, left_out))
    width = min(60, max(len(code) for code, _ in lines if code))
    return "".join(
        f"{code.ljust(width)}  # {comment}\n" if code else f"# {comment}\n"
        for code, comment in lines
    )


def _top(content: dict[str, Any], left_out: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield "", "Written by 'mmm init' from a look at the tables. Correct what was guessed wrong."
    for key in ("project", "kpi_name", "currency"):
        yield f"{key}: {_value(content[key])}", _COMMENTS[key]
    yield "tables:", "the columns that are read; every other column is ignored"
    for role, (model, comment) in _TABLES.items():
        table = content["tables"].get(role)
        if table is None:
            continue
        yield f"  {role}:", comment
        for key, value in table.items():
            said = _COMMENTS.get(key) or str(model.model_fields[key].description or key)
            yield from _entry(key, value, said)
    for name, why in left_out.items():
        yield "", f"  not used: {_value(name)}: {why}"
    if "week_origin" in content:
        yield f"week_origin: {content['week_origin']}", _COMMENTS["week_origin"]
    zero = ProjectConfig.model_fields["zero_kpi"]
    yield f"zero_kpi: {zero.default}", str(zero.description)
    yield "refresh:", "how a week is refreshed"
    for key, value in content["refresh"].items():
        yield f"  {key}: {_value(value)}", str(RefreshSection.model_fields[key].description)
    for key in ("warehouse", "reports"):
        field = ProjectConfig.model_fields[key]
        yield (
            f"{key}: {_value(field.default)}",
            f"{field.description}, from the folder of this file",
        )


def _entry(key: str, value: Any, comment: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        yield f"    {key}:", f"{key} by channel"
        for name, column in value.items():
            yield f"      {_value(name)}: {_value(column)}", "channel: its column"
    elif isinstance(value, list):
        yield f"    {key}:", comment
        for column in value:
            yield f"      - {_value(column)}", "control"
    else:
        yield f"    {key}: {_value(value)}", comment


def _value(value: Any) -> str:
    """A YAML scalar; text is quoted, so that a column named ``no`` or ``2021`` stays text."""
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
