"""Rules that several tables share; each function makes the rule of one table."""

from __future__ import annotations

from mmm_assets.inputs.known_rows import NAMES, NUMBERS
from mmm_assets.inputs.rules.rule import Rule, Severity
from mmm_assets.inputs.weekly_cells import COLUMNS, NAME

FEWEST_WEEKS = 8
"""Weeks from which a series has something usual about it."""


def weeks_readable(table: str) -> Rule:
    """Refuse rows of no week: a guess would be silent."""
    return Rule(
        "weeks_readable",
        table,
        "blocking",
        "Every row names its week, as a date or as a number of weeks.",
        "Correct the rows, or set date_format (dates other than 2024-12-31) or week_origin "
        "(numbered weeks) in the configuration.",
        f"""
        SELECT any_value(source) AS source, min(source_row) AS source_row, week_text AS week,
               day, count(*) AS failing
        FROM known_{table} GROUP BY week_text, day
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "day"},
    )


def names_present(table: str) -> Rule:
    """Refuse rows of no region, channel or control."""
    names = [name for name in NAMES[table] if (table, name) != ("lift_tests", "region")]
    return Rule(
        "names_present",
        table,
        "blocking",
        f"Every row names its {' and '.join(names)}.",
        "Fill in the empty names, or remove the rows.",
        f"""
        SELECT any_value(source) AS source, min(source_row) AS source_row, {", ".join(names)},
               CASE WHEN {" AND ".join(f"{name} IS NOT NULL" for name in names)} THEN 'yes' END
                   AS named,
               count(*) AS failing
        FROM known_{table} GROUP BY {", ".join(names)}
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "named"},
    )


def each_number(table: str, select: str, group: str) -> str:
    """Repeat a query for every column of numbers; ``{n}`` stands for the column."""
    by = ", ".join(NAMES[table])
    return " UNION ALL ".join(
        f"SELECT any_value(source) AS source, {select.format(n=name, by=by)}, '{name}' AS column_ "
        f"FROM known_{table} {group.format(n=name, by=by)}"
        for name in NUMBERS[table]
    )


def numbers_readable(table: str) -> Rule:
    """Refuse text where a number belongs."""
    # A control of words alone is a category; words among numbers are a mistake.
    bad = "{n}_text IS NOT NULL AND {n} IS NULL"
    only_words = "HAVING count({n}) > 0" if table == "controls" else ""
    return Rule(
        "numbers_readable",
        table,
        "blocking",
        f"{', '.join(NUMBERS[table])} hold numbers or nothing, not text.",
        "Correct the rows; where numbers are written as 1.234,5 set decimal: ',' in the "
        "configuration.",
        each_number(
            table,
            f"min(source_row) FILTER ({bad}) AS source_row, {{by}}, "
            f"arg_min({{n}}_text, source_row) FILTER ({bad}) AS value, "
            "count({n}_text) AS filled, count({n}) AS numbers, "
            "count({n}_text) - count({n}) AS failing",
            f"GROUP BY {{by}} {only_words}",
        ),
        "ExpectColumnPairValuesToBeEqual",
        {"column_A": "filled", "column_B": "numbers"},
    )


def values_finite(table: str) -> Rule:
    """Refuse infinite values."""
    return Rule(
        "values_finite",
        table,
        "blocking",
        f"{', '.join(NUMBERS[table])} are finite.",
        "Deliver the value, or leave the cell empty if it is unknown.",
        each_number(
            table,
            "arg_max(source_row, abs({n})) AS source_row, {by}, max(abs({n})) AS value, "
            "count(*) FILTER (abs({n}) > 1e300) AS failing",
            "GROUP BY {by}",
        ),
        "ExpectColumnValuesToBeBetween",
        {"column": "value", "max_value": 1e300},
        waivable=False,
    )


def keys_unique(table: str, key: str) -> Rule:
    """Refuse two rows of one key: adding them and choosing one are both guesses."""
    return Rule(
        "keys_unique",
        table,
        "blocking",
        f"There is one row for each {key.replace(', ', ' and ')}.",
        "Remove the row that is wrong; if both are right, add them up in the delivery or in sql.",
        f"""
        SELECT any_value(source) AS source, arg_max(source_row, (same, source_row)) AS source_row,
               {", ".join(NAMES[table])}, arg_max(day, (same, source_row)) AS week,
               count(*) AS rows, count(DISTINCT day) AS keys, count(*) - count(DISTINCT day)
                   AS failing
        FROM (
            SELECT *, count(*) OVER (PARTITION BY {", ".join(NAMES[table])}, day) AS same
            FROM known_{table}
            SEMI JOIN (SELECT *, name AS {NAME[table].strip("'") or "series"} FROM cells_{table}
                       WHERE rows > days) USING ({", ".join(NAMES[table])}, week)
        )
        GROUP BY {", ".join(NAMES[table])}
        """,
        "ExpectColumnPairValuesToBeEqual",
        {"column_A": "rows", "column_B": "keys"},
    )


def regions_match(table: str, other: str, what: str) -> Rule:
    """Refuse a region that only one table knows: most often a spelling."""
    return Rule(
        "regions_match",
        table,
        "blocking",
        f"Every region of {table} is a region of {other} too.",
        what,
        f"""
        SELECT any_value(source) AS source, min(source_row) AS source_row, t.region,
               max(o.region) AS region_in_{other}, count(*) AS failing
        FROM known_{table} AS t
        LEFT JOIN (SELECT DISTINCT region FROM known_{other}) AS o
            USING (region)
        WHERE t.region IS NOT NULL {"AND NOT $national_controls" if table == "controls" else ""}
        GROUP BY t.region
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": f"region_in_{other}"},
    )


def reaches_refresh_week(table: str) -> Rule:
    """Refuse a refresh week that was not delivered: late data are not zeros."""
    return Rule(
        "reaches_refresh_week",
        table,
        "blocking",
        f"The refresh week is in {table}.",
        "Wait for the delivery, deliver zeros if nothing ran, or refresh an earlier week.",
        f"""
        SELECT max(week) AS newest_week, $through::DATE AS refresh_week,
               date_diff('week', max(week), $through::DATE) AS weeks_behind, 0 AS failing
        FROM known_{table}
        WHERE {"kpi IS NOT NULL" if table == "kpi" else "true"}
        HAVING $through::DATE IS NOT NULL AND max(week) IS NOT NULL
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "weeks_behind", "max_value": 0},
    )


def names_distinct(table: str, name: str) -> Rule:
    """Tell names apart that differ in case, accents, spaces or hyphens alone."""
    plain = (
        f"lower(strip_accents(regexp_replace(regexp_replace({name}, '[\\s_]+', '', 'g'), "
        "'(\\p{L})-+', '\\1', 'g')))"
    )
    return Rule(
        "names_distinct",
        table,
        "blocking",
        f"No two {name}s of {table} differ in capitals, accents, spaces or hyphens alone.",
        "Spell the name alike in all rows.",
        f"""
        SELECT any_value(source) AS source, arg_min(source_row, rows) AS source_row,
               string_agg({name}, ' / ' ORDER BY {name}) AS spellings, count(*) AS different,
               min(rows) AS failing
        FROM (SELECT {name}, {plain} AS plain, count(*) AS rows, any_value(source) AS source,
                     min(source_row) AS source_row
              FROM known_{table} WHERE {name} IS NOT NULL GROUP BY {name})
        GROUP BY plain
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "different", "max_value": 1},
    )


def days_regular(table: str) -> Rule:
    """Refuse a second day within a week of a table of weeks: its rows would be added up."""
    return Rule(
        "days_regular",
        table,
        "blocking",
        "A table of weeks has one day a week, a table of days up to seven.",
        "Correct the date: two days of one week would be added up.",
        f"""
        SELECT any_value(source) AS source, arg_max(source_row, days) AS source_row, region,
               arg_max(week, days) AS week, max(days) AS days,
               CASE WHEN (SELECT median(days) FROM cells_{table}) > 1 THEN 7 ELSE 1 END AS usual,
               count(*) FILTER (days > 1) AS failing
        FROM cells_{table} GROUP BY region
        """,
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {"column_A": "usual", "column_B": "days", "or_equal": True},
    )


def unit_changes(table: str, severity: Severity, by: str) -> Rule:
    """Find values that look like another unit: times ``unit_factor`` and far outside the spread.

    A value is judged against the median of its series, on a logarithmic scale, and must also
    lie six robust standard deviations away from it.
    """
    parts = " UNION ALL ".join(
        f"""
        SELECT any_value(source) FILTER (off) AS source,
               arg_max(source_row, distance) FILTER (off) AS source_row,
               {by}, '{column}' AS column_, arg_max(region, distance) AS region,
               arg_max(week, distance) AS week, arg_max(value, distance) AS value,
               exp(arg_max(usual, distance)) AS usual, count(*) FILTER (off) AS failing
        FROM (
            SELECT *, distance > ln($unit_factor) AND distance > 6 * 1.4826 * spread AS off
            FROM (
                SELECT *, median(distance) OVER (PARTITION BY region, name) AS spread
                FROM (
                    SELECT *, abs(ln(value) - usual) AS distance,
                           count(*) OVER (PARTITION BY region, name) AS weeks
                    FROM (
                        SELECT region, name, week, source, source_row, {column} AS value,
                               median(ln({column})) OVER (PARTITION BY region, name) AS usual
                        FROM cells_{table} WHERE {column} > 0
                    )
                ) WHERE weeks >= {FEWEST_WEEKS}
            )
        )
        GROUP BY {by}
        """
        for column in COLUMNS[table]
    )
    region = "" if by == "region" else "region, "
    return Rule(
        "unit_changes",
        table,
        severity,
        "No value is checks.unit_factor times, or that part of, what its series usually says.",
        "Deliver all weeks in one unit: a factor of 100 or 1,000 is most often cents, thousands "
        "or a shifted decimal mark.",
        f"""
        SELECT source, source_row, {by if by == "region" else f"{by} AS {NAME[table]}"}, {region}
               column_, week, value, usual, failing, failing AS cells
        FROM ({parts})
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "cells", "max_value": 0},
    )


def units_as_before(table: str, column: str, by: str) -> Rule:
    """Refuse a column that was redelivered in another unit."""
    return Rule(
        "units_as_before",
        table,
        "blocking",
        f"Past weeks' {column} is of the size that it was at the refresh before.",
        "Deliver the unit of before; if the new one is right, waive the rule until then.",
        f"""
        SELECT {by if by == "region" else f"name AS {NAME[table]}"},
               sum(value_before) AS before, sum(value_after) AS after,
               exp(abs(ln(sum(value_after) / sum(value_before)))) AS times, count(*) AS failing
        FROM restated
        WHERE table_name = '{table}' AND column_name = '{column}' AND kind = 'restated'
        GROUP BY {by if by == "region" else "name"}
        HAVING sum(value_before) > 0 AND sum(value_after) > 0
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "times", "max_value": "$unit_factor", "strict_max": True},
    )


def restated(table: str, column: str, by: str) -> Rule:
    """Say that past weeks are no longer what an earlier refresh learned from."""
    return Rule(
        "restated",
        table,
        "warning",
        f"At most checks.max_restated of past weeks' {column} changed since the refresh before.",
        "The new values count, and earlier weeks' results move with them; mart.restatements "
        "lists every one.",
        f"""
        SELECT moved.{by}, moved.weeks, moved.first_week, moved.last_week, moved.change,
               moved.gross / nullif(total, 0) AS share, moved.weeks AS failing
        FROM (
            SELECT {"region" if by == "region" else f"name AS {by}"}, count(*) AS weeks,
                   min(week) AS first_week, max(week) AS last_week,
                   sum(coalesce(value_after, 0) - coalesce(value_before, 0)) AS change,
                   sum(abs(coalesce(value_after, 0) - coalesce(value_before, 0))) AS gross
            FROM restated WHERE table_name = '{table}' AND column_name = '{column}' GROUP BY 1
        ) AS moved
        LEFT JOIN (
            SELECT {"region" if by == "region" else f"name AS {by}"}, sum(abs({column})) AS total
            FROM cells_{table} GROUP BY 1
        ) AS whole USING ({by})
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "share", "max_value": "$max_restated"},
    )
