"""What was saved comes back, also from files of an earlier release."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmm_model.effects.mediation import mediation
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.fit.saved_arrays import pack, unpack
from mmm_model.panel import Panel
from tests.mmm_model.model_panels import small_panel

# Made by the release that saved in format 2: two regions, 45 weeks, two members, a graph with
# one required edge, a lift test of the last channel.
FORMAT_2 = Path(__file__).parent / "data" / "format_2.safetensors"


def panel_of_then() -> Panel:
    """The panel of that fit: the first channel creates most of the second."""
    panel = small_panel(regions=2, weeks=45, channels=3, controls=1)
    exposure = panel.exposure.copy()
    exposure[..., 1] = 0.3 * exposure[..., 1] + 0.9 * exposure[..., 0]
    return replace(panel, exposure=exposure, spend=2 * exposure)


def test_a_fit_of_format_2_says_what_it_said() -> None:
    model, panel = FittedModel.from_bytes(FORMAT_2.read_bytes()), panel_of_then()
    forecast = model.predict(panel)
    assert forecast.mean.sum() == pytest.approx(121188.43779094204)
    assert forecast.upper.sum() == pytest.approx(125537.4598900706)
    direct = model.components(panel).media.sum((0, 1, 2))
    np.testing.assert_allclose(direct, [22.0494114, 12782.4875, 22096.7804], rtol=1e-7)
    total = mediation(model, panel).total.sum((0, 1, 2))
    np.testing.assert_allclose(total, [11028.00531742, 12782.48754631, 22096.78037931])
    assert model.graph is not None and model.graph.published.sum() == 1
    assert model.lift["after"].mean() == pytest.approx((52.88162834 + 55.38405346) / 2)
    assert model.settings.members == 2 and model.settings.gru_width == 2


def test_what_was_read_from_format_2_is_saved_as_it_is_read() -> None:
    model = FittedModel.from_bytes(FORMAT_2.read_bytes())
    again = FittedModel.from_bytes(model.to_bytes())
    assert again.to_bytes() == model.to_bytes()
    assert [channel.target for channel in again.driven] == ["channel 1"]


def test_arrays_of_any_shape_and_type_come_back() -> None:
    group = {
        "numbers": np.arange(6.0).reshape(2, 3),
        "single": np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 2, 2)[:, ::-1],
        "truths": np.array([[True, False, True]]),
        "bytes": np.arange(5, dtype=np.uint8),
        "scalar": np.array(2.5),
        "none": np.zeros((2, 0)),
    }
    meta, back = unpack(pack({"name": "x"}, {"a": group, "c": {}}))
    assert meta["name"] == "x" and set(back) == {"a"}
    for name, value in group.items():
        assert back["a"][name].dtype == value.dtype and back["a"][name].shape == value.shape
        np.testing.assert_array_equal(back["a"][name], value)


def test_what_is_alike_takes_little_room() -> None:
    numbers = np.random.default_rng(0).integers(0, 1000, 20_000).astype(float)
    assert len(pack({}, {"a": {"whole": numbers}})) < 0.4 * numbers.nbytes
    assert len(pack({}, {"a": {"same": np.ones(20_000)}})) < 0.02 * numbers.nbytes


def test_spoilt_bytes_are_no_saved_model() -> None:
    data = bytearray(pack({}, {"a": {"b": np.arange(1000.0)}}))
    data[-100] ^= 1
    with pytest.raises(ValueError, match="not a saved model"):
        unpack(bytes(data))
