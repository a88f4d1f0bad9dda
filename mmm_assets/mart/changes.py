"""The mart table of why numbers changed."""

from __future__ import annotations

from mmm_assets.mart.contract import CHANNEL, Column, Table

CHANGE_TABLES: tuple[Table, ...] = (
    Table(
        "changes",
        "Why numbers changed since the published refresh before: one row per cause, one after "
        "the other from the number of then to that of now.",
        (
            CHANNEL,
            Column(
                "quantity",
                "VARCHAR",
                "'roi', 'contribution' (KPI units over all weeks) or 'budget' (weekly spend that "
                "the first scenario recommends).",
            ),
            Column(
                "cause",
                "VARCHAR",
                "'new weeks', 'restated, withdrawn or late rows', 'weeks that left', "
                "'configuration: SECTION', 'code version', 'randomness of the fit' (another seed), "
                "'interaction' (depends on the order in which causes are applied) or 'what is "
                "left' (not split). Causes that changed nothing have no row.",
            ),
            Column("from_value", "DOUBLE", "Value before the cause is applied."),
            Column("to_value", "DOUBLE", "Value after it."),
            Column("share", "DOUBLE", "Of the whole change; may be negative, adds up to 1."),
            Column("place", "INTEGER", "Order of the causes, from 0."),
            Column("previous_week", "DATE", "Refresh week that is compared with."),
        ),
    ),
)
