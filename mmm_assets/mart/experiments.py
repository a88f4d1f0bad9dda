"""Mart tables of experiments: which test next."""

from __future__ import annotations

from mmm_assets.mart.contract import CHANNEL, Column, Table

_KIND = Column(
    "kind",
    "VARCHAR",
    "'holdback' and 'go_dark': the channel stops in a small or a large part of the country; "
    "'heavy_up': it is doubled there; 'switchback': it stops everywhere every other fortnight.",
)
_REGIONS = Column("regions", "VARCHAR", "Regions with the test, joined by '|'.")

EXPERIMENT_TABLES: tuple[Table, ...] = (
    Table(
        "experiment_ideas",
        "Which test next: the best design of each kind for each channel, by what it is worth. "
        "Empty where the fit has fewer than 50 draws.",
        (
            CHANNEL,
            _KIND,
            Column("rank", "INTEGER", "1 is the test that pays most; by net, then by power."),
            Column("weeks", "INTEGER", "Length of the test."),
            _REGIONS,
            Column(
                "worth",
                "DOUBLE",
                "What a better budget is expected to gain by the test's result, over "
                "experiments.use_weeks; money, or KPI where no value is known.",
            ),
            Column("worth_of_certainty", "DOUBLE", "The same were the result without error."),
            Column(
                "cost",
                "DOUBLE",
                "Spend less the value of the KPI that the test gains; negative where it saves.",
            ),
            Column("unit", "VARCHAR", "Of worth, cost and net: 'money' or 'KPI'."),
            Column("use_weeks", "INTEGER", "Weeks in which a better budget pays for the test."),
            Column("net", "DOUBLE", "worth less cost, where that is above 0."),
            Column("spend_change", "DOUBLE", "Change of spend, the whole test."),
            Column("kpi_change", "DOUBLE", "Change of the KPI, with what comes after."),
            Column("expected", "DOUBLE", "Weekly lift that the model expects, KPI."),
            Column("lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("upper", "DOUBLE", "Upper end of its 90 % interval."),
            Column("standard_error", "DOUBLE", "Of the weekly lift that the test will measure."),
            Column(
                "smallest", "DOUBLE", "Smallest weekly lift that four tests of five would find."
            ),
            Column("power", "DOUBLE", "Chance of finding a lift, by what the model expects."),
            Column("known", "DOUBLE", "Share of the model's doubt about the lift that it removes."),
            Column(
                "false_share",
                "DOUBLE",
                "Share of past windows without a test in which the design found something; 0.1 is "
                "promised.",
            ),
            Column("last_test", "DATE", "Last week of the channel's newest lift test; null: none."),
            Column("age_weeks", "DOUBLE", "Weeks since then."),
        ),
    ),
)
