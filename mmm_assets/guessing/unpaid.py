"""Columns that are left out and look like what media create and nobody buys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mmm_assets.config.channel_kinds import SEARCH
from mmm_assets.guessing import words
from mmm_assets.guessing.assignment import Assignment
from mmm_assets.guessing.frame import Frame
from mmm_assets.guessing.profile import Column

_CREATED = words.ASKED | words.KNOWN | words.VISITED | SEARCH


def unpaid(
    tables: Mapping[str, Any], found: Assignment, left_out: Mapping[str, str]
) -> Iterator[str]:
    """Say how searches, visits and awareness are told, a line for each table that holds some."""
    sections = (
        (found.controls_table, tables.get("controls")),
        (found.kpi_table, tables["kpi"]),
        (found.media_table, tables["media"]),
    )
    told: set[Frame] = set()
    for table, section in sections:
        if table is None or section is None or table in told or table not in found.columns:
            continue
        told.add(table)
        columns = [c for c in table.profile.columns if c.name in left_out and _is_created(c)]
        if columns and "source" in section:
            yield (
                f"Unpaid    tables.mediators: {{{_section(section, columns, table)}}} says what "
                "media do through what nobody buys"
            )


def _is_created(column: Column) -> bool:
    said = set(words.tokens(column.name))
    return (
        column.is_number
        and column.lowest >= 0
        and bool(said & _CREATED)
        and not said & words.OUTSIDE
        and not words.is_spend(column.name)
    )


def _section(section: Mapping[str, Any], columns: list[Column], table: Frame) -> str:
    keys = [f"source: {section['source']}", f"week: {section['week']}"]
    if section["region"]:
        keys.append(f"region: {section['region']}")
    keys.append(f"columns: [{', '.join(column.name for column in columns)}]")
    surveys = [c.name for c in columns if set(words.tokens(c.name)) & words.KNOWN]
    asked = [
        c.name
        for c in table.profile.columns
        if c.is_number and set(words.tokens(c.name)) & words.SURVEYED
    ]
    if surveys and asked:
        keys.append(f"asked: {{{', '.join(f'{name}: {asked[0]}' for name in surveys)}}}")
    return ", ".join(keys)
