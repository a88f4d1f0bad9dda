"""Every adstock and every saturation keeps what the rest of the science relies on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from mmm_model import train
from mmm_model.budget.future_plan import future_plan
from mmm_model.budget.recommend import optimal_budgets
from mmm_model.effects.response_curves import response_curves
from mmm_model.equation.adstock import ADSTOCKS, adstock_of
from mmm_model.equation.saturation import SATURATIONS, saturation_of
from mmm_model.fit.fitted_model import FittedModel
from mmm_model.settings import ModelSettings
from mmm_model.simulator import draw_spec, simulate

LAG = torch.arange(13, dtype=torch.double)


def drawn_values(family, draws: int = 50) -> dict[str, torch.Tensor]:
    """Values ``[draws]`` of each parameter from its prior."""
    generator = torch.Generator().manual_seed(0)
    found = {}
    for parameter in family.parameters:
        z = torch.randn(draws, generator=generator, dtype=torch.double)
        centre = parameter.centre(z)
        found[parameter.name] = parameter.link.natural(centre + 2 * parameter.prior.spread * z)
    return found


@pytest.mark.parametrize("name", ADSTOCKS)
def test_kernels_are_distributions_over_the_lags(name: str) -> None:
    family = adstock_of(ModelSettings(adstock=name))
    kernel = family.kernel(drawn_values(family), LAG)
    assert kernel.shape == (50, 13)
    assert (kernel >= 0).all()
    torch.testing.assert_close(kernel.sum(-1), torch.ones(50, dtype=torch.double))


@pytest.mark.parametrize("name", ADSTOCKS)
def test_the_bank_holds_decays_and_late_peaks(name: str) -> None:
    family = adstock_of(ModelSettings(adstock=name))
    bank = torch.tensor(family.bank, dtype=torch.double)
    values = {p.name: bank[:, n] for n, p in enumerate(family.parameters)}
    for number, parameter in enumerate(family.parameters):  # a search can stand there
        back = parameter.link.natural(parameter.link.unbounded(bank[:, number]))
        torch.testing.assert_close(back, bank[:, number])
    peaks = family.kernel(values, LAG).argmax(-1)
    assert set(peaks.tolist()) >= {0, 1, 2, 3}


def test_geometric_adstock_without_delay_decays_by_the_carryover() -> None:
    family = adstock_of(ModelSettings())
    values = {"carryover": torch.tensor([0.6]).double(), "delay": torch.zeros(1).double()}
    kernel = family.kernel(values, LAG)[0]
    np.testing.assert_allclose(kernel[1:] / kernel[:-1], 0.6)


def test_weibull_adstock_of_shape_one_is_geometric() -> None:
    family = adstock_of(ModelSettings(adstock="weibull"))
    scale = torch.tensor([-1.0 / np.log(0.6)])
    values = {"weibull_shape": torch.ones(1).double(), "weibull_scale": scale.double()}
    kernel = family.kernel(values, LAG)[0]
    np.testing.assert_allclose(kernel[1:] / kernel[:-1], 0.6)


@pytest.mark.parametrize("name", SATURATIONS)
def test_saturation_rises_from_zero_to_one_and_is_half_at_half_saturation(name: str) -> None:
    family = saturation_of(ModelSettings(saturation=name))
    values = {n: v[:, None] for n, v in drawn_values(family).items()}
    half = values["half_saturation"]
    exposure = half * torch.tensor([0.0, 0.2, 1.0, 3.0, 1e6], dtype=torch.double)
    share = family.share(exposure.log(), values)
    assert (share[:, 0] == 0).all()
    torch.testing.assert_close(share[:, 2], torch.full((50,), 0.5, dtype=torch.double))
    assert (share.diff(dim=-1) > 0).all()
    assert (share <= 1).all() and (share[:, -1] > 0.999).all()


@pytest.mark.parametrize("name", SATURATIONS)
def test_steepness_is_the_derivative_with_respect_to_the_logarithm(name: str) -> None:
    family = saturation_of(ModelSettings(saturation=name))
    values = drawn_values(family)
    log = torch.linspace(-4, 4, 50, dtype=torch.double)
    step = 1e-6
    slope = (family.share(log + step, values) - family.share(log - step, values)) / (2 * step)
    torch.testing.assert_close(family.steepness(log, values), slope, rtol=1e-5, atol=1e-9)
    nowhere = torch.full((50,), -torch.inf, dtype=torch.double)
    assert (family.steepness(nowhere, values) == 0).all()


def test_a_slope_above_two_keeps_its_prior_inside_the_bounds() -> None:
    family = saturation_of(ModelSettings(min_slope=2.0, max_slope=5.0))
    slope = family.parameters[0]
    assert 2.0 < slope.prior.centre < 3.0
    assert torch.isfinite(slope.centre(torch.zeros(1).double())).all()


@pytest.mark.parametrize(("key", "value"), [("adstock", "weibul"), ("saturation", "log")])
def test_an_unknown_family_is_refused_with_what_is_allowed(key: str, value: str) -> None:
    settings = ModelSettings(**{key: value})
    with pytest.raises(ValueError, match=f"{key} is '{value}', allowed are"):
        (adstock_of if key == "adstock" else saturation_of)(settings)


@pytest.mark.parametrize(
    ("adstock", "saturation"), [("weibull", "hill"), ("geometric", "logistic")]
)
def test_effects_curves_budgets_and_saved_fits_follow_the_family(
    adstock: str, saturation: str
) -> None:
    simulation = simulate(draw_spec(3), 3)
    panel = simulation.panel().head(110)
    settings = ModelSettings(
        members=4,
        chains=1,
        warmup=20,
        draws=20,
        holdout_weeks=0,
        adstock=adstock,
        saturation=saturation,
    )
    model = train(panel, settings).final
    again = FittedModel.from_bytes(model.to_bytes())
    assert again.settings == model.settings
    assert (again.settings.adstock, again.settings.saturation) == (adstock, saturation)
    parts, response = again.components(panel), again.media_response(panel)
    np.testing.assert_allclose(response.contribution(), parts.media, rtol=1e-9, atol=1e-6)
    assert (response.contribution(0.0) == 0).all()
    ahead = future_plan(again, panel, 8)
    curves = response_curves(response, panel, ahead=ahead)
    national = curves[curves["region"].isna()].groupby("channel")
    assert (national["response"].diff().dropna() >= -1e-9).all()
    np.testing.assert_allclose(
        ahead.weekly_marginal(), (ahead.weekly(1.001) - ahead.weekly(0.999)) / 2e-3, rtol=1e-3
    )
    budgets, _ = optimal_budgets(response, panel)
    same = budgets[(budgets["scenario"] == "same_budget") & budgets["region"].isna()]
    assert same["optimal_spend"].sum() == pytest.approx(same["current_spend"].sum())
    other = train(panel, replace(settings, adstock="geometric", saturation="hill")).final
    assert not np.allclose(other.media_response(panel).contribution(), response.contribution())
