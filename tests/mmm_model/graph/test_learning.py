"""The channel graph: settings that contradict, recovery, invariance, false edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mmm_model.graph import ChannelGraph, GraphSettings, learn_graph
from mmm_model.graph.effects import unstandardised
from mmm_model.graph.learning import without_cycles
from mmm_model.graph.preparation import alive, region_scale
from mmm_model.panel import Panel

CHANNELS = ("tv", "video", "social", "search")


def panel_of(exposure: np.ndarray, channels: tuple[str, ...] = CHANNELS) -> Panel:
    regions, weeks, count = exposure.shape
    kpi = 100.0 + np.random.default_rng(9).normal(size=(regions, weeks))
    return Panel(
        regions=tuple(f"r{i}" for i in range(regions)),
        weeks=pd.date_range("2024-01-01", periods=weeks, freq="7D"),
        channels=channels[:count],
        controls=(),
        kpi=kpi,
        observed=np.ones_like(kpi, dtype=bool),
        exposure=exposure,
        spend=exposure,
        control=np.zeros((regions, weeks, 0)),
        value_per_kpi=np.ones_like(kpi),
    )


def driven_panel(seed: int = 0, regions: int = 10, weeks: int = 110) -> Panel:
    """TV in bursts creates searches this week and the next two; video creates social later."""
    rng = np.random.default_rng(seed)
    shape = (regions, weeks)
    tv = np.repeat(rng.random((regions, weeks // 5)) < 0.5, 5, axis=1) * rng.gamma(8, 1 / 8, shape)
    video = rng.gamma(4, 1 / 4, shape)
    social = rng.gamma(9, 1 / 9, shape)
    social[:, 2:] += 0.9 * video[:, :-2]
    search = rng.gamma(12, 1 / 12, shape) + 0.5 * tv
    search[:, 1:] += 0.3 * tv[:, :-1]
    search[:, 2:] += 0.2 * tv[:, :-2]
    return panel_of(1000.0 * np.stack([tv, video, social, search], axis=-1))


def seasonal_panel(seed: int) -> Panel:
    rng = np.random.default_rng(seed)
    season = np.cos(np.arange(104) / 52.18 * 2 * np.pi)
    event = np.where(rng.random(104) < 0.1, 1.5, 0.0)
    level = 5.0 + 2.0 * season + np.linspace(0, 1, 104) + event
    return panel_of(level[None, :, None] * rng.gamma(6, 1 / 6, (8, 104, 4)))


def pairs(graph: ChannelGraph) -> set[tuple[str, str]]:
    table = graph.edges()
    table = table[table["published"]]
    return set(zip(table["source"], table["target"], strict=True))


@pytest.fixture(scope="module")
def learned() -> ChannelGraph:
    return learn_graph(driven_panel(), GraphSettings())


def test_recovers_same_week_and_lagged_edges(learned: ChannelGraph) -> None:
    assert pairs(learned) == {("tv", "search"), ("video", "social")}
    position = {name: i for i, name in enumerate(learned.channels)}
    tv, video = position["tv"], position["video"]
    social, search = position["social"], position["search"]
    assert learned.published[0, tv, search]
    assert np.flatnonzero(learned.published[:, video, social]).tolist() == [2]


def test_effects_of_edges_are_sized(learned: ChannelGraph) -> None:
    panel = driven_panel()
    found = unstandardised(panel, learned.published, alive(panel.exposure)).sum(axis=0)
    # In means of the target per mean of the source; the truth is 1.0 · mean(tv) and 0.9.
    scale = region_scale(panel.exposure).mean(axis=0)
    created = found * scale[None, :] / scale[:, None]
    position = {name: i for i, name in enumerate(learned.channels)}
    assert created[position["tv"], position["search"]] == pytest.approx(1.0, rel=0.15)
    assert created[position["video"], position["social"]] == pytest.approx(0.9, rel=0.15)


def test_same_seed_same_graph(learned: ChannelGraph) -> None:
    again = learn_graph(driven_panel(), GraphSettings())
    pd.testing.assert_frame_equal(learned.edges(), again.edges())


def test_units_do_not_matter(learned: ChannelGraph) -> None:
    panel = driven_panel()
    rescaled = learn_graph(panel_of(panel.exposure * [1e-4, 3.0, 1e5, 40.0]), GraphSettings())
    np.testing.assert_allclose(rescaled.probability, learned.probability, atol=0.05)
    np.testing.assert_array_equal(rescaled.published, learned.published)


def test_order_of_channels_does_not_matter(learned: ChannelGraph) -> None:
    panel = driven_panel()
    backwards = learn_graph(panel_of(panel.exposure[:, :, ::-1], CHANNELS[::-1]), GraphSettings())
    assert pairs(backwards) == pairs(learned)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_shared_calendar_is_no_edge(seed: int) -> None:
    assert not learn_graph(seasonal_panel(seed), GraphSettings()).published.any()


def test_late_start_is_no_edge() -> None:
    panel = seasonal_panel(3)
    exposure = panel.exposure.copy()
    exposure[:4, :40] = 0.0
    assert not learn_graph(panel_of(exposure), GraphSettings()).published.any()


def test_plans_that_move_together_are_rarely_an_edge() -> None:
    published = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        both = rng.standard_normal((8, 104, 1))
        plan = np.exp(0.4 * (both + rng.standard_normal((8, 104, 2))))
        graph = learn_graph(panel_of(100.0 * plan), GraphSettings())
        published += graph.published.any()
        # A refit that finds both directions speaks for neither: one of them alone may be sure.
        there, back = graph.probability[:, 0, 1].max(), graph.probability[:, 1, 0].max()
        assert 0.4 < there + back <= 1.0
    assert published <= 2


def test_forbidden_and_tiers_are_kept() -> None:
    forbidden = GraphSettings(forbidden=(("tv", "search"),), bootstraps=10)
    graph = learn_graph(driven_panel(), forbidden)
    assert graph.probability[:, 0, 3].max() == 0.0
    tiers = GraphSettings(tiers=(("search",), ("tv", "video")), bootstraps=10)
    assert learn_graph(driven_panel(), tiers).probability[:, 0, 3].max() == 0.0


def test_required_edge_is_published_and_never_reversed() -> None:
    graph = learn_graph(
        seasonal_panel(0), GraphSettings(required=(("social", "search"),), bootstraps=10)
    )
    assert ("social", "search") in pairs(graph)
    assert graph.probability[:, 3, 2].max() == 0.0


def test_constant_channel_and_short_history_give_no_edge() -> None:
    exposure = driven_panel().exposure.copy()
    exposure[:, :, 1] = 7.0
    exposure[:, :, 2] = 0.0
    assert pairs(learn_graph(panel_of(exposure), GraphSettings())) == {("tv", "search")}
    short = panel_of(exposure[:, :12])
    assert not learn_graph(short, GraphSettings()).published.any()
    one = panel_of(exposure[:, :, :1])
    assert learn_graph(one, GraphSettings()).edges().empty
    assert learn_graph(driven_panel(), GraphSettings(enabled=False)).edges().empty


@pytest.mark.parametrize(
    ("demands", "message"),
    [
        ({"required": (("a", "b"), ("b", "c"), ("c", "a"))}, "a → b → c → a"),
        ({"required": (("a", "b"),), "forbidden": (("a", "b"),)}, "a → b is both"),
        ({"required": (("b", "a"),), "tiers": (("a",), ("b",))}, "b → a leads from tier 2"),
        (
            {"required": (("b", "x"), ("x", "a")), "tiers": (("a",), ("b",))},
            "tier 2 back to tier 1: b → x → a",
        ),
        ({"tiers": (("a",), ("a", "b"))}, "more than one tier"),
        ({"publish_probability": 0.2}, "publish_probability is 0.2"),
        ({"bootstraps": 0}, "bootstraps is 0"),
        ({"max_lag_weeks": -1}, "max_lag_weeks is -1"),
    ],
)
def test_contradictions_are_spelled_out(demands: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GraphSettings(**demands)


def test_unknown_channel_is_named() -> None:
    with pytest.raises(ValueError, match="radio"):
        learn_graph(driven_panel(), GraphSettings(forbidden=(("radio", "tv"),)))


def test_saved_graph_comes_back(learned: ChannelGraph) -> None:
    back = ChannelGraph.from_arrays(learned.channels, learned.regions, learned.to_arrays())
    pd.testing.assert_frame_equal(back.edges(), learned.edges())
    np.testing.assert_array_equal(back.weight, learned.weight)
    with pytest.raises(ValueError, match="lacks"):
        ChannelGraph.from_arrays(learned.channels, learned.regions, {})


@hypothesis_settings(max_examples=50, deadline=None)
@given(st.integers(2, 8), st.integers(0, 2**32 - 1))
def test_published_graph_has_no_same_week_cycle(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    probability = rng.random((2, count, count)) * ~np.eye(count, dtype=bool)
    order = rng.permutation(count)
    required = (rng.random((count, count)) < 0.1) & (order[:, None] < order[None, :])
    published = (probability > 0.3) | required
    kept = without_cycles(published, probability, required)
    names = [str(i) for i in range(count)]
    empty = ChannelGraph.empty(names, ["r"], 1)
    arrays = {**empty.to_arrays(), "published": kept, "probability": probability}
    order_found = ChannelGraph.from_arrays(names, ["r"], arrays).topological_order()
    assert sorted(order_found) == list(range(count))
    assert kept[0][required].all()
    assert (kept[1] == published[1]).all()
