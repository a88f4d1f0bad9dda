"""SQL that reads days and numbers out of delivered text.

Numbers: ``decimal`` of the configuration, group marks (points or commas, spaces, apostrophes;
in threes or as in India), currencies, percent signs, multiples such as ``1.2k`` or ``0,4 Mio``,
and negative numbers in brackets are read; the words around numbers are in ``number_words``. What
could be two numbers is none: ``0,985`` with a decimal point, ``12.5`` with a decimal comma.

Days: ISO, or ``date_format``, or numbers of weeks since ``week_origin``, or one of
``DAY_COUNTS``; a day before 1980 or after 2100 is taken for a mistake.
"""

from __future__ import annotations

import re
from datetime import date

from mmm_assets.inputs.number_words import (
    CURRENCIES,
    CURRENCY_MARKS,
    GROUP_MARKS,
    MISSING,
    MULTIPLES,
)
from mmm_assets.store.sql_text import quote_text

__all__ = [
    "DAY_COUNTS",
    "MISSING",
    "day_sql",
    "digits_sql",
    "number_sql",
    "present_sql",
    "written_day_sql",
]

DAY_COUNTS = {
    "epoch seconds": "(DATE '1970-01-01' + ({n} // 86400)::INTEGER)",
    "epoch milliseconds": "(DATE '1970-01-01' + ({n} // 86400000)::INTEGER)",
    "spreadsheet days": "(DATE '1899-12-30' + {n}::INTEGER)",
}
"""Word of ``date_format`` → SQL for the day that a number ``{n}`` counts."""


def day_sql(column: str, date_format: str | None, week_origin: date | None) -> str:
    """SQL for the day that a text names; null where it names none."""
    text = f"trim({column})"
    if date_format in DAY_COUNTS:
        # Within these a day lies between 1980 and 2100, and no cast can overflow.
        number = f"try_cast(try_cast({text} AS DOUBLE) AS BIGINT)"
        low, high = _span_of(date_format)
        day = DAY_COUNTS[date_format].format(n=number)
        return f"CASE WHEN {number} BETWEEN {low} AND {high} THEN {day} END"
    day = written_day_sql(column, date_format)
    if week_origin:
        number = f"try_cast(regexp_extract({text}, '^(-?[0-9]{{1,5}})(\\.0*)?$', 1) AS INTEGER)"
        day = f"coalesce(DATE '{week_origin.isoformat()}' + 7 * {number}, {day})"
    return f"CASE WHEN year({day}) BETWEEN 1980 AND 2100 THEN {day} END"


def week_sql(day: str, days_early: int) -> str:
    """SQL for the Monday of the week of a day; weeks begin so many days before it."""
    moved = f"{day} + {days_early}" if days_early else day
    return f"date_trunc('week', {moved})::DATE"


def written_day_sql(column: str, date_format: str | None) -> str:
    """SQL for the day of any year that a text names in a format of ``strptime``, or ISO (None)."""
    text = f"trim({column})"
    if date_format is None:
        return f"try_cast({text} AS DATE)"
    pattern, suffix = date_format, ""
    if "%V" in pattern and "%u" not in pattern:  # an ISO week, e.g. %G-W%V, is its Monday
        pattern, suffix = f"{pattern}-%u", " || '-1'"
    return f"try_strptime({text}{suffix}, {quote_text(pattern)})::DATE"


def number_sql(column: str, decimal: str) -> str:
    """SQL for the number that a text says; null where it says none."""
    group, mark = (",", "\\.") if decimal == "." else (".", ",")
    grouped = f"regexp_full_match(parts.digits, {quote_text(_grouped(re.escape(group), mark))})"
    plain = f"CASE WHEN {grouped} THEN replace(parts.digits, '{group}', '') ELSE parts.digits END"
    number = f"try_cast(replace({plain}, '{decimal}', '.') AS DOUBLE)"
    if decimal == ",":
        number = f"CASE WHEN {grouped} OR NOT contains(parts.digits, '.') THEN {number} END"
    number = _with_parts(f"raw.{column}", f"{number} * {_multiple()}")
    # A plain number needs no other look; for many millions of rows that counts. Words such as
    # 'inf' are numbers, too, and the rules say what they are. With a decimal comma '1.234' is a
    # thousand and more, so nothing with a point is cast as it stands.
    cell = present_sql(column)
    cast = f"try_cast({cell} AS DOUBLE)"
    if decimal == ",":
        cast = f"CASE WHEN NOT contains({cell}, '.') THEN {cast} END"
        return f"coalesce({cast}, {number})"
    plain = f"try_cast(raw.{column} AS DOUBLE)"
    return f"CASE WHEN isfinite({plain}) THEN {plain} ELSE coalesce({cast}, {number}) END"


def digits_sql(text: str) -> str:
    """SQL for the digits of a cell and the marks between them; empty where it is no number."""
    return f"regexp_extract({_written(text)}, {quote_text(_PARTS)}, 1)"


def _with_parts(text: str, sql: str) -> str:
    """SQL of a cell's ``parts``: ``digits`` and the word of a ``multiple``, taken apart once.

    DuckDB compiles every pattern of a query whenever it runs, also where there is no row.
    """
    found = f"regexp_extract({_written(text)}, {quote_text(_PARTS)}, ['digits', 'multiple'])"
    return f"list_transform([{found}], lambda parts: {sql})[1]"


def _written(text: str) -> str:
    """SQL for a cell without spaces, currencies and percent signs, its minus sign in front."""
    low = f"replace(lower(trim({text})), '−', '-')"
    bare = f"regexp_replace({low}, {quote_text(_AROUND)}, '', 'g')"
    bare = f"regexp_replace({bare}, {quote_text(f'[{GROUP_MARKS}]')}, '', 'g')"
    return f"regexp_replace({bare}, '^\\((.*)\\)$|^(.*[0-9])-$', '-\\1\\2')"


def present_sql(column: str) -> str:
    """SQL for a text; null where it says that there is no value."""
    words = ", ".join(quote_text(word) for word in MISSING)
    text = f"trim(raw.{column})"
    return f"CASE WHEN lower({text}) IN ({words}) THEN NULL ELSE {text} END"


def _any_of(words: tuple[str, ...]) -> str:
    """Pattern of one of some words, the longest that fits."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_CODES, _MARKS = _any_of(CURRENCIES), _any_of(CURRENCY_MARKS)
_AROUND = rf"^({_CODES})|({_CODES})$|^({_MARKS})[\s\p{{Z}}]+|[\s\p{{Z}}]*({_MARKS})$|[\p{{Sc}}%٪]"
"""What is taken away around a number: currencies and percent signs."""
_PARTS = rf"^([-+]?[0-9.,]+(?:e[-+]?[0-9]+)?)({_any_of(tuple(MULTIPLES))})?$"
"""Digits, and the word of a multiple behind them."""


def _grouped(group: str, mark: str) -> str:
    """Pattern of a number with groups of three digits, or of two as in India; none begins by 0."""
    threes = f"[1-9][0-9]{{0,2}}({group}[0-9]{{3}})+"
    indian = f"[1-9][0-9]?({group}[0-9]{{2}})+{group}[0-9]{{3}}"
    return f"[-+]?({threes}|{indian})({mark}[0-9]*)?"


def _multiple() -> str:
    """SQL for the factor that the word of a multiple stands for."""
    powers: dict[int, list[str]] = {}
    for name, power in MULTIPLES.items():
        powers.setdefault(power, []).append(quote_text(name))
    cases = " ".join(
        f"WHEN parts.multiple IN ({', '.join(words)}) THEN 1e{power}"
        for power, words in powers.items()
    )
    return f"CASE {cases} ELSE 1 END"


def _span_of(count: str) -> tuple[int, int]:
    first, last = date(1980, 1, 1), date(2100, 12, 31)
    if count == "spreadsheet days":
        return (first - date(1899, 12, 30)).days, (last - date(1899, 12, 30)).days
    unit = 86_400 if count == "epoch seconds" else 86_400_000
    low, high = ((day - date(1970, 1, 1)).days * unit for day in (first, last))
    return low, high
