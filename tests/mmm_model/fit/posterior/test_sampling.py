"""Chains that disagree go on; too few draws are not judged."""

from __future__ import annotations

import numpy as np
import pytest

from mmm_model.fit.posterior import lift_evidence, sampling
from mmm_model.fit.posterior.chain import Chain
from mmm_model.fit.posterior.design import Design
from mmm_model.fit.posterior.diagnostics import split_r_hat
from mmm_model.fit.posterior.draws import Draws
from mmm_model.fit.posterior.moving import Moving
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings


@pytest.mark.parametrize("agree", [True, False])
def test_chains_that_disagree_go_on(
    panel: Panel, agree: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ModelSettings(chains=2, warmup=1, draws=100)
    design = Design.of(panel, settings)
    none = lift_evidence.tested_channels(design, ())
    still = Moving.none(design.weeks, design.channels, settings)
    chains = [Chain(design, settings, [settings.seed, n], none, still) for n in range(2)]
    for chain in chains:
        chain.warm_up()
    first = Draws.of(design, [chain.go_on(100) for chain in chains], settings.seed)
    limit = first.worst_r_hat + (0.001 if agree else -0.001)
    monkeypatch.setattr(sampling, "_AGREE", limit)
    found = sampling.sample(design, settings, lambda _: None, still)
    assert found.size.shape == first.size.shape
    assert np.array_equal(found.size, first.size) == agree
    assert agree or found.worst_r_hat < first.worst_r_hat


def test_r_hat_is_large_where_chains_stay_apart_and_one_where_they_do_not() -> None:
    same = np.random.default_rng(1).standard_normal((4, 500))
    apart = same + np.array([0.0, 0.0, 0.0, 2.0])[:, None]
    assert split_r_hat(same) == pytest.approx(1.0, abs=0.02)
    assert split_r_hat(apart) > 1.3


def test_few_draws_are_not_judged() -> None:
    apart = np.random.default_rng(1).standard_normal((4, 20, 2)) + np.arange(4)[:, None, None]
    assert np.isnan(split_r_hat(apart)).all()
