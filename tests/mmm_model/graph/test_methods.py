"""Every method of learning the graph, on planted equations whose direction is in the data."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from mmm_model.graph.learning import found_one_way
from mmm_model.graph.methods import METHODS, refits
from mmm_model.graph.resampling import LaggedPanel
from mmm_model.graph.settings import METHODS as NAMES
from mmm_model.graph.settings import GraphSettings

LAGS = 2
EDGES = {(0, 2), (1, 2), (2, 3)}
SETTINGS = GraphSettings(bootstraps=8, max_lag_weeks=LAGS)


def planted(seed: int = 0, lag: int = 0) -> LaggedPanel:
    """Six regions, four nodes with the edges of `EDGES`, of equal errors.

    Scales are left as they are: least squares tells directions by them alone.
    """
    rng = np.random.default_rng(seed)
    series = rng.exponential(size=(6, 160, 4)) - 1.0
    for week in range(LAGS, series.shape[1]):
        for source, target in sorted(EDGES):
            series[:, week, target] += series[:, week - lag, source]
    nothing, inside = np.zeros((6, 160, 0)), np.ones((6, 160), dtype=bool)
    return LaggedPanel.of(series, nothing, inside, LAGS)


def pairs_of(method: str, data: LaggedPanel, allowed: np.ndarray) -> tuple[set, np.ndarray]:
    settings = replace(SETTINGS, method=method)
    theta = refits(data, allowed, allowed, settings)
    probability = found_one_way(theta).any(axis=1).mean(axis=0)
    return {(int(s), int(t)) for s, t in np.argwhere(probability >= 0.7)}, theta


def all_pairs() -> np.ndarray:
    return ~np.eye(4, dtype=bool)


def test_settings_and_methods_name_the_same() -> None:
    assert set(NAMES) == set(METHODS)


@pytest.mark.parametrize("method", NAMES)
def test_recovers_planted_edges_within_a_week(method: str) -> None:
    found, theta = pairs_of(method, planted(), all_pairs())
    assert found == EDGES
    size = np.abs(theta[:, 0].mean(axis=0))
    assert all(size[edge] == pytest.approx(1.0, abs=0.15) for edge in EDGES)


@pytest.mark.parametrize("method", ["order", "dynotears"])
def test_recovers_planted_edges_of_last_week(method: str) -> None:
    found, theta = pairs_of(method, planted(lag=1), all_pairs())
    assert found == EDGES
    later = np.abs(theta[:, 1]).mean(axis=0)
    assert all(later[edge] == pytest.approx(1.0, abs=0.15) for edge in EDGES)


@pytest.mark.parametrize("method", NAMES)
def test_no_edge_that_is_not_allowed(method: str) -> None:
    allowed = all_pairs()
    allowed[0, 2] = False
    _, theta = pairs_of(method, planted(), allowed)
    assert not theta[:, :, 0, 2].any()


@pytest.mark.parametrize("method", NAMES)
def test_never_a_cycle_within_a_week(method: str) -> None:
    rng = np.random.default_rng(3)
    shared = rng.normal(size=(3, 60, 1))
    series = shared + 0.5 * rng.normal(size=(3, 60, 5))
    data = LaggedPanel.of(series, np.zeros((3, 60, 0)), np.ones((3, 60), dtype=bool), LAGS)
    any_pair = ~np.eye(5, dtype=bool)
    theta = refits(data, any_pair, any_pair, replace(SETTINGS, method=method))
    assert theta[:, 0].any()
    for refit in theta[:, 0]:
        assert nx.is_directed_acyclic_graph(nx.DiGraph(np.argwhere(refit != 0).tolist()))


@pytest.mark.parametrize("method", NAMES)
def test_same_seed_same_weights(method: str) -> None:
    (_, once), (_, again) = (pairs_of(method, planted(), all_pairs()) for _ in range(2))
    np.testing.assert_array_equal(once, again)


def test_an_unknown_method_is_refused_with_the_allowed_ones() -> None:
    with pytest.raises(ValueError, match="allowed are order, notears, dynotears"):
        GraphSettings(method="pc")
