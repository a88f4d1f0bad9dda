"""Counterfactuals through the graph: floors, propagation, and totals that agree."""

from __future__ import annotations

import numpy as np
import pytest

from mmm_model.graph import ChannelGraph
from mmm_model.mediation import counterfactual_exposure, joint_total, split_contribution

CHANNELS = ("tv", "search", "display")


def graph(coefficient: dict[tuple[int, int, int], float], regions: int = 2) -> ChannelGraph:
    value = np.zeros((3, 3, 3))
    for position, size in coefficient.items():
        value[position] = size
    arrays = {
        "weight": value,
        "probability": (value != 0).astype(float),
        "published": value != 0,
        "coefficient": value,
        "scale": np.arange(1.0, 1.0 + 3 * regions).reshape(regions, 3),
    }
    return ChannelGraph.from_arrays(CHANNELS, [f"r{i}" for i in range(regions)], arrays)


@pytest.fixture
def exposure() -> np.ndarray:
    return np.random.default_rng(0).gamma(5.0, 1.0, (2, 30, 3))


def contribution(exposure: np.ndarray) -> np.ndarray:
    """A saturating response, two members."""
    one = exposure / (exposure + 2.0) * [3.0, 2.0, 1.0]
    return np.stack([one, 1.5 * one])


def test_without_edges_all_is_direct(exposure: np.ndarray) -> None:
    split = split_contribution(graph({}), exposure, contribution)
    np.testing.assert_array_equal(split.mediated, 0.0)
    off = counterfactual_exposure(graph({}), exposure, {"tv"})
    np.testing.assert_allclose(off[:, :, 1:], exposure[:, :, 1:])
    assert (off[:, :, 0] == 0.0).all()


def test_child_loses_what_the_parent_created(exposure: np.ndarray) -> None:
    driven = graph({(0, 0, 1): 0.2, (2, 0, 1): 0.1})
    exposure[:, :, 1] += 100.0
    off = counterfactual_exposure(driven, exposure, {"tv"})
    relative = exposure[:, :, 0] / driven.scale[:, [0]]
    lost = 0.2 * relative
    lost[:, 2:] += 0.1 * relative[:, :-2]
    expected = exposure[:, :, 1] - lost * driven.scale[:, [1]]
    np.testing.assert_allclose(off[:, :, 1], expected)


def test_loss_runs_down_a_chain_and_stops_at_zero(exposure: np.ndarray) -> None:
    chain = graph({(0, 0, 1): 50.0, (1, 1, 2): 50.0})
    off = counterfactual_exposure(chain, exposure, {"tv"})
    assert off.min() == 0.0
    assert (off[:, :, 1] == 0.0).all()
    assert (off[:, 1:, 2] == 0.0).all()
    np.testing.assert_allclose(off[:, 0, 2], exposure[:, 0, 2])


def test_lagged_loop_is_followed_through_time(exposure: np.ndarray) -> None:
    loop = graph({(0, 0, 1): 0.1, (1, 1, 0): 0.1})
    off = counterfactual_exposure(loop, exposure, {"tv"})
    assert (off[:, :, 0] == 0.0).all()
    off = counterfactual_exposure(loop, exposure, {"search"})
    assert (off[:, 1:, 0] < exposure[:, 1:, 0]).all()


def test_joint_totals_agree(exposure: np.ndarray) -> None:
    driven = graph({(0, 0, 1): 0.2, (1, 1, 2): 0.1})
    split = split_contribution(driven, exposure, contribution)
    for c, name in enumerate(CHANNELS):
        alone = joint_total(driven, exposure, contribution, {name})
        np.testing.assert_allclose(alone, split.total[..., c])
    everything = joint_total(driven, exposure, contribution, CHANNELS)
    np.testing.assert_allclose(everything, split.direct.sum(axis=-1))
    both = joint_total(driven, exposure, contribution, {"tv", "search"})
    # With search off, TV has nobody left to work through but what search drives itself.
    assert (both <= split.total[..., 0] + split.total[..., 1] + 1e-12).all()
    assert (both >= split.direct[..., 0] + split.direct[..., 1] - 1e-12).all()
    assert (split.mediated[..., 0] >= 0.0).all()


def test_refuses_what_does_not_fit(exposure: np.ndarray) -> None:
    with pytest.raises(ValueError, match="radio"):
        counterfactual_exposure(graph({}), exposure, {"radio"})
    with pytest.raises(ValueError, match="shape"):
        counterfactual_exposure(graph({}), exposure[:1], {"tv"})
