from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mmm_model.trust.mmm_eval import accuracy, cross_validation, refresh_stability


def weeks(actual: list[float], predicted: list[float]) -> pd.DataFrame:
    """Two regions that share what is given between them."""
    days = pd.date_range("2024-01-01", periods=len(actual), freq="7D")
    one = pd.DataFrame({"week": days, "actual": actual, "predicted": predicted})
    part = one.assign(actual=one["actual"] / 2, predicted=one["predicted"] / 2)
    return pd.concat([part.assign(region="north"), part.assign(region="south")])


def test_accuracy_is_of_the_weeks_of_all_regions() -> None:
    found = {f.measure: f for f in accuracy("holdout_accuracy", weeks([100, 200], [110, 180]))}
    assert found["mape"].value == pytest.approx(0.1)
    assert found["mape"].verdict == "good"
    assert found["r_squared"].value == pytest.approx(1 - 500 / 5000)


def test_what_is_too_far_off_is_doubtful() -> None:
    found = {f.measure: f for f in accuracy("holdout_accuracy", weeks([100, 200], [150, 100]))}
    assert found["mape"].verdict == found["r_squared"].verdict == "doubtful"


def test_folds_are_the_first_four_weeks_after_each_refresh() -> None:
    near = weeks([100, 100], [110, 110]).assign(forecast_from="a", horizon_weeks=1)
    other = weeks([100, 100], [130, 130]).assign(forecast_from="b", horizon_weeks=4)
    far = weeks([100, 100], [900, 900]).assign(forecast_from="b", horizon_weeks=5)
    found = {f.measure: f for f in cross_validation(pd.concat([near, other, far]))}
    assert found["mean_mape"].value == pytest.approx(0.2)
    assert found["std_mape"].value == pytest.approx(0.1)
    assert not list(cross_validation(near))
    assert not list(cross_validation(pd.DataFrame()))


def returns(**by_week: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"refresh_week": w, "channel": c, "found": v, "lower": 0.8 * v, "upper": 1.2 * v}
            for w, row in by_week.items()
            for c, v in row.items()
        ]
    )


def test_stability_is_the_mean_change_between_refreshes() -> None:
    found = list(
        refresh_stability(
            returns(a={"tv": 1.0, "radio": 2.0}, b={"tv": 1.5, "radio": 2.0}, c={"tv": 1.5})
        )
    )
    change = {f.channel: f.value for f in found if f.measure == "mean_change"}
    assert change == pytest.approx({"tv": 0.25, "radio": 0.0, None: 0.5 / 3})
    newest = {f.channel: f.value for f in found if f.measure == "newest_change"}
    assert newest == {"tv": 0.0}  # radio left
    inside = next(f for f in found if f.measure == "inside")
    assert inside.value == 1.0
    assert not list(refresh_stability(returns(a={"tv": 1.0})))


def test_a_return_outside_its_earlier_interval_is_doubtful() -> None:
    found = list(refresh_stability(returns(a={"tv": 1.0, "tv2": np.nan}, b={"tv": 2.0})))
    inside = next(f for f in found if f.measure == "inside")
    assert (inside.value, inside.verdict) == (0.0, "doubtful")
