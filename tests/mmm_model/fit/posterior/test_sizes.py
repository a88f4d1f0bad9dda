"""Shape and size of one channel are drawn from where data and prior leave them."""

from __future__ import annotations

import numpy as np
import pytest

from mmm_model.fit.posterior.sizes import SizePrior, Total, draw_shape


@pytest.mark.parametrize("precision", [1e-9, 1.0, 0.03**-2], ids=["none", "hardly any", "some"])
@pytest.mark.parametrize("spread", [0.5, 1.2])
def test_a_size_has_the_quantiles_of_its_posterior(precision: float, spread: float) -> None:
    """Of a channel that never ran these are the prior's."""
    rng, centre = np.random.default_rng(0), np.log(0.02)
    prior = SizePrior(centre, spread, 0.1, Total(0.0, 1e6))
    square, meets = np.full(3, precision), np.full(3, 0.02 * precision)
    sizes = [draw_shape(rng, square, meets, np.zeros(3), prior)[1] for _ in range(3000)]
    log_size = np.linspace(centre - 8.0 * spread, centre + 8.0 * spread, 4001)
    size = np.exp(log_size)
    log_p = size * meets[0] - 0.5 * size**2 * precision - 0.5 * ((log_size - centre) / spread) ** 2
    below = np.cumsum(np.exp(log_p - log_p.max()))
    expected = log_size[np.searchsorted(below / below[-1], (0.1, 0.5, 0.9))]
    assert np.quantile(np.log(sizes), (0.1, 0.5, 0.9)) == pytest.approx(expected, abs=0.12 * spread)
