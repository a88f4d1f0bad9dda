"""Structural equations by search over orders: what each kind of data lets it find."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mmm_model.graph.regressions import choose_regressors
from mmm_model.graph.resampling import LaggedPanel, design_effect
from tests.benchmarks.table_equations import learn_equations

# A diamond with a tail, listed so that the order of the columns gives nothing away.
TRUTH = np.zeros((6, 6))
for source, target, effect in [(4, 2, 0.9), (4, 0, -0.8), (2, 5, 1.1), (0, 5, 0.7), (5, 1, -1.0)]:
    TRUTH[source, target] = effect


def data(noise: str, rows: int = 800) -> np.ndarray:
    rng = np.random.default_rng(3)
    error = rng.normal(size=(rows, 6)) if noise == "gaussian" else rng.gumbel(size=(rows, 6))
    return error @ np.linalg.inv(np.eye(6) - TRUTH)


@pytest.mark.parametrize("noise", ["gaussian", "gumbel"])
def test_raw_data_show_the_graph(noise: str) -> None:
    weight, order = learn_equations(data(noise))
    np.testing.assert_array_equal(weight != 0.0, TRUTH != 0.0)
    np.testing.assert_allclose(weight, TRUTH, atol=0.12)
    place = np.argsort(order)
    assert all(place[i] < place[j] for i, j in np.argwhere(TRUTH))


def test_shape_of_errors_survives_any_rescaling() -> None:
    weight, _ = learn_equations(data("gumbel") * [1e-3, 2.0, 50.0, 1.0, 1e4, 0.3])
    np.testing.assert_array_equal(weight != 0.0, TRUTH != 0.0)


def test_standardised_gaussian_data_show_the_neighbours() -> None:
    table = data("gaussian")
    # Where no direction shows, orders lie far apart: two restarts find the best of them or do
    # not, by the last bit of the machine's sums.
    weight, _ = learn_equations(table / table.std(axis=0), patience=20)
    found, truth = weight != 0.0, TRUTH != 0.0
    np.testing.assert_array_equal(found | found.T, truth | truth.T)
    assert found[2, 5] and found[0, 5]  # two causes that meet point at what they cause


def test_independent_columns_have_no_edge() -> None:
    weight, _ = learn_equations(np.random.default_rng(0).normal(size=(500, 12)))
    assert not weight.any()


def test_stepwise_choice_is_the_best_subset() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 5))
    y = x @ [1.0, 0.0, -0.6, 0.0, 0.3] + rng.normal(size=300)
    table = np.column_stack([x, y])
    gram, price = table.T @ table / 300, np.full(6, 6.0)
    allowed = np.array([[True] * 5 + [False], [True, True, False, True, True, False]])
    weight, variance = choose_regressors(gram, np.array([5, 5]), allowed, 300.0, price)
    for row in range(2):
        costs = {}
        for size in range(6):
            for subset in itertools.combinations(np.flatnonzero(allowed[row]), size):
                chosen = list(subset)
                slope = np.linalg.lstsq(x[:, chosen], y, rcond=None)[0]
                left = ((y - x[:, chosen] @ slope) ** 2).mean()
                costs[subset] = 300.0 * np.log(left) + 6.0 * size
        best = min(costs, key=costs.__getitem__)
        assert tuple(np.flatnonzero(weight[row])) == best
        assert 300.0 * np.log(variance[row]) + 6.0 * len(best) == pytest.approx(costs[best])


def test_copies_of_a_region_are_no_new_evidence() -> None:
    series = np.random.default_rng(2).normal(size=(1, 120, 3))
    copies = np.repeat(series, 30, axis=0)
    apart = np.random.default_rng(4).normal(size=(30, 120, 3))
    assert design_effect(copies) == pytest.approx(30.0, rel=0.05)
    assert design_effect(apart) == pytest.approx(1.0, abs=0.1)
    inside = np.ones((30, 120), dtype=bool)
    rows = LaggedPanel.of(copies, copies[:, :, :0], inside, 2).rows
    assert rows == pytest.approx(118.0, rel=0.05)
