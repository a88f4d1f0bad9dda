from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.effects import tables
from mmm_model.fit.training import fit_driven
from mmm_model.graph import ChannelGraph


def _without_key(table: str) -> list[str]:
    mart = pytest.importorskip("mmm_assets.mart")
    return [column.name for column in mart.BY_NAME[table].columns]


def test_columns_are_those_of_the_contract(panel, training):
    found = {
        "predictions": tables.predictions(training, panel),
        "contributions": tables.contributions(training.final, panel),
        "channel_summary": tables.channel_summary(training.final, panel),
        "adstock_curves": tables.adstock_curves(training.final),
        "effectiveness": tables.effectiveness(training.final.media_response(panel), panel),
        "holdout_metrics": tables.holdout_metrics(training, panel),
        "training_history": tables.training_history(training),
    }
    for name, table in found.items():
        assert list(table.columns) == _without_key(name), name
        assert len(table)


def test_predictions_take_held_out_weeks_from_the_holdout_fit(panel, training):
    table = tables.predictions(training, panel)
    held = table[table.split == "holdout"]
    assert sorted(held.week.unique()) == sorted(panel.weeks[-8:])
    np.testing.assert_allclose(held.predicted, training.holdout.predict(panel).mean[:, -8:].ravel())
    rest = table[table.split == "train"]
    np.testing.assert_allclose(rest.predicted, training.final.predict(panel).mean.ravel())
    assert ((table.lower <= table.predicted) & (table.predicted <= table.upper)).all()


def test_an_unobserved_actual_is_null(panel, training):
    masked = replace(panel, observed=panel.observed.copy())
    masked.observed[0, 3] = False
    table = tables.predictions(training, masked)
    assert table[table.split == "train"].actual.isna().sum() == 1


def test_contributions_add_up_to_the_final_prediction(panel, training):
    table = tables.contributions(training.final, panel)
    total = table.groupby(["region", "week"], sort=False).contribution.sum().to_numpy()
    np.testing.assert_allclose(total, training.final.predict(panel).mean.ravel(), rtol=1e-9)
    media = table[table.kind == "media"]
    assert (media.lower >= 0).all() and set(media.component) == set(panel.channels)


def test_returns_need_spend_and_value(panel, training):
    table = tables.channel_summary(training.final, panel).set_index("channel")
    np.testing.assert_allclose(table.roi, table.contribution * 3.0 / table.spend)
    assert (table.marginal_roi <= 3.0 * table.roi).all()
    assert (table.mediated == 0).all()
    spend = panel.spend.copy()
    spend[..., 0] = np.nan
    partly = tables.channel_summary(training.final, replace(panel, spend=spend))
    assert partly.roi.isna().tolist() == [True, False, False]
    assert partly.spend.isna().tolist() == [True, False, False]
    no_value = replace(panel, value_per_kpi=np.full_like(panel.value_per_kpi, np.nan))
    assert tables.channel_summary(training.final, no_value).roi.isna().all()


def test_what_a_channel_earns_through_another_is_in_its_total(panel, training):
    empty = ChannelGraph.empty(panel.channels, panel.regions, 0)
    published = empty.published.copy()
    published[0, 0, 2] = True
    driven = fit_driven(panel, replace(empty, published=published), training.final.settings)
    model = replace(training.final, driven=driven)
    table = tables.channel_summary(model, panel)
    assert table.mediated[0] > 0 and table.mediated[1] == 0 and table.mediated[2] == 0
    np.testing.assert_allclose(table.contribution, table.direct + table.mediated)
    assert table.direct_roi[0] < table.roi[0] and table.direct_roi[1] == table.roi[1]
    weekly = tables.contributions(model, panel)
    weekly = weekly[weekly.kind == "media"].groupby("component", sort=False)
    np.testing.assert_allclose(weekly.mediated.sum(), table.mediated, atol=1e-9)
    np.testing.assert_allclose(weekly.total.sum(), table.contribution)


def test_adstock_weights_add_up(training):
    table = tables.adstock_curves(training.final)
    np.testing.assert_allclose(table.groupby("channel").weight.sum(), 1.0)


def test_effectiveness_moves_around_one(panel, training):
    table = tables.effectiveness(training.final.media_response(panel), panel)
    assert len(table) == len(panel.channels) * len(panel.weeks)
    np.testing.assert_allclose(table.groupby("channel").effectiveness.mean(), 1.0, rtol=1e-6)
    assert ((table.lower <= table.effectiveness) & (table.effectiveness <= table.upper)).all()
