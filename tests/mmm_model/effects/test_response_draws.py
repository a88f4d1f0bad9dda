"""The published draws are the model's: curves, sums, and the ends of intervals."""

from dataclasses import replace

import numpy as np
import pandas as pd

from mmm_model.effects.recent_plan import recent_plan
from mmm_model.effects.response_draws import ROOTS, response_draws
from mmm_model.intervals import interval
from tests.mmm_model.hand_made import drawn

NODES = [8, 24, 40, 55]  # of the published multipliers: far below today's plan to far above


def rebuilt(shapes: pd.DataFrame, draws: pd.DataFrame) -> np.ndarray:
    """Response ``[M, R, C, G]`` of the tables."""
    parts = []
    for channel, part in draws.groupby("channel", sort=False):
        of_shape = shapes[shapes["channel"] == channel]
        heights = of_shape["height"].to_numpy().reshape(of_shape["shape"].max(), -1)
        sizes = (part["region"].nunique(), part["draw"].max(), len(heights))
        parts.append(part["weight"].to_numpy().reshape(sizes) @ heights)
    return np.stack(parts, axis=2).transpose(1, 0, 2, 3)


def test_tables_rebuild_every_draw_and_the_interval_of_any_sum() -> None:
    response, panel = drawn(3, members=60, regions=3, channels=3, doubt=0.5)
    plan = recent_plan(response, panel)
    shapes, draws = response_draws(response, panel)
    found = rebuilt(shapes, draws)
    assert set(shapes["multiplier"]) == set(ROOTS**2) and (ROOTS == 1).any()
    curves = np.stack([plan.weekly(float(root**2)) for root in ROOTS], axis=-1)
    miss = (found - curves) / curves.max(axis=-1, keepdims=True)
    assert np.sqrt((miss**2).mean(axis=(0, 1, 3))).max() < 1.1e-4
    for first, second in zip(NODES, reversed(NODES), strict=True):
        mixed = np.where([True, False, True], ROOTS[first], ROOTS[second]) ** 2
        truth = plan.weekly(np.broadcast_to(mixed, (3, 3))).sum(axis=(1, 2))
        mine = found[..., [0, 2], first].sum(axis=(1, 2)) + found[..., 1, second].sum(axis=1)
        np.testing.assert_allclose(interval(mine), interval(truth), rtol=1e-3)


def test_a_channel_without_known_spend_or_plan_has_no_response() -> None:
    response, panel = drawn(4, members=3, regions=2, channels=3)
    exposure, spend = panel.exposure.copy(), panel.spend.copy()
    exposure[0, :, 1] = spend[0, :, 1] = 0.0
    spend[..., 2] = np.nan
    _, draws = response_draws(response, replace(panel, exposure=exposure, spend=spend))
    assert set(draws["channel"]) == {"channel 0", "channel 1"}
    silent = (draws["channel"] == "channel 1") & (draws["region"] == "region 0")
    assert (draws[silent]["weight"] == 0).all() and (draws[~silent]["weight"] != 0).any()
