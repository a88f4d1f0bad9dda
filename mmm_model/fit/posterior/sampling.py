"""From a panel to draws of the posterior of its response."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
from threadpoolctl import threadpool_limits

from mmm_model.fit.posterior.brand import BrandTerm
from mmm_model.fit.posterior.chain import Chain
from mmm_model.fit.posterior.design import Design
from mmm_model.fit.posterior.draws import Draws
from mmm_model.fit.posterior.lift_evidence import Test, tested_channels
from mmm_model.fit.posterior.moving import Moving
from mmm_model.settings import ModelSettings

# Chains that disagree more than this go on, `ModelSettings.rounds` times at most, twice as long as
# at first; of what they bring then every second sweep counts, and what was before was warming up.
# Chains that are farther apart than the second figure tell different stories, and hardly meet; so
# do those that came no nearer by the third.
_AGREE, _APART, _NEARER = 1.2, 4.0, 0.05
# Region-weeks from which chains run beside each other: NumPy then spends more time in its own
# loops than Python between them (two threads: 0.7 to 0.8 of the time in panels, 1.35 in nations).
_BESIDE = 2000


def sample(
    design: Design,
    settings: ModelSettings,
    progress: Callable[[float], None],
    moving: Moving,
    tests: Sequence[Test] = (),
    brand: BrandTerm | None = None,
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
    brand
        A slow stock that may be there; None: none is looked for.
    """
    tested = tested_channels(design, tests)

    def begun(number: int) -> Chain:
        return Chain(design, settings, [settings.seed, number], tested, moving, brand)

    with _beside_each_other(design) as pool:
        chains = list(pool.map(begun, range(settings.chains)))
        visible = np.mean(list(pool.map(Chain.warm_up, chains)), axis=0)
        progress(0.4)
        list(pool.map(lambda chain: chain.settle(visible), chains))
        kept = []
        for own in pool.map(lambda chain: chain.go_on(settings.draws), chains):
            kept.append(own)
            progress(0.4 + 0.6 * len(kept) / settings.chains)
        draws = Draws.of(design, kept, settings.seed, tests)
        before = np.inf
        for _ in range(settings.rounds):
            apart = draws.worst_r_hat
            if not _AGREE < apart < min(_APART, before - _NEARER):
                break
            kept = list(pool.map(lambda chain: chain.go_on(2 * settings.draws)[1::2], chains))
            draws, before = Draws.of(design, kept, settings.seed, tests), apart
    return draws


@contextmanager
def _beside_each_other(design: Design) -> Iterator[ThreadPoolExecutor]:
    """Run chains in threads where that is faster; the draws are the same.

    Matrices are many and small: threads of BLAS wait for each other more than they work (a panel
    of 60 regions takes seven times the CPU with two).
    """
    workers = (os.cpu_count() or 1) if design.kpi.size >= _BESIDE else 1
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(workers) as pool:
        yield pool
