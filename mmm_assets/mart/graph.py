"""Mart tables of the channel graph."""

from __future__ import annotations

from mmm_assets.mart.contract import Column, Table

GRAPH_TABLES: tuple[Table, ...] = (
    Table(
        "channel_graph",
        "Learned edges between channels and controls; a same-week edge has lag 0.",
        (
            Column("source", "VARCHAR", "Channel or control that drives."),
            Column("target", "VARCHAR", "Channel or control that is driven."),
            Column("lag_weeks", "INTEGER", "Weeks until the target responds."),
            Column("weight", "DOUBLE", "Standard deviations of target per one of source."),
            Column(
                "probability",
                "DOUBLE",
                "Share of bootstrap refits that find the edge and hardly its opposite; later lags "
                "show the first's.",
            ),
            Column("published", "BOOLEAN", "True where the counterfactuals run through the edge."),
            Column("source_kind", "VARCHAR", "'channel' or 'control'."),
            Column("target_kind", "VARCHAR", "'channel' or 'control'."),
            Column(
                "status",
                "VARCHAR",
                "'published', or 'undetermined': found by some refits, not by enough to be used.",
            ),
            Column(
                "method",
                "VARCHAR",
                "Who learned it: 'order', 'notears', 'dynotears', or 'joint' with the response.",
            ),
        ),
    ),
    Table(
        "graph_methods",
        "Edges of each method of learning the graph; one row per method without a source, too.",
        (
            Column("method", "VARCHAR", "'order', 'notears', 'dynotears' or 'joint'."),
            Column("used", "BOOLEAN", "True for the method that the configuration names."),
            Column("source", "VARCHAR", "That drives; null in the row of the method itself."),
            Column("target", "VARCHAR", "That is driven; null likewise."),
            Column("lag_weeks", "INTEGER", "Weeks until the target responds first."),
            Column("probability", "DOUBLE", "Of the surest lag; 0 where no refit found the edge."),
            Column("published", "BOOLEAN", "Whether this method alone would publish it."),
        ),
    ),
    Table(
        "graph_metrics",
        "Measures of the whole channel graph, one row per metric.",
        (
            Column(
                "metric",
                "VARCHAR",
                "'varsortability' and 'r2_sortability' (share of driven pairs that sorting by "
                "variance, or by how well a series is explained, would order right; 0.5: no "
                "hint), 'published_pairs', 'undetermined_pairs', 'driven_controls'.",
            ),
            Column("value", "DOUBLE", "The metric; null where no edge is published."),
        ),
    ),
    Table(
        "graph_controls",
        "What the channel graph says of each control.",
        (
            Column("control", "VARCHAR", "Control."),
            Column(
                "role",
                "VARCHAR",
                "'treatment' of a promotion or a price, 'driven' where media drive it, "
                "'instrument' where the configuration says that it acts only through the channels "
                "it drives, else 'exogenous'.",
            ),
            Column(
                "in_response",
                "BOOLEAN",
                "Whether the response is adjusted for it; by default not where media drive it.",
            ),
            Column("driver", "VARCHAR", "Its likeliest driver; null where no refit found one."),
            Column("lag_weeks", "INTEGER", "Weeks until the control responds to it."),
            Column("probability", "DOUBLE", "Probability of that edge."),
            Column("drives", "VARCHAR", "Channels that the control drives, by published edges."),
        ),
    ),
    Table(
        "first_stages",
        "Channels whose exposure the response reads corrected: as instruments foretell it, or "
        "without errors of reading.",
        (
            Column("channel", "VARCHAR", "Channel whose exposure is corrected."),
            Column("instruments", "VARCHAR", "Instruments that move it, separated by commas."),
            Column(
                "f_statistic",
                "DOUBLE",
                "F statistic of the instruments in the first stage; null without any.",
            ),
            Column("weak", "BOOLEAN", "True below 10: the instruments hardly move the channel."),
            Column(
                "noise_share",
                "DOUBLE",
                "Share of what the first stage leaves open that is taken for an error of reading; "
                "1 with instruments.",
            ),
            Column("noise_share_lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("noise_share_upper", "DOUBLE", "Upper end of its 90 % interval."),
            Column(
                "correction",
                "DOUBLE",
                "Root mean squared difference of corrected and recorded exposure, over the mean.",
            ),
        ),
    ),
    Table(
        "edge_tests",
        "What changes when a published edge between two channels is removed.",
        (
            Column("source", "VARCHAR", "Channel that drives."),
            Column("target", "VARCHAR", "Channel that is driven."),
            Column("lag_weeks", "INTEGER", "Weeks until the target responds first."),
            Column("probability", "DOUBLE", "Probability of the edge."),
            Column("mediated", "DOUBLE", "KPI that the source earns through it, and would lose."),
            Column("mediated_lower", "DOUBLE", "Lower end of the 90 % interval of mediated."),
            Column("mediated_upper", "DOUBLE", "Upper end of the 90 % interval of mediated."),
            Column("mediated_share", "DOUBLE", "mediated over the source's total contribution."),
            Column(
                "target_error",
                "DOUBLE",
                "RMSE over the mean of the target's exposure in the held-out weeks, forecast by "
                "its equation.",
            ),
            Column("target_error_without", "DOUBLE", "The same without the source."),
            Column("forecast_gain", "DOUBLE", "1 − target_error / target_error_without."),
            Column(
                "kpi_forecast_change",
                "DOUBLE",
                "Change of the predicted KPI, over its mean, when the target's exposure is "
                "forecast without the source instead of with it.",
            ),
        ),
    ),
)
