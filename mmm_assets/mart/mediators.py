"""Mart tables of what media create and nobody buys: brand searches, site visits, awareness."""

from __future__ import annotations

from mmm_assets.mart.contract import REGION, WEEK, Column, Table

MEDIATOR_TABLES: tuple[Table, ...] = (
    Table(
        "mediators",
        "What each channel creates of what nobody buys, and earns by it; a row without a channel "
        "is all of them together. Empty in a project without any.",
        (
            Column("mediator", "VARCHAR", "Brand searches, visits, awareness, as they are named."),
            Column("kind", "VARCHAR", "'counted', or 'survey': a share of the people asked."),
            Column("channel", "VARCHAR", "That creates it; null: all channels together."),
            Column("weeks", "BIGINT", "Region-weeks in which somebody counted or asked."),
            Column(
                "created_share",
                "DOUBLE",
                "Of the mediator over all weeks, the part that the channel created; the median of "
                "the draws.",
            ),
            Column("created_share_lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("created_share_upper", "DOUBLE", "Upper end of its 90 % interval."),
            Column(
                "effect",
                "DOUBLE",
                "Change of the KPI in percent for one percent more of the mediator.",
            ),
            Column("effect_lower", "DOUBLE", "Lower end of the 90 % interval of effect."),
            Column("effect_upper", "DOUBLE", "Upper end of the 90 % interval of effect."),
            Column(
                "contribution",
                "DOUBLE",
                "KPI units that the channel earns by what it created, part of its own path.",
            ),
            Column(
                "contribution_lower", "DOUBLE", "Lower end of the 90 % interval of contribution."
            ),
            Column(
                "contribution_upper", "DOUBLE", "Upper end of the 90 % interval of contribution."
            ),
        ),
    ),
    Table(
        "mediator_weeks",
        "What each mediator was in every week, also between the waves of a survey.",
        (
            Column("mediator", "VARCHAR", "As in mediators."),
            REGION,
            WEEK,
            Column("value", "DOUBLE", "As counted or asked; null where nobody did."),
            Column("error", "DOUBLE", "Standard error of value: 0 where it was counted."),
            Column(
                "expected", "DOUBLE", "What it was: value where it was counted, else estimated."
            ),
            Column("lower", "DOUBLE", "Lower end of the 90 % interval of expected."),
            Column("upper", "DOUBLE", "Upper end of the 90 % interval of expected."),
            Column("created", "DOUBLE", "The part that media created, mean of the draws."),
        ),
    ),
)
