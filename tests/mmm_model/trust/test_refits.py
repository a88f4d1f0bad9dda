"""The tests that fit again, on a panel whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.panel import Panel
from mmm_model.trust.perturbation import perturbation
from mmm_model.trust.placebo import INVENTED, exceeds, placebo, shifted_in_time, with_invented
from mmm_model.trust.twin import resampled, simulated, twin, typical
from mmm_model.trust.verdicts import Found
from tests.mmm_model.trust.conftest import SETTINGS


def of(found: list[Found], measure: str) -> dict[str | None, Found]:
    return {one.channel: one for one in found if one.measure == measure}


def test_what_works_beats_its_placebo_and_what_is_idle_does_not(
    tested_model: FittedResponse, tested_panel: Panel
) -> None:
    found = list(placebo(tested_model, tested_panel, SETTINGS))
    beats, earned = of(found, "beats"), of(found, "return")
    assert beats["works"].verdict == "good"
    assert beats["idle"].verdict == "doubtful"
    assert set(beats) == {"works", "idle"}
    assert earned[INVENTED].lower < earned[INVENTED].value < earned[INVENTED].upper
    assert [one.test for one in found if one.channel is None] == ["shuffled_channel"]


def test_a_shift_keeps_money_and_rhythm_and_loses_a_quarter_of_the_weeks_at_least(
    tested_panel: Panel,
) -> None:
    shifted = shifted_in_time(tested_panel, np.random.default_rng(1))
    weeks = len(tested_panel.weeks)
    for c in range(2):
        by = [
            s
            for s in range(weeks)
            if np.array_equal(np.roll(tested_panel.spend[..., c], s, 1), shifted.spend[..., c])
        ]
        assert len(by) == 1
        assert weeks // 4 <= by[0] <= weeks - weeks // 4
        assert np.array_equal(shifted.exposure[..., c], shifted.spend[..., c])
    assert np.array_equal(shifted.kpi, tested_panel.kpi)


def test_an_invented_channel_has_the_money_of_another_one_in_other_weeks(
    tested_panel: Panel,
) -> None:
    wider = with_invented(tested_panel, np.random.default_rng(1))
    own = [c for c in range(2) if np.isclose(wider.spend[..., c].sum(), wider.spend[..., 2].sum())]
    assert len(own) == 1
    assert not np.array_equal(wider.spend[..., own[0]], wider.spend[..., 2])
    assert np.array_equal(np.sort(wider.spend[0, :, own[0]]), np.sort(wider.spend[0, :, 2]))


def test_half_of_ties_count() -> None:
    assert exceeds(np.array([1.0, 2.0]), np.array([1.0])) == pytest.approx(0.75)


def test_a_twin_finds_what_was_planted(tested_model: FittedResponse, tested_panel: Panel) -> None:
    found = list(twin(tested_model, tested_panel, SETTINGS))
    known, planted, error = (of(found, name) for name in ("known_to", "planted", "error"))
    assert known["works"].verdict == "good"
    assert known["idle"].verdict == "doubtful"
    assert abs(error["works"].value) < 0.3
    assert planted["works"].lower < planted["works"].value < planted["works"].upper
    assert of(found, "smallest")["works"].value < planted["works"].value
    assert of(found, "covered")[None].value >= 0.5


def test_the_planted_draw_is_the_nearest_to_what_is_published() -> None:
    draws = np.array([[1.0, 9.0], [2.0, 2.2], [3.0, 1.0], [2.2, 2.0], [2.1, 2.1]])
    assert typical(draws) == 4


def test_a_twin_has_the_gaps_of_the_data_and_the_noise_of_the_fit(
    tested_model: FittedResponse, tested_panel: Panel
) -> None:
    double = simulated(tested_model, tested_panel, 3, np.random.default_rng(2))
    expected = tested_model.components(tested_panel).prediction[3]
    seen = tested_panel.observed
    sd = np.sqrt(tested_model.noise["week"]) * tested_model.scaling.region_size
    noise = np.where(seen, double.kpi - expected, np.nan)
    assert (double.kpi[~seen] == 0).all()
    assert np.nanstd(noise, axis=1) == pytest.approx(sd, rel=0.35)


def test_noise_that_regions_share_stays_shared() -> None:
    common = np.random.default_rng(3).normal(size=90)
    rest = np.stack([common, common])
    seen = np.ones(rest.shape, dtype=bool)
    drawn = resampled(rest, seen, np.array([1.0, 2.0]), np.random.default_rng(4))
    assert drawn[1] / drawn[0] == pytest.approx(drawn[1, 0] / drawn[0, 0])


def test_a_little_noise_on_exposure_moves_what_works_a_little(
    tested_model: FittedResponse, tested_panel: Panel
) -> None:
    change = of(list(perturbation(tested_model, tested_panel, SETTINGS)), "change")
    assert set(change) == {"works", "idle"}
    assert change["works"].value < 0.2
