"""From a panel to draws of the posterior of its response."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mmm_model.fit.posterior.chain import Chain
from mmm_model.fit.posterior.design import Design
from mmm_model.fit.posterior.draws import Draws
from mmm_model.fit.posterior.lift_evidence import Test, tested_channels
from mmm_model.settings import ModelSettings


def sample(
    design: Design,
    settings: ModelSettings,
    progress: Callable[[float], None],
    tests: Sequence[Test] = (),
) -> Draws:
    """Sample the posterior.

    Parameters
    ----------
    settings
        Seed and lengths of the chains.
    progress
        Called with the fraction that is done.
    tests
        Lift tests that the draws should agree with.
    """
    tested = tested_channels(design, tests)
    chains = []
    for number in range(settings.chains):
        chains.append(Chain(design, settings, [settings.seed, number], tested).run())
        progress((number + 1) / settings.chains)
    return Draws.of(design, chains, settings.seed, tests)
