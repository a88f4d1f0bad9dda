"""Tables that connectors, shops and web analytics deliver: a row each, and nothing else here.

A row says by which columns a table is known and how its rows become media or a KPI. One more such
table is one more row. How a row is found and its SQL written is for ``recognise``.

Names are compared by their letters and digits alone, so that ``metrics.cost_micros`` (Airbyte),
``metrics_cost_micros`` (ingestr), ``metrics__cost_micros`` (dlt) and a struct ``metrics`` with a
field ``cost_micros`` are one spelling, ``metricscostmicros``. In SQL ``{word}`` is the column of
that word, and a line that names a column which the table lacks is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Spellings = tuple[str, ...]
"""How a column may be called, by letters and digits; the first that is there counts."""


@dataclass(frozen=True)
class KnownMedia:
    """A table of what advertising cost, by day and campaign.

    Parameters
    ----------
    what
        A noun phrase for a person.
    needs
        Word → spellings; a table has all of them.
    may
        Further words, used where they are there.
    named
        Pattern of the table's name, where columns alone do not tell whose spend it is; its group
        ``platform`` is the platform.
    platform
        SQL of the platform, which is the channel unless there is a ``type`` of campaign.
    spend
        SQL of the money in a row.
    """

    what: str
    needs: Mapping[str, Spellings]
    may: Mapping[str, Spellings] = field(default_factory=dict)
    named: str | None = None
    platform: str = "'{platform_of_name}'"
    spend: str = "CAST({spend} AS DOUBLE)"


@dataclass(frozen=True)
class KnownKpi:
    """A table of what was sold or visited.

    Parameters
    ----------
    what, needs, may
        As of `KnownMedia`.
    sql
        SELECT of ``day`` and each of ``measures``; the platform sums its days to weeks.
    measures
        Measure → the count that it is the worth of, or None. The first that is not 0 throughout
        is the KPI, unless ``--kpi`` names another.
    said
        What a person should know of the query, a line each.
    is_moment
        Whether ``day`` is an instant, whose day depends on a time zone, and not a day.
    """

    what: str
    needs: Mapping[str, Spellings]
    sql: str
    measures: Mapping[str, str | None]
    may: Mapping[str, Spellings] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    is_moment: bool = False


_SEEN = {
    "impressions": ("impressions", "metricsimpressions"),
    "clicks": ("clicks", "metricsclicks", "taps", "swipes"),
}
_CAMPAIGN: Spellings = (
    "campaignid",
    "campaignname",
    "campaigngroupid",
    "metricscampaignname",
    "dimensionscampaignid",
)
_ACCOUNT: Spellings = ("accountid", "advertiserid", "customerid", "adaccountid", "organizationid")
_PLATFORMS = (
    "google|facebook|tiktok|microsoft|linkedin|pinterest|snapchat|twitter|reddit|amazon|"
    "apple_search"
)

FINER: Spellings = (
    *("adgroup", "adset", "adid", "adname", "keyword", "searchterm", "criterion", "asset"),
    *("age", "gender", "country", "region", "dma", "placement", "publisherplatform", "url"),
)
"""How columns begin that split campaigns further: the same money as in the campaigns, or less."""

MEDIA: tuple[KnownMedia, ...] = (
    KnownMedia(
        what="Fivetran's ad_reporting report of all platforms",
        needs={
            "day": ("dateday",),
            "platform": ("platform",),
            "spend": ("spend",),
            "level": (*_CAMPAIGN, *_ACCOUNT),
        },
        may={**_SEEN, "campaign": _CAMPAIGN, "currency": ("currency", "currencycode")},
        platform="{platform}",
    ),
    KnownMedia(
        what="Fivetran's report of one platform",
        needs={"day": ("dateday",), "spend": ("spend", "cost")},
        may={
            **_SEEN,
            "campaign": _CAMPAIGN,
            "type": ("advertisingchanneltype",),
            "currency": ("currency", "currencycode"),
        },
        named=rf"(?P<platform>(?:{_PLATFORMS})_ads)__\w+_report",
    ),
    KnownMedia(
        what="a report of Google Ads (Airbyte, Fivetran, ingestr, dlt, BigQuery's transfer)",
        needs={"day": ("segmentsdate", "date"), "spend": ("metricscostmicros", "costmicros")},
        may={
            **_SEEN,
            "campaign": _CAMPAIGN,
            "type": ("campaignadvertisingchanneltype", "advertisingchanneltype"),
            "currency": ("customercurrencycode",),
        },
        platform="'google'",
        spend="CAST({spend} AS DOUBLE) / 1e6",
    ),
    KnownMedia(
        what="Meta's ad insights (Airbyte, ingestr, dlt)",
        needs={
            "day": ("datestart",),
            "spend": ("spend",),
            "level": (*_CAMPAIGN, *_ACCOUNT, "adsetid", "adid"),
        },
        may={
            **_SEEN,
            "campaign": _CAMPAIGN,
            "last_day": ("datestop",),
            "currency": ("accountcurrency",),
        },
        platform="'meta'",
    ),
    KnownMedia(
        what="a report of TikTok (Airbyte, ingestr)",
        needs={
            "day": ("stattimeday", "dimensionsstattimeday"),
            "spend": ("spend", "metricsspend"),
        },
        may={**_SEEN, "campaign": _CAMPAIGN, "currency": ("currency", "metricscurrency")},
        platform="'tiktok'",
    ),
    KnownMedia(
        what="a report of Microsoft Advertising (Airbyte)",
        needs={"day": ("timeperiod",), "spend": ("spend",), "account": _ACCOUNT},
        may={**_SEEN, "campaign": _CAMPAIGN, "currency": ("currencycode",)},
        platform="'microsoft'",
    ),
    KnownMedia(
        what="a campaign report in Fivetran's columns, whose name says its platform",
        needs={"day": ("dateday",), "spend": ("spend", "cost"), "campaign": _CAMPAIGN},
        may={
            **_SEEN,
            "type": ("advertisingchanneltype",),
            "currency": ("currency", "currencycode"),
        },
        named=r"(?P<platform>\w+?)(?:__campaign_report)?",
    ),
)
"""The first that fits counts."""

_ORDERS = """
WITH latest AS (
    SELECT *, {day} AS order_day
    FROM {table}
    QUALIFY row_number() OVER (PARTITION BY {id} ORDER BY {updated} DESC) = 1  -- as it is now
),
kept AS (
    SELECT
        order_day AS day,
        CAST({total} AS DOUBLE)
        - coalesce(CAST({refunded} AS DOUBLE), 0)
        AS amount
    FROM latest
    WHERE {total} IS NOT NULL
        AND {cancelled} IS NULL  -- cancelled orders are left out
        AND NOT coalesce(CAST({test} AS BOOLEAN), false)  -- so are test orders,
        AND NOT coalesce(CAST({deleted} AS BOOLEAN), false)  -- deleted ones,
        AND coalesce(lower({status}), '') NOT IN ('voided', 'refunded')  -- and those paid back
),
days AS (  -- a day without an order is a day of 0
    SELECT unnest(generate_series(min(order_day), max(order_day), INTERVAL 1 DAY))::DATE AS day
    FROM latest
)
SELECT day, count(amount) AS orders, coalesce(sum(amount), 0) AS revenue
FROM days LEFT JOIN kept USING (day)
GROUP BY day
"""

_EVENTS = """
WITH events AS (
    SELECT * FROM {table}
    WHERE {event} IN ('purchase', 'session_start')
    QUALIFY {event} <> 'purchase' OR coalesce({transaction}, '') IN ('', '(not set)')
        OR row_number() OVER (PARTITION BY {event}, {transaction} ORDER BY {time}) = 1  -- once
)
SELECT
    {day} AS day,
    count(*) FILTER ({event} = 'purchase') AS purchases,
    coalesce(sum(CAST({revenue} AS DOUBLE)) FILTER ({event} = 'purchase'), 0) AS revenue,
    count(*) FILTER ({event} = 'session_start') AS sessions,
FROM events
GROUP BY ALL
"""

KPIS: tuple[KnownKpi, ...] = (
    KnownKpi(
        what="orders of Shopify (Airbyte, Fivetran, ingestr)",
        needs={
            "day": ("createdat", "createdtimestamp", "processedat", "processedtimestamp"),
            "total": ("currenttotalprice", "orderadjustedtotal", "totalprice"),
            "status": ("financialstatus", "displayfinancialstatus"),
        },
        may={
            "id": ("id", "orderid"),
            "updated": ("updatedat", "updatedtimestamp"),
            "cancelled": ("cancelledat", "cancelledtimestamp"),
            "test": ("test", "istestorder"),
            "deleted": ("fivetrandeleted", "isdeleted"),
            "currency": ("currency",),
        },
        sql=_ORDERS,
        measures={"revenue": "orders", "orders": None},
        said=("test, cancelled, voided and refunded orders are left out",),
        is_moment=True,
    ),
    KnownKpi(
        what="orders exported from Shopify's admin",
        needs={
            "day": ("createdat",),
            "total": ("total",),
            "status": ("financialstatus",),
            "item": ("lineitemname", "lineitemquantity"),
        },
        may={
            "cancelled": ("cancelledat",),
            "refunded": ("refundedamount",),
            "currency": ("currency",),
        },
        sql=_ORDERS,
        measures={"revenue": "orders", "orders": None},
        said=(
            "cancelled, voided and refunded orders are left out; rows of further items, too",
            "the export does not say which orders are tests",
        ),
        is_moment=True,
    ),
    KnownKpi(
        what="events of GA4 (its BigQuery export)",
        needs={"day": ("eventdate",), "event": ("eventname",), "time": ("eventtimestamp",)},
        may={
            "revenue": ("ecommercepurchaserevenue", "purchaserevenue"),
            "transaction": ("ecommercetransactionid", "transactionid"),
        },
        sql=_EVENTS,
        measures={"revenue": "purchases", "purchases": None, "sessions": None},
        said=(
            "event_date is the day in the property's own time zone",
            "a purchase that was sent twice counts once; a session is an event session_start",
        ),
    ),
    KnownKpi(
        what="a report of GA4's Data API (Airbyte, ingestr)",
        needs={
            "day": ("date",),
            "sessions": ("sessions",),
            "users": ("totalusers", "activeusers", "newusers", "engagedsessions"),
        },
        may={
            "revenue": ("purchaserevenue", "totalrevenue"),
            "purchases": ("ecommercepurchases", "transactions"),
        },
        sql="""
SELECT
    {day} AS day,
    sum(CAST({revenue} AS DOUBLE)) AS revenue,
    sum(CAST({purchases} AS DOUBLE)) AS purchases,
    sum(CAST({sessions} AS DOUBLE)) AS sessions,
FROM {table}
GROUP BY ALL
""",
        measures={"revenue": "purchases", "purchases": None, "sessions": None},
        said=("a date is the day in the property's own time zone",),
    ),
)
"""The first that fits counts; shops come before web analytics, which miss orders."""
