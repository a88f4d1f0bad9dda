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


def no_totals(role: Role, column: str, column_of_names: str) -> Rule:
    """Refuse a region or channel that sums the others: all of it would count twice.

    It is known by its share, not by its name: where all names together are a whole number of
    times as much as one of them in every week, that one is a total; twice above its parts, three
    times above subtotals and their parts.
    """
    other = "region" if column_of_names == "name" else "name"
    label = role.series if column_of_names == "name" else "region"
    return Rule(
        f"no_total_{label}",
        role.name,
        "blocking",
        f"No {label} of {role.name} is the sum of the others.",
        f"Everything counts twice with it: leave it out, e.g. sql: SELECT * FROM '…' WHERE "
        f"{label} <> '…', with the column's own name; waive the rule if it is none.",
        f"""
        WITH cells AS (
            SELECT {column_of_names} AS label, {other} AS other, week, {column} AS value,
                   sum({column}) OVER (PARTITION BY {other}, week) AS whole,
                   count({column}) OVER (PARTITION BY {other}, week) AS parts,
                   source, source_row
            FROM cells_{role.name} WHERE {column} IS NOT NULL
        ),
        times AS (
            SELECT *, round(whole / value) AS levels FROM cells WHERE value > 0 AND parts >= 3
        ),
        judged AS (
            SELECT *, levels BETWEEN 2 AND 5 AND parts > levels
                      AND abs(whole - levels * value) <= 0.002 * whole AS is_sum
            FROM times
        )
        SELECT any_value(source) AS source, min(source_row) AS source_row, label AS {label},
               CASE WHEN count(*) >= {FEWEST_WEEKS} AND count(DISTINCT levels) = 1
                         AND count(*) FILTER (is_sum) >= 0.95 * count(*)
                    THEN any_value(levels)::INTEGER ELSE 0 END AS times_counted,
               sum(value) AS {column}, count(*) AS failing
        FROM judged GROUP BY label
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "times_counted", "max_value": 0},
    )


def weeks_begin_alike(role: Role, other: Role) -> Rule:
    """Warn of weeks that begin on another day than those of another table, or of other regions.

    Each becomes the Monday before it, so that a week named by a Sunday and one named by the next
    day, which share six days, become two weeks.
    """
    return Rule(
        "weeks_begin_alike",
        role.name,
        "warning",
        f"Weeks begin on the same day in all regions, and in {other.name}.",
        "Weeks named by different days are up to a week apart: each becomes the Monday before "
        "it. Move the dates of one, e.g. sql: SELECT * REPLACE (date + 1 AS date) FROM '…'.",
        f"""
        WITH days AS (
            SELECT '{role.name}' AS of_table, region, week, day FROM known_{role.name}
            UNION ALL
            SELECT '{other.name}', region, week, day FROM known_{other.name}
        ),
        series AS (
            SELECT of_table, region, mode(isodow(day)) AS place, mode(dayname(day)) AS begins_on,
                   count(DISTINCT day) / count(DISTINCT week) AS days_a_week, min(day) AS week
            FROM days WHERE day IS NOT NULL AND region IS NOT NULL GROUP BY of_table, region
        ),
        usual AS (
            SELECT mode(place) AS place, mode(begins_on) AS begins_on
            FROM series WHERE of_table = '{other.name}' AND days_a_week < 1.5
        )
        SELECT s.region, s.begins_on, u.begins_on AS begins_in_{other.name}_on, s.week,
               (s.place <> u.place)::INTEGER AS differ, 1 AS failing
        FROM series AS s, usual AS u
        WHERE s.of_table = '{role.name}' AND s.days_a_week < 1.5 AND u.place IS NOT NULL
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "differ", "max_value": 0},
    )


def unit_steps(role: Role, columns: tuple[str, ...]) -> Rule:
    """Warn of a series that is of another size from one week on, for eight weeks at least.

    The eight weeks with a value before and the eight after lie apart by ``unit_factor`` in their
    geometric mean and share no size at all.
    """
    cells = " UNION ALL ".join(
        f"SELECT region, name, week, source, source_row, '{column}' AS column_, {column} AS value "
        f"FROM cells_{role.name} WHERE {column} > 0 AND isfinite({column})"
        for column in columns
    )
    series = f"name AS {role.series}, " if role.series else ""
    return Rule(
        "unit_steps",
        role.name,
        "warning",
        "No series is checks.unit_factor times as large, or as small, from one week on.",
        "Deliver all weeks in one unit: this is most often euros in one part and thousands in the "
        "other. If it is true, the model learns from it as it is.",
        f"""
        WITH steps AS (
            SELECT *, avg(ln(value)) OVER later - avg(ln(value)) OVER earlier AS step,
                   min(value) OVER later AS low_after, max(value) OVER later AS high_after,
                   min(value) OVER earlier AS low_before, max(value) OVER earlier AS high_before,
                   count(*) OVER earlier AS weeks_before, count(*) OVER later AS weeks_after
            FROM ({cells})
            WINDOW earlier AS (PARTITION BY column_, region, name ORDER BY week
                               ROWS BETWEEN {FEWEST_WEEKS} PRECEDING AND 1 PRECEDING),
                   later AS (PARTITION BY column_, region, name ORDER BY week
                             ROWS BETWEEN CURRENT ROW AND {FEWEST_WEEKS - 1} FOLLOWING)
        ),
        judged AS (
            SELECT *, least(weeks_before, weeks_after) = {FEWEST_WEEKS}
                      AND abs(step) > ln($unit_factor)
                      AND (low_after > 3 * high_before OR 3 * high_after < low_before) AS off
            FROM steps
        )
        SELECT any_value(source) FILTER (off) AS source,
               arg_max(source_row, abs(step)) FILTER (off) AS source_row, {series}
               arg_max(region, abs(step)) FILTER (off) AS region, column_,
               min(week) FILTER (off) AS week,
               exp(max(abs(step)) FILTER (off)) AS times,
               count(*) FILTER (off) AS cells, count(*) FILTER (off) AS failing
        FROM judged GROUP BY {"name, " if role.series else ""}column_
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "cells", "max_value": 0},
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
    a normal distribution's standard deviation). One that is too small must besides be a
    hundredth, a thousandth or a millionth of a usual one: a closed shop sells little, too.

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
            SELECT *, (value > exp(usual) OR NOT may_be_small AND is_unit)
                      AND distance > ln($unit_factor) AND distance > 6 * 1.4826 * spread AS off
            FROM (
                SELECT *, least(abs(distance - ln(100)), abs(distance - ln(1000)),
                                abs(distance - ln(1e6)))
                          <= greatest(3 * 1.4826 * spread, ln(1.5)) AS is_unit
                FROM spread
            )
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
