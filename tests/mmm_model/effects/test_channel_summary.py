"""Channels summed up: returns, and what is earned through others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.effects.channel_summary import channel_summary
from mmm_model.effects.contributions import contributions
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.fit.training import fit_driven
from mmm_model.graph import ChannelGraph


def test_returns_need_spend_and_value(panel, training):
    table = channel_summary(FittedEffects(training.final, panel)).set_index("channel")
    np.testing.assert_allclose(table.roi, table.contribution * 3.0 / table.spend)
    assert (table.marginal_roi <= 3.0 * table.roi).all()
    np.testing.assert_allclose(table.mediated, 0.0, atol=1e-9)
    spend = panel.spend.copy()
    spend[..., 0] = np.nan
    partly = channel_summary(FittedEffects(training.final, replace(panel, spend=spend)))
    assert partly.roi.isna().tolist() == [True, False, False]
    assert partly.spend.isna().tolist() == [True, False, False]
    no_value = replace(panel, value_per_kpi=np.full_like(panel.value_per_kpi, np.nan))
    assert channel_summary(FittedEffects(training.final, no_value)).roi.isna().all()


def test_what_a_channel_earns_through_another_is_in_its_total(panel, training):
    empty = ChannelGraph.empty(panel.channels, panel.regions, 0)
    published = empty.published.copy()
    published[0, 0, 2] = True
    driven = fit_driven(panel, replace(empty, published=published), training.final.settings)
    model = replace(training.final, driven=driven)
    table = channel_summary(FittedEffects(model, panel))
    assert table.mediated[0] > 1.0
    np.testing.assert_allclose(table.mediated[1:], 0.0, atol=1e-9)
    np.testing.assert_allclose(table.contribution, table.direct + table.mediated)
    assert table.direct_roi[0] < table.roi[0]
    assert table.direct_roi[1] == pytest.approx(table.roi[1])
    weekly = contributions(FittedEffects(model, panel))
    weekly = weekly[weekly.kind == "media"].groupby("component", sort=False)
    np.testing.assert_allclose(weekly.mediated.sum(), table.mediated, atol=1e-9)
    np.testing.assert_allclose(weekly.total.sum(), table.contribution)
