"""Each gate holds on sound results and finds the fault that it is there for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import duckdb
import pandas as pd
import pytest

from mmm_assets.mart.gates import GATES, broken, reason
from mmm_assets.store.mart_week import replace_week
from mmm_assets.store.schema import create_mart

WEEK = date(2024, 1, 1)
Tables = dict[str, pd.DataFrame]


def sound() -> Tables:
    return {
        "predictions": pd.DataFrame(
            [
                {"region": "north", "week": WEEK, "split": "train", "predicted": 100.0},
                {"region": "north", "week": WEEK, "split": "holdout", "predicted": 90.0},
            ]
        ),
        "contributions": pd.DataFrame(
            [
                {"region": "north", "week": WEEK, "component": "baseline", "contribution": 80.0},
                {"region": "north", "week": WEEK, "component": "tv", "contribution": 20.0},
            ]
        ),
        "channel_summary": pd.DataFrame(
            [
                {"channel": "tv", "direct": 20.0, "r_hat": 1.1},
                {"channel": "radio", "direct": 0.1, "r_hat": 2.0},  # too small to matter
                {"channel": "print", "direct": 9.0, "r_hat": float("nan")},  # a search has none
            ]
        ),
        "holdout_metrics": pd.DataFrame(
            [
                {"scope": "pooled", "model": model, "metric": "rmse", "value": value}
                for model, value in (("mmm", 1.0), ("last_value", 2.0), ("train_mean", 3.0))
            ]
        ),
        "kpi_channel_summary": pd.DataFrame(
            [
                {"kpi": "orders", "is_main": True, "channel": "tv", "direct": 20.0, "r_hat": 9.0},
                {"kpi": "signups", "is_main": False, "channel": "tv", "direct": 2.0, "r_hat": 1.1},
                {"kpi": "signups", "is_main": False, "channel": "ooh", "direct": 0.0, "r_hat": 2.0},
            ]
        ),
        "kpi_holdout_metrics": pd.DataFrame(
            [
                {
                    "kpi": "signups",
                    "is_main": False,
                    "scope": "pooled",
                    "model": model,
                    "metric": "rmse",
                    "value": value,
                }
                for model, value in (("mmm", 1.0), ("last_value", 2.0))
            ]
        ),
        "kpi_predictions": pd.DataFrame(
            [
                {
                    "kpi": "signups",
                    "is_main": False,
                    "region": "north",
                    "week": WEEK,
                    "split": "train",
                    "predicted": 2.0,
                }
            ]
        ),
        "trust_tests": pd.DataFrame(
            [
                {
                    "test": "twin",
                    "measure": "known_to",
                    "channel": "tv",
                    "value": 0.8,
                    "hold_limit": None,
                    "holds": False,
                    "sentence": "It cannot be known.",
                }
            ]
        ),
    }


def stored(tables: Tables) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    create_mart(connection)
    for name, frame in tables.items():
        replace_week(connection, name, WEEK, frame)
    return connection


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_sound_results_pass(gate) -> None:
    assert broken(stored(sound()), gate, WEEK) == []


def infinite(tables: Tables) -> None:
    tables["predictions"]["predicted"] = float("inf")


def missing(tables: Tables) -> None:
    tables["contributions"].loc[0, "contribution"] = None


def lost(tables: Tables) -> None:
    tables["contributions"].loc[0, "contribution"] = 79.0


def negative(tables: Tables) -> None:
    tables["channel_summary"]["direct"] = -1.0


def stuck(tables: Tables) -> None:
    tables["channel_summary"].loc[0, "r_hat"] = 1.6


def useless(tables: Tables) -> None:
    tables["holdout_metrics"].loc[0, "value"] = 6.1


def untrusted(tables: Tables) -> None:
    tables["trust_tests"] = tables["trust_tests"].assign(hold_limit=0.5, holds=True)


def further_stuck(tables: Tables) -> None:
    tables["kpi_channel_summary"].loc[1, "r_hat"] = 1.6


def further_useless(tables: Tables) -> None:
    tables["kpi_holdout_metrics"].loc[0, "value"] = 4.1


def further_infinite(tables: Tables) -> None:
    tables["kpi_predictions"]["predicted"] = float("inf")


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("chains_agree", further_stuck),
        ("forecast_is_usable", further_useless),
        ("estimates_are_finite", further_infinite),
    ],
)
def test_a_fault_of_a_further_kpi_names_it(name: str, damage: Callable[[Tables], None]) -> None:
    tables = sound()
    damage(tables)
    (found,) = broken(stored(tables), next(gate for gate in GATES if gate.name == name), WEEK)
    assert found.startswith("KPI signups")


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("estimates_are_finite", infinite),
        ("estimates_are_finite", missing),
        ("contributions_add_up", lost),
        ("media_never_hurts", negative),
        ("chains_agree", stuck),
        ("forecast_is_usable", useless),
        ("within_trust_limits", untrusted),
    ],
)
def test_a_fault_is_found_and_named(name: str, damage: Callable[[Tables], None]) -> None:
    tables = sound()
    damage(tables)
    gate = next(gate for gate in GATES if gate.name == name)
    found = broken(stored(tables), gate, WEEK)
    assert found
    assert reason(gate, found).startswith(name)


def test_a_trust_limit_is_named_with_what_was_found() -> None:
    tables = sound()
    untrusted(tables)
    gate = next(gate for gate in GATES if gate.name == "within_trust_limits")
    assert broken(stored(tables), gate, WEEK) == [
        "twin.known_to of tv: 0.8, the limit is 0.5 (It cannot be known.)"
    ]
