"""Mart table of what media leave behind for later years."""

from __future__ import annotations

from mmm_assets.mart.contract import CHANNEL, Column, Table

LONG_TERM_TABLES: tuple[Table, ...] = (
    Table(
        "long_term",
        "Channels whose effect may last for years: the long-term share and whether this table can "
        "tell it. Empty in a project without 'model.brand'.",
        (
            CHANNEL,
            Column(
                "told",
                "BOOLEAN",
                "Whether the data tell a long-term effect: a Bayes factor above 10.",
            ),
            Column(
                "log_bayes_factor",
                "DOUBLE",
                "Natural logarithm of how many times better the data fit a slow stock than none.",
            ),
            Column(
                "share",
                "DOUBLE",
                "Long-term part of all that the channel brings. Where nothing is told: what is "
                "expected of other brands, which is in no other figure.",
            ),
            Column("share_lower", "DOUBLE", "Lower end of the 90 % interval of share."),
            Column("share_upper", "DOUBLE", "Upper end of the 90 % interval of share."),
            Column(
                "half_life",
                "DOUBLE",
                "Weeks in which half of the stock is gone; expected before the data where nothing "
                "is told.",
            ),
            Column("half_life_lower", "DOUBLE", "Lower end of the 90 % interval of half_life."),
            Column("half_life_upper", "DOUBLE", "Upper end of the 90 % interval of half_life."),
            Column(
                "short_term",
                "DOUBLE",
                "KPI of all weeks by adstock alone: contribution of mart.channel_summary.",
            ),
            Column("short_term_lower", "DOUBLE", "Lower end of the 90 % interval of short_term."),
            Column("short_term_upper", "DOUBLE", "Upper end of the 90 % interval of short_term."),
            Column(
                "long_term",
                "DOUBLE",
                "KPI that the same weeks leave behind, part of it after the last week; null where "
                "nothing is told.",
            ),
            Column("long_term_lower", "DOUBLE", "Lower end of the 90 % interval of long_term."),
            Column("long_term_upper", "DOUBLE", "Upper end of the 90 % interval of long_term."),
            Column("to_come", "DOUBLE", "Part of long_term that comes after the last week."),
            Column("to_come_lower", "DOUBLE", "Lower end of the 90 % interval of to_come."),
            Column("to_come_upper", "DOUBLE", "Upper end of the 90 % interval of to_come."),
            Column("roi", "DOUBLE", "Short-term return: roi of mart.channel_summary."),
            Column("roi_lower", "DOUBLE", "Lower end of the 90 % interval of roi."),
            Column("roi_upper", "DOUBLE", "Upper end of the 90 % interval of roi."),
            Column(
                "roi_with_long_term",
                "DOUBLE",
                "Return with what comes later; null where nothing is told.",
            ),
            Column(
                "roi_with_long_term_lower",
                "DOUBLE",
                "Lower end of the 90 % interval of roi_with_long_term.",
            ),
            Column(
                "roi_with_long_term_upper",
                "DOUBLE",
                "Upper end of the 90 % interval of roi_with_long_term.",
            ),
            Column("statement", "VARCHAR", "What the data say, in a sentence."),
        ),
    ),
)
