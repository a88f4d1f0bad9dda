"""Rules for the campaigns of a long table of media: names one level below the channel."""

from __future__ import annotations

from mmm_assets.inputs.rules.every_table import PLAIN_SPELLING
from mmm_assets.inputs.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "campaigns_named",
        "media",
        "warning",
        "Where a channel has campaigns, all of its rows name one.",
        "What has no name is one campaign, '(no campaign)'.",
        """
        SELECT channel, any_value(source) FILTER (campaign IS NULL) AS source,
               min(source_row) FILTER (campaign IS NULL) AS source_row,
               sum(spend) FILTER (campaign IS NULL) AS spend,
               CASE WHEN count(campaign) > 0 THEN count(*) FILTER (campaign IS NULL) ELSE 0 END
                   AS unnamed, count(*) FILTER (campaign IS NULL) AS failing
        FROM known_media WHERE channel IS NOT NULL GROUP BY channel
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "unnamed", "max_value": 0},
    ),
    Rule(
        "campaigns_distinct",
        "media",
        "warning",
        "No two campaigns of a channel differ in capitals, accents, spaces or hyphens alone.",
        "They are two campaigns until they are spelt alike.",
        f"""
        WITH spelt AS (
            SELECT channel, campaign, count(*) AS rows, any_value(source) AS source,
                   min(source_row) AS source_row
            FROM known_media WHERE campaign IS NOT NULL GROUP BY channel, campaign
        )
        SELECT any_value(source) AS source, arg_min(source_row, rows) AS source_row, channel,
               string_agg(campaign, ' / ' ORDER BY campaign) AS spellings,
               count(*) AS different, min(rows) AS failing
        FROM spelt GROUP BY channel, {PLAIN_SPELLING.format(name="campaign")}
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "different", "max_value": 1},
    ),
    Rule(
        "campaigns_exposed",
        "media",
        "warning",
        "A campaign with spend has exposure, where its channel has.",
        "The model reads the channel's exposure, so that nothing is credited to the campaign: "
        "deliver its exposure, or leave 'exposure' out for all.",
        """
        SELECT any_value(source) AS source, min(source_row) AS source_row, channel, campaign,
               sum(spend) AS spend,
               CASE WHEN count(*) FILTER (exposure > 0) = 0
                    THEN count(*) FILTER (spend > 0) ELSE 0 END AS unexposed,
               count(*) AS failing
        FROM known_media
        WHERE campaign IS NOT NULL
          AND channel IN (SELECT channel FROM known_media WHERE exposure > 0)
        GROUP BY channel, campaign
        """,
        "ExpectColumnValuesToBeBetween",
        {"column": "unexposed", "max_value": 0},
    ),
)
