"""Mart tables of experiments: which test next, those that are kept, and what became of them."""

from __future__ import annotations

from mmm_assets.mart.contract import CHANNEL, Column, Table

_NAME = Column("experiment", "VARCHAR", "Name of the test; null: a row of lift tests without one.")
_KIND = Column(
    "kind",
    "VARCHAR",
    "'holdback' and 'go_dark': the channel stops in a small or a large part of the country; "
    "'heavy_up': it is doubled there; 'switchback': it stops everywhere every other fortnight.",
)
_REGIONS = Column("regions", "VARCHAR", "Regions with the test, joined by '|'.")
_START = Column("start_week", "DATE", "Monday of its first week.")
_END = Column("end_week", "DATE", "Monday of its last week.")
_EXPECTED = (
    Column("expected", "DOUBLE", "Weekly lift that the model expected before the test, KPI."),
    Column("lower", "DOUBLE", "Lower end of its 90 % interval."),
    Column("upper", "DOUBLE", "Upper end of its 90 % interval."),
)
_SEES = (
    Column("smallest", "DOUBLE", "Smallest weekly lift that four tests of five would find."),
    Column("power", "DOUBLE", "Chance of finding a lift, by what the model expects."),
)

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
            *_EXPECTED,
            Column("standard_error", "DOUBLE", "Of the weekly lift that the test will measure."),
            *_SEES,
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
    Table(
        "experiments",
        "Tests that were designed and kept, with what the model said before them. None is ever "
        "changed; that one was withdrawn is a row of mart.decisions.",
        (
            _NAME,
            Column("kept_at", "TIMESTAMP", "When (UTC)."),
            Column("who", "VARCHAR", "Account, or the name that was given."),
            Column("run_id", "VARCHAR", "Dagster run of the refresh that designed it."),
            CHANNEL,
            _KIND,
            _REGIONS,
            Column("beside", "VARCHAR", "Regions that it is held against, joined by '|'."),
            _START,
            _END,
            Column("weeks", "INTEGER", "Its length."),
            Column("change", "DOUBLE", "Planned change of weekly spend, all its regions."),
            Column("spend_change", "DOUBLE", "Planned change of spend, the whole test."),
            Column("kpi_change", "DOUBLE", "Expected change of the KPI, with what comes after."),
            Column("cost", "DOUBLE", "Spend less the value of the KPI; null without a value."),
            *_EXPECTED,
            Column("standard_error", "DOUBLE", "Of the weekly lift that it will measure."),
            *_SEES,
            Column("false_share", "DOUBLE", "Share of past windows in which it found some."),
        ),
        decided=("experiment",),
    ),
    Table(
        "experiment_track",
        "Every test, kept or only measured: how it stands, and what was measured against what the "
        "model said before it and says now.",
        (
            _NAME,
            CHANNEL,
            _KIND,
            _REGIONS,
            _START,
            _END,
            Column(
                "status",
                "VARCHAR",
                "'to come', 'running', 'over' (and not read yet), 'read' or 'withdrawn'.",
            ),
            Column("change", "DOUBLE", "Planned change of weekly spend, else the measured one."),
            Column(
                "delivered",
                "DOUBLE",
                "Change of weekly spend so far, against the year before; null before it begins.",
            ),
            *_EXPECTED,
            Column("measured", "DOUBLE", "Measured weekly lift, KPI; null: not yet."),
            Column("standard_error", "DOUBLE", "Its standard error."),
            Column(
                "inside",
                "BOOLEAN",
                "Whether the measured lift lies as near to the expected one as nine in ten would, "
                "both doubts together.",
            ),
            Column("now", "DOUBLE", "Weekly lift that the model expects by now."),
            Column("now_lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("now_upper", "DOUBLE", "Upper end of its 90 % interval."),
            Column("age_weeks", "DOUBLE", "Weeks since its last one."),
            Column("weight", "DOUBLE", "What it counts by its age, 1 as new."),
        ),
    ),
)
