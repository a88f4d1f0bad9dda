"""Contributions add up to the prediction."""

from __future__ import annotations

import numpy as np

from mmm_model.effects.contributions import contributions
from mmm_model.effects.fitted_effects import FittedEffects


def test_contributions_add_up_to_the_final_prediction(panel, training):
    table = contributions(FittedEffects(training.final, panel))
    total = table.groupby(["region", "week"], sort=False).contribution.sum().to_numpy()
    np.testing.assert_allclose(total, training.final.predict(panel).mean.ravel(), rtol=1e-9)
    media = table[table.kind == "media"]
    assert (media.lower >= 0).all() and set(media.component) == set(panel.channels)
