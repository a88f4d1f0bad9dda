"""Rules that every input table is held against, made from what ``roles`` says of it."""

from __future__ import annotations

from mmm_assets.inputs.roles import Role
from mmm_assets.inputs.rules.rule import Rule

PLAIN_SPELLING = (
    "lower(strip_accents(regexp_replace(regexp_replace({name}, '[\\s_]+', '', 'g'), "
    "'(\\p{{L}})-+', '\\1', 'g')))"
)
"""SQL of a name without what two spellings of it differ in."""


def rules_of_rows(role: Role) -> tuple[Rule, ...]:
    """Make the rules about single rows and cells of a table, and about what tells rows apart."""
    if not role.numbers:
        return (names_present(role),)
    of_every = (names_present(role), numbers_readable(role), values_finite(role))
    if not role.has_weeks:
        return of_every
    return (
        weeks_readable(role),
        days_are_local(role),
        names_present(role),
        names_distinct(role),
        numbers_readable(role),
        values_finite(role),
        keys_unique(role),
        days_regular(role),
    )


def weeks_readable(role: Role) -> Rule:
    """Refuse rows of no week: a guess would be silent."""
    return Rule(
        "weeks_readable",
        role.name,
        "blocking",
        "Every row names its week, as a date or as a number of weeks.",
        "Correct the rows, or set date_format (dates other than 2024-12-31) or week_origin "
        "(numbered weeks) in the configuration.",
        f"""
        SELECT any_value(source) AS source, min(source_row) AS source_row, week_text AS week,
               day, count(*) AS failing
        FROM known_{role.name}
        GROUP BY week_text, day
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "day"},
    )


def days_are_local(role: Role) -> Rule:
    """Refuse UTC times of one or two hours that are no midnight: they are another zone's.

    Monday in Berlin begins on Sunday at 23:00 UTC, or at 22:00 in summer, so that every row
    would count a day, and most often a week, too early or too late.
    """
    return Rule(
        "days_are_local",
        role.name,
        "blocking",
        "A time with its distance from UTC is the midnight that its day begins with.",
        "These are midnights of another time zone. Say which, e.g. sql: SELECT * REPLACE "
        "(timezone('Europe/Berlin', date::TIMESTAMPTZ)::DATE AS date) FROM '…'.",
        f"""
        SELECT any_value(source) AS source, min(source_row) AS source_row,
               min(week_text) AS first_time,
               string_agg(DISTINCT hour, ' / ' ORDER BY hour) AS times,
               CASE WHEN count(DISTINCT hour) <= 2 AND count(*) > 2
                    THEN count(*) FILTER (hour NOT LIKE '00:00%') ELSE 0 END AS rows,
               count(*) AS failing
        FROM (
            SELECT *, regexp_extract(week_text, '[T ]([0-9]{{2}}:[0-9]{{2}})', 1) AS hour
            FROM known_{role.name}
            WHERE regexp_matches(week_text, '[0-9](Z|[-+]00(:?00)?| ?UTC| ?GMT)$')
        )
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "rows", "max_value": 0},
    )


def names_present(role: Role) -> Rule:
    """Refuse rows of no region, channel or control."""
    names = ", ".join(role.required_names)
    all_there = " AND ".join(f"{name} IS NOT NULL" for name in role.required_names)
    return Rule(
        "names_present",
        role.name,
        "blocking",
        f"Every row names its {' and '.join(role.required_names)}.",
        "Fill in the empty names, or remove the rows.",
        f"""
        SELECT any_value(source) AS source, min(source_row) AS source_row, {names},
               CASE WHEN {all_there} THEN 'yes' END AS named, count(*) AS failing
        FROM known_{role.name}
        GROUP BY {names}
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "named"},
    )


def names_distinct(role: Role) -> Rule:
    """Refuse names that differ in case, accents, spaces or hyphens alone."""
    name = role.series or "region"
    plain = PLAIN_SPELLING.format(name=name)
    return Rule(
        "names_distinct",
        role.name,
        "blocking",
        f"No two {name}s of {role.name} differ in capitals, accents, spaces or hyphens alone.",
        "Spell the name alike in all rows; what is not the same needs another name.",
        f"""
        WITH spelt AS (
            SELECT {name}, {plain} AS plain, count(*) AS rows,
                   any_value(source) AS source, min(source_row) AS source_row
            FROM known_{role.name}
            WHERE {name} IS NOT NULL
            GROUP BY {name}
        )
        SELECT any_value(source) AS source, arg_min(source_row, rows) AS source_row,
               string_agg({name}, ' / ' ORDER BY {name}) AS spellings, count(*) AS different,
               min(rows) AS failing
        FROM spelt
        GROUP BY plain
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "different", "max_value": 1},
    )


def numbers_readable(role: Role) -> Rule:
    """Refuse text where a number belongs; words among numbers are a mistake, too."""
    unread = "{n}_text IS NOT NULL AND {n} IS NULL"
    return Rule(
        "numbers_readable",
        role.name,
        "blocking",
        f"{', '.join(role.numbers)} hold numbers or nothing, not text.",
        "Correct the rows; where numbers are written as 1.234,5 set decimal: ',' in the "
        "configuration.",
        each_number(
            role,
            f"""min(source_row) FILTER ({unread}) AS source_row, {{by}},
            arg_min({{n}}_text, source_row) FILTER ({unread}) AS value,
            count({{n}}_text) AS filled, count({{n}}) AS numbers,
            count({{n}}_text) - count({{n}}) AS failing""",
            f"GROUP BY {{by}} {'HAVING count({n}) > 0' if role.may_be_words else ''}",
        ),
        "ExpectColumnPairValuesToBeEqual",
        {"column_A": "filled", "column_B": "numbers"},
    )


def values_finite(role: Role) -> Rule:
    """Refuse infinite values."""
    return Rule(
        "values_finite",
        role.name,
        "blocking",
        f"{', '.join(role.numbers)} are finite.",
        "Deliver the value, or leave the cell empty if it is unknown.",
        each_number(
            role,
            """arg_max(source_row, abs({n})) AS source_row, {by}, max(abs({n})) AS value,
            count(*) FILTER (abs({n}) > 1e300) AS failing""",
            "GROUP BY {by}",
        ),
        "ExpectColumnValuesToBeBetween",
        {"column": "value", "max_value": 1e300},
        waivable=False,
    )


def keys_unique(role: Role) -> Rule:
    """Refuse two rows of one key: adding them and choosing one are both guesses."""
    names = ", ".join(role.names)
    series = ", ".join(filter(None, ("region", role.series)))
    further = f" ({' and '.join(role.optional)}, where given)" if role.optional else ""
    return Rule(
        "keys_unique",
        role.name,
        "blocking",
        f"There is one row for each {' and '.join(('week', *role.required_names))}{further}.",
        "Remove the row that is wrong; if both are right, add them up in the delivery or in sql.",
        f"""
        WITH crowded AS (
            SELECT region, name AS {role.series or "series"}, week
            FROM cells_{role.name} WHERE rows > days
        ),
        suspects AS (
            SELECT *, count(*) OVER (PARTITION BY {names}, day) AS same
            FROM known_{role.name} SEMI JOIN crowded USING ({series}, week)
        )
        SELECT any_value(source) AS source, arg_max(source_row, (same, source_row)) AS source_row,
               {names}, arg_max(day, (same, source_row)) AS week,
               count(*) AS rows, count(DISTINCT day) AS keys,
               count(*) - count(DISTINCT day) AS failing
        FROM suspects
        GROUP BY {names}
        """,
        "ExpectColumnPairValuesToBeEqual",
        {"column_A": "rows", "column_B": "keys"},
    )


def days_regular(role: Role) -> Rule:
    """Refuse a second day within a week of a table of weeks: its rows would be added up."""
    return Rule(
        "days_regular",
        role.name,
        "blocking",
        "A table of weeks has one day a week, a table of days up to seven.",
        "Correct the date: two days of one week would be added up.",
        f"""
        SELECT any_value(source) AS source, arg_max(source_row, days) AS source_row, region,
               arg_max(week, days) AS week, max(days) AS days,
               CASE WHEN (SELECT median(days) FROM cells_{role.name}) > 1 THEN 7 ELSE 1 END
                   AS usual,
               count(*) FILTER (days > 1) AS failing
        FROM cells_{role.name}
        GROUP BY region
        """,
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {"column_A": "usual", "column_B": "days", "or_equal": True},
    )


def each_number(role: Role, select: str, group: str) -> str:
    """Repeat a query for every column of numbers: ``{n}`` is the column, ``{by}`` the names."""
    by = ", ".join(role.names)
    return " UNION ALL ".join(
        f"""
        SELECT any_value(source) AS source, {select.format(n=number, by=by)}, '{number}' AS column_
        FROM known_{role.name} {group.format(n=number, by=by)}
        """
        for number in role.numbers
    )
