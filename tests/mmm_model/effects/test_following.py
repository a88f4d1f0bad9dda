"""What channels create of those that follow them is what their equations say."""

import numpy as np
import pytest

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.kept_plan import KeptPlan
from mmm_model.budget.plan_moves import plan_moves
from mmm_model.budget.plan_standing import Standing
from mmm_model.budget.planned_media import recent_media
from mmm_model.budget.promise import promise
from mmm_model.budget.weekly_rules import WeeklyRules
from mmm_model.effects.fitted_effects import FittedEffects
from mmm_model.effects.following import Drive, Following, following
from mmm_model.effects.mediation import counterfactual_exposure
from mmm_model.fit.training import Training
from mmm_model.panel import Panel


def test_without_its_driver_a_channel_keeps_what_is_left_of_it(
    funnel: Training, funnel_panel: Panel
) -> None:
    found = following(funnel.final, funnel_panel, {"search", "display"})
    assert found.channels == funnel_panel.channels
    assert [found.channels[c] for c in found.targets] == ["search"]
    assert found.drivers_of(1) == ("tv",)
    levers = np.ones((len(funnel_panel.regions), 3))
    np.testing.assert_allclose(found.multiplier(levers), 1.0)
    off = levers.copy()
    off[:, 0] = 0.0
    off = found.multiplier(off)
    without = counterfactual_exposure(
        funnel.final.driven, funnel_panel, {"tv"}, funnel.final.members
    )
    recent = slice(-52, None)
    left = without[:, :, recent, 1].mean(2) / funnel_panel.exposure[:, recent, 1].mean(1)
    np.testing.assert_allclose(off[..., 1], left, rtol=0.02)
    assert (off[..., 1] < 0.9).all() and (off[..., 2] == 1.0).all()


def test_a_channel_follows_its_drivers_along_their_curves_and_a_chain_to_its_end() -> None:
    scale = np.arange(33) / 8
    half = np.broadcast_to(0.3 * np.minimum(scale, 2.0), (2, 1, 33))
    found = Following(("tv", "social", "search"), (Drive(0, 1, half), Drive(1, 2, half)))
    moved = found.multiplier(np.array([[1.5, 1.0, 1.0]]))
    assert moved.shape == (2, 1, 3)
    np.testing.assert_allclose(moved[0, 0], [1.5, 1.15, 1.045])
    # What is no driver's is scaled by the lever, and beyond the last scale no more is created.
    np.testing.assert_allclose(found.multiplier(np.array([[9.0, 2.0, 1.0]]))[0, 0, 1], 1.4 + 0.6)
    alone = found.only(np.array([False, True, True]))
    assert alone.channels == ("social", "search") and alone.drivers_of(1) == ("social",)
    assert not found.only(np.array([True, False, True]))
    assert found.follows.tolist() == [False, True, True]
    assert Following().multiplier(np.ones((1, 2))) == pytest.approx(1.0)


def test_moves_of_a_plan_leave_what_follows_to_its_drivers(
    funnel: Training, funnel_panel: Panel
) -> None:
    model = funnel.final
    recent = recent_media(model, funnel_panel, 6)
    lines = promise(model, funnel_panel, recent, recent, 6).lines
    standing = Standing(KeptPlan(lines), FittedEffects(model, funnel_panel))
    settings = BudgetSettings(caution=0.0, follow=frozenset({"search"}))
    moves = plan_moves(standing, settings, WeeklyRules()).set_index("channel")
    whole, own = moves[moves.index.isna()].iloc[0], moves[moves.index.notna()]
    assert own["advised_spend"].sum() == pytest.approx(whole["planned_spend"], rel=1e-4)
    assert set(own.index) == {"tv", "search", "display"}  # bounds on search would be refused
    assert whole["gain"] >= 0
