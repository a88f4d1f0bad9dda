"""Vocabulary of columns' names, and the name of a channel without the words that measure it.

The other files weigh it against what the columns hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mmm_assets.config.channel_kinds import SEARCH


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WEEK = _words(
    "week weeks weekid wk weekstart strt date dates day time period ds kw cw "
    "timestamp weekdate dateweek tag woche fecha semana semaine settimana data dato datum vecka "
    "дата неделя день 日期 周 週 星期 日付 날짜"
)
REGION = _words(
    "geo geos region regions dma dmacode market markets state country city area store territory "
    "province county zone location district bundesland land cluster metro stadt gebiet filiale "
    "región región région régions regione ciudad ville país pays paese регион город область "
    "geography geographies 地区 地域 省 省份 城市 门店"
)
CHANNEL = _words("channel channels media medium platform publisher vehicle kanal tactic")
CONTROL_NAME = _words("control variable factor feature driver indicator metric name")
CONTROL_VALUE = _words("value values wert level amount")

SPEND = _words(
    "spend spends spending spent adspend cost costs investment investments invest expenditure "
    "expense expenses usd eur gbp dollar dollars euro euros outlay mdsp "
    "ausgaben kosten werbekosten mediakosten werbeausgaben gasto gastos coste costes costo costos "
    "custo custos despesa inversión depense depenses dépense dépenses coût coûts cout spesa spese "
    "koszt koszty wydatki uitgaven kostnad kostnader расход расходы затраты стоимость "
    "花费 费用 支出 广告费 消耗 費用 広告費 비용"
)
_CURRENCIES = _words("usd eur gbp dollar dollars euro euros")
BUDGET = _words("budget budgets planned plan")
EXPOSURE = (
    # Best first: what says most about how much a person saw.
    _words(
        "impression impressions imps imp impr mdip impressionen impresiones impressões показы "
        "展示 展示量 曝光 曝光量 展现 展现量 表示回数 노출"
    ),
    _words("grp grps trp trps exposure exposures contacts ots kontakte"),
    _words("click clicks clk clks klicks clics cliques клики 点击 点击量 クリック 클릭"),
    _words("view views opens sends sent spots insertions circulation plays engagements sessions"),
    _words("reach volume volumes"),
)
IGNORED_EXPOSURE = _words("frequency freq cpm cpc ctr cpa cpp")

# The better sign of a KPI first; the number says whether it is money, a count or either.
KPI = (
    (_words("kpi"), "either"),
    (_words("target dependent dep depvar outcome response"), "either"),
    (_words("y"), "either"),
    (
        _words(
            "revenue revenues turnover umsatz umsätze umsaetze erlös erlöse gmv income ventas "
            "ventes vendite vendas ingresos sprzedaż omzet omsättning выручка доход продажи "
            "销售额 收入 营收 売上 매출"
        ),
        "money",
    ),
    (_words("sales"), "money"),
    (
        _words(
            "conversions conversion orders purchases transactions acquisitions bookings "
            "bestellungen absatz pedidos commandes ordini заказы 销量 订单 订单数 注文"
        ),
        "count",
    ),
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
COUNTED = _words(
    "visits sessions units orders purchases conversions leads signups installs downloads volume "
    "count"
)
VALUE = _words("per value aov ltv clv price margin worth")
WORTH = _words("aov ltv clv value unit kpi order average")
OUTSIDE = _words("competitor competitors competition comp category industry rival")
CONTROL = _words(
    "control controls price prices pricing promo promos promotion promotions discount discounts "
    "holiday holidays event events temperature temp weather rain sunshine sentiment unemployment "
    "cpi gdp inflation confidence covid lockdown mobility distribution stock availability index "
    "rate trade feature launch strike easter christmas blackfriday proxy macro economic preis "
    "preise feiertag feiertage temperatur wetter precio precios prix цена цены 价格 価格"
)
PRICE = _words("price prices pricing preis preise precio precios prix цена цены 价格 価格")
PROMOTION = _words(
    "promo promos promotion promotions discount discounts rabatt rabatte aktion descuento remise"
)
CALENDAR = _words(
    "t trend dayofyear doy dow weekday weekofyear woy weeknum month quarter year yr seas season "
    "seasonal seasonality sin cos fourier yday mday in of nbr num no number jahr monat woche"
)
ROW = _words("index idx id row rownum unnamed column0 nr")
DERIVED = _words(
    "adstock adstocked saturated saturation effect effects contribution contributions epsilon "
    "noise residual residuals predicted prediction predictions fitted forecast intercept baseline "
    "yhat true truth"
)
ASKED = _words("query queries branded searches")
KNOWN = _words("awareness recall consideration bekanntheit notoriété conocimiento 知名度 認知度")
VISITED = _words("visit visits session sessions visitors besuche visites visitas")
SURVEYED = _words("respondents asked sample base befragte répondants encuestados n")
TOTAL = _words("total sum overall all gesamt")

CHANNELS = _words(
    "tv ctv ott linear radio audio podcast podcasts print newspaper newspapers magazine magazines "
    "ooh dooh outdoor billboard billboards cinema search sem ppc sea display banner banners social "
    "facebook fb meta instagram ig google youtube yt tiktok snapchat pinterest twitter linkedin "
    "reddit bing amazon email emails affiliate affiliates influencer influencers video "
    "programmatic mail dm sms newsletter newsletters shopping pmax dv360 criteo retargeting "
    "remarketing prospecting spotify digital direct catalog catalogue flyer flyers push native "
    "seo organic crm sponsorship adwords gdn taboola outbrain quora yandex vk baidu wechat douyin "
    "naver kakao yahoo twitch hulu roku dsp ttd whatsapp walmart instacart ebay television tele "
    "fernsehen hörfunk hoerfunk kino plakat plakate zeitung zeitungen presse suche außenwerbung "
    "aussenwerbung prensa televisión télévision affichage cine тв радио пресса реклама кино "
    "наружная 电视 广播 搜索 抖音 微信 微博 百度 小红书 户外 报纸"
)
BESIDE_CHANNEL = _words(
    "ad ads paid brand branded generic nonbrand non online offline local national organic upper "
    "lower funnel campaign media channel marketing of home the and other new"
)

ONE_WORD = _words(
    "tiktok youtube linkedin snapchat adwords whatsapp wechat doubleclick dv360 cm360"
)
"""Words in which a capital, a space or a digit begins no new word: TikTok, You Tube, DV360."""
CAMPAIGN = _words("campaign campaigns kampagne kampagnen campaña campagne campagna")
BEGINS = _words("start starts starting begin begins beginning commencing from first beginn")
"""Of a column of weeks: its days are their first ones."""
ENDS = _words("end ends ending ended until last ende")
"""Of a column of weeks: its days are their last ones."""
EVENT = _words(
    "event events holiday holidays occasion name title anlass ereignis ferien feiertag "
    "veranstaltung événement evento fiesta vacances"
)
"""Of a column of a table of days: what the day is called."""
REACH = _words("reach")
FREQUENCY = _words("frequency freq")
POPULATION = _words("population inhabitants einwohner bevölkerung population_size")
PREFIXES = {"rf": REACH | FREQUENCY}
"""Word before a channel's spend → words that stand there in its exposure: rf_spend_0, reach_0."""

_FILLING = _words("ad ads advertising marketing media campaign campaigns")

_RUN = re.compile(r"\d+|[^\W\d_]+")
_IN_WORDS = re.compile(r"[⺀-鿿豈-﫿぀-ヿ가-힯]")
"""Letters of scripts that write words without spaces between them."""
_ADSTOCK = re.compile(
    r"[\s_.\-]+(?:null[\s_.\-]+)?(?:adstock|delayed|geometric|exponential|weibull|decay|lag)"
    r"(?:ed)?[\s_.\-].*$",
    re.IGNORECASE,
)
_ROBYN = re.compile(r"_[SIPOB]$")


@dataclass(frozen=True)
class _Piece:
    """A word in a name, in lower case, and where it stands."""

    word: str
    start: int
    end: int


def tokens(name: str) -> list[str]:
    """Words of a name in lower case: ``facebookSpend_EUR`` is facebook, spend, eur."""
    return [piece.word for piece in _pieces(name)]


@lru_cache(maxsize=4096)
def _pieces(name: str) -> tuple[_Piece, ...]:
    """Find the words of a name, in any alphabet."""
    split = [
        _Piece(name[start:end].lower(), start, end)
        for run in _RUN.finditer(name)
        for start, end in _spans(run[0], run.start())
    ]
    joined: list[_Piece] = []
    for piece in split:
        last = joined[-1] if joined else None
        if last and last.word + piece.word in ONE_WORD and piece.start - last.end <= 1:
            joined[-1] = _Piece(last.word + piece.word, last.start, piece.end)
        else:
            joined.append(piece)
    return tuple(joined)


def _spans(run: str, at: int) -> list[tuple[int, int]]:
    """Split a run of letters where a capital begins a word, or where a known word ends."""
    if _IN_WORDS.search(run):
        bounds = [match.span() for match in _known_unspaced().finditer(run)]
    else:
        bounds = []
        start = 0
        for place in range(1, len(run)):
            before, here = run[place - 1], run[place]
            after = run[place + 1] if place + 1 < len(run) else ""
            into_word = before.islower() and here.isupper()
            # In 'GRPs' the s is of the word before; in 'TVSpend' the S begins one.
            plural = after == "s" and not run[place + 2 : place + 3].islower()
            out_of_capitals = before.isupper() and here.isupper() and after.islower() and not plural
            if into_word or out_of_capitals:
                bounds.append((start, place))
                start = place
        bounds.append((start, len(run)))
    return [(at + start, at + end) for start, end in bounds]


@lru_cache(maxsize=1)
def _known_unspaced() -> re.Pattern[str]:
    """Pattern of a known word of such a script, the longest first, or of what lies between."""
    known = sorted(
        (word for words in _KNOWN for word in words if _IN_WORDS.search(word)),
        key=len,
        reverse=True,
    )
    either = "|".join(known)
    return re.compile(f"{either}|(?:(?!{either}).)+")


_KNOWN = (WEEK, REGION, SPEND, *EXPOSURE, *(signs for signs, _ in KPI), CONTROL, CHANNELS)


def has(name: str, words: frozenset[str]) -> bool:
    """Whether one of the words is in the name."""
    return any(token in words for token in tokens(name))


def is_spend(name: str) -> bool:
    """Whether a name says that it is money spent on media, not a price or a result in money."""
    found = set(tokens(name))
    if found & OUTSIDE or "per" in found:
        return False
    others = CONTROL | COUNTED | frozenset().union(*(signs for signs, _ in KPI))
    return says_spend(name) or bool(found & _CURRENCIES and not found & others)


def says_spend(name: str) -> bool:
    """Whether a word of a name, other than a currency's, means money that was spent."""
    return has(name, SPEND - _CURRENCIES)


def is_total(name: str) -> bool:
    """Whether a name says that it sums all others: ``total_spend``, not ``total_tv_spend``."""
    found = set(tokens(name))
    return bool(found & TOTAL) and not found - TOTAL - SPEND - BUDGET - set(_FILLING)


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
    measures = SPEND | BUDGET | frozenset().union(*EXPOSURE)
    if not is_spend(column):  # what was spent on google_cpc is a channel of that name
        measures |= IGNORED_EXPOSURE
    name = _ROBYN.sub("", column) if robyn else column
    shortened = _ADSTOCK.sub("", name)
    if [word for word in tokens(shortened) if word not in measures]:
        name = shortened
    kept = name
    for piece in reversed(_pieces(name)):
        if piece.word in measures:
            kept = kept[: piece.start] + kept[piece.end :]
    kept = re.sub(r"[$€£]|\(\s*\)|\[\s*\]", "", kept)
    kept = re.sub(r"([\s_.\-])[\s_.\-]+", r"\1", kept)
    kept = re.sub(r"\s", " ", kept)  # a line may be broken within a header
    return kept.strip(" _.-()[]/:") or column
