"""Whether this very data could tell a slow stock, were there one: a twin in which there is.

The KPI is simulated as for `mmm_model.trust.twin`, and a stock of the expected size is planted into
it: what the channels of ``brand`` bring comes once more over the years. A fit that looks for it
then says how strong evidence such a stock leaves in a table like this one. Where it leaves none,
that nothing was told says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from mmm_model import priors
from mmm_model.equation.brand_stock import stock
from mmm_model.fit.estimators import fit_response
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.fit.stages import Progress
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from mmm_model.trust.channel_returns import channel_returns
from mmm_model.trust.refit import short
from mmm_model.trust.twin import TEST, simulated, typical
from mmm_model.trust.verdicts import Found


def brand_twin(
    model: FittedResponse,
    panel: Panel,
    settings: ModelSettings,
    progress: Progress | None = None,
) -> Iterator[Found]:
    """Plant a stock into the twin of a typical draw, and look for it.

    Yields
    ------
    Found
        ``slow_stock``: logarithm of the Bayes factor of the planted stock. Nothing where the fit
        looked for none.
    """
    if settings.brand is None or "brand" not in model.mixing:
        return
    rng = np.random.default_rng([settings.seed, len(panel.weeks), 31])
    known = panel.with_controls(model.controls)
    draw = typical(channel_returns(model, known))
    double = simulated(model, known, draw, rng)
    if "brand_multiple" not in model.state:  # else it is there already
        double = with_stock(model, double, draw)
    own = replace(short(settings, model), brand=settings.brand)
    found = fit_response(double, own, progress, "twin, brand", forecasts=False).response
    evidence = float(np.nanmax(found.mixing["brand"]))
    yield Found.at_least(TEST, "slow_stock", evidence, priors.BRAND_EVIDENCE)


def with_stock(model: FittedResponse, panel: Panel, draw: int) -> Panel:
    """Return the panel with a KPI that a stock of the expected size was added to."""
    brand = model.settings.brand
    assert brand is not None
    own = [panel.channels.index(name) for name in brand.channels if name in panel.channels]
    fed = model.chosen(np.array([draw])).components(panel).media[..., own].sum(-1)
    half_life = torch.tensor([float(np.sqrt(np.prod(brand.half_life)))], dtype=torch.float64)
    left = stock(torch.from_numpy(fed), half_life, torch.zeros(1, dtype=torch.float64))[0].numpy()
    added = np.where(panel.observed, priors.BRAND_MULTIPLE[0] * left, 0.0)
    return replace(panel, kpi=panel.kpi + added)
