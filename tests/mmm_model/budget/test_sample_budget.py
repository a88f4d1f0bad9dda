"""The bundled sample's plan: TV is not cut because search gets the credit for what it does."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

from mmm_model.budget.budget_settings import BudgetSettings
from mmm_model.budget.recommend import recommend
from mmm_model.budget.scenario_kinds.multiplier import Multiplier
from mmm_model.budget.scenarios import Scenario
from mmm_model.effects.following import following
from mmm_model.fit.training import train_final
from mmm_model.graph.settings import GraphSettings
from mmm_model.settings import ModelSettings
from mmm_model.simulator import simulate

DATA = Path(__file__).parents[3] / "data"


def test_tv_is_not_cut_because_its_effect_runs_through_search(quick: ModelSettings) -> None:
    made = runpy.run_path(str(DATA / "make_sample.py"))
    panel = simulate(made["SPEC"], made["SEED"]).panel()
    settings = replace(quick, holdout_weeks=0, members=20)
    model = train_final(panel, settings, GraphSettings(bootstraps=10))
    follows = following(model, panel, {"search"})
    rules = BudgetSettings(scenarios=(Scenario("same_budget", Multiplier(1.0)),), by_region=False)
    response, (tv, search) = (
        model.media_response(panel),
        map(panel.channels.index, ("tv", "search")),
    )
    (given,) = recommend(response, panel, rules)
    (found,) = recommend(response, panel, rules, follows)
    assert found.binding[search] == "follows tv"
    assert given.multiplier[0, tv] < 0.8 < 1.2 < given.multiplier[0, search]
    assert found.multiplier[0, tv] > given.multiplier[0, tv] + 0.1
