"""Mart tables of media effects: contributions, returns, carryover, response."""

from __future__ import annotations

from mmm_assets.mart.contract import (
    CHANNEL,
    EVERY_ROW,
    LOWER,
    REGION,
    REGIONS_ALONE,
    UPPER,
    WEEK,
    Column,
    Table,
)

CHANNEL_TABLES: tuple[Table, ...] = (
    Table(
        "contributions",
        "What made up the predicted KPI of the final model; a week's components add up to it.",
        (
            REGION,
            WEEK,
            Column(
                "component",
                "VARCHAR",
                "'baseline', 'seasonality', a control, a promotion, a price, 'holidays', 'events', "
                "'brand' (what media of earlier weeks left behind) or a channel.",
            ),
            Column(
                "kind",
                "VARCHAR",
                "'baseline', 'seasonality', 'control', 'promotion', 'price', 'holiday', 'event', "
                "'brand' or 'media'.",
            ),
            Column("contribution", "DOUBLE", "KPI units; of media: the channel's direct effect."),
            LOWER,
            UPPER,
            Column(
                "mediated",
                "DOUBLE",
                "Of media: KPI earned through channels that it drives, which is part of their "
                "contribution too; null for other components.",
            ),
            Column("mediated_lower", "DOUBLE", "Lower end of the 90 % interval of mediated."),
            Column("mediated_upper", "DOUBLE", "Upper end of the 90 % interval of mediated."),
            Column(
                "total", "DOUBLE", "Of media: contribution + mediated; does not add up over media."
            ),
            Column(
                "unpaid",
                "DOUBLE",
                "Of media: the part of contribution that leads by what the channel creates and "
                "nobody buys; 0 without such mediators, null for other components.",
            ),
        ),
        details=EVERY_ROW,
    ),
    Table(
        "channel_summary",
        "Each channel over all weeks of the refresh.",
        (
            CHANNEL,
            Column("spend", "DOUBLE", "Total spend; null where spend is unknown."),
            Column("exposure", "DOUBLE", "Total exposure that the model read."),
            Column("contribution", "DOUBLE", "Total contribution in KPI units: direct + mediated."),
            Column(
                "direct",
                "DOUBLE",
                "KPI lost through the channel's own path, also by what it creates and nobody buys: "
                "direct_alone + mediated_unpaid.",
            ),
            Column("mediated", "DOUBLE", "KPI earned through channels that it drives."),
            Column("share", "DOUBLE", "Direct contribution over the sum of predictions."),
            Column(
                "roi",
                "DOUBLE",
                "Value of contribution over spend, the median of the draws; null without spend.",
            ),
            Column("roi_lower", "DOUBLE", "Lower end of the 90 % interval of roi."),
            Column("roi_upper", "DOUBLE", "Upper end of the 90 % interval of roi."),
            Column(
                "marginal_roi", "DOUBLE", "Value of one more unit of spend on last year's plan."
            ),
            Column(
                "contribution_lower", "DOUBLE", "Lower end of the 90 % interval of contribution."
            ),
            Column(
                "contribution_upper", "DOUBLE", "Upper end of the 90 % interval of contribution."
            ),
            Column("mediated_lower", "DOUBLE", "Lower end of the 90 % interval of mediated."),
            Column("mediated_upper", "DOUBLE", "Upper end of the 90 % interval of mediated."),
            Column("direct_roi", "DOUBLE", "Value of the direct contribution over spend."),
            Column("direct_roi_lower", "DOUBLE", "Lower end of the 90 % interval of direct_roi."),
            Column("direct_roi_upper", "DOUBLE", "Upper end of the 90 % interval of direct_roi."),
            Column(
                "r_hat",
                "DOUBLE",
                "Whether independent chains agree on the channel: 1 where they do; above 1.1 its "
                "interval may be too narrow. Null for a search and for fewer than 100 draws a "
                "chain.",
            ),
            Column(
                "effective_draws",
                "DOUBLE",
                "Independent draws that the estimate is worth; null for a search.",
            ),
            Column(
                "direct_alone",
                "DOUBLE",
                "KPI earned by the channel itself; with mediated_unpaid and mediated it adds up to "
                "contribution.",
            ),
            Column("direct_alone_lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("direct_alone_upper", "DOUBLE", "Upper end of its 90 % interval."),
            Column(
                "mediated_unpaid",
                "DOUBLE",
                "KPI earned by what it creates and nobody buys, see mediators.",
            ),
            Column("mediated_unpaid_lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("mediated_unpaid_upper", "DOUBLE", "Upper end of its 90 % interval."),
        ),
    ),
    Table(
        "campaign_summary",
        "Each campaign over all weeks: its channel's direct contribution, split among campaigns "
        "that are shrunk to their channel; no rows without campaigns.",
        (
            CHANNEL,
            Column(
                "campaign", "VARCHAR", "'(no campaign)' is what the channel ran without a name."
            ),
            Column("first_week", "DATE", "First week in which it ran."),
            Column("last_week", "DATE", "Last week in which it ran."),
            Column("spend", "DOUBLE", "Total spend; null where it is unknown."),
            Column("exposure", "DOUBLE", "Total exposure of the kind that the model read."),
            Column(
                "contribution",
                "DOUBLE",
                "Direct, KPI units; a channel's campaigns add up to its direct contribution.",
            ),
            LOWER,
            UPPER,
            Column("share", "DOUBLE", "Of the channel's direct contribution."),
            Column(
                "roi",
                "DOUBLE",
                "Value of contribution over spend, the median; null without either.",
            ),
            Column("roi_lower", "DOUBLE", "Lower end of the 90 % interval of roi."),
            Column("roi_upper", "DOUBLE", "Upper end of the 90 % interval of roi."),
            Column(
                "against_channel",
                "DOUBLE",
                "What a unit of its exposure brings over what one of its channel's brings.",
            ),
            Column("against_lower", "DOUBLE", "Lower end of the 90 % interval of it."),
            Column("against_upper", "DOUBLE", "Upper end of the 90 % interval of it."),
            Column(
                "own_evidence",
                "DOUBLE",
                "How much of that is the campaign's own: 0 where its weeks say nothing and it is "
                "taken to be as good as its channel, 1 where they say all.",
            ),
        ),
    ),
    Table(
        "adstock_curves",
        "How a channel's effect spreads over the weeks after the exposure.",
        (
            CHANNEL,
            Column("lag_weeks", "INTEGER", "Weeks after the exposure."),
            Column("weight", "DOUBLE", "Share of the effect; a channel's weights add up to 1."),
            LOWER,
            UPPER,
        ),
    ),
    Table(
        "effectiveness",
        "What a unit of a channel was worth in each week, over all regions, against its mean.",
        (
            CHANNEL,
            WEEK,
            Column("effectiveness", "DOUBLE", "1 is the channel's mean over all weeks."),
            LOWER,
            UPPER,
        ),
    ),
    Table(
        "effectiveness_evidence",
        "Whether a channel's effectiveness moved over time, how far, and how sure that is.",
        (
            CHANNEL,
            Column(
                "log_bayes_factor",
                "DOUBLE",
                "Natural logarithm of how much better the data fit effectiveness that moves than "
                "effectiveness that stays; it moves from 2.3 (ten times) on. Null where the "
                "estimator tests nothing.",
            ),
            Column(
                "evidence",
                "VARCHAR",
                "'decisive' (100 times and more), 'strong' (10), 'weak' (3), 'none', or 'against' "
                "(a third and less: it stayed).",
            ),
            Column("moves", "BOOLEAN", "Whether effectiveness moves in all other tables."),
            Column("since", "DATE", "Week from which on change counts; null where it stays."),
            Column("change", "DOUBLE", "Change of effectiveness since then, as a share."),
            Column("change_lower", "DOUBLE", "Lower end of the 90 % interval of change."),
            Column("change_upper", "DOUBLE", "Upper end of the 90 % interval of change."),
            Column("statement", "VARCHAR", "The same in words."),
        ),
    ),
    Table(
        "response_curves",
        "Weekly response when the recent plan of one channel is scaled up or down.",
        (
            CHANNEL,
            Column("region", "VARCHAR", "Region; null for all regions together."),
            Column(
                "spend",
                "DOUBLE",
                "Mean weekly spend of the scaled plan; exposure where spend is unknown.",
            ),
            Column("response", "DOUBLE", "Mean weekly contribution in KPI units."),
            Column("marginal_response", "DOUBLE", "KPI units of the next unit of spend."),
            LOWER,
            UPPER,
            Column("is_current", "BOOLEAN", "True at the current plan."),
            Column("in_data_range", "BOOLEAN", "False beyond what the data has ever seen."),
            Column("roi", "DOUBLE", "Value of the response over spend; null without either."),
            Column("marginal_roi", "DOUBLE", "Value of the next unit of spend."),
            Column(
                "horizon_response",
                "DOUBLE",
                "Mean weekly response when only the weeks of the planning horizon are scaled.",
            ),
            Column("horizon_lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("horizon_upper", "DOUBLE", "Upper end of its 90 % interval."),
        ),
        details=REGIONS_ALONE,
    ),
    Table(
        "response_shapes",
        "The few shapes of which every draw's response curve of a channel is a sum; channels with "
        "known spend.",
        (
            CHANNEL,
            Column("shape", "INTEGER", "Number of the shape within the channel, from 1."),
            Column("multiplier", "DOUBLE", "Multiple of the recent plan's spend; 1 is today."),
            Column("height", "DOUBLE", "Of the shape there; 0 without spend."),
        ),
        details=EVERY_ROW,
    ),
    Table(
        "response_draws",
        "What each draw of the model says a channel brings in a region: the sum over shapes of "
        "weight · response_shapes.height is the mean weekly contribution at that multiple of the "
        "recent plan. Draws of one number belong together over channels and regions.",
        (
            CHANNEL,
            REGION,
            Column("draw", "INTEGER", "Number of the draw, from 1."),
            Column("shape", "INTEGER", "Number of the shape within the channel."),
            Column("weight", "FLOAT", "Of the shape in the response, KPI units a week."),
        ),
        details=EVERY_ROW,
    ),
    Table(
        "response_curve_parameters",
        "Hill curve fitted to each channel's national response curve.",
        (
            CHANNEL,
            Column("slope", "DOUBLE", "Exponent of the Hill curve."),
            Column("half_saturation", "DOUBLE", "Weekly spend at half of the ceiling."),
            Column("ceiling", "DOUBLE", "Weekly response at saturation, KPI units."),
            Column("r2", "DOUBLE", "Fit of the Hill curve to the response curve."),
            Column("current_spend", "DOUBLE", "Mean weekly spend of the recent plan."),
            Column("current_saturation", "DOUBLE", "Share of the ceiling that it reaches."),
            Column("saturation_spend", "DOUBLE", "Weekly spend that reaches 80 % of the ceiling."),
        ),
    ),
    Table(
        "exposure_costs",
        "What a unit of exposure cost, by quarter; channels with spend and exposure alone.",
        (
            CHANNEL,
            Column("quarter", "DATE", "First day of the quarter."),
            Column("spend", "DOUBLE", "Spend of the quarter's weeks."),
            Column("exposure", "DOUBLE", "Exposure of the quarter's weeks."),
            Column("cost_per_exposure", "DOUBLE", "Spend over exposure."),
            Column("drift", "DOUBLE", "Relative change of the cost since the quarter a year ago."),
        ),
    ),
    Table(
        "frequency",
        "What the recent money of a channel of reach would bring at other frequencies, a week.",
        (
            CHANNEL,
            Column("frequency", "DOUBLE", "Contacts per person reached, the same in all weeks."),
            Column("response", "DOUBLE", "Mean weekly contribution in KPI units; direct."),
            LOWER,
            UPPER,
            Column("roi", "DOUBLE", "Value of the response over spend; null without either."),
            Column("roi_lower", "DOUBLE", "Lower end of the 90 % interval of roi."),
            Column("roi_upper", "DOUBLE", "Upper end of the 90 % interval of roi."),
            Column(
                "probability", "DOUBLE", "Share of the draws in which it brings the most of all."
            ),
            Column("is_best", "BOOLEAN", "True where the expected response is largest."),
            Column("is_current", "BOOLEAN", "True nearest to the mean frequency of the last year."),
        ),
    ),
    Table(
        "lift_tests",
        "Each experiment beside what the model says of it, KPI a week.",
        (
            CHANNEL,
            Column("region", "VARCHAR", "Regions of the test, joined by '|'; null: everywhere."),
            Column("start_week", "DATE", "First week; null for a lasting change."),
            Column("end_week", "DATE", "Last week; null for a lasting change."),
            Column("change", "DOUBLE", "Change of weekly spend, or exposure, as delivered."),
            Column("measured", "DOUBLE", "Measured lift."),
            Column("standard_error", "DOUBLE", "Its standard error, as delivered."),
            Column("used_error", "DOUBLE", "As used: wider where the test conflicts."),
            Column("conflicts", "BOOLEAN", "True where test and model disagree beyond doubt."),
            Column("before", "DOUBLE", "Lift that the model expected without any test."),
            Column("before_lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("before_upper", "DOUBLE", "Upper end of its 90 % interval."),
            Column("after", "DOUBLE", "Lift that the published model expects."),
            Column("after_lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("after_upper", "DOUBLE", "Upper end of its 90 % interval."),
            Column(
                "weight",
                "DOUBLE",
                "What the test counts by its age: 1 as measured, 0.5 half (experiments.half_life).",
            ),
        ),
    ),
)
