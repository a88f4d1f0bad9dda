from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmm_model.effects.response_curves import (
    CURVE_COLUMNS,
    marginal_roi,
    response_curve_parameters,
    response_curves,
)
from tests.mmm_model.hand_made import constant, drawn, panel_of, valued


def national(frame: pd.DataFrame, channel: str = "channel 0") -> pd.DataFrame:
    return frame[frame["region"].isna() & (frame["channel"] == channel)]


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_curves_rise_from_zero_inside_their_interval(seed: int) -> None:
    response, panel = drawn(seed)
    frame = response_curves(response, panel)
    assert tuple(frame.columns) == CURVE_COLUMNS
    for _, part in frame.groupby(["channel", "region"], dropna=False):
        assert part["response"].iloc[0] == 0.0
        assert part["spend"].is_monotonic_increasing
        assert part["response"].is_monotonic_increasing
        assert (part["marginal_response"] >= 0).all()
        assert part["is_current"].sum() == 1
        assert part["in_data_range"].is_monotonic_decreasing
    assert (frame["lower"] <= frame["response"] + 1e-12).all()
    assert (frame["response"] <= frame["upper"] + 1e-12).all()


def test_regions_add_up_to_all_regions_together() -> None:
    response, panel = drawn(3)
    frame = response_curves(response, panel)
    sums = (
        frame.dropna(subset=["region"])
        .assign(multiplier=lambda f: f.groupby(["channel", "region"]).cumcount())
        .groupby(["channel", "multiplier"])[["spend", "response"]]
        .sum()
    )
    whole = frame[frame["region"].isna()]
    np.testing.assert_allclose(whole[["spend", "response"]].to_numpy(), sums.to_numpy())


def test_the_current_point_is_the_current_contribution() -> None:
    response, panel = drawn(4)
    frame = response_curves(response, panel)
    now = frame[frame["is_current"] & frame["region"].isna()]
    expected = response.contribution().mean(axis=(0, 2)).sum(axis=0)
    np.testing.assert_allclose(now["response"], expected)
    np.testing.assert_allclose(now["spend"], panel.spend.mean(axis=1).sum(axis=0))
    assert now["in_data_range"].all()


def test_the_next_unit_returns_the_slope_of_the_curve() -> None:
    response, panel = drawn(5)
    step = 1e-4
    frame = response_curves(response, panel, np.array([1 - step, 1.0, 1 + step]))
    for _, part in frame.groupby(["channel", "region"], dropna=False):
        rise = part["response"].iloc[2] - part["response"].iloc[0]
        slope = rise / (part["spend"].iloc[2] - part["spend"].iloc[0])
        assert part["marginal_response"].iloc[1] == pytest.approx(slope, rel=1e-5)
    now = frame[frame["is_current"] & frame["region"].isna()]
    np.testing.assert_allclose(
        marginal_roi(response, valued(panel, 1.0)).mean(axis=0), now["marginal_response"]
    )


def test_marginal_roi_weighs_each_region_by_its_value() -> None:
    response, panel = drawn(6)
    assert np.isnan(marginal_roi(response, panel)).all()
    three = replace(panel, value_per_kpi=np.full(panel.kpi.shape, 3.0))
    np.testing.assert_allclose(
        marginal_roi(response, three), 3 * marginal_roi(response, valued(panel, 1.0))
    )
    only_first = np.zeros(panel.kpi.shape)
    only_first[0] = 1.0
    one = replace(panel, value_per_kpi=only_first)
    expected = response.marginal()[:, 0].mean(axis=1) / panel.spend.mean(axis=1).sum(axis=0)
    np.testing.assert_allclose(marginal_roi(response, one), expected)


def test_without_spend_the_axis_is_exposure() -> None:
    response, panel = drawn(7)
    spend = panel.spend.copy()
    spend[..., 1] = np.nan
    unpriced = replace(panel, spend=spend, exposure=panel.exposure * 9.0)
    frame = response_curves(response, unpriced)
    ratio = (
        national(frame, "channel 1")["spend"].iloc[-1]
        / national(response_curves(response, panel), "channel 1")["spend"].iloc[-1]
    )
    assert ratio == pytest.approx(9.0)
    found = marginal_roi(response, valued(unpriced, 1.0))
    assert np.isnan(found[:, 1]).all() and np.isfinite(found[:, [0, 2]]).all()


def test_a_channel_that_does_not_run_in_a_region_has_a_curve_of_zeros_there() -> None:
    response, panel = drawn(8)
    exposure = panel.exposure.copy()
    exposure[1, :, 2] = 0.0
    response.adstocked[:, 1, :, 2] = 0.0
    frame = response_curves(response, replace(panel, exposure=exposure, spend=exposure))
    part = frame[(frame["channel"] == "channel 2") & (frame["region"] == "region 1")]
    assert (part[["spend", "response", "lower", "upper"]] == 0).all(axis=None)
    assert part["marginal_response"].isna().all()


def test_points_beyond_all_exposure_ever_seen_are_marked() -> None:
    response, panel = constant([10.0], [5.0], [1.0], [1.0])
    points = np.array([0.5, 1.0, 1.1, 2.0, 2.2])
    flat = national(response_curves(response, panel, points))
    assert flat["in_data_range"].tolist() == [True, True, False, False, False]
    # One earlier week at twice the plan widens the range to twice the plan.
    spend = np.full((1, 60, 1), 10.0)
    spend[0, 0] = 20.0
    history = replace(response, adstocked=spend[None] / 10, weight=np.ones((1, 1, 60, 1)))
    seen = national(response_curves(history, panel_of(spend), points))
    assert seen["in_data_range"].tolist() == [True, True, True, True, False]


@given(st.floats(0.5, 4.0), st.floats(0.1, 2.5), st.floats(0.01, 1e6), st.floats(0.01, 1e6))
@settings(max_examples=25, deadline=None)
def test_hill_parameters_of_a_hill_curve_are_found(
    slope: float, half: float, spend: float, ceiling: float
) -> None:
    response, panel = constant([spend], [ceiling], [slope], [half])
    found = response_curve_parameters(response_curves(response, panel)).iloc[0]
    assert found["slope"] == pytest.approx(slope, rel=1e-3)
    assert found["half_saturation"] == pytest.approx(half * spend, rel=1e-3)
    assert found["ceiling"] == pytest.approx(ceiling, rel=1e-3)
    assert found["r2"] == pytest.approx(1.0, abs=1e-6)


def test_a_channel_without_effect_or_plan_has_no_parameters() -> None:
    response, panel = drawn(9)
    response.weight[..., 0] = 0.0
    exposure = panel.exposure.copy()
    exposure[..., 1] = 0.0
    response.adstocked[..., 1] = 0.0
    found = response_curve_parameters(
        response_curves(response, replace(panel, exposure=exposure, spend=exposure))
    )
    assert found["channel"].tolist() == list(panel.channels)
    assert found.iloc[:2].drop(columns="channel").isna().all(axis=None)
    assert found.iloc[2].notna().all()


def test_a_straight_line_is_described_without_running_away() -> None:
    line = pd.DataFrame(
        {
            "channel": "a",
            "region": None,
            "spend": np.arange(9.0),
            "response": np.arange(9.0),
            "is_current": False,
        }
    )
    found = response_curve_parameters(line).iloc[0]
    assert found["r2"] > 0.999 and np.isfinite(found["ceiling"])
