"""The paper's network: that all of it learns, what it learns, and what it never sees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.training import fit, train
from mmm_model.graph import GraphSettings
from mmm_model.panel import Panel
from mmm_model.paper import losses
from mmm_model.paper.adjacency import AllowedEdges, kept_edges
from mmm_model.settings import ModelSettings
from tests.mmm_model.model_panels import small_panel

QUICK = ModelSettings.of_preset("paper", members=2, steps=40, gru_width=4, holdout_weeks=8)


def planted_panel(seed: int = 3) -> Panel:
    """Channel 0 drives channel 1 a week later; channel 2 does nothing; S-shaped responses."""
    panel = small_panel(regions=6, weeks=120, channels=3, seed=seed)
    rng = np.random.default_rng(seed)
    size = panel.exposure.mean(axis=(1, 2))[:, None, None]
    plan = rng.gamma(2.0, 0.5, panel.exposure.shape)
    late = np.roll(plan[..., 0], 1, axis=1)
    plan[..., 1] = 0.15 + 0.35 * (plan[..., 0] + late) + 0.15 * plan[..., 1]
    share = plan**2 / (plan**2 + 1.0)
    kpi = 0.7 + share @ np.array([0.2, 0.3, 0.0]) + rng.normal(0, 0.02, plan.shape[:2])
    return replace(panel, exposure=plan * size, kpi=kpi * size[..., 0])


def test_every_part_learns() -> None:
    panel = planted_panel()
    began = fit(panel, replace(QUICK, steps=0))[0].response.state
    ended = fit(panel, QUICK)[0].response.state
    parts = {
        "carryover", "delay", "slope", "half_saturation", "gru_read", "gru_hidden", "gru_bias",
        "media_readout", "media_ceiling", "control_readout", "control_bias", "control_ceiling",
        "region_scale", "region_baseline", "region_trend", "season_common", "season_own",
        "adjacency",
    }  # fmt: skip
    for name in parts:
        assert np.isfinite(ended[name]).all(), name
        assert (ended[name] != began[name]).any(), name
    assert (ended["slope"] != ended["slope"][:1]).any()  # members are no copies


def test_a_member_learns_what_it_would_learn_alone() -> None:
    adjacency = torch.rand(2, 3, 3)
    both = losses.acyclicity(adjacency)
    alone = torch.cat([losses.acyclicity(one[None]) for one in adjacency])
    torch.testing.assert_close(both, alone)


def test_only_cycles_are_dear_and_none_is_left() -> None:
    chain = torch.tensor([[[0.0, 0.9, 0.0], [0.0, 0.0, 0.8], [0.0, 0.0, 0.0]]])
    assert losses.acyclicity(chain)[0] == pytest.approx(0.0, abs=1e-6)
    ring = chain.clone()
    ring[0, 2, 0] = 0.3
    assert losses.acyclicity(ring)[0] > 0.01
    free = AllowedEdges(~np.eye(3, dtype=bool), np.zeros((3, 3), dtype=bool))
    assert torch.equal(kept_edges(ring, free), (chain > 0).float())


def test_a_planted_edge_and_effect_are_found() -> None:
    panel = planted_panel()
    settings = ModelSettings.of_preset(
        "paper", members=3, steps=300, gru_width=4, holdout_weeks=0, lag_weeks=4
    )
    model, history = fit(panel, settings)
    assert model.graph is not None
    assert history[-1]["acyclicity"] == pytest.approx(0.0, abs=1e-6)
    assert history[-1]["huber"] < 0.5 * history[0]["huber"]
    assert model.graph.published[0, 0, 1]
    assert model.graph.published.sum() == 1
    media = model.components(panel).media.mean(0).sum((0, 1))
    assert media[2] < 0.35 * media[:2].min()
    slope = 2.0 + 3.0 / (1.0 + np.exp(-model.response.state["slope"]))
    assert (slope >= 2.0).all()


def test_a_saved_fit_says_the_same() -> None:
    panel = planted_panel()
    model = fit(panel, QUICK)[0]
    again = FittedModel.from_bytes(model.to_bytes())
    np.testing.assert_allclose(again.predict(panel).mean, model.predict(panel).mean)
    parts, response = model.components(panel), again.media_response(panel)
    np.testing.assert_allclose(response.contribution(), parts.media, rtol=1e-6, atol=1e-9)
    assert again.graph is not None and again.settings == model.settings


def test_the_held_out_weeks_are_never_seen() -> None:
    panel = planted_panel()
    spoilt = panel.kpi.copy()
    spoilt[:, -QUICK.holdout_weeks :] *= 7.0
    about = GraphSettings()
    seen, other = (train(p, QUICK, about).holdout for p in (panel, replace(panel, kpi=spoilt)))
    for name, value in seen.response.state.items():
        np.testing.assert_array_equal(value, other.response.state[name], err_msg=name)


def test_what_is_known_of_the_graph_is_kept() -> None:
    panel = planted_panel()
    about = GraphSettings(
        forbidden=(("channel 0", "channel 1"),), required=(("channel 2", "channel 1"),)
    )
    graph = train(panel, replace(QUICK, holdout_weeks=0), about).final.graph
    assert graph is not None
    assert graph.published[0, 2, 1] and not graph.published[0, 0, 1]
    without = train(panel, replace(QUICK, holdout_weeks=0), None).final
    assert without.graph is not None and not without.graph.published.any()
    assert (without.response.state["adjacency"] == 0.0).all()
