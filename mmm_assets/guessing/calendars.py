"""Whose holidays the regions of a table keep: a proposal, from their names or from the currency."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from mmm_assets.config.countries import country_codes, plain_name
from mmm_assets.config.money import SIGNS

CURRENCIES = {
    "AUD": "AU", "BRL": "BR", "CAD": "CA", "CHF": "CH", "CLP": "CL", "CNY": "CN", "COP": "CO",
    "CZK": "CZ", "DKK": "DK", "GBP": "GB", "HKD": "HK", "HUF": "HU", "IDR": "ID", "ILS": "IL",
    "INR": "IN", "ISK": "IS", "JPY": "JP", "KRW": "KR", "MXN": "MX", "MYR": "MY", "NOK": "NO",
    "NZD": "NZ", "PHP": "PH", "PLN": "PL", "RON": "RO", "RSD": "RS", "SEK": "SE", "SGD": "SG",
    "THB": "TH", "TRY": "TR", "TWD": "TW", "UAH": "UA", "USD": "US", "VND": "VN", "ZAR": "ZA",
}  # fmt: skip
"""Currency → the country that pays with it; many pay with the euro."""

_OWN_PARTS = {
    "DE": {
        "bavaria": "BY", "hesse": "HE", "lowersaxony": "NI", "northrhinewestphalia": "NW",
        "rhinelandpalatinate": "RP", "saxony": "SN", "saxonyanhalt": "ST", "thuringia": "TH",
        "nrw": "NW",
    },
}  # fmt: skip
"""Country → part of it in English → its code; the library knows the names in German alone."""
_AS_A_WHOLE = ("US",)
"""Countries whose parts have many days of their own that offices keep and shops do not."""

_PLACE = re.compile(r"[A-Z]{2}-[A-Za-z0-9-]{1,10}")
_DIRECTIONS = {
    "central", "centre", "center", "eastern", "northern", "southern", "western", "north", "east",
    "south", "west",
}  # fmt: skip
"""Names of parts of some far countries that anybody may give to regions."""
_SHORT = 3
"""Letters up to which a name is a code, which may stand for several things."""
_SHOWN = 4
"""Regions whose holidays are told; all are in the configuration."""
_LEAST_NAMED = 0.5
"""Share of regions whose names must be known as parts of one country."""

_Found = tuple[str | None, dict[str, str]]
"""A country for all, and the regions that have a place of their own."""


@dataclass(frozen=True)
class Proposal:
    """The section ``calendar`` that is proposed, and by what."""

    country: str | None
    regions: dict[str, str]
    why: str

    @property
    def content(self) -> dict[str, Any]:
        """As ``mmm.yaml`` has it."""
        own = {"country": self.country, "regions": self.regions}
        return {key: value for key, value in own.items() if value}

    @property
    def told(self) -> str:
        """What is proposed, for a person."""
        parts = [f"{region}: {place}" for region, place in self.regions.items()]
        shown = [*([self.country] if self.country else []), *parts[:_SHOWN]]
        more = ", …" if len(parts) > _SHOWN else ""
        return (
            f"Holidays  of {', '.join(shown)}{more}: proposed by {self.why}. Where they move "
            "nothing, or are others, take out or correct 'calendar'"
        )


def propose_calendar(regions: Sequence[str], currency: str | None) -> Proposal | None:
    """Propose whose holidays are kept; None where nothing says it.

    Parameters
    ----------
    regions
        Names of the regions; of a national table those of its one country, or none.
    currency
        Code (ISO 4217) or sign, where it is known and not taken for granted.
    """
    home = CURRENCIES.get(SIGNS.get(currency or "", (currency or "").upper()))
    named = [name for name in regions if len(plain_name(name)) > 1]
    if found := _parts_of_one(named, home) or _countries(named):
        country, parts = found
        parts = {} if country in _AS_A_WHOLE else parts
        return Proposal(country, parts, "the names of regions")
    return Proposal(home, {}, f"the currency {currency}") if home else None


def _countries(regions: Sequence[str]) -> _Found | None:
    """Regions that are all countries."""
    codes = {name: code for name in regions if (code := country_codes().get(plain_name(name)))}
    if not codes or len(codes) < len(regions):
        return None
    if len(set(codes.values())) == 1:
        return next(iter(codes.values())), {}
    return None, codes


def _parts_of_one(regions: Sequence[str], home: str | None) -> _Found | None:
    """Regions that are parts of one country: by name most of them, by code all of them.

    Codes that may also be countries are parts of the country whose currency is known, and no other.
    """
    if not regions:
        return None
    parts = _parts()
    fits: Counter[str] = Counter()
    for name in regions:
        fits.update(parts.get(plain_name(name), {}).keys())
    if not fits:
        return None
    most = max(fits.values())
    best = [country for country, count in fits.items() if count == most]
    country = home if home in best else best[0]
    own = {name: parts.get(plain_name(name), {}).get(country) for name in regions}
    known = {name: place for name, place in own.items() if place}
    by_name = [name for name in known if len(plain_name(name)) > _SHORT]
    if len(best) > 1 and country != home:
        return None
    if by_name:
        return (country, known) if len(known) >= _LEAST_NAMED * len(regions) else None
    is_ambiguous = all(plain_name(name) in country_codes() for name in regions) and country != home
    if len(known) < len(regions) or is_ambiguous or (len(known) < 2 and country != home):
        return None
    return country, known


@cache
def _parts() -> dict[str, dict[str, str]]:
    """Plain name or code of a part of a country → country → its place: DE-BY."""
    import holidays
    from holidays.registry import COUNTRIES

    found: dict[str, dict[str, str]] = defaultdict(dict)
    for name, short, *_ in COUNTRIES.values():
        library = getattr(holidays, name)
        codes = {code: code for code in library.subdivisions}
        codes |= dict(getattr(library, "subdivisions_aliases", {})) | _OWN_PARTS.get(short, {})
        for said, code in codes.items():
            place = f"{short}-{code}"
            for plain in {plain_name(said), plain_name(place)} - _DIRECTIONS - {""}:
                if _PLACE.fullmatch(place):
                    found[plain][short] = place
    return dict(found)
