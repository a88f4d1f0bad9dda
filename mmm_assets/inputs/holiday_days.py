"""Days of public holidays, by country and its parts, moving feasts among them.

The library ``holidays`` reckons them from rules, for any year; nothing is downloaded.
"""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches

from mmm_assets.config.countries import near_countries

_LANGUAGE = "en_US"
_SUBSTITUTE = re.compile(r"\s*\((observed|substitute[^)]*|in lieu[^)]*|estimated)\)", re.I)
"""What a library adds to the name of a day that is kept on another date."""


def holiday_days(place: str, first: date, last: date) -> list[tuple[date, str]]:
    """Day and name of every holiday from ``first`` to ``last``, in their order.

    Parameters
    ----------
    place
        Country of ISO 3166, or a part of one after a dash.

    Raises
    ------
    LookupError
        If the holidays of the place are not known.
    """
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


def has_holidays(place: str) -> bool:
    """Whether the holidays of a country or of a part of it are known."""
    try:
        holiday_days(place, date(2024, 1, 1), date(2024, 1, 1))
    except LookupError:
        return False
    return True


def near_places(place: str) -> list[str]:
    """Places with known holidays that another one may mean: other parts of its country, or others.

    Of a part that is not known, parts whose codes or names look like it, else the country.
    """
    import holidays

    country, _, part = place.partition("-")
    if not has_holidays(country):
        return near_countries(country)
    known = holidays.country_holidays(country)
    codes = {code: code for code in known.subdivisions}
    codes |= dict(getattr(known, "subdivisions_aliases", {}))
    near = dict.fromkeys(codes[name] for name in get_close_matches(part, codes, n=3, cutoff=0.5))
    return [*(f"{country}-{code}" for code in near)] or [country]
