"""A further KPI borrows the adstock of the main one where its own data say little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.equation.adstock import adstock_of
from mmm_model.equation.saturation import saturation_of
from mmm_model.fit.further_kpis import train_further
from mmm_model.fit.posterior.carryover import Carryover
from mmm_model.fit.posterior.shapes import ShapeBank
from mmm_model.fit.training import train
from mmm_model.settings import ModelSettings
from mmm_model.simulator import draw_spec, simulate
from mmm_model.simulator.second_kpi import second_kpi

_QUICK = ModelSettings(
    holdout_weeks=4, chains=2, warmup=25, draws=40, members=40, rounds=0, gru_width=0, seed=2
)


@pytest.fixture(scope="module")
def brand():
    spec = draw_spec(4)
    spec = replace(spec, regions=("north", "south"), weeks=70, channels=spec.channels[:4])
    first = simulate(spec, 4)
    return first, second_kpi(first, 4, per_unit=0.001)


def test_what_others_say_of_kernels_is_evidence_but_no_proof() -> None:
    bank = ShapeBank.of(adstock_of(_QUICK), saturation_of(_QUICK), 9)
    draws = np.repeat(bank.kernel[None, [3]], 50, axis=0)  # [M, 1, L]: all of one kernel
    told = Carryover(("tv",), draws).log_evidence(("radio", "tv"), bank)
    assert not told[0].any()
    assert told[1].argmax() == 3 and told[1, 3] > 1
    others = np.delete(told[1], 3)
    assert others == pytest.approx(np.log(0.1))


def test_a_sparse_kpi_takes_the_adstock_that_the_main_one_tells(brand) -> None:
    first, second = brand
    assert second.kpi.sum() < 0.003 * first.kpi.sum()
    assert (second.exposure == first.exposure).all()
    main = train(first.panel(), _QUICK)
    found = train_further("customers", second.panel(), main, _QUICK)
    alone = train(second.panel(), _QUICK).final

    def apart(model) -> float:
        """How far the mean kernels lie from the main KPI's, all channels together."""
        gap = model.adstock_kernel().mean(0) - main.final.adstock_kernel().mean(0)
        return float(np.abs(gap).sum())

    assert apart(found.training.final) < 0.6 * apart(alone)
    assert found.training.holdout is not found.training.final
    assert found.training.final.graph is main.final.graph
    predicted = found.training.final.predict(found.panel).mean.sum()
    assert predicted == pytest.approx(second.kpi.sum(), rel=0.2)
