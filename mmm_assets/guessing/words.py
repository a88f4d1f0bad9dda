"""Vocabulary of columns' names, and the name of a channel without the words that measure it.

The other files weigh it against what the columns hold.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WEEK = _words(
    "week weeks weekid wk weekstart date dates day time period ds datum woche fecha semaine kw "
    "timestamp weekdate dateweek"
)
REGION = _words(
    "geo geos region regions dma dmacode market markets state country city area store territory "
    "province county zone location district bundesland land cluster metro"
)
CHANNEL = _words("channel channels media medium platform publisher vehicle kanal tactic")
CONTROL_NAME = _words("control variable factor feature driver indicator metric name")
CONTROL_VALUE = _words("value values wert level amount")

SPEND = _words(
    "spend spends spending spent adspend cost costs investment investments invest expenditure "
    "expense expenses usd eur gbp dollar dollars euro euros outlay ausgaben kosten gasto depense"
)
_CURRENCIES = _words("usd eur gbp dollar dollars euro euros")
BUDGET = _words("budget budgets planned plan")
EXPOSURE = (
    # Best first: what says most about how much a person saw.
    _words("impression impressions imps imp impr"),
    _words("grp grps trp trps exposure exposures contacts ots"),
    _words("click clicks clk clks"),
    _words("view views opens sends sent spots insertions circulation plays engagements sessions"),
    _words("reach volume volumes"),
)
IGNORED_EXPOSURE = _words("frequency freq cpm cpc ctr cpa cpp")
SEARCH = _words("search sem ppc adwords sea")

# The better sign of a KPI first; the number says whether it is money, a count or either.
KPI = (
    (_words("kpi"), "either"),
    (_words("target dependent outcome response"), "either"),
    (_words("y"), "either"),
    (_words("revenue revenues turnover umsatz gmv income ventas"), "money"),
    (_words("sales"), "money"),
    (_words("conversions conversion orders purchases transactions acquisitions bookings"), "count"),
    (
        _words(
            "signups signup registrations installs subscriptions subscribers leads quotes "
            "applications activations trials customers visits visitors footfall traffic units "
            "downloads demand deposits policies"
        ),
        "count",
    ),
    (_words("profit margin"), "money"),
)
COUNTED = _words("visits units orders conversions leads signups installs downloads volume count")
VALUE = _words("per value aov ltv clv price margin worth")
WORTH = _words("aov ltv clv value unit kpi order average")
OUTSIDE = _words("competitor competitors competition comp category industry rival")
CONTROL = _words(
    "control controls price prices pricing promo promos promotion promotions discount discounts "
    "holiday holidays event events temperature temp weather rain sunshine sentiment unemployment "
    "cpi gdp inflation confidence covid lockdown mobility distribution stock availability index "
    "rate trade feature launch strike easter christmas blackfriday"
)
CALENDAR = _words(
    "t trend dayofyear doy dow weekday weekofyear woy weeknum month quarter year yr seas season "
    "seasonal seasonality sin cos fourier yday mday"
)
ROW = _words("index idx id row rownum unnamed column0 nr")
DERIVED = _words(
    "adstock adstocked saturated saturation effect effects contribution contributions epsilon "
    "noise residual residuals predicted prediction predictions fitted forecast intercept baseline "
    "yhat true truth"
)
ASKED = _words("query queries branded")
TOTAL = _words("total sum overall all gesamt")

CHANNELS = _words(
    "tv ctv ott linear radio audio podcast podcasts print newspaper newspapers magazine magazines "
    "ooh dooh outdoor billboard billboards cinema search sem ppc sea display banner banners social "
    "facebook fb meta instagram ig google youtube yt tiktok snapchat pinterest twitter linkedin "
    "reddit bing amazon email emails affiliate affiliates influencer influencers video "
    "programmatic mail dm sms newsletter newsletters shopping pmax dv360 criteo retargeting "
    "remarketing prospecting spotify digital direct catalog catalogue flyer flyers push native "
    "seo organic crm sponsorship"
)
BESIDE_CHANNEL = _words(
    "ad ads paid brand branded generic nonbrand non online offline local national organic upper "
    "lower funnel campaign media channel marketing of home the and other new"
)

_FILLING = _words("ad ads advertising marketing media campaign campaigns")

_TOKEN = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ADSTOCK = re.compile(
    r"[\s_.\-]+(?:null[\s_.\-]+)?(?:adstock|delayed|geometric|exponential|weibull|decay|lag)"
    r"(?:ed)?[\s_.\-].*$",
    re.IGNORECASE,
)
_ROBYN = re.compile(r"_[SIPOB]$")


def tokens(name: str) -> list[str]:
    """Words of a name in lower case: ``facebookSpend_EUR`` is facebook, spend, eur."""
    return [word.lower() for word in _TOKEN.findall(name)]


def has(name: str, words: frozenset[str]) -> bool:
    """Whether one of the words is in the name."""
    return any(token in words for token in tokens(name))


def is_spend(name: str) -> bool:
    """Whether a name says that it is money spent on media, not a price or a result in money."""
    found = set(tokens(name))
    if found & OUTSIDE or "per" in found:
        return False
    others = CONTROL | COUNTED | frozenset().union(*(signs for signs, _ in KPI))
    return bool(found & (SPEND - _CURRENCIES)) or bool(found & _CURRENCIES and not found & others)


def channel_key(name: str) -> tuple[str, ...]:
    """Words that two names of one channel share: ``Facebook Ad`` is ``facebook``, too."""
    kept = tuple(word for word in tokens(name) if word not in _FILLING)
    return kept or tuple(tokens(name))


def exposure_rank(name: str) -> int | None:
    """Rank of a measure of exposure by its name, 0 the best; None: it is none."""
    found = [rank for rank, words in enumerate(EXPOSURE) if has(name, words)]
    if not found:
        return None
    # What people click in search is closer to what is bought than how often ads were listed.
    if has(name, SEARCH) and has(name, EXPOSURE[2]):
        return -1
    return min(found)


def is_channel(name: str) -> bool:
    """Whether a name consists of words for media, such as ``paid_social`` or ``TV``."""
    words = [word for word in tokens(name) if not word.isdigit()]
    allowed = CHANNELS | BESIDE_CHANNEL
    return any(word in CHANNELS for word in words) and all(word in allowed for word in words)


def channel_name(column: str, robyn: bool = False) -> str:
    """Name of a column's channel: without words for spend and exposure, units, adstock settings.

    Parameters
    ----------
    robyn
        The table marks spend by ``_S`` and exposure by ``_I`` or ``_P``, as Robyn's do.
    """
    measures = SPEND | BUDGET | IGNORED_EXPOSURE | frozenset().union(*EXPOSURE)
    name = _ROBYN.sub("", column) if robyn else column
    shortened = _ADSTOCK.sub("", name)
    if [word for word in tokens(shortened) if word not in measures]:
        name = shortened
    kept = _TOKEN.sub(lambda word: "" if word[0].lower() in measures else word[0], name)
    kept = re.sub(r"[$€£]|\(\s*\)|\[\s*\]", "", kept)
    kept = re.sub(r"([\s_.\-])[\s_.\-]+", r"\1", kept)
    return kept.strip(" _.-()[]/:") or column
