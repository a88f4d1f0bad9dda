"""The headline says what was found, whatever the scenarios are called."""

from __future__ import annotations

from datetime import date

import duckdb
import pandas as pd
import pytest

from mmm_assets.report.headline import headline
from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.schema import create_mart

WEEK = date(2024, 1, 1)


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ({}, "no spend is known"),
        ({"as_now": 100.0, "more": 130.0}, "Recommended shift at the same budget"),
        ({"cut": 80.0}, "no scenario keeps today's total; asked for were cut"),
    ],
)
def test_the_budget_that_is_the_same_counts(
    connection: duckdb.DuckDBPyConnection, totals: dict[str, float], said: str
) -> None:
    create_mart(connection)
    rows = [
        {
            "scenario": scenario,
            "channel": channel,
            "current_spend": 50.0,
            "optimal_spend": total * share,
            "current_response": 10.0,
            "optimal_response": 11.0,
        }
        for scenario, total in totals.items()
        for channel, share in (("tv", 0.7), ("radio", 0.3))
    ]
    replace_week(connection, "optimal_budgets", WEEK, pd.DataFrame(rows)) if rows else None
    assert said in headline(connection, WEEK, "EUR")[-1]
