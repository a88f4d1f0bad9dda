"""Sortability: of orders by hand, and of a panel in other units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.fit.training import Training
from mmm_model.graph.sortability import r2_sortability, sorted_share, varsortability
from mmm_model.panel import Panel


def test_sortability_is_what_the_papers_say() -> None:
    chain = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)
    assert sorted_share(np.array([1.0, 2.0, 3.0]), chain) == 1.0
    assert sorted_share(np.array([3.0, 2.0, 1.0]), chain) == 0.0
    # Two edges and one way of two edges; the last rises again, but not above the first.
    assert sorted_share(np.array([3.0, 1.0, 2.0]), chain) == pytest.approx(1 / 3)
    assert sorted_share(np.ones(3), chain) == 0.5
    assert np.isnan(sorted_share(np.ones(3), np.zeros((3, 3), dtype=bool)))


def test_units_move_varsortability_alone(funnel: Training, funnel_panel: Panel) -> None:
    graph = funnel.final.graph
    assert graph is not None
    scaled = replace(funnel_panel, exposure=funnel_panel.exposure * [1e-6, 1.0, 1.0])
    assert varsortability(scaled, graph) > varsortability(funnel_panel, graph)
    assert r2_sortability(scaled, graph) == pytest.approx(r2_sortability(funnel_panel, graph))
