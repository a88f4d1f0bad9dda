"""Whether a table could tell a slow stock is found out by planting one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmm_model.brand import BrandSettings
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.panel import Panel
from mmm_model.priors import BRAND_EVIDENCE
from mmm_model.trust.brand_twin import brand_twin, with_stock
from tests.mmm_model.trust.conftest import SETTINGS

LOOKS = replace(SETTINGS, brand=BrandSettings(("works",)))


@pytest.fixture(scope="module")
def looked(tested_model: FittedResponse) -> FittedResponse:
    """The fit as if it had looked for a stock and told none."""
    mixing = tested_model.mixing | {"brand": np.array([0.1, np.nan])}
    return replace(
        tested_model, mixing=mixing, settings=replace(tested_model.settings, brand=LOOKS.brand)
    )


def test_a_planted_stock_is_looked_for(looked: FittedResponse, tested_panel: Panel) -> None:
    (found,) = brand_twin(looked, tested_panel, LOOKS)
    assert (found.test, found.measure, found.channel) == ("twin", "slow_stock", None)
    assert found.threshold == BRAND_EVIDENCE and np.isfinite(found.value)
    assert (found.verdict == "good") == (found.value >= BRAND_EVIDENCE)


def test_what_is_planted_is_as_much_again_over_the_years(
    looked: FittedResponse, tested_panel: Panel
) -> None:
    planted = with_stock(looked, tested_panel, 0).kpi - tested_panel.kpi
    assert not planted[~tested_panel.observed].any()
    direct = looked.components(tested_panel).media[0, ..., 0]
    seen = tested_panel.observed
    assert planted[seen].mean() == pytest.approx(direct.mean(), rel=0.1)
    assert planted[seen].std() < 0.2 * direct.std()


def test_a_fit_that_looked_for_none_has_no_such_twin(
    tested_model: FittedResponse, tested_panel: Panel
) -> None:
    assert list(brand_twin(tested_model, tested_panel, SETTINGS)) == []
