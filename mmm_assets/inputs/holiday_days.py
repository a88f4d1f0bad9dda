"""Days of public holidays, by country and its parts, moving feasts among them.

The library ``holidays`` reckons them from rules, for any year; nothing is downloaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

_LANGUAGE = "en_US"
_SUBSTITUTE = re.compile(r"\s*\((observed|substitute[^)]*|in lieu[^)]*|estimated)\)", re.I)
"""What a library adds to the name of a day that is kept on another date."""


def holiday_days(
    places: Mapping[str, str], first: date, last: date
) -> Iterator[tuple[str, date, str]]:
    """Yield region, day and name of every holiday from ``first`` to ``last``.

    Parameters
    ----------
    places
        Region → country of ISO 3166, or a part of one after a dash.

    Raises
    ------
    LookupError
        If the holidays of a place are not known.
    """
    known: dict[str, list[tuple[date, str]]] = {}
    for region, place in places.items():
        if place not in known:
            known[place] = _days_of(place, first, last)
        for day, name in known[place]:
            yield region, day, name


def has_holidays(place: str) -> bool:
    """Whether the holidays of a country or of a part of it are known."""
    try:
        _days_of(place, date(2024, 1, 1), date(2024, 1, 1))
    except LookupError:
        return False
    return True


def _days_of(place: str, first: date, last: date) -> list[tuple[date, str]]:
    import holidays

    country, _, part = place.partition("-")
    years = range(first.year, last.year + 1)
    try:
        there = holidays.country_holidays(country, subdiv=part or None)
        language = _LANGUAGE if _LANGUAGE in there.supported_languages else there.default_language
        found = holidays.country_holidays(
            country, subdiv=part or None, years=years, language=language
        )
    except (NotImplementedError, AttributeError) as error:
        raise LookupError(f"the holidays of '{place}' are not known") from error
    return [
        (day, _SUBSTITUTE.sub("", name).strip())
        for day, names in sorted(found.items())
        for name in names.split("; ")
        if first <= day <= last
    ]
