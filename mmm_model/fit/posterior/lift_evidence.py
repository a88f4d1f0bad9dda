"""Lift tests as data of the posterior.

Under a shape with response gain ``k_s`` a test says ``m exp(δ) k_s = lift ± error``, where ``m``
is the channel's size as the weeks tell it and ``δ ~ N(0, doubt²)`` is what the form of its curve
leaves open. The sampler integrates ``δ`` out; given a draw of ``m`` and ``s`` it is drawn from
what the tests leave of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmm_model import priors
from mmm_model.fit.experiments import Experiment
from mmm_model.fit.posterior.design import Design
from mmm_model.panel import Floats


@dataclass(frozen=True)
class Test:
    """One lift test.

    Parameters
    ----------
    channel
        Its position.
    regions
        ``[R']`` its positions in the design; −1 where the design lacks one.
    gain
        ``[R', S]`` weekly lift, KPI units, of each shape's response whose mean over the panel is
        one.
    lift, error
        Measured, KPI units a week, and the standard error as it is believed.
    """

    channel: int
    regions: np.ndarray
    gain: Floats
    lift: float
    error: float

    @classmethod
    def of(cls, design: Design, experiment: Experiment, rows: np.ndarray) -> Test:
        """Bring a test into the form of the posterior.

        Parameters
        ----------
        rows
            Positions of the design's regions among those of the experiment.
        """
        plan, change = experiment.exposure.cpu().numpy(), experiment.change.cpu().numpy()
        first = design.shapes.kernel.shape[1] - 1  # weeks of history stand before the test's
        often = None
        if experiment.frequency is not None:
            often = experiment.frequency.cpu().numpy() / design.frequency_size[experiment.channel]
            often = np.broadcast_to(often, plan.shape)
        with_change, without = (
            design.shapes.responses(exposure, often)[:, first:].mean(axis=1)  # [R', S]
            for exposure in (plan, np.maximum(plan - change, 0.0))
        )
        gain = experiment.size.cpu().numpy()[:, None] * (with_change - without)
        unit = design.responses[experiment.channel].unit
        position = {int(row): place for place, row in enumerate(rows)}
        regions = np.array([position.get(int(r), -1) for r in experiment.regions])
        return cls(experiment.channel, regions, gain / unit, experiment.lift, experiment.error)

    def expected(self, shape: np.ndarray, size: Floats, region: Floats) -> Floats:
        """Weekly lift ``[D]`` of draws ``[D, C]`` and regions' returns ``[D, R, C]``."""
        own = region[:, self.regions, self.channel]
        own = np.where(self.regions >= 0, own, 1.0)  # [D, R']
        gain = self.gain[:, shape[:, self.channel]]  # [R', D]
        return np.asarray(size[:, self.channel] * (own * gain.T).sum(axis=1))


@dataclass(frozen=True)
class TestedChannel:
    """Contribution of one channel's tests to its sufficient statistics.

    Parameters
    ----------
    square, meets
        ``[S]`` added to ``g'V^-1 g`` and ``g'V^-1 rest`` of each shape.
    """

    square: Floats
    meets: Floats


def tested_channels(design: Design, tests: Sequence[Test]) -> tuple[TestedChannel, ...]:
    """Return what tests say of every channel, the doubt about its form integrated out."""
    none = np.zeros(len(design.shapes.log_within))
    found = [TestedChannel(none, none) for _ in design.responses]
    for test in tests:
        variance = test.error**2 + (priors.FORM_DOUBT * test.lift) ** 2
        before, gain = found[test.channel], test.gain.sum(axis=0)
        found[test.channel] = TestedChannel(
            before.square + gain**2 / variance, before.meets + gain * test.lift / variance
        )
    return tuple(found)


def draw_form_doubt(
    rng: np.random.Generator,
    shape: np.ndarray,
    size: Floats,
    region: Floats,
    tests: Sequence[Test],
) -> Floats:
    """Draw ``δ`` ``[D, C]`` for draws of shapes, sizes and regions' returns."""
    precision = np.full(size.shape, priors.FORM_DOUBT**-2.0)
    weighted = np.zeros_like(size)
    for test in tests:
        c = test.channel
        expected = test.expected(shape, size, region)
        ratio = test.lift / np.where(expected == 0, np.nan, expected)
        # On the scale of the logarithm, where a test of the other sign says nothing.
        known = np.nan_to_num(ratio) > 0
        own = np.where(known, (expected / test.error) ** 2, 0.0)
        precision[:, c] += own
        weighted[:, c] += own * np.log(np.where(known, ratio, 1.0))
    return weighted / precision + rng.standard_normal(size.shape) / np.sqrt(precision)
