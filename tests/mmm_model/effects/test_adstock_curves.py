"""Adstock curves are shares of an effect."""

from __future__ import annotations

import numpy as np

from mmm_model.effects.adstock_curves import adstock_curves


def test_adstock_weights_add_up(training):
    table = adstock_curves(training.final)
    np.testing.assert_allclose(table.groupby("channel").weight.sum(), 1.0)
