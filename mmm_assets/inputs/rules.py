"""Every rule that a delivered table is held against, declared as data.

A rule is a query and an expectation. The query condenses the rows that a refresh may see (see
``known_rows``) to a few: one a week, a region or a channel, with the first offending row and,
in ``failing``, how many raw rows it stands for. The expectation, one of Great Expectations',
says what the condensed rows must be. ``checks`` runs them.

What bad input gets:

=============================================  ==============================================
missing file, empty file, not CSV, a missing   refused while loading (``SourceError``)
column
week that is no date, text in a number,        refused: the value is unknown, and a guess
infinite value, negative spend or exposure     would be silent
two rows of one week, region and channel       refused: adding and choosing are both guesses
no name of a region or channel                 refused
region in one of media and KPI only            refused: most often a spelling
region in controls only                        refused, for the same reason
channel in lift tests or configuration only    refused
no KPI, or no media, in the refresh week       refused: late data, not zeros
KPI constant or zero everywhere                refused: nothing to learn
fewer weeks than ``refresh.min_weeks``         refused; one week is one of these cases
one region                                     accepted: a national panel
weeks out of order                             accepted: sorted
gap in the weeks of the KPI                    warning: masked
gap in the weeks of media                      warning: masked (wide table), no activity (long)
KPI of 0                                       warning: outage, masked, see ``zero_kpi``
region with few weeks or a constant KPI        warning: kept, says little by itself
negative KPI                                   warning: kept, as returns may exceed sales
channel that is always zero                    warning: left out of the model
channel with very few weeks on air             warning: kept, will be uncertain
control with gaps                              warning: the region's mean
control that never varies, or of too many      warning: left out
words
=============================================  ==============================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mmm_assets.inputs.known_rows import NAMES, NUMBERS
from mmm_assets.inputs.panel_table import MOST_WORDS

Severity = Literal["blocking", "warning"]


@dataclass(frozen=True)
class Rule:
    """One rule.

    Parameters
    ----------
    name, table
        Together they name the rule; ``table`` is the role that is judged.
    severity
        ``blocking`` stops the refresh before anything is trained.
    description
        What must hold.
    remedy
        What a person can do, or what is done in place of it.
    query
        Condensed rows. May name the parameters of `checks.parameters` as ``$name``.
    expectation
        Class in ``great_expectations.expectations``.
    arguments
        Its arguments; a text that begins with ``$`` is a parameter.
    """

    name: str
    table: str
    severity: Severity
    description: str
    remedy: str
    query: str
    expectation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


_WEEKLY = ("media", "kpi", "controls")
_ALL = (*_WEEKLY, "lift_tests")


def _weeks_readable(table: str) -> Rule:
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


def _names_present(table: str) -> Rule:
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


def _each_number(table: str, select: str, group: str) -> str:
    """Repeat a query for every column of numbers; ``{n}`` stands for the column."""
    by = ", ".join(NAMES[table])
    return " UNION ALL ".join(
        f"SELECT any_value(source) AS source, {select.format(n=name, by=by)}, '{name}' AS column_ "
        f"FROM known_{table} {group.format(n=name, by=by)}"
        for name in NUMBERS[table]
    )


def _numbers_readable(table: str) -> Rule:
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
        _each_number(
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


def _values_finite(table: str) -> Rule:
    return Rule(
        "values_finite",
        table,
        "blocking",
        f"{', '.join(NUMBERS[table])} are finite.",
        "Deliver the value, or leave the cell empty if it is unknown.",
        _each_number(
            table,
            "arg_max(source_row, abs({n})) AS source_row, {by}, max(abs({n})) AS value, "
            "count(*) FILTER (abs({n}) > 1e300) AS failing",
            "GROUP BY {by}",
        ),
        "ExpectColumnValuesToBeBetween",
        {"column": "value", "max_value": 1e300},
    )


def _keys_unique(table: str, key: str) -> Rule:
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
        FROM (SELECT *, count(*) OVER (PARTITION BY {", ".join(NAMES[table])}, day) AS same
              FROM known_{table} WHERE day IS NOT NULL)
        GROUP BY {", ".join(NAMES[table])}
        """,
        "ExpectColumnPairValuesToBeEqual",
        {"column_A": "rows", "column_B": "keys"},
    )


def _regions_match(table: str, other: str, what: str) -> Rule:
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


def _reaches_refresh_week(table: str) -> Rule:
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


RULES: tuple[Rule, ...] = (
    *(_weeks_readable(table) for table in _WEEKLY),
    *(_names_present(table) for table in _ALL),
    *(_numbers_readable(table) for table in _ALL),
    *(_values_finite(table) for table in _ALL),
    _keys_unique("media", "week, region, channel"),
    _keys_unique("kpi", "week, region"),
    _keys_unique("controls", "week, region, control"),
    _regions_match("media", "kpi", "Spell the region alike in both, or deliver its KPI."),
    _regions_match("kpi", "media", "Spell the region alike in both, or deliver zeros for it."),
    _regions_match("controls", "kpi", "Spell the region alike in both, or leave it out."),
    _reaches_refresh_week("media"),
    _reaches_refresh_week("kpi"),
    Rule(
        "values_not_negative",
        "media",
        "blocking",
        "Spend and exposure are 0 or more.",
        "Book refunds and corrections in the week that they correct.",
        _each_number(
            "media",
            "arg_min(source_row, {n}) AS source_row, {by}, arg_min(day, {n}) AS week, "
            "min({n}) AS value, count(*) FILTER ({n} < 0) AS failing",
            "GROUP BY {by}",
        ),
        "ExpectColumnValuesToBeBetween",
        {"column": "value", "min_value": 0},
    ),
    Rule(
        "channels_configured",
        "media",
        "blocking",
        "Every channel that 'graph' or 'budget' names is in media.",
        "Correct the names under graph and budget in the configuration.",
        """
        SELECT named.channel, max(media.channel) AS channel_in_media, 0 AS failing
        FROM (SELECT unnest($named_channels::VARCHAR[]) AS channel) AS named
        LEFT JOIN (SELECT DISTINCT channel FROM raw.media) AS media USING (channel)
        GROUP BY named.channel
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "channel_in_media"},
    ),
    Rule(
        "some_activity",
        "media",
        "blocking",
        "At least one channel is not always zero.",
        "Check that the columns of spend and exposure are the right ones.",
        """
        SELECT coalesce(sum(spend) FILTER (isfinite(spend)), 0) AS spend,
               coalesce(sum(exposure) FILTER (isfinite(exposure)), 0) AS exposure,
               greatest(coalesce(max(spend), 0), coalesce(max(exposure), 0)) AS largest,
               count(*) AS failing
        FROM known_media
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "largest", "min_value": 0, "strict_min": True},
    ),
    Rule(
        "channels_active",
        "media",
        "warning",
        "No channel is always zero.",
        "The channel is left out of the model until it has activity.",
        """
        SELECT channel, greatest(coalesce(max(spend), 0), coalesce(max(exposure), 0)) AS largest,
               count(*) AS failing
        FROM known_media WHERE channel IS NOT NULL GROUP BY channel
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "largest", "min_value": 0, "strict_min": True},
    ),
    Rule(
        "channels_often_active",
        "media",
        "warning",
        "Every channel is on air in at least checks.min_active_weeks weeks.",
        "The channel is kept; its effect will be very uncertain. A misspelt name looks like this.",
        """
        SELECT channel, any_value(source) AS source, min(source_row) AS source_row,
               count(DISTINCT week) AS weeks_on_air, count(*) AS failing
        FROM known_media WHERE spend > 0 OR exposure > 0 GROUP BY channel
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "weeks_on_air", "min_value": "$min_active_weeks"},
    ),
    Rule(
        "weeks_covered",
        "media",
        "warning",
        "Every week with a KPI has media rows.",
        "A wide table's missing weeks are unknown and masked; in a long table no row means no "
        "activity.",
        """
        SELECT kpi.week, max(media.week) AS week_in_media, count(*) AS failing
        FROM known_kpi AS kpi
        LEFT JOIN (SELECT DISTINCT week FROM known_media) AS media USING (week)
        WHERE kpi.week IS NOT NULL GROUP BY kpi.week ORDER BY kpi.week
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "week_in_media"},
    ),
    Rule(
        "enough_weeks",
        "kpi",
        "blocking",
        "There are at least refresh.min_weeks weeks with a KPI.",
        "Deliver a longer history, refresh a later week, or lower refresh.min_weeks and "
        "refresh.holdout_weeks.",
        """
        SELECT week, count(*) AS failing FROM known_kpi
        WHERE kpi IS NOT NULL AND week IS NOT NULL GROUP BY week ORDER BY week
        """,
        "ExpectTableRowCountToBeBetween",
        {"min_value": "$min_weeks"},
    ),
    Rule(
        "varies",
        "kpi",
        "blocking",
        "The KPI varies from week to week, and is not always zero, in at least one region.",
        "Check that the column of the KPI is the right one.",
        """
        SELECT count(*) AS regions, count(*) FILTER (high > low) AS regions_that_vary,
               min(low) AS lowest, max(high) AS highest, sum(rows) AS failing
        FROM (SELECT min(kpi) AS low, max(kpi) AS high, count(*) AS rows
              FROM known_kpi GROUP BY region)
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "regions_that_vary", "min_value": 1},
    ),
    Rule(
        "regions_vary",
        "kpi",
        "warning",
        "The KPI of each region varies from week to week.",
        "The region is kept and says little. Check whether its KPI was filled in.",
        """
        SELECT region, any_value(source) AS source, min(source_row) AS source_row,
               count(DISTINCT kpi) AS different_values, min(kpi) AS lowest, count(*) AS failing
        FROM known_kpi WHERE region IS NOT NULL GROUP BY region
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "different_values", "min_value": 2},
    ),
    Rule(
        "regions_long_enough",
        "kpi",
        "warning",
        "Every region has at least refresh.min_weeks weeks with a KPI.",
        "The region is kept; it borrows from the others.",
        """
        SELECT region, count(DISTINCT week) AS weeks, min(week) AS first_week,
               max(week) AS last_week, count(*) AS failing
        FROM known_kpi WHERE kpi IS NOT NULL AND region IS NOT NULL GROUP BY region
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "weeks", "min_value": "$min_weeks"},
    ),
    Rule(
        "weeks_regular",
        "kpi",
        "warning",
        "No week is missing between the first and the last.",
        "Missing weeks are masked, never filled.",
        """
        SELECT week, lag(week) OVER (ORDER BY week) AS week_before,
               date_diff('week', lag(week) OVER (ORDER BY week), week) AS step,
               date_diff('week', lag(week) OVER (ORDER BY week), week) - 1 AS failing
        FROM (SELECT DISTINCT week FROM known_kpi WHERE week IS NOT NULL AND kpi IS NOT NULL)
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "step", "min_value": 1, "max_value": 1},
    ),
    Rule(
        "no_zeros",
        "kpi",
        "warning",
        "No week has a KPI of 0.",
        "Zeros are masked as outages where 'masked' counts them; zero_kpi in the configuration "
        "(auto, missing, zero) decides.",
        """
        SELECT region, count(*) AS zeros, count(*) FILTER (outage) AS masked,
               min(week) AS first_week, max(week) AS last_week, count(*) AS failing
        FROM weekly_kpi WHERE kpi = 0 GROUP BY region ORDER BY region
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "zeros", "max_value": 0},
    ),
    Rule(
        "values_not_negative",
        "kpi",
        "warning",
        "The KPI is 0 or more.",
        "Negative weeks are kept as they are; check that they are not corrections.",
        """
        SELECT any_value(source) AS source, arg_min(source_row, kpi) AS source_row, region,
               arg_min(day, kpi) AS week, min(kpi) AS value,
               count(*) FILTER (kpi < 0) AS failing
        FROM known_kpi GROUP BY region
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "value", "min_value": 0},
    ),
    Rule(
        "complete",
        "controls",
        "warning",
        "Every control has a value wherever there is a KPI.",
        "Gaps are filled with the region's mean over the weeks that the refresh may see.",
        """
        SELECT control, count(*) AS cells, count(*) FILTER (NOT is_there) AS cells_missing,
               min(week) FILTER (NOT is_there) AS first_week_missing,
               count(*) FILTER (NOT is_there) AS failing
        FROM (
            SELECT control, week, given.is_there IS NOT NULL AS is_there
            FROM (SELECT DISTINCT control FROM known_controls WHERE control IS NOT NULL)
            CROSS JOIN (
                SELECT DISTINCT CASE WHEN $national_controls THEN 'national' ELSE region END
                                AS region, week
                FROM known_kpi WHERE kpi IS NOT NULL AND week IS NOT NULL
            )
            LEFT JOIN (
                SELECT DISTINCT control, region, week, true AS is_there
                FROM (SELECT *, count(value) OVER (PARTITION BY control) = 0 AS is_words
                      FROM known_controls)
                WHERE value IS NOT NULL OR is_words
            ) AS given USING (control, region, week)
        )
        GROUP BY control
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "cells_missing", "max_value": 0},
    ),
    Rule(
        "vary",
        "controls",
        "warning",
        "Every control varies from week to week.",
        "The control is left out of the model: a region's level says the same.",
        """
        SELECT control, max(values_) AS different_values, sum(rows) AS failing
        FROM (SELECT control, count(*) AS rows,
                     count(DISTINCT coalesce(value::VARCHAR, value_text, '')) AS values_
              FROM known_controls WHERE control IS NOT NULL GROUP BY control, region)
        GROUP BY control
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "different_values", "min_value": 2},
    ),
    Rule(
        "few_words",
        "controls",
        "warning",
        f"A control of words has at most {MOST_WORDS} different ones.",
        "The control is left out of the model; group its words in the delivery.",
        """
        SELECT control, count(DISTINCT lower(value_text)) AS words, count(*) AS failing
        FROM known_controls GROUP BY control
        HAVING count(value) = 0 AND count(value_text) > 0
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "words", "max_value": MOST_WORDS},
    ),
    Rule(
        "channels_known",
        "lift_tests",
        "blocking",
        "Every channel of a lift test is a channel of media.",
        "Spell the channel alike in both, or remove the test.",
        """
        SELECT any_value(t.source) AS source, min(t.source_row) AS source_row, t.channel,
               max(m.channel) AS channel_in_media, count(*) AS failing
        FROM known_lift_tests AS t
        LEFT JOIN (SELECT DISTINCT channel FROM raw.media) AS m USING (channel)
        WHERE t.channel IS NOT NULL GROUP BY t.channel
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "channel_in_media"},
    ),
    Rule(
        "regions_known",
        "lift_tests",
        "blocking",
        "Every region of a lift test is a region of the KPI.",
        "Spell the region alike in both, or leave it empty for a test everywhere.",
        """
        SELECT any_value(t.source) AS source, min(t.source_row) AS source_row, t.region,
               max(k.region) AS region_of_kpi, count(*) AS failing
        FROM known_lift_tests AS t
        LEFT JOIN (SELECT DISTINCT trim(region) AS region FROM raw.kpi) AS k USING (region)
        WHERE t.region IS NOT NULL GROUP BY t.region
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "region_of_kpi"},
    ),
    Rule(
        "tests_complete",
        "lift_tests",
        "blocking",
        "Every lift test has a change other than 0, a result, and both its weeks or neither.",
        "Fill in delta_x and delta_y, and start and end; or remove the row.",
        """
        SELECT source, source_row, channel, 1 AS failing,
               CASE WHEN delta_x <> 0 AND delta_y IS NOT NULL
                         AND (start_week IS NULL) = (end_week IS NULL) THEN 'yes' END AS complete
        FROM known_lift_tests
        """,
        "ExpectColumnValuesToNotBeNull",
        {"column": "complete"},
    ),
    Rule(
        "sigma_positive",
        "lift_tests",
        "blocking",
        "Every lift test has a standard error above 0.",
        "Deliver the standard error of the test's result; it decides how much the test counts.",
        """
        SELECT source, source_row, channel, coalesce(sigma, 0) AS sigma, 1 AS failing
        FROM known_lift_tests
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "sigma", "min_value": 0, "strict_min": True},
    ),
)
