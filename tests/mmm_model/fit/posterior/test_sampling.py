"""Chains that disagree go on; too few draws are not judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.fit.posterior import lift_evidence, sampling
from mmm_model.fit.posterior.chain import Chain
from mmm_model.fit.posterior.design import Design
from mmm_model.fit.posterior.diagnostics import split_r_hat
from mmm_model.fit.posterior.draws import Draws
from mmm_model.fit.posterior.following import log_plans
from mmm_model.fit.posterior.moving import Moving
from mmm_model.fit.posterior.returns import Returns
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings

_SETTINGS = ModelSettings(chains=2, warmup=2, draws=20)


def _chains(design: Design) -> list[Chain]:
    none = lift_evidence.tested_channels(design, ())
    still = Moving.none(design.weeks, design.channels, _SETTINGS)
    chains = [Chain(design, _SETTINGS, [_SETTINGS.seed, n], none, still) for n in range(2)]
    visible = np.mean([chain.warm_up() for chain in chains], axis=0)
    for chain in chains:
        chain.settle(visible)
    return chains


@pytest.mark.parametrize("rounds", [0, 1, 2])
@pytest.mark.parametrize("nearer", [True, False])
def test_chains_that_disagree_go_on_as_long_as_they_come_nearer(
    panel: Panel, rounds: int, nearer: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most as often as the settings say; the first time however far they are apart."""
    design = Design.of(panel, _SETTINGS)
    chains = _chains(design)
    kept = [chain.go_on(20) for chain in chains]
    for _ in range(rounds if nearer else min(rounds, 1)):
        kept = [chain.go_on(40)[1::2] for chain in chains]
    expected = Draws.of(design, kept, _SETTINGS.seed)
    # They never agree, and come nearer by every round or by none.
    monkeypatch.setattr(sampling, "_AGREE", 0.0)
    monkeypatch.setattr(sampling, "_NEARER", -np.inf if nearer else np.inf)
    still = Moving.none(design.weeks, design.channels, _SETTINGS)
    settings = replace(_SETTINGS, rounds=rounds)
    found = sampling.sample(design, settings, lambda _: None, still)
    assert np.array_equal(found.size, expected.size)


def test_all_chains_take_plans_to_follow_the_same_demand(panel: Panel) -> None:
    """Else each would have a posterior of its own."""
    chains = _chains(Design.of(panel, _SETTINGS))
    visible = log_plans(chains[0].design.exposure).mean(axis=-1)
    now = chains[0].state.variances
    for chain in chains:
        chain.settle(visible)
    one, other = (chain.covariance.offset(now) for chain in chains)
    assert one.any() and np.array_equal(one, other)


def test_a_channel_that_never_ran_is_drawn_from_its_prior(panel: Panel) -> None:
    """Its response is nothing, in no basis at all, and the others bring what they do without it."""
    exposure = panel.exposure.copy()
    exposure[..., 0] = 0.0
    settings = replace(_SETTINGS, warmup=60, draws=60)

    def drawn(own: Panel) -> Draws:
        design = Design.of(own, settings)
        still = Moving.none(design.weeks, design.channels, settings)
        return sampling.sample(design, settings, lambda _: None, still)

    found = drawn(replace(panel, exposure=exposure))
    assert found.design.responses[0].basis.shape[2] == 0
    centre = Returns.first().centre(found.design.log_spend_share)[0]
    assert abs(np.log(found.size[:, 0]).mean() - centre) < 1.0
    alone = drawn(panel.of_channels(np.arange(1, len(panel.channels)))).size.sum(axis=1)
    assert found.size[:, 1:].sum(axis=1).mean() == pytest.approx(alone.mean(), rel=0.25)


def test_r_hat_is_large_where_chains_stay_apart_and_one_where_they_do_not() -> None:
    same = np.random.default_rng(1).standard_normal((4, 500))
    apart = same + np.array([0.0, 0.0, 0.0, 2.0])[:, None]
    assert split_r_hat(same) == pytest.approx(1.0, abs=0.02)
    assert split_r_hat(apart) > 1.3


def test_few_draws_are_not_judged() -> None:
    apart = np.random.default_rng(1).standard_normal((4, 20, 2)) + np.arange(4)[:, None, None]
    assert np.isnan(split_r_hat(apart)).all()
