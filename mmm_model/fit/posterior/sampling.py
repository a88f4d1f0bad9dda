"""From a panel to draws of the posterior of its response."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mmm_model.fit.posterior.chain import Chain
from mmm_model.fit.posterior.design import Design
from mmm_model.fit.posterior.draws import Draws
from mmm_model.fit.posterior.lift_evidence import Test, tested_channels
from mmm_model.fit.posterior.moving import Moving
from mmm_model.settings import ModelSettings

# Chains that disagree more than this go on, so many times at most, twice as long as at first; of
# what they bring then every second sweep counts, and what was before was warming up. Chains
# that are farther apart than the second figure tell different stories, and hardly meet; so do
# those that came no nearer by the third.
_AGREE, _APART, _NEARER = 1.2, 4.0, 0.05
_MORE = 3


def sample(
    design: Design,
    settings: ModelSettings,
    progress: Callable[[float], None],
    moving: Moving,
    tests: Sequence[Test] = (),
) -> Draws:
    """Sample the posterior.

    Parameters
    ----------
    settings
        Seed and lengths of the chains.
    progress
        Called with the fraction that is done.
    moving
        Channels whose effectiveness moves.
    tests
        Lift tests that the draws should agree with.
    """
    tested = tested_channels(design, tests)
    chains = [
        Chain(design, settings, [settings.seed, number], tested, moving)
        for number in range(settings.chains)
    ]
    kept = []
    for number, chain in enumerate(chains):
        chain.warm_up()
        kept.append(chain.go_on(settings.draws))
        progress((number + 1) / settings.chains)
    draws = Draws.of(design, kept, settings.seed, tests)
    before = np.inf
    for _ in range(_MORE):
        apart = draws.worst_r_hat
        if not _AGREE < apart < min(_APART, before - _NEARER):
            break
        kept = [chain.go_on(2 * settings.draws)[1::2] for chain in chains]
        draws, before = Draws.of(design, kept, settings.seed, tests), apart
    return draws
