"""Tables of effects have the columns of the mart's contract."""

from __future__ import annotations

import pytest

from mmm_model.effects.adstock_curves import adstock_curves
from mmm_model.effects.channel_summary import channel_summary
from mmm_model.effects.contributions import contributions
from mmm_model.effects.effectiveness import effectiveness, effectiveness_evidence
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.holdout import holdout_metrics
from mmm_model.effects.long_term import long_term
from mmm_model.effects.predictions import predictions
from mmm_model.effects.response_draws import response_draws


def _without_key(table: str) -> list[str]:
    mart = pytest.importorskip("mmm_assets.mart")
    return [column.name for column in mart.BY_NAME[table].columns]


def test_columns_are_those_of_the_contract(panel, training):
    response = training.final.media_response(panel)
    shapes, draws = response_draws(response, panel)
    found = {
        "response_shapes": shapes,
        "response_draws": draws,
        "predictions": predictions(training, panel),
        "contributions": contributions(FittedEffects(training.final, panel)),
        "channel_summary": channel_summary(FittedEffects(training.final, panel)),
        "adstock_curves": adstock_curves(training.final),
        "effectiveness": effectiveness(response, panel),
        "effectiveness_evidence": effectiveness_evidence(training.final.response, response, panel),
        "holdout_metrics": holdout_metrics(training, panel),
        "training_history": training.history,
    }
    for name, table in found.items():
        assert list(table.columns) == _without_key(name), name
        assert len(table)


def test_an_empty_table_has_them_too(panel, training):
    found = long_term(FittedEffects(training.final, panel))
    assert list(found.columns) == _without_key("long_term")
    assert found.empty and found["told"].dtype == bool
