"""Mart tables of plans that were adopted, and of what became of them."""

from __future__ import annotations

from mmm_assets.mart.contract import LOWER, UPPER, WEEK, Column, Table

PLAN = Column("plan", "VARCHAR", "Name of the plan.")
_REGION = Column("region", "VARCHAR", "Region; null for all together.")
_CHANNEL = Column("channel", "VARCHAR", "Channel; null for all together.")

_GAIN = (
    Column("gain", "DOUBLE", "KPI over the plan before it, in the weeks that are over: advised."),
    Column("gain_lower", "DOUBLE", "Lower end of its 90 % interval."),
    Column("gain_upper", "DOUBLE", "Upper end of its 90 % interval."),
    Column("gain_probability", "DOUBLE", "Share of draws in which the gain is more than nothing."),
)

PLAN_TABLES: tuple[Table, ...] = (
    Table(
        "plans",
        "Plans of record: who adopted which plan when, on which refresh, and what it promised. "
        "None is ever changed; that one was withdrawn is a row of mart.decisions.",
        (
            PLAN,
            Column("adopted_at", "TIMESTAMP", "When (UTC)."),
            Column("who", "VARCHAR", "Account, or the name that was given."),
            Column("reason", "VARCHAR", "Why, in their words; may be empty."),
            Column("asked", "VARCHAR", "What was asked for, in words, or the file it came from."),
            Column("run_id", "VARCHAR", "Dagster run of the refresh that promised."),
            Column("final_hash", "VARCHAR", "SHA-256 of the fit that promised."),
            Column("first_week", "DATE", "Monday of its first week."),
            Column("last_week", "DATE", "Monday of its last week."),
            Column("spend", "DOUBLE", "Money of the whole plan."),
            Column("before_spend", "DOUBLE", "Money of the recent plan, had it gone on."),
            Column("kpi", "DOUBLE", "Promised KPI in its weeks, all regions."),
            LOWER,
            UPPER,
            Column("gain", "DOUBLE", "Promised KPI from media over the plan before it."),
            Column("gain_lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("gain_upper", "DOUBLE", "Upper end of its 90 % interval."),
        ),
        decided=("plan",),
    ),
    Table(
        "plan_lines",
        "What each plan promised, by region, week and channel. None is ever changed.",
        (
            PLAN,
            _REGION,
            WEEK,
            _CHANNEL,
            Column("spend", "DOUBLE", "Planned spend; null where no spend is known."),
            Column("before_spend", "DOUBLE", "Spend of the recent plan, had it gone on."),
            Column("exposure", "DOUBLE", "What the spend buys at recent cost; of channels alone."),
            Column("before_exposure", "DOUBLE", "What before_spend buys; of channels alone."),
            Column("kpi", "DOUBLE", "Promised KPI; of a channel what it contributes."),
            LOWER,
            UPPER,
            Column(
                "kpi_to_date",
                "DOUBLE",
                "Promised KPI from the first week up to this one; where region and channel are "
                "null.",
            ),
            Column("lower_to_date", "DOUBLE", "Lower end of its 90 % interval."),
            Column("upper_to_date", "DOUBLE", "Upper end of its 90 % interval."),
        ),
        decided=("plan",),
    ),
    Table(
        "plan_track",
        "Plans that run or ended lately, against what was spent and what came: by week, so far, "
        "and to the end.",
        (
            PLAN,
            Column(
                "part",
                "VARCHAR",
                "'week', 'so far' (the weeks that are over) or 'to the end' (of the plan: what "
                "came and what is still expected).",
            ),
            _REGION,
            Column("week", "DATE", "Monday of the week; null unless part is 'week'."),
            _CHANNEL,
            Column("planned_spend", "DOUBLE", "As promised; null where no spend is known."),
            Column("spend", "DOUBLE", "As spent; to the end: and as planned from now on."),
            Column("promised", "DOUBLE", "Promised KPI; of a channel what it contributes."),
            Column("promised_lower", "DOUBLE", "Lower end of its 90 % interval, where kept."),
            Column("promised_upper", "DOUBLE", "Upper end of its 90 % interval, where kept."),
            Column(
                "kpi",
                "DOUBLE",
                "KPI that came; of a channel what it contributed as this refresh reads it; to the "
                "end: what this refresh expects. A cell without a KPI counts as the fit expects, "
                "but in the rows of its region and week.",
            ),
            Column("lower", "DOUBLE", "Lower end of the 90 % interval of kpi, where it has one."),
            Column("upper", "DOUBLE", "Upper end of the 90 % interval of kpi, where it has one."),
        ),
        details="region IS NOT NULL",
    ),
    Table(
        "plan_causes",
        "Why the KPI so far differs from the promise: one row per cause, one after the other from "
        "the promise to what came; those of all channels add up to the difference, in the cells "
        "whose KPI is known.",
        (
            PLAN,
            Column(
                "cause",
                "VARCHAR",
                "'spend' (other money than planned), 'media cost' (what the money bought), "
                "'controls', 'response' (of the KPI to media), 'baseline' or 'noise'.",
            ),
            _CHANNEL,
            Column("kpi", "DOUBLE", "KPI that the cause added or took."),
            LOWER,
            UPPER,
            Column("place", "INTEGER", "Order of the causes, from 0."),
        ),
    ),
    Table(
        "plan_moves",
        "What to change now: the money that a running plan still has, split anew.",
        (
            PLAN,
            _CHANNEL,
            Column("planned_spend", "DOUBLE", "Money of the weeks to come, as planned."),
            Column("advised_spend", "DOUBLE", "As this refresh advises; the sum is the same."),
            Column("gain", "DOUBLE", "KPI over the plan as it is; of all channels alone."),
            LOWER,
            UPPER,
        ),
    ),
    Table(
        "plan_scores",
        "Every plan that this refresh knows of: how it stands or ended, and what it gained.",
        (
            PLAN,
            Column("status", "VARCHAR", "'to come', 'running', 'ended' or 'withdrawn'."),
            Column("weeks", "INTEGER", "Weeks that count; of a withdrawn plan those before it."),
            Column("weeks_over", "INTEGER", "How many of them are over."),
            Column("planned_spend", "DOUBLE", "Planned in the weeks that are over."),
            Column("spend", "DOUBLE", "Spent in them."),
            Column("promised", "DOUBLE", "Promised KPI in them."),
            Column("lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("upper", "DOUBLE", "Upper end of its 90 % interval."),
            Column("kpi", "DOUBLE", "KPI that came in them."),
            Column("inside", "BOOLEAN", "Whether it lies in the interval of the promise."),
            Column("promised_gain", "DOUBLE", "KPI over the plan before it that was promised."),
            *_GAIN,
            Column("spent_gain", "DOUBLE", "KPI over the plan before it, of what was spent."),
            Column("spent_gain_lower", "DOUBLE", "Lower end of its 90 % interval."),
            Column("spent_gain_upper", "DOUBLE", "Upper end of its 90 % interval."),
            Column("unknown_cells", "INTEGER", "Region-weeks without a KPI; the fit's counts."),
            Column("note", "VARCHAR", "What could not be worked out, and why; else empty."),
        ),
    ),
)
