"""Rules that some tables of weeks share: beside another table, and beside what they said before.

Each function makes the rule of one table; sizes and changes are judged by series.
"""

from __future__ import annotations

from mmm_assets.inputs.roles import Role
from mmm_assets.inputs.rules.rule import Rule, Severity

FEWEST_WEEKS = 8
"""Weeks from which a series has something usual about it."""


def regions_match(role: Role, other: Role, remedy: str, where: str = "true") -> Rule:
    """Refuse a region that only one table knows: most often a spelling."""
    return Rule(
        "regions_match",
        role.name,
        "blocking",
        f"Every region of {role.name} is a region of {other.name} too.",
        remedy,
        f"""
        SELECT any_value(source) AS source, min(source_row) AS source_row, t.region,
               max(o.region) AS region_in_{other.name}, count(*) AS failing
        FROM known_{role.name} AS t
        LEFT JOIN (SELECT DISTINCT region FROM known_{other.name}) AS o USING (region)
        WHERE t.region IS NOT NULL AND {where}
        GROUP BY t.region
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": f"region_in_{other.name}"},
    )


def reaches_refresh_week(role: Role, where: str = "true") -> Rule:
    """Refuse a refresh week that was not delivered: late data are not zeros."""
    return Rule(
        "reaches_refresh_week",
        role.name,
        "blocking",
        f"The refresh week is in {role.name}.",
        "Wait for the delivery, deliver zeros if nothing ran, or refresh an earlier week.",
        f"""
        SELECT max(week) AS newest_week, $through::DATE AS refresh_week,
               date_diff('week', max(week), $through::DATE) AS weeks_behind, 0 AS failing
        FROM known_{role.name}
        WHERE {where}
        HAVING $through::DATE IS NOT NULL AND max(week) IS NOT NULL
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "weeks_behind", "max_value": 0},
    )


def unit_changes(role: Role, severity: Severity, sizes: str) -> Rule:
    """Find values that look like another unit: times ``unit_factor`` and far outside the spread.

    A value is judged against the median of its series, on a logarithmic scale, and must also
    lie six robust standard deviations away from it (1.4826 times the median distance estimates
    a normal distribution's standard deviation).

    Parameters
    ----------
    sizes
        SELECT of what is judged: ``column_`` names it, ``value`` is its size in a week of a
        series (``region``, ``name``), and ``may_be_small`` where only large values count.
    """
    series = f"name AS {role.series}, region" if role.series else "region"
    return Rule(
        "unit_changes",
        role.name,
        severity,
        "No value is checks.unit_factor times, or that part of, what its series usually says.",
        "Deliver all weeks in one unit: a factor of 100 or 1,000 is most often cents, thousands "
        "or a shifted decimal mark.",
        f"""
        WITH sizes AS ({sizes}),
        usual AS (
            SELECT *, median(ln(value)) OVER series AS usual, count(*) OVER series AS weeks
            FROM sizes WHERE value > 0 AND isfinite(value)
            WINDOW series AS (PARTITION BY column_, region, name)
        ),
        distant AS (SELECT *, abs(ln(value) - usual) AS distance FROM usual),
        spread AS (
            SELECT *, median(distance) OVER (PARTITION BY column_, region, name) AS spread
            FROM distant WHERE weeks >= {FEWEST_WEEKS}
        ),
        judged AS (
            SELECT *, (value > exp(usual) OR NOT may_be_small)
                      AND distance > ln($unit_factor) AND distance > 6 * 1.4826 * spread AS off
            FROM spread
        ),
        worst AS (
            SELECT any_value(source) FILTER (off) AS source,
                   arg_max(source_row, distance) FILTER (off) AS source_row,
                   {"name, " if role.series else ""}arg_max(region, distance) AS region, column_,
                   arg_max(week, distance) AS week, arg_max(value, distance) AS value,
                   exp(arg_max(usual, distance)) AS usual, count(*) FILTER (off) AS failing
            FROM judged
            GROUP BY column_, {"name" if role.series else "judged.region"}
        )
        SELECT source, source_row, {series}, column_, week, value, usual, failing,
               failing AS cells
        FROM worst
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "cells", "max_value": 0},
    )


def units_as_before(role: Role, column: str) -> Rule:
    """Refuse a column that was redelivered in another unit."""
    by = "name" if role.series else "region"
    return Rule(
        "units_as_before",
        role.name,
        "blocking",
        f"Past weeks' {column} is of the size that it was at the refresh before.",
        "Deliver the unit of before; if the new one is right, waive the rule until then.",
        f"""
        SELECT {by} AS {role.series or "region"},
               sum(value_before) AS before, sum(value_after) AS after,
               exp(abs(ln(sum(value_after) / sum(value_before)))) AS times, count(*) AS failing
        FROM restated
        WHERE table_name = '{role.name}' AND column_name = '{column}' AND kind = 'restated'
        GROUP BY {by}
        HAVING sum(value_before) > 0 AND sum(value_after) > 0
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "times", "max_value": "$unit_factor", "strict_max": True},
    )


def restated(role: Role, column: str) -> Rule:
    """Say that past weeks are no longer what an earlier refresh learned from."""
    by = "name" if role.series else "region"
    return Rule(
        "restated",
        role.name,
        "warning",
        f"At most checks.max_restated of past weeks' {column} changed since the refresh before.",
        "The new values count, and earlier weeks' results move with them; mart.restatements "
        "lists every one.",
        f"""
        WITH moves AS (
            SELECT {by}, week, coalesce(value_after, 0) - coalesce(value_before, 0) AS move
            FROM restated WHERE table_name = '{role.name}' AND column_name = '{column}'
        ),
        moved AS (
            SELECT {by}, count(*) AS weeks, min(week) AS first_week, max(week) AS last_week,
                   sum(move) AS change, sum(abs(move)) AS gross
            FROM moves GROUP BY {by}
        ),
        whole AS (SELECT {by}, sum(abs({column})) AS total FROM cells_{role.name} GROUP BY {by})
        SELECT {by} AS {role.series or "region"}, weeks, first_week, last_week, change,
               gross / nullif(total, 0) AS share, weeks AS failing
        FROM moved LEFT JOIN whole USING ({by})
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "share", "max_value": "$max_restated"},
    )
