"""Countries: names that people give them, and their codes (ISO 3166)."""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from functools import cache

_OWN_NAMES = {
    "AE": "uae", "AT": "österreich", "BE": "belgië belgique belgien", "BR": "brasil",
    "CH": "schweiz suisse svizzera", "CZ": "česko tschechien czechrepublic", "DE": "deutschland",
    "DK": "danmark dänemark", "ES": "españa spanien", "FI": "suomi finnland",
    "FR": "frankreich", "GB": "uk greatbritain grossbritannien", "GR": "hellas",
    "HU": "magyarország ungarn", "IE": "éire irland", "IT": "italia italien", "JP": "nippon",
    "MX": "méxico", "NL": "nederland niederlande holland thenetherlands", "NO": "norge norwegen",
    "PL": "polska polen", "RO": "românia", "SE": "sverige schweden", "TR": "türkiye türkei",
    "US": "usa unitedstatesofamerica america",
}  # fmt: skip
"""Code → name in its own language and in German, and short ones."""
_ALIKE = 0.75
"""How alike a name and a country's are, of 1, where the one may be meant."""


def plain_name(name: str) -> str:
    """Letters of a name, without accents; none of one with digits, which numbers its places."""
    if re.search(r"\d", name):
        return ""
    bare = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in bare if letter.isalpha())


@cache
def country_codes() -> dict[str, str]:
    """Plain name, or code of two or three letters → code of each country with known holidays."""
    from holidays.registry import COUNTRIES

    found: dict[str, str] = {}
    for name, short, long, *_ in COUNTRIES.values():
        found |= dict.fromkeys((plain_name(name), short.lower(), long.lower()), short)
    return found | {plain_name(n): code for code, own in _OWN_NAMES.items() for n in own.split()}


def near_countries(written: str) -> list[str]:
    """Codes of the countries that a name or a code may mean."""
    plain, codes = plain_name(written), country_codes()
    if plain in codes:
        return [codes[plain]]
    names = [name for name in codes if len(name) > 3]
    return list(
        dict.fromkeys(codes[n] for n in get_close_matches(plain, names, n=3, cutoff=_ALIKE))
    )


def country_code(written: object) -> object:
    """Return a code of ISO 3166 or of a part of a country as it is, and refuse what is none.

    Raises
    ------
    ValueError
        Names the countries that may be meant.
    """
    text = str(written).strip()
    if re.fullmatch(r"[A-Z]{2}(-[A-Za-z0-9-]{1,10})?", text):
        return text
    near = near_countries(text)
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    raise ValueError(
        f"'{text}' is no code of ISO 3166, such as DE, or DE-BY for a part of a country{meant}"
    )
