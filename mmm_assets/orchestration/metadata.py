"""Metadata of materialisations, for Dagster's UI: row counts, a schema, a table to read.

Names that come from data are escaped in Markdown: a channel called ``<img …>`` stays text. Metadata
that is text is shown as it is, and is not escaped.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd

from mmm_assets import mart
from mmm_assets.mart.contract import Table
from mmm_assets.mart.numbers import MISSING, number

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~&<>-])")
_BLOCKS = " ▏▎▍▌▋▊▉█"


def column_schema(table: Table) -> dg.TableSchema:
    """Show a mart table's contract as Dagster's column schema."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name=c.name, type=c.type, description=c.comment)
            for c in table.all_columns
        ]
    )


def definition_metadata(*tables: str) -> dict[str, Any]:
    """Metadata of an asset's definition: the table it writes and its columns."""
    first = mart.BY_NAME[tables[0]]
    return {
        "dagster/table_name": f"mart.{first.name}",
        "dagster/column_schema": column_schema(first),
        **({"tables": ", ".join(f"mart.{name}" for name in tables)} if len(tables) > 1 else {}),
    }


def table(frame: pd.DataFrame, limit: int = 12) -> dg.MarkdownMetadataValue:
    """Render the first rows of a frame as a Markdown table."""
    shown = frame.head(limit)
    lines = [
        "| " + " | ".join(escape(str(name)) for name in shown.columns) + " |",
        "|" + "|".join("---:" if _is_number(shown[name]) else "---" for name in shown) + "|",
    ]
    for row in shown.itertuples(index=False):
        lines.append("| " + " | ".join(_cell(value) for value in row) + " |")
    if len(frame) > limit:
        lines.append(f"\n… and {len(frame) - limit:,} more rows")
    return dg.MetadataValue.md("\n".join(lines))


def bars(labels: list[str], values: list[float], width: int = 24) -> dg.MarkdownMetadataValue:
    """Render a bar chart as a Markdown table; negative values get a minus and a bar."""
    top = max((abs(value) for value in values if value == value), default=0.0) or 1.0
    lines = ["| | | |", "|---|---:|---|"]
    for label, value in zip(labels, values, strict=True):
        eighths = 0 if value != value else round(abs(value) / top * width * 8)
        bar = "█" * (eighths // 8) + (_BLOCKS[eighths % 8] if eighths % 8 else "")
        lines.append(f"| {escape(label)} | {_cell(value)} | {bar} |")
    return dg.MetadataValue.md("\n".join(lines))


def escape(text: str) -> str:
    """Escape text for Markdown and the HTML that Markdown lets through."""
    plain = " ".join(text.split())
    return _MARKDOWN.sub(lambda match: f"&#{ord(match.group())};", plain)


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _cell(value: object) -> str:
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return MISSING
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value, scaled=False)
    if isinstance(value, pd.Timestamp | date):
        return str(value)[:10]
    if isinstance(value, int):
        return f"{value:,}"
    return escape(str(value))
