"""The mart table of how far the numbers of a refresh can be believed."""

from __future__ import annotations

from mmm_assets.mart.contract import Column, Table

TRUST_TABLES: tuple[Table, ...] = (
    Table(
        "trust_tests",
        "What tests of the fit on its own data found: how far each number can be believed. A row "
        "for each measure of each test, and channel where it is of one.",
        (
            Column(
                "test",
                "VARCHAR",
                "'overall' (of a channel: how many deciding tests are in doubt), "
                "'interval_width', 'prior_against_data', 'hidden_confounder', 'forecasts', "
                "'placebo', 'twin', and mmm-eval's: 'in_sample_accuracy', 'holdout_accuracy', "
                "'cross_validation', 'refresh_stability', 'perturbation', 'shuffled_channel'.",
            ),
            Column("measure", "VARCHAR", "What was measured; the sentence says it in words."),
            Column("channel", "VARCHAR", "Media channel; null where it is of the whole fit."),
            Column(
                "value",
                "DOUBLE",
                "The measure; shares are of 1, returns are a channel's direct ROI or, where there "
                "is none, its share of the KPI.",
            ),
            Column("lower", "DOUBLE", "Lower end of the 90 % interval that belongs to it."),
            Column("upper", "DOUBLE", "Upper end of that interval."),
            Column("threshold", "DOUBLE", "What the verdict is held against; null: a figure only."),
            Column("verdict", "VARCHAR", "'good', 'doubtful', or 'none' for a figure only."),
            Column("sentence", "VARCHAR", "The same in plain words."),
            Column(
                "tested_week",
                "DATE",
                "Refresh whose fit was tested; an earlier one where the test runs once a month.",
            ),
            Column("hold_limit", "DOUBLE", "Limit of trust.at_least or trust.at_most; null: none."),
            Column("holds", "BOOLEAN", "Whether it is beyond that limit, and holds the refresh."),
        ),
    ),
)
