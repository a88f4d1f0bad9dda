"""Mart table of what moves the KPI beside media: promotions, prices, holidays."""

from __future__ import annotations

from mmm_assets.mart.contract import Column, Table

TREATMENT_TABLES: tuple[Table, ...] = (
    Table(
        "treatments",
        "Promotions, prices and holidays: what each did over all weeks, against a level of its "
        "own. Empty in a project without any.",
        (
            Column("treatment", "VARCHAR", "Control with a kind, holiday or event."),
            Column("kind", "VARCHAR", "'promotion', 'price', 'holiday' or 'event'."),
            Column(
                "part",
                "VARCHAR",
                "Of a holiday: 'day', or the days 'before' or 'after' it; null for what has no "
                "parts.",
            ),
            Column(
                "reference",
                "DOUBLE",
                "Level that it is measured against, mean over regions: no promotion (0), the usual "
                "price, a day like all others (0).",
            ),
            Column("weeks", "BIGINT", "Region-weeks in which it was not at that level."),
            Column(
                "effect",
                "DOUBLE",
                "Of a price its elasticity: change of the KPI in percent for a price one percent "
                "higher. Of all others what one of them adds to its week, over the region's usual "
                "KPI: a promotion of the usual depth, a holiday, a whole week of an event.",
            ),
            Column("effect_lower", "DOUBLE", "Lower end of the 90 % interval of effect."),
            Column("effect_upper", "DOUBLE", "Upper end of the 90 % interval of effect."),
            Column(
                "contribution",
                "DOUBLE",
                "KPI over all regions and weeks that would be missing at the reference level.",
            ),
            Column(
                "contribution_lower", "DOUBLE", "Lower end of the 90 % interval of contribution."
            ),
            Column(
                "contribution_upper", "DOUBLE", "Upper end of the 90 % interval of contribution."
            ),
            Column(
                "value",
                "DOUBLE",
                "The contribution in money, before what a discount gave away; null where a unit of "
                "the KPI has no value.",
            ),
            Column("value_lower", "DOUBLE", "Lower end of the 90 % interval of value."),
            Column("value_upper", "DOUBLE", "Upper end of the 90 % interval of value."),
            Column("share", "DOUBLE", "Contribution over the sum of predictions."),
        ),
    ),
)
