"""SQL that reads days and numbers out of delivered text.

Numbers: ``decimal`` of the configuration, thousands separators, currency signs and percent
signs are accepted; the words of ``MISSING`` are no value. Days: ISO, or ``date_format``, or
numbers of weeks since ``week_origin``; a day before 1980 or after 2100 is taken for a mistake.
"""

from __future__ import annotations

from datetime import date

from mmm_assets.store.sql_text import quote_text

MISSING = ("", "na", "n/a", "#n/a", "nan", "null", "none", "-", ".")
"""Words that mean: no value. In any case of letters."""


def day_sql(column: str, date_format: str | None, week_origin: date | None) -> str:
    """SQL for the day that a text names; null where it names none."""
    text = f"trim({column})"
    if date_format:
        pattern, suffix = date_format, ""
        if "%V" in pattern and "%u" not in pattern:  # an ISO week, e.g. %G-W%V, is its Monday
            pattern, suffix = f"{pattern}-%u", " || '-1'"
        day = f"try_strptime({text}{suffix}, {quote_text(pattern)})::DATE"
    else:
        day = f"try_cast({text} AS DATE)"
    if week_origin:
        number = f"try_cast(regexp_extract({text}, '^(-?[0-9]{{1,5}})(\\.0*)?$', 1) AS INTEGER)"
        day = f"coalesce(DATE '{week_origin.isoformat()}' + 7 * {number}, {day})"
    return f"CASE WHEN year({day}) BETWEEN 1980 AND 2100 THEN {day} END"


def number_sql(column: str, decimal: str) -> str:
    """SQL for the number that a text says; null where it says none."""
    text = present_sql(column)
    bare = f"regexp_replace({text}, '[\\s\\x{{00A0}}$€£¥%]', '', 'g')"
    if decimal == ".":
        grouped = f"regexp_full_match({bare}, '[-+]?[0-9]{{1,3}}(,[0-9]{{3}})+(\\.[0-9]*)?')"
        fallback = f"CASE WHEN {grouped} THEN replace({bare}, ',', '') ELSE {bare} END"
        number = f"coalesce(try_cast({text} AS DOUBLE), try_cast({fallback} AS DOUBLE))"
        # A plain number needs no other look; for many millions of rows that counts.
        plain = f"try_cast(raw.{column} AS DOUBLE)"
        return f"CASE WHEN isfinite({plain}) THEN {plain} ELSE {number} END"
    # Here '1.234' is a thousand and more, so nothing is cast as it stands.
    grouped = f"regexp_full_match({bare}, '[-+]?[0-9]{{1,3}}(\\.[0-9]{{3}})+(,[0-9]*)?')"
    plain = f"CASE WHEN {grouped} THEN replace({bare}, '.', '') ELSE {bare} END"
    other = f"contains({bare}, '.') AND NOT {grouped}"
    return f"CASE WHEN {other} THEN NULL ELSE try_cast(replace({plain}, ',', '.') AS DOUBLE) END"


def present_sql(column: str) -> str:
    """SQL for a text; null where it says that there is no value."""
    words = ", ".join(quote_text(word) for word in MISSING)
    text = f"trim(raw.{column})"
    return f"CASE WHEN lower({text}) IN ({words}) THEN NULL ELSE {text} END"
