from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model import priors
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.panel import Panel
from mmm_model.trust.prior_against_data import overlap, prior_against_data, prior_sizes


def test_what_works_is_learned_and_what_is_idle_as_well(
    tested_model: FittedResponse, tested_panel: Panel
) -> None:
    found = {(f.measure, f.channel): f for f in prior_against_data(tested_model, tested_panel)}
    works, idle = found["learned", "works"], found["learned", "idle"]
    assert works.verdict == idle.verdict == "good"
    assert found["narrowed", "works"].value > 0.5
    assert 0 < works.lower < works.upper


def test_where_the_data_are_noise_the_prior_is_what_is_left(tested_panel: Panel) -> None:
    from mmm_model.fit.estimators import fit_response
    from tests.mmm_model.trust.conftest import SETTINGS

    noise = np.random.default_rng(1).normal(200, 80, tested_panel.kpi.shape)
    blind = replace(tested_panel, kpi=np.maximum(noise, 0.0) * tested_panel.observed).head(12)
    model = fit_response(blind, SETTINGS, forecasts=False).response
    learned = [f for f in prior_against_data(model, blind) if f.measure == "learned"]
    assert all(one.verdict == "doubtful" for one in learned)


def test_few_members_and_other_estimators_are_not_judged(
    tested_model: FittedResponse, tested_panel: Panel
) -> None:
    assert not list(prior_against_data(tested_model.repeated(5), tested_panel))
    search = replace(tested_model, settings=replace(tested_model.settings, estimator="search"))
    assert not list(prior_against_data(search, tested_panel))


def test_overlap_of_normal_draws_is_that_of_their_densities() -> None:
    rng = np.random.default_rng(0)
    one, narrow = rng.normal(0, 1, 4000), rng.normal(0, 0.5, 4000)
    assert overlap(one, rng.normal(0, 1, 4000)) > 0.95
    assert overlap(one, narrow) == pytest.approx(0.68, abs=0.03)
    assert overlap(one, one + 8.0) < 0.01


def test_sizes_are_drawn_as_the_chains_expect_them() -> None:
    share = np.array([0.7, 0.2, 0.1])
    size = prior_sizes(share)
    total = size.sum(axis=1)
    assert (total < 1.2).all()
    middle = 1 / (1 + np.exp(-priors.TOTAL_SHARE))
    assert np.median(total) == pytest.approx(middle, rel=0.25)
    # Returns fall with spend: the largest channel is expected to bring most, but not seven times.
    assert 1 < np.median(size[:, 0]) / np.median(size[:, 2]) < 7
