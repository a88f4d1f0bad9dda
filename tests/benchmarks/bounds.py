"""How near estimates could come were the curves known: what noise and demand alone leave open.

    python tests/benchmarks/bounds.py GROUP … [--first SEED] [--count N]

Groups, seeds and scores are those of fresh_truth.py, whose release is printed beside; without
--first they are the release's own. Every channel that works has one response: its true
contributions, week by week and region by region, over their mean. What is estimated is how much of
it there is, beside levels, seasonality, controls, demand that plans follow and noise, by the chains
that a fit samples with and under its prior of returns: an error that is left here is none of
curves. stress and graphs, whose truth is totals alone, have no bound.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np
from fresh_truth import Known, last_release, measure, scores
from writing import write

from mmm_model.equation.scaling import Scaling
from mmm_model.fit.posterior.design import Design
from mmm_model.fit.posterior.moving import Moving
from mmm_model.fit.posterior.sampling import sample
from mmm_model.fit.posterior.shapes import ChannelResponses
from mmm_model.fit.stages import past_and_settings, silent
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings


def known_curves(design: Design, contribution: np.ndarray) -> Design:
    """Return a design whose only responses are true contributions ``[R, W, C]`` over their mean."""
    share = contribution / design.size[:, None, None]
    curves = share / np.einsum("rwc,rw->c", share, design.weight)
    shapes = len(design.shapes.log_within)
    return replace(
        design,
        responses=tuple(
            ChannelResponses(curves[..., c, None], np.ones((1, shapes)), np.ones(shapes))
            for c in range(design.channels)
        ),
    )


def bound(panel: Panel, known: Known, settings: ModelSettings) -> dict[str, float]:
    """Fit a panel whose curves are known and compare with the truth."""
    began = time.process_time()
    assert known.contribution is not None
    works = np.flatnonzero(known.earned > 0)  # what does nothing has no curve
    known = Known(known.earned[works], known.contribution[..., works])
    panel = panel.of_channels(works)
    past, settings = past_and_settings(panel, settings)
    contribution = known.contribution[:, : len(past.weeks)]
    treatment = Scaling.of(panel).treatment(past)
    design = known_curves(Design.of(past, settings, treatment=treatment), contribution)
    moving = Moving.none(design.weeks, design.channels, settings)
    draws = sample(design, settings, lambda share: silent("bound", share), moving)
    curve = np.stack([one.basis[..., 0] for one in design.responses], axis=-1)  # [R, W, C]
    by_region = np.einsum("rwc,rw->rc", curve, design.weight)
    earned = design.worth * draws.size * np.einsum("drc,rc->dc", draws.region, by_region)
    mean = (draws.size[:, None] * draws.region).mean(0)  # [R, C]
    weekly = np.einsum("rwc,rc,r->wc", curve, mean, design.size)
    seconds = time.process_time() - began
    return scores(known, earned, weekly, float(draws.r_hat.max()), seconds)


def main() -> None:
    """Measure the groups named on the command line."""
    release, kept = last_release()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="+")
    parser.add_argument("--first", type=int)
    parser.add_argument("--count", type=int, default=20)
    asked = parser.parse_args()
    again = {name: tuple(seeds) for name, seeds in release["asked"].items()}
    own = (asked.first, asked.count)
    groups = {name: again.get(name, own) if asked.first is None else own for name in asked.groups}
    settings = ModelSettings()
    write("bounds", measure(groups, kept, lambda panel, known: bound(panel, known, settings)))


if __name__ == "__main__":
    main()
