"""Words and signs that people write around numbers: currencies, multiples, group marks.

Data only; ``text_values`` reads by it. One more spelling is one more word here.
"""

from __future__ import annotations

MISSING = (
    *("", "na", "n/a", "#n/a", "#nv", "n.a.", "k.a.", "nan", "<na>", "null", "(null)", "none"),
    *("-", "–", "—", "."),
)
"""Words that mean: no value. In any case of letters."""

CURRENCIES = (
    *("usd", "eur", "gbp", "chf", "sek", "nok", "dkk", "isk", "pln", "czk", "huf", "ron", "bgn"),
    *("try", "rub", "uah", "inr", "jpy", "cny", "rmb", "krw", "brl", "mxn", "ars", "clp", "cop"),
    *("pen", "cad", "aud", "nzd", "zar", "aed", "sar", "ils", "egp", "ngn", "kes", "thb", "sgd"),
    *("hkd", "twd", "idr", "myr", "php", "vnd", "pkr", "euro", "us$", "a$", "c$", "r$"),
)
"""Codes and names of currencies, before or after a number, with or without a space."""

CURRENCY_MARKS = ("rs.", "rs", "kr.", "kr", "zł", "kč", "ft", "lei", "лв", "руб.", "руб", "fr.")
"""Short marks of currencies: they need a space before a number that follows them."""

MULTIPLES = {
    **dict.fromkeys(("k", "t", "tsd", "tsd.", "thsd", "thousand", "tys", "tys.", "тыс", "тыс."), 3),
    **dict.fromkeys(("万", "萬"), 4),
    **dict.fromkeys(("lakh", "lakhs", "lac"), 5),
    **dict.fromkeys(("m", "mio", "mio.", "mn", "mln", "mill", "mill.", "million"), 6),
    **dict.fromkeys(("млн", "млн."), 6),
    **dict.fromkeys(("crore", "crores", "cr"), 7),
    **dict.fromkeys(("億", "亿"), 8),
    **dict.fromkeys(("b", "bn", "mrd", "mrd.", "mld", "billion", "млрд"), 9),
}
"""Word behind a number → the power of ten that it stands for."""

GROUP_MARKS = r"\s\p{Z}'’`´_"
"""Marks between groups of digits that are never a decimal mark: spaces of all kinds, apostrophes.

As the inside of a character class of RE2.
"""
