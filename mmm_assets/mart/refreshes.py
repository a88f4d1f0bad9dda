"""One row per refresh, what people decided of it, its training, and which refreshes count.

The conditions are SQL, for the ``current_*`` views and for queries that compare refreshes.
"""

from __future__ import annotations

from mmm_assets.mart.contract import Column, Table

NEWEST_PUBLISHED = "(SELECT max(refresh_week) FROM mart.refreshes WHERE status = 'published')"
"""The week that the ``current_*`` views show."""

HELD_WEEKS = "(SELECT refresh_week FROM mart.refreshes WHERE status = 'held')"
"""The weeks that a gate stopped or somebody took back."""

DETAILS_THAT_GO = """
    SELECT refresh_week FROM (
        SELECT refresh_week, coalesce(has_details, true) AS has_details,
               row_number() OVER (PARTITION BY status ORDER BY refresh_week DESC) AS place
        FROM mart.refreshes
    ) WHERE has_details AND place > $kept ORDER BY refresh_week
"""
"""The weeks with details beyond the newest ``$kept``; held ones never push out a published one."""

MODEL_HASHES = {name: f"{name}_hash" for name in ("about", "panel", "holdout", "final", "further")}
"""File of the saved models → column of ``mart.refreshes`` with its hash."""

REFRESH_TABLES: tuple[Table, ...] = (
    Table(
        "refreshes",
        "One row per refresh: what it saw, with what it was made, whether it is published.",
        (
            Column(
                "status",
                "VARCHAR",
                "'published', or 'held' when a gate stopped it or somebody took it back.",
            ),
            Column(
                "reason",
                "VARCHAR",
                "Why it is held, or why it was published although a gate stopped it; else empty.",
            ),
            Column("run_id", "VARCHAR", "Dagster run that published it."),
            Column(
                "data_fingerprint",
                "VARCHAR",
                "Hash of the panel and the lift tests that it was trained on.",
            ),
            Column(
                "config_fingerprint",
                "VARCHAR",
                "Hash of the configuration; 'mixed' where parts were made with several.",
            ),
            Column("code_version", "VARCHAR", "Version of the platform; 'mixed' likewise."),
            Column("seed", "BIGINT", "Seed of the ensemble."),
            Column("regions", "INTEGER", "Number of regions."),
            Column("weeks", "INTEGER", "Number of weeks of data."),
            Column("channels", "INTEGER", "Number of channels."),
            Column("seconds", "DOUBLE", "Seconds of training."),
            Column("published_at", "TIMESTAMP", "When it was published (UTC)."),
            Column("kpi_name", "VARCHAR", "Name of the KPI, from the configuration."),
            Column("currency", "VARCHAR", "Currency of spend and value, from the configuration."),
            Column("project", "VARCHAR", "Name of the project, from the configuration."),
            Column(
                "week_start",
                "VARCHAR",
                "Day that its weeks begin with; each is named by the Monday in it.",
            ),
            Column(
                "knowledge",
                "VARCHAR",
                "'latest': all that was loaded by then; 'then': what was loaded in time for the "
                "week; 'asked': what was known at a moment that somebody named.",
            ),
            Column(
                "known_on",
                "TIMESTAMP",
                "When the newest load that counted was made (UTC); mmm refresh --as-known-on with "
                "this time reads the same rows again.",
            ),
            Column("started_from", "DATE", "Refresh that training started from; null: none."),
            Column("known_load", "BIGINT", "Number of that load in raw.loads."),
            Column("about_hash", "VARCHAR", "SHA-256 of about.json, the note beside the models."),
            Column("panel_hash", "VARCHAR", "SHA-256 of the saved panel that plans reckon with."),
            Column("holdout_hash", "VARCHAR", "SHA-256 of the saved fit without the last weeks."),
            Column("final_hash", "VARCHAR", "SHA-256 of the saved fit on all weeks."),
            Column(
                "has_details",
                "BOOLEAN",
                "False where rows by region and week went with age (retention.details) and only "
                "summaries are left.",
            ),
            Column(
                "further_hash",
                "VARCHAR",
                "SHA-256 of the saved fits of further KPIs; null where there is one KPI.",
            ),
        ),
    ),
    Table(
        "decisions",
        "What people decided: to publish a refresh although a gate stopped it, to take it back, to "
        "adopt or withdraw a plan, to keep or withdraw a test. One row per decision; none is ever "
        "changed.",
        (
            Column("decided_at", "TIMESTAMP", "When (UTC)."),
            Column(
                "action",
                "VARCHAR",
                "'publish', 'rollback', 'adopt plan', 'withdraw plan', 'keep test' or 'withdraw "
                "test'.",
            ),
            Column("who", "VARCHAR", "Account, or the name that was given."),
            Column("reason", "VARCHAR", "Why, in their words."),
            Column(
                "before",
                "VARCHAR",
                "What mart.refreshes gave as the reason until then: the gates that stopped it.",
            ),
            Column(
                "run_id",
                "VARCHAR",
                "Dagster run of the refresh that was decided on, or in whose light.",
            ),
            Column(
                "decided_in",
                "VARCHAR",
                "Dagster run that carried the decision out; null from a terminal.",
            ),
            Column(
                "about",
                "VARCHAR",
                "Name of the plan or test that was decided on; null where it was a refresh.",
            ),
        ),
        decided=("decided_at", "action"),
    ),
    Table(
        "training_history",
        "Losses of the fits, averaged over the members of the ensemble.",
        (
            Column("fit", "VARCHAR", "'holdout' or 'final'."),
            Column("step", "INTEGER", "Step of the optimiser."),
            Column("term", "VARCHAR", "Term of the loss, or 'total'."),
            Column("loss", "DOUBLE", "Value of the term."),
        ),
    ),
)
