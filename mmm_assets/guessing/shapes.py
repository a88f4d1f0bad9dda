"""Shapes of tables that no role has: each told by a sentence with the next step, or None.

What a table needs to be used stands in ``frame``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mmm_assets.guessing import words
from mmm_assets.guessing.profile import Column, TableProfile
from mmm_assets.store.sql_text import quote, quote_text

_MONTH = re.compile(r"\d{4}[-/.]\d{1,2}|\d{1,2}[-/.]\d{4}|[^\W\d]{3,9}[-/. ]+\d{2,4}")
_MOSTLY_ONCE = 0.8
"""Share of different weeks among the rows from which on a week that repeats is a mistake."""


def is_value(column: Column) -> bool:
    """Whether a column may hold the values of a long table of controls."""
    return words.has(column.name, words.CONTROL_VALUE)


def one_table_for_all(profile: TableProfile, names: Column) -> str | None:
    """A long table whose names are those of a KPI and of media, too."""
    kpis = [word for word in names.words if words.has(word, _kpi_signs())]
    media = [word for word in names.words if words.is_channel(word) or words.is_spend(word)]
    value = next((c for c in profile.columns if is_value(c)), None)
    if not (kpis and media and value):
        return None

    def query(chosen: Sequence[str]) -> str:
        listed_names = ", ".join(map(quote_text, chosen[:3]))
        return f"SELECT * FROM {_file(profile)} WHERE {quote(names.name)} IN ({listed_names})"

    return (
        f"{profile.file.name} is one long table of everything: '{names.name}' names what "
        f"'{value.name}' holds ({', '.join(names.words[:6])}). Write its rows to one table for "
        f"each role and give these, or give each role its rows by sql in mmm.yaml: tables.kpi.sql: "
        f"{query(kpis)} with kpi: {value.name}; tables.media.sql: {query(media)} with layout: "
        f"long, channel: {names.name}, spend: {value.name}"
    )


def row_for_each_measure(profile: TableProfile, week: Column) -> str | None:
    """A long table of channels in which spend and impressions have a row each."""
    value = next((c for c in profile.columns if is_value(c) and c.numbers), None)
    channel = next((c for c in profile.columns if words.has(c.name, words.CHANNEL)), None)
    measure = next((c for c in profile.columns if _names_measures(c)), None)
    if not (value and channel and measure):
        return None
    side_by_side = ", ".join(
        f"max({quote(value.name)}) FILTER ({quote(measure.name)} = {quote_text(word)}) "
        f"AS {quote(word)}"
        for word in measure.words
        if words.is_spend(word) or words.exposure_rank(word) is not None
    )
    return (
        f"{profile.file.name} has a row for each measure: '{measure.name}' says what "
        f"'{value.name}' is ({', '.join(filter(None, measure.words[:6]))}). Write a column for "
        f"each, e.g. by SELECT {quote(week.name)}, {quote(channel.name)}, {side_by_side} FROM "
        f"{_file(profile)} GROUP BY ALL, and the KPI to a table of its own"
    )


def _names_measures(column: Column) -> bool:
    """Whether a column's words are spend beside impressions, clicks or a KPI, of no channel."""
    spend = {word for word in column.words if words.is_spend(word)}
    others = {
        word
        for word in column.words
        if words.exposure_rank(word) is not None or words.has(word, _kpi_signs())
    }
    return bool(spend and others) and not any(map(words.is_channel, column.words))


def row_twice(profile: TableProfile, week: Column) -> str | None:
    """A national table in which nearly every week has one row."""
    if profile.count_different([week]) < _MOSTLY_ONCE * profile.rows:
        return None
    cell, (first, second, *_) = profile.first_twice(week)
    return (
        f"{profile.file.name}: '{cell}' in '{week.name}' stands in rows {first} and {second} below "
        "the header, and nearly every other week once. Leave one of them out, or add them up"
    )


def called_like_weeks(profile: TableProfile) -> str:
    """Columns that are called like weeks, or hold months: what their cells should be."""
    return "".join(
        f"'{c.name}' holds months ('{c.unread}'); weeks or days are needed. "
        if _MONTH.fullmatch(c.unread.strip())
        else f"'{c.name}' is called like one, but '{c.unread}' is not read as a date: write it as "
        "2024-12-31 or 2024-W05, with its year. "
        for c in profile.columns
        if c.unread and (words.has(c.name, words.WEEK) or _MONTH.fullmatch(c.unread.strip()))
    )


def _file(profile: TableProfile) -> str:
    return f"read_csv({quote_text(profile.file.name)}, all_varchar = true)"


def _kpi_signs() -> frozenset[str]:
    return frozenset().union(*(signs for signs, _ in words.KPI))
