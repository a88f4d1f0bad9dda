"""Mart tables of what went in: deliveries, checks, restatements."""

from __future__ import annotations

from mmm_assets.mart.contract import CHANNEL, EVERY_ROW, REGION, WEEK, Column, Table

INPUT_TABLES: tuple[Table, ...] = (
    Table(
        "media",
        "What was delivered of each channel; no row means no activity.",
        (
            REGION,
            WEEK,
            CHANNEL,
            Column("spend", "DOUBLE", "Spend of the week; null where it was not delivered."),
            Column("exposure", "DOUBLE", "Exposure of the week; null where it was not delivered."),
            Column(
                "frequency",
                "DOUBLE",
                "Contacts per person reached in the week, of channels whose exposure is reach; "
                "null for others.",
            ),
        ),
        details=EVERY_ROW,
    ),
    Table(
        "data_checks",
        "Outcome of every check of the input tables, and of the controls by the channel graph.",
        (
            Column(
                "table_name", "VARCHAR", "Input table: media, kpi, controls, lift_tests or events."
            ),
            Column("rule", "VARCHAR", "Name of the rule."),
            Column("severity", "VARCHAR", "'blocking' or 'warning'."),
            Column("passed", "BOOLEAN", "Whether the rule held."),
            Column("failed_rows", "BIGINT", "Number of rows that broke it."),
            Column("message", "VARCHAR", "What was found, where, and what to do."),
            Column("waived_until", "DATE", "Last day on which breaking the rule is waived."),
            Column("waiver_reason", "VARCHAR", "Why it is waived."),
        ),
    ),
    Table(
        "restatements",
        "Values of past weeks that changed since the refresh of an earlier week.",
        (
            Column("table_name", "VARCHAR", "Input table: media, kpi, controls or events."),
            Column(
                "kind",
                "VARCHAR",
                "'late': there was no value; 'restated': another value; 'withdrawn': none now.",
            ),
            REGION,
            Column("name", "VARCHAR", "Channel, control or event; null for the KPI."),
            WEEK,
            Column(
                "column_name",
                "VARCHAR",
                "spend, exposure, frequency, population, kpi, value_per_kpi, value or days.",
            ),
            Column("value_before", "DOUBLE", "Value that the earlier refresh saw."),
            Column("value_after", "DOUBLE", "Value that this refresh saw."),
            Column(
                "money",
                "DOUBLE",
                "Change in money: of spend, or of the KPI's value; null for the rest.",
            ),
            Column("loaded_at", "TIMESTAMP", "When the new value was loaded (UTC)."),
        ),
    ),
)
