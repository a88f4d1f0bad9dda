"""From a panel to draws of the posterior of its response."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mmm_model.fit.posterior.chain import Chain
from mmm_model.fit.posterior.design import Design
from mmm_model.fit.posterior.draws import Draws
from mmm_model.fit.posterior.lift_evidence import Test, tested_channels
from mmm_model.fit.posterior.moving import Moving
from mmm_model.settings import ModelSettings

# Chains that disagree more than this go on, so many times at most, twice as long as at first; of
# what they bring then every second sweep counts, and what was before was warming up. Chains
# that are farther apart than the second figure tell different stories, and hardly meet.
_AGREE, _APART = 1.2, 4.0
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
    for _ in range(_MORE):
        if not _AGREE < draws.worst_r_hat < _APART:
            break
        kept = [chain.go_on(2 * settings.draws)[1::2] for chain in chains]
        draws = Draws.of(design, kept, settings.seed, tests)
    return draws
