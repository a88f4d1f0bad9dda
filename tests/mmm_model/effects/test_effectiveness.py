"""Effectiveness is an index around one."""

from __future__ import annotations

import numpy as np

from mmm_model.effects.effectiveness import effectiveness


def test_effectiveness_moves_around_one(panel, training):
    table = effectiveness(training.final.media_response(panel), panel)
    assert len(table) == len(panel.channels) * len(panel.weeks)
    np.testing.assert_allclose(table.groupby("channel").effectiveness.mean(), 1.0, rtol=1e-6)
    assert ((table.lower <= table.effectiveness) & (table.effectiveness <= table.upper)).all()
