"""The simulator: its truth is exact, its draws vary, the bundled sample is what it writes."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmm_model.simulator import BrandSpec, Simulation, deliver, draw_spec, simulate

DATA = Path(__file__).parents[3] / "data"


@pytest.fixture(scope="module", params=[0, 1, 3, 6])
def simulation(request: pytest.FixtureRequest) -> Simulation:
    return simulate(draw_spec(request.param), request.param)


def test_components_add_up_to_the_kpi(simulation: Simulation) -> None:
    media = simulation.contribution(simulation.exposure).sum(axis=-1)
    parts = simulation.baseline + simulation.control_effect + media + simulation.noise
    np.testing.assert_allclose(parts, simulation.kpi, rtol=1e-12, atol=1e-9)
    assert (simulation.kpi >= 0.0).all()
    assert 0.05 < media.sum() / simulation.kpi.sum() < 0.35


def test_the_channel_without_effect_has_none(simulation: Simulation) -> None:
    display = simulation.truth()["channels"]["display"]
    assert display["spend"] > 0.0
    assert display["total"] == display["roi"] == 0.0


def test_tv_earns_through_search(simulation: Simulation) -> None:
    channels = simulation.truth()["channels"]
    assert channels["tv"]["mediated"] > 0.03 * channels["tv"]["total"]
    assert channels["search"]["mediated"] == pytest.approx(0.0, abs=1e-6)
    off = simulation.exposure_without({"tv"})
    search = simulation.channels.index("search")
    assert off[:, :, search].sum() < simulation.exposure[:, :, search].sum()


def test_joint_truth_agrees(simulation: Simulation) -> None:
    everything = simulation.total_contribution(simulation.channels)
    direct = simulation.contribution(simulation.exposure).sum(axis=-1)
    np.testing.assert_allclose(everything, direct)


def test_true_kpi_at_a_plan(simulation: Simulation) -> None:
    now = simulation.expected_kpi(simulation.spend)
    np.testing.assert_allclose(now + simulation.noise, simulation.kpi, atol=1e-6)
    nothing = simulation.expected_kpi(np.zeros_like(simulation.spend))
    np.testing.assert_allclose(nothing, simulation.baseline + simulation.control_effect)
    assert simulation.expected_kpi(1.5 * simulation.spend).sum() > now.sum()


def test_a_slow_stock_adds_to_the_same_brand() -> None:
    spec = replace(draw_spec(3), late_share=0.0, weeks=120)
    plain = simulate(spec, 3)
    lasting = simulate(replace(spec, brand=BrandSpec(("tv",), 2.0, 40.0)), 3)
    np.testing.assert_array_equal(lasting.spend, plain.spend)
    direct = lasting.contribution(lasting.exposure)
    added = lasting.left_behind(direct)
    assert added.sum() == pytest.approx(2.0 * direct[..., 0].sum(), rel=0.1)
    now = lasting.expected_kpi(lasting.spend)
    np.testing.assert_allclose(now + lasting.noise, lasting.kpi, atol=1e-6)
    assert not plain.left_behind(direct).any()


def test_panel_and_tables_agree(simulation: Simulation) -> None:
    panel, tables = simulation.panel(), deliver(simulation, 0)
    assert tables.media["spend"].sum() == pytest.approx(panel.spend.sum(), rel=1e-3)
    recorded = tables.kpi[tables.kpi["sales"] > 0]
    assert len(recorded) == panel.observed.sum()
    assert not tables.media["week"].is_monotonic_increasing
    assert simulation.outage.sum() >= 8


def test_seed_decides() -> None:
    spec = draw_spec(2)
    first, again, other = simulate(spec, 5), simulate(spec, 5), simulate(spec, 6)
    np.testing.assert_array_equal(first.kpi, again.kpi)
    assert not np.allclose(first.kpi, other.kpi)


def test_draws_vary() -> None:
    specs = [draw_spec(seed) for seed in range(20)]
    other = [s for s in specs if any(c.family != "hill" for c in s.channels)]
    assert len(other) >= 7
    assert all(any(c.kpi_share == 0.0 for c in s.channels) for s in specs)
    assert len({(s.weeks, len(s.regions), len(s.channels)) for s in specs}) > 6


def test_drive_of_an_unknown_channel_is_refused() -> None:
    spec = draw_spec(0)
    wrong = replace(spec, drives=(replace(spec.drives[0], source="fax"),))
    with pytest.raises(ValueError, match="fax"):
        simulate(wrong, 0)


def test_sample_is_what_the_script_writes(tmp_path: Path) -> None:
    runpy.run_path(str(DATA / "make_sample.py"))["write_sample"](tmp_path)
    written = sorted(tmp_path.iterdir())
    assert [file.name for file in written] == [
        "controls.csv",
        "kpi.csv",
        "media.csv",
        "truth.json",
        "truth_contributions.csv",
    ]
    for file in written:
        assert file.read_bytes() == (DATA / file.name).read_bytes(), file.name
    assert sum(file.stat().st_size for file in written) < 2_000_000
