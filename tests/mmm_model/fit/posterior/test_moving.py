"""Effectiveness moves where the data say so, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmm_model.effects.effectiveness import effectiveness, effectiveness_evidence
from mmm_model.fit.fitted_response import FittedResponse
from mmm_model.fit.posterior.moving import Moving
from mmm_model.fit.posterior.moving_evidence import Moments, MovingEvidence
from mmm_model.fit.posterior_stages import fit_by_posterior
from mmm_model.panel import Panel
from mmm_model.settings import ModelSettings
from tests.mmm_model.model_panels import small_panel

QUICK = ModelSettings(holdout_weeks=0, members=20, chains=2, warmup=80, draws=40, harmonics=0)
FELL = "channel 2"


@pytest.fixture(scope="module")
def still() -> Panel:
    """Two years in which nothing changes."""
    return small_panel(regions=8, weeks=104)


@pytest.fixture(scope="module")
def fallen(still: Panel) -> Panel:
    """The same panel, but the largest channel is worth 40 % less in the second year."""
    size = still.exposure.mean(axis=(1, 2))[:, None]
    part = 0.2 * size * np.sqrt(still.exposure[..., 2] / size)
    lost = 0.4 * part * (np.arange(104) >= 52)
    return replace(still, kpi=still.kpi - lost)


@pytest.fixture(scope="module")
def found(fallen: Panel) -> FittedResponse:
    return fit_by_posterior(fallen, QUICK).response


def _evidence(fitted: FittedResponse, panel: Panel):
    table = effectiveness_evidence(fitted, fitted.media_response(panel), panel)
    return table.set_index("channel")


def test_a_drift_is_found_where_it_is(fallen: Panel, found: FittedResponse) -> None:
    said = _evidence(found, fallen)
    assert said.index[said["moves"]].tolist() == [FELL]
    row = said.loc[FELL]
    assert row["evidence"] == "decisive" and row["log_bayes_factor"] > np.log(100)
    assert row["change"] == pytest.approx(-0.4, abs=0.08)
    assert row["change_lower"] < row["change"] < row["change_upper"] < -0.2
    assert abs((row["since"] - fallen.weeks[52]).days) < 7 * 26
    assert "fell by" in row["statement"]


def test_the_path_is_near_the_truth_and_others_are_exactly_one(
    fallen: Panel, found: FittedResponse
) -> None:
    table = effectiveness(found.media_response(fallen), fallen)
    paths = table.pivot(index="week", columns="channel", values="effectiveness")
    truth = np.where(np.arange(104) >= 52, 0.6, 1.0) / 0.8
    assert np.abs(paths[FELL] - truth).mean() < 0.08
    assert np.ptp(paths.drop(columns=FELL).to_numpy()) == 0.0


def test_contributions_move_with_effectiveness(fallen: Panel, found: FittedResponse) -> None:
    media = found.components(fallen).media
    np.testing.assert_allclose(found.media_response(fallen).contribution(), media, rtol=1e-6)
    unit = media[..., 2].mean(0).sum(0) / np.sqrt(fallen.exposure[..., 2]).sum(0)
    assert unit[60:].mean() < 0.75 * unit[:45].mean()


def test_saved_fits_keep_the_path(fallen: Panel, found: FittedResponse) -> None:
    again = FittedResponse.from_bytes(found.to_bytes())
    response = again.media_response(fallen)
    np.testing.assert_array_equal(response.weight, found.media_response(fallen).weight)
    pd.testing.assert_frame_equal(_evidence(again, fallen), _evidence(found, fallen))


def test_channels_may_come_in_another_order(fallen: Panel, found: FittedResponse) -> None:
    turned = found.in_order(("channel 2", "channel 0", "channel 1"))
    np.testing.assert_array_equal(turned.state["readout"][..., 0], found.state["readout"][..., 2])


def test_without_a_drift_effectiveness_is_constant(still: Panel) -> None:
    fitted = fit_by_posterior(still, QUICK).response
    said = _evidence(fitted, still)
    assert not said["moves"].any() and (said["log_bayes_factor"] < np.log(10)).all()
    weight = fitted.media_response(still).weight
    assert np.ptp(weight, axis=2).max() == 0.0
    same = fit_by_posterior(still, replace(QUICK, gru_width=0)).response
    np.testing.assert_array_equal(weight, same.media_response(still).weight)


def test_less_than_a_year_says_nothing_of_drifts() -> None:
    assert Moving.none(51, 3, ModelSettings()).basis.size == 0
    assert Moving.none(52, 3, ModelSettings()).basis.shape == (52, 4)


def test_no_evidence_is_weighed_without_a_gru(still: Panel) -> None:
    fitted = fit_by_posterior(still, replace(QUICK, gru_width=0, warmup=5, draws=10)).response
    said = _evidence(fitted, still)
    assert said["log_bayes_factor"].isna().all() and said["moves"].isna().all()


def test_evidence_is_the_ratio_of_marginal_likelihoods() -> None:
    rng = np.random.default_rng(0)
    moving = Moving.none(60, 2, ModelSettings())
    direct = 1.0 + rng.random((1, 60, 2))
    columns = np.concatenate([direct, moving.columns(direct)], axis=-1)[0]
    rest = 3.0 * moving.columns(direct)[0, :, 4] + rng.standard_normal(60)
    moments = Moments((columns.T @ columns)[None], (columns.T @ rest)[None])

    def log_likelihood(which: list[int], precision: np.ndarray) -> float:
        x = columns[:, which]
        cov = np.eye(60) + (x / precision) @ x.T
        return -0.5 * (rest @ np.linalg.solve(cov, rest) + np.linalg.slogdet(cov)[1])

    which, precision = [0, 1, 6, 7], np.array([2.0, 2.0, 25.0, 25.0])
    wanted = log_likelihood(which, precision) + 0.5 * rest @ rest
    assert moments.log_marginal(which, precision)[0] == pytest.approx(wanted)


def test_a_channel_that_is_bought_with_one_that_moves_is_not_taken_to_move() -> None:
    rng = np.random.default_rng(1)
    moving = Moving.none(100, 2, ModelSettings())
    first = 1.0 + rng.random((20, 100, 1))
    direct = np.concatenate([first, first + 0.6 * rng.random((20, 100, 1))], axis=-1)
    columns = np.concatenate([direct, moving.columns(direct)], axis=-1).reshape(2000, -1)
    rest = 0.5 * columns[:, 2] + rng.standard_normal(2000)
    moments = Moments((columns.T @ columns)[None], (columns.T @ rest)[None])
    alone = moments.log_marginal([0, 1, 6, 7, 8, 9], np.ones(6)) - moments.log_marginal(
        [0, 1], np.ones(2)
    )
    assert alone > np.log(10)  # it would be, looked at by itself
    assert MovingEvidence.of(moments, moving).moves.tolist() == [True, False]
