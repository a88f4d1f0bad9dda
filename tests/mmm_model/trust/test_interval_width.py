from __future__ import annotations

from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.panel import Panel
from mmm_model.trust.interval_width import interval_width


def test_what_works_is_known_better_than_what_is_idle(
    tested_model: FittedResponse, tested_panel: Panel
) -> None:
    found = {one.channel: one for one in interval_width(tested_model, tested_panel)}
    assert found["works"].verdict == "good"
    assert found["idle"].value > 2 * found["works"].value
    assert not list(interval_width(tested_model.repeated(5), tested_panel))
