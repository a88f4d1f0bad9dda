"""Currencies: the codes of ISO 4217, which are what spend and value are written in."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_WRITTEN = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW
KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD
NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD
SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED
VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CODES = frozenset(_WRITTEN.split())
"""Codes of money that people pay with: ISO 4217 without funds, metals and test codes."""

SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR"}
"""Sign → the code that it most often stands for."""


def currency_code(written: object) -> str:
    """Return the code of ISO 4217 that is written, or that a sign stands for.

    Raises
    ------
    ValueError
        If it is none; names codes that look like it.
    """
    text = str(written).strip()
    code = SIGNS.get(text, text.upper())
    if code in CODES:
        return code
    near = get_close_matches(code, sorted(CODES), n=3, cutoff=0.5)
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    raise ValueError(
        f"'{text}' is no code of ISO 4217, of three letters such as EUR, USD or JPY{meant}"
    )


Currency = Annotated[
    str,
    BeforeValidator(currency_code),
    WithJsonSchema({"type": "string", "pattern": "^([A-Za-z]{3}|[€$£¥₹])$"}),
]
"""A code of ISO 4217."""
