from __future__ import annotations

import pandas as pd
import pytest

from mmm_model.trust.forecasts import forecasts


def track(rows: int, actual: float = 96.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "forecast_from": "a",
            "region": range(rows),
            "week": "b",
            "horizon_weeks": 1,
            "actual": actual,
            "predicted": 100.0,
            "lower": 90.0,
            "upper": 110.0,
            "last_value": 50.0,
        }
    )


def test_what_was_promised_is_held_against_what_came() -> None:
    found = {f.measure: f for f in forecasts(track(30))}
    assert found["kept"].value == pytest.approx(0.96)
    assert found["skill"].value == pytest.approx(1 - 4 / 46)
    assert found["coverage"].value == 1.0
    assert {f.verdict for f in found.values()} == {"good"}
    broken = {f.measure: f for f in forecasts(track(30, 60.0))}
    assert broken["kept"].verdict == broken["coverage"].verdict == "doubtful"


def test_few_forecasts_are_told_and_not_judged() -> None:
    assert {f.verdict for f in forecasts(track(5))} == {"none"}
    assert not list(forecasts(track(0)))
