"""Counterfactuals through the graph: what drivers create, floors, loops, totals that agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.effects.mediation import counterfactual_exposure, joint_total, mediation
from mmm_model.fit.driven_channels import delays
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.training import fit, fit_driven
from mmm_model.graph import ChannelGraph
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from tests.mmm_model.model_panels import small_panel

QUICK = ModelSettings(holdout_weeks=0, members=2, steps=10, gru_width=0)
TV, SEARCH, DISPLAY = range(3)


def graph(panel: Panel, *edges: tuple[int, int, int]) -> ChannelGraph:
    """A graph with these edges (lag, source, target), surely."""
    empty = ChannelGraph.empty(panel.channels, panel.regions, 2, panel.controls)
    published = np.zeros(empty.published.shape, dtype=bool)
    for edge in edges:
        published[edge] = True
    return replace(empty, published=published, probability=published.astype(float))


@pytest.fixture(scope="module")
def panel() -> Panel:
    """TV creates searches in its week, searches create display two weeks later, saturating."""
    plain = small_panel(regions=6, weeks=90)
    exposure = plain.exposure.copy()
    size = exposure[..., TV].mean(axis=1, keepdims=True)
    tv = exposure[..., TV] / size
    search = 0.8 + 0.3 * exposure[..., SEARCH] / size + 1.5 * tv / (tv + 1.0)
    display = 0.4 + 0.1 * exposure[..., DISPLAY] / size
    display[:, 2:] += 0.6 * search[:, :-2]
    exposure[..., SEARCH], exposure[..., DISPLAY] = size * search, size * display
    return replace(plain, exposure=exposure, spend=2.0 * exposure)


@pytest.fixture(scope="module")
def response(panel: Panel) -> FittedModel:
    # Nothing is asserted of what it earns: few draws do.
    return fit(panel, replace(QUICK, chains=2, warmup=30, draws=30))[0]


@pytest.fixture(scope="module")
def chain(panel: Panel, response: FittedModel) -> FittedModel:
    return replace(
        response,
        driven=fit_driven(panel, graph(panel, (0, TV, SEARCH), (2, SEARCH, DISPLAY)), QUICK),
    )


def test_without_edges_all_is_direct(panel: Panel, response: FittedModel) -> None:
    np.testing.assert_array_equal(mediation(response, panel).mediated, 0.0)
    off = counterfactual_exposure((), panel, {panel.channels[TV]}, 2)
    np.testing.assert_allclose(off[..., 1:], np.stack([panel.exposure[..., 1:]] * 2))
    assert (off[..., TV] == 0.0).all()


def test_child_loses_what_the_parent_created(panel: Panel, chain: FittedModel) -> None:
    tv, _, _ = panel.channels
    off = counterfactual_exposure(chain.driven, panel, {tv}, 2)
    share = (1.0 - off / panel.exposure).mean(axis=(0, 1, 2))
    size = panel.exposure[..., TV].mean(axis=1, keepdims=True)
    created = 1.5 * panel.exposure[..., TV] / (panel.exposure[..., TV] + size)
    true = (created / (panel.exposure[..., SEARCH] / size)).mean()
    # Tangents at the usual plan would put it at about half.
    assert share[SEARCH] == pytest.approx(true, rel=0.25)
    assert 0.0 < share[DISPLAY] < share[SEARCH]
    # Display follows two weeks later.
    np.testing.assert_allclose(
        off[..., :2, DISPLAY], np.stack([panel.exposure[:, :2, DISPLAY]] * 2)
    )


def test_loss_stops_at_zero(panel: Panel, chain: FittedModel) -> None:
    tv, search, _ = panel.channels
    few = panel.exposure.copy()
    few[..., SEARCH] *= 1e-3
    off = counterfactual_exposure(chain.driven, replace(panel, exposure=few), {tv}, 2)
    assert off.min() == 0.0
    assert (off[..., SEARCH] == 0.0).mean() > 0.9
    off = counterfactual_exposure(chain.driven, panel, {search}, 2)
    np.testing.assert_array_equal(off[..., TV], np.stack([panel.exposure[..., TV]] * 2))


def test_lagged_loop_is_followed_through_time(panel: Panel, response: FittedModel) -> None:
    _, search, display = panel.channels
    edges = graph(panel, (2, SEARCH, DISPLAY), (1, DISPLAY, SEARCH))
    loop = fit_driven(panel, edges, QUICK)
    off = counterfactual_exposure(loop, panel, {search}, 2)
    assert (off[..., SEARCH] == 0.0).all()
    assert (off[..., 2:, DISPLAY] < panel.exposure[:, 2:, DISPLAY]).all()
    off = counterfactual_exposure(loop, panel, {display}, 2)
    assert (off[..., DISPLAY] == 0.0).all()


def test_drivers_come_before_the_driven(panel: Panel) -> None:
    found = delays(graph(panel, (2, SEARCH, DISPLAY), (0, TV, SEARCH), (1, TV, SEARCH)))
    tv, search, display = panel.channels
    assert found == {search: {tv: 0}, display: {search: 2}}
    assert list(found) == [search, display]


def test_joint_totals_agree(panel: Panel, chain: FittedModel) -> None:
    split = mediation(chain, panel)
    for c, name in enumerate(panel.channels):
        np.testing.assert_allclose(joint_total(chain, panel, {name}), split.total[..., c])
    everything = joint_total(chain, panel, set(panel.channels))
    np.testing.assert_allclose(everything, split.direct.sum(axis=-1))
    both = joint_total(chain, panel, set(panel.channels[:2]))
    # With search off, TV has nobody left to work through but what search drives itself.
    assert (both <= split.total[..., TV] + split.total[..., SEARCH] + 1e-9).all()
    assert (both >= split.direct[..., TV] + split.direct[..., SEARCH] - 1e-9).all()
    assert (split.mediated >= -1e-9).all()
    assert split.mediated[..., TV].sum() > 0.0


def test_equations_survive_saving(panel: Panel, chain: FittedModel) -> None:
    again = FittedModel.from_bytes(chain.to_bytes())
    np.testing.assert_array_equal(mediation(again, panel).total, mediation(chain, panel).total)


def test_refuses_an_unknown_channel(panel: Panel, chain: FittedModel) -> None:
    with pytest.raises(ValueError, match="cinema"):
        counterfactual_exposure(chain.driven, panel, {"cinema"}, 2)
